package pdf

import (
	"bytes"
	"crypto/aes"
	"crypto/cipher"
	"crypto/md5" //nolint:gosec // the format asks for it (ISO 32000-2 7.6.4.3.2)
	"crypto/rc4" //nolint:gosec // likewise
	"crypto/sha256"
	"crypto/sha512"

	"labelmilter/internal/extract/document"
)

// method is how a crypt filter encrypts.
type method uint8

// The methods of crypt filters (ISO 32000-2 table 25).
const (
	identity method = iota
	methodRC4
	methodAES128
	methodAES256
	locked // no key: nothing can be had
)

// crypt undoes the encryption of a document that opens without a password
// (ISO 32000-2 7.6): RC4 and AES, revisions 2 to 6 of the standard security
// handler.
type crypt struct {
	key           []byte
	strings       method
	streams       method
	files         method // of embedded files
	named         map[name]method
	plainMetadata bool
}

// padding stands for the part of a password that is not there.
const padding = "\x28\xBF\x4E\x5E\x4E\x75\x8A\x41\x64\x00\x4E\x56\xFF\xFA\x01\x08\x2E\x2E\x00\xB6\xD0\x68\x3E\x80\x2F\x0C\xA9\xFE\x64\x53\x69\x7A"

// openCrypt sets up decryption if the document is encrypted. One that does not
// open is told as encrypted; its metadata may be readable all the same.
func (f *file) openCrypt() {
	d := f.dict(f.trailer("Encrypt"))
	if d == nil {
		return
	}
	// The dictionary itself is not encrypted: it is read before.
	whole := make(dict, len(d))
	for k, v := range d {
		whole[k] = f.resolve(v)
	}
	id, _ := f.resolve(first(f.array(f.trailer("ID")))).(text)
	clear(f.cache)
	c := &crypt{strings: locked, streams: locked, files: locked, named: map[name]method{}}
	if m, ok := f.resolve(whole["EncryptMetadata"]).(bool); ok && !m {
		c.plainMetadata = true
	}
	if whole["Filter"] == name("Standard") || whole["Filter"] == nil {
		f.standard(c, whole, []byte(id))
	}
	if f.crypt = c; c.key == nil {
		lock := func(m method) method {
			if m == identity {
				return identity
			}
			return locked
		}
		c.strings, c.streams, c.files = lock(c.strings), lock(c.streams), lock(c.files)
		for k, m := range c.named {
			c.named[k] = lock(m)
		}
		f.Fact(document.Encrypted)
	}
}

func first(a array) object {
	if len(a) == 0 {
		return nil
	}
	return a[0]
}

// standard finds the key of the standard security handler for the empty password.
func (f *file) standard(c *crypt, d dict, id []byte) {
	v := f.integer(d["V"], 0, 9, 0)
	r := f.integer(d["R"], 0, 9, 2)
	size := f.integer(d["Length"], 40, 256, 40) / 8
	switch {
	case v == 4 || v == 5:
		cf := f.dict(d["CF"])
		for k, o := range cf {
			e := f.dict(o)
			switch f.name(e["CFM"]) {
			case "V2":
				c.named[k] = methodRC4
			case "AESV2":
				c.named[k] = methodAES128
			case "AESV3":
				c.named[k] = methodAES256
			case "None", "":
				c.named[k] = identity
			default:
				c.named[k] = locked
			}
		}
		c.named["Identity"] = identity
		c.streams = c.named[f.name(d["StmF"])]
		c.strings = c.named[f.name(d["StrF"])]
		if c.files = c.streams; d["EFF"] != nil {
			c.files = c.named[f.name(d["EFF"])]
		}
		if v == 4 {
			size = 16
		}
	case v >= 1 && v <= 3:
		if v == 1 {
			size = 5
		}
		c.streams, c.strings, c.files = methodRC4, methodRC4, methodRC4
	default:
		return
	}
	str := func(k name) []byte { s, _ := d[k].(text); return []byte(s) }
	u, o := str("U"), str("O")
	if r >= 5 {
		c.key = key256(r, u, o, str("UE"), str("OE"))
		return
	}
	p, _ := f.number(d["P"])
	c.key = keyOld(oldKey{r: r, size: min(size, 16), u: u, o: o, p: uint32(int64(p)), id: id, plainMetadata: c.plainMetadata})
}

// oldKey is what the key of revisions 2 to 4 is made of.
type oldKey struct {
	r, size       int
	u, o          []byte
	p             uint32
	id            []byte
	plainMetadata bool
}

// keyOld gives the key for an empty user or owner password, nil if neither
// opens (ISO 32000-2 7.6.4.3.2, 7.6.4.4).
func keyOld(k oldKey) []byte {
	if len(k.o) > 32 {
		k.o = k.o[:32]
	}
	if key := k.user([]byte(padding)); key != nil {
		return key
	}
	h := md5.Sum([]byte(padding))
	sum := h[:]
	if k.r >= 3 {
		for range 50 {
			h = md5.Sum(sum)
			sum = h[:]
		}
	}
	user := append([]byte(nil), k.o...)
	if k.r == 2 {
		user = rc4With(sum[:k.size], user)
	} else {
		for i := 19; i >= 0; i-- {
			user = rc4With(xored(sum[:k.size], byte(i)), user)
		}
	}
	return k.user(user)
}

// user gives the key for a padded user password if it is the right one.
func (k oldKey) user(password []byte) []byte {
	h := md5.New()
	h.Write(password)
	h.Write(k.o)
	h.Write([]byte{byte(k.p), byte(k.p >> 8), byte(k.p >> 16), byte(k.p >> 24)})
	h.Write(k.id)
	if k.r >= 4 && k.plainMetadata {
		h.Write([]byte("\xff\xff\xff\xff"))
	}
	sum := h.Sum(nil)
	if k.r >= 3 {
		for range 50 {
			s := md5.Sum(sum[:k.size])
			sum = s[:]
		}
	}
	key := sum[:k.size]
	if k.r == 2 {
		if !bytes.Equal(rc4With(key, []byte(padding)), k.u) {
			return nil
		}
		return key
	}
	s := md5.Sum(append([]byte(padding), k.id...))
	check := s[:]
	for i := range 20 {
		check = rc4With(xored(key, byte(i)), check)
	}
	if len(k.u) < 16 || !bytes.Equal(check, k.u[:16]) {
		return nil
	}
	return key
}

func xored(b []byte, x byte) []byte {
	out := make([]byte, len(b))
	for i := range b {
		out[i] = b[i] ^ x
	}
	return out
}

func rc4With(key, b []byte) []byte {
	out := make([]byte, len(b))
	c, err := rc4.NewCipher(key)
	if err != nil {
		return out
	}
	c.XORKeyStream(out, b)
	return out
}

// key256 gives the key of revisions 5 and 6 for an empty password
// (ISO 32000-2 7.6.4.3.3).
func key256(r int, u, o, ue, oe []byte) []byte {
	if len(u) < 48 || len(ue) < 32 {
		return nil
	}
	hash := func(salt, user []byte) []byte {
		if r == 5 {
			h := sha256.Sum256(append(append([]byte(nil), salt...), user...))
			return h[:]
		}
		return hash2B(salt, user)
	}
	if bytes.Equal(hash(u[32:40], nil), u[:32]) {
		return cbc(hash(u[40:48], nil), make([]byte, 16), ue[:32])
	}
	if len(o) >= 48 && len(oe) >= 32 && bytes.Equal(hash(o[32:40], u[:48]), o[:32]) {
		return cbc(hash(o[40:48], u[:48]), make([]byte, 16), oe[:32])
	}
	return nil
}

// hash2B is algorithm 2.B of ISO 32000-2 for the empty password.
func hash2B(salt, user []byte) []byte {
	h := sha256.Sum256(append(append([]byte(nil), salt...), user...))
	k := h[:]
	for i := 0; ; i++ {
		k1 := bytes.Repeat(append(append([]byte(nil), k...), user...), 64)
		block, err := aes.NewCipher(k[:16])
		if err != nil {
			return nil
		}
		cipher.NewCBCEncrypter(block, k[16:32]).CryptBlocks(k1, k1)
		mod := 0
		for _, c := range k1[:16] {
			mod += int(c)
		}
		switch mod % 3 {
		case 0:
			s := sha256.Sum256(k1)
			k = s[:]
		case 1:
			s := sha512.Sum384(k1)
			k = s[:]
		default:
			s := sha512.Sum512(k1)
			k = s[:]
		}
		if i >= 63 && int(k1[len(k1)-1]) <= i-31 {
			return k[:32]
		}
	}
}

// cbc undoes AES in CBC mode; what is no whole block at the end is left out.
func cbc(key, iv, b []byte) []byte {
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil
	}
	out := make([]byte, len(b)/16*16)
	cipher.NewCBCDecrypter(block, iv).CryptBlocks(out, b[:len(out)])
	return out
}

// undo decrypts data of the object num gen.
func (c *crypt) undo(m method, b []byte, num, gen int) []byte {
	key := c.key
	switch m {
	case identity:
		return b
	case locked:
		return nil
	case methodRC4, methodAES128:
		k := append(append([]byte(nil), key...), byte(num), byte(num>>8), byte(num>>16), byte(gen), byte(gen>>8))
		if m == methodAES128 {
			k = append(k, "sAlT"...)
		}
		h := md5.Sum(k)
		key = h[:min(len(key)+5, 16)]
		if m == methodRC4 {
			return rc4With(key, b)
		}
	}
	if len(b) < 32 {
		return nil
	}
	out := cbc(key, b[:16], b[16:])
	if n := len(out); n > 0 {
		if pad := int(out[n-1]); pad >= 1 && pad <= 16 {
			out = out[:n-pad]
		}
	}
	return out
}

// text decrypts a string.
func (c *crypt) text(b []byte, num, gen int) []byte { return c.undo(c.strings, b, num, gen) }

// dict decrypts the strings in the dictionary of a stream.
func (c *crypt) dict(d dict, num, gen int) {
	if c.strings == identity {
		return
	}
	for k, o := range d {
		d[k] = c.object(o, num, gen, 0)
	}
}

func (c *crypt) object(o object, num, gen, depth int) object {
	if depth > maxNest {
		return nil
	}
	switch o := o.(type) {
	case text:
		return text(c.text([]byte(o), num, gen))
	case array:
		for i := range o {
			o[i] = c.object(o[i], num, gen, depth+1)
		}
	case dict:
		for k := range o {
			o[k] = c.object(o[k], num, gen, depth+1)
		}
	}
	return o
}

// stream decrypts the data of a stream.
func (c *crypt) stream(f *file, s *stream, names []name, parms []dict) []byte {
	m := c.streams
	switch {
	case s.dict["Type"] == name("XRef"):
		m = identity
	case s.dict["Type"] == name("Metadata") && c.plainMetadata:
		m = identity
	case s.dict["Type"] == name("EmbeddedFile"):
		m = c.files
	}
	for i, n := range names {
		if n != "Crypt" {
			continue
		}
		k := f.name(parms[i]["Name"])
		if k == "" || k == "Identity" {
			return s.raw
		}
		if named, ok := c.named[k]; ok {
			m = named
		}
	}
	return c.undo(m, s.raw, s.num, s.gen)
}
