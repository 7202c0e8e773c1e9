// Package cms takes the content out of cryptographic messages (CMS, RFC 5652) as
// S/MIME and signed files carry them: what is signed comes out, what is
// compressed is unpacked (RFC 3274), what is encrypted is a fact. Signatures are
// not checked. DER, BER with its pieces and indefinite lengths, and PEM are read.
package cms

import (
	"bytes"
	"compress/zlib"
	"encoding/base64"
	"errors"

	"labelmilter/internal/extract/document"
)

// Content types, as the octets of an object identifier (RFC 5652 14).
const (
	prefix     = "\x2a\x86\x48\x86\xf7\x0d\x01\x07"
	signed     = prefix + "\x02"
	enveloped  = prefix + "\x03"
	both       = prefix + "\x04" // signed and enveloped, of PKCS #7
	digested   = prefix + "\x05"
	encrypted  = prefix + "\x06"
	smime      = "\x2a\x86\x48\x86\xf7\x0d\x01\x09\x10\x01"
	authData   = smime + "\x02"
	compressed = smime + "\x09"
	authEnv    = smime + "\x17"
)

// Is reports a cryptographic message by its first bytes, or by the line that
// begins its PEM form.
func Is(b []byte) bool {
	if b = unPEM(b, true); len(b) < 16 || b[0] != 0x30 {
		return false
	}
	head := b[:min(len(b), 24)]
	for _, oid := range []string{"\x06\x09" + prefix, "\x06\x0b" + smime} {
		if i := bytes.Index(head, []byte(oid)); i >= 2 && i <= 8 {
			return true
		}
	}
	return false
}

// pemLine are the lines that begin and end the PEM form (RFC 7468 8, 9).
func pemLines() [][2]string {
	return [][2]string{{"-----BEGIN PKCS7-----", "-----END PKCS7-----"}, {"-----BEGIN CMS-----", "-----END CMS-----"}, {"-----BEGIN PKCS #7 SIGNED DATA-----", "-----END PKCS #7 SIGNED DATA-----"}}
}

// unPEM gives the bytes within the PEM form, or b itself; of which only the head
// is decoded if asked.
func unPEM(b []byte, head bool) []byte {
	for _, l := range pemLines() {
		i := bytes.Index(b[:min(len(b), 4096)], []byte(l[0]))
		if i < 0 {
			continue
		}
		body := b[i+len(l[0]):]
		if j := bytes.Index(body, []byte(l[1])); j >= 0 {
			body = body[:j]
		}
		if head {
			body = body[:min(len(body), 512)]
		}
		text := bytes.Map(func(r rune) rune {
			if r <= ' ' || r == '=' {
				return -1
			}
			return r
		}, body)
		if head {
			text = text[:len(text)/4*4]
		}
		out, err := base64.RawStdEncoding.DecodeString(string(text))
		if err != nil {
			return nil
		}
		return out
	}
	return b
}

// Read reads a message.
func Read(b []byte, s document.Sink) {
	raw := unPEM(b, false)
	if len(raw) != len(b) {
		if n := int64(len(raw)); s.Expand(0, n) < n {
			return
		}
	}
	r := &reader{s}
	if !r.info(raw, 0) {
		s.Damaged("cms")
	}
}

type reader struct {
	document.Sink
}

// maxDepth bounds messages within messages that have no MIME between them.
const maxDepth = 8

// info reads a ContentInfo and reports whether it could.
func (r *reader) info(b []byte, depth int) bool {
	seq, ok := first(b, 0x30)
	if !ok {
		return false
	}
	oid, rest, ok := next(seq.body)
	if !ok || oid.tag != 6 {
		return false
	}
	content, ok := first(rest, 0xa0)
	if !ok {
		// A message of known type without content is damaged.
		return false
	}
	return r.content(string(oid.body), content.body, depth)
}

// content reads the content of a type.
func (r *reader) content(oid string, b []byte, depth int) bool {
	switch oid {
	case enveloped, both, encrypted, authEnv:
		r.Fact(document.Encrypted)
		return true
	case signed, digested, authData, compressed:
	default:
		return false
	}
	seq, ok := first(b, 0x30)
	if !ok {
		return false
	}
	if oid == signed {
		r.Fact(document.Signed)
	}
	// EncapsulatedContentInfo is the first SEQUENCE that begins with a content
	// type and is not an algorithm: behind SETs, and behind one algorithm in
	// the other types.
	rest := seq.body
	skip := 0
	if oid != signed {
		skip = 1
	}
	for len(rest) > 0 {
		e, after, ok := next(rest)
		if !ok {
			return false
		}
		rest = after
		if e.tag != 0x30 {
			continue
		}
		if skip > 0 {
			skip--
			continue
		}
		return r.encapsulated(oid, e.body, depth)
	}
	return false
}

// encapsulated gives the content of an EncapsulatedContentInfo; of a detached
// signature there is none.
func (r *reader) encapsulated(oid string, b []byte, depth int) bool {
	typ, rest, ok := next(b)
	if !ok || typ.tag != 6 {
		return false
	}
	outer, ok := first(rest, 0xa0)
	if !ok {
		return len(rest) == 0
	}
	e, _, ok := next(outer.body)
	if !ok {
		return false
	}
	data := e.body
	switch e.tag {
	case 0x04:
	case 0x24: // in pieces
		if data, ok = r.pieces(e.body, nil, 0); !ok && len(data) == 0 {
			return false
		}
	default: // PKCS #7 allows any type here
		data = outer.body
	}
	if oid == compressed {
		z, err := zlib.NewReader(bytes.NewReader(data))
		if err != nil {
			return false
		}
		out, err := r.Unpack(z, int64(len(data)))
		if err != nil && !errors.Is(err, document.ErrCut) && len(out) == 0 {
			return false
		}
		data = out
	}
	if string(typ.body) != prefix+"\x01" && depth < maxDepth && Is(data) {
		return r.info(data, depth+1)
	}
	if len(data) > 0 {
		r.Embed(document.Embedded{Type: entity(data), Data: data})
	}
	return true
}

// entity is the type of what is within: a MIME entity if it begins with header
// fields of one.
func entity(b []byte) string {
	head := bytes.TrimLeft(b[:min(len(b), 256)], "\r\n")
	name, _, ok := bytes.Cut(head, []byte(":"))
	if ok && (bytes.HasPrefix(bytes.ToLower(name), []byte("content-")) || bytes.EqualFold(name, []byte("mime-version"))) {
		return "message/rfc822"
	}
	return ""
}

// pieces joins the pieces of a constructed octet string.
func (r *reader) pieces(b, out []byte, depth int) ([]byte, bool) {
	for len(b) > 0 {
		e, rest, ok := next(b)
		if !ok {
			return out, false
		}
		b = rest
		switch {
		case e.tag == 0x04:
			n := int64(len(e.body))
			if r.Expand(int64(len(out)), n) < n {
				return out, false
			}
			out = append(out, e.body...)
		case e.tag == 0x24 && depth < maxDepth:
			if out, ok = r.pieces(e.body, out, depth+1); !ok {
				return out, false
			}
		}
	}
	return out, true
}
