package archive

import (
	"bytes"
	"errors"
	"io"

	"github.com/bodgit/sevenzip"
)

// SevenZip visits the members of a 7z archive in stored order.
func SevenZip(data []byte, visit Visit) error {
	r, err := sevenzip.NewReader(bytes.NewReader(data), int64(len(data)))
	if err != nil {
		return sevenError(err)
	}
	for _, f := range r.File {
		if f.FileInfo().IsDir() {
			continue
		}
		m := Member{Names: names(f.Name), Solid: true, Packed: int64(len(data))}
		var open io.Closer
		m.Open = func() (io.Reader, error) {
			c, err := f.Open()
			if err != nil {
				return nil, sevenError(err)
			}
			open = c
			if f.CRC32 == 0 { // none stored
				return sevenReader{c}, nil
			}
			return sevenReader{check(c, f.CRC32, ErrCorrupt)}, nil
		}
		err := visit(m)
		if open != nil {
			_ = open.Close() // a reader of memory; its stream is taken up by the next member
		}
		if err != nil {
			return err
		}
	}
	return nil
}

type sevenReader struct{ r io.Reader }

func (s sevenReader) Read(p []byte) (int, error) {
	n, err := s.r.Read(p)
	if err != nil && err != io.EOF {
		err = sevenError(err)
	}
	return n, err
}

func sevenError(err error) error {
	var e *sevenzip.ReadError
	if errors.As(err, &e) && e.Encrypted {
		return errors.Join(ErrEncrypted, err)
	}
	return errors.Join(ErrCorrupt, err)
}
