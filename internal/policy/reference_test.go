package policy

import (
	"fmt"
	"math/rand/v2"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"labelmilter/internal/budget"
	"labelmilter/internal/directory"
	"labelmilter/internal/extract"
	"labelmilter/internal/extract/document"
	"labelmilter/internal/facts"
	"labelmilter/internal/label"
	"labelmilter/internal/marking"
	"labelmilter/internal/match"
	"labelmilter/internal/message"
	"labelmilter/internal/verdict"
)

// A reference interpreter: conditions and rules said again for one recipient and
// one component at a time, without sets, memo or order of evaluation. The real
// one must agree on random rule sets and messages. What it says is the formal
// meaning of the guide policy.

var site = &Organisation{Domains: []string{"own.example", ".sub.example"}, Networks: []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8")}}

// view is what the reference looks at: the message for one recipient ("" for
// none), and of its content one component (nil for everything).
type view struct {
	Input
	rcpt string
	part *string // "" for the message without its attachments
}

// seen says whether what stands in a part is looked at.
func (v view) seen(part string) bool {
	if v.part == nil {
		return true
	}
	for _, a := range tops(v.Input) {
		if part == a || strings.HasPrefix(part, a+"/") {
			return *v.part == a
		}
	}
	return *v.part == ""
}

// tops are the attachments of a generated message.
func tops(in Input) []string {
	var out []string
	if in.Message.Root != nil {
		for _, p := range in.Message.Root.Children {
			if p.Disp == "attachment" {
				out = append(out, p.Path)
			}
		}
	}
	return out
}

func has1[T comparable](list []T, want ...T) bool {
	return slices.ContainsFunc(list, func(x T) bool { return slices.Contains(want, x) })
}

func between(r Range, n int64) bool {
	return !(r.AtLeast != nil && n < *r.AtLeast) && !(r.AtMost != nil && n > *r.AtMost)
}

// holds says whether a condition holds.
func holds(c Condition, v view) bool {
	rcpts := v.Message.Envelope.RcptTo
	each := func(m AddressMatch) (n int) {
		for _, r := range rcpts {
			if mailboxFits(m, v, r, "recipient") {
				n++
			}
		}
		return n
	}
	env := v.Message.Envelope
	switch c := c.(type) {
	case All:
		for _, k := range c {
			if !holds(k, v) {
				return false
			}
		}
		return true
	case Any:
		for _, k := range c {
			if holds(k, v) {
				return true
			}
		}
		return false
	case Not:
		return !holds(c.C, v)
	case NOf:
		n := 0
		for _, k := range c.Of {
			if holds(k, v) {
				n++
			}
		}
		return n >= c.N
	case Score:
		n := 0
		for _, k := range c.Of {
			if holds(k.When, v) {
				n += k.Points
			}
		}
		return n >= c.AtLeast
	case DirectionIs:
		return slices.Contains(c.Of, v.Direction)
	case Sender:
		from, _ := v.Message.Header.First("From")
		switch c.Match.In {
		case InFrom:
			return from != "" && mailboxFits(c.Match, v, from, "from")
		case InEnvelopeOrFrom:
			return mailboxFits(c.Match, v, env.MailFrom, "sender") || from != "" && mailboxFits(c.Match, v, from, "from")
		}
		return mailboxFits(c.Match, v, env.MailFrom, "sender")
	case Recipient:
		return v.rcpt != "" && mailboxFits(c.Match, v, v.rcpt, "recipient")
	case AnyRecipient:
		return each(c.Match) > 0
	case AllRecipients:
		return len(rcpts) > 0 && each(c.Match) == len(rcpts)
	case RecipientCount:
		return between(c.Range, int64(len(rcpts)))
	case HeaderField:
		value, have := v.Message.Header.First(c.Name)
		if c.Exists != nil {
			return have == *c.Exists
		}
		return have && strings.Contains(value, string(c.Text.Matchers[0].(word)))
	case TextIn:
		for _, t := range v.Extract.Texts {
			if has1(c.Where, t.Where) && v.seen(t.Part) && strings.Contains(t.Body, string(c.Text.Matchers[0].(word))) {
				return true
			}
		}
		return false
	case OutcomeIs:
		return slices.Contains(c.Of, v.Label.Outcome)
	case ConflictIs:
		for _, x := range v.Label.Conflicts {
			if slices.Contains(c.Of, x.Code) {
				return true
			}
		}
		return false
	case Unlabelled:
		return (v.Label.Outcome == label.None) == c.Want
	case LabelIs:
		return labelled(c, v.Label)
	case MarkingIs:
		for _, m := range v.Markings {
			where := len(c.Source) == 0 && m.Use == marking.Own || has1(c.Source, string(m.Source))
			if v.seen(m.Part) && where && (len(c.Classification) == 0 || has1(c.Classification, m.Classification)) && (len(c.IMM) == 0 || has1(c.IMM, m.IMMs...)) {
				return true
			}
		}
		return false
	case FactIs:
		name := c.Name
		if strings.HasPrefix(name, "recipient.") {
			if v.rcpt == "" {
				return false
			}
			name += ":" + strings.ToLower(v.rcpt)
		}
		f := v.Facts.Get(name)
		n, err := strconv.Atoi(f.Value)
		return slices.Contains(c.State, f.State) && (len(c.Is) == 0 || has1(c.Is, strings.Split(f.Value, ",")...)) && (c.Range == nil || err == nil && between(*c.Range, int64(n)))
	case Inspection:
		n, match := 0, false
		for _, s := range v.Skipped {
			if v.seen(s.Part) {
				n++
				match = match || slices.Contains(c.Reasons, s.Reason)
			}
		}
		return (c.Incomplete == nil || *c.Incomplete == (n > 0)) && (len(c.Reasons) == 0 || match)
	case MessageIs:
		return has1(c.Importance, message.Importance(v.Message)) && (c.Size == nil || between(*c.Size, v.Message.Size))
	case TimeWindow:
		h := v.Facts.Now.In(c.Zone).Hour()
		from, to := c.Windows[0].From/60, c.Windows[0].To/60
		if from < to {
			return from <= h && h < to
		}
		return h >= from || h < to
	case Rate:
		f := v.Facts.Get("sender." + string(c.Of) + ":" + c.Within)
		n, err := strconv.Atoi(f.Value)
		more := map[Counted]int{Messages: 1, Recipients: len(rcpts), Bytes: int(v.Message.Size)}[c.Of]
		return f.State == facts.Known && err == nil && between(c.Range, int64(n+more))
	case Growth:
		f := v.Facts.Get("thread.recipients")
		n, err := strconv.Atoi(f.Value)
		return f.State == facts.Known && err == nil && between(c.Range, int64(len(rcpts)-n))
	case Attachment:
		for _, p := range v.Extract.Parts {
			if p.Part != "1" && v.seen(p.Part) && attachmentFits(c, v, p) {
				return true
			}
		}
		return false
	case SIT:
		return sitHolds(c, v)
	}
	panic(fmt.Sprintf("%T", c))
}

func labelled(c LabelIs, a label.Assignment) bool {
	above := a.Outcome == label.Block || a.Outcome == label.Hold && a.Label == nil
	have := -1
	if a.Label != nil {
		have = a.Label.Rank
	}
	if above {
		have = 1 << 20
	}
	switch {
	case c.AtLeast != nil:
		return have >= c.AtLeast.Rank
	case c.AtMost != nil:
		return have <= c.AtMost.Rank
	case c.BelowContent:
		return a.Mismatch != nil
	}
	return a.Label != nil && a.Outcome != label.Block && slices.Contains(c.Is, a.Label.ID)
}

func attachmentFits(c Attachment, v view, p extract.PartInfo) bool {
	facts := map[document.Fact]bool{}
	for _, q := range v.Extract.Parts {
		if q.Part == p.Part || strings.HasPrefix(q.Part, p.Part+"/") {
			for _, f := range q.Facts {
				facts[f] = true
			}
		}
	}
	for _, s := range v.Skipped {
		if s.Reason == budget.Encrypted && (s.Part == p.Part || strings.HasPrefix(s.Part, p.Part+"/")) {
			facts[document.Encrypted] = true
		}
	}
	for _, f := range c.Facts {
		if facts[f.Is] != f.Want {
			return false
		}
	}
	carried := 0
	fits := false
	for _, x := range v.Carried {
		if x.Part == p.Part {
			carried++
			fits = fits || labelled(*orLabel(c.Label), x.Label)
		}
	}
	if c.Unlabelled != nil && *c.Unlabelled != (p.TrueType == "application/pdf" && carried == 0) {
		return false
	}
	name, ext, _ := strings.Cut(strings.ToLower(p.Name), ".")
	return (c.Label == nil || fits) && (len(c.Name) == 0 || has1(c.Name, name+".*")) && (len(c.Extension) == 0 || has1(c.Extension, ext)) && (c.Size == nil || between(*c.Size, p.Bytes))
}

func orLabel(l *LabelIs) *LabelIs {
	if l == nil {
		return &LabelIs{}
	}
	return l
}

func sitHolds(c SIT, v view) bool {
	places := map[string]map[string]bool{}
	for _, f := range v.Findings {
		for _, t := range c.Types {
			if f.Type != t.ID || f.Confidence < t.MinConfidence || !v.seen(f.Part) {
				continue
			}
			place := ""
			if c.PerPart {
				place = f.Part + " " + string(f.Where)
			}
			if places[place] == nil {
				places[place] = map[string]bool{}
			}
			for _, x := range f.Instances {
				places[place][f.Type+" "+x.Normal.Reveal()] = true
			}
		}
	}
	if len(places) == 0 {
		return c.MinUnique == 0
	}
	for _, p := range places {
		if len(p) >= c.MinUnique && (c.MaxUnique == 0 || len(p) <= c.MaxUnique) {
			return true
		}
	}
	return false
}

// word is a matcher that looks for a text.
type word string

func (w word) Match(text string, _ *match.Work) match.Result {
	return match.Result{Matched: strings.Contains(text, string(w))}
}
func (w word) String() string { return "words: [" + string(w) + "]" }

// knownOf gives what is known of a mailbox under a name.
func knownOf(v view, who, box, name string) []string {
	key := who + "." + name
	if who != "sender" {
		key += ":" + strings.ToLower(box)
	}
	switch f := v.Facts.Get(key); f.State {
	case facts.Known:
		return strings.Split(strings.ReplaceAll(f.Value, " ", ""), ",")
	case facts.Unavailable:
		return nil
	}
	return map[string][]string{"a@own.example groups": {"staff"}, "a@own.example team": {"red"}, "b@own.example team": {"red"}, "c@other.example team": {"blue"}}[strings.ToLower(box)+" "+name]
}

const refPeople = "address,groups,team\na@own.example,staff,red\nb@own.example,,red\nc@other.example,,blue\n"

func mailboxFits(m AddressMatch, v view, box, who string) bool {
	low := strings.ToLower(box)
	_, domain, _ := strings.Cut(low, "@")
	under := func(list []string, listed ...string) bool {
		for _, d := range append(slices.Clone(list), listed...) {
			if domain == d && d != "" || strings.HasPrefix(d, ".") && strings.HasSuffix(domain, d) && domain != d {
				return true
			}
		}
		return false
	}
	no := func(set, ok bool) bool { return set && !ok }
	var listed []string
	if m.DomainList != "" {
		listed = []string{"third.example", ".sub.example"} // the list "cleared"
	}
	ratedFor := -1
	for _, r := range m.Ratings {
		if mailboxFits(r.Match, v, box, who) {
			ratedFor = max(ratedFor, r.Label.Rank)
		}
	}
	below := v.Label.Outcome == label.Block || v.Label.Outcome == label.Hold && v.Label.Label == nil || v.Label.Label != nil && ratedFor < v.Label.Label.Rank
	switch {
	case no(len(m.Domain)+len(listed) > 0, under(m.Domain, listed...)),
		no(len(m.Address) > 0, has1(m.Address, low)),
		no(len(m.Group) > 0, has1(m.Group, knownOf(v, who, box, "groups")...)),
		no(len(m.Attribute) > 0, has1(m.Attribute["team"], knownOf(v, who, box, "team")...)),
		no(len(m.Same) > 0, has1(knownOf(v, "sender", v.Message.Envelope.MailFrom, "team"), knownOf(v, who, box, "team")...)),
		no(m.Authenticated != nil, m.Authenticated == nil || *m.Authenticated == (v.Message.Envelope.AuthUser != "")),
		no(m.Internal != nil, m.Internal == nil || *m.Internal == (domain == "own.example" || strings.HasSuffix(domain, ".sub.example"))),
		no(m.Rated != nil, m.Rated == nil || *m.Rated == below),
		no(m.FirstTime != nil, m.FirstTime == nil || v.Facts.Get("recipient.first_time:"+low).Value == fmt.Sprint(*m.FirstTime)),
		no(len(m.Network) > 0, strings.HasPrefix(v.Message.Envelope.ClientIP, "10.")),
		no(len(m.Text.Matchers) > 0, len(m.Text.Matchers) > 0 && strings.Contains(box, string(m.Text.Matchers[0].(word)))):
		return false
	}
	return m.Not == nil || !mailboxFits(*m.Not, v, box, who)
}

// outcome is what the reference says of one rule.
type outcome struct {
	name               string
	matched, effective bool
	rcpts              string
	disp               verdict.Disposition
	dropped            bool // some recipients are taken out instead
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
			parts := []*string{nil}
			if r.PerPart {
				rest := ""
				parts = []*string{&rest}
				for _, a := range tops(in) {
					parts = append(parts, &a)
				}
			}
			for _, rc := range rcpts {
				any := false
				for _, part := range parts {
					v := view{in, rc, part}
					ok := (b.Percent == nil || *b.Percent > 0) && (b.Scope == nil || holds(b.Scope, view{in, rc, nil})) && (b.When == nil || holds(b.When, v)) && holds(r.When, v) &&
						(r.Except == nil || !holds(r.Except, v))
					for _, x := range exceptions {
						named := slices.Contains(x.Rules, b.ID+"/"+r.ID) || slices.Contains(x.Rules, b.ID+"/*")
						if named && in.Facts.Now.Format(time.DateOnly) <= x.Until && holds(x.Who, v) {
							ok = false
						}
					}
					any = any || ok
				}
				if any {
					o.matched = true
					hit = append(hit, rc)
				}
			}
			o.rcpts = strings.Join(hit, ",")
			o.effective = o.matched && mode == Enforce
			for _, a := range r.Then {
				o.disp = a.Disposition()
			}
			// A refusal of some recipients is their removal, if somebody can be told.
			_, from, _ := strings.Cut(strings.ToLower(in.Message.Envelope.MailFrom), "@")
			told := (in.Message.Envelope.AuthUser != "" || strings.HasPrefix(in.Message.Envelope.ClientIP, "10.")) && (from == "own.example" || strings.HasSuffix(from, ".sub.example"))
			if r.Drop && o.disp == verdict.Reject && len(hit) > 0 && len(hit) < len(rcpts) && told {
				o.disp, o.dropped = "", true
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

func TestAgainstReference(t *testing.T) {
	t.Parallel()
	cat, _ := label.NewCatalogue("c", []label.Label{{ID: "low", Rank: 10}, {ID: "mid", Rank: 20}, {ID: "high", Rank: 30}})
	people, err := directory.Parse("p.csv", []byte(refPeople))
	if err != nil {
		t.Fatal(err)
	}
	g := gen{rand.New(rand.NewPCG(2026, 10)), cat.Labels(), people}
	var inputs []Input
	for range 1000 {
		inputs = append(inputs, g.input())
	}
	const each = 200
	var matched, won, excepted, dropped, parts, differ, done int
	kinds := map[string]int{}
	for round := 0; done < *pairs; round++ {
		bound, exceptions := g.set()
		set := NewSet(bound, exceptions, nil).With(nil, site)
		for _, b := range bound {
			for _, r := range b.Rules {
				walk(r.When, func(c Condition) { kinds[fmt.Sprintf("%T", c)]++ })
			}
		}
		for k := range each {
			done++
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
			for i, r := range got.Rules {
				if r.Matched {
					matched++
				}
				if r.Exception != "" {
					excepted++
				}
				if i < len(want) && want[i].dropped {
					dropped++
				}
				parts += len(r.Parts)
			}
			if got.Winner >= 0 {
				won++
			}
		}
	}
	for name, n := range map[string]int{"matches": matched, "verdicts": won, "exceptions": excepted * 10, "removals": dropped * 200, "components": parts} {
		if n < *pairs/20 {
			t.Errorf("the cases are too tame: %s: %d", name, n)
		}
	}
	if len(kinds) < 26 {
		t.Errorf("%d kinds of conditions: %v", len(kinds), kinds)
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
		removed := slices.ContainsFunc(r.Actions, func(a Action) bool { return a.Kind == ActDeleteRecipient })
		if removed != w.dropped {
			return fmt.Sprintf("rule %s: recipients taken out: %v", r.Rule, removed)
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
