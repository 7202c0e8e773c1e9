package oleobject

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestNative(t *testing.T) {
	t.Parallel()
	names, data := Native([]byte("\x2b\x00\x00\x00\x02\x00a.txt\x00C:\\t\\b.txt\x00\x00\x00\x03\x00\x03\x00\x00\x00C:\x00\x04\x00\x00\x00dataMORE"))
	if d := cmp.Diff([]string{"a.txt", "b.txt"}, names); d != "" || string(data) != "data" {
		t.Errorf("%s %q", d, data)
	}
	if names, data := Native([]byte("\x04\x00\x00\x00data")); names != nil || string(data) != "data" {
		t.Errorf("%q %q", names, data)
	}
}

func TestOld(t *testing.T) {
	t.Parallel()
	head := "\x01\x05\x00\x00\x02\x00\x00\x00\x08\x00\x00\x00Package\x00\x00\x00\x00\x00\x00\x00\x00\x00"
	body := "\x02\x00a.txt\x00a.txt\x00\x00\x00\x03\x00\x00\x00\x00\x00\x02\x00\x00\x00hi"
	if o := Old([]byte(head + string(rune(len(body))) + "\x00\x00\x00" + body)); string(o.Data) != "hi" || len(o.Names) != 1 || o.Names[0] != "a.txt" {
		t.Errorf("%+v", o)
	}
	if o := Old([]byte("junk junk junk PK\x03\x04rest")); string(o.Data) != "PK\x03\x04rest" {
		t.Errorf("%+v", o)
	}
	if o := Old([]byte("\x01\x05\x00\x00\x01\x00\x00\x00\x02\x00\x00\x00A\x00\x04\x00\x00\x00C:x\x00\x00\x00\x00\x00")); o.Link != "C:x" || len(o.Data) > 0 {
		t.Errorf("%+v", o)
	}
}

func FuzzObjects(f *testing.F) {
	f.Add([]byte("\x01\x05\x00\x00\x02\x00\x00\x00\x08\x00\x00\x00Package\x00\x00\x00\x00\x00\x00\x00\x00\x00\x1a\x00\x00\x00\x02\x00a.txt\x00a.txt\x00\x00\x00\x03\x00\x00\x00\x00\x00\x02\x00\x00\x00hi"))
	f.Fuzz(func(t *testing.T, b []byte) {
		o := Old(b)
		_, data := Native(b)
		if len(o.Data) > len(b) || len(data) > len(b) {
			t.Fatal("more content than there is")
		}
	})
}
