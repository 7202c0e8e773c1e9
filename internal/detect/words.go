package detect

import (
	"bytes"
	"cmp"
	"encoding/binary"
	"math/bits"
	"slices"
	"strings"

	"labelmilter/internal/detect/bitmap"
	"labelmilter/internal/match"
	"labelmilter/internal/match/fold"
)

// hit is a place where a term stands.
type hit struct {
	occurrence
	term int32
}

// wordIndex finds terms of ASCII. Those that begin with a letter or digit at
// the begin of a word are found by the hash of up to eight characters of the
// word; those that begin elsewhere by a filter over four characters, or by the
// sign they begin with. What follows is in a trie. Bytes are compared in lower
// case.
type wordIndex struct {
	trie   match.Trie
	filter bitmap.Filter // of the first words
	slots  []slot
	leads  map[uint64]int32 // slot → set of lanes that start at the word, for those with manyLeads
	inside int32            // root, -1 if there are none
	middle *prefixes        // of those that begin inside words, nil if it cannot be
	signs  int32            // root, -1 if there are none
	first  []byte           // characters that terms at signs begin with
}

type slot struct {
	key    uint64
	after  uint64 // what may follow the first word, by pairOf
	node   int32  // root of what follows, -1: free
	length uint8  // of the first word, 9 for longer; with capital
	lead   uint8  // set of lanes that start at the word, 0: none, manyLeads: in wordIndex.leads
}

// capital is set in the length of a slot whose terms all begin with a capital
// letter that must be one. It is the bit that small letters have.
const capital = 0x20

// manyLeads stands for all sets of lanes with numbers that do not fit.
const manyLeads = 255

// leadsOf gives the set of lanes that start at the word of a slot, 0 if there
// is none.
func (x *wordIndex) leadsOf(k uint64) int32 {
	if lead := x.slots[k].lead; lead < manyLeads {
		return int32(lead)
	}
	return x.leads[k]
}

// pairOf numbers pairs of characters from 0 to 63; case does not matter, and
// all white space is one.
func pairOf(a, b byte) uint8 { return (pairs[a]<<1 + pairs[b]*13) & 63 }

// pairs gives pairOf its numbers of characters, and blanks is 1 for white
// space.
var pairs, blanks = func() (out, blank [256]uint8) {
	for b := range out {
		out[b] = fold.Lower(byte(b)) & 31
		if fold.Space(byte(b)) {
			out[b], blank[b] = ' '&31, 1
		}
	}
	return out, blank
}()

// entry is a term on its way into the index.
type entry struct {
	key     uint64
	length  uint8
	capital bool   // begins with a capital letter that must be one
	rest    string // what follows the hashed characters
	after   string // what follows the first word
	id      int32
	leads   int32 // if not 0, no term but the first word of matches
}

func (e *entry) head(o *entry) bool { return e.key == o.key && e.length == o.length }

// newWordIndex indexes terms that begin with a letter or digit at the begin of
// a word; ids are their numbers. leads are sets of lanes by the words they
// start at.
func newWordIndex(texts []termText, ids []int32, leads map[string]int32) *wordIndex {
	x := &wordIndex{leads: map[uint64]int32{}, inside: -1, signs: -1}
	entries := make([]entry, len(ids), len(ids)+len(leads))
	var word [match.MaxWord + 8]byte
	for w, lanes := range leads {
		clear(word[:])
		key, length := bitmap.Key(word[:], 0, copy(word[:], w))
		entries = append(entries, entry{key: key, length: length, rest: w, leads: lanes})
	}
	for i, id := range ids {
		clear(word[:8])
		text, capital := texts[id].text, false
		if texts[id].cased {
			capital = text[0] >= 'A' && text[0] <= 'Z'
			text = strings.ToLower(text)
		}
		n, end := 0, copy(word[:], text)
		for n < end && fold.Alnum(word[n]) {
			n++
		}
		key, length := bitmap.Key(word[:], 0, n)
		entries[i] = entry{key: key, length: length, capital: capital, rest: text[min(n, 8):], after: text[n:], id: id}
		if n > longestHead {
			entries[i].after = ""
		}
	}
	slices.SortFunc(entries, func(a, b entry) int {
		return cmp.Or(cmp.Compare(a.key, b.key), cmp.Compare(a.length, b.length), cmp.Compare(b.leads, a.leads))
	})
	heads := 0
	for i := range entries {
		if i == 0 || !entries[i].head(&entries[i-1]) {
			heads++
		}
	}
	x.slots = make([]slot, 2*heads+1) // half full: most words are where they are looked for first
	for i := range x.slots {
		x.slots[i].node = -1
	}
	// 32 bits for a word: one in thirty that is none passes.
	wide := min(max(uint(bits.Len(uint(heads)))+5, 17), 22)
	x.filter = bitmap.NewFilter(wide)
	var keys []match.TrieKey
	for lo, hi := 0, 0; lo < len(entries); lo = hi {
		h := &entries[lo]
		for hi = lo + 1; hi < len(entries) && entries[hi].head(h); hi++ {
		}
		v := bitmap.Hash(h.key)
		x.filter.Add(v)
		i := x.home(v)
		for x.slots[i].node >= 0 {
			i = x.behind(i)
		}
		sl := slot{key: h.key, length: h.length}
		if h.leads != 0 { // there is one, and first
			if sl.lead = uint8(min(h.leads, manyLeads)); sl.lead == manyLeads {
				x.leads[i] = h.leads
			}
			lo++
		}
		keys = keys[:0]
		if !slices.ContainsFunc(entries[lo:hi], func(e entry) bool { return !e.capital }) {
			sl.length |= capital
		}
		for k := lo; k < hi; k++ {
			sl.after |= following(entries[k].after)
			keys = append(keys, match.TrieKey{Text: entries[k].rest, ID: entries[k].id})
		}
		sl.node = x.trie.Add(keys)
		x.slots[i] = sl
	}
	return x
}

// addInside adds terms that may begin inside words.
func (x *wordIndex) addInside(keys []match.TrieKey) {
	if len(keys) > 0 {
		x.middle, x.inside = newPrefixes(keys), x.trie.Add(keys)
	}
}

// addSigns adds terms that begin with neither letter nor digit.
func (x *wordIndex) addSigns(keys []match.TrieKey) {
	if len(keys) == 0 {
		return
	}
	x.signs = x.trie.Add(keys)
	for _, k := range keys {
		if c := k.Text[0]; !bytes.Contains(x.first, []byte{c}) {
			x.first = append(x.first, c)
		}
	}
}

// longestHead is the length of words that bitmap.Find gives whole, wherever
// they begin.
const longestHead = 64

// following is what may follow the first word of a term, of which rest follows
// it, or anything.
func following(rest string) uint64 {
	rest = strings.TrimPrefix(rest, " ")
	if len(rest) < 2 {
		return ^uint64(0)
	}
	return 1 << pairOf(rest[0], rest[1])
}

// home is the slot where a hash is looked for first.
func (x *wordIndex) home(hash uint64) uint64 {
	k, _ := bits.Mul64(hash, uint64(len(x.slots)))
	return k
}

// behind is the slot where it is looked for next.
func (x *wordIndex) behind(k uint64) uint64 {
	if k++; k == uint64(len(x.slots)) {
		return 0
	}
	return k
}

// slotsOf puts the slots of words into slots, free ones where there are none.
// odd is for its own use; both have room for one more.
func (x *wordIndex) slotsOf(buf []byte, words []bitmap.Word, slots, odd []int32) {
	n := uint64(0)
	for w, h := range words {
		key, length := bitmap.Key(buf, int(h.At), int(h.N))
		k := x.home(bitmap.Hash(key))
		s := &x.slots[k]
		slots[w] = int32(k)
		// Most are where they are looked for first.
		odd[n] = int32(w)
		differ := s.key ^ key | uint64(s.length&^capital^length)
		n += (differ | -differ) >> 63
	}
	for _, w := range odd[:n] {
		h := words[w]
		key, length := bitmap.Key(buf, int(h.At), int(h.N))
		k := uint64(slots[w])
		for s := &x.slots[k]; s.node >= 0 && (s.key != key || s.length&^capital != length); s = &x.slots[k] {
			k = x.behind(k)
		}
		slots[w] = int32(k)
	}
}

// goesOn is 1 if a term of the slot may go on as the text does at end, behind
// the word that begins at i.
func (s *slot) goesOn(buf []byte, i, end int) uint64 {
	c := binary.LittleEndian.Uint32(buf[end:])
	c >>= blanks[uint8(c)] << 3 & 31
	// Behind more than one space there may be anything.
	may := s.after>>pairOf(uint8(c), uint8(c>>8)) | uint64(blanks[uint8(c)])
	return may &^ (uint64(s.length&buf[i]) / capital) & 1
}
