package message

import (
	"bytes"
	"encoding/base64"
)

// base64Table maps the standard alphabet to 0..63, "-" and "_" of the URL
// alphabet to 0x80|62 and 0x80|63, "=" to 0xfe and all else to 0xff.
var base64Table = func() (t [256]byte) {
	for i := range t {
		t[i] = 0xff
	}
	for i, c := range "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/" {
		t[c] = byte(i)
	}
	t['-'], t['_'], t['='] = 0x80|62, 0x80|63, 0xfe
	return t
}()

// decodeBase64 decodes at most limit bytes (RFC 2045 6.8): strictly first, as
// most bodies are sound, leniently on the first error.
func decodeBase64(src []byte, limit int) []byte {
	if limit <= 0 {
		return nil
	}
	n := base64.StdEncoding.DecodedLen(len(src))
	if n <= limit {
		dst := make([]byte, n)
		if k, err := base64.StdEncoding.Decode(dst, src); err == nil {
			return dst[:k]
		}
		dst = dst[:0]
		return decodeBase64Lenient(dst, src, limit)
	}
	return decodeBase64Lenient(make([]byte, 0, min(n, limit)), src, limit)
}

// decodeBase64Lenient appends the decoded bytes of src to dst, at most limit
// for each reading. It passes over characters outside the alphabet, goes on after
// padding (concatenated encodings), ignores padding where none can be, needs
// none at the end, and takes the URL alphabet (RFC 4648 5) where the count of
// characters speaks for it; where it does not, both readings are given.
func decodeBase64Lenient(dst, src []byte, limit int) []byte {
	url, both := base64Alphabet(src)
	dst = base64Pass(dst, src, limit, url)
	if both && len(dst) < limit {
		if std := base64Pass(nil, src, limit, false); len(std) > 0 {
			dst = append(append(dst, '\n'), std...)
		}
	}
	return dst
}

// base64Alphabet decides about "-" and "_": url takes them as characters, both
// asks for two readings.
func base64Alphabet(src []byte) (url, both bool) {
	if bytes.IndexByte(src, '-') < 0 && bytes.IndexByte(src, '_') < 0 {
		return false, false
	}
	std, alt := 0, 0 // characters, padding counted as standard
	for _, c := range src {
		switch v := base64Table[c]; {
		case v == 62 || v == 63:
			return false, false // the standard alphabet: "-" is garbage
		case v < 64 || v == 0xfe:
			std++
		case v < 0xc0:
			alt++
		}
	}
	switch {
	case std%4 == 0 && (std+alt)%4 != 0:
		return false, false
	case (std+alt)%4 == 0 && std%4 != 0:
		return true, false
	}
	return true, true
}

func base64Pass(dst, src []byte, limit int, url bool) []byte {
	var acc uint32
	pos := 0
	for _, c := range src {
		v := base64Table[c]
		if v >= 64 {
			switch {
			case v == 0xfe && pos >= 2: // padding ends a quantum
				dst = base64Tail(dst, acc, pos)
				acc, pos = 0, 0
				continue
			case v&0xc0 == 0x80 && url:
				v &= 0x3f
			default:
				continue
			}
		}
		acc = acc<<6 | uint32(v)
		if pos++; pos == 4 {
			dst = append(dst, byte(acc>>16), byte(acc>>8), byte(acc))
			acc, pos = 0, 0
			if len(dst) >= limit {
				return dst[:limit]
			}
		}
	}
	dst = base64Tail(dst, acc, pos)
	return dst[:min(len(dst), max(limit, 0))]
}

// base64Tail writes the bytes of an unfinished quantum of pos characters.
func base64Tail(dst []byte, acc uint32, pos int) []byte {
	switch pos {
	case 2:
		return append(dst, byte(acc>>4))
	case 3:
		return append(dst, byte(acc>>10), byte(acc>>2))
	}
	return dst
}
