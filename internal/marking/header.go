package marking

import (
	"mime"
	"strings"
)

// ParseHeader reads the value of an X-Protective-Marking field, folded or
// unfolded, without the field name. It always returns a marking; an empty
// value gives one with the single diagnostic [EmptyMarking].
func ParseHeader(raw string) Marking {
	m := newMarking(SourceHeader, raw)
	text, offs, bad := raw, []int(nil), false
	switch {
	case !plainASCII(raw):
		f := foldText(raw)
		text, offs, bad = f.text, f.offs, true
	case strings.Contains(raw, "=?"):
		if d, ok := decodeWords(raw); ok {
			text, offs, bad = foldText(d).text, []int{}, true
		}
	}
	parseField(&m, text)
	if offs != nil {
		for i := range m.Diagnostics {
			m.Diagnostics[i].Offset = mapOffset(offs, m.Diagnostics[i].Offset)
		}
	}
	if bad && m.Scheme == SchemeAU {
		m.Diagnostics = append(m.Diagnostics, diagnostic(NonASCIIMarking, 0,
			"the marking is not plain printable ASCII"))
	}
	return m
}

func parseField(m *Marking, text string) {
	r := reader{m: m, s: text}
	start := skipBlank(text, 0)
	end := len(text)
	for end > start && isBlank(text[end-1]) {
		end--
	}
	if start == end {
		r.add(EmptyMarking, 0, "the field is empty")
		return
	}
	if unfoldedLen(text[start:end]) > maxMarking {
		r.add(MarkingTooLong, 0, "more than 998 octets")
	}
	if text[start] == '[' && text[end-1] == ']' {
		r.add(ValueVariant, start, "brackets belong to the subject form")
		start, end = start+1, end-1
	}
	r.s = text[:end]
	r.elements(start)
	r.finish()
}

// unfoldedLen is the length without line ends.
func unfoldedLen(s string) int {
	return len(s) - strings.Count(s, "\r") - strings.Count(s, "\n")
}

// maxEncoded bounds the encoded words decoded in a marking, in octets: the
// 998 of the standard in the longest encoding (base64 of single letters).
const maxEncoded = 32 * 1024

// decodeWords decodes RFC 2047 encoded words, which have no place in this
// field; ok means there was one.
func decodeWords(raw string) (string, bool) {
	if len(raw) > maxEncoded {
		return "", false
	}
	d, err := new(mime.WordDecoder).DecodeHeader(strings.NewReplacer("\r", "", "\n", "").Replace(raw))
	if err != nil || d == raw {
		return "", false
	}
	return d, strings.Count(d, "=?") < strings.Count(raw, "=?")
}
