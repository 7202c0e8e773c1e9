package extract

import (
	"strconv"
	"strings"

	"labelmilter/internal/budget"
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
// format has a signature.
func readers() []reader {
	return []reader{
		{"empty", isEmpty, func(*extractor, *item) {}},
		{"signature", isSignature, func(*extractor, *item) {}},
		{"encrypted", isEncrypted, readEncrypted},
		{"html", isHTML, readHTML},
		{"xml", isXML, readXML},
		{"json", isJSON, readJSON},
		{"folded", isFolded, readFolded},
		{"text", isText, readText},
		{"image", isImage, skipImage},
		{"other", func(*item) bool { return true }, skipOther},
	}
}

// item lists an item in the receipt and reads it.
func (x *extractor) item(it *item) {
	n := len(x.parts)
	x.parts = append(x.parts, PartInfo{Part: it.path, Type: it.typ, Name: it.name(), Bytes: int64(len(it.data))})
	had := x.had[it.path]
	for _, r := range x.readers {
		if r.match(it) {
			r.read(x, it)
			break
		}
	}
	x.parts[n].Text = x.had[it.path] - had
}

// member reads content found within it; members are numbered in stored order.
func (x *extractor) member(it *item, typ, label, name string, data []byte) {
	it.members++
	m := &item{path: it.path + "/" + strconv.Itoa(it.members), typ: typ, charset: label, data: data, where: InAttachment, depth: it.depth + 1}
	if x.expired(m.path) || !x.b.Part(m.path) || !x.b.Enter(m.path, m.depth) {
		return
	}
	m.data = data[:x.b.Expand(m.path, 0, int64(len(data)))]
	if name != "" {
		m.names = []string{name}
		x.emit(Text{Part: m.path, Where: InName, Body: name})
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

func isImage(it *item) bool { return strings.HasPrefix(it.typ, "image/") || imageMagic(it.data) }

func skipImage(x *extractor, it *item) {
	x.b.Skip(budget.Skip{Part: it.path, Reason: budget.ImageOnly})
}

func skipOther(x *extractor, it *item) {
	x.b.Skip(budget.Skip{Part: it.path, Reason: budget.Unsupported})
}
