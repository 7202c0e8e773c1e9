package message

import (
	"bufio"
	"fmt"
	"os"
	"sync"
)

// spool keeps body bytes in memory up to a size and in an unlinked temporary
// file beyond, which goes away with its descriptor whatever happens to the
// process.
type spool struct {
	dir   string
	above int64
	reuse bool // memory of closed messages is used, and given to later ones
	mem   []byte
	file  *os.File
	w     *bufio.Writer
	size  int64
}

// write appends p.
func (s *spool) write(p []byte) error {
	if s.file == nil && s.size+int64(len(p)) <= s.above {
		s.grow(len(p))
		s.mem = append(s.mem, p...)
		s.size += int64(len(p))
		return nil
	}
	if s.file == nil {
		if err := s.open(); err != nil {
			return err
		}
	}
	if _, err := s.w.Write(p); err != nil {
		return fmt.Errorf("writing the spool file: %w", err)
	}
	s.size += int64(len(p))
	return nil
}

// grow makes room for n more bytes. What is held is copied as seldom as can be.
func (s *spool) grow(n int) {
	if s.mem == nil && s.reuse {
		s.mem = takeBody()
	}
	need := len(s.mem) + n
	if need <= cap(s.mem) {
		return
	}
	if s.mem != nil {
		need = max(need, min(2*cap(s.mem), int(s.above)))
	}
	// What was too small goes: given on, it would be too small again, and the
	// pool would grow with each message.
	s.mem = append(make([]byte, 0, need), s.mem...)
}

// bodies is memory of closed messages.
var bodies sync.Pool

// The memory kept: what is smaller costs nothing to make anew, and no more
// than a message holds by default.
const (
	minPooled = 16 << 10
	maxPooled = 1 << 20
)

// takeBody gives memory for a body, nil if there is none.
func takeBody() []byte {
	if b, ok := bodies.Get().(*[]byte); ok {
		return *b
	}
	return nil
}

// give hands on the memory, to which nothing refers any more.
func (s *spool) give() {
	if b := s.mem[:0]; s.reuse && cap(b) >= minPooled && cap(b) <= maxPooled {
		poison(b)
		bodies.Put(&b)
	}
	s.mem = nil
}

func (s *spool) open() error {
	f, err := os.CreateTemp(s.dir, "labelmilter-*")
	if err != nil {
		return fmt.Errorf("making a spool file: %w", err)
	}
	if err := os.Remove(f.Name()); err != nil {
		f.Close()
		return fmt.Errorf("unlinking the spool file: %w", err)
	}
	s.file, s.w = f, bufio.NewWriterSize(f, 64<<10)
	if _, err := s.w.Write(s.mem); err != nil {
		return fmt.Errorf("writing the spool file: %w", err)
	}
	s.give()
	return nil
}

// finish gives the bytes and how to release them. The spool is spent.
func (s *spool) finish() (body []byte, release func() error, err error) {
	if s.file == nil {
		held := *s
		s.mem = nil
		return held.mem, func() error { held.give(); return nil }, nil
	}
	defer s.discard()
	if err := s.w.Flush(); err != nil {
		return nil, nil, fmt.Errorf("writing the spool file: %w", err)
	}
	return mapFile(s.file, s.size)
}

// discard drops what was written.
func (s *spool) discard() {
	if s.file != nil {
		s.file.Close()
	}
	s.give()
	s.file, s.w = nil, nil
}
