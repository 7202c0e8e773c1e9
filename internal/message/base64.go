package message

import (
	"bytes"
	"encoding/base64"
	"encoding/binary"
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
		k, read := base64Quanta(dst, src)
		rest, err := base64.StdEncoding.Decode(dst[k:], src[read:])
		if err == nil {
			return dst[:k+rest]
		}
		dst = dst[:0]
		return decodeBase64Lenient(dst, src, limit)
	}
	return decodeBase64Lenient(make([]byte, 0, min(n, limit)), src, limit)
}

// base64Places has the bits of each character where it stands in a quantum of
// four, base64Not for a byte that is no character.
var base64Places = func() (t [4][256]uint32) {
	for place := range t {
		for c, v := range base64Table {
			if v < 64 {
				t[place][c] = uint32(v) << (18 - 6*place)
			} else {
				t[place][c] = base64Not
			}
		}
	}
	return t
}()

const base64Not = 1 << 31

// base64Quanta decodes whole quanta and passes over the line ends between them,
// up to the first thing that is neither. It gives the bytes written and those
// read.
func base64Quanta(dst, src []byte) (n, read int) {
	p0, p1, p2, p3 := &base64Places[0], &base64Places[1], &base64Places[2], &base64Places[3]
	for {
		for len(src)-read >= 8 && len(dst)-n >= 8 {
			s := src[read : read+8]
			a := p0[s[0]] | p1[s[1]] | p2[s[2]] | p3[s[3]]
			b := p0[s[4]] | p1[s[5]] | p2[s[6]] | p3[s[7]]
			if (a|b)&base64Not != 0 {
				break
			}
			// The two bytes behind them are written over, or cut off.
			binary.BigEndian.PutUint64(dst[n:n+8], uint64(a)<<40|uint64(b)<<16)
			n, read = n+6, read+8
		}
		if len(src)-read >= 4 && len(dst)-n >= 4 {
			s := src[read : read+4]
			if a := p0[s[0]] | p1[s[1]] | p2[s[2]] | p3[s[3]]; a&base64Not == 0 {
				binary.BigEndian.PutUint32(dst[n:n+4], a<<8)
				n, read = n+3, read+4
			}
		}
		if len(src)-read < 2 || src[read] != '\r' || src[read+1] != '\n' {
			return n, read
		}
		read += 2
	}
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
