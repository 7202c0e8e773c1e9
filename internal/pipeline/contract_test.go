package pipeline_test

import (
	"bytes"
	"context"
	"encoding/json"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"labelmilter/internal/assemble"
	"labelmilter/internal/budget"
	"labelmilter/internal/facts"
	"labelmilter/internal/label"
	"labelmilter/internal/message"
	"labelmilter/internal/pipeline"
)

// contract are the fields that every result has, by the object they stand in;
// "[]" stands for the elements of a list. Fields may be added to it, none may go.
var contract = map[string]string{
	"":                       "schema file message_id direction envelope message outcome markings conflicts label label_mismatch findings rules verdict modifications effects inspection digests",
	"envelope":               "mail_from rcpt_to client_ip auth_user tls queue_id assumed",
	"message":                "size subject_masked kinds recipients date",
	"markings[]":             "source part scheme raw version namespace classification caveats imms dlm expires downto note origin use diagnostics",
	"markings[].diagnostics": "code severity message",
	"conflicts[]":            "code kept lost detail",
	"label":                  "catalogue id name guid rank source rule reason previous by_standard recommended lowered_by justification",
	"label_mismatch":         "label wanted by",
	"findings[]":             "type name kind confidence level count unique part where evidence",
	"rules[]":                "policy rule assignment mode matched effective actions severity recipients",
	"verdict":                "disposition reply winning_rule",
	"modifications[]":        "op index name value",
	"effects[]":              "type rule to",
	"inspection":             "complete deterministic parts skipped",
	"inspection.parts[]":     "part type name bytes text",
	"inspection.skipped[]":   "part reason limit value detail",
	"digests":                "message ruleset facts edm models",
}

func newPipeline(t testing.TB, o assemble.Options) *pipeline.Pipeline {
	t.Helper()
	rs, ps := assemble.Rules(o)
	if ps.HasErrors() {
		t.Fatal(ps)
	}
	return &pipeline.Pipeline{Rules: rs, Limits: budget.Default(), Write: []string{label.Header}}
}

func process(t testing.TB, p *pipeline.Pipeline, mail string, env message.Envelope) pipeline.Result {
	t.Helper()
	m, err := message.Read(context.Background(), strings.NewReader(mail), env, message.Options{Limits: p.Limits})
	if err != nil {
		t.Fatal(err)
	}
	defer m.Close()
	return p.Process(context.Background(), m, facts.Facts{Now: time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC), Named: map[string]facts.Fact{"tls": {State: facts.Known, Value: "1.3"}}})
}

func object(t *testing.T, r pipeline.Result) map[string]any {
	t.Helper()
	b, err := r.JSON()
	if err != nil {
		t.Fatal(err)
	}
	if bytes.ContainsAny(b, "\n\r") {
		t.Error("more than one line")
	}
	var out map[string]any
	if err := json.Unmarshal(b, &out); err != nil {
		t.Fatal(err)
	}
	return out
}

// at gives the objects at a path of the contract.
func at(v any, path string) []map[string]any {
	here := []any{v}
	for step := range strings.SplitSeq(path, ".") {
		var next []any
		name := strings.TrimSuffix(step, "[]")
		for _, x := range here {
			if m, ok := x.(map[string]any); ok && name != "" {
				x = m[name]
			}
			if l, ok := x.([]any); ok {
				next = append(next, l...)
			} else if x != nil {
				next = append(next, x)
			}
		}
		here = next
	}
	var out []map[string]any
	for _, x := range here {
		if m, ok := x.(map[string]any); ok {
			out = append(out, m)
		}
	}
	return out
}

const richMail = `From: Kim Lee <kim.lee@agency.gov.au>
To: pat@partner.example
Subject: Figures [SEC=OFFICIAL]
X-Protective-Marking: VER=2024.1, NS=gov.au, SEC=OFFICIAL:Sensitive, FOO=bar
Date: Mon, 12 Oct 2026 09:15:00 +1100
MIME-Version: 1.0
Content-Type: multipart/mixed; boundary=b

--b
Content-Type: text/plain

PROTECTED

staff number SN-204518 and SN-204519
--b
Content-Type: application/pkcs7-mime; smime-type=enveloped-data
Content-Disposition: attachment; filename=smime.p7m
Content-Transfer-Encoding: base64

MIIBigYJKoZIhvcNAQcDoIIBezCCAXcCAQAx
--b--
`

func TestResultContract(t *testing.T) {
	t.Parallel()
	p := newPipeline(t, assemble.Options{Packs: []string{"au-pspf"}, Dirs: []string{"../../testdata/packs/agency-dlp"}})
	env := message.Envelope{MailFrom: "kim.lee@agency.gov.au", RcptTo: []string{"pat@partner.example"}, Direction: message.Outbound}
	rich := process(t, p, richMail, env)
	env.Direction = message.Inbound
	env.MailFrom = ""
	plain := process(t, p, strings.Replace(richMail, ", FOO=bar", "", 1), env)
	met := map[string]bool{}
	for _, r := range []pipeline.Result{rich, plain} {
		got := object(t, r)
		for path, want := range contract {
			for _, m := range at(got, path) {
				met[path] = true
				for key := range strings.FieldsSeq(want) {
					if _, ok := m[key]; !ok {
						t.Errorf("%q has no %q: %v", path, key, m)
					}
				}
			}
		}
	}
	for path := range contract {
		if !met[path] {
			t.Errorf("the test message shows no %q", path)
		}
	}
	if rich.Facts.Now.Year() != 2026 || rich.Facts.Named["tls"].Value != "1.3" {
		t.Errorf("facts are not in the record: %+v", rich.Facts)
	}
}

// TestEmptyResult: lists are [], texts "", objects null, and nothing is missing.
func TestEmptyResult(t *testing.T) {
	t.Parallel()
	p := newPipeline(t, assemble.Options{Packs: []string{}})
	got := object(t, process(t, p, "", message.Envelope{}))
	for key := range strings.FieldsSeq(contract[""]) {
		v, ok := got[key]
		if !ok {
			t.Errorf("no %q", key)
		}
		if v == nil && key != "label" && key != "label_mismatch" {
			t.Errorf("%q is null", key)
		}
	}
	for _, path := range []string{"envelope", "message", "verdict", "inspection", "digests"} {
		for _, m := range at(got, path) {
			for k, v := range m {
				if v == nil {
					t.Errorf("%s.%s is null", path, k)
				}
			}
		}
	}
}

// TestNoContent: nothing that was found, no address line and no body text is in
// a result that was not asked for it.
func TestNoContent(t *testing.T) {
	t.Parallel()
	p := newPipeline(t, assemble.Options{Packs: []string{"au-pspf"}, Dirs: []string{"../../testdata/packs/agency-dlp"}})
	p.Explain = true
	mail := strings.Replace(richMail, "Subject: Figures", "Subject: SN-204518 of staff, account 123456789", 1)
	b, err := process(t, p, mail, message.Envelope{MailFrom: "kim.lee@agency.gov.au", RcptTo: []string{"pat@partner.example"}}).JSON()
	if err != nil {
		t.Fatal(err)
	}
	for _, secret := range []string{"204518", "204519", "123456789", "staff number SN"} {
		if bytes.Contains(b, []byte(secret)) {
			t.Errorf("%q is in the result", secret)
		}
	}
	p.ShowContent = true
	b, _ = process(t, p, mail, message.Envelope{}).JSON()
	if !bytes.Contains(b, []byte("SN-204518")) {
		t.Error("the value is not shown although it was asked for")
	}
}

// TestSimulate: the same detection, label and rules; no verdict, no change.
func TestSimulate(t *testing.T) {
	t.Parallel()
	p := newPipeline(t, assemble.Options{Packs: []string{"au-pspf"}, Dirs: []string{"../../testdata/packs/agency-dlp"}})
	env := message.Envelope{MailFrom: "kim.lee@agency.gov.au", RcptTo: []string{"pat@partner.example"}, Direction: message.Outbound}
	real := process(t, p, richMail, env)
	s := *p
	s.Simulate = true
	sim := process(t, &s, richMail, env)
	if real.Verdict.Disposition == "accept" || sim.Verdict.Disposition != "accept" || len(sim.Modifications) != 0 || len(sim.Effects) != 0 {
		t.Errorf("real %s, simulated %s with %d edits, %d effects", real.Verdict.Disposition, sim.Verdict.Disposition, len(sim.Modifications), len(sim.Effects))
	}
	a, b := object(t, real), object(t, sim)
	for _, key := range []string{"outcome", "markings", "label", "findings", "rules", "inspection", "digests"} {
		if d := cmp.Diff(a[key], b[key]); d != "" {
			t.Errorf("%s differs (-real +simulated):\n%s", key, d)
		}
	}
}

// FuzzProcess: no mail makes the judge fail, and judging twice gives the same
// bytes.
func FuzzProcess(f *testing.F) {
	f.Add([]byte(richMail), "a@x.example")
	f.Add([]byte(""), "")
	f.Add([]byte("Subject: =?utf-8?Q?[SEC=3DSECRET]?=\n\n> [SEC=PROTECTED\n"), "")
	f.Add([]byte("msip_labels: MSIP_Label_aaaaaaaa-0000-4000-8000-000000000001_Enabled=True;\nX-Sensitivity-Label: a\n\n"), "<>")
	p := newPipeline(f, assemble.Options{Packs: []string{"au-pspf"}, Dirs: []string{"../../testdata/packs/agency-dlp"}})
	p.Explain = true
	f.Fuzz(func(t *testing.T, mail []byte, from string) {
		env := message.Envelope{MailFrom: from, RcptTo: []string{"pat@partner.example"}}
		a, err := process(t, p, string(mail), env).JSON()
		if err != nil {
			t.Fatal(err)
		}
		b, err := process(t, p, string(mail), env).JSON()
		if err != nil || !bytes.Equal(a, b) {
			t.Fatalf("judged twice, not the same:\n%s\n%s", a, b)
		}
		if !slices.Contains([]string{"accept", "reject", "tempfail", "discard", "quarantine"}, string(process(t, p, string(mail), env).Verdict.Disposition)) {
			t.Fatal("no disposition")
		}
	})
}
