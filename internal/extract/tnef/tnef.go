// Package tnef reads the Transport Neutral Encapsulation Format (MS-OXTNEF), the
// "winmail.dat" that Exchange and Outlook send: a message's properties, its body
// in whatever form, its recipients and attachments, and messages within. What
// stands behind a damaged attribute is read as far as it makes sense.
package tnef

import (
	"encoding/binary"
	"strings"
	"unicode/utf16"

	"labelmilter/internal/budget"
	"labelmilter/internal/charset"
	"labelmilter/internal/extract/document"
	"labelmilter/internal/extract/mapi"
)

// Attributes (MS-OXTNEF 2.1.3.2), without the type in the upper half.
const (
	attFrom        = 0x8000
	attSubject     = 0x8004
	attMessageID   = 0x8009
	attClass       = 0x8008
	attBody        = 0x800c
	attAttachData  = 0x800f
	attAttachTitle = 0x8010
	attTransport   = 0x9001
	attRendData    = 0x9002
	attProps       = 0x9003
	attRecipients  = 0x9004
	attAttachment  = 0x9005
	attCodePage    = 0x9007
)

// Limits on one stream.
const (
	maxAttributes = 100_000
	maxProperties = 20_000
	maxValues     = 10_000
)

type reader struct {
	document.Sink
	page  charset.Page
	m     mapi.Message
	out   []mapi.Attachment
	a     mapi.Attachment // in hand
	begun bool
}

// Read reads a stream.
func Read(b []byte, s document.Sink) {
	le := binary.LittleEndian
	r := &reader{Sink: s}
	r.page, _ = charset.CodePage(1252)
	if len(b) < 6 || le.Uint32(b) != 0x223e9f78 {
		s.Damaged("signature")
		return
	}
	r.findPage(b[6:])
	b = b[6:]
	for n := 0; len(b) >= 9; n++ {
		if n >= maxAttributes {
			s.Skip(budget.Parts, "attributes")
			break
		}
		level, id, size := b[0], le.Uint32(b[1:]), int64(le.Uint32(b[5:]))
		if level != 1 && level != 2 {
			if len(strings.Trim(string(b[:min(len(b), 64)]), "\x00\r\n ")) > 0 {
				s.Damaged("attributes")
			}
			break
		}
		body := b[9:]
		if size > int64(len(body)) {
			s.Damaged("attribute")
			size = int64(len(body))
		}
		r.attribute(uint16(id), body[:size])
		b = body[min(size+2, int64(len(body))):]
	}
	r.next()
	r.m.Give(s)
	for _, a := range r.out {
		if s.Ended() {
			return
		}
		mapi.GiveAttachment(a, s)
	}
}

// findPage looks for the code page first, as strings may stand before it.
func (r *reader) findPage(b []byte) {
	le := binary.LittleEndian
	for n := 0; len(b) >= 9 && n < 64; n++ {
		size := int64(le.Uint32(b[5:]))
		if size+9 > int64(len(b)) {
			return
		}
		if uint16(le.Uint32(b[1:])) == attCodePage && size >= 4 {
			r.page = mapi.Page(int(le.Uint32(b[9:])), 0)
			return
		}
		b = b[min(9+size+2, int64(len(b))):]
	}
}

// attribute takes one attribute.
func (r *reader) attribute(id uint16, b []byte) {
	text := func() string { return mapi.Text(mapi.TypeString8, b, r.page) }
	switch id {
	case attSubject:
		r.put(mapi.TagSubject, "", text())
	case attClass:
		r.m.Class = text()
		r.put(mapi.TagClass, "", r.m.Class)
	case attMessageID:
		r.put(0x1035, "", text())
	case attBody:
		r.m.Body = text()
	case attFrom:
		// A triple (MS-OXTNEF 2.1.3.3.1): name and address behind four lengths.
		if len(b) > 8 {
			r.put(0x0c1a, "", strings.ReplaceAll(mapi.Text(mapi.TypeString8, b[8:], r.page), "\x00", " "))
		}
	case attProps:
		r.properties(b, r.message)
	case attRecipients:
		r.recipients(b)
	case attRendData:
		r.next()
		r.begun = true
	case attAttachTitle, attTransport:
		r.begun = true
		r.name(text(), false)
	case attAttachData:
		r.begun = true
		r.a.Data = b
	case attAttachment:
		r.begun = true
		r.properties(b, r.attachment)
	}
}

func (r *reader) put(tag uint16, name, value string) {
	if len(r.m.Properties) >= maxProperties {
		return
	}
	for _, p := range r.m.Properties {
		if p.Tag == tag && name == p.Name && p.Value == value {
			return
		}
		if len(r.m.Properties) > 200 {
			break
		}
	}
	r.m.Properties = append(r.m.Properties, mapi.Property{Tag: tag, Name: name, Value: value})
}

// next ends the attachment in hand.
func (r *reader) next() {
	if r.begun && (len(r.a.Data) > 0 || len(r.a.Names) > 0 || r.a.Path != "") {
		r.out = append(r.out, r.a)
	}
	r.a, r.begun = mapi.Attachment{}, false
}

// name adds a name of the attachment in hand.
func (r *reader) name(n string, first bool) {
	n = strings.ToValidUTF8(n, "\uFFFD")
	for _, o := range r.a.Names {
		if o == n {
			return
		}
	}
	switch {
	case n == "":
	case first:
		r.a.Names = append([]string{n}, r.a.Names...)
	default:
		r.a.Names = append(r.a.Names, n)
	}
}

// value is one property with its values (MS-OXTNEF 2.1.3.4).
type value struct {
	tag, typ uint16
	name     string
	data     [][]byte
}

// recipients reads the table of recipients: rows of properties.
func (r *reader) recipients(b []byte) {
	if len(b) < 4 {
		return
	}
	rows := binary.LittleEndian.Uint32(b)
	b = b[4:]
	for range min(rows, maxProperties) {
		if len(b) < 4 {
			break
		}
		var x mapi.Recipient
		var address string
		b = r.properties(b, func(v value) {
			switch v.tag {
			case mapi.TagDisplayName:
				x.Name = r.text(v)
			case mapi.TagSMTPAddress:
				x.Email = r.text(v)
			case mapi.TagAddress:
				address = r.text(v)
			case mapi.TagRecipientType:
				if len(v.data) > 0 && len(v.data[0]) >= 4 {
					x.Type = int(binary.LittleEndian.Uint32(v.data[0]))
				}
			}
		})
		if x.Email == "" {
			x.Email = address
		}
		r.m.Recipients = append(r.m.Recipients, x)
	}
}

func (r *reader) text(v value) string {
	if len(v.data) == 0 {
		return ""
	}
	return mapi.Text(v.typ, v.data[0], r.page)
}

// properties reads a list of properties and gives what is behind it.
func (r *reader) properties(b []byte, take func(value)) []byte {
	le := binary.LittleEndian
	if len(b) < 4 {
		return nil
	}
	count := le.Uint32(b)
	b = b[4:]
	for range min(count, maxProperties) {
		if len(b) < 4 {
			r.Damaged("properties")
			return nil
		}
		v := value{typ: le.Uint16(b), tag: le.Uint16(b[2:])}
		b = b[4:]
		if v.tag >= 0x8000 {
			if len(b) < 24 {
				r.Damaged("properties")
				return nil
			}
			kind, n := le.Uint32(b[16:]), int64(le.Uint32(b[20:]))
			b = b[24:]
			if kind == 1 {
				if n > int64(len(b)) {
					r.Damaged("properties")
					return nil
				}
				u := make([]uint16, min(n, 1024)/2)
				for i := range u {
					u[i] = le.Uint16(b[2*i:])
				}
				v.name = strings.ToValidUTF8(strings.TrimRight(string(utf16.Decode(u)), "\x00"), "\uFFFD")
				b = b[min((n+3)&^3, int64(len(b))):]
			}
		}
		var ok bool
		if b, ok = v.values(b); !ok {
			r.Damaged("properties")
			return nil
		}
		take(v)
	}
	return b
}

// values reads the values of a property and gives what is behind them.
func (v *value) values(b []byte) ([]byte, bool) {
	le := binary.LittleEndian
	count, variable := uint32(1), false
	size := int64(0)
	switch v.typ &^ mapi.Multiple {
	case mapi.TypeInt16, mapi.TypeInt32, 4, 10, mapi.TypeBool, 1:
		size = 4
	case 5, 6, 7, mapi.TypeInt64, mapi.TypeTime:
		size = 8
	case mapi.TypeGUID:
		size = 16
	case mapi.TypeString8, mapi.TypeUnicode, mapi.TypeObject, mapi.TypeBinary:
		variable = true
	default:
		return nil, false
	}
	if v.typ&mapi.Multiple != 0 || variable {
		if len(b) < 4 {
			return nil, false
		}
		count = le.Uint32(b)
		b = b[4:]
	}
	for range min(count, maxValues) {
		n := size
		if variable {
			if len(b) < 4 {
				return nil, false
			}
			n = int64(le.Uint32(b))
			b = b[4:]
		}
		if n > int64(len(b)) {
			return nil, false
		}
		v.data = append(v.data, b[:n])
		b = b[min((n+3)&^3, int64(len(b))):]
	}
	return b, true
}

// message takes a property of the message.
func (r *reader) message(v value) {
	if len(v.data) == 0 {
		return
	}
	switch base := v.typ &^ mapi.Multiple; {
	case v.tag == mapi.TagRTF && base == mapi.TypeBinary:
		r.m.RTF = v.data[0]
	case v.tag == mapi.TagHTML && base == mapi.TypeBinary:
		r.m.HTML = v.data[0]
	case v.tag == mapi.TagInternetPage && base == mapi.TypeInt32:
		r.m.HTMLPage = int(binary.LittleEndian.Uint32(v.data[0]))
	case base == mapi.TypeString8 || base == mapi.TypeUnicode:
		switch v.tag {
		case mapi.TagBody:
			r.m.Body = r.text(v)
		case mapi.TagHTML:
			r.m.HTML = v.data[0]
			if base == mapi.TypeUnicode {
				r.m.HTML, r.m.HTMLPage = []byte(r.text(v)), 65001
			}
		case mapi.TagHeaders:
			r.m.Headers = r.text(v)
		case mapi.TagClass:
			r.m.Class = r.text(v)
			r.put(v.tag, "", r.m.Class)
		default:
			for _, d := range v.data {
				r.put(v.tag, v.name, mapi.Text(v.typ, d, r.page))
			}
		}
	case v.name != "" || v.tag == 0x0e06 || v.tag == 0x0039:
		r.put(v.tag, v.name, mapi.Fixed(v.typ, v.data[0]))
	}
}

// attachment takes a property of the attachment in hand.
func (r *reader) attachment(v value) {
	if len(v.data) == 0 {
		return
	}
	d := v.data[0]
	switch v.tag {
	case mapi.TagAttachData:
		// An object has the identifier of what it is before its content: a
		// message is a stream like this one, other objects are storages.
		if v.typ == mapi.TypeObject && len(d) > 16 {
			d = d[16:]
		}
		if len(d) > 0 {
			r.a.Data = d
		}
	case mapi.TagAttachLongName:
		r.name(r.text(v), true)
	case mapi.TagAttachFileName, mapi.TagDisplayName:
		r.name(r.text(v), false)
	case mapi.TagAttachMIME:
		r.a.Type = strings.ToLower(r.text(v))
	case mapi.TagAttachLongPath, mapi.TagAttachPath:
		r.a.Path = r.text(v)
	case mapi.TagAttachMethod:
		if len(d) >= 4 {
			r.a.Method = int(binary.LittleEndian.Uint32(d))
		}
	}
}
