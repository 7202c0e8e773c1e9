package budget

import (
	"context"
	"sync"
)

// Memory bounds what all messages in hand take together, so that limits per
// message do not multiply by the messages at work. A message draws memory as it
// unpacks and keeps text; when there is none left it waits for others to end.
// One message at a time may draw beyond the bound, up to its own limits, so
// that messages that wait for each other come to an end. What is taken is thus
// at most the bound and the limits of one message.
type Memory struct {
	mu    sync.Mutex
	free  int64
	over  *Lease        // the one that may draw beyond the bound
	freed chan struct{} // closed and made anew when memory comes back
}

// NewMemory bounds the memory to n bytes.
func NewMemory(n int64) *Memory { return &Memory{free: n, freed: make(chan struct{})} }

// drawUnit is how much a lease draws at once.
const drawUnit = 1 << 20

// Lease is what one message has drawn. A nil Lease is without bound. It is not
// safe for concurrent use.
type Lease struct {
	ctx   context.Context
	m     *Memory
	drawn int64 // of the memory
	used  int64 // of what was drawn
}

// Lease begins to draw for a message; ctx ends waiting. The lease of a nil
// Memory is without bound.
func (m *Memory) Lease(ctx context.Context) *Lease {
	if m == nil {
		return nil
	}
	return &Lease{ctx: ctx, m: m}
}

// Draw takes n bytes, waiting where there are none. It is false, and nothing is
// taken, when the context ends first.
func (l *Lease) Draw(n int64) bool {
	if l == nil {
		return true
	}
	if l.used+n > l.drawn && !l.more((l.used+n-l.drawn+drawUnit-1)/drawUnit*drawUnit) {
		return false
	}
	l.used += n
	return true
}

func (l *Lease) more(n int64) bool {
	m := l.m
	for {
		m.mu.Lock()
		if m.over == nil && m.free < n {
			m.over = l
		}
		if m.free >= n || m.over == l {
			m.free -= n
			l.drawn += n
			m.mu.Unlock()
			return true
		}
		wait := m.freed
		m.mu.Unlock()
		select {
		case <-wait:
		case <-l.ctx.Done():
			return false
		}
	}
}

// Release gives back what was drawn; the lease can be drawn from again.
func (l *Lease) Release() {
	if l == nil || l.drawn == 0 {
		return
	}
	m := l.m
	m.mu.Lock()
	m.free += l.drawn
	if m.over == l {
		m.over = nil
	}
	close(m.freed)
	m.freed = make(chan struct{})
	m.mu.Unlock()
	l.drawn, l.used = 0, 0
}
