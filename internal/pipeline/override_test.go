package pipeline_test

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"labelmilter/internal/assemble"
	"labelmilter/internal/facts"
	"labelmilter/internal/message"
	"labelmilter/internal/override"
	"labelmilter/internal/pipeline"
	"labelmilter/internal/policy"
	"labelmilter/internal/verdict"
)

const overrideRules = `policies:
  - id: o
    rules:
      - id: all
        when: {body: {words: [alpha]}}
        then: [{reject: {text: "no alpha"}}, incident, {notify: {to: [sender, boss@own.example], template: policy-tip}}]
        override: {with: [justification, false-positive]}
      - id: plain
        when: {body: {words: [beta]}}
        then: [{reject: {text: "no beta"}}]
      - id: listed
        when: {body: {words: [gamma]}}
        then: [{reject: {text: "no gamma"}}]
        override: {with: none, covers: listed, rules: [o/held]}
      - id: held
        when: {body: {words: [delta]}}
        then: [quarantine]
      - id: never
        when: {body: {words: [epsilon]}}
        then: [{quarantine: {reason: epsilon}}]
        override: {with: never}
      - id: mark
        then: [{add_header: {name: X-Seen, value: "1"}}]
      - id: late
        when: {body: {words: [zeta]}}
        then: [{reject: {text: "no zeta"}}]
        override: {with: justification}
      - id: deutsch
        when: {body: {words: [eta]}}
        then: [{reject: {text: "no eta", languages: {de: "kein ö {{hint}} Ende"}, hint: false}}]
`

func overridePipeline(t *testing.T) *pipeline.Pipeline {
	t.Helper()
	dir := t.TempDir()
	for name, text := range map[string]string{"pack.yaml": "id: t\nversion: 1.0.0\ndescription: d\n", "p.yaml": overrideRules} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return newPipeline(t, assemble.Options{Packs: []string{"au-pspf"}, Dirs: []string{dir},
		Site: &policy.Organisation{Domains: []string{"own.example", "eigen.example"}, Languages: map[string]string{"eigen.example": "de"}}})
}

const tok = "LM-BCDF-GHJK-LMNP-QRST-VWXZ-BCDF"

// again judges a message with the token of an earlier refusal.
func again(t *testing.T, p *pipeline.Pipeline, first pipeline.Result, subject, body string) pipeline.Result {
	t.Helper()
	o := first.Plan.Offer
	if o == nil {
		t.Fatalf("nothing is offered: %+v", first.Verdict)
	}
	m, err := message.Read(t.Context(), strings.NewReader("Subject: "+subject+"\n\n"+body+"\n"), env("carol@own.example"), message.Options{Limits: p.Limits})
	if err != nil {
		t.Fatal(err)
	}
	defer m.Close()
	return p.Process(t.Context(), m, facts.Facts{Now: o.Expires.Add(-time.Hour), Named: map[string]facts.Fact{override.Fact: {State: facts.Known, Value: o.Bind(tok).JSON()}}})
}

func env(from string) message.Envelope {
	return message.Envelope{MailFrom: from, AuthUser: "carol", RcptTo: []string{"x@other.example"}}
}

func rulesOf(names ...string) []string {
	var out []string
	for _, n := range names {
		out = append(out, "t/o/"+n)
	}
	return out
}

// TestOverrideLifts: what an override lifts, and what stays.
func TestOverrideLifts(t *testing.T) {
	t.Parallel()
	p := overridePipeline(t)
	with := "s [override " + tok + ": asked for]"
	for _, tt := range []struct {
		body  string
		offer []string // rules; nil: none
		then  verdict.Disposition
		by    string
	}{
		{body: "alpha", offer: rulesOf("all"), then: verdict.Accept},
		{body: "alpha beta delta", offer: rulesOf("all", "plain", "held"), then: verdict.Accept},
		{body: "alpha epsilon", offer: rulesOf("all"), then: verdict.Quarantine, by: "o/never"},
		{body: "beta"},
		{body: "gamma", offer: rulesOf("listed"), then: verdict.Accept},
		{body: "gamma delta", offer: rulesOf("listed", "held"), then: verdict.Accept},
		{body: "gamma zeta", offer: rulesOf("listed"), then: verdict.Reject, by: "o/late"},
		{body: "beta alpha gamma", offer: rulesOf("all", "plain", "listed"), then: verdict.Accept},
		{body: "delta"}, // a message that is held has no reply
	} {
		first := process(t, p, "Subject: s\n\n"+tt.body+"\n", env("carol@own.example"))
		if tt.offer == nil {
			if first.Plan.Offer != nil || first.Override.Offer != nil {
				t.Errorf("%s: offered %+v", tt.body, first.Plan.Offer)
			}
			continue
		}
		if first.Plan.Offer == nil || !slices.Equal(first.Plan.Offer.Rules, tt.offer) || !strings.Contains(first.Verdict.Reply, override.Placeholder) {
			t.Errorf("%s: offered %+v", tt.body, first.Plan.Offer)
			continue
		}
		r := again(t, p, first, with, tt.body)
		if r.Verdict.Disposition != tt.then || r.Verdict.WinningRule != tt.by {
			t.Errorf("%s: %+v, claim %+v", tt.body, r.Verdict, r.Override.Claim)
		}
		passed := tt.then != verdict.Reject
		if c := r.Override.Claim; c == nil || c.Accepted != passed || passed != (r.Plan.Spend == tok) {
			t.Errorf("%s: claim %+v", tt.body, r.Override.Claim)
		}
		if tt.then == verdict.Accept && !slices.ContainsFunc(r.Modifications, func(m verdict.Modification) bool { return m.Name == "X-Seen" }) {
			t.Errorf("%s: what is no refusal was lifted too", tt.body)
		}
		if data, err := r.JSON(); err != nil || strings.Contains(string(data), tok) {
			t.Errorf("%s: the result holds the token", tt.body)
		}
	}
}

// TestOverrideAgain: another rule that refuses offers what the first token
// lifted as well, so that one more resend is enough.
func TestOverrideAgain(t *testing.T) {
	t.Parallel()
	p := overridePipeline(t)
	first := process(t, p, "Subject: s\n\ngamma zeta\n", env("carol@own.example"))
	second := again(t, p, first, "s [override "+tok+": why]", "gamma zeta")
	if second.Plan.Offer == nil || !slices.Equal(second.Plan.Offer.Rules, rulesOf("listed", "late")) || second.Plan.Spend != "" {
		t.Fatalf("offered %+v", second.Plan.Offer)
	}
	if third := again(t, p, second, "s [override "+tok+": why]", "gamma zeta"); third.Verdict.Disposition != verdict.Accept {
		t.Errorf("%+v", third.Verdict)
	}
}

// TestOverrideEffects: incidents stay, the sender is not told what the sender
// did, a use is an effect.
func TestOverrideEffects(t *testing.T) {
	t.Parallel()
	p := overridePipeline(t)
	first := process(t, p, "Subject: s\n\nalpha\n", env("carol@own.example"))
	r := again(t, p, first, "s [false-positive "+tok+"]", "alpha")
	var got []string
	for _, e := range r.Effects {
		got = append(got, string(e.Type)+" "+strings.Join(e.Mailboxes, ",")+" "+e.Template)
	}
	if want := []string{"incident  ", "notify boss@own.example policy-tip", "override  false-positive"}; !slices.Equal(got, want) {
		t.Errorf("%q", got)
	}
	if c := r.Override.Claim; !c.Accepted || c.Kind != override.FalsePositive {
		t.Errorf("%+v", c)
	}
}

// TestOverrideOfHold: the answers to markings are never lifted.
func TestOverrideOfHold(t *testing.T) {
	t.Parallel()
	p := overridePipeline(t)
	const mail = "Subject: s\nX-Protective-Marking: VER=2024.1, NS=gov.au, SEC=SECRET, ORIGIN=a@b.gov.au\n\nalpha\n"
	if r := process(t, p, mail, env("carol@own.example")); r.Plan.Offer != nil || r.Verdict.WinningRule != "label/block" {
		t.Errorf("%+v, offered %+v", r.Verdict, r.Plan.Offer)
	}
}

// TestTipLanguage: the sender's language, in ASCII; no hint where the rule
// wants none, none for strangers.
func TestTipLanguage(t *testing.T) {
	t.Parallel()
	p := overridePipeline(t)
	if r := process(t, p, "Subject: s\n\neta\n", env("karl@eigen.example")); r.Verdict.Reply != "550 5.7.1 kein oe  Ende" || r.Hint != "" {
		t.Errorf("%q", r.Verdict.Reply)
	}
	two := env("karl@eigen.example")
	two.RcptTo = append(two.RcptTo, "b@own.example")
	if r := process(t, p, "Subject: s\n\nbeta\n", two); r.Hint != "" {
		t.Errorf("a hint that does not hold: %q", r.Hint)
	}
	stranger := message.Envelope{MailFrom: "x@other.example", RcptTo: []string{"b@own.example", "c@own.example"}, ClientIP: "203.0.113.9"}
	if r := process(t, p, "Subject: s\n\nzeta\n", stranger); r.Verdict.Disposition != verdict.Reject || r.Hint != "" {
		t.Errorf("%+v, hint %q", r.Verdict, r.Hint)
	}
}

// TestTokenWithoutGrant: a token nobody knows opens nothing and goes all the
// same.
func TestTokenWithoutGrant(t *testing.T) {
	t.Parallel()
	p := overridePipeline(t)
	r := process(t, p, "Subject: s [override "+tok+"]\nThread-Topic: s [override "+tok+"]\nCc: Over <override+"+tok+"@own.example>, y@other.example\n\nJustification: x\n\nnothing "+tok+"\n",
		env("carol@own.example"))
	if r.Verdict.Disposition != verdict.Accept || r.Override.Claim.Accepted || r.Override.Claim.Reason != override.Unknown {
		t.Fatalf("%+v, %+v", r.Verdict, r.Override.Claim)
	}
	want := map[string]string{"Subject": "s", "Thread-Topic": "s", "Cc": "y@other.example"}
	for _, m := range r.Plan.Modifications {
		if w, ok := want[m.Name]; ok && m.Op == verdict.ChangeHeader {
			if m.Value != w {
				t.Errorf("%s: %q", m.Name, m.Value)
			}
			delete(want, m.Name)
		}
		if m.Op == verdict.ReplaceBody && string(m.Body) != "nothing **-****-****-****-****-****-****\r\n" {
			t.Errorf("body %q", m.Body)
		}
	}
	if len(want) > 0 {
		t.Errorf("not stripped: %v", want)
	}
}
