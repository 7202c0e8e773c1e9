// Package message is mail as data: envelope, connection facts, header fields
// in their original order, case and bytes, and the MIME tree with what is
// wrong with it. A Message is immutable once built. The package decodes
// transfer encodings and charsets of names and fields; what the text of a
// part is, package extract decides.
package message

import (
	"strings"
	"time"

	"labelmilter/internal/budget"
)

// Direction is where a message goes, seen from the organisation.
type Direction string

// The directions. The zero value means not yet known.
const (
	Inbound  Direction = "inbound"  // external sender
	Outbound Direction = "outbound" // internal sender, at least one external recipient
	Internal Direction = "internal" // internal sender, internal recipients only
)

// Envelope is what the MTA told about the message beside its content.
type Envelope struct {
	MailFrom   string            // reverse-path without angle brackets, "" for the null sender
	MailArgs   []string          // ESMTP arguments of MAIL as sent
	RcptTo     []string          // forward-paths without angle brackets, in the exact spelling of RCPT
	RcptArgs   [][]string        // ESMTP arguments, parallel to RcptTo; may be nil
	ClientIP   string            // textual address, "" when unknown or local
	ClientName string            // as the MTA knows it
	Helo       string            //
	AuthUser   string            // SASL login, "" when not authenticated
	TLS        string            // protocol version, "" without TLS
	QueueID    string            //
	Listener   string            // address of our listener, "" outside serve
	Direction  Direction         // fixed by listener or caller; "" to be derived
	Local      bool              // handed in locally (sendmail(1), non_smtpd_milters)
	Assumed    bool              // taken from the header for want of anything better
	Macros     map[string]string // all macros seen, names without braces
}

// Field is one header field with its original bytes.
type Field struct {
	Name string // as written
	Raw  string // everything after the colon, without the final line end; folds as LF + white space
}

// Value is the unfolded value without surrounding blanks, not decoded.
func (f Field) Value() string { return strings.TrimSpace(Unfold(f.Raw)) }

// Unfold removes the line ends of folds; the white space that follows stays
// (RFC 5322 2.2.3).
func Unfold(s string) string {
	if strings.IndexByte(s, '\n') < 0 && strings.IndexByte(s, '\r') < 0 {
		return s
	}
	var b strings.Builder
	b.Grow(len(s))
	for {
		i := strings.IndexAny(s, "\r\n")
		if i < 0 {
			b.WriteString(s)
			return b.String()
		}
		b.WriteString(s[:i])
		s = s[i+1:]
	}
}

// Is reports whether the field has that name, in any case.
func (f Field) Is(name string) bool { return strings.EqualFold(f.Name, name) }

// Header is the fields of one header block in order.
type Header []Field

// All gives the fields of one name in order.
func (h Header) All(name string) []Field {
	var out []Field
	for _, f := range h {
		if f.Is(name) {
			out = append(out, f)
		}
	}
	return out
}

// First gives the unfolded value of the first field of that name.
func (h Header) First(name string) (string, bool) {
	for _, f := range h {
		if f.Is(name) {
			return f.Value(), true
		}
	}
	return "", false
}

// Defect is one thing wrong with the form of a message. It is a fact about
// the message, not an error.
type Defect struct {
	Part   string
	Code   string // "header-line-without-colon", "boundary-missing", …
	Detail string // never content
}

// Part is one node of the MIME tree.
type Part struct {
	Path     string // RFC 9051 6.4.5.1 section number; "1" for a single-part message, "" for a multipart root
	Header   Header
	Type     string            // lower case media type, "text/plain" by default
	Params   map[string]string // parameters of Content-Type, decoded, names lower case
	Charset  string            // declared charset, lower case, "" if none
	Encoding string            // declared transfer encoding, lower case, normalised
	Disp     string            // "inline", "attachment" or ""
	Names    []string          // every spelling of the file name found, decoded, in order
	Raw      []byte            // body as it stands in the message, still encoded; do not change
	Children []*Part           // of a multipart or message/rfc822
	Extra    []Loose           // text that belongs to no part: preamble, epilogue, garbage header lines
	Depth    int               // container depth, root 0
	// Alternative is set on a second reading of bytes that another part
	// has too, made because the sender was ambiguous.
	Alternative bool
}

// Loose is text found between the parts.
type Loose struct {
	Kind string // "preamble", "epilogue", "header-garbage", "after-close"
	Raw  []byte
}

// Message is one mail with its envelope.
type Message struct {
	Envelope Envelope
	Header   Header
	Root     *Part
	Body     []byte // the body as received, CRLF line ends; may be mapped from a spool file
	Size     int64  // header and body in bytes
	Digest   string // "sha256:…" over header and body as received, CRLF line ends
	Defects  []Defect
	Skips    []budget.Skip // limits met and ambiguities found while parsing
	close    func() error
}

// Close releases the spool file, and memory that the next messages use. The
// message and its bytes must not be used afterwards.
func (m *Message) Close() error {
	if m == nil || m.close == nil {
		return nil
	}
	c := m.close
	m.close = nil
	return c()
}

// MessageID is the value of the first Message-ID field, or "".
func (m *Message) MessageID() string { v, _ := m.Header.First("Message-ID"); return v }

// Date is the time of the first parsable Date field; zero if none.
func (m *Message) Date() time.Time {
	for _, f := range m.Header.All("Date") {
		if t, err := parseDate(f.Value()); err == nil {
			return t.UTC()
		}
	}
	return time.Time{}
}

// Subject is the decoded value of all Subject fields, joined by a line feed
// when there are several.
func (m *Message) Subject() string {
	var out []string
	for _, f := range m.Header.All("Subject") {
		out = append(out, DecodeField(f.Raw))
	}
	return strings.Join(out, "\n")
}
