package marking

import (
	"fmt"
	"slices"
	"strings"
)

// Form is how a marking is written; a form and any of the options.
type Form uint8

// The forms.
const (
	// FormHeader is the value of the X-Protective-Marking field, unfolded.
	FormHeader Form = 1 << iota
	// FormSubject is the tag with its brackets. It has no VER, NS, NOTE and
	// ORIGIN.
	FormSubject
	// ExpiryFirst is an option: EXPIRES and DOWNTO before ACCESS, the order of
	// EPMS 2024 §7.1, for readers that know no other. Without it they come
	// last, as in Table 16, which is definitive.
	ExpiryFirst
)

// Format writes m in canonical form. What it returns reads back as m without
// a single diagnostic; a marking of which that is not true is refused with
// [ErrNotStrict]: missing elements, historical vocabulary, caveats or markers
// the class may not carry, text too long or outside printable ASCII, a field
// of more than 998 octets.
func Format(m Marking, form Form) (string, error) {
	switch form &^ ExpiryFirst {
	case FormHeader:
		out := formatField(m, form&ExpiryFirst != 0)
		return verified(out, m, ParseHeader(out), true)
	case FormSubject:
		var b strings.Builder
		b.WriteByte('[')
		medium(&b, m, form&ExpiryFirst != 0)
		b.WriteByte(']')
		out := b.String()
		tags := FindSubject(out)
		if len(tags) != 1 || tags[0].Start != 0 || tags[0].End != len(out) {
			return "", fmt.Errorf("%w: does not read back as one tag", ErrNotStrict)
		}
		return verified(out, m, tags[0].Marking, false)
	}
	return "", fmt.Errorf("%w: no such form", ErrNotStrict)
}

func formatField(m Marking, expiryFirst bool) string {
	var b strings.Builder
	b.WriteString("VER=")
	b.WriteString(m.Version)
	b.WriteString(", NS=")
	b.WriteString(m.Namespace)
	b.WriteString(", ")
	medium(&b, m, expiryFirst)
	if m.Note != "" {
		b.WriteString(", NOTE=")
		encodeText(&b, m.Note)
	}
	b.WriteString(", ORIGIN=")
	b.WriteString(m.Origin)
	return b.String()
}

func medium(b *strings.Builder, m Marking, expiryFirst bool) {
	b.WriteString("SEC=")
	b.WriteString(m.Classification)
	for _, c := range m.Caveats {
		b.WriteString(", CAVEAT=")
		encodeText(b, c) // no fixed caveat holds what it escapes
	}
	expiry := func() {
		if m.Expires != "" || m.Downto != "" {
			b.WriteString(", EXPIRES=")
			encodeText(b, m.Expires)
			b.WriteString(", DOWNTO=")
			b.WriteString(m.Downto)
		}
	}
	if expiryFirst {
		expiry()
	}
	for _, imm := range m.IMMs {
		b.WriteString(", ACCESS=")
		b.WriteString(imm)
	}
	if !expiryFirst {
		expiry()
	}
}

// verified compares what was written with what reads back.
func verified(out string, want, got Marking, field bool) (string, error) {
	if err := got.Strict(); err != nil {
		return "", err
	}
	same := want.Classification == got.Classification && want.DLM == got.DLM &&
		want.Expires == got.Expires && want.Downto == got.Downto &&
		slices.Equal(want.Caveats, got.Caveats) && slices.Equal(want.IMMs, got.IMMs)
	if field {
		same = same && want.Version == got.Version && want.Namespace == got.Namespace &&
			want.Note == got.Note && want.Origin == got.Origin
	}
	if !same || got.Scheme != SchemeAU {
		return "", fmt.Errorf("%w: does not read back as it was", ErrNotStrict)
	}
	return out, nil
}

// lineLimit is the line length RFC 5322 2.1.1 recommends, without CRLF.
const lineLimit = 78

// Fold breaks a value written by [Format] into lines of at most 78 octets
// where it can, counting the field name on the first. It breaks only between
// elements, before the blank that is there already, so unfolding gives the
// value back octet for octet. eol is the line end, CRLF or LF.
func Fold(name, value, eol string) string {
	var b strings.Builder
	col := len(name) + len(": ")
	for first := true; value != ""; first = false {
		n := elementLen(value)
		el := value[:n]
		value = value[n:]
		if !first && col+len(el) > lineLimit {
			b.WriteString(eol)
			col = 0
		}
		b.WriteString(el)
		col += len(el)
	}
	return b.String()
}

// elementLen is the length of the first element with the comma after it; the
// blank before the next belongs to the next.
func elementLen(s string) int {
	for i := 0; i < len(s); i++ {
		switch s[i] {
		case '\\':
			i++
		case ',':
			return i + 1
		}
	}
	return len(s)
}
