// Package sample makes small documents and containers with one marker in every
// place where their formats can hold text. It is written from the standards
// (ISO/IEC 29500, ODF 1.3, APPNOTE) and shares no code with the readers.
package sample

import (
	"archive/zip"
	"bytes"
	"fmt"
	"strings"
)

// Document is a made document and the markers hidden in it.
type Document struct {
	Name   string
	Type   string // media type
	True   string // what its bytes alone tell, Type if empty
	Data   []byte
	Places []Place
	Facts  string // what is to be told of it, separated by spaces
}

// Place is a marker and where it stands.
type Place struct {
	Name   string
	Marker string // a number of 16 digits
}

// builder collects parts and markers.
type builder struct {
	parts  []part
	places []Place
	base   int
}

type part struct{ name, body string }

// mark gives a new marker for a place.
func (b *builder) mark(place string) string {
	m := fmt.Sprintf("41111111%08d", b.base+len(b.places)*7)
	b.places = append(b.places, Place{place, m})
	return m
}

func (b *builder) add(name, body string) { b.parts = append(b.parts, part{name, body}) }

// document packs the parts.
func (b *builder) document(name, typ string) Document {
	return Document{Name: name, Type: typ, Data: Zip(b.list()...), Places: b.places}
}

func (b *builder) list() [][2]string {
	var out [][2]string
	for _, p := range b.parts {
		out = append(out, [2]string{p.name, p.body})
	}
	return out
}

// Zip packs names and contents, deflated, without dates.
func Zip(parts ...[2]string) []byte {
	var buf bytes.Buffer
	w := zip.NewWriter(&buf)
	for _, p := range parts {
		h := &zip.FileHeader{Name: p[0], Method: zip.Deflate}
		if p[0] == "mimetype" { // ODF 1.3-2 3.3: stored
			h.Method = zip.Store
		}
		f, err := w.CreateHeader(h)
		if err != nil {
			panic(err) // of a buffer: cannot be
		}
		if _, err := f.Write([]byte(p[1])); err != nil {
			panic(err)
		}
	}
	if err := w.Close(); err != nil {
		panic(err)
	}
	return buf.Bytes()
}

const head = `<?xml version="1.0" encoding="UTF-8" standalone="yes"?>` + "\n"

func contentTypes(overrides ...string) string {
	var s strings.Builder
	s.WriteString(head + `<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"><Default Extension="xml" ContentType="application/xml"/>`)
	for i := 0; i+1 < len(overrides); i += 2 {
		fmt.Fprintf(&s, `<Override PartName="/%s" ContentType="%s"/>`, overrides[i], overrides[i+1])
	}
	return s.String() + `</Types>`
}

// properties adds the property parts that all Office documents share.
func (b *builder) properties() {
	b.add("docProps/core.xml", head+`<cp:coreProperties xmlns:cp="http://schemas.openxmlformats.org/package/2006/metadata/core-properties" xmlns:dc="http://purl.org/dc/elements/1.1/"><dc:title>`+
		b.mark("core property: title")+`</dc:title><dc:creator>`+b.mark("core property: creator")+`</dc:creator><cp:keywords>`+b.mark("core property: keywords")+`</cp:keywords></cp:coreProperties>`)
	b.add("docProps/app.xml", head+`<Properties xmlns="http://schemas.openxmlformats.org/officeDocument/2006/extended-properties"><Company>`+b.mark("extended property: company")+
		`</Company><TitlesOfParts><vt:vector><vt:lpstr>`+b.mark("extended property: title of part")+`</vt:lpstr></vt:vector></TitlesOfParts></Properties>`)
	const label = "MSIP_Label_11111111-2222-4333-8444-555555555555_"
	b.add("docProps/custom.xml", head+`<Properties xmlns="http://schemas.openxmlformats.org/officeDocument/2006/custom-properties" xmlns:vt="http://schemas.openxmlformats.org/officeDocument/2006/docPropsVTypes">`+
		`<property pid="2" name="Case `+b.mark("custom property: name")+`"><vt:lpwstr>`+b.mark("custom property: value")+`</vt:lpwstr></property>`+
		`<property pid="3" name="`+label+`Enabled"><vt:lpwstr>true</vt:lpwstr></property>`+
		`<property pid="4" name="`+label+`SiteId"><vt:lpwstr>aaaaaaaa-bbbb-4ccc-8ddd-eeeeeeeeeeee</vt:lpwstr></property>`+
		`<property pid="5" name="`+label+`Name"><vt:lpwstr>`+b.mark("MSIP label property")+`</vt:lpwstr></property>`+
		`<property pid="6" name="`+label+`Method"><vt:lpwstr>Privileged</vt:lpwstr></property></Properties>`)
	b.add("docMetadata/LabelInfo.xml", head+`<clbl:labelList xmlns:clbl="http://schemas.microsoft.com/office/2020/mipLabelMetadata"><clbl:label id="{99999999-8888-4777-8666-555555555555}" enabled="1" method="Standard" siteId="{aaaaaaaa-bbbb-4ccc-8ddd-eeeeeeeeeeee}" contentBits="3" removed="0" name="`+
		b.mark("LabelInfo.xml: name")+`"/></clbl:labelList>`)
	b.add("customXml/item1.xml", head+`<data xmlns="x"><field>`+b.mark("custom XML: text")+`</field><other title="`+b.mark("custom XML: attribute")+`"/></data>`)
}

const drawing = `xmlns:a="http://schemas.openxmlformats.org/drawingml/2006/main"`
