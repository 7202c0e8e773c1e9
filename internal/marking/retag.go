package marking

import (
	"errors"
	"strings"
)

// Place says where in a subject the tag goes.
type Place uint8

// The places. The standard recommends the end (EPMS 2024 §6.2).
const (
	AtEnd Place = iota
	AtStart
)

// ErrSubject is returned for a subject that cannot be given exactly one tag.
var ErrSubject = errors.New("marking: subject would not read back as tagged once")

// SetSubject gives a decoded subject exactly one tag, that of m, with a blank
// between it and the text. Tags of the scheme already there are removed
// wherever they stand, as [StripSubject] does; everything else is left octet
// for octet. Setting the same marking again changes nothing.
//
// form is FormSubject and what options it has. SetSubject fails with
// [ErrNotStrict] if m cannot be written.
func SetSubject(subject string, m Marking, place Place, form Form) (string, error) {
	tag, err := Format(m, form)
	if err != nil {
		return "", err
	}
	text := StripSubject(subject)
	var out string
	switch {
	case text == "":
		out = tag
	case place == AtStart:
		out = tag + " " + text
	default:
		out = text + " " + tag
	}
	n, own := 0, false
	eachTag(SourceSubject, out, len(out), func(t Tag) {
		if isOurs(t) {
			n++
			own = out[t.Start:t.End] == tag
		}
	})
	if n != 1 || !own {
		return "", ErrSubject
	}
	return out, nil
}

// maxPasses bounds how often tags that appear when others are removed are
// looked for.
const maxPasses = 8

// StripSubject removes every tag of the scheme, closed or not, with the one
// blank that set it off. Tags of other namespaces and look-alikes are no tags
// of the scheme and stay. A subject built so that removing tags makes new
// ones loses its square brackets in the end.
func StripSubject(subject string) string {
	for range maxPasses {
		out, found := stripOnce(subject)
		if !found {
			return subject
		}
		subject = out
	}
	if _, found := stripOnce(subject); !found {
		return subject
	}
	return strings.Map(func(r rune) rune {
		if b, ok := foldRune(r); r == '[' || ok && b == '[' {
			return -1
		}
		return r
	}, subject)
}

// isOurs tells tags of the scheme from look-alikes and foreign ones.
func isOurs(t Tag) bool {
	return t.Marking.Scheme == SchemeAU && !t.Marking.Has(LookalikeTag)
}

func stripOnce(s string) (string, bool) {
	var b strings.Builder
	last, found := 0, false
	eachTag(SourceSubject, s, len(s), func(t Tag) {
		if !isOurs(t) {
			return
		}
		found = true
		from, to := t.Start, t.End
		switch {
		case from > last && isBlank(s[from-1]):
			from--
		case from == last && b.Len() == 0 && to < len(s) && isBlank(s[to]):
			to++
		}
		b.WriteString(s[last:from])
		if from > 0 && to < len(s) && !isBlank(s[from-1]) && !isBlank(s[to]) {
			b.WriteByte(' ') // so that what stood apart does not grow together
		}
		last = to
	})
	if !found {
		return s, false
	}
	b.WriteString(s[last:])
	return b.String(), true
}
