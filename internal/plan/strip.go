package plan

import (
	"slices"
	"strings"

	"labelmilter/internal/bodyedit"
	"labelmilter/internal/budget"
	"labelmilter/internal/message"
	"labelmilter/internal/override"
	"labelmilter/internal/policy"
	"labelmilter/internal/verdict"
)

// Strip is what must not reach recipients: tokens and the reason given with
// one.
type Strip struct {
	Header bool     // there are tokens in header fields
	Line   bool     // the first line of the text goes
	Tokens []string // in text, to be masked
	// Renamed are mailboxes of the envelope that held a token, by the mailbox
	// without.
	Renamed map[string]string
	// Dropped are the recipients that a token was sent to, as in RCPT.
	Dropped []string
}

// body adds to an edit what is to go from the text.
func (s Strip) body(e *bodyedit.Edit) bool {
	if s.Line {
		e.FirstLine = override.IsLine
	}
	if len(s.Tokens) > 0 {
		r := bodyedit.Redaction{Mask: '*'}
		for _, t := range s.Tokens {
			r.Values = append(r.Values, bodyedit.Key(t))
		}
		e.Redact = append(e.Redact, r)
	}
	return s.Line || len(s.Tokens) > 0
}

// Sticks reports that text cannot be stripped: it is signed or encrypted, or
// not wholly read. lines is in how many texts the first line goes.
func (s Strip) Sticks(m *message.Message, lines int, l budget.Limits) bool {
	var e bodyedit.Edit
	if !s.body(&e) {
		return false
	}
	res, err := bodyedit.Apply(m, e, l)
	return err != nil || s.Line && res.Cut < lines || len(s.Tokens) > 0 && res.Masked == 0
}

// addressFields hold lists of addresses.
var addressFields = []string{"from", "sender", "reply-to", "to", "cc", "bcc", "resent-to", "resent-cc", "resent-bcc", "x-original-to", "delivered-to"}

// strip takes tokens out of header fields.
func (e *editor) strip(s Strip) {
	if !s.Header {
		return
	}
	nth := map[string]int{}
	for _, f := range e.msg.Header {
		key := strings.ToLower(f.Name)
		nth[key]++
		if slices.ContainsFunc(OwnHeaders, func(n string) bool { return strings.EqualFold(n, f.Name) }) {
			continue // goes as a whole
		}
		if !override.Has(f.Raw) && !strings.Contains(f.Raw, "=?") {
			continue
		}
		text := message.DecodeField(f.Raw)
		if !override.Has(text) {
			continue
		}
		without := override.Strip
		if slices.Contains(addressFields, key) {
			without = override.StripAddresses
		}
		value := encode(without(text))
		if raw := f.Value(); isASCII(raw) && override.Has(raw) {
			value = without(raw)
		}
		name := f.Name
		if key == "subject" {
			name = "Subject" // as edits of the subject are recognised
		}
		m := verdict.Modification{Op: verdict.ChangeHeader, Index: nth[key], Name: name, Value: value}
		if value == "" && len(e.msg.Header.All(f.Name)) == 1 {
			m.Op = verdict.DeleteHeader
			e.deletes = append(e.deletes, m)
			continue
		}
		e.changes = append(e.changes, m)
	}
}

// plain takes tokens out of the mailboxes of the envelope.
func (p *Plan) plain(s Strip) {
	if p.refuses() {
		return
	}
	for _, r := range s.Dropped {
		p.Modifications = append(p.Modifications, verdict.Modification{Op: verdict.DeleteRecipient, Address: r})
	}
	if len(s.Renamed) == 0 {
		return
	}
	gone := map[string]bool{}
	for i, m := range p.Modifications {
		if m.Op == verdict.DeleteRecipient && s.Renamed[m.Address] != "" {
			gone[m.Address] = true
			p.Modifications[i].Address = s.Renamed[m.Address]
		}
	}
	names := make([]string, 0, len(s.Renamed))
	for name := range s.Renamed {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, name := range names {
		if !gone[name] {
			p.Modifications = append(p.Modifications, verdict.Modification{Op: verdict.DeleteRecipient, Address: s.Renamed[name]},
				verdict.Modification{Op: verdict.AddRecipient, Address: name})
		}
	}
}

// withoutSender is a notice without its sender, who knows: it was the sender
// who lifted the rule.
func withoutSender(a policy.Action, sender string) policy.Action {
	if slices.Contains(a.Addresses, policy.TheSender) {
		a.Addresses = slices.DeleteFunc(slices.Clone(a.Addresses), func(s string) bool { return s == policy.TheSender })
		a.Mailboxes = slices.DeleteFunc(slices.Clone(a.Mailboxes), func(s string) bool { return strings.EqualFold(s, sender) })
		a.Unknown = slices.DeleteFunc(slices.Clone(a.Unknown), func(s string) bool { return s == policy.TheSender })
	}
	return a
}
