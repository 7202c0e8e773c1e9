package bitmap

import "golang.org/x/sys/cpu"

// available says whether the processor has what the assembly needs.
var available = cpu.X86.HasAVX2 && cpu.X86.HasBMI1 && cpu.X86.HasBMI2 && cpu.X86.HasPOPCNT

func makeFast(maps []Map, text []byte, signs *Set) {
	makeAVX2(&maps[0], &text[0], len(maps), signs)
}

// makeAVX2 makes n bitmaps of 64 characters each.
//
//go:noescape
func makeAVX2(maps *Map, text *byte, n int, signs *Set)

// list is what findBMI2 works on; the assembly knows its fields.
type list struct {
	text    *byte
	maps    *Map // the first of n, with one more behind
	near    *uint64
	n       int
	at      int // place of the first character of the first bitmap
	bits    *uint64
	shift   uint64
	lengths *Lengths
	heads   *Word
	words   *Word
}

func (f *Finder) findFast(text []byte, maps []Map, near []uint64, from, to int, heads, words []Word) (int, int) {
	return findBMI2(&list{
		&text[0], &maps[from], &near[from], to - from, from * 64,
		&f.Filter.bits[0], f.Filter.shift, f.Lengths, &heads[0], &words[0],
	})
}

// findBMI2 does what findPlain does.
//
//go:noescape
func findBMI2(l *list) (heads, words int)

// siftBMI2 does what Sift does. What stands at the places of words is read
// without a check.
//
//go:noescape
func siftBMI2(dst *Start, words *Word, n int, text *byte, maps *Map, near *uint64, t *Tables) int

// narrowBMI2 does what Narrow does, in the same way.
//
//go:noescape
func narrowBMI2(starts *Start, n int, text *byte, maps *Map, t *Tables) int
