package plan

import (
	"html"
	"maps"
	"slices"

	"labelmilter/internal/bodyedit"
	"labelmilter/internal/dkim"
	"labelmilter/internal/label"
	"labelmilter/internal/message"
	"labelmilter/internal/verdict"
)

// DKIMPolicy says what happens to an edit that says the label and would break
// a DKIM signature whose body hash holds (RFC 6376).
type DKIMPolicy string

// The policies.
const (
	DKIMProceed  DKIMPolicy = "proceed"  // make it, and record that the signature breaks
	DKIMUnsigned DKIMPolicy = "unsigned" // leave that edit out, make those that break nothing
	DKIMSkip     DKIMPolicy = "skip"     // write nothing about the label
)

// say writes what tells people and programs the label: our own field,
// msip_labels, the protective marking, SIO-Label and the banner, as far as
// they are asked for. What it does to DKIM signatures is foreseen.
func (e *editor) say(in Input, a label.Assignment, own string, o Options) {
	start := e.mark()
	var lost []string
	for _, w := range []struct {
		name  string
		write func()
	}{
		{label.Header, func() { e.insert(label.Header, own) }},
		{label.MSIPHeader, func() { e.msip(in, a, o) }},
		{MarkingHeader, func() { e.marking(in, a, MarkingHeader, o) }},
		{SubjectTag, func() { e.marking(in, a, SubjectTag, o) }},
		{SIOHeader, func() { e.sio(in, a, o) }},
		{BannerRegion, func() { e.labelBanner(in, a, o) }},
	} {
		before := e.mark()
		w.write()
		why := e.breaks(e.since(before))
		if why == "" {
			continue
		}
		// Claims of being labelled here that come from outside are removed
		// whatever becomes of a signature.
		if o.DKIM == "" || o.DKIM == DKIMProceed || w.name == label.MSIPHeader && !in.Trusted {
			e.conflicts = append(e.conflicts, label.Conflict{Code: label.DKIMBroken, Kept: w.name, Lost: []string{"dkim-signature"}, Detail: why})
			continue
		}
		lost = append(lost, w.name)
		e.reset(before)
		e.conflicts = append(e.conflicts, label.Conflict{Code: label.ModificationOverridden, Kept: "dkim-signature", Lost: []string{ourselves}, Detail: w.name + ": " + why})
	}
	if o.DKIM == DKIMSkip && len(lost) > 0 {
		conflicts := e.conflicts
		e.reset(start)
		e.conflicts = conflicts
	}
}

// mark is a state of the edits to come back to.
type mark struct {
	deletes, changes, inserts, adds, conflicts, banners int
	regions                                             map[string]string
}

func (e *editor) mark() mark {
	return mark{len(e.deletes), len(e.changes), len(e.inserts), len(e.adds), len(e.conflicts), len(e.banners), maps.Clone(e.regions)}
}

func (e *editor) reset(m mark) {
	e.deletes, e.changes, e.inserts, e.adds = e.deletes[:m.deletes], e.changes[:m.changes], e.inserts[:m.inserts], e.adds[:m.adds]
	e.conflicts, e.banners, e.regions = e.conflicts[:m.conflicts], e.banners[:m.banners], m.regions
}

// since gives the edits made since a mark, as they are sent. A banner is
// stood for by a body that has its text.
func (e *editor) since(m mark) []verdict.Modification {
	out := slices.Concat(e.deletes[m.deletes:], e.changes[m.changes:], e.inserts[m.inserts:], e.adds[m.adds:])
	for _, b := range e.banners[m.banners:] {
		body := slices.Concat([]byte(b.Text+"\r\n"), e.msg.Body)
		if b.Bottom {
			body = slices.Concat(e.msg.Body, []byte(b.Text+"\r\n"))
		}
		out = append(out, verdict.Modification{Op: verdict.ReplaceBody, Body: body})
	}
	return out
}

// breaks gives why edits would break a signature that holds, "" if they break
// none.
func (e *editor) breaks(mods []verdict.Modification) string {
	if !dkim.Signs(e.msg.Header, mods) {
		return ""
	}
	for _, x := range dkim.Preflight(e.msg.Header, e.msg.Body, mods) {
		if x.Breaks && x.Signature.BodyHash == dkim.HashMatch {
			return x.Reason
		}
	}
	return ""
}

// BannerRegion is the place of the label's banner among the edits.
const BannerRegion = "label-banner"

// LabelBanner says where the banner of the label is put into the text; none
// without a place.
type LabelBanner struct {
	Top, Bottom bool
	Directions  []message.Direction // outbound and internal if empty
}

// labelBanner asks for the banner of the label in the text of the message. It
// never goes into signed or encrypted parts, and not into bounces.
func (e *editor) labelBanner(in Input, a label.Assignment, o Options) {
	dirs := o.Banner.Directions
	if len(dirs) == 0 {
		dirs = []message.Direction{message.Outbound, message.Internal}
	}
	if a.Label == nil || a.Outcome != label.Labelled || !slices.Contains(dirs, in.Direction) || bounce(in) {
		return
	}
	text := a.Label.Banner
	if text == "" {
		text = a.Label.Name
	}
	for _, bottom := range []bool{false, true} {
		if bottom && o.Banner.Bottom || !bottom && o.Banner.Top {
			e.banners = append(e.banners, bodyedit.Banner{Text: text, HTML: bannerHTML(text), Bottom: bottom, Once: true})
		}
	}
}

// bannerHTML writes a banner as the marking of a page: centred, bold, red.
func bannerHTML(text string) string {
	return `<p style="text-align:center;color:#cc0000;font-weight:bold">` + html.EscapeString(text) + `</p>`
}
