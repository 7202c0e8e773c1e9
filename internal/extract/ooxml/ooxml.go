// Package ooxml reads Office Open XML documents (ISO/IEC 29500, transitional
// and strict): docx, xlsx, pptx, their macro and template kinds, and xlsb. Every
// part of the package is read, whether a relationship leads to it or not: text
// hides in orphans. Shown text keeps its lines, table cells and sheet rows;
// attributes, field codes, deleted text and links come as hidden text. Numbers
// are given in full and as the sheet displays them. Properties, MSIP labels and
// LabelInfo.xml are typed; embedded files go to the caller.
//
// It is no validator and follows no external link.
package ooxml

import (
	"bytes"
	"path"
	"strings"

	"labelmilter/internal/extract/document"
	"labelmilter/internal/extract/sniff"
	"labelmilter/internal/extract/xmlscan"
)

// Is reports the parts of an Office Open XML package (ISO/IEC 29500-2 10.1.2.2).
func Is(s document.Source) bool {
	for i := range s.Len() {
		if clean(s.Name(i)) == "[content_types].xml" {
			return true
		}
	}
	return false
}

// clean is a part name for comparison: lower case, forward slashes, no lead.
func clean(name string) string {
	return strings.TrimLeft(strings.ToLower(strings.ReplaceAll(name, `\`, "/")), "/")
}

// reader is the state of reading one document.
type reader struct {
	document.Sink
	types map[string]string // content type by part name
	book  *book             // of a spreadsheet
}

// Read reads the whole package.
func Read(s document.Source, sink document.Sink) {
	r := &reader{Sink: sink, types: map[string]string{}}
	names := make([]string, s.Len())
	for i := range names {
		names[i] = clean(s.Name(i))
		if names[i] == "[content_types].xml" {
			r.contentTypes(s.Read(i))
		}
	}
	r.openBook(s, names)
	for i, name := range names {
		r.part(s, i, name)
	}
	r.orphans()
}

// contentTypes reads [Content_Types].xml (ISO/IEC 29500-2 10.1.2).
func (r *reader) contentTypes(b []byte) {
	x := xmlscan.New(xmlscan.UTF8(b))
	for k := x.Next(); k != xmlscan.EOF && len(r.types) < 10_000; k = x.Next() {
		if k != xmlscan.Start || string(x.Local()) != "Override" {
			continue
		}
		var name, typ string
		for n, v, ok := x.Attr(); ok; n, v, ok = x.Attr() {
			switch string(n) {
			case "PartName":
				name = string(xmlscan.Append(nil, v))
			case "ContentType":
				typ = string(v)
			}
		}
		r.types[clean(name)] = strings.ToLower(typ)
	}
}

// part reads one part by its name, its content type and its content.
func (r *reader) part(s document.Source, i int, name string) {
	typ := r.types[name]
	base := path.Base(name)
	switch {
	case strings.HasSuffix(name, "/"), name == "[content_types].xml", r.book.owns(i):
		return
	case strings.HasPrefix(name, "_xmlsignatures/"):
		r.Fact(document.Signed)
		return
	case strings.Contains(base, "printersettings") && strings.HasSuffix(base, "bin"), strings.HasSuffix(base, ".odttf"):
		return // device settings and fonts hold no text
	case strings.HasPrefix(base, "vbaproject") || strings.Contains(typ, "vbaproject"):
		if strings.HasSuffix(base, ".bin") || typ != "" {
			r.Fact(document.Macros)
		}
	case strings.HasPrefix(name, "xl/macrosheets/"):
		r.Fact(document.Macros)
	}
	b := s.Read(i)
	if len(b) == 0 {
		return
	}
	x := xmlscan.UTF8(b)
	if !isXML(x) {
		if r.book != nil && strings.HasPrefix(name, "xl/") && strings.HasSuffix(name, ".bin") && isBinary(typ, b) {
			r.binary(b)
			return
		}
		r.Embed(document.Embedded{Names: []string{s.Name(i)}, Data: b, Decoration: decoration(name, b)})
		return
	}
	r.xmlPart(name, typ, x)
}

// decoration reports an image or drawing that belongs to the document's looks.
func decoration(name string, b []byte) bool {
	k := sniff.Of(b)
	return (k == sniff.Image || k == sniff.Metafile || strings.HasSuffix(name, ".wdp")) && !strings.Contains(name, "/embeddings/")
}

func isXML(b []byte) bool {
	t := bytes.TrimLeft(b[:min(len(b), 512)], " \t\r\n")
	return len(t) > 1 && t[0] == '<' && (t[1] == '?' || t[1] == '!' || t[1] == '_' || t[1] >= 'A' && t[1] <= 'Z' || t[1] >= 'a' && t[1] <= 'z')
}

// xmlPart reads a part that is XML.
func (r *reader) xmlPart(name, typ string, b []byte) {
	root := rootName(b)
	switch {
	case root == "html" || root == "HTML":
		r.Embed(document.Embedded{Names: []string{name}, Data: b}) // an alternative format chunk
		return
	case root == "coreProperties":
		r.properties(b, "core")
	case root == "Properties" && (strings.Contains(typ, "custom-properties") || strings.HasSuffix(name, "custom.xml")):
		r.customProperties(b)
	case root == "Properties":
		r.properties(b, "app")
	case root == "labelList":
		LabelInfo(b, r.Sink)
		r.flow(b, someAttributes)
	case root == "Relationships":
		r.relations(b)
	case r.book != nil && (root == "worksheet" || root == "dialogsheet" || root == "macrosheet"):
		r.sheet(b)
	case root == "styleSheet", root == "theme", root == "fonts", root == "tblStyleLst", root == "themeOverride", root == "clrMap":
		r.flow(b, noAttributes)
	case strings.HasPrefix(root, "pivotCache"):
		r.flow(b, allAttributes)
	default:
		r.flow(b, someAttributes)
	}
}

// rootName is the local name of the document element.
func rootName(b []byte) string {
	x := xmlscan.New(b)
	for range 100 {
		switch x.Next() {
		case xmlscan.Start:
			return string(x.Local())
		case xmlscan.EOF:
			return ""
		}
	}
	return ""
}

// text gives what a writer holds, with the place it is for.
func (r *reader) text(p document.Place, w *document.Writer) {
	if s := w.Done(); s != "" {
		r.Text(p, s)
	}
}
