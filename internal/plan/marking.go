package plan

import (
	"slices"
	"strings"

	"labelmilter/internal/label"
	"labelmilter/internal/marking"
	"labelmilter/internal/message"
	"labelmilter/internal/verdict"
)

// MarkingHeader is the field of the Email Protective Marking Standard, and
// SubjectTag the name under which the tag in the subject is asked for.
const (
	MarkingHeader = "X-Protective-Marking"
	SubjectTag    = "subject"
)

// MarkingVersion is the VER element that is written unless another is asked for.
const MarkingVersion = "2024.1"

// MarkingOptions say how a protective marking is written.
type MarkingOptions struct {
	Version string // VER, MarkingVersion if empty
	// ExpiryFirst puts EXPIRES and DOWNTO before ACCESS, as EPMS 2024 §7.1
	// has it; else they come last, as in Table 16, which is definitive.
	ExpiryFirst bool
	Place       marking.Place // of the tag in the subject
	// SingleIMM holds the domains (with a leading dot the subdomains) whose
	// readers take one information management marker: a marking that goes
	// there carries the label's alone.
	SingleIMM []string
}

func (o MarkingOptions) form(f marking.Form) marking.Form {
	if o.ExpiryFirst {
		f |= marking.ExpiryFirst
	}
	return f
}

// marking writes the protective marking of the label into the field or the
// subject of mail that leaves or stays inside. A field or tag that says the
// same already is left as it is.
func (e *editor) marking(in Input, a label.Assignment, where string, o Options) {
	if in.Direction != message.Outbound && in.Direction != message.Internal || a.Label == nil || a.Outcome != label.Labelled || o.Maps == nil || !o.Writes(where) {
		return
	}
	want, ok := markingOf(a.Label, o.Catalogue)
	switch {
	case !ok:
	case where == SubjectTag:
		e.markingSubject(in, a.Label.ID, want, o)
	default:
		e.markingField(in, a.Label.ID, want, o)
	}
}

// markingOf gives the marking that stands for a label, or for the nearest
// label above it that has one.
func markingOf(l *label.Label, c *label.Catalogue) (label.Marking, bool) {
	for range 16 {
		if l.Marking.Classification != "" {
			return l.Marking, true
		}
		p, ok := c.Get(l.Parent)
		if !ok {
			break
		}
		l = &p
	}
	return label.Marking{}, false
}

// found is the marking that the message came with in the field, or in the
// subject: that of the place asked for, else the other's, so that what one
// carries beside the label is not lost in the other.
func (e *editor) found(where string) marking.Marking {
	var field, tag *marking.Marking
	if fs := e.msg.Header.All(MarkingHeader); len(fs) > 0 {
		if m := marking.ParseHeader(fs[0].Raw); m.Scheme == marking.SchemeAU {
			field = &m
		}
	}
	if f, ok := e.msg.Header.First("Subject"); ok {
		if tags := marking.FindSubject(message.DecodeField(f)); len(tags) > 0 {
			tag = &tags[0].Marking
		}
	}
	if where == SubjectTag {
		field, tag = tag, field
	}
	switch {
	case field != nil:
		return *field
	case tag != nil:
		return *tag
	}
	return marking.Marking{Scheme: marking.SchemeAU}
}

func (e *editor) markingField(in Input, id label.ID, want label.Marking, o Options) {
	fields := e.msg.Header.All(MarkingHeader)
	m := e.found(MarkingHeader)
	single := e.singleIMM(in, m, want, o)
	if len(fields) == 1 && len(m.Diagnostics) == 0 && o.says(m, id, want) && len(single) == 0 {
		return
	}
	m = raised(m, id, want, o)
	m = e.reduce(m, single)
	m.Version, m.Namespace = MarkingVersion, "gov.au"
	if o.Marking.Version != "" {
		m.Version = o.Marking.Version
	}
	if m.Origin == "" || strings.ContainsAny(m.Origin, " ,<>") {
		// EPMS 2024 §7: who first classified it; the authenticated sender.
		m.Origin = in.Message.Envelope.MailFrom
	}
	value, err := marking.Format(m, o.Marking.form(marking.FormHeader))
	if err != nil {
		m.Note, m.Expires, m.Downto = "", "", "" // free text that cannot be written as it stands
		if value, err = marking.Format(m, o.Marking.form(marking.FormHeader)); err != nil {
			return // no conforming field can be written, for want of a sender for instance
		}
	}
	if e.claim(MarkingHeader, ourselves) {
		e.replaceAll(MarkingHeader, marking.Fold(MarkingHeader, value, "\n"))
	}
}

// says reports whether a marking stands for a label: it has all of the label's
// marking and comes to that label, or to the one above it that has a marking.
func (o Options) says(m marking.Marking, id label.ID, want label.Marking) bool {
	if !covers(m, want) {
		return false
	}
	got := o.Maps(m)
	for range 16 {
		if got == id {
			return true
		}
		l, ok := o.Catalogue.Get(id)
		if !ok || l.Marking.Classification != "" {
			return false
		}
		id = l.Parent
	}
	return false
}

// covers reports whether a marking says what a label's marking says: its
// class, and all its caveats and markers.
func covers(m marking.Marking, want label.Marking) bool {
	return m.Classification == want.Classification && subset(want.Caveats, m.Caveats) && subset(want.IMMs, m.IMMs)
}

func subset(want, have []string) bool {
	return !slices.ContainsFunc(want, func(x string) bool { return !slices.Contains(have, x) })
}

// raised gives a marking the class, caveats and markers of a label. What it
// had beside them stays, unless it would then stand for another label.
func raised(m marking.Marking, id label.ID, want label.Marking, o Options) marking.Marking {
	m.Scheme = marking.SchemeAU
	m.Classification, m.DLM = want.Classification, ""
	join := func(first, rest []string, known func(string) bool) []string {
		out := slices.Clone(first)
		for _, x := range rest {
			if !slices.Contains(out, x) && known(x) {
				out = append(out, x)
			}
		}
		return out
	}
	m.Caveats = join(want.Caveats, m.Caveats, func(x string) bool { return marking.CaveatPermitted(x, want.Classification) })
	m.IMMs = join(want.IMMs, m.IMMs, func(x string) bool {
		return slices.Contains(marking.IMMs(), x) && marking.IMMPermitted(want.Classification)
	})
	if !o.says(m, id, want) {
		m.Caveats, m.IMMs = slices.Clone(want.Caveats), slices.Clone(want.IMMs)
	}
	if m.Expires == "" || !marking.Lower(m.Downto, m.Classification) {
		m.Expires, m.Downto = "", ""
	}
	return m
}

// plainTag encodes a tagged subject so that the tag itself stays plain ASCII,
// on a line of its own if the text before it is encoded: readers that know no
// encoded words see it (RFC 2047 6.2 shows the blank between).
func plainTag(tagged string, m marking.Marking, form marking.Form) string {
	tag, err := marking.Format(m, form)
	if err != nil || isASCII(tagged) {
		return encode(tagged)
	}
	if text, found := strings.CutSuffix(tagged, " "+tag); found {
		return encode(text) + "\n " + tag
	}
	if text, found := strings.CutPrefix(tagged, tag+" "); found {
		return tag + "\n " + encode(text)
	}
	return encode(tagged)
}

// markingSubject puts exactly one tag at the end of the subject.
func (e *editor) markingSubject(in Input, id label.ID, want label.Marking, o Options) {
	fields := e.msg.Header.All("Subject")
	text := ""
	if len(fields) > 0 {
		text = message.DecodeField(fields[0].Raw)
	}
	tags := marking.FindSubject(text)
	m := e.found(SubjectTag)
	single := e.singleIMM(in, m, want, o)
	if len(tags) == 1 && len(m.Diagnostics) == 0 && o.says(m, id, want) && len(single) == 0 {
		return
	}
	m = raised(m, id, want, o)
	m = e.reduce(m, single)
	tagged, err := marking.SetSubject(text, m, o.Marking.Place, o.Marking.form(marking.FormSubject))
	if err != nil || tagged == text {
		return
	}
	if !e.claim("subject", ourselves) {
		return
	}
	mod := verdict.Modification{Op: verdict.ChangeHeader, Index: 1, Name: "Subject", Value: plainTag(tagged, m, o.Marking.form(marking.FormSubject))}
	if len(fields) == 0 {
		mod.Op, mod.Index = verdict.AddHeader, 0
		e.adds = append(e.adds, mod)
		return
	}
	e.changes = append(e.changes, mod)
}
