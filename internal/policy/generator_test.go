package policy

import (
	"flag"
	"fmt"
	"math/rand/v2"
	"net/netip"
	"slices"
	"strings"
	"time"

	"labelmilter/internal/budget"
	"labelmilter/internal/detect"
	"labelmilter/internal/directory"
	"labelmilter/internal/extract"
	"labelmilter/internal/extract/document"
	"labelmilter/internal/facts"
	"labelmilter/internal/label"
	"labelmilter/internal/marking"
	"labelmilter/internal/message"
	"labelmilter/internal/redact"
)

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
