// Package msg reads messages that Outlook has saved as files (MS-OXMSG), with
// Unicode or 8-bit strings. Bodies are text, fields and recipients are
// properties, attachments and messages within are parts of their own.
package msg

import (
	"encoding/binary"
	"strconv"
	"strings"
	"unicode/utf16"

	"labelmilter/internal/budget"
	"labelmilter/internal/charset"
	"labelmilter/internal/extract/cfb"
	"labelmilter/internal/extract/document"
	"labelmilter/internal/extract/mapi"
)

const (
	propertyStream = "__properties_version1.0"
	substream      = "__substg1.0_"
)

// Is reports a storage that holds a message.
func Is(d *cfb.Dir) bool {
	return d.Stream(propertyStream) != nil && (d.Dir("__nameid_version1.0") != nil || d.Stream(substream+"001A001F") != nil || d.Stream(substream+"001A001E") != nil)
}

// reader is the state of one message.
type reader struct {
	document.Sink
	page  charset.Page
	names map[uint16]string // of named properties
}

// maxProperties bounds the properties of one object.
const maxProperties = 10_000

// Read reads the message in a storage.
func Read(d *cfb.Dir, s document.Sink) {
	r := &reader{Sink: s}
	fixed := r.fixed(d)
	internet := number(fixed, mapi.TagInternetPage)
	r.page = mapi.Page(number(fixed, mapi.TagMessagePage), internet)
	r.names = r.named(d.Dir("__nameid_version1.0"))
	m := &mapi.Message{HTMLPage: internet}
	for _, st := range d.Streams {
		r.property(m, st)
	}
	for _, p := range fixed {
		if v := mapi.Fixed(p.typ, p.value); v != "" && (p.typ == mapi.TypeTime && (p.tag == 0x0e06 || p.tag == 0x0039) || r.names[p.tag] != "") {
			m.Properties = append(m.Properties, mapi.Property{Tag: p.tag, Name: r.names[p.tag], Value: v})
		}
	}
	for _, c := range d.Dirs {
		if strings.HasPrefix(c.Name, "__recip_") {
			m.Recipients = append(m.Recipients, r.recipient(c))
		}
	}
	if strings.Contains(strings.ToUpper(m.Class), "SMIME.MULTIPARTSIGNED") {
		r.Fact(document.Signed)
	}
	m.Give(s)
	for _, c := range d.Dirs {
		if s.Ended() {
			return
		}
		if strings.HasPrefix(c.Name, "__attach_") {
			r.attachment(c, d, m.Class)
		}
	}
}

// entry is a property of fixed size.
type entry struct {
	tag, typ uint16
	value    []byte
}

// fixed reads the property stream (MS-OXMSG 2.4): a header of 8, 24 or 32 bytes,
// then 16 for each property.
func (r *reader) fixed(d *cfb.Dir) (out []entry) {
	b := d.Stream(propertyStream).Paid(r, "properties")
	head := 8
	if !strings.HasPrefix(d.Name, "__attach") && !strings.HasPrefix(d.Name, "__recip") {
		if head = 32; len(b)%16 == 8 {
			head = 24
		}
	}
	if len(b) < head {
		return nil
	}
	for b = b[head:]; len(b) >= 16 && len(out) < maxProperties; b = b[16:] {
		out = append(out, entry{tag: binary.LittleEndian.Uint16(b[2:]), typ: binary.LittleEndian.Uint16(b), value: b[8:16]})
	}
	return out
}

func number(ps []entry, tag uint16) int {
	for _, p := range ps {
		if p.tag == tag && p.typ == mapi.TypeInt32 {
			return int(int32(binary.LittleEndian.Uint32(p.value)))
		}
	}
	return 0
}

// tagOf reads tag and type in the name of a stream; those of values of a list
// have a number behind.
func tagOf(name string) (tag, typ uint16, ok bool) {
	if len(name) < len(substream)+8 || !strings.EqualFold(name[:len(substream)], substream) {
		return 0, 0, false
	}
	n, err := strconv.ParseUint(name[len(substream):len(substream)+8], 16, 32)
	return uint16(n >> 16), uint16(n), err == nil
}

// property takes one property of variable size.
func (r *reader) property(m *mapi.Message, st *cfb.Stream) {
	tag, typ, ok := tagOf(st.Name)
	if !ok {
		return
	}
	switch {
	case tag == mapi.TagRTF && typ == mapi.TypeBinary:
		m.RTF = st.Paid(r, "compressed RTF")
		return
	case tag == mapi.TagHTML && typ == mapi.TypeBinary:
		m.HTML = st.Paid(r, "HTML")
		return
	}
	base := typ &^ mapi.Multiple
	if base != mapi.TypeString8 && base != mapi.TypeUnicode || typ&mapi.Multiple != 0 && !strings.Contains(st.Name, "-") {
		return // of a list this stream has the sizes
	}
	v := mapi.Text(typ, st.Paid(r, "property"), r.page)
	switch tag {
	case mapi.TagBody:
		m.Body = v
	case mapi.TagHTML:
		m.HTML, m.HTMLPage = []byte(v), 65001
	case mapi.TagHeaders:
		m.Headers = v
	default:
		if tag == mapi.TagClass {
			m.Class = v
		}
		if len(m.Properties) < maxProperties {
			m.Properties = append(m.Properties, mapi.Property{Tag: tag, Name: r.names[tag], Value: v})
		}
	}
}

// text is a property of text of an attachment or a recipient.
func (r *reader) text(d *cfb.Dir, tag uint16) string {
	for _, typ := range []uint16{mapi.TypeUnicode, mapi.TypeString8} {
		name := strings.ToUpper(strconv.FormatUint(uint64(tag)<<16|uint64(typ), 16))
		if st := d.Stream(substream + strings.Repeat("0", 8-len(name)) + name); st != nil {
			return strings.ToValidUTF8(mapi.Text(typ, st.Paid(r, "property"), r.page), "\uFFFD")
		}
	}
	return ""
}

func (r *reader) recipient(d *cfb.Dir) mapi.Recipient {
	email := r.text(d, mapi.TagSMTPAddress)
	if email == "" {
		email = r.text(d, mapi.TagAddress)
	}
	return mapi.Recipient{Type: number(r.fixed(d), mapi.TagRecipientType), Name: r.text(d, mapi.TagDisplayName), Email: email}
}

// attachment reads one attachment (MS-OXMSG 2.2.2): its content is a stream, or
// a storage that is a message or an object.
func (r *reader) attachment(d, top *cfb.Dir, class string) {
	a := mapi.Attachment{Method: number(r.fixed(d), mapi.TagAttachMethod), Type: strings.ToLower(r.text(d, mapi.TagAttachMIME)), Path: r.text(d, mapi.TagAttachLongPath)}
	if a.Path == "" {
		a.Path = r.text(d, mapi.TagAttachPath)
	}
	for _, tag := range []uint16{mapi.TagAttachLongName, mapi.TagAttachFileName, mapi.TagDisplayName} {
		if n := r.text(d, tag); n != "" && (len(a.Names) == 0 || a.Names[0] != n) {
			a.Names = append(a.Names, n)
		}
	}
	if c := d.Dir(substream + "3701000D"); c != nil {
		r.within(c, top, a)
		return
	}
	a.Data = d.Stream(substream+"37010102").Paid(r, "attachment")
	if a.Type == "multipart/signed" || strings.Contains(strings.ToUpper(class), "SMIME.MULTIPARTSIGNED") {
		a.Type = "message/rfc822" // the whole signed entity
	}
	mapi.GiveAttachment(a, r.Sink)
}

// within hands on a message or an object as a file. A message within uses the
// names of properties of the whole.
func (r *reader) within(c, top *cfb.Dir, a mapi.Attachment) {
	d := &cfb.Dir{CLSID: c.CLSID, Streams: c.Streams, Dirs: c.Dirs}
	if c.Stream(propertyStream) != nil && c.Dir("__nameid_version1.0") == nil {
		if n := top.Dir("__nameid_version1.0"); n != nil {
			d.Dirs = append([]*cfb.Dir{n}, d.Dirs...)
		}
	}
	size := d.Total()
	if r.Expand(0, size) < size {
		return
	}
	a.Type = ""
	a.Data = cfb.Write(d)
	mapi.GiveAttachment(a, r.Sink)
}

// named reads the names of properties (MS-OXMSG 2.2.3).
func (r *reader) named(d *cfb.Dir) map[uint16]string {
	if d == nil {
		return nil
	}
	le := binary.LittleEndian
	entries := d.Stream(substream+"00030102").Paid(r, "names")
	strs := d.Stream(substream+"00040102").Paid(r, "names")
	out := map[uint16]string{}
	for i := 0; i+8 <= len(entries) && i < 8*maxProperties; i += 8 {
		id, kind := le.Uint32(entries[i:]), le.Uint16(entries[i+4:])
		if kind&1 == 0 {
			continue // by number
		}
		at := int64(id)
		if at+4 > int64(len(strs)) {
			continue
		}
		n := min(int64(le.Uint32(strs[at:])), int64(len(strs))-at-4, 1024)
		u := make([]uint16, n/2)
		for j := range u {
			u[j] = le.Uint16(strs[at+4+int64(2*j):])
		}
		if tag := 0x8000 + uint32(le.Uint16(entries[i+6:])); tag <= 0xffff {
			out[uint16(tag)] = strings.ToValidUTF8(string(utf16.Decode(u)), "\uFFFD")
		}
	}
	if len(entries) > 8*maxProperties {
		r.Skip(budget.MetadataLimit, "names of properties")
	}
	return out
}
