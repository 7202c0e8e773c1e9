package verdict

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// Reply is a whole SMTP reply (RFC 5321 4.2) with an enhanced status code
// (RFC 3463). Its text is made safe by Lines, whatever it was made from.
type Reply struct {
	Code     int    // 4xx or 5xx
	Enhanced string // "5.7.1"; its class must agree with Code
	Text     string // may hold several lines
}

// Limits of a reply. RFC 5321 4.5.3.1.5 allows 512 octets a line including
// code and CRLF; both MTAs put text of their own before ours, so room is left.
const (
	maxReplyLine  = 400
	maxReplyLines = 10
)

// IsZero reports whether there is no reply.
func (r Reply) IsZero() bool { return r.Code == 0 }

// Valid reports a reply that an MTA would refuse or misread.
func (r Reply) Valid() error {
	if r.Code < 400 || r.Code > 599 {
		return fmt.Errorf("reply code %d is not 4xx or 5xx", r.Code)
	}
	if r.Enhanced == "" {
		return nil
	}
	var a, b, c int
	if n, err := fmt.Sscanf(r.Enhanced, "%d.%d.%d", &a, &b, &c); n != 3 || err != nil ||
		fmt.Sprintf("%d.%d.%d", a, b, c) != r.Enhanced || b > 999 || c > 999 || b < 0 || c < 0 {
		return fmt.Errorf("enhanced status code %q is not of the form 5.7.1 (RFC 3463)", r.Enhanced)
	}
	if a != r.Code/100 {
		return fmt.Errorf("enhanced status code %q is not of the class of reply code %d", r.Enhanced, r.Code)
	}
	return nil
}

// Lines gives the reply's text as lines that are safe on every MTA: printable
// ASCII only (Sendmail mangles 8-bit), no CR, LF or NUL inside a line, at
// most 400 octets a line and 10 lines, at least one line.
func (r Reply) Lines() []string {
	text := strings.NewReplacer("\r\n", "\n", "\r", "\n").Replace(r.Text)
	var out []string
	for _, l := range strings.Split(text, "\n") {
		l = strings.TrimSpace(printable(l))
		for len(l) > maxReplyLine {
			cut := strings.LastIndexByte(l[:maxReplyLine], ' ')
			if cut <= 0 {
				cut = maxReplyLine
			}
			out = append(out, strings.TrimSpace(l[:cut]))
			l = strings.TrimSpace(l[cut:])
		}
		if l != "" {
			out = append(out, l)
		}
	}
	if len(out) == 0 {
		out = []string{"refused by policy"}
		if r.Code < 500 {
			out = []string{"try again later"}
		}
	}
	if len(out) > maxReplyLines {
		out = out[:maxReplyLines]
	}
	return out
}

// String is the whole reply as the client sees it, lines joined by CRLF:
// "550-5.7.1 first\r\n550 5.7.1 last". Percent signs are single here; the
// milter layer doubles them for the wire.
func (r Reply) String() string {
	if r.IsZero() {
		return ""
	}
	var b strings.Builder
	lines := r.Lines()
	for i, l := range lines {
		sep := byte('-')
		if i == len(lines)-1 {
			sep = ' '
		}
		if i > 0 {
			b.WriteString("\r\n")
		}
		fmt.Fprintf(&b, "%03d%c", r.Code, sep)
		if r.Enhanced != "" {
			b.WriteString(r.Enhanced)
			b.WriteByte(' ')
		}
		b.WriteString(l)
	}
	return b.String()
}

// ascii are the usual spellings of letters and signs that ASCII has not and
// that do not come apart into a letter and marks.
var ascii = map[rune]string{'ä': "ae", 'ö': "oe", 'ü': "ue", 'Ä': "Ae", 'Ö': "Oe", 'Ü': "Ue", 'ß': "ss", 'æ': "ae", 'Æ': "Ae", 'ø': "oe", 'Ø': "Oe",
	'đ': "d", 'Đ': "D", 'ð': "d", 'þ': "th", 'Þ': "Th", 'ł': "l", 'Ł': "L", 'œ': "oe", 'Œ': "Oe", 'ı': "i",
	'‘': "'", '’': "'", '‚': "'", '“': "\"", '”': "\"", '„': "\"", '«': "\"", '»': "\"", '–': "-", '—': "-", '−': "-", '…': "...", '\u00a0': " ", '€': "EUR"}

// printable makes text printable ASCII: letters of the Latin script in their
// usual spelling without marks, tabs as blanks, anything else as "?".
func printable(s string) string {
	var b strings.Builder
	for _, c := range s {
		switch {
		case c == '\t':
			b.WriteByte(' ')
		case c >= 0x20 && c < 0x7f:
			b.WriteRune(c)
		case c == 0:
		case ascii[c] != "":
			b.WriteString(ascii[c])
		default:
			if base, _ := utf8.DecodeRuneInString(norm.NFD.String(string(c))); base >= 0x20 && base < 0x7f {
				b.WriteRune(base)
			} else if !unicode.Is(unicode.Mn, c) {
				b.WriteByte('?')
			}
		}
	}
	return b.String()
}
