package archive

import (
	"bytes"
	"compress/bzip2"
	"compress/gzip"
	"io"
	"strings"

	"labelmilter/internal/extract/sniff"
)

// Stream visits the one member of compressed content: gzip (all its members
// joined, RFC 1952 2.2), bzip2, xz, lzma or zstd. name is that of the content
// itself, from which the member's is made where the format stores none.
func Stream(kind sniff.Kind, data []byte, name string, visit Visit) error {
	m := Member{Packed: int64(len(data)), Names: bare(name)}
	r := bytes.NewReader(data)
	switch kind {
	case sniff.Gzip:
		z, err := gzip.NewReader(r)
		if err != nil {
			return ErrCorrupt
		}
		if z.Name != "" {
			m.Names = names(latin1(z.Name), m.Names...)
		}
		m.Open = func() (io.Reader, error) { return strict{z, ErrCorrupt}, nil }
	case sniff.Bzip2:
		m.Open = func() (io.Reader, error) { return strict{bzip2.NewReader(r), ErrCorrupt}, nil }
	default:
		m.Open = func() (io.Reader, error) {
			open := newXZ
			switch kind {
			case sniff.LZMA:
				open = newLZMA
			case sniff.Zstd:
				open = newZstd
			}
			u, err := open(r)
			if err != nil {
				return nil, err
			}
			return strict{u, ErrCorrupt}, nil
		}
	}
	return visit(m)
}

// latin1 undoes the conversion of compress/gzip, which takes the stored name
// for ISO 8859-1 (RFC 1952 2.3.1); most programs store it as it is.
func latin1(s string) string {
	b := make([]byte, 0, len(s))
	for _, r := range s {
		if r > 0xff {
			return s
		}
		b = append(b, byte(r))
	}
	return string(b)
}

// bare is the name without the extension of the compression.
func bare(name string) []string {
	i := strings.LastIndexByte(name, '.')
	if i <= 0 {
		return nil
	}
	base, ext := name[:i], strings.ToLower(name[i+1:])
	switch ext {
	case "gz", "bz2", "xz", "lzma", "zst", "z":
		return []string{base}
	case "tgz", "tbz", "tbz2", "txz", "tzst", "tlz":
		return []string{base + ".tar"}
	}
	return nil
}
