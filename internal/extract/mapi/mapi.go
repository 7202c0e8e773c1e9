// Package mapi is what messages of Outlook share, be they compound files
// (MS-OXMSG) or TNEF streams (MS-OXTNEF): properties by tag and name, bodies in
// plain text, HTML and compressed RTF, recipients and attachments. A reader of
// either format gathers them into a Message, and Give says them to a sink.
package mapi

import (
	"fmt"
	"strings"

	"labelmilter/internal/budget"
	"labelmilter/internal/charset"
	"labelmilter/internal/extract/document"
	"labelmilter/internal/extract/rtf"
	"labelmilter/internal/message"
)

// Types of properties (MS-OXCDATA 2.11.1).
const (
	TypeInt16   = 0x0002
	TypeInt32   = 0x0003
	TypeBool    = 0x000b
	TypeObject  = 0x000d
	TypeInt64   = 0x0014
	TypeString8 = 0x001e
	TypeUnicode = 0x001f
	TypeTime    = 0x0040
	TypeGUID    = 0x0048
	TypeBinary  = 0x0102
	Multiple    = 0x1000
)

// Tags of properties (MS-OXPROPS).
const (
	TagClass           = 0x001a
	TagSubject         = 0x0037
	TagHeaders         = 0x007d
	TagRecipientType   = 0x0c15
	TagBody            = 0x1000
	TagRTF             = 0x1009
	TagHTML            = 0x1013
	TagDisplayName     = 0x3001
	TagAddress         = 0x3003
	TagAttachData      = 0x3701
	TagAttachExtension = 0x3703
	TagAttachFileName  = 0x3704
	TagAttachMethod    = 0x3705
	TagAttachLongName  = 0x3707
	TagAttachPath      = 0x3708
	TagAttachLongPath  = 0x370d
	TagAttachMIME      = 0x370e
	TagSMTPAddress     = 0x39fe
	TagInternetPage    = 0x3fde
	TagLocale          = 0x3ff1
	TagMessagePage     = 0x3ffd
)

// Property is one property with its readable value.
type Property struct {
	Tag   uint16
	Name  string // of a named property
	Value string
}

// Recipient is one recipient.
type Recipient struct {
	Type  int // 1 To, 2 Cc, 3 Bcc
	Name  string
	Email string
}

// Attachment is one attachment.
type Attachment struct {
	Names  []string
	Type   string // media type, "" if not known
	Data   []byte
	Method int    // 1 by value, 2 to 4 and 7 by reference, 5 a message, 6 an object
	Path   string // of one by reference
}

// Message is a message in hand.
type Message struct {
	Class      string // "IPM.Note"
	Properties []Property
	Headers    string // of transport
	Recipients []Recipient
	Body       string
	HTML       []byte
	HTMLPage   int    // code page of HTML, 0 if not known
	RTF        []byte // compressed
}

// name gives well-known properties the names of mail.
func name(tag uint16) string {
	switch tag {
	case TagClass:
		return "Message-Class"
	case TagSubject:
		return "Subject"
	case 0x0070:
		return "Thread-Topic"
	case 0x0042:
		return "Sent-Representing-Name"
	case 0x0065:
		return "Sent-Representing-Email"
	case 0x5d02:
		return "Sent-Representing-SMTP"
	case 0x0c1a:
		return "Sender-Name"
	case 0x0c1f:
		return "Sender-Email"
	case 0x5d01:
		return "Sender-SMTP"
	case 0x0e04:
		return "To"
	case 0x0e03:
		return "Cc"
	case 0x0e02:
		return "Bcc"
	case 0x1035:
		return "Message-ID"
	case 0x0e06:
		return "Delivery-Time"
	case 0x0039:
		return "Submit-Time"
	}
	return fmt.Sprintf("property %04x", tag)
}

// boring are properties that repeat others or are for machines only.
func boring(tag uint16) bool {
	switch tag {
	case 0x0064, 0x0077, 0x0078, 0x0075, 0x0076, 0x0c1e, 0x0e1d, 0x003d, 0x3002, 0x0071, 0x3007, 0x3008, 0x300b, 0x1042, 0x1039, 0x0e28, 0x0e29, 0x3ffa, 0x3ff8, 0x8000:
		return true
	}
	return false
}

// maxRecipients bounds the recipients that are given.
const maxRecipients = 10_000

// Give says the message to a sink, without its attachments.
func (m *Message) Give(s document.Sink) {
	var labels document.Labels
	for _, p := range m.Properties {
		v := strings.TrimSpace(strings.ToValidUTF8(strings.ReplaceAll(p.Value, "\x00", ""), "\uFFFD"))
		if v == "" || boring(p.Tag) && p.Name == "" {
			continue
		}
		n := p.Name
		if n == "" {
			n = name(p.Tag)
		}
		s.Property(document.Property{Source: "mail", Name: n, Value: v})
		labelsOf(&labels, n, v)
	}
	m.headers(s, &labels)
	for i, r := range m.Recipients {
		if i >= maxRecipients {
			s.Skip(budget.MetadataLimit, "recipients")
			break
		}
		kind := "To"
		switch r.Type & 15 {
		case 2:
			kind = "Cc"
		case 3:
			kind = "Bcc"
		}
		v := r.Name
		if r.Email != "" && r.Email != r.Name {
			v = strings.TrimSpace(v + " <" + r.Email + ">")
		}
		if v != "" {
			s.Property(document.Property{Source: "mail", Name: kind, Value: strings.ToValidUTF8(v, "\uFFFD")})
		}
	}
	for _, l := range labels.List() {
		s.Label(l)
	}
	m.bodies(s)
}

// labelsOf takes the labels of a field msip_labels: items "name=value" divided
// by semicolons.
func labelsOf(l *document.Labels, name, value string) {
	if !strings.EqualFold(name, "msip_labels") {
		return
	}
	for _, item := range strings.Split(value, ";") {
		if k, v, ok := strings.Cut(strings.TrimSpace(item), "="); ok {
			l.Take(strings.TrimSpace(k), v)
		}
	}
}

// headers gives the fields of the message as it travelled.
func (m *Message) headers(s document.Sink, labels *document.Labels) {
	h := strings.ReplaceAll(strings.ReplaceAll(strings.ToValidUTF8(m.Headers, "\uFFFD"), "\r\n", "\n"), "\x00", "")
	var field string
	give := func() {
		n, v, ok := strings.Cut(field, ":")
		field = ""
		if !ok || strings.ContainsAny(n, " \t") {
			return
		}
		v = strings.TrimSpace(message.DecodeField(v))
		if v == "" {
			return
		}
		s.Property(document.Property{Source: "mail", Name: n, Value: strings.ToValidUTF8(v, "\uFFFD")})
		labelsOf(labels, n, v)
	}
	for h != "" {
		line, rest, _ := strings.Cut(h, "\n")
		h = rest
		if line != "" && (line[0] == ' ' || line[0] == '\t') {
			field += "\n" + line
			continue
		}
		give()
		field = line
	}
	give()
}

// bodies gives what the message says. The forms of one body say the same; a
// form that adds nothing to those before it is left out.
func (m *Message) bodies(s document.Sink) {
	if m.Body != "" {
		s.Text(document.Shown, strings.ToValidUTF8(strings.ReplaceAll(m.Body, "\x00", ""), "\uFFFD"))
	}
	if len(m.HTML) > 0 {
		label := ""
		if m.HTMLPage > 0 {
			label = charset.PageLabel(m.HTMLPage)
		}
		s.Embed(document.Embedded{Type: "text/html", Charset: label, Data: m.HTML})
	}
	if len(m.RTF) == 0 {
		return
	}
	b, err := RTF(m.RTF, s)
	if err != nil && err != document.ErrCut {
		s.Damaged("compressed RTF")
	}
	if len(b) > 0 {
		rtf.Read(b, &form{Sink: s, said: letters(m.Body), html: len(m.HTML) > 0})
	}
}

// form is the sink of a further form of the body.
type form struct {
	document.Sink
	said string
	html bool
}

func (f *form) Text(p document.Place, t string) {
	if p == document.Shown && f.said != "" && strings.Contains(f.said, letters(t)) {
		return
	}
	f.Sink.Text(p, t)
}

func (f *form) Embed(e document.Embedded) {
	if f.html && e.Type == "text/html" {
		return // the HTML that the message has beside
	}
	f.Sink.Embed(e)
}

// letters is a text without white space.
func letters(s string) string {
	return strings.Map(func(c rune) rune {
		if c <= ' ' || c == '\u00a0' {
			return -1
		}
		return c
	}, s)
}

// GiveAttachment says one attachment.
func GiveAttachment(a Attachment, s document.Sink) {
	if len(a.Data) == 0 {
		if a.Path != "" || a.Method >= 2 && a.Method <= 4 || a.Method == 7 {
			s.Text(document.Hidden, strings.Join(append(a.Names, a.Path), "\n"))
			s.Skip(budget.ExternalBody, "attachment by reference")
		} else if len(a.Names) > 0 {
			s.Embed(document.Embedded{Names: a.Names, Type: a.Type})
		}
		return
	}
	s.Embed(document.Embedded{Names: a.Names, Type: a.Type, Data: a.Data})
}
