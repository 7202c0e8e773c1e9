package cfb

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"testing"
)

func made(n int) *Dir {
	d := &Dir{CLSID: [16]byte{1, 2}}
	d.Add("WordDocument", bytes.Repeat([]byte("0123456789abcdef"), 1000))
	d.Add("small", []byte("tiny"))
	d.Add("empty", nil)
	c := &Dir{Name: "ObjectPool"}
	c.Add("\x01Ole10Native", bytes.Repeat([]byte{7}, 4096))
	c.Dirs = append(c.Dirs, &Dir{Name: "_1"})
	c.Dirs[0].Add("x", []byte("y"))
	d.Dirs = append(d.Dirs, c)
	if n > 0 {
		d.Add("big", bytes.Repeat([]byte{1, 2, 3}, n/3))
	}
	return d
}

func same(a, b *Dir) error {
	if len(a.Streams) != len(b.Streams) || len(a.Dirs) != len(b.Dirs) || a.CLSID != b.CLSID {
		return fmt.Errorf("%s: %d streams and %d storages, want %d and %d", b.Name, len(b.Streams), len(b.Dirs), len(a.Streams), len(a.Dirs))
	}
	for i, s := range a.Streams {
		got, whole := b.Streams[i].Read()
		if s.Name != b.Streams[i].Name || !bytes.Equal(s.Bytes(), got) || !whole {
			return fmt.Errorf("stream %q differs from %q", b.Streams[i].Name, s.Name)
		}
	}
	for i := range a.Dirs {
		if err := same(a.Dirs[i], b.Dirs[i]); err != nil {
			return err
		}
	}
	return nil
}

// What is written is read again; 8 MB need sectors of the DIFAT.
func TestRoundTrip(t *testing.T) {
	t.Parallel()
	for _, n := range []int{0, 3 << 10, 9 << 20} {
		d := made(n)
		f, err := Open(Write(d))
		if err != nil {
			t.Fatal(err)
		}
		if err := same(d, f.Root); err != nil || f.Damaged || f.Orphans != 0 {
			t.Errorf("%d: %v, damaged %v, %d orphans", n, err, f.Damaged, f.Orphans)
		}
	}
}

// Loops and lies end, and what there is comes out.
func TestHostile(t *testing.T) {
	t.Parallel()
	le := binary.LittleEndian
	good := Write(made(0))
	dir := 512 + int(le.Uint32(good[48:]))*512
	for name, change := range map[string]func([]byte){
		"directory cycle":    func(b []byte) { le.PutUint32(b[dir+128+72:], 1) },
		"child is parent":    func(b []byte) { le.PutUint32(b[dir+76:], 0) },
		"size 2^31":          func(b []byte) { le.PutUint32(b[dir+128+120:], 1<<31) },
		"start outside":      func(b []byte) { le.PutUint32(b[dir+128+116:], 1<<30) },
		"sector shift 31":    func(b []byte) { b[30] = 31 },
		"counts 2^31":        func(b []byte) { le.PutUint32(b[44:], 1<<31); le.PutUint32(b[64:], 1<<31); le.PutUint32(b[72:], 1<<31) },
		"DIFAT is itself":    func(b []byte) { le.PutUint32(b[68:], 0) },
		"mini FAT directory": func(b []byte) { le.PutUint32(b[60:], le.Uint32(b[48:])) },
	} {
		b := bytes.Clone(good)
		change(b)
		f, err := Open(b)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		var total int
		var walk func(*Dir)
		walk = func(d *Dir) {
			for _, s := range d.Streams {
				total += len(s.Bytes())
			}
			for _, c := range d.Dirs {
				walk(c)
			}
		}
		walk(f.Root)
		if total == 0 || total > 4*len(b) {
			t.Errorf("%s: %d bytes", name, total)
		}
	}
	b := bytes.Clone(good)
	le.PutUint32(b[dir+76:], freeSector) // the root has no children
	f, err := Open(b)
	if err != nil || f.Orphans == 0 || f.Root.Stream("worddocument") == nil {
		t.Errorf("orphans are not found: %v", err)
	}
	if f, err := Open(good[:len(good)-100]); err != nil || f.Root.Stream("WordDocument") == nil {
		t.Errorf("cut: %v", err)
	}
	for _, bad := range []string{"", Signature, "x"} {
		if _, err := Open([]byte(bad)); err == nil {
			t.Errorf("%q: no error", bad)
		}
	}
}

func FuzzOpen(f *testing.F) {
	f.Add(Write(made(0)))
	f.Fuzz(func(t *testing.T, b []byte) {
		x, err := Open(b)
		if err != nil {
			return
		}
		y, err := Open(Write(x.Root))
		if err != nil {
			t.Fatal(err)
		}
		if len(y.Root.Streams) != len(x.Root.Streams) {
			t.Fatalf("%d streams written, %d read", len(x.Root.Streams), len(y.Root.Streams))
		}
	})
}

type payer struct{ left int64 }

func (p *payer) Expand(had, n int64) int64 {
	n = min(n, p.left)
	p.left -= n
	return n
}
func (p *payer) Damaged(string) {}

// A stream that is not paid for is not read.
func TestPaid(t *testing.T) {
	t.Parallel()
	f, err := Open(Write(made(0)))
	if err != nil {
		t.Fatal(err)
	}
	p := &payer{left: 20_000}
	s := f.Root.Stream("WordDocument")
	for i, want := range []int{16_000, 4_000, 0, 0} {
		if got := len(s.Paid(p, "x")); got != want {
			t.Errorf("time %d: %d bytes, want %d", i, got, want)
		}
	}
}
