package rulepack

import (
	"errors"
	"strings"
	"time"

	"labelmilter/internal/budget"
	"labelmilter/internal/extract"
	"labelmilter/internal/facts"
	"labelmilter/internal/label"
	"labelmilter/internal/match"
	"labelmilter/internal/message"
	"labelmilter/internal/policy"
	"labelmilter/internal/strictyaml"
)

// cond compiles a condition of a pack. A condition with problems compiles to
// something that is never run: the ruleset is not made then.
func (c *compiler) cond(pack string, y *Cond) policy.Condition {
	if y == nil {
		return nil
	}
	switch {
	case y.All != nil:
		return policy.All(c.conds(pack, y.All))
	case y.Any != nil:
		return policy.Any(c.conds(pack, y.Any))
	case y.Not != nil:
		return policy.Not{C: c.cond(pack, y.Not)}
	case y.NOf != nil:
		if y.NOf.N > len(y.NOf.Of) {
			c.d.Problem(y.node, "", "n is %d, but there are only %d conditions", y.NOf.N, len(y.NOf.Of))
		}
		return policy.NOf{N: y.NOf.N, Of: c.conds(pack, y.NOf.Of)}
	case len(y.Direction) > 0:
		var ds []message.Direction
		for _, d := range y.Direction {
			ds = append(ds, message.Direction(d))
		}
		return policy.DirectionIs{Of: ds}
	case y.Sender != nil:
		return policy.Sender{Match: c.address(pack, y.Sender, true), Site: c.opt.Site}
	case y.Recipient != nil:
		return policy.Recipient{Match: c.address(pack, y.Recipient, false), Site: c.opt.Site}
	case y.AnyRecipient != nil:
		return policy.AnyRecipient{Match: c.address(pack, y.AnyRecipient, false), Site: c.opt.Site}
	case y.AllRecipients != nil:
		return policy.AllRecipients{Match: c.address(pack, y.AllRecipients, false), Site: c.opt.Site}
	case y.RecipientCount != nil:
		return policy.RecipientCount{Range: interval(y.RecipientCount)}
	case y.Score != nil:
		return c.score(pack, y.Score)
	case y.Header != nil:
		return c.header(pack, y)
	case y.Subject != nil:
		return policy.TextIn{Key: "subject", Where: []extract.Where{extract.InSubject}, Text: c.text(pack, y.node, y.Subject)}
	case y.Body != nil:
		return policy.TextIn{Key: "body", Where: []extract.Where{extract.InBody}, Text: c.text(pack, y.node, y.Body)}
	case y.Text != nil:
		out := policy.TextIn{Key: "text", Where: places(y.Text.Where), Text: c.text(pack, y.node, &y.Text.textY), Chosen: len(y.Text.Where) > 0}
		if !out.Chosen {
			out.Where = []extract.Where{extract.InSubject, extract.InBody, extract.InAttachment, extract.InName, extract.InProperty, extract.InHidden}
		}
		return out
	}
	return c.leaf(pack, y)
}

// leaf compiles the conditions on content and circumstances.
func (c *compiler) leaf(pack string, y *Cond) policy.Condition {
	switch {
	case y.SIT != nil:
		return c.sitCond(y)
	case y.EDM != nil:
		return c.edmCond(y)
	case y.Classifier != nil:
		c.d.Problem(y.node, "use sit: or words until a model can be configured", "condition classifier needs a trained model, and none is configured")
	case y.Marking != nil:
		return c.markingCond(y)
	case y.Label != nil:
		return c.labelCond(y)
	case y.Unlabelled != nil:
		return policy.Unlabelled{Want: *y.Unlabelled}
	case len(y.Outcome) > 0:
		var os []label.Outcome
		for _, o := range y.Outcome {
			os = append(os, label.Outcome(o))
		}
		return policy.OutcomeIs{Of: os}
	case y.Attachment != nil:
		return c.attachment(pack, y.Attachment)
	case y.Inspection != nil:
		return c.inspection(y)
	case y.Message != nil:
		m := policy.MessageIs{Kind: y.Message.Kind, Importance: y.Message.Importance, Charset: lower(y.Message.Charset)}
		if y.Message.Size != nil {
			r := interval(y.Message.Size)
			m.Size = &r
		}
		return m
	case y.Time != nil:
		return c.time(y)
	case len(y.Conflict) > 0:
		for _, code := range y.Conflict {
			c.d.OneOf(y.node, "conflict", code, label.ConflictCodes)
		}
		return policy.ConflictIs{Of: y.Conflict}
	case y.Fact != nil:
		return factCond(y.Fact)
	case y.SenderRate != nil:
		r := policy.Rate{Of: policy.Counted(y.SenderRate.Of), Within: y.SenderRate.Within}
		if y.SenderRate.Amount != nil {
			r.Range = interval(y.SenderRate.Amount)
		}
		return r
	case y.ThreadGrowth != nil:
		return policy.Growth{Range: interval(y.ThreadGrowth)}
	}
	return policy.All{} // empty or reported by the decoder
}

func factCond(y *factY) policy.FactIs {
	out := policy.FactIs{Name: y.Name, Is: lower(y.Is)}
	for _, s := range y.State {
		out.State = append(out.State, facts.State(s))
	}
	if len(out.State) == 0 {
		out.State = []facts.State{facts.Known}
	}
	if y.AtLeast != nil || y.AtMost != nil {
		out.Range = &policy.Range{AtLeast: y.AtLeast, AtMost: y.AtMost}
	}
	return out
}

// places reads where a text stands.
func places(names []string) []extract.Where {
	var out []extract.Where
	for _, n := range names {
		out = append(out, extract.Where(n))
	}
	return out
}

func (c *compiler) conds(pack string, ys []Cond) []policy.Condition {
	out := make([]policy.Condition, 0, len(ys))
	for i := range ys {
		out = append(out, c.cond(pack, &ys[i]))
	}
	return out
}

func interval(s *span) policy.Range { return policy.Range{AtLeast: s.AtLeast, AtMost: s.AtMost} }

func lower(in []string) []string {
	out := make([]string, len(in))
	for i, s := range in {
		out[i] = strings.ToLower(s)
	}
	return out
}

func (c *compiler) address(pack string, y *addressY, sender bool) policy.AddressMatch {
	m := policy.AddressMatch{Group: y.Group, Authenticated: y.Authenticated, Internal: y.Internal, In: policy.AddressIn(y.In), FirstTime: y.FirstTime, Manager: y.Manager,
		Text: policy.TextMatch{Matchers: c.matchers(pack, &textY{Words: y.Words, Matches: y.Matches})}}
	for k, vs := range y.Attribute {
		if m.Attribute == nil {
			m.Attribute = make(map[string][]string, len(y.Attribute))
		}
		m.Attribute[strings.ToLower(k)] = lower(vs)
	}
	take := func(v *values) ([]string, string) {
		if v == nil {
			return nil, ""
		}
		if v.List != "" {
			return nil, c.list(pack, v.List, v.node)
		}
		if len(v.Values) == 0 {
			c.d.Problem(v.node, "", "want at least one value")
		}
		return lower(v.Values), ""
	}
	m.Address, m.AddressList = take(y.Address)
	m.Domain, m.DomainList = take(y.Domain)
	for i, d := range m.Domain {
		if strings.ContainsRune(d, '@') {
			c.d.Problem(y.Domain.nodes[i], "use address: for mailboxes", "%q is a mailbox, not a domain", d)
		}
	}
	for i, a := range m.Address {
		if !strings.ContainsAny(a, "@*") {
			c.d.Problem(y.Address.nodes[i], "use domain: for domains", "%q is not a mailbox", a)
		}
	}
	var nets []string
	nets, m.NetworkList = take(y.Network)
	for i, s := range nets {
		ps, err := policy.ParseRange(s)
		if err != nil {
			c.d.Problem(y.Network.nodes[i], "use the form 192.0.2.0/24, 2001:db8::/32 or 192.0.2.1-192.0.2.9", "%q is not a network", s)
			continue
		}
		m.Network = append(m.Network, ps...)
	}
	if !sender && (y.Network != nil || y.Authenticated != nil) {
		c.at(y.Pos, "use sender:", "network and authenticated are known of the sender only")
	}
	if sender && (y.FirstTime != nil || y.Manager != nil) {
		c.at(y.Pos, "use recipient:", "first_time and manager_of_sender are about recipients")
	}
	if !sender && y.In != "" {
		c.at(y.Pos, "use sender:", "in is about the sender")
	}
	c.relations(pack, y, &m, sender)
	if y.Not != nil {
		not := c.address(pack, y.Not, sender)
		m.Not = &not
	}
	return m
}

// matchers compiles the words and expressions of a text condition.
func (c *compiler) matchers(pack string, y *textY) []policy.Matcher {
	var out []policy.Matcher
	if words := y.Words.Words; len(words) > 0 {
		out = append(out, c.words(y.Words.node, words, match.WordOptions{})...)
	}
	for _, ref := range y.Words.Keywords {
		if full, ok := c.keyword(pack, ref, y.Words.node.Pos()); ok {
			k := c.keywords[full]
			out = append(out, c.words(y.Words.node, k.Words, match.WordOptions{CaseSensitive: k.CaseSensitive, String: k.String})...)
		}
	}
	for i, expr := range y.Matches.Exprs {
		at := y.Matches.node
		if items := at.Items(); i < len(items) {
			at = items[i]
		}
		if m := c.pattern(at, expr); m != nil {
			out = append(out, m)
		}
	}
	return out
}

func (c *compiler) text(pack string, n *strictyaml.Node, y *textY) policy.TextMatch {
	t := policy.TextMatch{Matchers: c.matchers(pack, y)}
	if len(y.Words.Words)+len(y.Words.Keywords)+len(y.Matches.Exprs) == 0 {
		c.d.Problem(n, "give words: or matches:", "the condition tests nothing")
	}
	return t
}

// wordMatcher gives a word list a name for traces.
type wordMatcher struct {
	*match.Words
	name string
}

func (w wordMatcher) String() string { return w.name }

func (c *compiler) words(n *strictyaml.Node, words []string, o match.WordOptions) []policy.Matcher {
	w, err := match.CompileWords(words, o)
	if err != nil {
		var we *match.WordError
		fix, at := "", n
		if errors.As(err, &we) {
			fix = we.Fix
			if items := n.Items(); we.Index >= 0 && we.Index < len(items) {
				at = items[we.Index]
			}
			c.d.Problem(at, fix, "%s", we.Reason)
			return nil
		}
		c.d.Problem(at, fix, "%v", err)
		return nil
	}
	shown := words
	more := ""
	if len(shown) > 5 {
		shown, more = shown[:5], ", …"
	}
	return []policy.Matcher{wordMatcher{w, "words: [" + strings.Join(shown, ", ") + more + "]"}}
}

func (c *compiler) header(pack string, y *Cond) policy.Condition {
	h := y.Header
	if h.Name != "" && !headerName(h.Name) {
		c.d.Problem(y.node, "use printable ASCII without blanks and colon (RFC 5322 2.2)", "%q is not a header field name", h.Name)
	}
	return policy.HeaderField{Name: strings.ToLower(h.Name), Exists: h.Exists, Text: policy.TextMatch{Matchers: c.matchers(pack, &h.textY)}}
}

func headerName(s string) bool {
	for i := range len(s) {
		if s[i] <= ' ' || s[i] > '~' || s[i] == ':' {
			return false
		}
	}
	return s != ""
}

func (c *compiler) sitCond(y *Cond) policy.Condition {
	s := policy.SIT{MinUnique: 1, MaxUnique: y.SIT.MaxUnique, PerPart: y.SIT.Per == "part", Where: places(y.SIT.Where)}
	if y.SIT.MinUnique != nil {
		s.MinUnique = *y.SIT.MinUnique
	}
	if s.MaxUnique > 0 && s.MaxUnique < s.MinUnique {
		c.at(y.SIT.Pos, "", "max_unique %d is below min_unique %d", s.MaxUnique, s.MinUnique)
	}
	s.Types = c.sitTypes(y.SIT.Pos, y.SIT.Type, y.SIT.MinConfidence)
	return s
}

func (c *compiler) labelCond(y *Cond) policy.Condition {
	l := y.Label
	out := *c.labelRange(y.node, y.Pos, labelRangeY{l.Is, l.AtLeast, l.AtMost})
	out.BelowContent = l.BelowContent
	if len(l.Is) == 0 && l.AtLeast == "" && l.AtMost == "" && !l.BelowContent {
		c.d.Problem(y.node, "give is:, at_least:, at_most: or below_content:", "the condition tests nothing")
	}
	return out
}

func (c *compiler) inspection(y *Cond) policy.Condition {
	i := policy.Inspection{Incomplete: y.Inspection.Incomplete}
	var known []string
	for _, r := range budget.Reasons {
		known = append(known, string(r))
	}
	for _, r := range y.Inspection.Reason {
		c.d.OneOf(y.node, "reason", r, known)
		i.Reasons = append(i.Reasons, budget.Reason(r))
	}
	if i.Incomplete == nil && len(i.Reasons) == 0 {
		c.d.Problem(y.node, "give incomplete: or reason:", "the condition tests nothing")
	}
	return i
}

func (c *compiler) time(y *Cond) policy.Condition {
	loc, err := time.LoadLocation(y.Time.Zone)
	if err != nil {
		c.d.Problem(y.node, "use an IANA name such as Australia/Sydney", "unknown time zone %q", y.Time.Zone)
		loc = time.UTC
	}
	t := policy.TimeWindow{Zone: loc}
	for _, w := range y.Time.Window {
		win, err := policy.ParseWindow(w)
		if err != nil {
			c.d.Problem(y.node, `use the form "Mon-Fri 08:00-18:00"`, "%v", err)
			continue
		}
		t.Windows = append(t.Windows, win)
	}
	return t
}
