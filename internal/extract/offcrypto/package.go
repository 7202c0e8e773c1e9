package offcrypto

import (
	"bytes"
	"crypto/aes"
	"crypto/cipher"
	"crypto/sha1"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/base64"
	"encoding/binary"
	"encoding/xml"
	"hash"
	"strconv"
)

// maxSpin bounds the rounds of hashing that a file can ask for; Office writes
// 100,000.
const maxSpin = 100_000

// Package decrypts the stream EncryptedPackage by the stream EncryptionInfo
// (MS-OFFCRYPTO 2.3.4). It reports whether the default password opens it; the
// content is as long as its blocks are whole.
func Package(info, pack []byte) ([]byte, bool) {
	le := binary.LittleEndian
	if len(info) < 8 || len(pack) < 8 {
		return nil, false
	}
	size := le.Uint64(pack)
	body := pack[8:]
	var out []byte
	ok := false
	switch major, minor := le.Uint16(info), le.Uint16(info[2:]); {
	case major == 4 && minor == 4:
		out, ok = agile(info[8:], body)
	case minor == 2 && major >= 2 && major <= 4:
		out, ok = standard(info[4:], body)
	}
	if !ok {
		return nil, false
	}
	return out[:min(size, uint64(len(out)))], true
}

// standard is AES in ECB mode, with SHA-1 (2.3.4.5).
func standard(h, body []byte) ([]byte, bool) {
	le := binary.LittleEndian
	if len(h) < 8 {
		return nil, false
	}
	size := int64(le.Uint32(h[4:]))
	if size < 32 || size+8+72 > int64(len(h)) {
		return nil, false
	}
	head, v := h[8:8+size], h[8+size:]
	bits := le.Uint32(head[16:])
	if bits != 128 && bits != 192 && bits != 256 {
		return nil, false
	}
	sum := sha1.Sum(append(append([]byte(nil), v[4:20]...), wide(Default)...))
	for i := range uint32(50_000) {
		sum = sha1.Sum(append(le.AppendUint32(make([]byte, 0, 24), i), sum[:]...))
	}
	sum = sha1.Sum(append(append([]byte(nil), sum[:]...), 0, 0, 0, 0))
	derive := func(fill byte) []byte {
		b := bytes.Repeat([]byte{fill}, 64)
		for i, c := range sum {
			b[i] ^= c
		}
		k := sha1.Sum(b)
		return k[:]
	}
	block, err := aes.NewCipher(append(derive(0x36), derive(0x5c)...)[:bits/8])
	if err != nil {
		return nil, false
	}
	ecb := func(b []byte) []byte {
		out := make([]byte, len(b)/16*16)
		for i := 0; i+16 <= len(b); i += 16 {
			block.Decrypt(out[i:], b[i:])
		}
		return out
	}
	check := sha1.Sum(ecb(v[20:36]))
	if !bytes.Equal(check[:], ecb(v[40:72])[:20]) {
		return nil, false
	}
	return ecb(body), true
}

// key is the description of a key in the XML of agile encryption (2.3.4.10).
type key struct {
	Salt      string `xml:"saltValue,attr"`
	Block     int    `xml:"blockSize,attr"`
	Bits      int    `xml:"keyBits,attr"`
	Hash      string `xml:"hashAlgorithm,attr"`
	Cipher    string `xml:"cipherAlgorithm,attr"`
	Chaining  string `xml:"cipherChaining,attr"`
	Spin      string `xml:"spinCount,attr"`
	Input     string `xml:"encryptedVerifierHashInput,attr"`
	InputHash string `xml:"encryptedVerifierHashValue,attr"`
	SecretKey string `xml:"encryptedKeyValue,attr"`
	saltBytes []byte
	newHash   func() hash.Hash
}

func (k *key) ready() bool {
	var err error
	if k.saltBytes, err = base64.StdEncoding.DecodeString(k.Salt); err != nil || len(k.saltBytes) > 1024 {
		return false
	}
	switch k.Hash {
	case "SHA1", "SHA-1":
		k.newHash = sha1.New
	case "SHA256", "SHA-256":
		k.newHash = sha256.New
	case "SHA384", "SHA-384":
		k.newHash = sha512.New384
	case "SHA512", "SHA-512":
		k.newHash = sha512.New
	default:
		return false
	}
	return k.Cipher == "AES" && k.Chaining == "ChainingModeCBC" && k.Block == 16 && (k.Bits == 128 || k.Bits == 192 || k.Bits == 256)
}

func (k *key) sum(parts ...[]byte) []byte {
	h := k.newHash()
	for _, p := range parts {
		h.Write(p)
	}
	return h.Sum(nil)
}

// fit cuts or fills to a length.
func fit(b []byte, n int) []byte {
	for len(b) < n {
		b = append(b, 0x36)
	}
	return b[:n]
}

func cbc(key, iv, b []byte) []byte {
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil
	}
	out := make([]byte, len(b)/16*16)
	cipher.NewCBCDecrypter(block, iv).CryptBlocks(out, b[:len(out)])
	return out
}

func agile(info, body []byte) ([]byte, bool) {
	le := binary.LittleEndian
	var x struct {
		Data key `xml:"keyData"`
		Keys []struct {
			Key key `xml:"encryptedKey"`
		} `xml:"keyEncryptors>keyEncryptor"`
	}
	if len(info) > 1<<16 || xml.Unmarshal(info, &x) != nil || !x.Data.ready() {
		return nil, false
	}
	for i := range x.Keys {
		k := &x.Keys[i].Key
		spin, err := strconv.Atoi(k.Spin)
		if i > 3 || err != nil || spin < 0 || spin > maxSpin || !k.ready() {
			continue
		}
		base := k.sum(k.saltBytes, wide(Default))
		for n := range uint32(spin) {
			base = k.sum(le.AppendUint32(nil, n), base)
		}
		open := func(name, value string) []byte {
			b, err := base64.StdEncoding.DecodeString(value)
			if err != nil || len(b) > 1024 {
				return nil
			}
			return cbc(fit(k.sum(base, []byte(name)), k.Bits/8), fit(bytes.Clone(k.saltBytes), 16), b)
		}
		input := open("\xfe\xa7\xd2\x76\x3b\x4b\x9e\x79", k.Input)
		check := open("\xd7\xaa\x0f\x6d\x30\x61\x34\x4e", k.InputHash)
		if want := k.sum(input); len(input) == 0 || !bytes.HasPrefix(check, want) {
			continue
		}
		secret := open("\x14\x6e\x0b\xe7\xab\xac\xd0\xd6", k.SecretKey)
		if len(secret) < x.Data.Bits/8 {
			continue
		}
		secret = secret[:x.Data.Bits/8]
		out := make([]byte, 0, len(body))
		for n := uint32(0); len(body) >= 16; n++ {
			seg := body[:min(4096, len(body))]
			body = body[len(seg):]
			out = append(out, cbc(secret, fit(x.Data.sum(x.Data.saltBytes, le.AppendUint32(nil, n)), 16), seg)...)
		}
		return out, true
	}
	return nil, false
}
