package policy

import (
	"flag"
	"fmt"
	"math/rand/v2"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"labelmilter/internal/budget"
	"labelmilter/internal/detect"
	"labelmilter/internal/directory"
	"labelmilter/internal/extract"
	"labelmilter/internal/extract/document"
	"labelmilter/internal/facts"
	"labelmilter/internal/label"
	"labelmilter/internal/marking"
	"labelmilter/internal/match"
	"labelmilter/internal/message"
	"labelmilter/internal/redact"
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

// gen makes random conditions, rule sets and messages.
type gen struct {
	*rand.Rand
	labels []label.Label
	people *directory.Map
}

func pick[T any](g gen, of ...T) T { return of[g.IntN(len(of))] }

func (g gen) box() string {
	return pick(g, "a", "B", "c") + "@" + pick(g, "own.example", "x.sub.example", "sub.example", "other.example", "OTHER.example", "third.example")
}

func (g gen) address(sender bool) AddressMatch {
	m := g.oneAddress(sender)
	if g.IntN(4) == 0 { // further fields must hold too
		n := g.oneAddress(sender)
		m.Internal, m.Text, m.Not = n.Internal, n.Text, n.Not
	}
	return m
}

func (g gen) oneAddress(sender bool) AddressMatch {
	yes := g.IntN(2) == 0
	switch n := g.IntN(13); {
	case n == 0:
		return AddressMatch{Domain: []string{pick(g, "own.example", ".sub.example", "other.example"), pick(g, "third.example", "none.example")}}
	case n == 1:
		return AddressMatch{Address: []string{strings.ToLower(g.box()), "a@other.example"}}
	case n == 2:
		return AddressMatch{Group: []string{pick(g, "staff", "cleared")}}
	case n == 3:
		return AddressMatch{Internal: &yes}
	case n == 4:
		return AddressMatch{DomainList: "cleared"}
	case n == 5:
		return AddressMatch{Attribute: map[string][]string{"team": {pick(g, "red", "blue"), "green"}}}
	case n == 6:
		return AddressMatch{Text: TextMatch{[]Matcher{word(pick(g, "a@", "other", "OTHER"))}}}
	case n == 7 && sender:
		return AddressMatch{Authenticated: &yes}
	case n == 8 && sender:
		return AddressMatch{In: pick(g, InFrom, InEnvelopeOrFrom), Domain: []string{pick(g, "own.example", "other.example")}}
	case n == 9 && sender:
		return AddressMatch{Network: []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8")}}
	case n == 7:
		return AddressMatch{Same: []string{"team"}}
	case n == 8:
		return AddressMatch{FirstTime: &yes}
	case n == 9:
		return AddressMatch{Rated: &yes, Ratings: Ratings{{pick(g, g.labels...), AddressMatch{Internal: &yes}}, {pick(g, g.labels...), AddressMatch{Domain: []string{"other.example"}}}}}
	}
	inner := AddressMatch{Domain: []string{pick(g, "own.example", "other.example")}}
	return AddressMatch{Not: &inner}
}

func (g gen) cond(depth int) Condition {
	yes := g.IntN(2) == 0
	n := int64(g.IntN(4))
	span := pick(g, Range{AtLeast: &n}, Range{AtMost: &n})
	if depth > 0 && g.IntN(3) > 0 {
		var kids []Condition
		for range g.IntN(4) {
			kids = append(kids, g.cond(depth-1))
		}
		switch g.IntN(5) {
		case 0:
			return All(kids)
		case 1:
			return Any(kids)
		case 2:
			return NOf{N: 1 + g.IntN(3), Of: kids}
		case 3:
			s := Score{AtLeast: 1 + g.IntN(4), Of: []Scored{{2, g.cond(depth - 1)}}}
			for _, k := range kids {
				s.Of = append(s.Of, Scored{g.IntN(5) - 2, k})
			}
			return s
		}
		return Not{g.cond(depth - 1)}
	}
	l := pick(g, g.labels...)
	is := pick(g, LabelIs{AtLeast: &l}, LabelIs{AtMost: &l}, LabelIs{Is: []label.ID{l.ID, "none"}}, LabelIs{BelowContent: true})
	switch g.IntN(24) {
	case 0:
		return DirectionIs{[]message.Direction{pick(g, message.Inbound, message.Outbound), message.Internal}}
	case 1, 2:
		return Sender{g.address(true), site}
	case 3, 4, 5:
		return Recipient{g.address(false), site}
	case 6:
		return AnyRecipient{g.address(false), site}
	case 7:
		return AllRecipients{g.address(false), site}
	case 8:
		return RecipientCount{span}
	case 9:
		return pick(g, HeaderField{Name: pick(g, "x-one", "x-two"), Exists: &yes}, HeaderField{Name: "x-one", Text: TextMatch{[]Matcher{word(pick(g, "1", "2"))}}})
	case 10:
		return OutcomeIs{[]label.Outcome{pick(g, label.None, label.Labelled, label.Hold, label.Block)}}
	case 11:
		return is
	case 12:
		return pick(g, FactIs{Name: pick(g, "tls", "sender.groups"), State: []facts.State{pick(g, facts.Known, facts.Absent, facts.Unavailable)}},
			FactIs{Name: "recipient.first_time", State: []facts.State{facts.Known}, Is: []string{"true"}}, FactIs{Name: "risk", State: []facts.State{facts.Known}, Range: &span})
	case 13:
		return pick(g, Inspection{Incomplete: &yes}, Inspection{Reasons: []budget.Reason{pick(g, budget.Encrypted, budget.Depth), budget.Ratio}})
	case 14:
		return ConflictIs{[]string{pick(g, label.HeaderStripped, label.HeaderSubjectDiffer)}}
	case 15:
		return Unlabelled{yes}
	case 16:
		m := MarkingIs{Classification: []string{pick(g, "OFFICIAL", "PROTECTED"), "x"}}
		if yes {
			m.Source = []string{pick(g, "header", "attachment")}
		}
		if n == 0 {
			m.IMM = []string{"Legal-Privilege"}
		}
		return m
	case 17:
		return TextIn{Key: "text", Where: pick(g, []extract.Where{extract.InBody}, []extract.Where{extract.InSubject, extract.InAttachment}), Text: TextMatch{[]Matcher{word(pick(g, "alpha", "beta"))}}}
	case 18:
		a := Attachment{Facts: []AttachmentFact{{pick(g, document.Macros, document.Encrypted), yes}}}
		switch n {
		case 0:
			a = Attachment{Unlabelled: &yes}
		case 1:
			a.Name = []string{pick(g, "a.*", "b.*")}
		case 2:
			a = Attachment{Extension: []string{pick(g, "pdf", "zip")}, Size: &span, Label: &is}
			if is.BelowContent {
				a.Label = nil
			}
		}
		return a
	case 19:
		return MessageIs{Importance: []string{pick(g, "high", "normal")}, Size: pick(g, nil, &span)}
	case 20:
		from := g.IntN(24)
		return TimeWindow{Zone: time.UTC, Windows: []Window{{Days: [7]bool{true, true, true, true, true, true, true}, From: from * 60, To: (from + 1 + g.IntN(22)) % 24 * 60}}}
	case 21:
		return pick[Condition](g, Rate{Of: pick(g, Messages, Recipients, Bytes), Within: "1h", Range: span}, Growth{span})
	}
	c := SIT{Types: []SITType{{pick(g, "tfn", "card"), pick(g, 65, 85)}}, MinUnique: g.IntN(3), MaxUnique: pick(g, 0, 0, 2), PerPart: g.IntN(4) == 0}
	if yes {
		c.Types = append(c.Types, SITType{pick(g, "tfn", "card"), pick(g, 65, 85)})
	}
	return c
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
			r.PerPart, r.Drop = g.IntN(5) == 0, g.IntN(4) == 0
			p.Rules = append(p.Rules, r)
			if g.IntN(5) == 0 {
				exceptions = append(exceptions, Exception{ID: "x", Rules: []string{pick(g, p.ID+"/"+r.ID, p.ID+"/*")}, Who: g.cond(1), Until: pick(g, "2026-10-11", "2026-10-12", "2026-12-31")})
			}
		}
		b := Bound{Policy: p}
		if g.IntN(3) == 0 {
			n := g.IntN(50)
			none, full := 0.0, 100.0
			b.Assignment = Assignment{Name: "site", Mode: pick(g, Mode(""), Enforce, Simulate), Priority: pick(g, nil, &n), Percent: pick(g, nil, nil, nil, &full, &none)}
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
	m.Envelope.ClientIP = pick(g, "10.1.2.3", "192.0.2.1", "")
	m.Size = int64(g.IntN(4))
	if g.IntN(2) == 0 {
		m.Header = append(m.Header, message.Field{Name: "X-One", Raw: pick(g, " 1", " 2")})
	}
	if g.IntN(2) == 0 {
		m.Header = append(m.Header, message.Field{Name: "From", Raw: " " + g.box()})
	}
	if g.IntN(3) == 0 {
		m.Header = append(m.Header, message.Field{Name: "Importance", Raw: " high"})
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
	in.Facts.Now = in.Facts.Now.Add(time.Duration(g.IntN(12)) * time.Hour)
	for _, r := range m.Envelope.RcptTo {
		if g.IntN(2) == 0 {
			in.Facts.Named["recipient.first_time:"+strings.ToLower(r)] = facts.Fact{State: facts.Known, Value: pick(g, "true", "false")}
		}
	}
	for _, name := range []string{"risk", "thread.recipients", "sender.messages:1h", "sender.recipients:1h", "sender.bytes:1h", "tls"} {
		if g.IntN(2) == 0 {
			in.Facts.Named[name] = facts.Fact{State: pick(g, facts.Known, facts.Known, facts.Unavailable), Value: pick(g, "0", "1", "2", "much")}
		}
	}
	if g.IntN(3) == 0 {
		in.Label.Conflicts = []label.Conflict{{Code: pick(g, label.HeaderStripped, label.HeaderSubjectDiffer)}}
	}
	if g.IntN(3) == 0 {
		in.Label.Mismatch = &label.Mismatch{}
	}
	in.Lists = NewLists(map[string][]string{"cleared": {"third.example", "*.sub.example"}}).WithPeople(g.people)
	g.content(&in)
	return in
}

// content gives a message a body, part 1, and attachments, some with a member.
func (g gen) content(in *Input) {
	parts := []string{"", "1"}
	body := &message.Part{Path: "1", Type: "text/plain"}
	in.Message.Root = &message.Part{Type: "multipart/mixed", Children: []*message.Part{body}}
	in.Extract.Parts = []extract.PartInfo{{Part: "1", Type: "text/plain"}}
	for i := range g.IntN(3) {
		path := fmt.Sprint(i + 2)
		name := pick(g, "a.pdf", "B.zip")
		in.Message.Root.Children = append(in.Message.Root.Children, &message.Part{Path: path, Type: "application/octet-stream", Disp: "attachment", Names: []string{name}})
		for _, p := range []string{path, path + "/1"}[:1+g.IntN(2)] {
			info := extract.PartInfo{Part: p, Type: "application/octet-stream", Name: name, Bytes: int64(g.IntN(4)), TrueType: pick(g, "application/pdf", "application/zip")}
			if g.IntN(3) == 0 {
				info.Facts = []document.Fact{pick(g, document.Macros, document.Encrypted)}
			}
			in.Extract.Parts = append(in.Extract.Parts, info)
			parts = append(parts, p)
			name = pick(g, "b.pdf", "a.txt")
		}
	}
	for _, p := range parts {
		where := map[string]extract.Where{"": extract.InSubject, "1": extract.InBody}[p]
		if where == "" {
			where = extract.InAttachment
		}
		in.Extract.Texts = append(in.Extract.Texts, extract.Text{Part: p, Where: where, Body: pick(g, "alpha", "beta", "alpha beta", "")})
		if g.IntN(5) == 0 {
			in.Skipped = append(in.Skipped, budget.Skip{Part: p, Reason: pick(g, budget.Encrypted, budget.Depth, budget.Ratio)})
		}
		if g.IntN(4) == 0 {
			src := map[extract.Where]marking.Source{extract.InSubject: marking.SourceHeader, extract.InBody: marking.SourceBody, extract.InAttachment: marking.SourceAttachment}[where]
			in.Markings = append(in.Markings, marking.Marking{Source: src, Part: p, Classification: pick(g, "OFFICIAL", "PROTECTED"), IMMs: pick(g, nil, []string{"Legal-Privilege"}), Use: pick(g, marking.Own, marking.Quoted)})
		}
		if where == extract.InAttachment && g.IntN(3) == 0 {
			l := pick(g, g.labels...)
			in.Carried = append(in.Carried, Carried{p, pick(g, label.Assignment{Outcome: label.Labelled, Label: &l}, label.Assignment{Outcome: label.Block})})
		}
		if g.IntN(2) == 0 {
			f := detect.Finding{Type: pick(g, "tfn", "card"), Confidence: pick(g, 65, 85), Part: p, Where: where}
			for range 1 + g.IntN(2) {
				x := pick(g, "1", "2", "3")
				if !slices.ContainsFunc(f.Instances, func(i detect.Instance) bool { return i.Normal.Reveal() == x }) {
					f.Instances = append(f.Instances, detect.Instance{Confidence: f.Confidence, Normal: redact.New(x)})
				}
			}
			f.Unique, f.Count = len(f.Instances), len(f.Instances)
			in.Findings = append(in.Findings, f)
		}
	}
}

// pairs is how many pairs of rule set and message are compared:
// go test ./internal/policy -run Reference -pairs 1000000
var pairs = flag.Int("pairs", 50_000, "pairs compared with the reference interpreter")

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
