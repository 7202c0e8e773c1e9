package extract

import (
	"strings"
	"testing"

	"labelmilter/internal/budget"
)

// Each mail of an mbox is a mail, with its attachments.
func TestMbox(t *testing.T) {
	t.Parallel()
	const from = "From a@x.example Tue Nov  3 10:00:00 2026\n"
	mail := func(s string) string {
		return "Subject: " + s + "\nMIME-Version: 1.0\nContent-Type: text/plain\nContent-Transfer-Encoding: base64\n\n" + b64("text of "+s) + "\n\n"
	}
	plain := "Subject: three\n\nA line.\n\n>From the start\nFrom here on 1:1 nothing\n"
	_, r := readString(t, attached("old.mbox", "application/mbox", []byte(from+mail("one")+from+mail("two")+from+plain)), budget.Default())
	got := map[string]string{}
	for _, x := range r.Texts {
		if x.Where == InAttachment {
			got[x.Part] = x.Body
		}
	}
	for part, want := range map[string]string{"2/1/1": "text of one", "2/2/1": "text of two", "2/3/1": "A line.\n\nFrom the start\nFrom here on 1:1 nothing"} {
		if strings.TrimSpace(strings.ReplaceAll(got[part], "\r", "")) != want {
			t.Errorf("part %s: %q, want %q", part, got[part], want)
		}
	}
	if len(r.Skipped) > 0 {
		t.Errorf("skipped %v", r.Skipped)
	}
}

// Signed content is read wherever it comes from.
func TestSignedFile(t *testing.T) {
	t.Parallel()
	pem := "-----BEGIN PKCS7-----\nMDwGCSqGSIb3DQEHAqAvMC0CAQExADAmBgkqhkiG9w0BBwGgGQQXdGF4IGZpbGUgMTIzIDQ1NiA3ODIgLi4=\n-----END PKCS7-----\n"
	_, r := readString(t, attached("x.p7m", octets, []byte(pem)), budget.Default())
	found := false
	for _, x := range r.Texts {
		found = found || strings.Contains(x.Body, "123 456 782")
	}
	if !found || len(r.Skipped) > 0 || len(r.Parts[1].Facts) != 1 {
		t.Errorf("%v %v %+v", found, r.Skipped, r.Parts)
	}
}

func FuzzMbox(f *testing.F) {
	const from = "From a@x.example Tue Nov  3 10:00:00 2026\n"
	f.Add([]byte(from + "Subject: a\n\none\n\n" + from + "Subject: b\n\n>From two\n"))
	f.Add([]byte(from + "A: b\r\n\r\n" + from + "\n" + from))
	f.Fuzz(func(t *testing.T, b []byte) {
		it := &item{path: "1", typ: "application/mbox", where: InAttachment, data: append([]byte(from+"Subject: a\n"), b...)}
		x := &extractor{ctx: t.Context(), b: budget.New(budget.Default()), readers: readers(), had: map[string]int64{}}
		x.list(it)
		readMbox(x, it)
		var total int64
		for _, p := range x.parts[1:] {
			if p.Type == "message/rfc822" && strings.Count(p.Part, "/") == 1 {
				total += p.Bytes
			}
		}
		if total > int64(len(it.data)) {
			t.Fatalf("%d bytes of mails in %d", total, len(it.data))
		}
		if total == 0 && len(strings.TrimSpace(string(b))) > 0 && !strings.Contains(string(b), "From ") && len(x.b.Skips()) == 0 {
			t.Fatal("no mail and no reason")
		}
	})
}
