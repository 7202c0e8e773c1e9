// Package ole reads what OLE compound files hold: documents of Word, Excel and
// PowerPoint, messages of Outlook, encrypted packages, and objects embedded in
// any of these. It finds out what a storage is, leaves the text to the reader
// of that format, and reads what all share: property sets, macros, signatures,
// embedded objects and streams that belong to no format.
package ole

import (
	"slices"
	"strings"

	"labelmilter/internal/budget"
	"labelmilter/internal/extract/cfb"
	"labelmilter/internal/extract/doc"
	"labelmilter/internal/extract/document"
	"labelmilter/internal/extract/msg"
	"labelmilter/internal/extract/oleobject"
	"labelmilter/internal/extract/oleps"
	"labelmilter/internal/extract/ppt"
	"labelmilter/internal/extract/sniff"
	"labelmilter/internal/extract/xls"
)

// Read reads a compound file.
func Read(data []byte, s document.Sink) {
	f, err := cfb.Open(data)
	if err != nil {
		s.Damaged("compound file")
		loose(data, s)
		return
	}
	r := &reader{Sink: s}
	if f.Damaged {
		r.Damaged("compound file")
	}
	if f.Orphans > 0 && f.Orphans > len(f.Root.Streams)/2 {
		r.Fact(document.Anomaly)
	}
	r.root(f.Root)
}

type reader struct {
	document.Sink
	props    oleps.Reader
	embedded int
	macros   bool
}

// root reads the root storage of a file.
func (r *reader) root(d *cfb.Dir) {
	r.props.Sink = r.Sink
	known := r.protected(d)
	known = r.format(d) || known
	r.level(d, 0)
	r.props.Done()
	if !known && r.embedded == 0 && !r.macros {
		r.Skip(budget.Unsupported, "cfb")
	}
}

// format reads the document in a storage, if it is one of a known format.
func (r *reader) format(d *cfb.Dir) bool {
	known := false
	if doc.Is(d) {
		doc.Read(d, r)
		known = true
	}
	if xls.Is(d) {
		xls.Read(d, r)
		known = true
	}
	if msg.Is(d) {
		msg.Read(d, r)
		known = true
	}
	if ppt.Is(d) {
		ppt.Read(d, r)
		known = true
	}
	return known
}

// Embed implements document.Sink and counts.
func (r *reader) Embed(e document.Embedded) {
	r.embedded++
	r.Sink.Embed(e)
}

// maxDepth bounds storages that are read as part of the document.
const maxDepth = 20

// level reads what is in a storage beside the text of its format.
func (r *reader) level(d *cfb.Dir, depth int) {
	for _, s := range d.Streams {
		if r.Ended() {
			return
		}
		r.stream(s, d)
	}
	for _, c := range d.Dirs {
		if r.Ended() {
			return
		}
		r.dir(c, depth)
	}
}

// dir reads a storage within.
func (r *reader) dir(c *cfb.Dir, depth int) {
	switch name := strings.ToLower(c.Name); {
	case name == "_sx_db_cur", name == "\x06dataspaces":
		return
	case name == "_xmlsignatures":
		r.Fact(document.Signed)
		return
	case c.Stream("_VBA_PROJECT") != nil || name == "vba" && c.Stream("dir") != nil:
		r.project(c)
		return
	case strings.HasPrefix(name, "__"): // of a message: its reader's
		if name == "__nameid_version1.0" || strings.HasPrefix(name, "__attach") || strings.HasPrefix(name, "__recip") || strings.HasPrefix(name, "__substg") {
			return
		}
	case isDocument(c):
		r.object(c)
		return
	}
	if depth >= maxDepth {
		r.Skip(budget.Depth, "storages")
		return
	}
	r.level(c, depth+1)
}

// isDocument reports a storage that is a document of its own, in a format that
// is read or in one that ought to be.
func isDocument(d *cfb.Dir) bool {
	for _, n := range []string{"WordDocument", "Workbook", "Book", "PowerPoint Document", "VisioDocument", "EncryptedPackage", "__properties_version1.0", "Quill"} {
		if d.Stream(n) != nil {
			return true
		}
	}
	return false
}

// object hands on an embedded storage as a file.
func (r *reader) object(d *cfb.Dir) {
	size := d.Total()
	if r.Expand(0, size) < size {
		return
	}
	r.Embed(document.Embedded{Names: []string{d.Name}, Data: cfb.Write(d)})
}

// stream reads a stream that is not the main one of a format.
func (r *reader) stream(s *cfb.Stream, d *cfb.Dir) {
	name := strings.ToLower(s.Name)
	switch name {
	case "worddocument", "0table", "1table", "data", "workbook", "book", "powerpoint document", "current user", "pictures", "__properties_version1.0",
		"\x01compobj", "\x01ole", "\x03objinfo", "\x03ocxname", "\x03linkinfo", "\x03accessobjsiteddata", "encryptedpackage", "encryptioninfo", "\x09drmcontent", "\x09drmviewercontent", "encryptionsummary", "projectwm", "ctls":
		return
	case "\x05summaryinformation", "\x05documentsummaryinformation":
		r.props.Read(s.Paid(r, "properties"))
		return
	case "\x01ole10native":
		// Without the packager's names it is data of the object's own.
		if names, data := oleobject.Native(s.Paid(r, "object")); len(names) == 0 {
			r.unknown("", data)
		} else if len(data) > 0 {
			r.Embed(document.Embedded{Names: names, Data: data})
		}
		return
	case "project":
		if b := s.Paid(r, "stream"); textual(b) {
			r.Text(document.Hidden, string(b))
		}
		return
	case "_signatures", "\x05digitalsignature":
		r.Fact(document.Signed)
		return
	}
	if strings.HasPrefix(name, "__substg1.0_") {
		return
	}
	if strings.HasPrefix(name, "\x02olepres") || name == "\x03epr int" || name == "\x03meta" || name == "\x03pic" || name == "\x03print" || name == "\x03eprint" {
		return // pictures of objects
	}
	r.unknown(s.Name, s.Paid(r, "stream"))
}

// unknown reads a stream of no known meaning: a file, or bytes among which there
// may be text.
func (r *reader) unknown(name string, b []byte) {
	if len(b) == 0 {
		return
	}
	name = strings.Map(func(c rune) rune {
		if c < 0x20 {
			return -1
		}
		return c
	}, name)
	k := sniff.Of(b)
	known := k != sniff.Unknown && k != sniff.Image && k != sniff.Metafile && k != sniff.LZMA && k != sniff.ARJ && k != sniff.LHA && k != sniff.CPIO
	if known || slices.Contains([]string{"package", "embeddedodf", "package_stream"}, strings.ToLower(name)) || textual(b) {
		e := document.Embedded{Data: b}
		if name != "" {
			e.Names = []string{name}
		}
		r.Embed(e)
		return
	}
	loose(b, r)
}

// textual reports text in UTF-8, without control characters, or XML in UTF-16.
func textual(b []byte) bool {
	if len(b) > 4 && (string(b[:2]) == "\xff\xfe" && b[2] == '<' || string(b[:2]) == "\xfe\xff" && b[3] == '<') {
		return true
	}
	for _, c := range b[:min(len(b), 4096)] {
		if c < 0x20 && c != '\t' && c != '\n' && c != '\r' || c >= 0x7f {
			return false
		}
	}
	return true
}
