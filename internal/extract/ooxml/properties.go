package ooxml

import (
	"bytes"
	"strings"

	"labelmilter/internal/extract/document"
	"labelmilter/internal/extract/xmlscan"
)

// properties reads core and extended properties: the elements below the root
// are names, all text in them the value.
func (r *reader) properties(b []byte, source string) {
	x := xmlscan.New(b)
	var name string
	var value []byte
	depth := 0
	for k := x.Next(); k != xmlscan.EOF; k = x.Next() {
		switch k {
		case xmlscan.Start:
			if depth++; depth == 2 {
				name, value = string(x.Local()), value[:0]
			}
		case xmlscan.End:
			switch depth--; {
			case depth == 1 && len(bytes.TrimSpace(value)) > 0:
				r.Property(document.Property{Source: source, Name: name, Value: text(value)})
			case depth > 1 && len(value) > 0 && value[len(value)-1] != '\n':
				value = append(value, '\n')
			}
		case xmlscan.Text:
			if depth >= 2 {
				value = xmlscan.Append(value, x.Bytes())
			}
		case xmlscan.CData:
			value = append(value, x.Bytes()...)
		}
	}
	if x.Damaged {
		r.Damaged("properties")
	}
}

func text(b []byte) string {
	return strings.TrimSpace(strings.ToValidUTF8(string(b), "\uFFFD"))
}

// customProperties reads docProps/custom.xml (ISO/IEC 29500-1 22.3) and the MSIP
// labels in it.
func (r *reader) customProperties(b []byte) {
	x := xmlscan.New(b)
	var name string
	var value []byte
	var labels document.Labels
	for k := x.Next(); k != xmlscan.EOF; k = x.Next() {
		switch k {
		case xmlscan.Start:
			if string(x.Local()) != "property" {
				continue
			}
			name, value = "", value[:0]
			for n, v, ok := x.Attr(); ok; n, v, ok = x.Attr() {
				if string(n) == "name" {
					name = text(xmlscan.Append(nil, v))
				}
			}
		case xmlscan.End:
			if string(x.Local()) != "property" {
				if len(value) > 0 && value[len(value)-1] != '\n' {
					value = append(value, '\n')
				}
				continue
			}
			v := text(value)
			r.Property(document.Property{Source: "custom", Name: name, Value: v})
			labels.Take(name, v)
			name, value = "", value[:0]
		case xmlscan.Text:
			value = xmlscan.Append(value, x.Bytes())
		case xmlscan.CData:
			value = append(value, x.Bytes()...)
		}
	}
	for _, l := range labels.List() {
		r.Label(l)
	}
	if x.Damaged {
		r.Damaged("properties")
	}
}

// LabelInfo reads a label list, docMetadata/LabelInfo.xml of a package or the
// stream of an encrypted one (MS-OFFCRYPTO 2.6.4, OI29500).
func LabelInfo(b []byte, sink document.Sink) {
	r := &reader{Sink: sink}
	x := xmlscan.New(b)
	n := 0
	for k := x.Next(); k != xmlscan.EOF; k = x.Next() {
		if k != xmlscan.Start || string(x.Local()) != "label" {
			continue
		}
		if n++; n > 200 {
			break
		}
		l := document.Label{Source: "labelinfo"}
		for name, v, ok := x.Attr(); ok; name, v, ok = x.Attr() {
			s := text(xmlscan.Append(nil, v))
			switch string(name) {
			case "id":
				l.ID = document.GUID(s)
			case "siteId":
				l.SiteID = document.GUID(s)
			case "name":
				l.Name = s
			case "method":
				l.Method = s
			case "setDate":
				l.SetDate = s
			case "contentBits":
				l.ContentBits = s
			case "enabled":
				l.Enabled = document.Bool(s)
			case "removed":
				l.Removed = document.Bool(s)
			}
		}
		r.Label(l)
	}
	if x.Damaged {
		r.Damaged("labels")
	}
}

// relations gives the targets outside of the package: links, templates, data
// sources.
func (r *reader) relations(b []byte) {
	x := xmlscan.New(b)
	w := document.NewWriter(r.Room())
	var buf []byte
	for k := x.Next(); k != xmlscan.EOF; k = x.Next() {
		if k != xmlscan.Start {
			continue
		}
		var target []byte
		external := false
		for n, v, ok := x.Attr(); ok; n, v, ok = x.Attr() {
			switch string(n) {
			case "Target":
				target = v
			case "TargetMode":
				external = string(v) == "External"
			}
		}
		if external {
			buf = xmlscan.Append(buf[:0], target)
			w.Write(buf)
			w.Line()
		}
	}
	r.text(document.Hidden, w)
}
