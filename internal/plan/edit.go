package plan

import (
	"mime"
	"slices"
	"strings"
	"time"

	"labelmilter/internal/bodyedit"
	"labelmilter/internal/label"
	"labelmilter/internal/message"
	"labelmilter/internal/policy"
	"labelmilter/internal/verdict"
)

// editor collects the edits of one message. A region (a header name, the
// subject) belongs to the first rule that edits it; edits of other rules to
// the same region are reported, not applied.
type editor struct {
	msg       *message.Message
	deletes   []verdict.Modification
	changes   []verdict.Modification
	inserts   []verdict.Modification
	adds      []verdict.Modification
	bodies    []verdict.Modification // at most one
	rcpts     []verdict.Modification
	regions   map[string]string // lower-case region → owner
	conflicts []label.Conflict
	banners   []bodyedit.Banner // of the label
}

// sorted gives the edits in the order they are sent: deletions from the last
// occurrence to the first (the only order that both MTAs number alike),
// changes, insertions at the top, additions, the body, recipients.
func (e *editor) sorted() []verdict.Modification {
	out := slices.Concat(e.deletes, e.changes, e.inserts, e.adds, e.bodies, e.rcpts)
	if out == nil {
		out = []verdict.Modification{}
	}
	return out
}

// claim takes a region for a rule; false if another has it.
func (e *editor) claim(region, owner string) bool {
	region = strings.ToLower(region)
	have, taken := e.regions[region]
	if taken && have != owner {
		e.conflicts = append(e.conflicts, label.Conflict{Code: label.ModificationOverridden, Kept: have, Lost: []string{owner}, Detail: region})
		return false
	}
	e.regions[region] = owner
	return true
}

const ourselves = "labelmilter"

// own writes the fields that are ours: label, inspection and quarantine
// reason. What arrived under our names is removed, unless it is the one field
// we would write, to the letter.
func (e *editor) own(in Input, a label.Assignment, p Plan, o Options) {
	want := map[string]string{}
	if a.Label != nil && a.Outcome != label.Block && o.Writes(label.Header) {
		want[label.Header] = e.labelValue(in, a, o)
	}
	if len(in.Reasons) > 0 && p.Verdict.Disposition == verdict.Accept {
		want[InspectionHeader] = "incomplete; reason=" + strings.Join(in.Reasons, ",")
	}
	if p.Verdict.Disposition == verdict.Quarantine {
		want[ReasonHeader] = p.WinningRule + "; id=" + policy.IncidentID(in.Message.Digest)
	}
	for _, name := range OwnHeaders {
		e.regions[strings.ToLower(name)] = ourselves
		if e.removeAll(name, want[name]) {
			delete(want, name)
		}
	}
	e.say(in, a, want[label.Header], o)
	e.insert(InspectionHeader, want[InspectionHeader])
	e.insert(ReasonHeader, want[ReasonHeader])
}

// labelValue is the value of our label field. On a second pass the source may
// be another, as the marking that was written is then read in the header; the
// field of the first pass stays as it is if it comes back from inside.
func (e *editor) labelValue(in Input, a label.Assignment, o Options) string {
	if have := e.msg.Header.All(label.Header); len(have) == 1 && in.Trusted {
		if _, _, src, ok := label.ParseHeader(have[0].Value()); ok {
			first := a
			first.Source = src
			if v := label.FormatHeader(first, o.Catalogue.ID); v == have[0].Value() {
				return v
			}
		}
	}
	return label.FormatHeader(a, o.Catalogue.ID)
}

// replaceAll removes all fields of a name and inserts one with the value, ""
// for none. A single field with just that value is left alone.
func (e *editor) replaceAll(name, value string) {
	if !e.removeAll(name, value) {
		e.insert(name, value)
	}
}

// removeAll removes all fields of a name. A single field with just the value
// that is wanted is left alone: kept.
func (e *editor) removeAll(name, value string) (kept bool) {
	have := e.msg.Header.All(name)
	if e.has(name, value) && len(have) == 1 {
		return true
	}
	for i := len(have); i > 0; i-- {
		e.deletes = append(e.deletes, verdict.Modification{Op: verdict.DeleteHeader, Index: i, Name: have[i-1].Name})
	}
	return false
}

// has reports whether the message came with a field of that value.
func (e *editor) has(name, value string) bool {
	value = strings.TrimSpace(message.Unfold(value))
	return value != "" && slices.ContainsFunc(e.msg.Header.All(name), func(f message.Field) bool { return f.Value() == value })
}

// insert puts a field on top; "" for none.
func (e *editor) insert(name, value string) {
	if value != "" {
		e.inserts = append(e.inserts, verdict.Modification{Op: verdict.InsertHeader, Index: 0, Name: name, Value: value})
	}
}

// msip writes the items of the own tenant and keeps all others as they are.
// From outside, items that claim to be the own tenant's are removed.
func (e *editor) msip(in Input, a label.Assignment, o Options) {
	if o.Tenant == "" {
		return
	}
	fields := e.msg.Header.All(label.MSIPHeader)
	var values []string
	for _, f := range fields {
		values = append(values, f.Value())
	}
	old := label.ParseMSIP(strings.Join(values, ";"))
	own, had := old.OfTenant(o.Tenant)
	writes := o.Writes(label.MSIPHeader) && a.Label != nil && a.Label.GUID != "" && a.Outcome != label.Block
	if had && in.Trusted && (!writes || strings.EqualFold(own.GUID, a.Label.GUID)) && len(fields) == 1 {
		return // right already, with its own date and method
	}
	items := old.Without(o.Tenant, guids(o.Catalogue)...)
	if writes {
		items = append(items, label.MSIPWrite{Tenant: o.Tenant, Label: *a.Label, Method: "Standard",
			SetDate: setDate(in.Message)}.Items()...)
	}
	if len(fields) == 0 && len(items) == 0 || len(fields) <= 1 && old.Same(items) {
		return
	}
	e.regions[label.MSIPHeader] = ourselves
	value := label.JoinMSIP(items)
	e.replaceAll(label.MSIPHeader, value)
}

func guids(c *label.Catalogue) []string {
	var out []string
	for _, l := range c.Labels() {
		if l.GUID != "" {
			out = append(out, l.GUID)
		}
	}
	return out
}

// setDate is the message's own date, so that judging twice writes the same.
func setDate(m *message.Message) string {
	if d := m.Date(); !d.IsZero() {
		return d.UTC().Format(time.RFC3339)
	}
	return ""
}

// rule applies the edits of one effective rule.
func (e *editor) rule(r policy.RuleResult) {
	owner := r.Name()
	for _, a := range r.Actions {
		switch a.Kind {
		case policy.ActAddHeader:
			if e.claim(a.Name, owner) && !e.hasField(a.Name, headerText(a.Value)) {
				e.adds = append(e.adds, verdict.Modification{Op: verdict.AddHeader, Index: 0, Name: a.Name, Value: headerText(a.Value)})
			}
		case policy.ActChangeHeader:
			if e.claim(a.Name, owner) {
				e.change(a.Name, headerText(a.Value))
			}
		case policy.ActDeleteHeader:
			if e.claim(a.Name, owner) {
				for i := len(e.msg.Header.All(a.Name)); i > 0; i-- {
					e.deletes = append(e.deletes, verdict.Modification{Op: verdict.DeleteHeader, Index: i, Name: a.Name})
				}
			}
		case policy.ActSubjectPrefix, policy.ActSubjectSuffix:
			if e.claim("subject", owner) {
				e.subject(a)
			}
		case policy.ActRoute, policy.ActRequireTLS:
			if e.claim("route", owner) {
				e.inserts = append(e.inserts, verdict.Modification{Op: verdict.InsertHeader, Index: 0, Name: RouteHeader, Value: a.Route})
			}
		case policy.ActAddRecipient, policy.ActBcc, policy.ActRedirect:
			if a.Kind == policy.ActRedirect {
				e.takeOut(r.Recipients, a.Mailboxes)
			}
			for _, to := range a.Mailboxes {
				if !slices.ContainsFunc(e.msg.Envelope.RcptTo, func(x string) bool { return strings.EqualFold(x, to) }) && !e.hasRcpt(to) {
					e.rcpts = append(e.rcpts, verdict.Modification{Op: verdict.AddRecipient, Address: to})
				}
			}
		case policy.ActDeleteRecipient:
			e.takeOut(r.Recipients, nil)
		}
	}
}

// dropped takes out the recipients that a rule refuses, also from a message
// that another rule holds: when it is released it must not reach them.
func (e *editor) dropped(r policy.RuleResult) {
	for _, a := range r.Actions {
		if a.Kind == policy.ActDeleteRecipient && a.Reply.Code != 0 {
			e.takeOut(r.Recipients, nil)
		}
	}
}

// takeOut removes recipients, but none of those that are to have the message.
func (e *editor) takeOut(recipients, keep []string) {
	for _, rc := range recipients {
		if !e.hasRcpt(rc) && !slices.ContainsFunc(keep, func(k string) bool { return strings.EqualFold(k, rc) }) {
			e.rcpts = append(e.rcpts, verdict.Modification{Op: verdict.DeleteRecipient, Address: rc})
		}
	}
}

// hasField reports whether a field with just that value is there already, or
// will be: mail that passes twice gets it once.
func (e *editor) hasField(name, value string) bool {
	value = strings.TrimSpace(message.Unfold(value))
	return slices.ContainsFunc(e.msg.Header.All(name), func(f message.Field) bool { return f.Value() == value }) ||
		slices.ContainsFunc(e.adds, func(m verdict.Modification) bool {
			return strings.EqualFold(m.Name, name) && strings.TrimSpace(message.Unfold(m.Value)) == value
		})
}

func (e *editor) hasRcpt(addr string) bool {
	return slices.ContainsFunc(e.rcpts, func(m verdict.Modification) bool { return m.Address == addr })
}

// change sets the one field of a name: the first is changed, further ones are
// removed, a missing one is added.
func (e *editor) change(name, value string) {
	have := e.msg.Header.All(name)
	if len(have) == 0 {
		e.adds = append(e.adds, verdict.Modification{Op: verdict.AddHeader, Index: 0, Name: name, Value: value})
		return
	}
	for i := len(have); i > 1; i-- {
		e.deletes = append(e.deletes, verdict.Modification{Op: verdict.DeleteHeader, Index: i, Name: name})
	}
	if have[0].Value() != value {
		e.changes = append(e.changes, verdict.Modification{Op: verdict.ChangeHeader, Index: 1, Name: name, Value: value})
	}
}

// subject puts a prefix or suffix on the subject, once: a subject that has it
// already stays.
func (e *editor) subject(a policy.Action) {
	fields := e.msg.Header.All("Subject")
	raw := ""
	if len(fields) > 0 {
		raw = fields[0].Value()
	}
	pending := -1
	for i, m := range e.changes {
		if m.Name == "Subject" {
			pending, raw = i, m.Value
		}
	}
	text := message.DecodeField(raw)
	add := strings.TrimSpace(a.Value)
	if a.Kind == policy.ActSubjectPrefix && strings.HasPrefix(text, add) || a.Kind == policy.ActSubjectSuffix && strings.HasSuffix(text, add) {
		return
	}
	// Keep the original encoding where the addition is plain ASCII: blanks
	// between it and an encoded word are shown (RFC 2047 6.2).
	var value string
	switch {
	case a.Kind == policy.ActSubjectPrefix && isASCII(add) && isASCII(raw):
		value = strings.TrimSpace(add + " " + raw)
	case a.Kind == policy.ActSubjectSuffix && isASCII(add) && isASCII(raw):
		value = strings.TrimSpace(raw + " " + add)
	case a.Kind == policy.ActSubjectPrefix:
		value = encode(strings.TrimSpace(add + " " + text))
	default:
		value = encode(strings.TrimSpace(text + " " + add))
	}
	m := verdict.Modification{Op: verdict.ChangeHeader, Index: 1, Name: "Subject", Value: value}
	switch {
	case pending >= 0:
		e.changes[pending] = m
	case len(fields) == 0:
		m.Op, m.Index = verdict.AddHeader, 0
		e.adds = append(e.adds, m)
	default:
		e.changes = append(e.changes, m)
	}
}

// headerText makes a header value of free text: encoded words for what is not
// ASCII, no line ends.
func headerText(s string) string {
	return encode(strings.Join(strings.FieldsFunc(s, func(r rune) bool { return r == '\r' || r == '\n' || r == 0 }), " "))
}

// encode writes text as encoded words where it is not plain ASCII, folded
// between words.
func encode(s string) string {
	if isASCII(s) {
		return s
	}
	return strings.ReplaceAll(mime.QEncoding.Encode("utf-8", s), "?= =?", "?=\n =?")
}

func isASCII(s string) bool {
	for i := range len(s) {
		if s[i] >= 0x80 || s[i] < 0x20 && s[i] != '\t' {
			return false
		}
	}
	return true
}
