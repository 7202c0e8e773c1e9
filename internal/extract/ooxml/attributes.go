package ooxml

import (
	"bytes"

	"labelmilter/internal/extract/xmlscan"
)

// maxSeen bounds the memory for attribute values given already.
const maxSeen = 4096

// attributes gives the values of the tag in hand that people wrote.
func (f *flow) attributes(x *xmlscan.Scanner, element string) {
	for n, v, ok := x.Attr(); ok; n, v, ok = x.Attr() {
		if len(v) < 2 || !f.keeps(element, string(n), v) {
			continue
		}
		f.buf = xmlscan.Append(f.buf[:0], v)
		if len(f.seen) < maxSeen {
			if f.seen[string(f.buf)] {
				continue
			}
			if f.seen == nil {
				f.seen = map[string]bool{}
			}
			f.seen[string(f.buf)] = true
		}
		f.hidden.Line()
		f.hidden.Write(f.buf)
		f.hidden.Line()
	}
}

// keeps decides by the attribute's name, and for other names by the look of the
// value: long, with a blank or an "@", none of the identifiers and measures that
// markup is full of.
func (f *flow) keeps(element, name string, v []byte) bool {
	switch name {
	case "descr", "title", "alt", "author", "initials", "instr", "tooltip", "prompt", "promptTitle", "error", "errorTitle",
		"connection", "command", "userName", "displayName", "lastModifiedBy", "altText", "display", "location", "text",
		"caption", "comment", "description", "statusText", "help", "userId", "textString", "string", "oddHeader":
		return true
	case "v":
		return f.mode == allAttributes
	case "xmlns", "Ignorable", "Requires", "schemaLocation", "style", "path", "adj", "coordsize", "uri", "typeface", "ascii", "hAnsi",
		"cs", "eastAsia", "panose", "algorithmName", "hashValue", "saltValue", "spinCount", "Type", "formatCode", "uid", "guid",
		"fill", "gradientshapeok", "spans", "sqref", "ref", "extrusionok", "prst", "id", "embed", "link", "durableId", "codeName":
		return false
	case "val", "name":
		if element == "id" || element == "numFmt" {
			return false
		}
		if len(v) >= 8 && digits(v) {
			return true
		}
	}
	if len(v) < 13 && bytes.IndexByte(v, ' ') < 0 && bytes.IndexByte(v, '@') < 0 {
		return false
	}
	return !bytes.HasPrefix(v, []byte("http://schemas.")) && !bytes.HasPrefix(v, []byte("http://purl.oclc.org/ooxml")) &&
		!bytes.HasPrefix(v, []byte("urn:")) && !bytes.HasPrefix(v, []byte("{"))
}

func digits(v []byte) bool {
	for _, c := range v {
		if (c < '0' || c > '9') && c != '-' && c != '.' {
			return false
		}
	}
	return true
}
