package marking

import (
	"fmt"
	"slices"
	"strings"
)

// Reader reads the markings of one home scheme and of further schemes. It is
// immutable and safe for concurrent use.
//
// Words that several schemes share are the home scheme's. Of another scheme
// only what its own syntax makes unmistakable is read, so that no word ever
// crosses from one scheme to another.
type Reader struct {
	home   string
	ids    []string // home first
	vocab  []*vocabulary
	au     bool // the Australian field and tags
	native bool // the Australian scheme is the home scheme
}

// NewReader makes a reader. home is one of SchemeIDs(true), or "" for none.
func NewReader(home string, others ...string) (*Reader, error) {
	r := &Reader{home: home, native: home == SchemeAU}
	if home != "" {
		if s, ok := FindScheme(home); !ok || !s.Home {
			return nil, fmt.Errorf("marking: unknown home scheme %q", home)
		}
		r.ids = append(r.ids, home)
	}
	for _, id := range others {
		if _, ok := FindScheme(id); !ok {
			return nil, fmt.Errorf("marking: unknown scheme %q", id)
		}
		if !slices.Contains(r.ids, id) {
			r.ids = append(r.ids, id)
		}
	}
	r.au = slices.Contains(r.ids, SchemeAU)
	// In the order in which a line is offered: the home scheme, then the
	// schemes whose words are the least like others'.
	for _, id := range []string{home, SchemeNATO, SchemeUS, SchemeUK, SchemeNZ} {
		if !slices.Contains(r.ids, id) || slices.ContainsFunc(r.vocab, func(v *vocabulary) bool { return v.scheme == id }) {
			continue
		}
		switch id {
		case SchemeNATO:
			r.vocab = append(r.vocab, natoVocabulary())
		case SchemeUS:
			r.vocab = append(r.vocab, usVocabulary(id == home))
		case SchemeUK:
			r.vocab = append(r.vocab, ukVocabulary(id == home))
		case SchemeNZ:
			r.vocab = append(r.vocab, nzVocabulary(id == home))
		}
	}
	return r, nil
}

// Reads reports whether the scheme is read.
func (r *Reader) Reads(scheme string) bool { return slices.Contains(r.ids, scheme) }

// Home is the id of the home scheme.
func (r *Reader) Home() string { return r.home }

// Subject finds the markings in a subject whose encoded words are decoded,
// from left to right.
func (r *Reader) Subject(subject string) []Tag {
	var tags []Tag
	if r.au {
		tags = FindSubject(subject)
	}
	n := len(tags)
	for _, v := range r.vocab {
		for _, t := range v.subject(subject) {
			if !slices.ContainsFunc(tags, func(o Tag) bool { return t.Start < o.End && o.Start < t.End }) {
				tags = append(tags, t)
			}
		}
	}
	if len(tags) > n {
		slices.SortStableFunc(tags, func(a, b Tag) int { return a.Start - b.Start })
	}
	return tags
}

// Text finds markings in running text; see [FindText] for what counts as own,
// quoted and mention.
func (r *Reader) Text(text string) []TextMarking {
	var own []TextMarking
	if r.au {
		own = FindText(text)
		if !r.native {
			own = slices.DeleteFunc(own, func(t TextMarking) bool { return !typed(t.Marking) })
		}
	}
	if len(r.vocab) == 0 {
		return own
	}
	others := foreignText(text, r.vocab)
	if len(own) == 0 {
		return others
	}
	out := own[:len(own):len(own)]
	for _, t := range others {
		// A line that the home scheme reads is the home scheme's, unless it
		// is only a word of its past.
		i := slices.IndexFunc(out, func(o TextMarking) bool { return t.Start < o.End && o.Start < t.End })
		switch {
		case i < 0:
			out = append(out, t)
		case out[i].Marking.Scheme == SchemeAU && pastOnly(out[i].Marking):
			out = slices.Concat(out[:i], out[i+1:], []TextMarking{t})
		}
	}
	slices.SortStableFunc(out, func(a, b TextMarking) int { return a.Start - b.Start })
	return out
}

// typed reports whether an Australian marking in text can be no other
// scheme's: a tag, a field, or words that only Australia uses.
func typed(m Marking) bool {
	if strings.Contains(m.Raw, "=") {
		return true
	}
	switch m.Classification {
	case Unofficial, Protected:
		return true
	case OfficialSensitive:
		return strings.Contains(m.Raw, ":")
	}
	return false
}

// pastOnly reports whether all a marking says is in words of 2012 or before.
func pastOnly(m Marking) bool {
	_, present := Rank(m.Classification)
	return !present && !strings.Contains(m.Raw, "=")
}
