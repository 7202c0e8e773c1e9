package replay

import (
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"labelmilter/internal/authres"
	"labelmilter/internal/budget"
	"labelmilter/internal/facts"
	"labelmilter/internal/fixture"
	"labelmilter/internal/message"
	"labelmilter/internal/pipeline"
	"labelmilter/internal/rulepack"
	"labelmilter/internal/strictyaml"
)

const plainMail = "From: a@x.example\nTo: b@y.example, C <c@y.example>\nCc: b@y.example\nDate: Mon, 12 Oct 2026 09:15:00 +1100\n\nhello\n"

// tree writes files; a name that ends in / is a folder.
func tree(t *testing.T, files map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	for name, text := range files {
		f := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(f), 0o755); err != nil {
			t.Fatal(err)
		}
		if strings.HasSuffix(name, "/") {
			if err := os.MkdirAll(f, 0o755); err != nil {
				t.Fatal(err)
			}
			continue
		}
		if err := os.WriteFile(f, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func names(items []Item, dir string) (out []string) {
	for _, it := range items {
		out = append(out, strings.TrimPrefix(it.File, dir))
	}
	return out
}

func TestWalk(t *testing.T) {
	t.Parallel()
	box := "From a@x Mon Oct 12 09:15:00 2026\nSubject: 1\n\none\n\nFrom b@x Mon Oct 12 09:15:00 2026\nSubject: 2\n\ntwo\n>From me\n>>From you\nFrom within, no empty line before\n"
	dir := tree(t, map[string]string{"b.eml": plainMail, "a/z.eml": plainMail, "B.eml": plainMail, "a.eml": plainMail, "notes.txt": "no", "b.want.yaml": "",
		"Maildir/cur/1.x:2,S": plainMail, "Maildir/new/2.y": plainMail, "Maildir/tmp/": "", "Maildir/cur/1.x:2,S.want.yaml": "", "other/cur/3": plainMail, "box.mbox": box, "empty.mbox": ""})
	got := names(Walk([]string{dir + "/"}), dir)
	want := []string{"/B.eml", "/Maildir/cur/1.x:2,S", "/Maildir/new/2.y", "/a.eml", "/a/z.eml", "/b.eml", "/box.mbox#1", "/box.mbox#2", "/empty.mbox"}
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("items (-want +got):\n%s", d)
	}
	// A file given by name is a message whatever its name.
	if got := names(Walk([]string{dir + "/notes.txt", "-"}), dir); len(got) != 2 || got[0] != "-" {
		t.Errorf("by name: %v", got)
	}
	if got := Walk([]string{dir + "/gone", dir + "/a.eml"}); len(got) != 2 {
		t.Errorf("a path that is not there: %v", got)
	}
}

func TestMbox(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("x", 200_000)
	box := "From a@x Mon Oct 12 09:15:00 2026\nSubject: 1\n\none\n" + long + "\n\nFrom b@x Mon Oct 12 09:15:00 2026\r\nSubject: 2\r\n\r\n>From me\r\n>>From you\r\n> From\r\nFrom within\r\n"
	dir := tree(t, map[string]string{"box": box})
	items := Walk([]string{filepath.Join(dir, "box")})
	if len(items) != 2 {
		t.Fatalf("%d messages", len(items))
	}
	var subjects, bodies []string
	for _, it := range items {
		r, err := it.Open(nil)
		if err != nil {
			t.Fatal(err)
		}
		m, err := message.Read(context.Background(), r, message.Envelope{}, message.Options{Limits: budget.Default()})
		if err != nil {
			t.Fatal(err)
		}
		if err := r.Close(); err != nil {
			t.Error(err)
		}
		subjects, bodies = append(subjects, m.Subject()), append(bodies, string(m.Body))
		m.Close()
	}
	if d := cmp.Diff([]string{"1", "2"}, subjects); d != "" {
		t.Errorf("subjects (-want +got):\n%s", d)
	}
	if want := "From me\r\n>From you\r\n> From\r\nFrom within\r\n"; bodies[1] != want || !strings.Contains(bodies[0], long) {
		t.Errorf("second body %q, want %q; first has %d bytes", bodies[1], want, len(bodies[0]))
	}
}

// TestMboxClosedEarly: closing a message that was not read to the end leaves
// nothing running.
func TestMboxClosedEarly(t *testing.T) {
	dir := tree(t, map[string]string{"box": "From a@x\nSubject: 1\n\n" + strings.Repeat("text\n", 100_000)})
	it := Walk([]string{filepath.Join(dir, "box")})[0]
	before := runtime.NumGoroutine()
	for range 50 {
		r, err := it.Open(nil)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := io.ReadFull(r, make([]byte, 10)); err != nil {
			t.Fatal(err)
		}
		if err := r.Close(); err != nil {
			t.Fatal(err)
		}
	}
	for range 200 {
		if runtime.NumGoroutine() < before+10 {
			return
		}
		time.Sleep(5 * time.Millisecond)
	}
	t.Errorf("%d goroutines before, %d after", before, runtime.NumGoroutine())
}

func TestOrphans(t *testing.T) {
	t.Parallel()
	dir := tree(t, map[string]string{"a.eml": plainMail, "a.want.yaml": "", "b.want.yaml": "", "c/d.want.yaml": "", "Maildir/cur/1": plainMail, "Maildir/cur/1.want.yaml": "", "Maildir/tmp/": ""})
	var got []string
	for _, o := range Orphans([]string{dir}) {
		got = append(got, strings.TrimPrefix(o, dir))
	}
	if d := cmp.Diff([]string{"/b.want.yaml", "/c/d.want.yaml"}, got); d != "" {
		t.Errorf("orphans (-want +got):\n%s", d)
	}
}

// fixed gives one pipeline for every message.
type fixed struct{ p *pipeline.Pipeline }

func (f fixed) Pipeline(*fixture.Want) (*pipeline.Pipeline, strictyaml.Problems) { return f.p, nil }

func bare(t testing.TB) fixed {
	t.Helper()
	rs, ps := rulepack.Load(rulepack.Options{})
	if ps.HasErrors() {
		t.Fatal(ps)
	}
	return fixed{&pipeline.Pipeline{Rules: rs, Limits: budget.Default()}}
}

// TestRunOrder: outcomes come in the order of the items whatever the number of
// workers; a message that cannot be read does not end the run.
func TestRunOrder(t *testing.T) {
	t.Parallel()
	files := map[string]string{}
	for i := range 60 {
		files[fmt.Sprintf("%03d.eml", i)] = plainMail + strings.Repeat("more\n", (60-i)*200)
	}
	dir := tree(t, files)
	items := Walk([]string{dir})
	if err := os.Remove(items[7].path); err != nil {
		t.Fatal(err)
	}
	for _, jobs := range []int{0, 1, 3, 16} {
		var got []string
		failed := 0
		Run(context.Background(), items, Options{Pipelines: bare(t), Message: message.Options{Limits: budget.Default()}, Jobs: jobs}, func(o Outcome) {
			got = append(got, o.Item.File)
			if o.Err != nil {
				failed++
			}
		})
		if d := cmp.Diff(names(items, ""), got); d != "" || failed != 1 {
			t.Errorf("%d jobs: %d failed, order (-want +got):\n%s", jobs, failed, d)
		}
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	Run(ctx, items, Options{Pipelines: bare(t), Jobs: 2}, func(o Outcome) {
		if o.Err == nil {
			t.Error("judged although the run was stopped")
		}
	})
}

// TestJudgePanics: a fault of ours on one message is that message's error.
func TestJudgePanics(t *testing.T) {
	t.Parallel()
	dir := tree(t, map[string]string{"a.eml": plainMail})
	out := Judge(context.Background(), Walk([]string{dir})[0], Options{Pipelines: fixed{&pipeline.Pipeline{}}, Message: message.Options{Limits: budget.Default()}})
	if out.Err == nil || strings.Contains(out.Err.Error(), "hello") || out.OK() {
		t.Errorf("error %v", out.Err)
	}
}

func TestEnvelopeOfStoredMail(t *testing.T) {
	t.Parallel()
	header := func(s string) message.Header {
		m, err := message.Read(context.Background(), strings.NewReader(s+"\n\n"), message.Envelope{}, message.Options{Limits: budget.Default()})
		if err != nil {
			t.Fatal(err)
		}
		defer m.Close()
		return m.Header
	}
	tests := []struct {
		name, header string
		o            Options
		from         string
		to           []string
		assumed      bool
	}{
		{"from the header", "From: A <a@x.example>\nTo: b@y.example, \"C, d\" <c@y.example>\nCc: b@y.example\nBcc: e@y.example", Options{}, "a@x.example", []string{"b@y.example", "c@y.example", "e@y.example"}, true},
		{"first author", "From: a@x.example, b@x.example", Options{}, "a@x.example", []string{}, true},
		{"a group and comments", "From: a@x.example (A)\nTo: team: b@y.example, c@y.example;", Options{}, "a@x.example", []string{"b@y.example", "c@y.example"}, true},
		{"a list that does not parse", "From: <<a@x.example>\nTo: b@y.example c@y.example; @ <>", Options{}, "a@x.example", []string{"b@y.example", "c@y.example"}, true},
		{"given sender", "From: a@x.example\nTo: b@y.example", Options{GivenFrom: true, Envelope: message.Envelope{MailFrom: "z@x.example"}}, "z@x.example", []string{"b@y.example"}, true},
		{"all given", "From: a@x.example\nTo: b@y.example", Options{GivenFrom: true, GivenRcpt: true, Envelope: message.Envelope{RcptTo: []string{"q@y.example"}}}, "", []string{"q@y.example"}, false},
		{"nothing", "Subject: x", Options{}, "", []string{}, true},
	}
	for _, tt := range tests {
		env := Envelope(header(tt.header), tt.o)
		if env.MailFrom != tt.from || env.Assumed != tt.assumed || cmp.Diff(tt.to, env.RcptTo) != "" {
			t.Errorf("%s: from %q to %q, assumed %v", tt.name, env.MailFrom, env.RcptTo, env.Assumed)
		}
	}
}

func TestClock(t *testing.T) {
	t.Parallel()
	at := func(s string) time.Time {
		v, err := time.Parse(time.DateOnly, s)
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
	dated := &message.Message{Header: message.Header{{Name: "Date", Raw: " Mon, 12 Oct 2026 09:15:00 +1100"}}}
	tests := []struct {
		name string
		m    *message.Message
		now  time.Time
		w    *fixture.Want
		want string
	}{
		{"expectation", dated, at("2026-01-02"), &fixture.Want{Now: at("2026-01-01")}, "2026-01-01T00:00:00Z"},
		{"caller", dated, at("2026-01-02"), &fixture.Want{}, "2026-01-02T00:00:00Z"},
		{"date field", dated, time.Time{}, nil, "2026-10-11T22:15:00Z"},
		{"nothing", &message.Message{}, time.Time{}, nil, "2000-01-01T00:00:00Z"},
	}
	for _, tt := range tests {
		f := Facts(tt.m, tt.now, tt.w, authres.Verifiers{})
		if got := f.Now.Format(time.RFC3339); got != tt.want {
			t.Errorf("%s: %s, want %s", tt.name, got, tt.want)
		}
		if f.Get("anything").State != facts.Absent {
			t.Errorf("%s: a fact that nobody gave", tt.name)
		}
	}
}
