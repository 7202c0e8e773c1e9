//go:build unix

package message

import (
	"fmt"
	"os"

	"golang.org/x/sys/unix"
)

// mapFile maps the file read-only. The mapping outlives the descriptor; the
// file has no name, so nobody can truncate it under us.
func mapFile(f *os.File, size int64) ([]byte, func() error, error) {
	if size != int64(int(size)) {
		return nil, nil, fmt.Errorf("mapping the spool file: %d bytes do not fit in memory", size)
	}
	b, err := unix.Mmap(int(f.Fd()), 0, int(size), unix.PROT_READ, unix.MAP_PRIVATE)
	if err != nil {
		return nil, nil, fmt.Errorf("mapping the spool file: %w", err)
	}
	return b, func() error { return unix.Munmap(b) }, nil
}
