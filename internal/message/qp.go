package message

import "bytes"

// decodeQP decodes quoted-printable (RFC 2045 6.7) of any line length. Lower
// case digits and blanks after a soft line break are accepted; an escape that
// is none stands for itself.
func decodeQP(src []byte, limit int) []byte {
	dst := make([]byte, 0, min(len(src), max(limit, 0)))
	for len(src) > 0 && len(dst) < limit {
		i := bytes.IndexByte(src, '=')
		if i < 0 {
			dst = append(dst, src...)
			break
		}
		dst = append(dst, src[:i]...)
		src = src[i+1:]
		if len(src) >= 2 {
			if h, l := unhex(src[0]), unhex(src[1]); h >= 0 && l >= 0 {
				dst = append(dst, byte(h<<4|l))
				src = src[2:]
				continue
			}
		}
		j := 0
		for j < len(src) && (src[j] == ' ' || src[j] == '\t') {
			j++
		}
		switch {
		case j == len(src): // "=" at the very end
			src = nil
		case src[j] == '\r' && j+1 < len(src) && src[j+1] == '\n':
			src = src[j+2:]
		case src[j] == '\n' || src[j] == '\r':
			src = src[j+1:]
		default:

			dst = append(dst, '=')
		}
	}
	return dst[:min(len(dst), max(limit, 0))]
}
