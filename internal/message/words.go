package message

import (
	"strings"
	"unicode/utf8"

	"labelmilter/internal/charset"
)

// DecodeField unfolds a raw field value, decodes encoded words (RFC 2047,
// adjacent words of one charset joined as bytes first) and trims blanks. Raw
// 8-bit text is taken as UTF-8 if valid, else as Windows-1252. The result is
// valid UTF-8 without NUL.
func DecodeField(raw string) string {
	s, _ := DecodeWords(raw)
	return s
}

// DecodeWords is DecodeField, and reports whether every charset named in the
// encoded words is known; the text of the others is a best effort.
func DecodeWords(raw string) (text string, known bool) {
	s := Unfold(raw)
	if strings.IndexByte(s, 0) >= 0 {
		s = strings.ReplaceAll(s, "\x00", "")
	}
	if !strings.Contains(s, "=?") {
		return strings.TrimSpace(rawText(s)), true
	}
	d := wordDecoder{known: true}
	d.decode(s)
	return strings.TrimSpace(d.out.String()), d.known
}

// rawText reads undeclared header bytes.
func rawText(s string) string {
	if utf8.ValidString(s) {
		return s
	}
	return charset.Decode([]byte(s), "windows-1252").UTF8
}

// maxWordCharset bounds the charset of an encoded word, so that looking for
// its end in hostile text costs a constant.
const maxWordCharset = 100

type wordDecoder struct {
	out     strings.Builder
	charset string // of pending
	pending []byte // decoded bytes of adjacent words
	known   bool
	noEnd   bool // there is no "?=" in the rest of the text
}

// flush writes the pending words. RFC 2047 5: a character must not be split
// over words, but senders do it, so words are joined before they are decoded.
func (d *wordDecoder) flush() {
	if len(d.pending) == 0 {
		return
	}
	t := charset.Decode(d.pending, d.charset)
	d.known = d.known && !t.Unknown
	d.out.WriteString(strings.ReplaceAll(t.UTF8, "\x00", ""))
	d.pending = d.pending[:0]
}

func (d *wordDecoder) decode(s string) {
	for s != "" {
		i := strings.Index(s, "=?")
		if i < 0 {
			break
		}
		label, enc, text, rest, ok := d.word(s[i:])
		if !ok {
			// Not a word: the characters stand for themselves.
			d.literal(s[:i+2])
			s = s[i+2:]
			continue
		}
		d.literal(s[:i])
		var b []byte
		if enc == 'b' || enc == 'B' {
			b = decodeBase64Lenient(nil, []byte(text), len(text))
		} else {
			b = decodeQ(text)
		}
		if !strings.EqualFold(label, d.charset) {
			d.flush()
			d.charset = label
		}
		d.pending = append(d.pending, b...)
		s = rest
	}
	d.literal(s)
	d.flush()
}

// literal writes text between words; blanks between two words are none
// (RFC 2047 6.2), other text ends a run of words.
func (d *wordDecoder) literal(s string) {
	if s == "" || len(d.pending) > 0 && strings.Trim(s, " \t") == "" {
		return // before another word, or at the end, where it is trimmed anyway
	}
	d.flush()
	d.out.WriteString(rawText(s))
}

// word reads an encoded word at the start of s, which begins with "=?". It
// allows what RFC 2047 2 does not: blanks in the text, a missing "?=" (the
// word then ends at the next blank), any length.
func (d *wordDecoder) word(s string) (label string, enc byte, text, rest string, ok bool) {
	head := s[2:min(len(s), 2+maxWordCharset)]
	q := strings.IndexByte(head, '?')
	if q <= 0 || strings.ContainsAny(head[:q], " \t=") || len(s) < 2+q+3 {
		return
	}
	label, enc = head[:q], s[2+q+1]
	if s[2+q+2] != '?' || enc != 'b' && enc != 'B' && enc != 'q' && enc != 'Q' {
		return
	}
	text = s[2+q+3:]
	end := -1
	if !d.noEnd {
		end = strings.Index(text, "?=")
		d.noEnd = end < 0
	}
	if end >= 0 {
		return label, enc, text[:end], text[end+2:], true
	}
	if end = strings.IndexAny(text, " \t"); end < 0 {
		end = len(text)
	}
	return label, enc, text[:end], text[end:], true
}

// decodeQ decodes the Q encoding (RFC 2047 4.2), keeping what is not valid.
func decodeQ(s string) []byte {
	out := make([]byte, 0, len(s))
	for i := 0; i < len(s); i++ {
		switch c := s[i]; {
		case c == '_':
			out = append(out, ' ')
		case c == '=' && i+2 < len(s) && unhex(s[i+1]) >= 0 && unhex(s[i+2]) >= 0:
			out = append(out, byte(unhex(s[i+1])<<4|unhex(s[i+2])))
			i += 2
		default:
			out = append(out, c)
		}
	}
	return out
}

// unhex is the value of a hexadecimal digit, -1 for any other character.
func unhex(c byte) int {
	switch {
	case c >= '0' && c <= '9':
		return int(c - '0')
	case c >= 'a' && c <= 'f':
		return int(c-'a') + 10
	case c >= 'A' && c <= 'F':
		return int(c-'A') + 10
	}
	return -1
}
