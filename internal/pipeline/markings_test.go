package pipeline_test

import (
	"context"
	"encoding/base64"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"labelmilter/internal/budget"
	"labelmilter/internal/facts"
	"labelmilter/internal/message"
	"labelmilter/internal/pipeline"
	"labelmilter/internal/rulepack"
	"labelmilter/rules"
)

// markingRules is au-pspf with a pack of its own.
func markingRules(t testing.TB, own string) *rulepack.Ruleset {
	t.Helper()
	fsys := fstest.MapFS{"own/pack.yaml": {Data: []byte("id: own\nversion: \"1\"\ndescription: test\n")}, "own/rules.yaml": {Data: []byte(own)}}
	rs, ps := rulepack.Load(rulepack.Options{Sources: []rulepack.Source{{FS: rules.FS, Dir: "au-pspf"}, {FS: fsys, Dir: "own"}}})
	if ps.HasErrors() {
		t.Fatal(ps)
	}
	return rs
}

func judgeMail(t testing.TB, rs *rulepack.Ruleset, mail string) pipeline.Result {
	t.Helper()
	m, err := message.Read(context.Background(), strings.NewReader(mail), message.Envelope{MailFrom: "a@x.gov.au", RcptTo: []string{"b@y.gov.au"}}, message.Options{Limits: budget.Default()})
	if err != nil {
		t.Fatal(err)
	}
	defer m.Close()
	p := &pipeline.Pipeline{Rules: rs, Limits: budget.Default()}
	return p.Process(context.Background(), m, facts.Facts{})
}

func mailWith(subject, body, attached string) string {
	return "From: a@x.gov.au\nTo: b@y.gov.au\nSubject: " + subject + "\nMIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=b\n\n" +
		"--b\nContent-Type: text/plain\n\n" + body + "\n--b\nContent-Type: text/plain; name=a.txt\nContent-Disposition: attachment; filename=a.txt\n\n" +
		attached + "\n--b--\n"
}

// TestMarkingTypes uses markings where a sensitive information type can stand.
func TestMarkingTypes(t *testing.T) {
	t.Parallel()
	rs := markingRules(t, `
policies:
  - id: p
    rules:
      - id: r
        when: {sit: {type: [au-marking-protected, au-marking-official-sensitive-pp]}}
        then: [{add_header: {name: X-Found, value: "yes"}}]
      - id: low
        when: {sit: {type: au-marking-protected, min_confidence: low}}
        then: [{add_header: {name: X-Low, value: "yes"}}]
`)
	for _, c := range []struct {
		name, subject, body, attached, want string
	}{
		{"attached text", "x", "hello", "PROTECTED\n\nPlan", "au-marking-protected attachment high"},
		{"body", "x", "PROTECTED\n\nhello", "plan", "au-marking-protected body high"},
		{"subject", "x [SEC=PROTECTED]", "hello", "plan", "au-marking-protected subject high"},
		{"by grammar", "x", "OFFICIAL: Sensitive//Personal Privacy\n\nhello", "plan", "au-marking-official-sensitive-pp body high"},
		{"quoted", "x", "hello\n\n> PROTECTED\n> plan", "plan", "au-marking-protected body low"},
		{"one that no condition names", "x", "OFFICIAL\n\nhello", "plan", ""},
		{"a longer marking", "x", "PROTECTED//CABINET\n\nhello", "plan", ""},
		{"two places", "x [SEC=PROTECTED]", "PROTECTED\n\nhello", "plan", "au-marking-protected subject high; au-marking-protected body high"},
		{"none", "x", "protected by law", "plan", ""},
	} {
		r := judgeMail(t, rs, mailWith(c.subject, c.body, c.attached))
		var got []string
		for _, f := range r.Findings {
			if f.Kind != "marking" {
				t.Errorf("%s: finding of kind %q", c.name, f.Kind)
			}
			got = append(got, f.Type+" "+string(f.Where)+" "+f.Level)
		}
		if g := strings.Join(got, "; "); g != c.want {
			t.Errorf("%s: got %q, want %q", c.name, g, c.want)
		}
		var matched []string
		for _, x := range r.Rules {
			if x.Matched && x.Policy == "p" {
				matched = append(matched, x.Rule)
			}
		}
		high, low := strings.Contains(c.want, "high"), strings.Contains(c.want, "au-marking-protected ")
		if slices.Contains(matched, "r") != high || slices.Contains(matched, "low") != low {
			t.Errorf("%s: rules %q matched", c.name, matched)
		}
	}
}

// TestAttachedMarkings holds that documents raise the label and never lower it.
func TestAttachedMarkings(t *testing.T) {
	t.Parallel()
	rs := markingRules(t, "")
	for _, c := range []struct {
		subject, attached, outcome, label, source string
	}{
		{"x", "PROTECTED\n\nPlan", "label", "protected", "marking:attachment"},
		{"x [SEC=OFFICIAL]", "PROTECTED\n\nPlan", "label", "protected", "marking:attachment"},
		{"x [SEC=PROTECTED]", "OFFICIAL\n\nPlan", "label", "protected", "marking:subject"},
		{"x [SEC=OFFICIAL]", "SECRET\n\nPlan", "block", "official", "marking:subject"},
		{"x [SEC=OFFICIAL]", "the word SECRET and PROTECTED", "label", "official", "marking:subject"},
		{"x", "> PROTECTED\n> quoted", "none", "", ""},
	} {
		r := judgeMail(t, rs, mailWith(c.subject, "hello", c.attached))
		label, source := "", ""
		if r.Label != nil {
			label, source = string(r.Label.ID), string(r.Label.Source)
		}
		if string(r.Outcome) != c.outcome || label != c.label || source != c.source {
			t.Errorf("%q with %q attached: %s %s by %s, want %s %s by %s", c.subject, c.attached, r.Outcome, label, source, c.outcome, c.label, c.source)
		}
		if len(r.Conflicts) > 0 {
			t.Errorf("%q with %q attached: conflicts %+v", c.subject, c.attached, r.Conflicts)
		}
	}
}

// TestSignedLabel reads the security label in a signature.
func TestSignedLabel(t *testing.T) {
	t.Parallel()
	rs := markingRules(t, "markings: {schemes: [ess]}\nequivalence: [{scheme: ess, classification: restricted, label: official-sensitive, confirmed: true, source: test}]")
	// SignedData with one signer, whose attributes hold the label of policy
	// 1.2.3.4, classification restricted.
	label := "\x31\x08\x06\x03\x2a\x03\x04\x02\x01\x02"
	attr := "\x06\x0b\x2a\x86\x48\x86\xf7\x0d\x01\x09\x10\x02\x02" + wrap('\x31', label)
	signer := wrap('\x30', "\x02\x01\x01"+wrap('\xa0', wrap('\x30', attr)))
	data := wrap('\x30', "\x02\x01\x01\x31\x00"+wrap('\x30', "\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x07\x01")+wrap('\x31', signer))
	der := wrap('\x30', "\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x07\x02"+wrap('\xa0', data))
	mail := "From: a@x.gov.au\nTo: b@y.gov.au\nSubject: x\nMIME-Version: 1.0\nContent-Type: multipart/signed; boundary=b; protocol=\"application/pkcs7-signature\"\n\n" +
		"--b\nContent-Type: text/plain\n\nhello\n--b\nContent-Type: application/pkcs7-signature; name=smime.p7s\nContent-Transfer-Encoding: base64\n\n" +
		base64.StdEncoding.EncodeToString([]byte(der)) + "\n--b--\n"
	r := judgeMail(t, rs, mail)
	if r.Outcome != "label" || r.Label == nil || r.Label.ID != "official-sensitive" || len(r.Markings) != 1 || r.Markings[0].Part != "2" || r.Markings[0].Namespace != "1.2.3.4" {
		t.Errorf("outcome %s, label %+v, markings %+v", r.Outcome, r.Label, r.Markings)
	}
	if r := judgeMail(t, markingRules(t, ""), mail); r.Outcome != "none" || len(r.Markings) != 0 {
		t.Errorf("not enabled: outcome %s, markings %+v", r.Outcome, r.Markings)
	}
}

func wrap(tag rune, s string) string { return string([]byte{byte(tag), byte(len(s))}) + s }
