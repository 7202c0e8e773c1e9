package detect

import (
	"cmp"
	"encoding/binary"
	"math/bits"
	"slices"

	"labelmilter/internal/match"
	"labelmilter/internal/match/fold"
)

// term is a distinct word or phrase of any list.
type term struct {
	runes []rune // folded, canonical unless cased
	cased bool
	lists []int32
	in    []uint64 // lists, as bits
	enabl []uint64 // matchers that some pattern needs a list of this term for
}

// hit is a place where a term stands.
type hit struct {
	occurrence
	term int32
}

// wordIndex finds terms that begin with a letter or digit at the begin of a
// word: by the hash of up to eight characters of the word, then by a trie of
// what follows. Bytes are compared in lower case.
type wordIndex struct {
	bloom [1 << 17 / 64]uint64
	slots []slot
	shift uint // of the hash, for slots
	nodes []trieNode
	edges []edge
	terms []int32 // of nodes
}

type slot struct {
	key    uint64
	after  uint64 // what may follow, by afterBit
	length uint8  // of the first word, 9 for longer
	leads  int32  // set of lanes that start here, 0 if none
	node   int32  // -1: free
}

// afterBit is a bit for the character that follows the hashed ones of a term,
// white space aside.
func afterBit(b byte) uint64 { return 1 << (b & 63) }

type trieNode struct {
	edge, term int32
	edges      uint16
	terms      uint16
}

type edge struct {
	b    byte
	node int32
}

// lower8 sets the bit that makes ASCII letters lower case and leaves digits.
const lower8 = 0x2020202020202020

func hashWord(key uint64, length uint8) uint64 {
	return (key ^ uint64(length)*0x9e3779b97f4a7c15) * 0xd6e8feb86659fd93
}

// firstWord gives the hash key of the word that begins at i and has n
// characters. b must have eight bytes from i on.
func firstWord(b []byte, i, n int) (key uint64, length uint8) {
	// A shift by 64 or more gives 0 in Go, and -1 then keeps all bits.
	key = (binary.LittleEndian.Uint64(b[i:]) | lower8) & (1<<(8*uint(n)) - 1)
	return key, uint8(min(n, 9))
}

// entry is a term on its way into the index.
type entry struct {
	key    uint64
	length uint8
	rest   string // what follows the hashed characters
	id     int32
	leads  int32 // if not 0, no term but the first word of matches
}

func (e *entry) head(o *entry) bool { return e.key == o.key && e.length == o.length }

// newWordIndex indexes terms of ASCII that begin with a letter or digit; ids
// are their numbers. leads are sets of lanes by the words they start at.
func newWordIndex(all []term, ids []int32, leads map[string]int32) *wordIndex {
	x := &wordIndex{}
	entries := make([]entry, len(ids), len(ids)+len(leads))
	heads := 0
	for w, lanes := range leads {
		key, length := firstWord(append([]byte(w), make([]byte, 8)...), 0, len(w))
		entries = append(entries, entry{key: key, length: length, rest: w, leads: lanes})
	}
	for i, id := range ids {
		word := make([]byte, 0, 64)
		for _, r := range all[id].runes {
			word = append(word, fold.Lower(byte(r)))
		}
		n := 0
		for n < len(word) && fold.Alnum(word[n]) {
			n++
		}
		rest := string(word[min(n, 8):])
		key, length := firstWord(append(word, make([]byte, 8)...), 0, n)
		entries[i] = entry{key: key, length: length, rest: rest, id: id}
	}
	slices.SortFunc(entries, func(a, b entry) int {
		return cmp.Or(cmp.Compare(a.key, b.key), cmp.Compare(a.length, b.length), cmp.Compare(b.leads, a.leads), cmp.Compare(a.rest, b.rest), cmp.Compare(a.id, b.id))
	})
	for i := range entries {
		if i == 0 || !entries[i].head(&entries[i-1]) {
			heads++
		}
	}
	size := uint(bits.Len(uint(2*heads + 1)))
	x.shift = 64 - size
	x.slots = make([]slot, 1<<size)
	for i := range x.slots {
		x.slots[i].node = -1
	}
	for lo, hi := 0, 0; lo < len(entries); lo = hi {
		h := &entries[lo]
		for hi = lo + 1; hi < len(entries) && entries[hi].head(h); hi++ {
		}
		v := hashWord(h.key, h.length)
		x.bloom[v>>(64-17)>>6] |= 1 << (v >> (64 - 17) & 63)
		i := v >> x.shift
		for x.slots[i].node >= 0 {
			i = (i + 1) & (1<<size - 1)
		}
		sl := slot{key: h.key, length: h.length}
		for ; lo < hi && entries[lo].leads != 0; lo++ {
			sl.leads = entries[lo].leads // there is one
		}
		for k := lo; k < hi; k++ {
			sl.after |= following(entries[k].rest)
		}
		sl.node = x.node(entries[lo:hi], 0)
		x.slots[i] = sl
	}
	return x
}

// following is what may follow the hashed characters of a term.
func following(rest string) uint64 {
	switch {
	case rest == "" || rest == " ":
		return ^uint64(0)
	case rest[0] == ' ':
		return afterBit(rest[1])
	}
	return afterBit(rest[0])
}

// node makes the trie of sorted entries that agree in their first depth
// characters of rest; a term is at most match.MaxWord long.
func (x *wordIndex) node(entries []entry, depth int) int32 {
	id := int32(len(x.nodes))
	x.nodes = append(x.nodes, trieNode{term: int32(len(x.terms))})
	k := 0
	for ; k < len(entries) && len(entries[k].rest) == depth; k++ {
		x.terms = append(x.terms, entries[k].id)
	}
	x.nodes[id].terms = uint16(k)
	at := len(x.edges)
	x.nodes[id].edge = int32(at)
	for i := k; i < len(entries); i++ {
		if c := entries[i].rest[depth]; i == k || c != entries[i-1].rest[depth] {
			x.edges = append(x.edges, edge{b: c})
		}
	}
	n := len(x.edges) - at
	x.nodes[id].edges = uint16(n)
	for e := range n {
		hi := k
		for hi < len(entries) && entries[hi].rest[depth] == x.edges[at+e].b {
			hi++
		}
		child := x.node(entries[k:hi], depth+1)
		x.edges[at+e].node = child
		k = hi
	}
	return id
}

// maybe reports whether a term may begin with this word.
func (x *wordIndex) maybe(key uint64, length uint8) uint64 {
	v := hashWord(key, length) >> (64 - 17)
	return x.bloom[v>>6] >> (v & 63) & 1
}

// find appends the places of all terms that begin at i, where a word of n
// characters begins. It gives the lanes that start there and the number of
// steps.
func (x *wordIndex) find(all []term, buf []byte, text int, i, n int, dst []hit) (hits []hit, leads int32, steps int) {
	key, length := firstWord(buf, i, n)
	k := hashWord(key, length) >> x.shift
	node, at := int32(-1), i+min(n, 8)
	for x.slots[k].node >= 0 {
		if s := &x.slots[k]; s.key == key && s.length == length {
			leads = s.leads
			next := fold.Lower(buf[at])
			if fold.Space(next) {
				next = fold.Lower(buf[at+1])
			}
			if fold.Space(next) || s.after&afterBit(next) != 0 {
				node = s.node
			}
			break
		}
		k = (k + 1) & uint64(len(x.slots)-1)
	}
	steps = 1
	for node >= 0 {
		nd := &x.nodes[node]
		steps++
		if nd.terms > 0 && match.Boundary(buf[:text], at) {
			for _, id := range x.terms[nd.term : nd.term+int32(nd.terms)] {
				if !all[id].cased || sameCase(buf[i:at], all[id].runes) {
					dst = append(dst, hit{occurrence{int32(i), int32(at)}, id})
				}
			}
		}
		c := fold.Lower(buf[at])
		if fold.Space(c) {
			c = ' '
		}
		node = -1
		for _, e := range x.edges[nd.edge : nd.edge+int32(nd.edges)] {
			if e.b == c {
				node = e.node
				break
			}
		}
		at++
		if c == ' ' && node >= 0 {
			for k := 1; k < match.MaxSpaces && fold.Space(buf[at]); k++ {
				at++
			}
		}
	}
	return dst, leads, steps
}

// sameCase reports whether text is the term exactly, white space aside.
func sameCase(text []byte, runes []rune) bool {
	i := 0
	for _, r := range runes {
		if r == ' ' {
			for i < len(text) && fold.Space(text[i]) {
				i++
			}
			continue
		}
		if i >= len(text) || rune(text[i]) != r {
			return false
		}
		i++
	}
	return i == len(text)
}
