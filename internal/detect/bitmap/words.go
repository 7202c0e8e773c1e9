package bitmap

import (
	"encoding/binary"
	"math/bits"
	"slices"
)

// Word is a run of letters and digits: where it begins and its length, as far
// as the bitmap behind its own goes.
type Word struct{ At, N int32 }

// Hash does not tell words of eight characters from longer ones.
func Hash(key uint64) uint64 { return key * multiplier }

const multiplier = 0xd6e8feb86659fd93

// Key gives the hash key of the word that begins at i and has n characters, at
// least one: its first eight, in lower case. b must have eight bytes from i on.
func Key(b []byte, i, n int) (key uint64, length uint8) {
	// A shift by 64 or more gives 0 in Go, and -1 then keeps all bits.
	key = (binary.LittleEndian.Uint64(b[i:]) | lower8) & (1<<(8*uint(n)) - 1)
	return key, uint8(min(n, 9))
}

// Filter holds the hashes of words; some that it does not hold pass too.
type Filter struct {
	bits  []uint64
	shift uint64
}

// NewFilter makes a filter of 1<<wide bits.
func NewFilter(wide uint) Filter {
	wide = max(wide, 6)
	return Filter{make([]uint64, 1<<wide/64), uint64(64 - wide)}
}

// Add adds a hash.
func (f *Filter) Add(hash uint64) {
	v := hash >> f.shift
	f.bits[v>>6] |= 1 << (v & 63)
}

// Maybe is 1 if the filter may hold a hash.
func (f *Filter) Maybe(hash uint64) uint64 {
	v := hash >> (f.shift & 63)
	return f.bits[v>>6] >> (v & 63) & 1
}

// Lengths says by the length of a word whether it is listed, and which bytes
// of its first eight are its own. The assembly knows its places.
type Lengths struct {
	listed [256]uint8
	own    [256]uint64
}

// NewLengths makes the table of lengths with a bit each; that of Longest is for
// all from there on.
func NewLengths(bits uint64) *Lengths {
	l := new(Lengths)
	for n := range l.listed {
		l.listed[n] = uint8(bits >> min(n, Longest) & 1)
		l.own[n] = 1<<(8*min(uint(n), 8)) - 1
	}
	return l
}

// Longest is the length from which on lengths are not told apart.
const Longest = 63

// Finder lists words.
type Finder struct {
	Filter  Filter   // of those for Heads
	Lengths *Lengths // of those for Words
	Heads   []Word   // that a term may begin with
	Words   []Word
}

// stretch is the number of bitmaps for which room is made at once.
const stretch = 64

// Find appends to Heads the words that the filter lets through, and to Words
// those of certain lengths and those that begin where near has a bit. text
// goes with maps, as in Make, and has eight characters more; near has a word
// for each bitmap but the last.
func (f *Finder) Find(text []byte, maps []Map, near []uint64) {
	_ = near[:len(maps)-1]
	_ = text[:64*len(maps)-56]
	for w := 0; w < len(maps)-1; w += stretch {
		f.find(text, maps, near, w, min(w+stretch, len(maps)-1))
	}
}

// find lists the words that begin in some of the 64 characters.
func (f *Finder) find(text []byte, maps []Map, near []uint64, from, to int) {
	room := 32*(to-from) + 1 // at most 32 words begin in each
	f.Heads, f.Words = slices.Grow(f.Heads, room), slices.Grow(f.Words, room)
	heads, words := f.Heads[len(f.Heads):len(f.Heads)+room], f.Words[len(f.Words):len(f.Words)+room]
	var nh, nw int
	if fast {
		nh, nw = f.findFast(text, maps, near, from, to, heads, words)
	} else {
		nh, nw = f.findPlain(text, maps, near, from, to, heads, words)
	}
	f.Heads, f.Words = f.Heads[:len(f.Heads)+nh], f.Words[:len(f.Words)+nw]
}

// findPlain writes every word to both lists and keeps it by counting: no
// branch to mispredict.
func (f *Finder) findPlain(text []byte, maps []Map, near []uint64, from, to int, heads, words []Word) (int, int) {
	filter, lengths := f.Filter, f.Lengths
	var nh, nw uint64
	for w := from; w < to; w++ {
		m, beside := &maps[w], near[w]
		// Words end where letters and digits do; the last of these may go on in
		// the next.
		ends := m.Alnum << 1 &^ m.Alnum
		if m.Alnum&^m.Begins&1 != 0 {
			ends &= ends - 1
		}
		on := bits.TrailingZeros64(^maps[w+1].Alnum)
		for first := m.Begins; first != 0; first &= first - 1 {
			b := bits.TrailingZeros64(first)
			i := w<<6 | b
			n := bits.TrailingZeros64(ends) - b
			if ends == 0 {
				n += on
			}
			ends &= ends - 1
			heads[nh], words[nw] = Word{int32(i), int32(n)}, Word{int32(i), int32(n)}
			key := (binary.LittleEndian.Uint64(text[i:]) | lower8) & lengths.own[uint8(n)]
			nh += filter.Maybe(Hash(key))
			nw += beside>>(b&63)&1 | uint64(lengths.listed[uint8(n)])
		}
	}
	return int(nh), int(nw)
}
