package integration

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"labelmilter/internal/mtalab"
)

// noticeRules refuse cards to outside with an incident, tell the sender of
// tax file numbers, and report those that come in.
const noticeRules = `policies:
  - id: dlp
    rules:
      - id: cards
        severity: high
        when: {all: [{direction: [outbound]}, {sit: {type: credit-card-number, min_confidence: low}}]}
        then: [{reject: {text: "no cards"}}, incident]
      - id: tell
        severity: low
        when: {subject: {words: [tell-me]}}
        then: [{notify: {to: [sender], template: policy-tip}}]
      - id: in
        severity: medium
        when: {all: [{direction: [inbound, internal]}, {sit: {type: credit-card-number, min_confidence: low}}]}
        then: [incident, {notify: {to: [sender], template: policy-tip}}]
`

// rewire gives the daemon's notices the address of an MTA that started later.
func (d *daemon) rewire(t *testing.T, server string) {
	t.Helper()
	data, err := os.ReadFile(d.config)
	if err != nil {
		t.Fatal(err)
	}
	from := len(d.logged())
	d.file(filepath.Base(d.config), strings.ReplaceAll(string(data), "127.0.0.1:9", server))
	if err := d.cmd.Process.Signal(syscall.SIGHUP); err != nil {
		t.Fatal(err)
	}
	d.waitLog(from, "reloaded")
}

// noticeConfig sends notices to the discard port until rewire.
const noticeConfig = `rules: {packs: [au-pspf, sit-financial], dirs: [site]}
labels: {trust: {authserv_ids: [mx.agency.gov.au]}}
notices: {server: "127.0.0.1:9", tls: "off", from: dlp@agency.gov.au, incidents: [security@agency.gov.au], merge: 0s}
`

func noticeFiles() map[string]string {
	return map[string]string{"site/pack.yaml": "id: site\nversion: 1.0.0\ndescription: d\nrequires: [sit-financial]\n", "site/rules.yaml": noticeRules}
}

// TestNotices: a report and a notice arrive, and our own filter does not judge
// them; forged senders get nothing.
func TestNotices(t *testing.T) {
	eachMTA(t, noticeConfig, noticeFiles(), func(t *testing.T, d *daemon, l *lab) {
		d.rewire(t, l.addr)
		r := l.sendAs(t, cards{id: "n-1", subject: "cards 4111 1111 1111 1111", text: sixCardsText}.message())
		if r.Last().Code != 550 {
			t.Fatalf("not refused: %s", r.Last())
		}
		msg := l.delivered(t, "Incident ")
		head, body, _ := strings.Cut(msg, "\n\n")
		for _, want := range []string{"To: <security@agency.gov.au>", "Auto-Submitted: auto-generated", "dlp@agency.gov.au"} {
			if !strings.Contains(head, want) {
				t.Errorf("no %q in\n%s", want, head)
			}
		}
		for _, want := range []string{"dlp/cards", "carol@agency.gov.au", "x@example.com", "Credit card number: 6 distinct", "<n-1@agency.gov.au>", "Severity:       high"} {
			if !strings.Contains(body, want) {
				t.Errorf("no %q in\n%s", want, body)
			}
		}
		if strings.Contains(msg, "4111") || strings.Contains(head, "X-Labelmilter-Notice") {
			t.Errorf("content, or the signature, in\n%s", msg)
		}
		for _, x := range l.sink.Messages() {
			if x.From != "" {
				t.Errorf("return path %q", x.From)
			}
		}
		d.waitLog(0, `"rule":"own/notice"`)

		// A sender of our own is told; the message goes its way.
		tell := cards{id: "n-2", subject: "tell-me", text: "hello", to: []string{"y@example.com"}}
		l.sendAs(t, tell.message())
		l.delivered(t, "<n-2@agency.gov.au>")
		if msg := l.delivered(t, "matched a rule of"); !strings.Contains(msg, "To: <carol@agency.gov.au>") {
			t.Errorf("the notice:\n%s", msg)
		}
		before := len(l.sink.Messages())

		// The signature is good once: replayed with another text, or again, the
		// mail is judged like any other.
		for _, x := range l.sink.Messages() {
			if strings.Contains(string(x.Data), "Incident ") {
				l.sendAs(t, mtalab.Message{From: "", To: []string{"x@example.com"}, Data: append([]byte("X-Labelmilter-Notice: v=1; n=AAAA; t=1; h=AAAA\r\n"), x.Data...)})
			}
		}
		if _, err := l.sink.Wait(before+1, 20*time.Second); err != nil {
			t.Fatal(err)
		}

		if l.pf == nil {
			return // no client of Sendmail here is a stranger
		}
		// Forged senders: no signature at all, one that failed, one by another
		// verifier, and one that is right for another domain.
		for i, ar := range []string{"", "mx.agency.gov.au; dkim=fail header.d=forged.example; dmarc=fail header.from=forged.example",
			"mx.elsewhere.example; dkim=pass header.d=forged.example; dmarc=pass header.from=forged.example",
			"mx.agency.gov.au; dkim=pass header.d=other.example; dmarc=none header.from=forged.example"} {
			more := ""
			if ar != "" {
				more = "Authentication-Results: " + ar + "\n"
			}
			id := fmt.Sprintf("forged-%d", i)
			m := cards{id: id, subject: "tell-me", text: "hello", from: "victim@forged.example", to: []string{"user@agency.gov.au"}, more: more}.message()
			m.XClient = map[string]string{"ADDR": "203.0.113.9", "NAME": "mail.forged.example"}
			l.sendAs(t, m)
			l.delivered(t, "<"+id+"@agency.gov.au>")
		}
		// Somebody from outside in the name of one of us.
		m := cards{id: "forged-own", subject: "tell-me", text: "hello", to: []string{"user@agency.gov.au"}}.message()
		m.XClient = map[string]string{"ADDR": "203.0.113.9", "NAME": "mail.forged.example"}
		l.sendAs(t, m)
		l.delivered(t, "forged-own")
		// The domain that signed gets its notice, after all those would have gone.
		m = cards{id: "true", subject: "tell-me", text: "hello", from: "kim@partner.example", to: []string{"user@agency.gov.au"},
			more: "Authentication-Results: mx.agency.gov.au; dkim=pass header.d=partner.example\n"}.message()
		m.XClient = map[string]string{"ADDR": "203.0.113.10", "NAME": "mail.partner.example"}
		l.sendAs(t, m)
		if _, err := l.sink.WaitFor(func(x mtalab.Delivery) bool { return x.From == "" && slices.Contains(x.To, "kim@partner.example") }, 20*time.Second); err != nil {
			t.Errorf("a sender whose domain signed gets no notice: %v", err)
		}
		for _, x := range l.sink.Messages()[before:] {
			for _, to := range x.To {
				if strings.Contains(to, "forged.example") || to == "carol@agency.gov.au" {
					t.Errorf("mail of ours to %s:\n%s", to, x.Data)
				}
			}
		}
	})
}

// TestNoLoops: two sites with the same rules, one behind the other. Neither
// reports, bounces nor automatic replies make a second report or notice.
func TestNoLoops(t *testing.T) {
	mtalab.Require(t, "postfix")
	sink, err := mtalab.NewSink(mtalab.SinkOptions{RcptReply: func(addr string) string {
		if strings.HasPrefix(addr, "nobody") {
			return "550 5.1.1 no such user"
		}
		return ""
	}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = sink.Close() })
	far := serve(t, strings.ReplaceAll(noticeConfig, "security@agency", "far@agency"), noticeFiles())
	b := mtalab.PostfixFor(t, mtalab.Options{Milters: []string{"unix:" + far.socket}, NonSMTPDMilters: []string{"unix:" + far.socket}, NextHop: sink.Addr(),
		XCLIENT: true, Settings: map[string]string{"internal_mail_filter_classes": "bounce, notify"}})
	near := serve(t, noticeConfig, noticeFiles())
	a := mtalab.PostfixFor(t, mtalab.Options{Milters: []string{"unix:" + near.socket}, NonSMTPDMilters: []string{"unix:" + near.socket}, NextHop: b.SMTPAddr(),
		XCLIENT: true, Settings: map[string]string{"internal_mail_filter_classes": "bounce, notify"}})
	near.rewire(t, a.SMTPAddr())
	far.rewire(t, b.SMTPAddr())
	l := &lab{"postfix", a.SMTPAddr(), sink, a, nil}

	// 1. A report of the near site passes the far one.
	l.sendAs(t, cards{id: "loop-1", subject: "cards", text: sixCardsText}.message())
	l.delivered(t, "To: <security@agency.gov.au>")
	// 2. Mail that both sites report, and that bounces behind the far one: the
	// bounce holds the cards and goes back through both filters' sites.
	l.sendAs(t, cards{id: "loop-2", subject: "numbers", text: sixCardsText, to: []string{"nobody@agency.gov.au"}}.message())
	l.delivered(t, "Undelivered Mail Returned to Sender")
	l.delivered(t, "To: <far@agency.gov.au>")
	// 3. An automatic reply that quotes them.
	auto := cards{id: "loop-3", subject: "Re: numbers", text: "I am away.\n\n> " + sixCardsText, from: "away@partner.example", to: []string{"carol@agency.gov.au"},
		more: "Auto-Submitted: auto-replied\n"}.message()
	auto.XClient = map[string]string{"ADDR": "203.0.113.9", "NAME": "mail.partner.example"}
	l.sendAs(t, auto)
	l.delivered(t, "<loop-3@agency.gov.au>")

	// Whatever was to come of these has come when a later report is there.
	last := cards{id: "loop-last", subject: "cards", text: sixCardsText}
	l.sendAs(t, last.message())
	l.delivered(t, "loop-last@")
	time.Sleep(3 * time.Second)
	reports := map[string]int{}
	for _, x := range sink.Messages() {
		if x.From == "" && strings.Contains(string(x.Data), "Auto-Submitted: auto-generated") {
			for _, to := range x.To {
				reports[to]++
			}
		}
	}
	// security: loop-1, loop-2, loop-last; far: loop-2; carol: a notice of
	// loop-2 from each site.
	want := map[string]int{"security@agency.gov.au": 3, "far@agency.gov.au": 1, "carol@agency.gov.au": 2}
	for _, to := range []string{"security@agency.gov.au", "far@agency.gov.au", "carol@agency.gov.au", "away@partner.example"} {
		if reports[to] != want[to] {
			t.Errorf("%d mails of ours to %s, want %d", reports[to], to, want[to])
		}
	}
	for d, want := range map[*daemon]int{near: 3, far: 1} {
		out, err := exec.Command(binary, "incident", "list", "--config", d.config, "--format", "json").Output()
		if n := strings.Count(string(out), "\n"); err != nil || n != want {
			t.Errorf("%d incidents, want %d, %v:\n%s", n, want, err, out)
		}
		log := d.logged()
		if n := strings.Count(log, `"sender_domain":"","recipients":1`); n == 0 {
			t.Error("no mail with the null sender came by")
		}
	}
}
