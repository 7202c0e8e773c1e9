package notify

import (
	"bytes"
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"labelmilter/internal/budget"
	"labelmilter/internal/message"
	"labelmilter/internal/mtalab"
	"labelmilter/internal/pipeline"
	"labelmilter/internal/plan"
	"labelmilter/internal/policy"
	"labelmilter/internal/store"
	"labelmilter/internal/verdict"
)

func result() pipeline.Result {
	r := pipeline.Result{MessageID: "<1@own.example>", Direction: "outbound", Verdict: pipeline.Verdict{Disposition: verdict.Reject, WinningRule: "p/r"}}
	r.Envelope = pipeline.Envelope{MailFrom: "carol@own.example", RcptTo: []string{"x@a.example"}, QueueID: "4gQ"}
	r.Message.SubjectMasked = "cards\r\nBcc: evil@a.example …"
	r.Findings = []pipeline.Finding{{Name: "Credit card number", Unique: 6, Level: "low", Where: "body", Part: "1"}}
	r.Rules = []pipeline.Rule{{Policy: "p", Rule: "r", Mode: policy.Enforce, Matched: true}}
	r.Override.Claim = &pipeline.Claim{Accepted: true, Kind: "false-positive", Justification: strings.Repeat("reason ", 30)}
	r.Effects = []plan.Effect{
		{Type: plan.Incident, Rule: "p/r", Severity: "high", Incident: "0123456789abcdef"},
		{Type: plan.Notify, Rule: "p/r", Template: "policy-tip", Mailboxes: []string{"carol@own.example"}, Recipients: []string{"x@a.example"}, Incident: "0123456789abcdef"},
		{Type: plan.Notify, Rule: "p/r", Template: "incident", Mailboxes: []string{"Sec@own.example"}, Incident: "0123456789abcdef"},
		{Type: plan.Notify, Rule: "p/r", Template: "own", Mailboxes: []string{"boss@tochter.example"}, Incident: "0123456789abcdef"},
		{Type: plan.Notify, Rule: "p/s", Template: "policy-tip", Mailboxes: []string{"bot@own.example"}, Suppressed: "auto-reply"},
	}
	return r
}

func TestCompose(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 11, 29, 10, 0, 0, 0, time.UTC)
	c := Composer{Site: &policy.Organisation{Name: "Own", Languages: map[string]string{"tochter.example": "de"}}, Incidents: []string{"sec@own.example"}, Merge: time.Minute,
		Templates: []policy.Template{{ID: "own", Language: "en", Subject: "S {{rule}}", Text: "english"}, {ID: "own", Language: "de", Subject: "B {{rule}} {{severity}}", Text: "deutsch {{organisation}}"}}}
	got := c.Compose(result(), at)
	if len(got) != 3 {
		t.Fatalf("%d notices: %+v", len(got), got)
	}
	inc, tipped, own := got[0], got[1], got[2]
	if inc.Recipient != "sec@own.example" || !inc.Due.Equal(at.Add(time.Minute)) || inc.Subject != "Incident 0123456789abcdef: p/r" {
		t.Errorf("%+v", inc)
	}
	for _, want := range []string{"Credit card number: 6 distinct, low confidence, in body of part 1", "False positive: reported by the sender", "Subject:        cards  Bcc: evil@a.example …",
		"Reason:         " + strings.Repeat("reason ", 14) + "re...\n"} {
		if !strings.Contains(inc.Text, want) {
			t.Errorf("no %q in\n%s", want, inc.Text)
		}
	}
	if tipped.Recipient != "carol@own.example" || !tipped.Due.Equal(at) || strings.Contains(tipped.Text, "{{") || !strings.Contains(tipped.Text, "x@a.example") {
		t.Errorf("%+v", tipped)
	}
	if own.Subject != "B r" || own.Text != "deutsch Own\n" {
		t.Errorf("%+v", own)
	}
}

// TestTemplates: every built-in template fills, in every language.
func TestTemplates(t *testing.T) {
	t.Parallel()
	r := result()
	c := Composer{Site: &policy.Organisation{}}
	for _, b := range builtIn {
		v := c.variables(r, r.Effects[0], time.Now())
		for _, s := range []string{v.Replace(b.Subject), v.Replace(b.Text)} {
			if strings.TrimSpace(s) == "" || strings.Contains(s, "{{") {
				t.Errorf("%s.%s: %q", b.ID, b.Language, s)
			}
		}
	}
	for _, id := range policy.BuiltInTemplates {
		if !slices.ContainsFunc(builtIn, func(b policy.Template) bool { return b.ID == id && b.Language == "en" }) {
			t.Errorf("%s is not there in English", id)
		}
	}
}

// lab is a sender with a real store and an SMTP server.
type labT struct {
	st     *store.Store
	sink   *mtalab.Sink
	sender *Sender
	now    time.Time
	set    Settings
	counts map[string]int
}

func newLab(t *testing.T, reply func(string) string) *labT {
	t.Helper()
	l := &labT{now: time.Date(2026, 11, 29, 10, 0, 0, 0, time.UTC), counts: map[string]int{}}
	clock := func() time.Time { return l.now }
	var err error
	if l.st, err = store.Open(context.Background(), store.Options{Dir: t.TempDir(), Now: clock}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.st.Close() })
	if l.sink, err = mtalab.NewSink(mtalab.SinkOptions{RcptReply: reply}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.sink.Close() })
	l.set = Settings{Server: l.sink.Addr(), TLS: "off", From: "dlp@own.example", Name: "Owñ"}
	l.sender = NewSender(Options{Store: l.st, Settings: func() Settings { return l.set }, Now: clock, Count: func(k string, n int) { l.counts[k] += n }})
	return l
}

func (l *labT) queue(t *testing.T, notices ...store.Notice) {
	t.Helper()
	for i := range notices {
		notices[i].At = l.now
		if notices[i].Due.IsZero() {
			notices[i].Due = l.now
		}
	}
	if _, err := l.st.Append(context.Background(), store.Record{At: l.now, Result: []byte("{}"), Notices: notices}); err != nil {
		t.Fatal(err)
	}
}

func (l *labT) round(t *testing.T) {
	t.Helper()
	if err := l.sender.Round(context.Background()); err != nil {
		t.Fatal(err)
	}
}

func (l *labT) waiting(t *testing.T) int {
	t.Helper()
	n, err := l.st.QueuedNotices(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	return n
}

func notice(to, key, text string) store.Notice {
	return store.Notice{Recipient: to, Merge: key, Template: "incident", Subject: "Incident " + text + " äöü", Text: "text " + text + "\n.leading dot\nFrom here\n"}
}

func TestSend(t *testing.T) {
	t.Parallel()
	refuse := "451 4.3.0 try later"
	l := newLab(t, func(addr string) string {
		if strings.HasPrefix(addr, "later@") {
			return refuse
		}
		if strings.HasPrefix(addr, "never@") {
			return "550 5.1.1 unknown"
		}
		return ""
	})
	l.queue(t, notice("a@own.example", "k", "one"), notice("A@own.example", "k", "two"), notice("a@own.example", "other", "three"),
		notice("later@own.example", "k", "four"), notice("never@own.example", "k", "five"), notice("bad address@own.example", "k", "six"))
	l.round(t)
	got := l.sink.Messages()
	if len(got) != 2 || l.waiting(t) != 1 || l.counts["sent"] != 2 || l.counts["merged"] != 1 || l.counts["failed"] != 2 || l.counts["deferred"] != 1 {
		t.Fatalf("%d mails, %d wait, counts %v", len(got), l.waiting(t), l.counts)
	}
	text := string(got[0].Data)
	if got[0].From != "" || !strings.Contains(text, "and_1_more") || !strings.Contains(text, "text one") || !strings.Contains(text, "text two") || !strings.Contains(text, "\r\n.leading dot") {
		t.Errorf("from %q:\n%s", got[0].From, text)
	}
	l.round(t) // nothing is due
	l.now = l.now.Add(61 * time.Second)
	refuse = ""
	l.round(t)
	if len(l.sink.Messages()) != 3 || l.waiting(t) != 0 {
		t.Errorf("%d mails, %d wait", len(l.sink.Messages()), l.waiting(t))
	}
	if n, err := l.st.PruneNotices(context.Background(), l.now.Add(time.Second)); err != nil || n != 6 {
		t.Errorf("%d pruned, %v", n, err)
	}
}

// TestNoServer: what cannot be delivered waits, longer each time, and is given
// up after days.
func TestNoServer(t *testing.T) {
	t.Parallel()
	l := newLab(t, nil)
	l.set.Server = "127.0.0.1:1"
	l.queue(t, notice("a@own.example", "k", "one"))
	tries := 0
	for range 400 {
		before := l.counts["deferred"] + l.counts["failed"]
		l.round(t)
		tries += l.counts["deferred"] + l.counts["failed"] - before
		if l.waiting(t) == 0 {
			break
		}
		l.now = l.now.Add(30 * time.Minute)
	}
	if l.counts["failed"] != 1 || tries < 100 || tries > 200 {
		t.Errorf("%d tries, %v", tries, l.counts)
	}
	l.set.Server = ""
	l.queue(t, notice("a@own.example", "k", "two"))
	l.round(t)
	if l.waiting(t) != 1 {
		t.Error("without a server notices do not wait")
	}
}

// TestRate: what is too much for one recipient waits and goes as one mail.
func TestRate(t *testing.T) {
	t.Parallel()
	l := newLab(t, nil)
	l.set.Rate = 3
	for i := range 5 {
		l.queue(t, notice("a@own.example", "k", fmt.Sprint(i)), notice("b@own.example", "k", fmt.Sprint(i)))
		l.round(t)
		l.now = l.now.Add(time.Minute)
		if i == 2 && len(l.sink.Messages()) != 6 {
			t.Errorf("%d mails after three", len(l.sink.Messages()))
		}
	}
	if len(l.sink.Messages()) != 6 || l.waiting(t) != 4 {
		t.Fatalf("%d mails, %d wait", len(l.sink.Messages()), l.waiting(t))
	}
	l.now = l.now.Add(time.Hour)
	l.round(t)
	if len(l.sink.Messages()) != 8 || l.waiting(t) != 0 {
		t.Errorf("%d mails, %d wait", len(l.sink.Messages()), l.waiting(t))
	}
}

// TestMerge: of very many only so many are shown.
func TestMerge(t *testing.T) {
	t.Parallel()
	l := newLab(t, nil)
	for i := range 50 {
		n := notice("a@own.example", "k", fmt.Sprintf("n%02d", i))
		n.Due = l.now.Add(time.Minute)
		if i == 0 {
			n.Due = l.now // takes the others along
		}
		l.queue(t, n)
	}
	l.round(t)
	got := l.sink.Messages()
	if len(got) != 1 || l.waiting(t) != 0 || !bytes.Contains(got[0].Data, []byte("and 30 more.")) || bytes.Contains(got[0].Data, []byte("text n20")) {
		t.Errorf("%d mails, %d wait", len(got), l.waiting(t))
	}
}

// TestSigned: the filter knows mail of ours as it went out, and nothing else.
func TestSigned(t *testing.T) {
	t.Parallel()
	l := newLab(t, nil)
	l.queue(t, notice("a@own.example", "k", strings.Repeat("long subject with ümläuts ", 8)))
	l.round(t)
	got := l.sink.Messages()
	if len(got) != 1 {
		t.Fatal("no mail")
	}
	key, err := l.st.NoticeKey(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		name   string
		ok     bool
		data   []byte
		change func(e *message.Envelope, now *time.Time, key *[]byte)
	}{
		{name: "as it went out", ok: true},
		{name: "with Received before it", ok: true, data: append([]byte("Received: by mx\r\n"), got[0].Data...)},
		{name: "another text", data: bytes.Replace(got[0].Data, []byte("From here"), []byte("From there"), 1)},
		{name: "another subject", data: bytes.Replace(got[0].Data, []byte("Subject:"), []byte("Subject: x"), 1)},
		{name: "another recipient", change: func(e *message.Envelope, _ *time.Time, _ *[]byte) { e.RcptTo = []string{"b@own.example"} }},
		{name: "a recipient more", change: func(e *message.Envelope, _ *time.Time, _ *[]byte) { e.RcptTo = append(e.RcptTo, "b@own.example") }},
		{name: "a sender", change: func(e *message.Envelope, _ *time.Time, _ *[]byte) { e.MailFrom = "x@own.example" }},
		{name: "too late", change: func(_ *message.Envelope, n *time.Time, _ *[]byte) { *n = n.Add(passFor + time.Second) }},
		{name: "too early", change: func(_ *message.Envelope, n *time.Time, _ *[]byte) { *n = n.Add(-2 * skew) }},
		{name: "another key", change: func(_ *message.Envelope, _ *time.Time, k *[]byte) { *k = bytes.Repeat([]byte{1}, 32) }},
		{name: "no key", change: func(_ *message.Envelope, _ *time.Time, k *[]byte) { *k = nil }},
		{name: "two fields", data: append([]byte("X-Labelmilter-Notice: v=1\r\n"), got[0].Data...)},
		{name: "no field", data: got[0].Data[bytes.IndexByte(got[0].Data, '\n')+1:]},
	} {
		data, now, k := got[0].Data, l.now, key
		if tt.data != nil {
			data = tt.data
		}
		m, err := message.Read(context.Background(), bytes.NewReader(data), message.Envelope{RcptTo: []string{"a@own.example"}}, message.Options{Limits: budget.Default()})
		if err != nil {
			t.Fatal(err)
		}
		if tt.change != nil {
			tt.change(&m.Envelope, &now, &k)
		}
		if nonce, ok := Signed(k, m, now); ok != tt.ok || ok && nonce == "" {
			t.Errorf("%s: %v", tt.name, ok)
		}
	}
	for i, want := range []bool{true, false} {
		if first, err := l.st.Pass(context.Background(), "nonce"); err != nil || first != want {
			t.Errorf("pass %d: %v, %v", i, first, err)
		}
	}
}

func FuzzSigned(f *testing.F) {
	f.Add("v=1; n=a; t=1700000000; h=b", "a@b.example", "text")
	f.Add("v=1;;;n=;t=99999999999999999999;h=", "", "")
	f.Fuzz(func(t *testing.T, field, rcpt, body string) {
		m, err := message.Read(context.Background(), strings.NewReader("X-Labelmilter-Notice: "+strings.NewReplacer("\r", " ", "\n", " ").Replace(field)+"\n\n"+body),
			message.Envelope{RcptTo: []string{rcpt}}, message.Options{Limits: budget.Default()})
		if err != nil {
			return
		}
		if _, ok := Signed([]byte("a key nobody knows"), m, time.Unix(1700000000, 0)); ok {
			t.Error("a signature was guessed")
		}
	})
}
