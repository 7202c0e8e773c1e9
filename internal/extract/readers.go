package extract

import (
	"slices"
	"strconv"
	"strings"

	"labelmilter/internal/budget"
	"labelmilter/internal/extract/document"
	"labelmilter/internal/extract/pdf"
	"labelmilter/internal/extract/sniff"
)

// item is one piece of content to be read: a leaf of the MIME tree, or a
// member of one.
type item struct {
	path    string
	typ     string // declared media type, lower case
	charset string
	params  map[string]string
	names   []string
	data    []byte // decoded; not to be changed
	where   Where  // InBody or InAttachment
	depth   int    // container depth
	members int    // given so far
	kind    sniff.Kind
	line    int  // of the receipt
	short   bool // the budget cut a piece of it: what breaks off there is not corrupt
}

func (it *item) name() string {
	if len(it.names) == 0 {
		return ""
	}
	return it.names[0]
}

// reader reads one kind of content.
type reader struct {
	kind  string
	match func(*item) bool
	read  func(*extractor, *item)
}

// readers is the one table of what can be read, in order: the first that
// matches reads the item. Content decides before the declared type where a
// format has a signature. Document readers that keep to package document stand
// here as
//
//	{"pdf", is(sniff.PDF), reads(pdf.Read)},
func readers() []reader {
	return []reader{
		{"empty", isEmpty, func(*extractor, *item) {}},
		{"signature", isSignature, func(*extractor, *item) {}},
		{"encrypted", isEncrypted, readEncrypted},
		{"zip", is(sniff.Zip), readZip},
		{"stream", is(sniff.Gzip, sniff.Bzip2, sniff.XZ, sniff.LZMA, sniff.Zstd), readStream},
		{"archive", is(sniff.Tar, sniff.SevenZip, sniff.RAR, sniff.ISO), readArchive},
		{"pdf", is(sniff.PDF), reads(pdf.Read)},
		{"compound file", is(sniff.CompoundFS), readCompound},
		{"mail", isMail, readMail},
		{"html", isHTML, readHTML},
		{"xml", isXML, readXML},
		{"json", isJSON, readJSON},
		{"folded", isFolded, readFolded},
		{"text", isText, readText},
		{"image", isImage, skipImage},
		{"other", func(*item) bool { return true }, skipOther},
	}
}

// is matches content by its signature.
func is(kinds ...sniff.Kind) func(*item) bool {
	return func(it *item) bool { return slices.Contains(kinds, it.kind) }
}

// item lists an item in the receipt and reads it.
func (x *extractor) item(it *item) {
	x.list(it)
	had := x.had[it.path]
	for _, r := range x.readers {
		if r.match(it) {
			r.read(x, it)
			break
		}
	}
	switch it.kind {
	case sniff.PDF, sniff.Image, sniff.Executable, sniff.RTF, sniff.Unknown:
		if !sniff.ZipWithin(it.data) {
			break
		}
		// An archive behind other content: a self-extracting one, or a file
		// made to be two things.
		x.fact(it, document.Anomaly)
		readZip(x, it)
	}
	p := &x.parts[it.line]
	p.Text = x.had[it.path] - had
	if it.where != InBody && sniff.Mismatch(p.TrueType, it.typ, it.names) {
		x.fact(it, document.Mismatch)
	}
}

// list adds an item to the receipt, with what its bytes say it is.
func (x *extractor) list(it *item) {
	it.line, it.kind = len(x.parts), sniff.Of(it.data)
	p := PartInfo{Part: it.path, Type: it.typ, Name: it.name(), Bytes: int64(len(it.data)), TrueType: sniff.Type(it.data), Facts: []document.Fact{}}
	x.parts = append(x.parts, p)
	if it.kind == sniff.Executable {
		x.fact(it, document.Executable)
	}
}

// fact notes a fact about an item in the receipt.
func (x *extractor) fact(it *item, f document.Fact) {
	if p := &x.parts[it.line]; !slices.Contains(p.Facts, f) {
		p.Facts = append(p.Facts, f)
	}
}

// member reads content found within it; members are numbered in stored order.
func (x *extractor) member(it *item, typ, label, name string, data []byte) {
	m := it.next(typ)
	m.charset = label
	if x.expired(m.path) || !x.b.Part(m.path) || !x.b.Enter(m.path, m.depth) {
		return
	}
	m.data = data[:x.b.Expand(m.path, 0, int64(len(data)))]
	if name != "" {
		m.names = []string{name}
	}
	x.memberItem(m)
}

// next is the next member of an item.
func (it *item) next(typ string) *item {
	it.members++
	return &item{path: it.path + "/" + strconv.Itoa(it.members), typ: typ, where: InAttachment, depth: it.depth + 1}
}

// memberItem reads a member whose bytes are paid for.
func (x *extractor) memberItem(m *item) {
	for _, n := range m.names {
		x.emit(Text{Part: m.path, Where: InName, Body: n})
	}
	x.item(m)
}

func isEmpty(it *item) bool { return len(it.data) == 0 }

// isSignature reports a detached signature, which is no content.
func isSignature(it *item) bool {
	switch it.typ {
	case "application/pkcs7-signature", "application/x-pkcs7-signature", "application/pgp-signature":
		return !textual(it.data) || strings.Contains(string(it.data[:min(len(it.data), 200)]), "-----BEGIN PGP SIGNATURE")
	}
	return false
}

func isImage(it *item) bool {
	return strings.HasPrefix(it.typ, "image/") || it.kind == sniff.Image || it.kind == sniff.Metafile
}

func skipImage(x *extractor, it *item) {
	x.fact(it, document.ImageOnly)
	x.b.Skip(budget.Skip{Part: it.path, Reason: budget.ImageOnly})
}

func skipOther(x *extractor, it *item) {
	x.b.Skip(budget.Skip{Part: it.path, Reason: budget.Unsupported})
}
