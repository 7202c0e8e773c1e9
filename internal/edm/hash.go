package edm

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"hash"
	"math/bits"
)

// keys are what is derived from the key of a store, one for each use.
type keys struct {
	primary []byte
	token   [2]uint64
	tag     [2]uint64
	base    uint64 // of the polynomial of words, below prime
	seal    []byte
	header  []byte
	check   string // tells a wrong key, 64 bits
}

func newKeys(k Key) *keys {
	d := func(label string) []byte {
		m := hmac.New(sha256.New, k.secret[:])
		m.Write([]byte("labelmilter edm 1 " + label))
		return m.Sum(nil)
	}
	pair := func(label string) [2]uint64 {
		b := d(label)
		return [2]uint64{binary.LittleEndian.Uint64(b), binary.LittleEndian.Uint64(b[8:])}
	}
	return &keys{primary: d("primary"), token: pair("token"), tag: pair("tag"), base: reduce(binary.LittleEndian.Uint64(d("base"))) | 2,
		seal: d("seal"), header: d("header"), check: hex.EncodeToString(d("check")[:8])}
}

// seal encrypts and authenticates. The nonce is made of the text (as SIV,
// RFC 5297), so equal texts under one key give equal bytes and nothing else is
// told.
func (k *keys) sealed(text []byte) []byte {
	m := hmac.New(sha256.New, k.seal)
	m.Write(text)
	nonce := m.Sum(nil)[:12]
	return k.aead().Seal(nonce, nonce, text, nil)
}

func (k *keys) open(sealed []byte) ([]byte, error) {
	if len(sealed) < 12 {
		return nil, errors.New("sealed part is too short")
	}
	return k.aead().Open(nil, sealed[:12], sealed[12:], nil)
}

func (k *keys) aead() cipher.AEAD {
	block, err := aes.NewCipher(k.seal)
	if err == nil {
		var a cipher.AEAD
		if a, err = cipher.NewGCM(block); err == nil {
			return a
		}
	}
	panic(err) // the key has 32 bytes
}

// hasher makes hashes of normalised values. It is not safe for concurrent use.
type hasher struct {
	*keys
	mac hash.Hash
	sum [sha256.Size]byte
	one [1]byte
}

func newHasher(k *keys) *hasher { return &hasher{keys: k, mac: hmac.New(sha256.New, k.primary)} }

// search is the hash of a searchable value: 64 bits, never 0.
func (h *hasher) search(column int, value []byte) uint64 {
	h.mac.Reset()
	h.one[0] = byte(column)
	h.mac.Write(h.one[:])
	h.mac.Write(value)
	x := binary.BigEndian.Uint64(h.mac.Sum(h.sum[:0]))
	if x == 0 {
		x = 1
	}
	return x
}

// prime is 2^61 - 1; hashes of words are numbers below it.
const prime = 1<<61 - 1

func reduce(x uint64) uint64 {
	x = x&prime + x>>61
	if x >= prime {
		x -= prime
	}
	return x
}

// mulAdd is a*b + c modulo prime for numbers below it.
func mulAdd(a, b, c uint64) uint64 {
	hi, lo := bits.Mul64(a, b)
	x := lo&prime + (hi<<3 | lo>>61) + c
	x = x&prime + x>>61
	if x >= prime {
		x -= prime
	}
	return x
}

func add(a, b uint64) uint64 {
	if a += b; a >= prime {
		a -= prime
	}
	return a
}

// word is the hash of one token.
func (k *keys) word(b []byte) uint64 { return reduce(sip24(k.token, b)) }

// tagOf is the tag of a value of n tokens in a column of the row whose first
// searchable value has the hash bits salt.
func (k *keys) tagOf(value uint64, n, column int, salt uint64) uint32 {
	return uint32(sip13(k.tag, value, salt<<24|uint64(column)<<8|uint64(n)))
}

// none is the tag of a value that is not there: it looks like any other.
func (k *keys) none(column int, salt, row uint64) uint32 {
	return uint32(sip13(k.tag, 1<<63|row&(1<<62-1), salt<<24|uint64(column)<<8))
}

// sip24 is SipHash-2-4 (Aumasson and Bernstein, 2012).
func sip24(k [2]uint64, b []byte) uint64 {
	v0, v1, v2, v3 := k[0]^0x736f6d6570736575, k[1]^0x646f72616e646f6d, k[0]^0x6c7967656e657261, k[1]^0x7465646279746573
	last := uint64(len(b)) << 56
	for ; len(b) >= 8; b = b[8:] {
		m := binary.LittleEndian.Uint64(b)
		v3 ^= m
		v0, v1, v2, v3 = sipRound(v0, v1, v2, v3)
		v0, v1, v2, v3 = sipRound(v0, v1, v2, v3)
		v0 ^= m
	}
	for i, c := range b {
		last |= uint64(c) << (8 * i)
	}
	v3 ^= last
	v0, v1, v2, v3 = sipRound(v0, v1, v2, v3)
	v0, v1, v2, v3 = sipRound(v0, v1, v2, v3)
	v0 ^= last
	v2 ^= 0xff
	for range 4 {
		v0, v1, v2, v3 = sipRound(v0, v1, v2, v3)
	}
	return v0 ^ v1 ^ v2 ^ v3
}

// sip13 is SipHash-1-3 of two words; their number is fixed, so no length is
// hashed.
func sip13(k [2]uint64, a, b uint64) uint64 {
	v0, v1, v2, v3 := k[0]^0x736f6d6570736575, k[1]^0x646f72616e646f6d, k[0]^0x6c7967656e657261, k[1]^0x7465646279746573
	v3 ^= a
	v0, v1, v2, v3 = sipRound(v0, v1, v2, v3)
	v0 ^= a
	v3 ^= b
	v0, v1, v2, v3 = sipRound(v0, v1, v2, v3)
	v0 ^= b
	v2 ^= 0xff
	v0, v1, v2, v3 = sipRound(v0, v1, v2, v3)
	v0, v1, v2, v3 = sipRound(v0, v1, v2, v3)
	v0, v1, v2, v3 = sipRound(v0, v1, v2, v3)
	return v0 ^ v1 ^ v2 ^ v3
}

func sipRound(v0, v1, v2, v3 uint64) (uint64, uint64, uint64, uint64) {
	v0 += v1
	v2 += v3
	v1 = bits.RotateLeft64(v1, 13) ^ v0
	v3 = bits.RotateLeft64(v3, 16) ^ v2
	v0 = bits.RotateLeft64(v0, 32)
	v2 += v1
	v0 += v3
	v1 = bits.RotateLeft64(v1, 17) ^ v2
	v3 = bits.RotateLeft64(v3, 21) ^ v0
	v2 = bits.RotateLeft64(v2, 32)
	return v0, v1, v2, v3
}
