package charset

import (
	"bytes"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/korean"
	"golang.org/x/text/encoding/simplifiedchinese"
)

// decodeISO2022 reads ISO-2022-KR (RFC 1557) and the GB 2312 set of
// ISO-2022-CN (RFC 1922): a designation names the double-byte set, SO shifts
// to it, SI and a line end shift back. Other sets come out as replacement
// characters.
func decodeISO2022(b []byte) (string, bool) {
	var out bytes.Buffer
	var run []byte
	var set encoding.Encoding = korean.EUCKR
	damaged, shifted := false, false
	flush := func() {
		if len(run) == 0 {
			return
		}
		if set == nil {
			out.WriteString("\uFFFD")
			damaged = true
		} else {
			s, bad := decodeWith(run, set)
			out.WriteString(s)
			damaged = damaged || bad
		}
		run = run[:0]
	}
	for i := 0; i < len(b); i++ {
		c := b[i]
		switch {
		case c == 0x1b && i+3 < len(b) && b[i+1] == '$' && b[i+2] >= '(' && b[i+2] <= '+':
			flush()
			switch b[i+3] {
			case 'C':
				set = korean.EUCKR
			case 'A':
				set = simplifiedchinese.GBK
			default:
				set = nil
			}
			i += 3
		case c == 0x0e:
			shifted = true
		case c == 0x0f:
			flush()
			shifted = false
		case c == '\n' || c == '\r':
			flush()
			shifted = false
			out.WriteByte(c)
		case shifted && c > 0x20 && c < 0x7f:
			run = append(run, c|0x80)
		case c >= 0x80:
			flush()
			out.WriteString(windows1252(b[i : i+1]))
			damaged = true
		default:
			flush()
			out.WriteByte(c)
		}
	}
	flush()
	return out.String(), damaged
}
