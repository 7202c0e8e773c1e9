package app

import (
	"archive/zip"
	"bytes"
	"encoding/base64"
	"os"
	"strings"
	"testing"

	"labelmilter/internal/extract/worker"
)

// TestMain makes the test binary its own extraction worker.
func TestMain(m *testing.M) {
	if len(os.Args) > 1 && os.Args[1] == worker.Command {
		os.Exit(worker.Main())
	}
	os.Exit(m.Run())
}

// Attachments are read by workers, and what one leaves unread is in the record.
func TestWorkers(t *testing.T) {
	t.Parallel()
	d := start(t, "", nil)
	var z bytes.Buffer
	w := zip.NewWriter(&z)
	f, err := w.Create("inner.txt")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := f.Write([]byte("OFFICIAL: Sensitive\n")); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	m := mail("W1", "x", [2]string{"Content-Type", " application/zip"}, [2]string{"Content-Transfer-Encoding", " base64"})
	m.Body = []byte(base64.StdEncoding.EncodeToString(z.Bytes()) + "\r\n")
	c := d.dial(0)
	if r := d.send(c, m); r.Decision.Code != 'a' {
		t.Fatalf("%v", r.Decision)
	}
	rec := d.record("W1")
	if rec.Label != "official-sensitive" || !strings.Contains(string(rec.Result), `"part":"1/1"`) {
		t.Errorf("label %q, %s", rec.Label, rec.Result)
	}
	if !strings.Contains(d.log.String(), `"msg":"extraction workers"`) {
		t.Errorf("nothing of workers in the log: %s", d.log)
	}
	// One that cannot be read is put off, not let through.
	d.apart.Close()
	m.Macros = map[byte][]string{'E': {"i", "W2"}}
	if r := d.send(c, m); r.Decision.Code != 'y' || !strings.HasPrefix(r.Decision.Text(), "451") {
		t.Errorf("%v", r.Decision)
	}
	if rec := d.record("W2"); rec.Verdict != "tempfail" || !strings.Contains(string(rec.Result), `"overload"`) {
		t.Errorf("%+v", rec)
	}
}
