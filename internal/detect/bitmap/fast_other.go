//go:build !amd64

package bitmap

const fast = false

func makeFast([]Map, []byte, *Set) { panic("bitmap: no assembly") }

func (f *Finder) findFast([]byte, []Map, []uint64, int, int, []Head, []Word) (int, int) {
	panic("bitmap: no assembly")
}
