//go:build !amd64

package bitmap

const available = false

func makeFast([]Map, []byte, *Set) { panic("bitmap: no assembly") }

func (f *Finder) findFast([]byte, []Map, []uint64, int, int, []Word, []Word) (int, int) {
	panic("bitmap: no assembly")
}

func siftBMI2(*Start, *Word, int, *byte, *Map, *uint64, *Tables) int { panic("bitmap: no assembly") }

func narrowBMI2(*Start, int, *byte, *Map, *Tables) int { panic("bitmap: no assembly") }
