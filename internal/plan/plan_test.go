package plan

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"labelmilter/internal/label"
	"labelmilter/internal/message"
	"labelmilter/internal/policy"
	"labelmilter/internal/verdict"
)

func catalogue(t *testing.T) *label.Catalogue {
	t.Helper()
	c, ps := label.NewCatalogue("c", []label.Label{{ID: "low", Name: "Low", Rank: 10}, {ID: "high", Name: "High", Rank: 20}})
	if len(ps) > 0 {
		t.Fatal(ps)
	}
	return c
}

func msg(fields ...string) *message.Message {
	m := &message.Message{Envelope: message.Envelope{MailFrom: "a@own.example", RcptTo: []string{"x@other.example", "Y@other.example"}}, Digest: "sha256:0123456789abcdef0123456789abcdef"}
	for _, f := range fields {
		name, raw, _ := strings.Cut(f, ":")
		m.Header = append(m.Header, message.Field{Name: name, Raw: raw})
	}
	return m
}

func did(id string, as ...policy.Action) policy.RuleResult {
	return policy.RuleResult{Policy: "p", Rule: id, Mode: policy.Enforce, Matched: true, Effective: true, Actions: as, Recipients: []string{"x@other.example"}, Severity: "high"}
}

func accept(rs ...policy.RuleResult) policy.Decision {
	return policy.Decision{Rules: rs, Winner: -1, Verdict: verdict.Verdict{Disposition: verdict.Accept}}
}

// text writes edits one a line.
func text(ms []verdict.Modification) string {
	var b strings.Builder
	for _, m := range ms {
		fmt.Fprintf(&b, "%s %d %s %s%s\n", m.Op, m.Index, m.Name, m.Value, m.Address)
	}
	return b.String()
}

func TestEdits(t *testing.T) {
	t.Parallel()
	act := func(k policy.ActionKind, name, value string) policy.Action {
		return policy.Action{Kind: k, Name: name, Value: value}
	}
	to := func(k policy.ActionKind, as ...string) policy.Action {
		return policy.Action{Kind: k, Addresses: as, Mailboxes: as}
	}
	tests := []struct {
		name      string
		msg       *message.Message
		rules     []policy.RuleResult
		want      string
		conflicts []string // lost owners
	}{
		{name: "order: deletions from the last, changes, additions, recipients", msg: msg("X-A: 1", "X-A: 2", "Subject: s", "X-B: 1", "X-B: 2", "X-B: 3"),
			rules: []policy.RuleResult{did("r", to(policy.ActAddRecipient, "z@own.example"), act(policy.ActAddHeader, "X-C", "new"), act(policy.ActSubjectPrefix, "", "[P]"),
				act(policy.ActDeleteHeader, "X-A", ""), act(policy.ActChangeHeader, "X-B", "only"))},
			want: "delete_header 2 X-A \ndelete_header 1 X-A \ndelete_header 3 X-B \ndelete_header 2 X-B \nchange_header 1 Subject [P] s\nchange_header 1 X-B only\nadd_header 0 X-C new\nadd_recipient 0  z@own.example\n"},
		{name: "change of a missing field adds it", msg: msg(), rules: []policy.RuleResult{did("r", act(policy.ActChangeHeader, "X-B", "v"))}, want: "add_header 0 X-B v\n"},
		{name: "change to what it is", msg: msg("X-B: v"), rules: []policy.RuleResult{did("r", act(policy.ActChangeHeader, "X-B", "v"))}},
		{name: "add what is there", msg: msg("x-b: other", "x-b:  v"), rules: []policy.RuleResult{did("r", act(policy.ActAddHeader, "X-B", "v"))}},
		{name: "add beside another value", msg: msg("X-B: w"), rules: []policy.RuleResult{did("r", act(policy.ActAddHeader, "X-B", "v"))}, want: "add_header 0 X-B v\n"},
		{name: "one rule, twice the same", msg: msg(), rules: []policy.RuleResult{did("r", act(policy.ActAddHeader, "X-B", "v"), act(policy.ActAddHeader, "x-b", "v"))}, want: "add_header 0 X-B v\n"},
		{name: "second rule on a header is reported", msg: msg(), rules: []policy.RuleResult{did("one", act(policy.ActAddHeader, "X-B", "1")), did("two", act(policy.ActChangeHeader, "x-b", "2"))},
			want: "add_header 0 X-B 1\n", conflicts: []string{"p/two"}},
		{name: "second rule on the subject is reported", msg: msg("Subject: s"), rules: []policy.RuleResult{did("one", act(policy.ActSubjectSuffix, "", "[1]")), did("two", act(policy.ActSubjectPrefix, "", "[2]"))},
			want: "change_header 1 Subject s [1]\n", conflicts: []string{"p/two"}},
		{name: "change of the subject and a prefix are one region", msg: msg("Subject: s"), rules: []policy.RuleResult{did("one", act(policy.ActSubjectPrefix, "", "[1]")), did("two", act(policy.ActChangeHeader, "Subject", "t"))},
			want: "change_header 1 Subject [1] s\n", conflicts: []string{"p/two"}},
		{name: "prefix and suffix of one rule", msg: msg("Subject: s"), rules: []policy.RuleResult{did("one", act(policy.ActSubjectPrefix, "", "[1]"), act(policy.ActSubjectSuffix, "", "[2]"))},
			want: "change_header 1 Subject [1] s [2]\n"},
		{name: "prefix once", msg: msg("Subject: [1] s"), rules: []policy.RuleResult{did("one", act(policy.ActSubjectPrefix, "", "[1]"))}},
		{name: "prefix on a missing subject", msg: msg(), rules: []policy.RuleResult{did("one", act(policy.ActSubjectPrefix, "", "[1]"))}, want: "add_header 0 Subject [1]\n"},
		{name: "prefix on an encoded subject", msg: msg("Subject: =?utf-8?Q?=C3=84?="), rules: []policy.RuleResult{did("one", act(policy.ActSubjectPrefix, "", "[1]"))}, want: "change_header 1 Subject [1] =?utf-8?Q?=C3=84?=\n"},
		{name: "prefix that is not ASCII", msg: msg("Subject: s"), rules: []policy.RuleResult{did("one", act(policy.ActSubjectPrefix, "", "Ä"))}, want: "change_header 1 Subject =?utf-8?q?=C3=84_s?=\n"},
		{name: "prefix on a raw 8-bit subject", msg: msg("Subject: Ä"), rules: []policy.RuleResult{did("one", act(policy.ActSubjectPrefix, "", "[1]"))}, want: "change_header 1 Subject =?utf-8?q?[1]_=C3=84?=\n"},
		{name: "line ends in a value make no field", msg: msg(), rules: []policy.RuleResult{did("one", act(policy.ActAddHeader, "X-B", "a\r\nX-Evil: 1\x00"))}, want: "add_header 0 X-B a X-Evil: 1\n"},
		{name: "own headers belong to nobody else", msg: msg(), rules: []policy.RuleResult{did("one", act(policy.ActAddHeader, label.Header, "low"), act(policy.ActDeleteHeader, ReasonHeader, ""))}, conflicts: []string{"p/one", "p/one"}},
		{name: "recipient added once, any case", msg: msg(), rules: []policy.RuleResult{did("one", to(policy.ActAddRecipient, "y@OTHER.example", "z@own.example")), did("two", to(policy.ActAddRecipient, "z@own.example"))},
			want: "add_recipient 0  z@own.example\n"},
		{name: "recipient deleted as spelt in RCPT", msg: msg(), rules: []policy.RuleResult{did("one", act(policy.ActDeleteRecipient, "", ""))}, want: "delete_recipient 0  x@other.example\n"},
		{name: "rules without effect", msg: msg(), rules: []policy.RuleResult{{Policy: "p", Rule: "r", Matched: true, Mode: policy.Simulate, Actions: []policy.Action{act(policy.ActAddHeader, "X-B", "v")}}}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			p := Build(Input{Message: tt.msg, Decision: accept(tt.rules...)}, Options{Catalogue: catalogue(t)})
			if d := cmp.Diff(tt.want, text(p.Modifications)); d != "" {
				t.Errorf("edits (-want +got):\n%s", d)
			}
			var lost []string
			for _, c := range p.Conflicts {
				if c.Code != label.ModificationOverridden {
					t.Errorf("conflict %s", c.Code)
				}
				lost = append(lost, c.Lost...)
			}
			if d := cmp.Diff(tt.conflicts, lost); d != "" {
				t.Errorf("conflicts (-want +got):\n%s", d)
			}
		})
	}
}

func TestVerdictsAndModifications(t *testing.T) {
	t.Parallel()
	add := policy.Action{Kind: policy.ActAddHeader, Name: "X-B", Value: "v"}
	notify := policy.Action{Kind: policy.ActNotify, Addresses: []string{"manager", "n@own.example"}, Mailboxes: []string{"n@own.example"}, Unknown: []string{"manager"}, Template: "t"}
	l := label.Label{ID: "low", Name: "Low", Rank: 10}
	for _, tt := range []struct {
		disp verdict.Disposition
		want string
	}{
		{verdict.Reject, ""}, {verdict.Discard, ""}, {verdict.TempFail, ""},
		{verdict.Quarantine, "insert_header 0 X-Sensitivity-Label low; name=\"Low\"; catalogue=c; source=rule\ninsert_header 0 X-Labelmilter-Reason p/winner; id=0123456789abcdef\nadd_header 0 X-W w\n"},
		{verdict.Accept, "insert_header 0 X-Sensitivity-Label low; name=\"Low\"; catalogue=c; source=rule\ninsert_header 0 X-Labelmilter-Inspection incomplete; reason=encrypted,depth\nadd_header 0 X-B v\nadd_header 0 X-W w\n"},
	} {
		d := policy.Decision{Winner: 1, Verdict: verdict.Verdict{Disposition: tt.disp}, Rules: []policy.RuleResult{did("other", add, notify),
			did("winner", policy.Action{Kind: policy.ActAddHeader, Name: "X-W", Value: "w"})}}
		p := Build(Input{Message: msg(), Label: label.Assignment{Outcome: label.Labelled, Label: &l, Source: label.FromRule}, Decision: d, Reasons: []string{"encrypted", "depth"}},
			Options{Catalogue: catalogue(t), Write: []string{label.Header}})
		if diff := cmp.Diff(tt.want, text(p.Modifications)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", tt.disp, diff)
		}
		if p.Modifications == nil || p.WinningRule != "p/winner" {
			t.Errorf("%s: %v, won by %q", tt.disp, p.Modifications, p.WinningRule)
		}
		// Effects of effective rules stay whatever the verdict.
		want := []Effect{{Type: Notify, Rule: "p/other", To: []string{"manager", "n@own.example"}, Template: "t", Severity: "high",
			Mailboxes: []string{"n@own.example"}, Unknown: []string{"manager"}, Incident: "0123456789abcdef", Recipients: []string{"x@other.example"}}}
		if diff := cmp.Diff(want, p.Effects); diff != "" {
			t.Errorf("%s: effects (-want +got):\n%s", tt.disp, diff)
		}
	}
}

func TestNoticesOfSimulatedRules(t *testing.T) {
	t.Parallel()
	rule := func(m policy.Mode) policy.RuleResult {
		r := did(string(m), policy.Action{Kind: policy.ActIncident, Severity: "low"}, policy.Action{Kind: policy.ActAddHeader, Name: "X", Value: "v"})
		r.Mode, r.Effective = m, false
		return r
	}
	p := Build(Input{Message: msg(), Decision: accept(rule(policy.Simulate), rule(policy.SimulateWithNotice))}, Options{Catalogue: catalogue(t)})
	want := []Effect{{Type: Incident, Rule: "p/simulate-with-notice", To: []string{}, Severity: "low", Mailboxes: []string{}, Unknown: []string{},
		Incident: "0123456789abcdef", Recipients: []string{"x@other.example"}, Simulated: true}}
	if d := cmp.Diff(want, p.Effects); d != "" || len(p.Modifications) > 0 {
		t.Errorf("effects (-want +got):\n%s, edits %v", d, p.Modifications)
	}
}

func TestSetLabelRaisesOnce(t *testing.T) {
	t.Parallel()
	set := func(id label.ID) policy.RuleResult {
		return did("to-"+string(id), policy.Action{Kind: policy.ActSetLabel, Label: id})
	}
	low := label.Label{ID: "low", Name: "Low", Rank: 10}
	high := label.Label{ID: "high", Name: "High", Rank: 20}
	for _, tt := range []struct {
		name  string
		a     label.Assignment
		rules []policy.RuleResult
		want  string
	}{
		{"raised", label.Assignment{Outcome: label.Labelled, Label: &low, Source: label.FromHeader}, []policy.RuleResult{set("high")}, "high;"},
		{"never lowered", label.Assignment{Outcome: label.Labelled, Label: &high, Source: label.FromHeader}, []policy.RuleResult{set("low")}, "high;"},
		{"highest of two", label.Assignment{Outcome: label.None}, []policy.RuleResult{set("high"), set("low")}, "high;"},
		{"from nothing", label.Assignment{Outcome: label.None}, []policy.RuleResult{set("low")}, "low;"},
	} {
		p := Build(Input{Message: msg(), Label: tt.a, Decision: accept(tt.rules...)}, Options{Catalogue: catalogue(t), Write: []string{label.Header}})
		if len(p.Modifications) != 1 || !strings.HasPrefix(p.Modifications[0].Value, tt.want) {
			t.Errorf("%s: %s", tt.name, text(p.Modifications))
		}
	}
}

func TestNoRecipientLeft(t *testing.T) {
	t.Parallel()
	del := did("r", policy.Action{Kind: policy.ActDeleteRecipient})
	del.Recipients = []string{"x@other.example", "Y@other.example"}
	p := Build(Input{Message: msg(), Decision: accept(del)}, Options{Catalogue: catalogue(t)})
	if p.Verdict.Disposition != verdict.Reject || len(p.Modifications) != 0 || p.WinningRule != "p/r" ||
		p.Verdict.Reply.String() != "550 5.7.1 policy leaves this message without recipients" {
		t.Errorf("%+v", p)
	}
	p = Build(Input{Message: msg(), Decision: accept(del, did("s", policy.Action{Kind: policy.ActAddRecipient, Mailboxes: []string{"z@own.example"}}))}, Options{Catalogue: catalogue(t)})
	if p.Verdict.Disposition != verdict.Accept || len(p.Modifications) != 3 {
		t.Errorf("with one added: %+v", p)
	}
	bounce := msg()
	bounce.Envelope.MailFrom = ""
	p = Build(Input{Message: bounce, Decision: accept(del)}, Options{Catalogue: catalogue(t)})
	if p.Verdict.Disposition != verdict.Accept || len(p.Modifications) != 0 {
		t.Errorf("a bounce: %+v", p)
	}
}

// A message that a rule holds must not reach, once released, those that
// another rule refused.
func TestDroppedAndHeld(t *testing.T) {
	t.Parallel()
	drop := did("drop", policy.Action{Kind: policy.ActDeleteRecipient, Reply: verdict.Reply{Code: 550}}, policy.Action{Kind: policy.ActNotify,
		Addresses: []string{policy.TheSender}, Mailboxes: []string{"a@own.example"}, Template: policy.RecipientsRemoved}, policy.Action{Kind: policy.ActSetLabel, Label: "high"})
	for disp, want := range map[verdict.Disposition]string{
		verdict.Quarantine: "insert_header 0 X-Labelmilter-Reason p/hold; id=0123456789abcdef\ndelete_recipient 0  x@other.example\n",
		verdict.Reject:     "",
	} {
		d := policy.Decision{Winner: 1, Verdict: verdict.Verdict{Disposition: disp}, Rules: []policy.RuleResult{drop, did("hold")}}
		p := Build(Input{Message: msg(), Decision: d}, Options{Catalogue: catalogue(t), Write: []string{label.Header}})
		if diff := cmp.Diff(want, text(p.Modifications)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", disp, diff)
		}
		// The notice speaks of a message that the others get.
		if told := len(p.Effects) > 0; told != (disp == verdict.Quarantine) {
			t.Errorf("%s: effects %+v", disp, p.Effects)
		}
	}
}
