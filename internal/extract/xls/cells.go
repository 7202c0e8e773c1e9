package xls

import (
	"encoding/binary"
	"math"
	"strings"

	"labelmilter/internal/extract/document"
	"labelmilter/internal/extract/officeart"
)

// out is where cells go now: those of a chart repeat what sheets hold.
func (k *book) out() *document.Writer {
	if k.chart {
		return k.hidden
	}
	return k.cells
}

// cell goes to a cell of a row.
func (k *book) cell(row int) {
	if row != k.row {
		k.out().Line()
	} else {
		k.out().Tab()
	}
	k.row = row
}

// cellRecord writes the content of a cell. Rows and columns are two bytes each,
// then the style; in BIFF2 three bytes of attributes stand in its place.
func (k *book) cellRecord(r record) {
	le := binary.LittleEndian
	d := r.data
	if r.typ == recString || r.typ == recString2 {
		k.result(r)
		return
	}
	if len(d) < 7 {
		return
	}
	row, xf := int(le.Uint16(d)), int(le.Uint16(d[4:]))
	body := d[6:]
	switch r.typ {
	case recLabel2, recNumber2, recInteger2: // of BIFF2, and of Graph (MS-OGRAPH) in all versions
		xf, body = int(d[4]&0x3f), d[7:]
	case recFormula:
		if k.biff == 2 {
			xf, body = int(d[4]&0x3f), d[7:]
		}
	}
	k.cell(row)
	switch r.typ {
	case recLabelSST:
		if len(body) >= 4 {
			k.out().String(k.shared(le.Uint32(body)))
		}
	case recLabel, recRString:
		k.out().String(k.long(r, body))
	case recLabel2:
		k.out().String(k.short(r, body, false))
	case recNumber, recNumber2:
		if len(body) >= 8 {
			k.number(xf, math.Float64frombits(le.Uint64(body)))
		}
	case recInteger2:
		if len(body) >= 2 {
			k.number(xf, float64(le.Uint16(body)))
		}
	case recRK:
		if len(body) >= 4 {
			k.number(xf, rk(le.Uint32(body)))
		}
	case recMulRK:
		for d = d[4:]; len(d) >= 8; d = d[6:] {
			k.cell(row)
			k.number(int(le.Uint16(d)), rk(le.Uint32(d[2:])))
		}
	case recFormula, 0x206, 0x406:
		k.formula(xf, body)
	}
	k.out().Tab()
}

// number writes a number as displayed and in full.
func (k *book) number(xf int, v float64) {
	if math.IsNaN(v) || math.IsInf(v, 0) {
		return
	}
	k.out().String(k.style(xf).Cell("", v, k.date1904))
}

// rk is a number in four bytes (MS-XLS 2.5.217).
func rk(n uint32) float64 {
	v := math.Float64frombits(uint64(n&^3) << 32)
	if n&2 != 0 {
		v = float64(int32(n) >> 2)
	}
	if n&1 != 0 {
		v /= 100
	}
	return v
}

// formula writes the result of a formula (MS-XLS 2.4.127); a text follows in a
// record of its own. The strings in its expression are hidden.
func (k *book) formula(xf int, d []byte) {
	le := binary.LittleEndian
	if len(d) < 8 {
		return
	}
	if d[6] != 0xff || d[7] != 0xff {
		k.number(xf, math.Float64frombits(le.Uint64(d)))
	} else if d[0] == 1 {
		if d[2] != 0 {
			k.out().String("TRUE")
		} else {
			k.out().String("FALSE")
		}
	}
	if k.biff >= 5 && len(d) >= 16 {
		k.literals(d[16:])
	}
}

// literals gives the strings among the tokens of a formula: 0x17, a count, and
// in BIFF8 flags (MS-XLS 2.5.198.89). The tokens between need not be understood
// to find them.
func (k *book) literals(d []byte) {
	for i := 0; i+2 < len(d); i++ {
		if d[i] != 0x17 {
			continue
		}
		n := int(d[i+1])
		size := n
		rest := d[i+2:]
		if k.biff == 8 {
			if rest[0]&^1 != 0 {
				continue
			}
			size = 1 + n<<(rest[0]&1)
		}
		if n < 2 || size > len(rest) {
			continue
		}
		if s := k.unicode(rest, n); printable(s) {
			k.put(k.hidden, s)
			i += 1 + size
		}
	}
}

func printable(s string) bool {
	return !strings.ContainsFunc(s, func(c rune) bool { return c < 0x20 && c != '\n' && c != '\r' && c != '\t' || c == 0xfffd })
}

// result writes the text that a formula came to.
func (k *book) result(r record) {
	if k.biff == 2 {
		k.out().String(k.short(r, r.data, false))
	} else {
		k.out().String(k.long(r, r.data))
	}
	k.out().Tab()
}

// note reads a comment (MS-XLS 2.4.179): in BIFF8 its author, as the text is in
// a text box; before that the text itself.
func (k *book) note(d []byte) {
	le := binary.LittleEndian
	if k.biff == 8 {
		if len(d) > 11 {
			k.put(k.rest, k.unicode(d[10:], int(le.Uint16(d[8:]))))
		}
		return
	}
	if len(d) > 6 {
		s := k.page.Decode(d[6:])
		if le.Uint16(d) == 0xffff { // the rest of the note before
			k.rest.Join()
			k.rest.String(s)
			k.rest.Line()
			return
		}
		k.put(k.rest, s)
	}
}

// textBox reads a text box (MS-XLS 2.4.329): its text is in the records that
// continue it.
func (k *book) textBox(r record) {
	if len(r.data) < 12 || len(r.more) == 0 {
		return
	}
	n := int(binary.LittleEndian.Uint16(r.data[10:]))
	c := cursor{d: r.more[0], more: r.more[1:]}
	k.put(k.rest, strings.ReplaceAll(c.text(n), "\r", "\n"))
}

// headers reads headers and footers of even and first pages (MS-XLS 2.4.137).
func (k *book) headers(d []byte) {
	le := binary.LittleEndian
	const head = 12 + 16 + 2
	if len(d) < head+8 {
		return
	}
	rest := d[head+8:]
	for i := range 4 {
		n := int(le.Uint16(d[head+2*i:]))
		if n == 0 || len(rest) < 3 {
			continue
		}
		n = int(le.Uint16(rest))
		size := 3 + n<<(rest[2]&1)
		k.put(k.rest, headerText(k.unicode(rest[2:], n)))
		rest = rest[min(size, len(rest)):]
	}
}

// headerText takes the codes out of a header (ISO/IEC 29500-1 18.3.1.39 lists
// them): sections become lines, fonts and fields go.
func headerText(s string) string {
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		if s[i] != '&' || i+1 >= len(s) {
			b.WriteByte(s[i])
			continue
		}
		i++
		switch c := s[i]; {
		case c == '&':
			b.WriteByte('&')
		case c == 'L' || c == 'C' || c == 'R':
			b.WriteByte('\n')
		case c == '"':
			for i++; i < len(s) && s[i] != '"'; i++ {
			}
		case c >= '0' && c <= '9':
			for n := 0; n < 3 && i+1 < len(s) && s[i+1] >= '0' && s[i+1] <= '9'; n++ {
				i++
			}
		case c == 'K': // a colour
			i += min(6, len(s)-i-1)
		}
	}
	return b.String()
}

// loose gives the strings in records whose structure matters little: names,
// references to other files, links, prompts.
func (k *book) loose(r record) {
	for _, d := range append([][]byte{r.data}, r.more...) {
		from := -1
		for i := 0; i <= len(d); i++ {
			if i < len(d) && (d[i] >= 0x20 && d[i] != 0x7f && (d[i] < 0x7f || d[i] >= 0xa0 || k.biff < 8)) {
				if from < 0 {
					from = i
				}
				continue
			}
			if from >= 0 && i-from >= 3 {
				k.put(k.hidden, k.page.Decode(d[from:i]))
			}
			from = -1
		}
		if k.biff == 8 {
			for _, s := range officeart.Wide(d, 3) {
				if strings.ContainsFunc(s, func(c rune) bool { return c < 0x250 }) {
					k.put(k.hidden, s)
				}
			}
		}
	}
}
