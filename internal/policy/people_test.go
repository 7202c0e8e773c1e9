package policy

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"labelmilter/internal/facts"
	"labelmilter/internal/verdict"
)

func TestPeopleOfActions(t *testing.T) {
	t.Parallel()
	notify := Action{Kind: ActNotify, Addresses: []string{"dlp@own.example", TheManager, TheSender, "DLP@own.example"}}
	fallback := Action{Kind: ActNotify, Addresses: []string{TheManager}, Otherwise: []string{"dlp@own.example"}}
	away := Action{Kind: ActRedirect, Addresses: []string{TheManager}}
	known := facts.Fact{State: facts.Known, Value: "boss@own.example"}
	for _, tt := range []struct {
		name    string
		from    string
		auth    string
		manager facts.Fact
		action  Action
		want    []string
		unknown string
	}{
		{"all known", "a@own.example", "a", known, notify, []string{"dlp@own.example", "boss@own.example", "a@own.example"}, ""},
		{"no manager", "a@own.example", "a", facts.Fact{State: facts.Absent}, notify, []string{"dlp@own.example", "a@own.example"}, TheManager},
		{"directory down", "a@own.example", "a", facts.Fact{State: facts.Unavailable, Value: "boss@own.example"}, fallback, []string{"dlp@own.example"}, TheManager},
		{"not a mailbox", "a@own.example", "a", facts.Fact{State: facts.Known, Value: "cn=boss"}, notify, []string{"dlp@own.example", "a@own.example"}, TheManager},
		{"a stranger claims to be ours", "a@own.example", "", known, notify, []string{"dlp@own.example"}, TheManager + "," + TheSender},
		{"a stranger", "x@other.example", "", known, notify, []string{"dlp@own.example"}, TheManager + "," + TheSender},
		{"fallback not needed", "a@own.example", "a", known, fallback, []string{"boss@own.example"}, ""},
		{"redirected to the manager", "a@own.example", "a", known, away, []string{"boss@own.example"}, ""},
	} {
		in := input(tt.from, "x@other.example")
		in.Message.Envelope.AuthUser, in.Facts.Named = tt.auth, map[string]facts.Fact{"sender.manager": tt.manager}
		p := &Policy{ID: "p", Mode: Enforce, Rules: []Rule{{ID: "r", When: All{}, Then: []Action{tt.action}}}}
		d := NewSet([]Bound{{Policy: p}}, nil, nil).With(nil, site).Decide(NewEvaluation(in), false)
		a := d.Rules[0].Actions[0]
		if diff := cmp.Diff(tt.want, a.Mailboxes); diff != "" || strings.Join(a.Unknown, ",") != tt.unknown || (d.Rules[0].Note != "") != (tt.unknown != "") {
			t.Errorf("%s: unknown %v, note %q, mailboxes (-want +got):\n%s", tt.name, a.Unknown, d.Rules[0].Note, diff)
		}
	}
	// Nobody to send it to instead: it is held.
	in := input("a@own.example", "x@other.example")
	in.Message.Envelope.AuthUser = "a"
	p := &Policy{ID: "p", Mode: Enforce, Rules: []Rule{{ID: "r", When: All{}, Then: []Action{away}}}}
	d := NewSet([]Bound{{Policy: p}}, nil, nil).With(nil, site).Decide(NewEvaluation(in), false)
	if d.Verdict.Disposition != verdict.Quarantine || slices.ContainsFunc(d.Rules[0].Actions, func(a Action) bool { return a.Kind == ActRedirect }) {
		t.Errorf("redirected to nobody: %s, %+v", d.Verdict.Disposition, d.Rules[0].Actions)
	}
}
