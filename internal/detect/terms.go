package detect

import (
	"cmp"
	"slices"
	"strings"

	"labelmilter/internal/match"
	"labelmilter/internal/match/fold"
)

// term is a distinct word or phrase of any list.
type term struct {
	set   int32 // of lists: number in Engine.sets
	cased int32 // number in Engine.cased, 0 if its case does not count
	whole bool  // stands between no letters or digits
}

// termSet is what the terms of the same lists have in common.
type termSet struct {
	lists []int32
	in    []uint64 // lists, as bits
	enabl []uint64 // matchers that some pattern needs one of the lists for
	// channels are those of byWord and byNumber that stand for them.
	channels [2]uint64
}

// termText is a term on its way into the indexes.
type termText struct {
	text          string // folded, canonical unless cased
	cased, inside bool
	list          int32
}

func (t *termText) compare(o *termText) int {
	if c := strings.Compare(t.text, o.text); c != 0 {
		return c
	}
	return cmp.Or(compareBool(t.cased, o.cased), compareBool(t.inside, o.inside))
}

func compareBool(a, b bool) int {
	switch {
	case a == b:
		return 0
	case b:
		return -1
	}
	return 1
}

// buildTerms makes the terms of all lists distinct and gives their texts, by
// number; those of a term of several lists stand once.
func (e *Engine) buildTerms() (texts []termText) {
	var all []termText
	for l := range e.pl.lists {
		li := &e.pl.lists[l]
		if e.late[l] {
			continue
		}
		for _, w := range li.words {
			if !li.cased {
				w = canonical(w)
			}
			all = append(all, termText{w, li.cased, li.strings, int32(l)})
		}
	}
	slices.SortFunc(all, func(a, b termText) int { return cmp.Or(a.compare(&b), cmp.Compare(a.list, b.list)) })
	sets := map[string]int32{}
	var lists []int32
	var key []byte
	for lo, hi := 0, 0; lo < len(all); lo = hi {
		lists, key = lists[:0], key[:0]
		for hi = lo; hi < len(all) && all[hi].compare(&all[lo]) == 0; hi++ {
			if l := all[hi].list; len(lists) == 0 || lists[len(lists)-1] != l {
				lists = append(lists, l)
				key = append(key, byte(l), byte(l>>8), byte(l>>16))
			}
		}
		set, ok := sets[string(key)]
		if !ok {
			set = int32(len(e.sets))
			sets[string(key)] = set
			e.sets = append(e.sets, termSet{lists: slices.Clone(lists)})
		}
		t := &all[lo]
		e.terms = append(e.terms, term{set: set, whole: !t.inside})
		all[len(e.terms)-1] = *t
	}
	e.terms = slices.Clone(e.terms)
	return all[:len(e.terms)]
}

// indexTerms puts the terms where they are looked up.
func (e *Engine) indexTerms(texts []termText) {
	var heads []int32
	var inside, signs []match.TrieKey
	type wideKey struct{ cased, inside bool }
	wide := map[wideKey][]int32{}
	e.cased = []string{""}
	for i := range texts {
		t, id := &texts[i], int32(i)
		if t.cased {
			e.terms[i].cased = int32(len(e.cased))
			e.cased = append(e.cased, t.text)
		}
		first := fold.Alnum(t.text[0])
		switch {
		case strings.IndexFunc(t.text, func(r rune) bool { return r >= fold.Letter }) >= 0:
			k := wideKey{t.cased, t.inside}
			wide[k] = append(wide[k], id)
		case !t.inside && first:
			heads = append(heads, id)
		case first:
			inside = append(inside, match.TrieKey{Text: strings.ToLower(t.text), ID: id})
		default:
			signs = append(signs, match.TrieKey{Text: strings.ToLower(t.text), ID: id})
		}
	}
	e.index = newWordIndex(texts, heads, e.leads())
	e.index.addInside(inside)
	e.index.addSigns(signs)
	e.index.trie.Compact()
	for _, k := range []wideKey{{}, {true, false}, {false, true}, {true, true}} {
		if len(wide[k]) == 0 {
			continue
		}
		var list []string
		for _, id := range wide[k] {
			list = append(list, texts[id].text)
		}
		e.wide = append(e.wide, wideWords{match.CompileFolded(list, match.WordOptions{CaseSensitive: k.cased, String: k.inside}), wide[k]})
	}
}

// canonical gives the form of a folded word in which case does not matter.
func canonical(w string) string { return strings.Map(match.Canonical, w) }

// walk appends the places of the terms below a place of the index that has
// been reached at text position at, from a start at i. It gives the number of
// steps.
func (e *Engine) walk(buf []byte, text, i, at int, c match.Cursor, dst []hit) ([]hit, int) {
	x := e.index
	for steps := 1; ; steps++ {
		for _, id := range x.trie.IDs(c) {
			t := &e.terms[id]
			if t.whole && !match.Boundary(buf[:text], at) || t.cased != 0 && !sameCase(buf[i:at], e.cased[t.cased]) {
				continue
			}
			dst = append(dst, hit{occurrence{int32(i), int32(at)}, id})
		}
		b := fold.Lower(buf[at])
		if fold.Space(b) {
			b = ' '
		}
		if !x.trie.Step(&c, b) {
			return dst, steps
		}
		at++
		if b == ' ' {
			for k := 1; k < match.MaxSpaces && fold.Space(buf[at]); k++ {
				at++
			}
		}
	}
}

// sameCase reports whether text is the term exactly, white space aside.
func sameCase(text []byte, want string) bool {
	i := 0
	for k := range len(want) {
		if want[k] == ' ' {
			for i < len(text) && fold.Space(text[i]) {
				i++
			}
			continue
		}
		if i >= len(text) || text[i] != want[k] {
			return false
		}
		i++
	}
	return i == len(text)
}
