package budget

import (
	"context"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// Messages that all want more than their share come to an end, and never more
// is taken than the bound and one message.
func TestMemoryEnds(t *testing.T) {
	t.Parallel()
	const bound, most = 8 << 20, 6 << 20
	m := NewMemory(bound)
	var taken, peak atomic.Int64
	var wg sync.WaitGroup
	for i := range 16 {
		wg.Go(func() {
			r := rand.New(rand.NewPCG(uint64(i), 1))
			for range 20 {
				l := m.Lease(t.Context())
				mine := int64(0)
				for mine < most-(2<<20) {
					n := r.Int64N(1 << 20)
					if !l.Draw(n) {
						t.Error("not drawn")
						return
					}
					mine += n
					now := taken.Add(n)
					for p := peak.Load(); now > p && !peak.CompareAndSwap(p, now); p = peak.Load() {
					}
				}
				taken.Add(-mine)
				l.Release()
			}
		})
	}
	wg.Wait()
	if peak.Load() > bound+most {
		t.Errorf("%d bytes at once", peak.Load())
	}
	if m.free != bound || m.over != nil {
		t.Errorf("%d of %d bytes came back", m.free, bound)
	}
}

func TestMemoryWaitEnds(t *testing.T) {
	t.Parallel()
	m := NewMemory(1 << 20)
	a := m.Lease(t.Context())
	if !a.Draw(5 << 20) { // the first may go beyond
		t.Fatal("not drawn")
	}
	ctx, cancel := context.WithTimeout(t.Context(), time.Millisecond)
	defer cancel()
	b := New(Default())
	b.Lend(m.Lease(ctx))
	if n := b.Expand("1", 0, 100); n != 0 {
		t.Errorf("drawn %d", n)
	}
	if s := b.Skips(); len(s) != 1 || s[0].Reason != Overload {
		t.Errorf("%v", s)
	}
	a.Release()
	b.Lend(m.Lease(t.Context()))
	if n := b.Expand("1", 0, 100); n != 100 {
		t.Errorf("drawn %d", n)
	}
	var none *Memory
	if l := none.Lease(t.Context()); !l.Draw(1 << 40) {
		t.Error("no bound is a bound")
	}
}
