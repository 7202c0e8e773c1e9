// Package document holds what readers of document formats say about a document
// and the sink they say it to: texts by place, properties, sensitivity labels,
// embedded content and facts. It knows no format.
package document

import "strings"

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
	Source string `json:"source"` // "core", "app", "custom", "meta"
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
	Macros     Fact = "macros"     // code that the document may run
	Signed     Fact = "signed"     // a digital signature is there, not checked
	Encrypted  Fact = "encrypted"  // content that could not be read without a key
	ImageOnly  Fact = "image-only" // images and next to no text
	Mismatch   Fact = "mismatch"   // name or declared type contradict the content
	Executable Fact = "executable" // a program
	Anomaly    Fact = "anomaly"    // a container made to be read in two ways
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

// Sink takes what a reader finds, in order. Implementations keep to the
// message's budget.
type Sink interface {
	// Text takes one run of text in UTF-8.
	Text(p Place, s string)
	Property(p Property)
	Label(l Label)
	// Embed takes content to be read as a part of its own. An image that is
	// decoration of the document comes as decoration.
	Embed(name string, data []byte, decoration bool)
	Fact(f Fact)
	// Damaged says that something in the named piece could not be read.
	Damaged(piece string)
	// Room is how many bytes of text can still be kept.
	Room() int
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
