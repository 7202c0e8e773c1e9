// Package charset turns bytes in any declared, misdeclared or undeclared
// character set into UTF-8. It follows the labels of the WHATWG Encoding
// Standard and of the IANA registry, and adds what mail carries beside them:
// code page names in every spelling, UTF-7 (RFC 2152), UTF-32, ISO-2022-KR
// (RFC 1557), the GB 2312 half of ISO-2022-CN (RFC 1922) and HZ (RFC 1843).
//
// No input is an error. A label nobody knows gives the best reading that can
// be had and Unknown; where two readings of the same bytes are plausible the
// second one is in Other. The package does not normalise text.
package charset

import (
	"bytes"
	"io"
	"unicode/utf8"
	"unsafe"

	"golang.org/x/text/encoding"
)

// Text is decoded text with how sure the decoder is of it.
type Text struct {
	// UTF8 is the text; it is always valid UTF-8.
	UTF8 string
	// Other is a second plausible reading of the same bytes, "" if there is
	// none: the declared charset and the byte order mark disagree, or the
	// bytes declared as UTF-16, UTF-7 or EBCDIC are plain ASCII text too.
	Other string
	// Charset is the name of the charset that was used.
	Charset string
	// Unknown is set when a charset was declared that cannot be decoded.
	Unknown bool
	// Guessed is set when the charset was found by looking at the bytes.
	Guessed bool
	// Damaged is set when bytes were invalid in the charset and replaced.
	Damaged bool
}

// Decode reads b as the declared charset; label may be "", quoted, or wrong.
// A byte order mark beats the label. Time and memory are linear in len(b).
func Decode(b []byte, label string) Text {
	return decode(b, label, func(b []byte) string { return string(b) })
}

// Share is Decode of bytes that nobody will change: text that is UTF-8 as it
// stands is not copied.
func Share(b []byte, label string) Text {
	return decode(b, label, func(b []byte) string { return unsafe.String(unsafe.SliceData(b), len(b)) })
}

// decode is Decode; text makes a string of what needs no decoding.
func decode(b []byte, label string, text func([]byte) string) Text {
	c, known := find(label)
	if mark, n := byteOrderMark(b); n > 0 && mark != c.kind {
		t := Text{Charset: mark.String(), Guessed: label == ""}
		t.UTF8, t.Damaged = decodeKind(b[n:], codec{kind: mark})
		if mark != kindUTF8 && known && c.kind != kindNone && c.kind != kindUTF8 && c.kind != kindUTF16 && c.kind != kindUTF32 {
			t.Other, _ = decodeKind(b, c)
		} else if mark != kindUTF8 && looksASCII(b[n:]) {
			t.Other = latin(b[n:])
		}
		return t
	} else if n > 0 {
		b = b[n:]
	}
	if !known {
		t := guess(b)
		t.Unknown = true
		return t
	}
	switch c.kind {
	case kindNone:
		return undeclared(b, text)
	case kindASCII, kindUTF8:
		if utf8.Valid(b) && !stateful(b, c.kind) {
			return Text{UTF8: text(b), Charset: c.kind.String()}
		}
		if c.kind == kindUTF8 && mostlyUTF8(b) {
			return Text{UTF8: replaceInvalid(b), Charset: "utf-8", Damaged: true}
		}
		t := guess(b)
		t.Damaged = c.kind == kindUTF8
		return t
	case kindSingle, kindMulti:
		if c.transparent && ascii(b) {
			return Text{UTF8: text(b), Charset: c.name}
		}
	}
	t := Text{Charset: c.name}
	t.UTF8, t.Damaged = decodeKind(b, c)
	// Not for ISO 2022 and HZ, whose bytes always look like ASCII.
	if !c.transparent && c.kind != kindMulti && c.kind != kindISO2022 && looksASCII(b) {
		if raw := latin(b); raw != t.UTF8 {
			t.Other = raw
		}
	}
	return t
}

// Known reports whether text in the declared charset can be decoded. The
// empty label counts as known.
func Known(label string) bool {
	_, ok := find(label)
	return ok
}

// Reader reads r, which holds text in the labelled charset, as UTF-8. It has
// the form of go-message's CharsetReader and never fails on an unknown label.
func Reader(label string, r io.Reader) (io.Reader, error) {
	b, err := io.ReadAll(r)
	if err != nil {
		return nil, err
	}
	return bytes.NewReader([]byte(Decode(b, label).UTF8)), nil
}

// undeclared reads bytes that came without a label.
func undeclared(b []byte, text func([]byte) string) Text {
	if !bytes.ContainsAny(b, "\x00\x1b\x0e") && utf8.Valid(b) {
		if ascii(b) {
			return Text{UTF8: text(b), Charset: "us-ascii"}
		}
		return Text{UTF8: text(b), Charset: "utf-8", Guessed: true}
	}
	return guess(b)
}

// decodeKind decodes b by codec; damaged tells that bytes were replaced.
func decodeKind(b []byte, c codec) (s string, damaged bool) {
	switch c.kind {
	case kindUTF8, kindASCII, kindNone:
		if utf8.Valid(b) {
			return string(b), false
		}
		return replaceInvalid(b), true
	case kindUTF16, kindUTF16LE, kindUTF16BE:
		return decodeUTF16(b, c.kind == kindUTF16LE || c.kind == kindUTF16 && guessLittle(b))
	case kindUTF32, kindUTF32LE, kindUTF32BE:
		return decodeUTF32(b, c.kind == kindUTF32LE || c.kind == kindUTF32 && len(b) > 3 && b[0] != 0)
	case kindUTF7:
		return decodeUTF7(b)
	case kindISO2022:
		return decodeISO2022(b)
	}
	return decodeWith(b, c.enc)
}

// decodeWith runs a decoder of golang.org/x/text over b.
func decodeWith(b []byte, e encoding.Encoding) (string, bool) {
	out, err := e.NewDecoder().Bytes(b)
	if err != nil { // the decoders replace; an error would be a short buffer
		return replaceInvalid(b), true
	}
	if !utf8.Valid(out) {
		return replaceInvalid(out), true
	}
	return string(out), bytes.Contains(out, []byte("\uFFFD"))
}

// latin reads b as Windows-1252, keeping valid UTF-8 as it is.
func latin(b []byte) string {
	if utf8.Valid(b) {
		return string(b)
	}
	return windows1252(b)
}
