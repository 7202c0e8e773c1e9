package policy

import (
	"fmt"
	"math/rand/v2"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"

	"labelmilter/internal/budget"
	"labelmilter/internal/detect"
	"labelmilter/internal/facts"
	"labelmilter/internal/label"
	"labelmilter/internal/message"
	"labelmilter/internal/verdict"
)

// A reference interpreter: conditions and rules said again for one recipient at
// a time, without sets, memo or order of evaluation. The real one must agree on
// random rule sets and messages.

var site = &Organisation{Domains: []string{"own.example", ".sub.example"}, Networks: []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8")}}

// holds says whether a condition holds for one recipient, "" for none.
func holds(c Condition, in Input, rcpt string) bool {
	every := func(f func(string) bool) bool {
		return len(in.Message.Envelope.RcptTo) > 0 && !slices.ContainsFunc(in.Message.Envelope.RcptTo, func(r string) bool { return !f(r) })
	}
	switch c := c.(type) {
	case All:
		for _, k := range c {
			if !holds(k, in, rcpt) {
				return false
			}
		}
		return true
	case Any:
		for _, k := range c {
			if holds(k, in, rcpt) {
				return true
			}
		}
		return false
	case Not:
		return !holds(c.C, in, rcpt)
	case NOf:
		n := 0
		for _, k := range c.Of {
			if holds(k, in, rcpt) {
				n++
			}
		}
		return n >= c.N
	case DirectionIs:
		return slices.Contains(c.Of, in.Direction)
	case Sender:
		return mailboxFits(c.Match, in, in.Message.Envelope.MailFrom, "sender.groups")
	case Recipient:
		return rcpt != "" && mailboxFits(c.Match, in, rcpt, "recipient.groups:"+strings.ToLower(rcpt))
	case AnyRecipient:
		return !every(func(r string) bool { return !holds(Recipient(c), in, r) }) && len(in.Message.Envelope.RcptTo) > 0
	case AllRecipients:
		return every(func(r string) bool { return holds(Recipient(c), in, r) })
	case RecipientCount:
		n := int64(len(in.Message.Envelope.RcptTo))
		return (c.Range.AtLeast == nil || *c.Range.AtLeast <= n) && (c.Range.AtMost == nil || n <= *c.Range.AtMost)
	case HeaderField:
		_, have := in.Message.Header.First(c.Name)
		return have == *c.Exists
	case OutcomeIs:
		return slices.Contains(c.Of, in.Label.Outcome)
	case Unlabelled:
		return (in.Label.Outcome == label.None) == c.Want
	case LabelIs:
		above := in.Label.Outcome == label.Block || in.Label.Outcome == label.Hold && in.Label.Label == nil
		have := -1
		if in.Label.Label != nil {
			have = in.Label.Label.Rank
		}
		if above {
			have = 1 << 20
		}
		if c.AtLeast != nil {
			return have >= c.AtLeast.Rank
		}
		return have <= c.AtMost.Rank
	case FactIs:
		return slices.Contains(c.State, in.Facts.Get(c.Name).State)
	case Inspection:
		return *c.Incomplete == (len(in.Skipped) > 0)
	case SIT:
		n := 0
		for _, f := range in.Findings {
			if f.Type == c.Types[0].ID && f.Confidence >= c.Types[0].MinConfidence {
				n += f.Unique
			}
		}
		if n == 0 {
			return c.MinUnique == 0
		}
		return n >= c.MinUnique && (c.MaxUnique == 0 || n <= c.MaxUnique)
	}
	panic(fmt.Sprintf("%T", c))
}

func mailboxFits(m AddressMatch, in Input, box, fact string) bool {
	_, domain, _ := strings.Cut(strings.ToLower(box), "@")
	for _, d := range m.Domain {
		if domain == d || strings.HasPrefix(d, ".") && strings.HasSuffix(domain, d) {
			return m.Not == nil
		}
	}
	switch {
	case len(m.Domain) > 0:
		return false
	case len(m.Address) > 0:
		return slices.Contains(m.Address, strings.ToLower(box))
	case len(m.Group) > 0:
		f := in.Facts.Get(fact)
		return f.State == facts.Known && slices.Contains(strings.Split(f.Value, ", "), m.Group[0])
	case m.Authenticated != nil:
		return *m.Authenticated == (in.Message.Envelope.AuthUser != "")
	case m.Internal != nil:
		return *m.Internal == (domain == "own.example" || strings.HasSuffix(domain, ".sub.example"))
	case m.Not != nil:
		return !mailboxFits(*m.Not, in, box, fact)
	}
	return true
}

// outcome is what the reference says of one rule.
type outcome struct {
	name               string
	matched, effective bool
	rcpts              string
	disp               verdict.Disposition
}

func refDecide(bound []Bound, exceptions []Exception, in Input) (out []outcome, win int, disp verdict.Disposition) {
	rcpts := in.Message.Envelope.RcptTo
	if len(rcpts) == 0 {
		rcpts = []string{""}
	}
	order := []int{}
	for i := range bound {
		order = append(order, i)
	}
	prio := func(i int) int {
		if p := bound[i].Assignment.Priority; p != nil {
			return *p
		}
		return bound[i].Policy.Priority
	}
	slices.SortStableFunc(order, func(a, b int) int {
		if prio(a) != prio(b) {
			return prio(a) - prio(b)
		}
		return bound[a].PackOrder - bound[b].PackOrder
	})
	win, disp = -1, verdict.Accept
	stop, stopAt := false, 0
	for _, i := range order {
		b := bound[i]
		if stop && prio(i) > stopAt {
			continue
		}
		for _, r := range b.Rules {
			mode := b.Policy.Mode
			if b.Assignment.Mode != "" {
				mode = b.Assignment.Mode
			}
			if r.Mode != "" && slices.Index(Modes, r.Mode) < slices.Index(Modes, mode) {
				mode = r.Mode
			}
			if mode == Off {
				continue
			}
			o := outcome{name: r.ID}
			var hit []string
			for _, rc := range rcpts {
				ok := (b.Scope == nil || holds(b.Scope, in, rc)) && (b.When == nil || holds(b.When, in, rc)) && holds(r.When, in, rc) &&
					(r.Except == nil || !holds(r.Except, in, rc))
				for _, x := range exceptions {
					named := slices.Contains(x.Rules, b.ID+"/"+r.ID) || slices.Contains(x.Rules, b.ID+"/*")
					if named && in.Facts.Now.Format(time.DateOnly) <= x.Until && holds(x.Who, in, rc) {
						ok = false
					}
				}
				if ok {
					o.matched = true
					hit = append(hit, rc)
				}
			}
			o.rcpts = strings.Join(hit, ",")
			o.effective = o.matched && mode == Enforce
			for _, a := range r.Then {
				o.disp = a.Disposition()
			}
			if in.Message.Envelope.MailFrom == "" && o.disp != verdict.Accept {
				o.disp = ""
			}
			out = append(out, o)
			if o.effective && o.disp != "" && (win < 0 || o.disp.Restrictiveness() > disp.Restrictiveness()) {
				win, disp = len(out)-1, o.disp
			}
			if o.effective && r.Stop && !stop {
				stop, stopAt = true, prio(i)
			}
		}
	}
	return out, win, disp
}

// gen makes random conditions, rule sets and messages.
type gen struct {
	*rand.Rand
	labels []label.Label
}

func pick[T any](g gen, of ...T) T { return of[g.IntN(len(of))] }

func (g gen) box() string {
	return pick(g, "a", "B", "c") + "@" + pick(g, "own.example", "x.sub.example", "sub.example", "other.example", "OTHER.example", "third.example")
}

func (g gen) address(sender bool) AddressMatch {
	yes := g.IntN(2) == 0
	switch g.IntN(6) {
	case 0:
		return AddressMatch{Domain: []string{pick(g, "own.example", ".sub.example", "other.example"), pick(g, "third.example", "none.example")}}
	case 1:
		return AddressMatch{Address: []string{strings.ToLower(g.box()), "a@other.example"}}
	case 2:
		return AddressMatch{Group: []string{pick(g, "staff", "cleared")}}
	case 3:
		if sender {
			return AddressMatch{Authenticated: &yes}
		}
		fallthrough
	case 4:
		return AddressMatch{Internal: &yes}
	}
	inner := AddressMatch{Domain: []string{pick(g, "own.example", "other.example")}}
	return AddressMatch{Not: &inner}
}

func (g gen) cond(depth int) Condition {
	yes := g.IntN(2) == 0
	n := int64(g.IntN(4))
	if depth > 0 && g.IntN(3) > 0 {
		var kids []Condition
		for range g.IntN(4) {
			kids = append(kids, g.cond(depth-1))
		}
		switch g.IntN(4) {
		case 0:
			return All(kids)
		case 1:
			return Any(kids)
		case 2:
			return NOf{N: 1 + g.IntN(3), Of: kids}
		}
		return Not{g.cond(depth - 1)}
	}
	switch g.IntN(13) {
	case 0:
		return DirectionIs{[]message.Direction{pick(g, message.Inbound, message.Outbound), message.Internal}}
	case 1:
		return Sender{g.address(true), site}
	case 2, 3:
		return Recipient{g.address(false), site}
	case 4:
		return AnyRecipient{g.address(false), site}
	case 5:
		return AllRecipients{g.address(false), site}
	case 6:
		if yes {
			return RecipientCount{Range{AtLeast: &n}}
		}
		return RecipientCount{Range{AtMost: &n}}
	case 7:
		return HeaderField{Name: pick(g, "x-one", "x-two"), Exists: &yes}
	case 8:
		return OutcomeIs{[]label.Outcome{pick(g, label.None, label.Labelled, label.Hold, label.Block)}}
	case 9:
		l := pick(g, g.labels...)
		if yes {
			return LabelIs{AtLeast: &l}
		}
		return LabelIs{AtMost: &l}
	case 10:
		return FactIs{Name: pick(g, "tls", "sender.groups"), State: []facts.State{pick(g, facts.Known, facts.Absent, facts.Unavailable)}}
	case 11:
		return Inspection{Incomplete: &yes}
	}
	return SIT{Types: []SITType{{pick(g, "tfn", "card"), pick(g, 65, 85)}}, MinUnique: g.IntN(3), MaxUnique: pick(g, 0, 0, 2)}
}

func (g gen) set() ([]Bound, []Exception) {
	var bound []Bound
	var exceptions []Exception
	for i := range 1 + g.IntN(3) {
		p := &Policy{ID: fmt.Sprintf("p%d", i), PackOrder: g.IntN(2), Mode: pick(g, Enforce, Enforce, Simulate, SimulateWithNotice, Off), Priority: pick(g, 0, 10, 10, 100)}
		if g.IntN(3) == 0 {
			p.When = g.cond(1)
		}
		for j := range 1 + g.IntN(3) {
			r := Rule{ID: fmt.Sprintf("p%d-r%d", i, j), When: g.cond(2), Stop: g.IntN(6) == 0, Mode: pick(g, Mode(""), "", Simulate, Off)}
			r.Then = []Action{{Kind: pick(g, ActAccept, ActReject, ActTempFail, ActDiscard, ActQuarantine, ActNotify, ActIncident)}}
			if g.IntN(4) == 0 {
				r.Except = g.cond(1)
			}
			p.Rules = append(p.Rules, r)
			if g.IntN(5) == 0 {
				exceptions = append(exceptions, Exception{ID: "x", Rules: []string{pick(g, p.ID+"/"+r.ID, p.ID+"/*")}, Who: g.cond(1), Until: pick(g, "2026-10-11", "2026-10-12", "2026-12-31")})
			}
		}
		b := Bound{Policy: p}
		if g.IntN(3) == 0 {
			n := g.IntN(50)
			b.Assignment = Assignment{Name: "site", Mode: pick(g, Mode(""), Enforce, Simulate), Priority: pick(g, nil, &n)}
			if g.IntN(2) == 0 {
				b.Scope = g.cond(1)
			}
		}
		bound = append(bound, b)
	}
	return bound, exceptions
}

func (g gen) input() Input {
	m := &message.Message{Envelope: message.Envelope{MailFrom: pick(g, g.box(), g.box(), g.box(), ""), AuthUser: pick(g, "", "user")}}
	for range g.IntN(4) {
		if b := g.box(); !slices.Contains(m.Envelope.RcptTo, b) {
			m.Envelope.RcptTo = append(m.Envelope.RcptTo, b)
		}
	}
	if g.IntN(2) == 0 {
		m.Header = message.Header{{Name: "X-One", Raw: " 1"}}
	}
	in := Input{Message: m, Direction: pick(g, message.Inbound, message.Outbound, message.Internal), Limits: budget.Default(),
		Label: label.Assignment{Outcome: pick(g, label.None, label.Labelled, label.Hold, label.Block)},
		Facts: facts.Facts{Now: time.Date(2026, 10, 12, 12, 0, 0, 0, time.UTC), Named: map[string]facts.Fact{}}}
	if in.Label.Outcome == label.Labelled || in.Label.Outcome == label.Hold && g.IntN(2) == 0 {
		l := pick(g, g.labels...)
		in.Label.Label = &l
	}
	for _, r := range append(slices.Clone(m.Envelope.RcptTo), "") {
		name := "sender.groups"
		if r != "" {
			name = "recipient.groups:" + strings.ToLower(r)
		}
		if g.IntN(2) == 0 {
			in.Facts.Named[name] = pick(g, facts.Fact{State: facts.Known, Value: "staff, cleared"}, facts.Fact{State: facts.Known, Value: "staff"}, facts.Fact{State: facts.Unavailable, Value: "staff"})
		}
	}
	if g.IntN(3) == 0 {
		in.Skipped = []budget.Skip{{Reason: budget.Encrypted}}
	}
	for i := range g.IntN(3) {
		u := 1 + g.IntN(2)
		in.Findings = append(in.Findings, detect.Finding{Type: pick(g, "tfn", "card"), Confidence: pick(g, 65, 85), Unique: u, Count: u, Part: fmt.Sprint(i)})
	}
	return in
}

func TestAgainstReference(t *testing.T) {
	t.Parallel()
	cat, _ := label.NewCatalogue("c", []label.Label{{ID: "low", Rank: 10}, {ID: "mid", Rank: 20}, {ID: "high", Rank: 30}})
	g := gen{rand.New(rand.NewPCG(2026, 10)), cat.Labels()}
	var inputs []Input
	for range 400 {
		inputs = append(inputs, g.input())
	}
	matched, won, excepted, differ := 0, 0, 0, 0
	for round := range 400 {
		bound, exceptions := g.set()
		set := NewSet(bound, exceptions, nil)
		for k := range 300 {
			in := inputs[(round*7+k)%len(inputs)]
			want, win, disp := refDecide(bound, exceptions, in)
			got := set.Decide(NewEvaluation(in), k%16 == 0)
			if k%16 != 0 { // only those that matched are in it
				want, win = onlyMatched(want, win)
			}
			if msg := compare(got, want, win, disp, in.Message.Envelope.MailFrom == ""); msg != "" {
				if differ++; differ > 5 {
					t.FailNow()
				}
				t.Errorf("set %d, message %d: %s", round, k, msg)
			}
			for _, r := range got.Rules {
				if r.Matched {
					matched++
				}
				if r.Exception != "" {
					excepted++
				}
			}
			if got.Winner >= 0 {
				won++
			}
		}
	}
	if matched < 10000 || won < 5000 || excepted < 100 {
		t.Errorf("the cases are too tame: %d rules matched, %d verdicts, %d exceptions", matched, won, excepted)
	}
}

func onlyMatched(in []outcome, win int) (out []outcome, newWin int) {
	newWin = -1
	for i, o := range in {
		if i == win {
			newWin = len(out)
		}
		if o.matched {
			out = append(out, o)
		}
	}
	return out, newWin
}

func compare(got Decision, want []outcome, win int, disp verdict.Disposition, null bool) string {
	if len(got.Rules) != len(want) {
		return fmt.Sprintf("%d rules evaluated, want %d", len(got.Rules), len(want))
	}
	for i, r := range got.Rules {
		w := want[i]
		if r.Rule != w.name || r.Matched != w.matched || r.Effective != w.effective || strings.Join(r.Recipients, ",") != w.rcpts {
			return fmt.Sprintf("rule %s: matched %v, effective %v, for %v; want %+v", r.Rule, r.Matched, r.Effective, r.Recipients, w)
		}
		if null && r.Matched && w.disp == "" && r.Note == "" && len(r.Actions) == 0 {
			return "a verdict on a bounce was dropped without a note"
		}
	}
	if got.Winner != win || got.Verdict.Disposition != disp {
		return fmt.Sprintf("rule %d wins with %s, want %d with %s", got.Winner, got.Verdict.Disposition, win, disp)
	}
	return ""
}
