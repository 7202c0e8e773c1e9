package bitmap

import (
	"encoding/binary"
	"math/bits"
)

// Start is a word or number, with the channels that are left of 64.
type Start struct {
	Word
	Left uint64
}

// Tables tell which channels a word or number leaves, by a bit for each. The
// assembly knows their places.
type Tables struct {
	At    [12][256]uint64 // by the characters from its begin on
	Run   [Longest + 1]uint64
	Digit [65]uint64 // by the distance of the next digit; the last two for farther ones
	Solid [65]uint64 // by the length of the run of solid characters, in the same way
	Many  [33]uint64 // by the number of digits in the next 32 characters
	After [4][256]uint64
	Pairs [256]uint64 // by the kinds of the two characters behind
	Kinds [256]byte   // of characters, from 0 to 15
}

// Block is the number of characters that have one word of near.
const Block = 256

// Sift lists in dst the words that leave channels by the look-ups that tell
// most, and gives their number. The words rise. near are the channels worth
// looking at, by block. text and maps are those of Find; dst has room for one
// more than all words.
func (t *Tables) Sift(dst []Start, words []Word, text []byte, maps []Map, near []uint64) int {
	if len(words) == 0 {
		return 0
	}
	// The last word is the farthest: what is there for it is for all.
	first, last := words[0].At, words[len(words)-1].At
	_, _, _, _ = dst[len(words)], text[first:last+8], maps[last>>6+1], near[last/Block]
	if fast {
		return siftBMI2(&dst[0], &words[0], len(words), &text[0], &maps[0], &near[0], t)
	}
	n := 0
	for _, k := range words {
		digits, solid := ahead(maps, k.At)
		c := binary.LittleEndian.Uint64(text[k.At:])
		left := near[k.At/Block] & t.Run[min(k.N, Longest)&63]
		left &= t.At[0][uint8(c)] & t.At[6][uint8(c>>48)] & t.At[7][uint8(c>>56)]
		left &= t.Digit[bits.TrailingZeros64(digits)] & t.Solid[bits.TrailingZeros64(^solid)]
		dst[n] = Start{k, left}
		n += int((left | -left) >> 63)
	}
	return n
}

// Narrow keeps of the starts those that leave channels by the other look-ups,
// and gives their number. The starts rise. text has 12 characters behind each
// begin and 4 behind each end.
func (t *Tables) Narrow(starts []Start, text []byte, maps []Map) int {
	if len(starts) == 0 {
		return 0
	}
	first, last := starts[0].At, starts[len(starts)-1]
	_, _, _ = text[first:last.At+12], text[first:last.At+min(last.N, Longest)+4], maps[last.At>>6+1]
	if fast {
		return narrowBMI2(&starts[0], len(starts), &text[0], &maps[0], t)
	}
	n := 0
	for _, k := range starts {
		i, left := int(k.At), k.Left
		digits, _ := ahead(maps, k.At)
		c, f := binary.LittleEndian.Uint64(text[i:]), binary.LittleEndian.Uint32(text[i+8:])
		left &= t.At[8][uint8(f)] & t.At[9][uint8(f>>8)] & t.At[10][uint8(f>>16)] & t.At[11][uint8(f>>24)]
		left &= t.At[1][uint8(c>>8)] & t.At[2][uint8(c>>16)] & t.At[3][uint8(c>>24)] & t.At[4][uint8(c>>32)] & t.At[5][uint8(c>>40)]
		left &= t.Many[bits.OnesCount32(uint32(digits))]
		if k.N < Longest {
			c := binary.LittleEndian.Uint32(text[i+int(k.N):])
			left &= t.After[0][uint8(c)] & t.After[1][uint8(c>>8)] & t.After[2][uint8(c>>16)] & t.After[3][uint8(c>>24)]
			left &= t.Pairs[t.Kinds[uint8(c)]<<4|t.Kinds[uint8(c>>8)]]
		}
		starts[n] = Start{k.Word, left}
		n += int((left | -left) >> 63)
	}
	return n
}

// ahead gives the bits from i on.
func ahead(maps []Map, i int32) (digits, solid uint64) {
	m, b := maps[i>>6:][:2], uint(i&63)
	return m[0].Digits>>b | m[1].Digits<<1<<(63-b), m[0].Solid>>b | m[1].Solid<<1<<(63-b)
}
