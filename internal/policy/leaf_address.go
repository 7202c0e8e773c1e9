package policy

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"

	"labelmilter/internal/facts"
)

// AddressMatch tests a mailbox. Every field that is set must hold; within a
// field one of the values is enough.
type AddressMatch struct {
	Address       []string // lower case mailboxes; "*" at the start or end as wildcard
	AddressList   string   // named list of mailboxes
	Domain        []string // lower case; ".example" and "*.example" for subdomains
	DomainList    string
	Group         []string            // directory groups, from the fact "<who>.groups"
	Attribute     map[string][]string // directory attributes, from the fact "<who>.<name>"; globs, lower case
	Text          TextMatch           // words and patterns in the address
	In            AddressIn           // sender only: which address
	Network       []netip.Prefix      // sender only: client address
	NetworkList   string
	Authenticated *bool    // sender only
	Internal      *bool    // of the organisation
	Same          []string // attributes that sender and mailbox share a value of
	Rated         *bool    // rated below the label; with Ratings
	Ratings       Ratings
	Lookalike     *Lookalike // the domain looks like one of these
	FirstTime     *bool      // recipient only: the sender never wrote to it before, by the fact "recipient.first_time:<mailbox>"
	Manager       *bool      // recipient only: it is the sender's manager
	Not           *AddressMatch
}

// AddressIn says which address of the sender is looked at.
type AddressIn string

// The addresses.
const (
	InEnvelope       AddressIn = "envelope" // MAIL FROM; "" is the same
	InFrom           AddressIn = "header"   // the From field, each of its mailboxes
	InEnvelopeOrFrom AddressIn = "either"
)

// Sender is the condition `sender:` on the envelope sender.
type Sender struct {
	Match AddressMatch
	Site  *Organisation
}

// Recipient is `recipient:`: holds for the recipients that fit.
type Recipient struct {
	Match AddressMatch
	Site  *Organisation
}

// AnyRecipient is `any_recipient:`: holds for the message if one recipient fits.
type AnyRecipient Recipient

// AllRecipients is `all_recipients:`: holds for the message if it has
// recipients and all fit.
type AllRecipients Recipient

// RecipientCount is `recipient_count:`.
type RecipientCount struct{ Range Range }

func (c Sender) eval(e *Evaluation) set {
	e.saw("domain %q, authenticated %v", e.sender.domain, e.Message.Envelope.AuthUser != "")
	if c.Match.In != InFrom && c.Match.fits(e, "sender", e.sender, c.Site) {
		return e.all()
	}
	if c.Match.In == InFrom || c.Match.In == InEnvelopeOrFrom {
		for _, a := range e.from() {
			if c.Match.fits(e, "from", a, c.Site) {
				return e.all()
			}
		}
	}
	return e.none()
}

func (c Recipient) eval(e *Evaluation) set {
	out := e.each(func(i int) bool {
		return i < len(e.recipient) && c.Match.fits(e, "recipient", e.recipient[i], c.Site)
	})
	e.saw("%d of %d recipients", out.count(), len(e.recipient))
	return out
}

func (c AnyRecipient) eval(e *Evaluation) set {
	return e.whole(!Recipient(c).eval(e).empty())
}

func (c AllRecipients) eval(e *Evaluation) set {
	return e.whole(len(e.recipient) > 0 && Recipient(c).eval(e).full(e.n))
}

func (c RecipientCount) eval(e *Evaluation) set {
	e.saw("%d", len(e.recipient))
	return e.whole(c.Range.Has(int64(len(e.recipient))))
}

func (m AddressMatch) fits(e *Evaluation, who string, a address, site *Organisation) bool {
	env := e.Message.Envelope
	if len(m.Address) > 0 || m.AddressList != "" {
		if !anyGlob(m.Address, a.full) && (m.AddressList == "" || !e.Lists.Get(m.AddressList).Has(a.full)) {
			return false
		}
	}
	if len(m.Domain) > 0 || m.DomainList != "" {
		if a.domain == "" || !anyDomain(m.Domain, a.domain) && (m.DomainList == "" || !e.Lists.Get(m.DomainList).Has(a.domain)) {
			return false
		}
	}
	if len(m.Group) > 0 && !anyOf(m.Group, e.values(who, a, "groups")) {
		return false
	}
	for name, want := range m.Attribute {
		if !slices.ContainsFunc(e.values(who, a, name), func(v string) bool { return anyGlob(want, strings.ToLower(strings.TrimSpace(v))) }) {
			return false
		}
	}
	if len(m.Text.Matchers) > 0 && !m.Text.any(e, a.raw) {
		return false
	}
	if m.FirstTime != nil {
		f := e.Facts.Get(factName(who, a, FirstTime))
		if f.State != facts.Known || (f.Value == "true") != *m.FirstTime {
			return false
		}
	}
	if m.Manager != nil && *m.Manager != slices.ContainsFunc(e.values("sender", e.sender, TheManager), func(v string) bool {
		return strings.EqualFold(strings.TrimSpace(v), a.full)
	}) {
		return false
	}
	for _, name := range m.Same {
		if !e.same(who, a, name) {
			return false
		}
	}
	if m.Rated != nil && *m.Rated != m.Ratings.belowLabel(e, who, a, site) {
		return false
	}
	if m.Lookalike != nil && !m.Lookalike.fits(a.domain) {
		return false
	}
	if len(m.Network) > 0 || m.NetworkList != "" {
		ip, err := netip.ParseAddr(env.ClientIP)
		if err != nil || !inNetworks(m.Network, ip.Unmap()) && (m.NetworkList == "" || !e.Lists.Get(m.NetworkList).HasAddr(ip.Unmap())) {
			return false
		}
	}
	if m.Authenticated != nil && *m.Authenticated != (env.AuthUser != "") {
		return false
	}
	if m.Internal != nil && *m.Internal != site.HasDomain(a.domain) {
		return false
	}
	return m.Not == nil || !m.Not.fits(e, who, a, site)
}

// factName is "sender.groups", and "recipient.groups:<mailbox>" for a
// recipient or, with "from", a mailbox of the From field.
func factName(who string, a address, name string) string {
	if who != "sender" {
		return who + "." + name + ":" + a.full
	}
	return who + "." + name
}

// anyOf reports whether one of the values known is wanted.
func anyOf(want, known []string) bool {
	for _, v := range known {
		for _, w := range want {
			if strings.EqualFold(strings.TrimSpace(v), w) {
				return true
			}
		}
	}
	return false
}

func inNetworks(ps []netip.Prefix, ip netip.Addr) bool {
	for _, p := range ps {
		if p.Contains(ip) {
			return true
		}
	}
	return false
}

func anyGlob(patterns []string, s string) bool {
	for _, p := range patterns {
		if glob(p, s) {
			return true
		}
	}
	return false
}

// glob matches a pattern in which "*" stands for any run of characters. It
// runs in time proportional to len(pattern) × len(s) at worst.
func glob(p, s string) bool {
	px, sx, star, mark := 0, 0, -1, 0
	for sx < len(s) {
		switch {
		case px < len(p) && p[px] == '*':
			star, mark = px, sx
			px++
		case px < len(p) && p[px] == s[sx]:
			px++
			sx++
		case star >= 0:
			mark++
			px, sx = star+1, mark
		default:
			return false
		}
	}
	for px < len(p) && p[px] == '*' {
		px++
	}
	return px == len(p)
}

func anyDomain(patterns []string, domain string) bool {
	for _, p := range patterns {
		p = strings.TrimPrefix(p, "*")
		if p == domain || strings.HasPrefix(p, ".") && strings.HasSuffix(domain, p) && len(domain) > len(p) {
			return true
		}
	}
	return false
}

func (c Sender) String() string        { return "sender: " + c.Match.String() }
func (c Recipient) String() string     { return "recipient: " + c.Match.String() }
func (c AnyRecipient) String() string  { return "any_recipient: " + c.Match.String() }
func (c AllRecipients) String() string { return "all_recipients: " + c.Match.String() }
func (c RecipientCount) String() string {
	return "recipient_count: " + c.Range.String()
}

// String writes the match as in YAML.
func (m AddressMatch) String() string {
	var out []string
	add := func(key, v string) { out = append(out, key+": "+v) }
	lst := func(vs []string) string { return "[" + strings.Join(vs, ", ") + "]" }
	named := func(id string) string { return "{list: " + id + "}" }
	if len(m.Address) > 0 {
		add("address", lst(m.Address))
	}
	if m.AddressList != "" {
		add("address", named(m.AddressList))
	}
	if len(m.Domain) > 0 {
		add("domain", lst(m.Domain))
	}
	if m.DomainList != "" {
		add("domain", named(m.DomainList))
	}
	if len(m.Group) > 0 {
		add("group", lst(m.Group))
	}
	for _, k := range sortedKeys(m.Attribute) {
		add("attribute", "{"+k+": "+lst(m.Attribute[k])+"}")
	}
	if len(m.Text.Matchers) > 0 {
		add("address", m.Text.String())
	}
	if m.In != "" {
		add("in", string(m.In))
	}
	if len(m.Network) > 0 {
		add("network", fmt.Sprint(m.Network))
	}
	if m.NetworkList != "" {
		add("network", named(m.NetworkList))
	}
	if m.Authenticated != nil {
		add("authenticated", fmt.Sprint(*m.Authenticated))
	}
	if m.Internal != nil {
		add("internal", fmt.Sprint(*m.Internal))
	}
	if len(m.Same) > 0 {
		add("same", lst(m.Same))
	}
	if m.Rated != nil {
		add("rated_below_label", fmt.Sprint(*m.Rated))
	}
	if m.FirstTime != nil {
		add("first_time", fmt.Sprint(*m.FirstTime))
	}
	if m.Manager != nil {
		add("manager_of_sender", fmt.Sprint(*m.Manager))
	}
	if m.Lookalike != nil {
		add("lookalike", fmt.Sprintf("%d domains", len(m.Lookalike.Domains)))
	}
	if m.Not != nil {
		add("not", m.Not.String())
	}
	return "{" + strings.Join(out, ", ") + "}"
}
