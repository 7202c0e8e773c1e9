package edm

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/htmlindex"
	"golang.org/x/text/encoding/unicode"
	"golang.org/x/text/transform"
)

// Bounds of the text of a table.
const (
	maxRecord = 1 << 20 // bytes of one record
	chunkSize = 1 << 20 // bytes handed to a worker
)

// What can be wrong with a line of the table.
const (
	badFields  Reason = "wrong number of fields"
	badQuote   Reason = "a quote is not closed"
	badBehind  Reason = "text behind a closing quote"
	badLength  Reason = "longer than 1 MiB"
	badUTF8    Reason = "not valid UTF-8"
	badNUL     Reason = "a NUL character"
	badNoValue Reason = "no value by which the row could be found"
)

// format is how fields are told apart. Quotes are those of RFC 4180.
type format struct {
	sep    byte
	quotes bool
}

// formats by name.
var formats = map[string]format{"csv": {',', true}, "semicolon": {';', true}, "pipe": {'|', true}, "tsv": {'\t', false}}

// guessFormat takes the separator that the header line has most of.
func guessFormat(header string) string {
	best, most := "csv", 0
	for _, name := range []string{"csv", "tsv", "pipe", "semicolon"} {
		if n := strings.Count(header, string(formats[name].sep)); n > most {
			best, most = name, n
		}
	}
	return best
}

// record finds where the first record of b ends, its line end included. n is
// 0 if the record is not complete and there may be more input. A record that
// is not well formed ends with its first line.
func (f format) record(b []byte, last bool) (n int, why Reason) {
	nl := bytes.IndexByte(b, '\n')
	line := b
	if nl >= 0 {
		line = b[:nl+1]
	}
	if !f.quotes || bytes.IndexByte(line, '"') < 0 {
		switch {
		case nl >= 0:
			return nl + 1, ""
		case last:
			return len(b), ""
		case len(b) >= maxRecord:
			return 0, badLength
		}
		return 0, ""
	}
	firstLine := len(line)
	for i := 0; ; {
		// At the begin of a field.
		if i < len(b) && b[i] == '"' {
			for i++; ; {
				q := bytes.IndexByte(b[i:min(len(b), maxRecord)], '"')
				switch {
				case q < 0 && len(b) < maxRecord && !last:
					return 0, ""
				case q < 0 && nl < 0 && !last:
					return 0, badLength
				case q < 0:
					return firstLine, badQuote
				}
				i += q + 1
				if i == len(b) && !last {
					return 0, "" // it may be doubled
				}
				if i >= len(b) || b[i] != '"' {
					break
				}
				i++
			}
			rest := b[i:]
			switch {
			case len(rest) == 0:
				return len(b), ""
			case rest[0] == '\n':
				return i + 1, ""
			case rest[0] == '\r' && len(rest) > 1 && rest[1] == '\n':
				return i + 2, ""
			case rest[0] == '\r' && len(rest) == 1 && last:
				return len(b), ""
			case rest[0] == '\r' && len(rest) == 1:
				return 0, ""
			case rest[0] != f.sep:
				return firstLine, badBehind
			}
			i++
			continue
		}
		k := i
		for k < len(b) && b[k] != f.sep && b[k] != '\n' {
			k++
		}
		switch {
		case k == len(b) && last:
			return k, ""
		case k == len(b) && len(b) >= maxRecord && nl < 0:
			return 0, badLength
		case k == len(b):
			return 0, ""
		case b[k] == '\n':
			return k + 1, ""
		}
		i = k + 1
	}
}

// fields cuts a well formed record into fields. They are valid until the next
// call; scratch holds those that had doubled quotes.
func (f format) fields(b []byte, dst [][]byte, scratch *[]byte) [][]byte {
	b = bytes.TrimSuffix(bytes.TrimSuffix(b, []byte("\n")), []byte("\r"))
	*scratch = (*scratch)[:0]
	for {
		if f.quotes && len(b) > 0 && b[0] == '"' {
			var field []byte
			from := len(*scratch)
			i := 1
			for {
				q := bytes.IndexByte(b[i:], '"')
				if q < 0 { // not well formed, and not for us to say
					q = len(b) - i
				}
				if i+q+1 < len(b) && b[i+q+1] == '"' {
					*scratch = append(append(*scratch, b[i:i+q]...), '"')
					i += q + 2
					continue
				}
				if len(*scratch) == from {
					field = b[i : i+q]
				} else {
					*scratch = append(*scratch, b[i:i+q]...)
					field = (*scratch)[from:]
				}
				i = min(i+q+1, len(b))
				break
			}
			dst = append(dst, field)
			if i >= len(b) {
				return dst
			}
			b = b[i+1:]
			continue
		}
		k := bytes.IndexByte(b, f.sep)
		if k < 0 {
			return append(dst, b)
		}
		dst = append(dst, b[:k])
		b = b[k+1:]
	}
}

// badText says what is wrong with the characters of a record.
func badText(b []byte) Reason {
	switch {
	case bytes.IndexByte(b, 0) >= 0:
		return badNUL
	case !utf8.Valid(b):
		return badUTF8
	}
	return ""
}

// decoder gives the table as UTF-8 without byte order mark. head is its
// beginning, name the encoding asked for, "" to find it out.
func decoder(r io.Reader, head []byte, name string) (io.Reader, string, error) {
	utf16 := func(e unicode.Endianness) io.Reader {
		return transform.NewReader(r, unicode.UTF16(e, unicode.UseBOM).NewDecoder())
	}
	switch {
	case bytes.HasPrefix(head, []byte("\xff\xfe")):
		return utf16(unicode.LittleEndian), "utf-16le", nil
	case bytes.HasPrefix(head, []byte("\xfe\xff")):
		return utf16(unicode.BigEndian), "utf-16be", nil
	case name == "" || strings.EqualFold(name, "utf-8") || strings.EqualFold(name, "utf8"):
		if name == "" && 4*bytes.Count(head, []byte{0}) >= len(head) {
			return nil, "", errors.New("a quarter of the beginning is NUL characters: it is UTF-16 without mark (give --encoding utf-16le) or no text at all")
		}
		if bytes.HasPrefix(head, []byte("\xef\xbb\xbf")) {
			if _, err := io.CopyN(io.Discard, r, 3); err != nil {
				return nil, "", err
			}
		}
		return r, "utf-8", nil
	}
	var e encoding.Encoding
	e, err := htmlindex.Get(name)
	if err != nil {
		return nil, "", fmt.Errorf("unknown encoding %q (known are the names of the WHATWG standard: utf-8, utf-16le, windows-1252, shift_jis …)", name)
	}
	return transform.NewReader(r, e.NewDecoder()), strings.ToLower(name), nil
}
