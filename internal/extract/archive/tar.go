package archive

import (
	"archive/tar"
	"bytes"
	"errors"
	"io"
)

// Tar visits the regular members of a tar archive. Where the archive ends
// within a member the bytes there are still read.
func Tar(data []byte, visit Visit) error {
	src := bytes.NewReader(data)
	r := tar.NewReader(src)
	for {
		h, err := r.Next()
		if err == io.EOF {
			return nil
		}
		if err != nil && !errors.Is(err, tar.ErrInsecurePath) {
			return errors.Join(ErrCorrupt, err)
		}
		switch h.Typeflag {
		case tar.TypeReg, tar.TypeGNUSparse, tar.TypeCont:
		default:
			// Links and devices have no content, but names say something.
			if h.Linkname == "" {
				continue
			}
			link := h.Linkname
			if err := visit(Member{Names: names(h.Name, link), Open: func() (io.Reader, error) { return bytes.NewReader(nil), nil }}); err != nil {
				return err
			}
			continue
		}
		// Sparse members claim sizes out of nothing: what they take is unknown.
		packed := min(h.Size, int64(src.Len()))
		if err := visit(Member{Names: names(h.Name), Packed: packed, Open: func() (io.Reader, error) { return strict{r, ErrCorrupt}, nil }}); err != nil {
			return err
		}
	}
}
