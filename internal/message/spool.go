package message

import (
	"bufio"
	"fmt"
	"os"
	"slices"
)

// spool keeps body bytes in memory up to a size and in an unlinked temporary
// file beyond, which goes away with its descriptor whatever happens to the
// process.
type spool struct {
	dir   string
	above int64
	mem   []byte
	file  *os.File
	w     *bufio.Writer
	size  int64
}

// write appends p.
func (s *spool) write(p []byte) error {
	if s.file == nil && s.size+int64(len(p)) <= s.above {
		if n := len(s.mem) + len(p); n > cap(s.mem) && s.mem != nil {
			s.mem = slices.Grow(s.mem, max(n, min(2*cap(s.mem), int(s.above)))-len(s.mem)) // copied as seldom as can be
		}
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
	s.mem = nil
	return nil
}

// finish gives the bytes and how to release them. The spool is spent.
func (s *spool) finish() (body []byte, release func() error, err error) {
	if s.file == nil {
		return s.mem, nil, nil
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
	s.file, s.w, s.mem = nil, nil, nil
}
