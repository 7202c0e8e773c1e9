package ole

import (
	"bytes"
	"strings"

	"labelmilter/internal/extract/cfb"
	"labelmilter/internal/extract/document"
	"labelmilter/internal/extract/offcrypto"
	"labelmilter/internal/extract/ooxml"
)

// protected reads a file that wraps an encrypted document (MS-OFFCRYPTO 2.3):
// the labels that can be read without the key, and the document where everyone
// has the key.
func (r *reader) protected(d *cfb.Dir) bool {
	r.labels(d, false)
	pack := d.Stream("EncryptedPackage")
	switch {
	case pack != nil:
		b := pack.Paid(r, "encrypted package")
		if clear, ok := offcrypto.Package(d.Stream("EncryptionInfo").Paid(r, "encryption"), b); ok && r.Expand(0, int64(len(clear))) == int64(len(clear)) {
			r.Embed(document.Embedded{Names: []string{"Package"}, Data: clear})
			return true
		}
	case d.Stream("\x09DRMContent") != nil || d.Stream("\x09DRMViewerContent") != nil:
		r.Fact(document.RightsProtected)
	default:
		return false
	}
	r.Fact(document.Encrypted)
	return true
}

// labels reads label lists, which stay readable beside encrypted content
// (MS-OFFCRYPTO 2.6.4).
func (r *reader) labels(d *cfb.Dir, transform bool) {
	for _, s := range d.Streams {
		if strings.EqualFold(s.Name, "LabelInfo") || transform {
			b := s.Paid(r, "labels")
			if at := bytes.IndexByte(b, '<'); at >= 0 && bytes.Contains(b, []byte("labelList")) {
				ooxml.LabelInfo(b[at:], r)
			}
		}
	}
	for _, c := range d.Dirs {
		if n := strings.ToLower(c.Name); n == "\x06dataspaces" || n == "transforminfo" || n == "datspaceinfo" || transform {
			r.labels(c, n == "transforminfo" || transform)
		}
	}
}
