package integration

import (
	"archive/zip"
	"bytes"
	"context"
	"encoding/base64"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/goccy/go-yaml"

	"labelmilter/internal/mtalab"
	"labelmilter/rules"
)

// shippedTests are the messages that the tests of a shipped pack are made of, by
// name.
func shippedTests(t *testing.T, file string) map[string]shippedTest {
	t.Helper()
	data, err := fs.ReadFile(rules.FS, file)
	if err != nil {
		t.Fatal(err)
	}
	var f struct{ Tests []shippedTest }
	if err := yaml.Unmarshal(data, &f); err != nil {
		t.Fatal(err)
	}
	out := map[string]shippedTest{}
	for _, x := range f.Tests {
		out[x.Name] = x
	}
	return out
}

type shippedTest struct {
	Name   string
	Mail   string
	RcptTo []string `yaml:"rcpt_to"`
}

// TestUninspectedIsHeld: what could not be read does not leave, each for its own
// reason; among colleagues it passes with a header.
func TestUninspectedIsHeld(t *testing.T) {
	tests := shippedTests(t, "uninspected/uninspected_test.yaml")
	eachMTA(t, "rules: {packs: [au-pspf, uninspected]}\n", nil, func(t *testing.T, d *daemon, l *lab) {
		send := func(id, name string) {
			x, ok := tests[name]
			if !ok {
				t.Fatalf("the pack has no test %q", name)
			}
			m := mtalab.Message{From: "carol@agency.gov.au", To: x.RcptTo,
				Data: crlf("Message-ID: <" + id + "@agency.gov.au>\nDate: Mon, 02 Nov 2026 09:14:00 +1100\n" + x.Mail)}
			if r := l.sendAs(t, m); !r.Accepted() {
				t.Fatalf("%s: refused: %s", name, r.Last())
			}
		}
		for i, x := range []struct{ name, rule, reason string }{
			{"an encrypted archive to outside is held", "uninspected/encrypted", "encrypted"},
			{"a damaged document to outside is held", "uninspected/unreadable", "corrupt"},
			{"what is packed too deep is held", "uninspected/too-much", "depth"},
		} {
			id := fmt.Sprintf("held-%d", i)
			send(id, x.name)
			queue, _ := l.held(t)
			if l.pf != nil {
				raw, err := l.pf.Message(context.Background(), queue)
				if err != nil {
					t.Fatal(err)
				}
				if got := fields(string(raw), "X-Labelmilter-Reason"); len(got) != 1 || !strings.HasPrefix(got[0], x.rule+"; id=") {
					t.Errorf("%s: X-Labelmilter-Reason %q", x.name, got)
				}
			}
			rec := d.record("<" + id + "@agency.gov.au>")
			if v := rec["verdict"].(map[string]any); v["disposition"] != "quarantine" || v["winning_rule"] != x.rule {
				t.Errorf("%s: %v", x.name, v)
			}
			skipped := fmt.Sprint(rec["inspection"].(map[string]any)["skipped"])
			if !strings.Contains(skipped, "reason:"+x.reason) {
				t.Errorf("%s: %s", x.name, skipped)
			}
			l.release(t, queue)
			if _, err := l.sink.Wait(i+1, 30*time.Second); err != nil {
				t.Fatal(err)
			}
		}
		l.sink.Reset()
		send("inside-1", "among colleagues the encrypted archive passes with a header and on record")
		got, err := l.sink.Wait(1, 30*time.Second)
		if err != nil {
			t.Fatal(err)
		}
		if h := fields(string(got[0].Data), "X-Labelmilter-Inspection"); len(h) != 1 || h[0] != "incomplete; reason=encrypted" {
			t.Errorf("X-Labelmilter-Inspection %q", h)
		}
	})
}

// pack makes an archive of files, names and contents in turn.
func pack(t *testing.T, files ...string) string {
	t.Helper()
	var b bytes.Buffer
	w := zip.NewWriter(&b)
	for i := 0; i < len(files); i += 2 {
		f, err := w.Create(files[i])
		if err != nil {
			t.Fatal(err)
		}
		if _, err := f.Write([]byte(files[i+1])); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// noise is text that packs to about half of its size.
func noise(seed uint64, size int) string {
	r := rand.New(rand.NewPCG(seed, 9))
	var b strings.Builder
	for i := 0; b.Len() < size; i++ {
		fmt.Fprintf(&b, "%x ", r.Uint64())
		if i%5 == 4 {
			b.WriteByte('\n')
		}
	}
	return b.String()
}

// patient has signs of life early and often.
const patient = `milter:
  listen:
    - {addr: "unix:%[1]s/milter.sock", mode: "0666"}
  timeouts: {progress_first: 200ms, progress_every: 500ms}
organisation:
  domains: [agency.gov.au]
  networks: [127.0.0.0/8]
state_dir: %[1]s/state
admin: {listen: "unix:%[1]s/admin.sock"}
extract:
  helper:
    - {types: [image/png], command: [sh, -c, "sleep 6; cat > /dev/null; echo seen by the helper"]}
`

// TestFortyMegabytes: a message of 40 MB with archives within archives is read
// to the end by the workers and judged; PROGRESS keeps the session alive while
// that takes longer than Postfix waits.
func TestFortyMegabytes(t *testing.T) {
	d := serveWith(t, patient, "rules: {packs: [au-pspf]}\n", nil)
	l := postfix(t, d)
	if err := l.pf.Set(t.Context(), "milter_content_timeout", "4s"); err != nil {
		t.Fatal(err)
	}
	inner := pack(t, "first.txt", noise(1, 28<<20), "second.txt", noise(2, 28<<20)+"\nOFFICIAL: Sensitive//Legal Privilege\n")
	picture := "\x89PNG\r\n\x1a\n\x00\x00\x00\x0dIHDR\x00\x00\x00\x10\x00\x00\x00\x10\x08\x00\x00\x00\x00"
	outer := pack(t, "middle.zip", pack(t, "inner.zip", inner, "scan.png", picture), "readme.txt", "hello\n")
	var body strings.Builder
	body.WriteString("From: carol@agency.gov.au\nTo: x@example.com\nSubject: all of it\nMessage-ID: <forty-1@agency.gov.au>\nDate: Mon, 02 Nov 2026 09:14:00 +1100\n" +
		"MIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=b\n\n--b\nContent-Type: text/plain\n\nbody of forty-1\n--b\n" +
		"Content-Type: application/zip; name=outer.zip\nContent-Transfer-Encoding: base64\n\n")
	for enc := base64.StdEncoding.EncodeToString([]byte(outer)); enc != ""; {
		n := min(76, len(enc))
		body.WriteString(enc[:n] + "\n")
		enc = enc[n:]
	}
	body.WriteString("--b--\n")
	if n := body.Len(); n < 40<<20 {
		t.Fatalf("only %d MB", n>>20)
	}
	before, start := d.peak(), time.Now()
	r := l.sendAs(t, mtalab.Message{From: "carol@agency.gov.au", To: []string{"x@example.com"}, Data: crlf(body.String())})
	if !r.Accepted() {
		t.Fatalf("after %s: %s", time.Since(start), r.Last())
	}
	rec := d.record("<forty-1@agency.gov.au>")
	in := rec["inspection"].(map[string]any)
	if in["complete"] != true {
		t.Errorf("skipped %v", in["skipped"])
	}
	var parts []string
	for _, p := range in["parts"].([]any) {
		p := p.(map[string]any)
		parts = append(parts, fmt.Sprintf("%v %v", p["part"], p["name"]))
	}
	want := "1  2 outer.zip 2/1 middle.zip 2/1/1 inner.zip 2/1/1/1 first.txt 2/1/1/2 second.txt 2/1/2 scan.png 2/2 readme.txt"
	if got := strings.Join(parts, " "); got != want {
		t.Errorf("parts %q, want %q", got, want)
	}
	if id := rec["label"].(map[string]any)["id"]; id != "official-sensitive-lp" {
		t.Errorf("label %v", id)
	}
	// The helper alone takes longer than Postfix waits without a word.
	if took := time.Since(start); took < 6*time.Second {
		t.Errorf("took %s: nothing was proved", took)
	}
	t.Logf("%d MB judged, the daemon grew by %d MB", body.Len()>>20, (d.peak()-before)>>20)
}
