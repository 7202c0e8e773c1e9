package extract

import (
	"bytes"
	"io"
	"slices"

	"github.com/richardlehane/mscfb"

	"labelmilter/internal/budget"
	"labelmilter/internal/extract/ooxml"
)

// maxCompound bounds the entries of a compound file that are looked at.
const maxCompound = 20_000

// readCompound reads what can be read of an OLE compound file (MS-CFB): whether
// it wraps an encrypted Office document (MS-OFFCRYPTO 2.3.4.4), and then the
// label list that is readable without the key (2.6).
func readCompound(x *extractor, it *item) {
	x.guard(it, func() {
		r, err := mscfb.New(bytes.NewReader(it.data))
		if err != nil {
			x.b.Skip(budget.Skip{Part: it.path, Reason: budget.Corrupt, Detail: string(it.kind)})
			return
		}
		wrapped := false
		for range maxCompound {
			e, err := r.Next()
			if err != nil {
				break
			}
			switch {
			case len(e.Path) == 0 && e.Name == "EncryptedPackage":
				wrapped = true
			case e.Name == "LabelInfo" || slices.Contains(e.Path, "TransformInfo"):
				x.labelStream(it, e)
			}
		}
		if wrapped {
			x.encrypted(it)
			return
		}
		x.b.Skip(budget.Skip{Part: it.path, Reason: budget.Unsupported, Detail: string(it.kind)})
	})
}

// labelStream reads a label list out of a stream.
func (x *extractor) labelStream(it *item, r io.Reader) {
	b, _ := io.ReadAll(io.LimitReader(r, min(x.b.MetadataTotal, int64(len(it.data))))) // what could be read of it
	if at := bytes.Index(b, []byte("<")); at >= 0 && bytes.Contains(b, []byte("labelList")) {
		ooxml.LabelInfo(b[at:], &sink{x: x, it: it})
	}
}
