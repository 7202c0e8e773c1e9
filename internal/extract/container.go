package extract

import (
	"errors"
	"io"

	"labelmilter/internal/budget"
	"labelmilter/internal/extract/archive"
	"labelmilter/internal/extract/document"
	"labelmilter/internal/extract/odf"
	"labelmilter/internal/extract/ooxml"
	"labelmilter/internal/extract/sniff"
)

// guard runs a reader; a panic in it costs the item, never the message.
func (x *extractor) guard(it *item, read func()) {
	defer func() {
		if recover() != nil {
			x.b.Skip(budget.Skip{Part: it.path, Reason: budget.ExtractorFailed, Detail: string(it.kind)})
		}
	}()
	read()
}

// readStream reads compressed content of one member.
func readStream(x *extractor, it *item) {
	x.walk(it, func(v archive.Visit) error { return archive.Stream(it.kind, it.data, it.name(), v) })
}

// readArchive reads the members of tar, 7z, rar, cabinets and ISO 9660.
func readArchive(x *extractor, it *item) {
	x.walk(it, func(v archive.Visit) error {
		switch it.kind {
		case sniff.SevenZip:
			return archive.SevenZip(it.data, v)
		case sniff.RAR:
			return archive.RAR(it.data, v)
		case sniff.ISO:
			return archive.ISO(it.data, v)
		case sniff.Cabinet:
			return archive.Cab(it.data, v)
		}
		return archive.Tar(it.data, v)
	})
}

// walk visits the members of a container and records what ended the walk.
func (x *extractor) walk(it *item, walk func(archive.Visit) error) {
	x.guard(it, func() {
		err := walk(func(m archive.Member) error { return x.visit(it, m) })
		switch {
		case err == nil || errors.Is(err, archive.ErrStop):
		case errors.Is(err, archive.ErrEncrypted):
			x.encrypted(it)
		default:
			x.b.Skip(budget.Skip{Part: it.path, Reason: archive.Reason(err), Detail: string(it.kind)})
		}
	})
}

// visit reads one member of a container.
func (x *extractor) visit(it *item, m archive.Member) error {
	c := it.next("application/octet-stream")
	c.names = m.Names
	if x.expired(c.path) || !x.b.Part(c.path) || !x.b.Enter(c.path, c.depth) {
		return archive.ErrStop // it would be the same for all that follow
	}
	data, whole, err := x.unpack(c.path, m)
	c.data = data
	x.memberItem(c)
	if err != nil {
		reason := archive.Reason(err)
		if reason == budget.Encrypted {
			x.fact(c, document.Encrypted)
			x.fact(it, document.Encrypted)
		}
		x.b.Skip(budget.Skip{Part: c.path, Reason: reason, Detail: string(it.kind)})
	}
	if !whole && m.Solid {
		// What follows can only be had by unpacking the rest.
		x.b.Skip(budget.Skip{Part: it.path, Reason: budget.ExpandedPart, Detail: "members after " + c.path})
		return archive.ErrStop
	}
	return nil
}

// unpackChunk is how much is unpacked between two looks at the budget.
const unpackChunk = 32 << 10

// unpack reads a member within the budget. whole is false when the budget cut
// it; what came before an error is given, unless it is the noise of encrypted
// data.
func (x *extractor) unpack(path string, m archive.Member) (data []byte, whole bool, err error) {
	r, err := m.Open()
	if err != nil {
		return nil, true, err
	}
	return x.read(path, r, m.Packed)
}

// read reads unpacked data within the budget, see unpack.
func (x *extractor) read(path string, r io.Reader, packed int64) (data []byte, whole bool, err error) {
	chunk := make([]byte, unpackChunk)
	for {
		n, err := r.Read(chunk)
		allowed := x.b.Expand(path, int64(len(data)), int64(n))
		data = append(data, chunk[:allowed]...)
		if errors.Is(err, archive.ErrEncrypted) {
			return nil, true, err
		}
		if allowed < int64(n) {
			return data, false, nil
		}
		if out := int64(len(data)); packed > 0 && out > x.b.RatioFloor && out/packed > x.b.Ratio {
			x.b.Skip(budget.Skip{Part: path, Reason: budget.Ratio, Limit: x.b.Ratio, Value: out / packed})
			return data, false, nil
		}
		if err == io.EOF {
			return data, true, nil
		}
		if err != nil {
			return data, true, err
		}
	}
}

// readZip reads a zip archive, and the documents that are one.
func readZip(x *extractor, it *item) {
	x.guard(it, func() {
		z := archive.OpenZip(it.data)
		for _, a := range z.Anomalies {
			x.fact(it, document.Anomaly)
			x.b.Skip(budget.Skip{Part: it.path, Reason: budget.ZipAnomaly, Detail: a})
		}
		if z.More {
			x.b.Skip(budget.Skip{Part: it.path, Reason: budget.Parts, Detail: "entries"})
		}
		if len(z.Members) == 0 {
			x.noMembers(it)
			return
		}
		src := &zipSource{x, it, z}
		switch {
		case ooxml.Is(src):
			x.parts[it.line].refine("application/vnd.openxmlformats-officedocument")
			x.document(it, func(s document.Sink) { ooxml.Read(src, s) })
		case odf.Is(src):
			x.parts[it.line].refine("application/vnd.oasis.opendocument")
			x.document(it, func(s document.Sink) { odf.Read(src, s) })
		default:
			for _, m := range z.Members {
				if m.Dir {
					continue
				}
				if x.visit(it, m.Member) != nil {
					return
				}
			}
		}
	})
}

// refine names the kind of document where its first bytes only show the archive
// that it is.
func (p *PartInfo) refine(typ string) {
	if p.TrueType == "application/zip" {
		p.TrueType = typ
	}
}

// emptyZip is an archive without members: only an end record.
const emptyZip = "PK\x05\x06"

// noMembers handles what begins like an archive and has nothing to read.
func (x *extractor) noMembers(it *item) {
	if len(it.data) >= 22 && string(it.data[:4]) == emptyZip && len(it.data) < 22+65536 {
		x.text(it, InHidden) // its comment
		return
	}
	x.b.Skip(budget.Skip{Part: it.path, Reason: budget.Corrupt, Detail: string(it.kind)})
	if textual(it.data) {
		x.text(it, it.where)
	}
}

// zipSource gives the parts of a document that is a zip archive; what cannot be
// read of them is recorded for the document.
type zipSource struct {
	x  *extractor
	it *item
	z  *archive.Zip
}

func (s *zipSource) Len() int          { return len(s.z.Members) }
func (s *zipSource) Name(i int) string { return s.z.Members[i].Name }

func (s *zipSource) Read(i int) []byte {
	if s.x.expired(s.it.path) {
		return nil
	}
	data, whole, err := s.x.unpack(s.it.path, s.z.Members[i].Member)
	s.it.short = s.it.short || !whole
	if err != nil {
		reason := archive.Reason(err)
		if reason == budget.Encrypted {
			s.x.fact(s.it, document.Encrypted)
		}
		s.x.b.Skip(budget.Skip{Part: s.it.path, Reason: reason, Detail: "part of the document"})
	}
	return data
}
