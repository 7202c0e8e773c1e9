package archive

import (
	"bytes"
	"errors"
	"io"

	"github.com/nwaples/rardecode/v2"
)

// RAR visits the members of a rar archive (versions 1.5 to 5) in stored order.
func RAR(data []byte, visit Visit) error {
	r, err := rardecode.NewReader(bytes.NewReader(data), rardecode.MaxDictionarySize(dictionary))
	if err != nil {
		return rarError(err)
	}
	for {
		h, err := r.Next()
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return rarError(err)
		}
		if h.IsDir {
			continue
		}
		m := Member{Names: names(h.Name), Packed: max(h.PackedSize, 0), Solid: h.Solid}
		m.Open = func() (io.Reader, error) {
			if h.Encrypted {
				return nil, ErrEncrypted
			}
			return rarReader{r}, nil
		}
		if err := visit(m); err != nil {
			return err
		}
	}
}

type rarReader struct{ r io.Reader }

func (s rarReader) Read(p []byte) (int, error) {
	n, err := s.r.Read(p)
	if err != nil && err != io.EOF {
		err = rarError(err)
	}
	return n, err
}

func rarError(err error) error {
	switch {
	case errors.Is(err, rardecode.ErrArchiveEncrypted), errors.Is(err, rardecode.ErrArchivedFileEncrypted),
		errors.Is(err, rardecode.ErrBadPassword):
		return errors.Join(ErrEncrypted, err)
	case errors.Is(err, rardecode.ErrUnknownDecoder), errors.Is(err, rardecode.ErrDictionaryTooLarge), errors.Is(err, rardecode.ErrMultiVolume):
		return errors.Join(ErrMethod, err)
	}
	return errors.Join(ErrCorrupt, err)
}
