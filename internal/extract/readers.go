package extract

import (
	"slices"
	"strconv"
	"strings"
	"sync"

	"labelmilter/internal/budget"
	"labelmilter/internal/extract/cms"
	"labelmilter/internal/extract/doc"
	"labelmilter/internal/extract/document"
	"labelmilter/internal/extract/metafile"
	"labelmilter/internal/extract/ole"
	"labelmilter/internal/extract/pdf"
	"labelmilter/internal/extract/rtf"
	"labelmilter/internal/extract/sniff"
	"labelmilter/internal/extract/tnef"
	"labelmilter/internal/extract/xls"
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
	own     bool   // data is nobody else's and stays: texts may share its memory
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

// otherNames are the spellings of its name beside the first.
func (it *item) otherNames() []string {
	if len(it.names) < 2 {
		return []string{}
	}
	return slices.Clone(it.names[1:])
}

// reader reads one kind of content.
type reader struct {
	kind  string
	match func(*item) bool
	read  func(*extractor, *item)
	apart bool // it unpacks or reads a format with a structure of its own
}

// Whether a reader of the table works in the message's own process.
const here, apart = false, true

// readers is the one table of what can be read, in order: the first that
// matches reads the item. Content decides before the declared type where a
// format has a signature. Document readers that keep to package document stand
// here as
//
//	{"pdf", is(sniff.PDF), reads(pdf.Read), apart},
func readers() []reader {
	return []reader{
		{"empty", isEmpty, func(*extractor, *item) {}, here},
		{"signature", isSignature, func(*extractor, *item) {}, here},
		{"encrypted", isEncrypted, readEncrypted, here},
		{"cms", isCMS, reads(cms.Read), apart},
		{"zip", is(sniff.Zip), readZip, apart},
		{"stream", is(sniff.Gzip, sniff.Bzip2, sniff.XZ, sniff.LZMA, sniff.Zstd), readStream, apart},
		{"archive", is(sniff.Tar, sniff.SevenZip, sniff.RAR, sniff.ISO, sniff.Cabinet), readArchive, apart},
		{"pdf", is(sniff.PDF), reads(pdf.Read), apart},
		{"rtf", is(sniff.RTF), reads(rtf.Read), apart},
		{"tnef", is(sniff.TNEF), reads(tnef.Read), apart},
		{"compound file", is(sniff.CompoundFS), reads(ole.Read), apart},
		{"word 2", is(sniff.Word2), reads(doc.ReadFile), apart},
		{"workbook", is(sniff.BIFF), reads(xls.ReadStream), apart},
		{"metafile", is(sniff.Metafile), reads(metafile.Read), apart},
		{"mbox", isMbox, readMbox, apart},
		{"mail", isMail, readMail, apart},
		{"html", isHTML, readHTML, here},
		{"xml", isXML, readXML, here},
		{"json", isJSON, readJSON, here},
		{"folded", isFolded, readFolded, here},
		{"text", isText, readText, here},
		{"image", isImage, skipImage, here},
		{"other", func(*item) bool { return true }, skipOther, here},
	}
}

var (
	tableOnce sync.Once
	tableRows []reader
)

// table is readers, made once.
func table() []reader {
	tableOnce.Do(func() { tableRows = readers() })
	return tableRows
}

// is matches content by its signature.
func is(kinds ...sniff.Kind) func(*item) bool {
	return func(it *item) bool { return slices.Contains(kinds, it.kind) }
}

// item lists an item in the receipt and reads it.
func (x *extractor) item(it *item) {
	x.list(it)
	had := x.had[it.path]
	x.reader(it).read(x, it)
	if twofold(it) {
		x.fact(it, document.Anomaly)
		readZip(x, it)
	}
	x.want(it)
	p := &x.parts[it.line]
	p.Text = x.had[it.path] - had
	if it.where != InBody && sniff.Mismatch(p.TrueType, it.typ, it.names) {
		x.fact(it, document.Mismatch)
	}
}

// reader chooses the reader of an item whose kind is known.
func (x *extractor) reader(it *item) reader {
	for _, r := range x.readers {
		if r.match(it) {
			return r
		}
	}
	return reader{read: skipOther} // the last one matches everything
}

// twofold reports an archive behind other content: a self-extracting one, or a
// file made to be two things.
func twofold(it *item) bool {
	switch it.kind {
	case sniff.PDF, sniff.Image, sniff.Executable, sniff.RTF, sniff.Unknown:
		return sniff.ZipWithin(it.data)
	}
	return false
}

// list adds an item to the receipt, with what its bytes say it is.
func (x *extractor) list(it *item) {
	it.line, it.kind = len(x.parts), sniff.Of(it.data)
	p := PartInfo{Part: it.path, Type: it.typ, Name: it.name(), OtherNames: it.otherNames(), Bytes: int64(len(it.data)), TrueType: sniff.Type(it.data, it.kind), Facts: []document.Fact{}}
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
	return strings.HasPrefix(it.typ, "image/") || it.kind == sniff.Image
}

// drawing reads the text of a metafile that belongs to the looks of a document,
// and reports whether there is any.
func (x *extractor) drawing(it *item) bool {
	if it.kind != sniff.Metafile {
		return false
	}
	text, left := metafile.Text(it.data, int(max(x.b.TextPart-x.had[it.path], 0)))
	x.emit(Text{Part: it.path, Where: InAttachment, Body: text})
	x.parts[it.line].Text = x.had[it.path]
	if left != "" {
		x.b.Skip(budget.Skip{Part: it.path, Reason: left, Detail: metafile.Drawn})
	}
	return text != ""
}

func skipImage(x *extractor, it *item) {
	x.fact(it, document.ImageOnly)
	x.b.Skip(budget.Skip{Part: it.path, Reason: budget.ImageOnly})
}

func skipOther(x *extractor, it *item) {
	x.b.Skip(budget.Skip{Part: it.path, Reason: budget.Unsupported})
}
