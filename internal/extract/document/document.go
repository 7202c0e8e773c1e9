// Package document is what readers of document formats plug into: the sink they
// say their finds to, and the words they say them in (texts by place,
// properties, sensitivity labels, embedded content, facts). It knows no format.
//
// # A reader
//
// A reader is one package below internal/extract with one function
//
//	func Read(data []byte, s document.Sink)
//
// (or Read(src document.Source, …) for formats that are zip packages) and one
// line in the table of internal/extract/readers.go, where the format's
// signature in package sniff chooses it. It keeps to this:
//
//   - Everything that is text is given, shown text in reading order with its
//     lines and table cells (Writer helps), all else as Hidden.
//   - Embedded files go to Sink.Embed, whatever they are; the reader knows no
//     other format. Depth, number of parts and recursion are the sink's business.
//   - Memory and work are bounded by the size of the input and by counters of the
//     reader's own (objects, records, operators); whatever makes bytes out of
//     fewer bytes goes through Unpack or Expand. Time plays no part.
//   - A limit met, a method or encoding not known, an encrypted or damaged piece
//     is a Skip with its reason, never silence, and the rest is still read.
//   - It never panics; should it do so all the same, what it said until then
//     counts and the part has the reason extractor-failed.
//
// documenttest.Sink records what a reader says, for its tests and its fuzz
// target.
package document

import (
	"errors"
	"io"
	"strings"

	"labelmilter/internal/budget"
)

// Place is where in a document a text stands.
type Place uint8

// The places.
const (
	Shown  Place = iota // what a reader of the document can bring to sight
	Hidden              // attributes, field codes, deleted text, links, code
)

// Property is one document property.
type Property struct {
	Part   string `json:"part"`   // section number of the part
	Source string `json:"source"` // "core", "app", "custom", "meta", "info", "xmp", "mail"
	Name   string `json:"name"`
	Value  string `json:"value"`
}

// Label is one sensitivity label that a document carries, after Microsoft
// Purview Information Protection: from docMetadata/LabelInfo.xml (MS-OFFCRYPTO
// 2.6.4) or from custom properties MSIP_Label_<id>_<key>.
type Label struct {
	Part        string `json:"part"`
	Source      string `json:"source"` // "labelinfo" or "property"
	ID          string `json:"id"`     // GUID in lower case without braces
	SiteID      string `json:"site_id"`
	Name        string `json:"name"`
	Method      string `json:"method"` // "Standard" or "Privileged"
	SetDate     string `json:"set_date"`
	ContentBits string `json:"content_bits"`
	Enabled     bool   `json:"enabled"`
	Removed     bool   `json:"removed"`
}

// Fact is something about a document beside its text.
type Fact string

// The facts.
const (
	Macros    Fact = "macros"    // code that the document may run
	Signed    Fact = "signed"    // a digital signature is there, not checked
	Encrypted Fact = "encrypted" // content that could not be read without a key
	// RightsProtected is content under rights management, which is encrypted too.
	RightsProtected Fact = "rights-protected"
	ImageOnly       Fact = "image-only" // images and next to no text
	Mismatch        Fact = "mismatch"   // name or declared type contradict the content
	Executable      Fact = "executable" // a program
	Anomaly         Fact = "anomaly"    // a container or file made to be read in two ways
)

// Source is the opened package: its parts in stored order.
type Source interface {
	Len() int
	// Name is the part's name as stored.
	Name(i int) string
	// Read gives the content, or as much of it as can be had; reading again
	// costs again.
	Read(i int) []byte
}

// Embedded is content within a document that is to be read as a part of its
// own, by its bytes, with all readers there are.
type Embedded struct {
	Names   []string // file names in every spelling, the likeliest first; may be empty
	Type    string   // media type that the document declares, "" if none
	Charset string   // declared charset of a text, "" if none
	Data    []byte   // not to be changed any more
	// Decoration marks an image that belongs to the document's looks: it is
	// listed and not read. A document of decoration and next to no shown text
	// counts as image-only.
	Decoration bool
}

// ErrCut is what Sink.Unpack gives when the budget has cut the data; the reason
// is recorded.
var ErrCut = errors.New("cut by the budget")

// Sink takes what a reader finds, in order. Implementations keep to the
// message's budget. It is not safe for concurrent use.
type Sink interface {
	// Text takes one run of text in UTF-8. Texts of one piece of the document
	// come in one call: a value that two calls share is not found.
	Text(p Place, s string)
	// Property takes one property; those named MSIP_Label_… are to be collected
	// in Labels besides. Part is filled in.
	Property(p Property)
	// Label takes one sensitivity label; Part is filled in.
	Label(l Label)
	// Embed reads embedded content before it returns. What the data cost was
	// paid with Unpack, Expand or Source.Read; a slice of the input is free.
	Embed(e Embedded)
	// Fact notes a fact. Encrypted and ImageOnly are recorded as a reason too.
	Fact(f Fact)
	// Skip records that something was not read, with a technical detail in
	// fixed words, never content of the document.
	Skip(r budget.Reason, detail string)
	// Damaged is Skip with reason corrupt: the named piece could not be read,
	// or only in part. Not where the budget cut the piece.
	Damaged(piece string)
	// Room is how many bytes of text can still be kept.
	Room() int
	// Unpack reads decompressed data to its end within the budget: bytes of the
	// piece, bytes of the message, and the ratio to packed, the bytes that it
	// takes in the document (0: unknown). What came before an error is given
	// with it. The error is that of r, or ErrCut.
	Unpack(r io.Reader, packed int64) ([]byte, error)
	// Expand pays for n bytes of a piece that has had had bytes so far, where
	// the reader unpacks by itself. It gives how many it may make; fewer than
	// n is recorded, and the piece ends there.
	Expand(had, n int64) int64
	// Ended reports that there is no more time: the reader returns. The reason
	// is recorded.
	Ended() bool
}

// Labels collects MSIP_Label_<id>_<key> properties into labels.
type Labels struct {
	list  []Label
	index map[string]int
}

// maxLabels bounds the labels of one document.
const maxLabels = 200

// Take reads one property and reports whether it is an item of a label.
func (l *Labels) Take(name, value string) bool {
	const prefix = "MSIP_Label_"
	if len(name) < len(prefix)+36+2 || !strings.EqualFold(name[:len(prefix)], prefix) {
		return false
	}
	id, key := strings.ToLower(name[len(prefix):len(prefix)+36]), name[len(prefix)+36:]
	if key[0] != '_' || !guid(id) {
		return false
	}
	i, known := l.index[id]
	if !known {
		if len(l.list) >= maxLabels {
			return true
		}
		if l.index == nil {
			l.index = map[string]int{}
		}
		i = len(l.list)
		l.index[id] = i
		l.list = append(l.list, Label{Source: "property", ID: id})
	}
	e, value := &l.list[i], strings.TrimSpace(value)
	switch strings.ToLower(key[1:]) {
	case "enabled":
		e.Enabled = Bool(value)
	case "siteid":
		e.SiteID = GUID(value)
	case "name":
		e.Name = value
	case "method":
		e.Method = value
	case "setdate":
		e.SetDate = value
	case "contentbits":
		e.ContentBits = value
	case "removed":
		e.Removed = Bool(value)
	}
	return true
}

// List gives the labels in order of first appearance.
func (l *Labels) List() []Label { return l.list }

// Bool reads xsd:boolean and the spellings of Office.
func Bool(s string) bool { return s == "1" || strings.EqualFold(s, "true") }

// GUID is s in lower case without braces.
func GUID(s string) string { return strings.ToLower(strings.Trim(strings.TrimSpace(s), "{}")) }

func guid(s string) bool {
	for i := range len(s) {
		dash := i == 8 || i == 13 || i == 18 || i == 23
		c := s[i]
		if dash != (c == '-') || !dash && (c < '0' || c > '9') && (c < 'a' || c > 'f') {
			return false
		}
	}
	return len(s) == 36
}
