package pdf

import (
	"bytes"
	"cmp"
	"slices"
	"strings"

	"labelmilter/internal/budget"
	"labelmilter/internal/extract/document"
	"labelmilter/internal/extract/xmlscan"
)

const (
	maxOutline     = 50_000
	maxFields      = 100_000
	maxAttachments = 5000
	maxSearched    = 500_000_000 // bytes searched for what is shown already
)

// keys gives the keys of a dictionary in order.
func keys(d dict) []name {
	ks := make([]name, 0, len(d))
	for k := range d {
		ks = append(ks, k)
	}
	slices.Sort(ks)
	return ks
}

// str gives a text string.
func (r *reader) str(o object) string {
	s, _ := r.resolve(o).(text)
	return textString(s)
}

// long gives a text string or the text in a stream.
func (r *reader) long(o object) string {
	switch o := r.resolve(o).(type) {
	case text:
		return textString(o)
	case *stream:
		return textString(text(r.decode(o)))
	}
	return ""
}

// standardInfo are the keys of the information dictionary (ISO 32000-2 14.3.3).
var standardInfo = []name{"Title", "Author", "Subject", "Keywords", "Creator", "Producer", "CreationDate", "ModDate", "Trapped"}

// metadata reads the information dictionary and XMP.
func (r *reader) metadata(root dict) {
	info := r.dict(r.trailer("Info"))
	ks := keys(info)
	slices.SortStableFunc(ks, func(a, b name) int {
		at := func(n name) int {
			if i := slices.Index(standardInfo, n); i >= 0 {
				return i
			}
			return len(standardInfo)
		}
		return cmp.Compare(at(a), at(b))
	})
	had := map[string]bool{}
	property := func(source, n, v string) {
		if v = strings.TrimSpace(strings.ToValidUTF8(v, "\uFFFD")); v == "" {
			return
		}
		n = strings.ToValidUTF8(n, "\uFFFD")
		if v = date(v); technical(v) {
			return
		}
		if !r.labels.Take(n, v) {
			if had[v] && source == "xmp" {
				return
			}
			had[v] = true
		}
		r.Property(document.Property{Source: source, Name: n, Value: v})
	}
	for _, k := range ks {
		v := r.str(info[k])
		if n := r.name(info[k]); v == "" && k == "Trapped" {
			v = string(n)
		}
		source := "info"
		if !slices.Contains(standardInfo, k) {
			source = "custom"
		}
		property(source, string(k), v)
	}
	main := r.stream(root["Metadata"])
	if main != nil {
		r.xmp(main, property)
	}
	for i, e := range r.entries {
		if s := e.stream; s != nil && s != main && s.dict["Type"] == name("Metadata") && r.at[e.num] == int32(i) {
			r.xmp(s, property)
		}
	}
	for _, l := range r.labels.List() {
		r.Label(l)
	}
}

// date gives a date of PDF (ISO 32000-2 7.9.4) as ISO 8601 has it, as XMP does;
// other values as they are.
func date(v string) string {
	d, ok := strings.CutPrefix(v, "D:")
	if !ok || len(d) < 14 || len(d) > 21 {
		return v
	}
	for i := range 14 {
		if d[i] < '0' || d[i] > '9' {
			return v
		}
	}
	zone := strings.ReplaceAll(strings.TrimSuffix(d[14:], "'"), "'", ":")
	return d[:4] + "-" + d[4:6] + "-" + d[6:8] + "T" + d[8:10] + ":" + d[10:12] + ":" + d[12:14] + zone
}

// technical reports a value that a program made for programs: identifiers, and
// the banner of TeX. Numbers in them are taken for other things.
func technical(v string) bool {
	if len(v) > 150 {
		return false
	}
	for _, p := range []string{"uuid:", "xmp.did:", "xmp.iid:", "adobe:docid:"} {
		if strings.HasPrefix(v, p) && !strings.ContainsRune(v, ' ') {
			return true
		}
	}
	return strings.HasPrefix(v, "This is ") && strings.Contains(v, ", Version 3.14159") && strings.Contains(v, "(TeX Live ")
}

// xmp reads the properties of an XMP packet (ISO 16684-1): elements and
// attributes that are not of RDF itself.
func (r *reader) xmp(s *stream, property func(source, name, value string)) {
	x := xmlscan.New(xmlscan.UTF8(r.decode(s)))
	current, buf := "", []byte(nil)
	for k := x.Next(); k != xmlscan.EOF; k = x.Next() {
		switch k {
		case xmlscan.Start:
			structure := bytes.HasPrefix(x.Name(), []byte("rdf:")) || bytes.HasPrefix(x.Name(), []byte("x:"))
			if !structure {
				current = string(x.Local())
			}
			for n, v, ok := x.Attr(); ok; n, v, ok = x.Attr() {
				switch string(n) {
				case "about", "lang", "parseType", "xmptk", "resource", "nodeID", "type":
					continue
				}
				if buf = xmlscan.Append(buf[:0], v); !bytes.HasPrefix(buf, []byte("adobe:ns:")) && !(structure && bytes.HasPrefix(buf, []byte("http://"))) {
					property("xmp", string(n), string(buf))
				}
			}
		case xmlscan.Text:
			if buf = xmlscan.Append(buf[:0], x.Bytes()); current != "" && len(bytes.TrimSpace(buf)) > 0 {
				property("xmp", current, string(buf))
			}
		}
	}
}

// outline gives the titles of the bookmarks.
func (r *reader) outline(root dict) {
	seen := map[ref]bool{}
	var walk func(o object, depth int)
	walk = func(o object, depth int) {
		for range maxOutline {
			n, isRef := o.(ref)
			d := r.dict(o)
			if d == nil || depth > maxNest || isRef && seen[n] || len(seen) > maxOutline {
				return
			}
			if isRef {
				seen[n] = true
			}
			r.show(r.str(d["Title"]))
			walk(d["First"], depth+1)
			o = d["Next"]
		}
	}
	walk(r.dict(root["Outlines"])["First"], 0)
}

// appearances shows what the annotations of a page look like.
func (r *reader) appearances(page dict) {
	for _, o := range r.array(page["Annots"]) {
		d := r.dict(o)
		ap := r.resolve(r.dict(d["AP"])["N"])
		switch a := ap.(type) {
		case *stream:
			r.appearance(a, d)
		case dict:
			if s := r.stream(a[r.name(d["AS"])]); s != nil {
				r.appearance(s, d)
				continue
			}
			for _, k := range keys(a) {
				if s := r.stream(a[k]); s != nil {
					r.appearance(s, d)
				}
			}
		}
	}
}

func (r *reader) appearance(s *stream, d dict) {
	in := r.in
	in.start()
	if rect := r.array(d["Rect"]); len(rect) == 4 {
		x, _ := r.number(rect[0])
		y, _ := r.number(rect[1])
		box := r.array(s.dict["BBox"])
		if len(box) == 4 {
			bx, _ := r.number(box[0])
			by, _ := r.number(box[1])
			x, y = x-bx, y-by
		}
		in.gs.ctm = matrix{1, 0, 0, 1, x, y}
	}
	in.form(s, nil)
}

// annotations gives what the annotations of a page say beyond their looks.
func (r *reader) annotations(page dict, shown []byte) {
	annots := r.array(page["Annots"])
	if len(annots) == 0 {
		return
	}
	text := ""
	for _, o := range annots {
		n, isRef := o.(ref)
		if isRef && r.done[n] {
			continue
		}
		d := r.dict(o)
		if isRef && d["T"] == nil && d["FT"] == nil && d["Parent"] == nil {
			r.done[n] = r.name(d["Subtype"]) != "Widget"
		}
		if r.name(d["Subtype"]) == "Widget" {
			continue
		}
		if c := r.str(d["Contents"]); c != "" {
			if text == "" {
				text = significant(string(shown))
			}
			if !r.says(text, c) {
				r.show(c)
			}
		}
		r.walk(d, 0)
	}
}

// form gives the values of form fields that no page shows, and XFA.
func (r *reader) form(root dict) {
	form := r.dict(root["AcroForm"])
	if form == nil {
		return
	}
	shown := significant(string(r.out.Bytes()))
	count := 0
	var field func(o object, depth int)
	field = func(o object, depth int) {
		n, isRef := o.(ref)
		d := r.dict(o)
		if count++; d == nil || depth > maxNest || count > maxFields || isRef && r.done[n] {
			return
		}
		if isRef {
			r.done[n] = true
		}
		r.value(d["V"], shown)
		r.value(d["DV"], shown)
		for _, o := range r.array(d["Opt"]) {
			if a := r.array(o); len(a) == 2 {
				r.value(a[0], shown)
				r.value(a[1], shown)
			} else {
				r.value(o, shown)
			}
		}
		r.walk(d, 0)
		for _, k := range r.array(d["Kids"]) {
			field(k, depth+1)
		}
	}
	for _, o := range r.array(form["Fields"]) {
		field(o, 0)
	}
	if count > maxFields {
		r.Skip(budget.Parts, "fields")
	}
	r.xfa(form["XFA"])
}

// value gives a field's value where no page shows it.
func (r *reader) value(o object, shown string) {
	switch o := r.resolve(o).(type) {
	case array:
		for _, e := range o {
			if s, ok := r.resolve(e).(text); ok {
				r.value(s, shown)
			}
		}
	case text, *stream:
		if v := r.long(o); !r.says(shown, v) {
			r.show(v)
		}
	}
}

// says reports that a text, of which only what is significant is given, has a
// value in it. A long text is not searched for ever.
func (r *reader) says(shown, value string) bool {
	if r.searched += len(shown); r.searched > maxSearched {
		return false
	}
	s := significant(value)
	return s != "" && strings.Contains(shown, s)
}

// xfa hands on an XFA form: packets of one XML document (ISO 32000-1 12.7.8).
func (r *reader) xfa(o object) {
	var all []byte
	switch o := r.resolve(o).(type) {
	case *stream:
		all = r.decode(o)
	case array:
		for _, e := range o {
			if s := r.stream(e); s != nil && len(all) < maxContent {
				all = append(all, r.decode(s)...)
			}
		}
	}
	if len(all) > 0 {
		r.Embed(document.Embedded{Names: []string{"xfa.xml"}, Type: "application/xml", Data: bytes.Clone(all)})
	}
}

// marks are the keys by which objects are found that say something beside the
// pages.
var marks = [][]byte{
	[]byte("/JS"), []byte("/URI"), []byte("/Alt"), []byte("/ActualText"), []byte("/Contents"), []byte("/RC"), []byte("/TU"), []byte("/Launch"),
	[]byte("/ByteRange"), []byte("/OCGs"), []byte("/CI"), []byte("/GoTo"), []byte("/OpenAction"), []byte("/AA"), []byte("/EncryptedPayload"), []byte("/Desc"), []byte("/SubmitForm"), []byte("#"),
}

// objects gives the text in objects of any kind, and the facts they tell.
func (r *reader) objects() {
	r.each(func(n ref, span []byte) {
		if r.done[n] || r.Ended() {
			return
		}
		for _, m := range marks {
			if bytes.Contains(span, m) {
				r.walk(r.dict(n), 0)
				return
			}
		}
	})
}

// walk gives the text and facts in a dictionary and those within it.
func (r *reader) walk(d dict, depth int) {
	if depth > 8 {
		return
	}
	for _, k := range keys(d) {
		switch o := d[k]; k {
		case "JS":
			if s := r.long(o); s != "" {
				r.aside(s)
				r.Fact(document.Macros)
			}
		case "URI", "Alt", "ActualText", "E", "TU", "TM", "Subj", "Contents", "Desc":
			r.aside(r.str(o))
		case "RC":
			r.aside(markup(r.long(o)))
		case "F", "UF", "Win", "D", "T":
			if s, ok := o.(text); ok {
				r.aside(textString(s))
			}
		case "ByteRange":
			r.Fact(document.Signed)
			for _, k := range []name{"Name", "Reason", "Location", "ContactInfo"} {
				r.aside(r.str(d[k]))
			}
		case "OCGs", "CI":
			r.names(o, 0)
		case "AFRelationship":
			if r.name(o) == "EncryptedPayload" {
				r.Fact(document.Encrypted)
			}
		case "S":
			if r.name(o) == "Launch" {
				r.Fact(document.Macros)
			}
		default:
			if k == "Parent" || k == "P" || k == "Kids" || k == "AP" || k == "Resources" {
				continue
			}
			switch o := o.(type) {
			case dict:
				r.walk(o, depth+1)
			case array:
				for _, e := range o {
					if e, ok := e.(dict); ok {
						r.walk(e, depth+1)
					}
				}
			}
		}
	}
}

// names gives all strings within an object: names of layers, items of a
// portfolio.
func (r *reader) names(o object, depth int) {
	if depth > 3 {
		return
	}
	switch o := r.resolve(o).(type) {
	case text:
		r.aside(textString(o))
	case array:
		for _, e := range o {
			r.names(e, depth+1)
		}
	case dict:
		for _, k := range keys(o) {
			r.names(o[k], depth+1)
		}
	}
}

// markup gives the text of rich text (ISO 32000-2 12.7.4.4).
func markup(s string) string {
	x := xmlscan.New([]byte(s))
	var b []byte
	for k := x.Next(); k != xmlscan.EOF; k = x.Next() {
		switch k {
		case xmlscan.Text:
			b = xmlscan.Append(b, x.Bytes())
		case xmlscan.CData:
			b = append(b, x.Bytes()...)
		case xmlscan.End:
			if n := string(x.Local()); n == "p" || n == "br" || n == "div" {
				b = append(b, '\n')
			}
		}
	}
	return string(b)
}

// attachments hands on all embedded files, whether or not a name tree or an
// annotation leads to them.
func (r *reader) attachments() {
	count := 0
	had := map[*stream]bool{}
	give := func(s *stream, names []string) {
		if s == nil || had[s] {
			return
		}
		had[s] = true
		if count++; count > maxAttachments {
			if count == maxAttachments+1 {
				r.Skip(budget.Parts, "embedded files")
			}
			return
		}
		b, _ := r.unfilter(s)
		for _, n := range names {
			if strings.HasPrefix(n, "MicrosoftIRMServices") { // the wrapper of a rights-protected document
				r.Fact(document.Encrypted)
			}
		}
		if len(b) == 0 && r.crypt != nil && r.crypt.key == nil {
			return // told as encrypted
		}
		r.Embed(document.Embedded{Names: names, Type: string(r.name(s.dict["Subtype"])), Data: b})
	}
	r.each(func(n ref, span []byte) {
		if !bytes.Contains(span, []byte("/EF")) && !bytes.ContainsRune(span, '#') || r.Ended() {
			return
		}
		r.fileSpecs(r.object(n), 0, give)
	})
	for i, e := range r.entries {
		if s := e.stream; s != nil && s.dict["Type"] == name("EmbeddedFile") && r.at[e.num] == int32(i) {
			give(s, nil)
		}
	}
}

// fileSpecs finds the file specifications with embedded files in an object.
func (r *reader) fileSpecs(o object, depth int, give func(*stream, []string)) {
	if depth > 8 {
		return
	}
	switch o := o.(type) {
	case array:
		for _, e := range o {
			r.fileSpecs(e, depth+1, give)
		}
	case *stream:
		r.fileSpecs(o.dict, depth+1, give)
	case dict:
		ef := r.dict(o["EF"])
		var names []string
		for _, k := range []name{"UF", "F", "DOS", "Mac", "Unix"} {
			if n := r.str(o[k]); n != "" && !slices.Contains(names, n) {
				names = append(names, n)
			}
		}
		for _, k := range []name{"UF", "F", "DOS", "Mac", "Unix"} {
			give(r.stream(ef[k]), names)
		}
		for _, k := range keys(o) {
			if k != "EF" {
				r.fileSpecs(o[k], depth+1, give)
			}
		}
	}
}
