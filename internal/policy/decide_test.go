package policy

import (
	"net/netip"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"labelmilter/internal/budget"
	"labelmilter/internal/facts"
	"labelmilter/internal/label"
	"labelmilter/internal/message"
	"labelmilter/internal/verdict"
)

func input(from string, to ...string) Input {
	return Input{Message: &message.Message{Envelope: message.Envelope{MailFrom: from, RcptTo: to}}, Direction: message.Outbound, Limits: budget.Default(),
		Facts: facts.Facts{Now: time.Date(2026, 12, 31, 23, 59, 0, 0, time.UTC)}}
}

func one(kind ActionKind, id string, prio, order, line int) Bound {
	p := &Policy{ID: id, Mode: Enforce, Priority: prio, PackOrder: order, Rules: []Rule{{ID: "r", When: All{}, Then: []Action{{Kind: kind}}}}}
	p.File, p.Line = "f.yaml", line
	return Bound{Policy: p}
}

func TestVerdictOrder(t *testing.T) {
	t.Parallel()
	kinds := []ActionKind{ActReject, ActQuarantine, ActDiscard, ActTempFail, ActAccept} // most restrictive first
	for i, strong := range kinds {
		for _, weak := range kinds[i+1:] {
			for _, bound := range [][]Bound{{one(strong, "s", 50, 0, 1), one(weak, "w", 0, 0, 1)}, {one(strong, "s", 0, 0, 1), one(weak, "w", 50, 0, 1)}} {
				d := NewSet(bound, nil, nil).Decide(NewEvaluation(input("a@b")), false)
				if d.Verdict.Disposition != verdict.Disposition(strong) || d.Rules[d.Winner].Policy != "s" {
					t.Errorf("%s against %s: %s", strong, weak, d.Verdict.Disposition)
				}
			}
		}
	}
}

func TestVerdictTies(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name string
		a, b Bound
	}{
		{"lower priority number", one(ActReject, "first", 5, 1, 9), one(ActReject, "second", 6, 0, 1)},
		{"pack order", one(ActReject, "first", 5, 0, 9), one(ActReject, "second", 5, 1, 1)},
		{"line", one(ActReject, "first", 5, 0, 1), one(ActReject, "second", 5, 0, 2)},
	}
	for _, tt := range tests {
		for _, bound := range [][]Bound{{tt.a, tt.b}, {tt.b, tt.a}} {
			d := NewSet(bound, nil, nil).Decide(NewEvaluation(input("a@b")), false)
			if got := d.Rules[d.Winner].Policy; got != "first" {
				t.Errorf("%s: %s wins", tt.name, got)
			}
		}
	}
}

func TestBuiltIn(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name        string
		hold, block Mode
		out         label.Outcome
		dir         message.Direction
		from        string
		want        verdict.Disposition
		reply       string
	}{
		{name: "hold inbound", out: label.Hold, dir: message.Inbound, from: "a@b", want: verdict.Quarantine},
		{name: "hold internal", out: label.Hold, dir: message.Internal, from: "a@b", want: verdict.Quarantine},
		{name: "hold outbound", out: label.Hold, dir: message.Outbound, from: "a@b", want: verdict.Reject, reply: "550 5.6.0 the reason"},
		{name: "hold simulated", hold: Simulate, out: label.Hold, dir: message.Outbound, from: "a@b", want: verdict.Accept},
		{name: "hold off", hold: Off, out: label.Hold, dir: message.Inbound, from: "a@b", want: verdict.Accept},
		{name: "hold, null sender", out: label.Hold, dir: message.Inbound, want: verdict.Accept},
		{name: "block", out: label.Block, dir: message.Inbound, from: "a@b", want: verdict.Reject, reply: "550 5.7.1 the reason"},
		{name: "block, null sender", out: label.Block, dir: message.Inbound, want: verdict.Reject, reply: "550 5.7.1 the reason"},
		{name: "block simulated", block: Simulate, out: label.Block, dir: message.Inbound, from: "a@b", want: verdict.Accept},
		{name: "label", out: label.Labelled, dir: message.Inbound, from: "a@b", want: verdict.Accept},
	}
	for _, tt := range tests {
		in := input(tt.from)
		in.Direction, in.Label = tt.dir, label.Assignment{Outcome: tt.out, Reason: "the reason"}
		d := NewSet([]Bound{BuiltIn(tt.hold, tt.block)}, nil, nil).Decide(NewEvaluation(in), false)
		if d.Verdict.Disposition != tt.want || d.Verdict.Reply.String() != tt.reply {
			t.Errorf("%s: %s %q, want %s %q", tt.name, d.Verdict.Disposition, d.Verdict.Reply, tt.want, tt.reply)
		}
	}
}

func TestExceptionDay(t *testing.T) {
	t.Parallel()
	x := Exception{ID: "audit", Rules: []string{"p/r"}, Who: Sender{Match: AddressMatch{Address: []string{"auditor@own.example"}}}, Until: "2026-12-31"}
	set := NewSet([]Bound{one(ActReject, "p", 1, 0, 1)}, []Exception{x}, nil)
	for now, want := range map[string]verdict.Disposition{"2026-12-31T23:59:59Z": verdict.Accept, "2027-01-01T00:00:00Z": verdict.Reject, "2027-01-01T10:00:00+11:00": verdict.Accept} {
		in := input("AUDITOR@own.example", "x@other.example")
		in.Facts.Now, _ = time.Parse(time.RFC3339, now)
		d := set.Decide(NewEvaluation(in), true)
		if d.Verdict.Disposition != want {
			t.Errorf("at %s: %s, want %s", now, d.Verdict.Disposition, want)
		}
		if wantX := map[bool]string{true: "audit"}[want == verdict.Accept]; d.Rules[0].Exception != wantX {
			t.Errorf("at %s: exception %q", now, d.Rules[0].Exception)
		}
	}
}

func TestVariablesInTexts(t *testing.T) {
	t.Parallel()
	p := &Policy{ID: "p", Mode: Enforce, Rules: []Rule{{ID: "r", When: All{}, Then: []Action{{Kind: ActReject,
		Reply: verdict.Reply{Code: 550, Enhanced: "5.7.1", Text: "{{label}} {{policy}}/{{rule}} {{direction}} ask {{desk}} {{reason}}"}}}}}}
	b := Bound{Policy: p, Assignment: Assignment{Variables: map[string]string{"desk": "{{reason}} 555"}}}
	in := input("a@b")
	in.Label = label.Assignment{Label: &label.Label{Name: "Top"}, Reason: "{{label}} says"}
	d := NewSet([]Bound{b}, nil, nil).Decide(NewEvaluation(in), false)
	// What is filled in is not filled again.
	if got, want := d.Verdict.Reply.Text, "Top p/r outbound ask {{reason}} 555 {{label}} says"; got != want {
		t.Errorf("text %q, want %q", got, want)
	}
	if p.Rules[0].Then[0].Reply.Text[:9] != "{{label}}" {
		t.Error("the rule itself was changed")
	}
}

func TestRamp(t *testing.T) {
	t.Parallel()
	senders := make([]string, 4000)
	for i := range senders {
		senders[i] = "user" + string(rune('a'+i%26)) + time.Duration(i).String() + "@own.example"
	}
	covered := func(percent float64) map[string]bool {
		b := one(ActReject, "p", 1, 0, 1)
		b.Percent = &percent
		out := map[string]bool{}
		for _, s := range senders {
			if b.inRamp(s) {
				out[s] = true
			}
		}
		return out
	}
	if n := len(covered(0)); n != 0 {
		t.Errorf("0 %% covers %d", n)
	}
	if n := len(covered(100)); n != len(senders) {
		t.Errorf("100 %% covers %d of %d", n, len(senders))
	}
	ten, half := covered(10), covered(50)
	if n := len(half); n < 1800 || n > 2200 {
		t.Errorf("50 %% covers %d of %d", n, len(senders))
	}
	for s := range ten {
		if !half[s] {
			t.Fatalf("%s is covered at 10 %% and not at 50 %%", s)
		}
	}
}

func TestTraceNamesEveryNode(t *testing.T) {
	t.Parallel()
	c := All{Any{Not{DirectionIs{[]message.Direction{message.Inbound}}}}, NOf{1, []Condition{Unlabelled{true}}}}
	e := NewEvaluation(input("a@b", "c@d"))
	ok, tr := e.Explain(c)
	want := &Trace{Condition: "all", Holds: ok, Children: []Trace{
		{Condition: "any", Holds: true, Children: []Trace{{Condition: "not", Holds: true, Children: []Trace{{Condition: "direction: [inbound]", Saw: "outbound"}}}}},
		{Condition: "at least 1 of", Holds: true, Children: []Trace{{Condition: "unlabelled: true", Holds: true}}}}}
	if d := cmp.Diff(want, tr); d != "" || !ok {
		t.Errorf("trace (-want +got):\n%s", d)
	}
}

func TestParseWindow(t *testing.T) {
	t.Parallel()
	in := func(w, now string) bool {
		win, err := ParseWindow(w)
		if err != nil {
			t.Fatal(err)
		}
		e := input("a@b")
		e.Facts.Now, err = time.Parse("2006-01-02T15:04", now)
		if err != nil {
			t.Fatal(err)
		}
		return !TimeWindow{Windows: []Window{win}, Zone: time.UTC}.eval(NewEvaluation(e)).empty()
	}
	// 2026-10-12 is a Monday.
	for _, tt := range []struct {
		w, now string
		want   bool
	}{
		{"08:00-18:00", "2026-10-12T08:00", true}, {"08:00-18:00", "2026-10-12T18:00", false}, {"08:00-18:00", "2026-10-12T07:59", false},
		{"Mon-Fri 08:00-18:00", "2026-10-11T09:00", false}, {"Mon-Fri 08:00-18:00", "2026-10-12T09:00", true},
		{"Sat,Sun", "2026-10-11T00:00", true}, {"Sat,Sun", "2026-10-12T00:00", false},
		{"22:00-06:00", "2026-10-12T23:00", true}, {"22:00-06:00", "2026-10-12T05:59", true}, {"22:00-06:00", "2026-10-12T06:00", false},
		{"Fri 22:00-06:00", "2026-10-17T05:00", true}, {"Fri 22:00-06:00", "2026-10-16T05:00", false}, {"Sun-Mon", "2026-10-12T10:00", true},
		{"Sat-Mon 00:00-24:00", "2026-10-12T23:59", true},
	} {
		if got := in(tt.w, tt.now); got != tt.want {
			t.Errorf("%q at %s: %v", tt.w, tt.now, got)
		}
	}
	for _, bad := range []string{"", "8-18", "25:00-26:00", "08:00", "Mo 08:00-09:00", "Mon 08:00-09:00 x", "08:60-09:00", "00:00-24:01", "Mon-"} {
		if w, err := ParseWindow(bad); err == nil {
			t.Errorf("%q is read as %+v", bad, w)
		}
	}
}

func FuzzParseWindow(f *testing.F) {
	for _, s := range []string{"Mon-Fri 08:00-18:00", "22:00-06:00", "Sat,Sun", "Sun-Sat", "-", ",", "99:99-99:99"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		w, err := ParseWindow(s)
		if err == nil && (w.From < 0 || w.To > 24*60 || !slices.Contains(w.Days[:], true)) {
			t.Errorf("%q gives %+v", s, w)
		}
	})
}

func TestGlob(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		p, s string
		want bool
	}{
		{"*", "", true}, {"", "", true}, {"", "a", false}, {"a*", "abc", true}, {"*c", "abc", true}, {"a*c", "abc", true}, {"a*b", "abc", false},
		{"*a*b*", "xaxbx", true}, {"a**b", "ab", true}, {"*@x.example", "a@x.example", true}, {"*@x.example", "a@y.example", false},
	} {
		if got := glob(tt.p, tt.s); got != tt.want {
			t.Errorf("glob(%q, %q) is %v", tt.p, tt.s, got)
		}
	}
}

func TestLists(t *testing.T) {
	t.Parallel()
	l := NewList("x", []string{" Example.COM ", ".sub.example", "*.star.example", "192.0.2.0/24", "2001:db8::1"})
	for v, want := range map[string]bool{"example.com": true, "EXAMPLE.com": true, "a.example.com": false, "sub.example": false, "a.sub.example": true,
		"b.star.example": true, "star.example": false, "": false} {
		if l.Has(v) != want {
			t.Errorf("%q is in the list: %v", v, !want)
		}
	}
	for v, want := range map[string]bool{"192.0.2.200": true, "192.0.3.1": false, "2001:db8::1": true, "2001:db8::2": false} {
		if l.HasAddr(netip.MustParseAddr(v)) != want {
			t.Errorf("%q is in the networks: %v", v, !want)
		}
	}
	if (*Lists)(nil).Get("x").Has("a") {
		t.Error("an unknown list has members")
	}
}

func TestDirection(t *testing.T) {
	t.Parallel()
	env := func(f func(*message.Envelope)) message.Envelope {
		e := message.Envelope{MailFrom: "a@own.example", RcptTo: []string{"b@own.example"}}
		f(&e)
		return e
	}
	tests := []struct {
		name string
		env  message.Envelope
		want message.Direction
	}{
		{"nothing known", message.Envelope{}, message.Inbound},
		{"own domain from outside", env(func(e *message.Envelope) { e.ClientIP = "192.0.2.1" }), message.Inbound},
		{"own network, all internal", env(func(e *message.Envelope) { e.ClientIP = "10.9.9.9" }), message.Internal},
		{"own network in IPv6 form", env(func(e *message.Envelope) { e.ClientIP = "::ffff:10.9.9.9" }), message.Internal},
		{"authenticated, one external", env(func(e *message.Envelope) { e.AuthUser = "u"; e.RcptTo = append(e.RcptTo, "x@other.example") }), message.Outbound},
		{"subdomain is not the domain", env(func(e *message.Envelope) { e.AuthUser = "u"; e.RcptTo = []string{"x@a.own.example"} }), message.Outbound},
		{"listed subdomain", env(func(e *message.Envelope) { e.AuthUser = "u"; e.RcptTo = []string{"x@a.SUB.example."} }), message.Internal},
		{"handed in locally", env(func(e *message.Envelope) { e.Local = true }), message.Internal},
		{"fixed by the listener", env(func(e *message.Envelope) { e.Direction = message.Outbound }), message.Outbound},
		{"no recipients", env(func(e *message.Envelope) { e.AuthUser, e.RcptTo = "u", nil }), message.Inbound},
		{"address without a domain", env(func(e *message.Envelope) { e.AuthUser = "u"; e.RcptTo = []string{"postmaster"} }), message.Outbound},
	}
	for _, tt := range tests {
		if got := site.Direction(tt.env); got != tt.want {
			t.Errorf("%s: %s, want %s", tt.name, got, tt.want)
		}
	}
}

func TestWeaker(t *testing.T) {
	t.Parallel()
	for i, a := range Modes {
		for j, b := range Modes {
			if got := Weaker(a, b); got != Modes[min(i, j)] {
				t.Errorf("weaker of %s and %s is %s", a, b, got)
			}
		}
		if Weaker("", a) != a || Weaker(a, "") != a {
			t.Errorf("no mode and %s", a)
		}
	}
}
