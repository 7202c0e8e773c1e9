package xls

import (
	"encoding/binary"

	"labelmilter/internal/extract/offcrypto"
)

// decrypt gives the stream in the clear if it is encrypted with the default
// password, else as it is. The headers of records, and a few records that are
// needed before the key is known, are never encrypted (MS-XLS 2.2.10).
func (k *book) decrypt(b []byte) []byte {
	le := binary.LittleEndian
	var s offcrypto.Stream
	xor := false
	biff8 := true
	for i, n := 0, 0; i+4 <= len(b) && n < 64; n++ {
		typ, size := le.Uint16(b[i:]), int(le.Uint16(b[i+2:]))
		body := b[i+4 : min(i+4+size, len(b))]
		if typ == 0x809 && len(body) >= 2 {
			biff8 = le.Uint16(body) >= 0x600
		}
		if typ == recFilePass {
			s, xor = offcrypto.Workbook(body, biff8)
			break
		}
		i += 4 + size
	}
	if s == nil || k.Expand(0, int64(len(b))) < int64(len(b)) {
		return b
	}
	k.open = true
	out := make([]byte, len(b))
	if !xor {
		s.XOR(out, b, 0)
	}
	for i := 0; i < len(b); {
		if i+4 > len(b) {
			copy(out[i:], b[i:])
			break
		}
		copy(out[i:i+4], b[i:])
		typ, size := le.Uint16(b[i:]), int(le.Uint16(b[i+2:]))
		at, end := i+4, min(i+4+size, len(b))
		clear := at
		switch typ {
		case recBOF, 0x209, 0x409, 0x809, recFilePass, 0x194, 0x195, 0xe1, 0x196, 0x138:
			clear = end
		case recBoundSheet:
			clear = min(at+4, end)
		}
		copy(out[at:clear], b[at:clear])
		if xor {
			s.XOR(out[clear:end], b[clear:end], int64(clear+size))
		}
		i = end
	}
	return out
}
