//go:build !unix

package message

import (
	"fmt"
	"io"
	"os"
)

// mapFile reads the file, where there is no mapping.
func mapFile(f *os.File, size int64) ([]byte, func() error, error) {
	b := make([]byte, size)
	if _, err := f.ReadAt(b, 0); err != nil && err != io.EOF {
		return nil, nil, fmt.Errorf("reading the spool file: %w", err)
	}
	return b, nil, nil
}
