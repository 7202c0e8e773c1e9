package mapi

import (
	"encoding/binary"
	"strconv"
	"strings"
	"time"
	"unicode/utf16"

	"labelmilter/internal/charset"
)

// Text decodes a string of a type; page is for those of 8 bits.
func Text(typ uint16, b []byte, page charset.Page) string {
	if typ&^Multiple == TypeUnicode {
		u := make([]uint16, len(b)/2)
		for i := range u {
			u[i] = binary.LittleEndian.Uint16(b[2*i:])
		}
		return strings.TrimRight(string(utf16.Decode(u)), "\x00")
	}
	return strings.TrimRight(page.Decode(b), "\x00")
}

// Fixed is the readable form of a value of fixed size, "" of what says nothing
// to people.
func Fixed(typ uint16, b []byte) string {
	le := binary.LittleEndian
	switch {
	case typ == TypeTime && len(b) >= 8:
		t := le.Uint64(b)
		s := int64(t/10_000_000) - 11_644_473_600
		if t == 0 || s > 253_402_300_799 {
			return ""
		}
		return time.Unix(s, 0).UTC().Format(time.RFC3339)
	case typ == TypeInt32 && len(b) >= 4:
		return strconv.Itoa(int(int32(le.Uint32(b))))
	case typ == TypeBool && len(b) >= 2:
		return strconv.FormatBool(le.Uint16(b) != 0)
	}
	return ""
}

// Page is the code page for strings of 8 bits: that of the message, that of the
// Internet, or that of the language, the first that is set.
func Page(message, internet int) charset.Page {
	for _, n := range []int{message, internet} {
		if n > 0 && n != 1200 {
			if p, ok := charset.CodePage(n); ok {
				return p
			}
		}
	}
	p, _ := charset.CodePage(1252)
	return p
}
