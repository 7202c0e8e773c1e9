package offcrypto

import (
	"bytes"
	"crypto/aes"
	"crypto/cipher"
	"crypto/md5"
	"crypto/rc4"
	"crypto/sha1"
	"crypto/sha512"
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"slices"
	"testing"
)

var le = binary.LittleEndian

var salt = []byte("0123456789abcdef")

// rc4Header is what FilePass holds for RC4, with the verifier of a password.
func rc4Header(pw string) []byte {
	h := md5.Sum(wide(pw))
	var b []byte
	for range 16 {
		b = append(append(b, h[:5]...), salt...)
	}
	h = md5.Sum(b)
	k := md5.Sum(append(h[:5:5], 0, 0, 0, 0))
	c, err := rc4.NewCipher(k[:])
	if err != nil {
		panic(err)
	}
	sum := md5.Sum(salt)
	v := slices.Concat(salt, sum[:])
	c.XORKeyStream(v, v)
	return slices.Concat([]byte{1, 0, 1, 0}, salt, v)
}

func cryptoAPIHeader(pw string) []byte {
	h := sha1.Sum(append(slices.Clone(salt), wide(pw)...))
	k := sha1.Sum(append(h[:20:20], 0, 0, 0, 0))
	c, err := rc4.NewCipher(k[:16])
	if err != nil {
		panic(err)
	}
	sum := sha1.Sum(salt)
	v := slices.Concat(salt, sum[:])
	c.XORKeyStream(v, v)
	head := make([]byte, 32)
	le.PutUint32(head[16:], 128)
	return slices.Concat([]byte{2, 0, 2, 0, 4, 0, 0, 0, 32, 0, 0, 0}, head, []byte{16, 0, 0, 0}, salt, v[:16], []byte{20, 0, 0, 0}, v[16:])
}

func TestRC4(t *testing.T) {
	t.Parallel()
	for name, header := range map[string]func(string) []byte{"RC4": rc4Header, "CryptoAPI": cryptoAPIHeader} {
		if RC4(header("another"), 1024) != nil {
			t.Errorf("%s: opened with another password", name)
		}
		s := RC4(header(Default), 1024)
		if s == nil {
			t.Errorf("%s: not opened", name)
			continue
		}
		// Any stretch decrypts as the whole does.
		clear := bytes.Repeat([]byte("some text "), 400)
		secret := make([]byte, len(clear))
		s.XOR(secret, clear, 0)
		part := make([]byte, 2000)
		s.XOR(part, secret[777:2777], 777)
		if !bytes.Equal(part, clear[777:2777]) {
			t.Errorf("%s: differs", name)
		}
	}
}

// The verifier and the bytes are those of a workbook that another program made,
// with the password "123456789012345".
func TestObfuscation(t *testing.T) {
	t.Parallel()
	if got := passwordVerifier("123456789012345"); got != 0x9eb1 {
		t.Errorf("verifier %x", got)
	}
	a, ok := obfuscation(0x8265, passwordVerifier(Default)).(obfuscated)
	if !ok || obfuscation(0x8265, 1) != nil {
		t.Fatal("the verifier does not decide")
	}
	for i, c := range []byte("123456789012345") { // the key mixes with the password byte by byte
		k := byte(0x65)
		if i&1 != 0 {
			k = 0x82
		}
		a[i] = (c^k)<<2 | (c^k)>>6
	}
	got := make([]byte, 2)
	a.XOR(got, []byte{0x2a, 0x58}, 0x28+2)
	if got[0] != 0 || got[1] != 0 {
		t.Errorf("%x", got)
	}
}

func seal(t *testing.T, key, iv, b []byte) []byte {
	c, err := aes.NewCipher(key)
	if err != nil {
		t.Fatal(err)
	}
	for len(b)%16 != 0 {
		b = append(b, 0)
	}
	out := make([]byte, len(b))
	cipher.NewCBCEncrypter(c, iv).CryptBlocks(out, b)
	return out
}

func TestAgile(t *testing.T) {
	t.Parallel()
	sum := func(parts ...[]byte) []byte { h := sha512.Sum512(slices.Concat(parts...)); return h[:] }
	base := sum(salt, wide(Default))
	const spin = 100
	for i := range uint32(spin) {
		base = sum(le.AppendUint32(nil, i), base)
	}
	secret := bytes.Repeat([]byte{7}, 32)
	enc := func(name string, b []byte) string {
		return base64.StdEncoding.EncodeToString(seal(t, sum(base, []byte(name))[:32], salt, b))
	}
	b64 := base64.StdEncoding.EncodeToString(salt)
	info := fmt.Sprintf(`<encryption xmlns="http://schemas.microsoft.com/office/2006/encryption" xmlns:p="http://schemas.microsoft.com/office/2006/keyEncryptor/password">`+
		`<keyData saltValue="%s" blockSize="16" keyBits="256" hashAlgorithm="SHA512" cipherAlgorithm="AES" cipherChaining="ChainingModeCBC"/><keyEncryptors><keyEncryptor uri="x">`+
		`<p:encryptedKey saltValue="%s" blockSize="16" keyBits="256" hashAlgorithm="SHA512" cipherAlgorithm="AES" cipherChaining="ChainingModeCBC" spinCount="%d" encryptedVerifierHashInput="%s" encryptedVerifierHashValue="%s" encryptedKeyValue="%s"/></keyEncryptor></keyEncryptors></encryption>`,
		b64, b64, spin, enc("\xfe\xa7\xd2\x76\x3b\x4b\x9e\x79", salt), enc("\xd7\xaa\x0f\x6d\x30\x61\x34\x4e", sum(salt)), enc("\x14\x6e\x0b\xe7\xab\xac\xd0\xd6", secret))
	clear := bytes.Repeat([]byte("0123456789"), 1000)
	pack := le.AppendUint64(nil, uint64(len(clear)))
	for i := 0; i*4096 < len(clear); i++ {
		seg := slices.Clone(clear[i*4096 : min(len(clear), (i+1)*4096)])
		pack = append(pack, seal(t, secret, sum(salt, le.AppendUint32(nil, uint32(i)))[:16], seg)...)
	}
	header := append([]byte{4, 0, 4, 0, 0x40, 0, 0, 0}, info...)
	got, ok := Package(header, pack)
	if !ok || !bytes.Equal(got, clear) {
		t.Errorf("%v, %d bytes", ok, len(got))
	}
	if _, ok := Package(bytes.Replace(header, []byte(`spinCount="100"`), []byte(`spinCount="101"`), 1), pack); ok {
		t.Error("opened with another key")
	}
	if _, ok := Package(bytes.Replace(header, []byte(`spinCount="100"`), []byte(`spinCount="2000000000"`), 1), pack); ok {
		t.Error("opened")
	}
}

func FuzzPackage(f *testing.F) {
	f.Add([]byte{4, 0, 4, 0, 0, 0, 0, 0, '<', 'a', '/', '>'}, make([]byte, 32))
	f.Add(slices.Concat([]byte{1, 0}, rc4Header(Default)), make([]byte, 32))
	f.Fuzz(func(t *testing.T, info, pack []byte) {
		out, _ := Package(info, pack)
		if len(out) > len(pack) {
			t.Fatal("more content than there is")
		}
		if s, _ := Workbook(info, true); s != nil {
			s.XOR(pack, pack, 0)
		}
	})
}
