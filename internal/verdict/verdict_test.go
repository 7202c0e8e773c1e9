package verdict

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"
)

func TestRestrictiveness(t *testing.T) {
	t.Parallel()
	order := []Disposition{Accept, TempFail, Discard, Quarantine, Reject}
	for i, d := range order {
		if d.Restrictiveness() != i || !d.Valid() {
			t.Errorf("%s: %d, valid %v", d, d.Restrictiveness(), d.Valid())
		}
	}
	if x := Disposition(""); x.Valid() || x.Restrictiveness() < Reject.Restrictiveness() {
		t.Error("no disposition passes for one")
	}
}

func TestReply(t *testing.T) {
	t.Parallel()
	tests := []struct {
		r    Reply
		want string
	}{
		{Reply{}, ""},
		{Reply{550, "5.7.1", "no"}, "550 5.7.1 no"},
		{Reply{550, "", "no"}, "550 no"},
		{Reply{550, "5.7.1", "one\ntwo\r\nthree\rfour"}, "550-5.7.1 one\r\n550-5.7.1 two\r\n550-5.7.1 three\r\n550 5.7.1 four"},
		{Reply{550, "5.7.1", " \n\t\n"}, "550 5.7.1 refused by policy"},
		{Reply{550, "", "élève Ångström “x” 漢"}, "550 eleve Angstroem \"x\" ?"},
		{Reply{451, "4.7.1", ""}, "451 4.7.1 try again later"},
		{Reply{550, "5.7.1", "Grüße\x00\x07\tx"}, "550 5.7.1 Gruesse? x"},
	}
	for _, tt := range tests {
		if got := tt.r.String(); got != tt.want {
			t.Errorf("%+v: %q, want %q", tt.r, got, tt.want)
		}
	}
}

func TestReplyValid(t *testing.T) {
	t.Parallel()
	for r, ok := range map[Reply]bool{{550, "5.7.1", ""}: true, {550, "", ""}: true, {451, "4.999.999", ""}: true, {450, "5.7.1", ""}: false, {550, "4.7.1", ""}: false, {250, "2.0.0", ""}: false,
		{600, "", ""}: false, {550, "5.7", ""}: false, {550, "5.7.1.1", ""}: false, {550, "5.07.1", ""}: false, {550, "5.7.-1", ""}: false, {550, "5.7.1000", ""}: false, {550, "5.7.1\r\n250 ok", ""}: false} {
		if err := r.Valid(); (err == nil) != ok {
			t.Errorf("%+v: %v", r, err)
		}
	}
}

// FuzzReply: whatever the text, each line is one SMTP reply line.
func FuzzReply(f *testing.F) {
	for _, s := range []string{"", "no", "a\r\n250 ok", strings.Repeat("word ", 300), strings.Repeat("x", 5000), strings.Repeat("a\n", 50), "\xff\x00é"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		r := Reply{550, "5.7.1", s}
		lines := strings.Split(r.String(), "\r\n")
		if len(lines) > maxReplyLines {
			t.Fatalf("%d lines", len(lines))
		}
		for i, l := range lines {
			sep := byte('-')
			if i == len(lines)-1 {
				sep = ' '
			}
			if len(l) > 512 || len(l) < 11 || l[:3] != "550" || l[3] != sep {
				t.Fatalf("line %q", l)
			}
			for _, c := range []byte(l) {
				if c < 0x20 || c > 0x7e {
					t.Fatalf("byte %#x in %q", c, l)
				}
			}
		}
	})
}

func TestModificationJSON(t *testing.T) {
	t.Parallel()
	for want, m := range map[string]Modification{
		`{"op":"insert_header","index":0,"name":"A","value":"b"}`:                                                     {Op: InsertHeader, Name: "A", Value: "b", Address: "not shown"},
		`{"op":"delete_header","index":2,"name":"A","value":""}`:                                                      {Op: DeleteHeader, Index: 2, Name: "A"},
		`{"op":"add_recipient","address":"a@x.example"}`:                                                              {Op: AddRecipient, Address: "a@x.example", Value: "not shown"},
		`{"op":"replace_body","bytes":6,"sha256":"2bb80d537b1da3e38bd30361aa855686bde0eacd7162fef6a25fe97bf527a25b"}`: {Op: ReplaceBody, Body: []byte("secret")},
	} {
		got, err := json.Marshal(m)
		if err != nil || string(got) != want || bytes.Contains(got, []byte("secret")) {
			t.Errorf("%s, want %s (%v)", got, want, err)
		}
	}
}
