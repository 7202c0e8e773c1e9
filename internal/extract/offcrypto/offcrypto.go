// Package offcrypto undoes the encryption of Office documents (MS-OFFCRYPTO)
// whose password everyone knows: Excel encrypts what is only to be protected
// against changes with a default password, and opens it without asking. It reads
// XOR obfuscation, RC4 and RC4 CryptoAPI of binary workbooks, and the standard
// and agile encryption of packages. It tries no other password.
package offcrypto

import (
	"crypto/md5"
	"crypto/rc4"
	"crypto/sha1"
	"encoding/binary"
	"unicode/utf16"
)

// Default is the password that Excel uses for documents that are to be read by
// all.
const Default = "VelvetSweatshop"

func wide(s string) (b []byte) {
	for _, c := range utf16.Encode([]rune(s)) {
		b = binary.LittleEndian.AppendUint16(b, c)
	}
	return b
}

// Stream decrypts a stream by position; what is at a position depends on
// nothing before it.
type Stream interface {
	// XOR puts the decrypted form of src, which stands at a position, into dst.
	XOR(dst, src []byte, at int64)
}

// Workbook gives the decryption of a workbook by its record FilePass (MS-XLS
// 2.4.117), nil if the default password does not open it.
func Workbook(pass []byte, biff8 bool) (s Stream, xor bool) {
	le := binary.LittleEndian
	if len(pass) < 4 {
		return nil, false
	}
	if !biff8 {
		return obfuscation(le.Uint16(pass), le.Uint16(pass[2:])), true
	}
	if le.Uint16(pass) == 0 {
		if len(pass) < 6 {
			return nil, true
		}
		return obfuscation(le.Uint16(pass[2:]), le.Uint16(pass[4:])), true
	}
	return RC4(pass[2:], 1024), false
}

// RC4 gives the decryption by an encryption header (MS-OFFCRYPTO 2.3.5.1, 2.3.6.1)
// with a new key for each block of a size; nil if the default password does not
// open it.
func RC4(h []byte, block int64) Stream {
	le := binary.LittleEndian
	if len(h) < 4 {
		return nil
	}
	major, minor := le.Uint16(h), le.Uint16(h[2:])
	h = h[4:]
	switch {
	case major == 1 && minor == 1 && len(h) >= 48:
		pw := md5.Sum(wide(Default))
		var b []byte
		for range 16 {
			b = append(append(b, pw[:5]...), h[:16]...)
		}
		base := md5.Sum(b)
		r := &blocks{size: block, key: func(n uint32) []byte {
			k := md5.Sum(le.AppendUint32(base[:5:5], n))
			return k[:]
		}}
		v := make([]byte, 32)
		r.XOR(v, h[16:48], 0)
		if sum := md5.Sum(v[:16]); string(sum[:]) != string(v[16:]) {
			return nil
		}
		return r
	case minor == 2 && major >= 2 && major <= 4 && len(h) >= 8:
		size := int64(le.Uint32(h[4:]))
		if size < 32 || size+8+56 > int64(len(h)) {
			return nil
		}
		head, v := h[8:8+size], h[8+size:]
		bits := le.Uint32(head[16:])
		if bits == 0 {
			bits = 40
		}
		if le.Uint32(v) != 16 || bits%8 != 0 || bits > 128 || bits < 40 {
			return nil
		}
		base := sha1.Sum(append(append([]byte(nil), v[4:20]...), wide(Default)...))
		r := &blocks{size: block, key: func(n uint32) []byte {
			k := sha1.Sum(le.AppendUint32(base[:20:20], n))
			if bits == 40 {
				return append(k[:5:5], make([]byte, 11)...)
			}
			return k[:bits/8]
		}}
		clear := make([]byte, 36)
		r.XOR(clear, append(append([]byte(nil), v[20:36]...), v[40:60]...), 0)
		if sum := sha1.Sum(clear[:16]); string(sum[:]) != string(clear[16:]) {
			return nil
		}
		return r
	}
	return nil
}

// blocks is RC4 with a key for each block.
type blocks struct {
	size int64
	key  func(n uint32) []byte
}

func (r *blocks) XOR(dst, src []byte, at int64) {
	for len(src) > 0 {
		c, err := rc4.NewCipher(r.key(uint32(at / r.size)))
		if err != nil {
			return // of a key of 5 to 16 bytes: cannot be
		}
		if skip := at % r.size; skip > 0 {
			scratch := make([]byte, skip)
			c.XORKeyStream(scratch, scratch)
		}
		n := min(int64(len(src)), r.size-at%r.size)
		c.XORKeyStream(dst[:n], src[:n])
		dst, src, at = dst[n:], src[n:], at+n
	}
}

// obfuscation is method 1 of XOR obfuscation (MS-OFFCRYPTO 2.3.7.2); position is
// that of the byte plus the size of its record.
type obfuscated [16]byte

func obfuscation(key, verifier uint16) Stream {
	if passwordVerifier(Default) != verifier {
		return nil
	}
	pad := "\xbb\xff\xff\xba\xff\xff\xb9\x80\x00\xbe\x0f\x00\xbf\x0f\x00"
	var a obfuscated
	copy(a[copy(a[:], Default):], pad)
	for i := range a {
		a[i] ^= byte(key >> (8 * (i & 1)))
		a[i] = a[i]<<2 | a[i]>>6
	}
	return a
}

func (a obfuscated) XOR(dst, src []byte, at int64) {
	for i, c := range src {
		dst[i] = (c<<3 | c>>5) ^ a[(at+int64(i))&15]
	}
}

// passwordVerifier is the check of a password (MS-OFFCRYPTO 2.3.7.1).
func passwordVerifier(pw string) uint16 {
	var v uint16
	for i := len(pw); i >= 0; i-- {
		c := byte(len(pw))
		if i > 0 {
			c = pw[i-1]
		}
		v = (v>>14&1 | v<<1&0x7fff) ^ uint16(c)
	}
	return v ^ 0xce4b
}
