package dkim

import (
	"bytes"
	"crypto/sha1"
	"crypto/sha256"
	"crypto/subtle"
	"hash"
	"strings"
)

// hashOf gives the hash of an algorithm, nil if it is unknown. SHA-1 is read
// although RFC 8301 forbids it: some verifiers still take it.
func hashOf(algorithm string) func() hash.Hash {
	_, h, _ := strings.Cut(algorithm, "-")
	switch h {
	case "sha256":
		return sha256.New
	case "sha1":
		return sha1.New
	}
	return nil
}

// body is the number of one of the bodies a message has under edits.
type body int

// bodies hashes each body once per way of signing it.
type bodies struct {
	first  int
	texts  [][]byte
	hashes map[bodyKey]bodyHash
}

type bodyKey struct {
	body   body
	canon  Canon
	sha1   bool
	length int64 // -1 = all
}

type bodyHash struct {
	sum   string
	short bool // l= is more than there is
}

func newBodies(b []byte) *bodies {
	return &bodies{texts: [][]byte{b}, hashes: map[bodyKey]bodyHash{}}
}

// add takes a replacement body. The edit writer allows one per message; more
// are compared all the same.
func (b *bodies) add(text []byte) body {
	for i, t := range b.texts {
		if bytes.Equal(t, text) {
			return body(i)
		}
	}
	b.texts = append(b.texts, text)
	return body(len(b.texts) - 1)
}

func (b *bodies) hash(s *Signature, n body) bodyHash {
	k := bodyKey{body: n, canon: s.Body, sha1: strings.HasSuffix(s.Algorithm, "-sha1"), length: -1}
	if s.Limited {
		k.length = s.Length
	}
	if h, ok := b.hashes[k]; ok {
		return h
	}
	w := &limited{hash: hashOf(s.Algorithm)(), left: k.length}
	canonicalBody(w, b.texts[n], k.canon)
	h := bodyHash{sum: string(w.hash.Sum(nil)), short: w.left > 0}
	b.hashes[k] = h
	return h
}

// same reports whether two bodies are one to a signature.
func (b *bodies) same(s *Signature, x, y body) bool {
	return x == y || b.hash(s, x) == b.hash(s, y)
}

// state compares the body received with bh=.
func (b *bodies) state(s *Signature) BodyHash {
	if s.Problem != "" {
		return HashUnknown
	}
	h := b.hash(s, 0)
	if h.short || subtle.ConstantTimeCompare([]byte(h.sum), s.hash) != 1 {
		return HashMismatch
	}
	return HashMatch
}

// limited hashes the first left octets, all if left is negative.
type limited struct {
	hash hash.Hash
	left int64
}

func (w *limited) write(p []byte) {
	if w.left >= 0 {
		p = p[:min(int64(len(p)), w.left)]
		w.left -= int64(len(p))
	}
	w.hash.Write(p)
}

var crlf = []byte("\r\n")

// canonicalBody writes the body as it is signed (RFC 6376 3.4.3, 3.4.4). A
// line may end in LF alone; MTAs send CRLF then.
func canonicalBody(w *limited, b []byte, c Canon) {
	empty, any := 0, false // empty lines held back: those at the end do not count
	var tidy []byte
	for len(b) > 0 && w.left != 0 {
		line := b
		if i := bytes.IndexByte(b, '\n'); i >= 0 {
			line, b = bytes.TrimSuffix(b[:i], crlf[:1]), b[i+1:]
		} else {
			b = nil
		}
		if c == Relaxed {
			tidy = relaxLine(tidy[:0], line)
			line = tidy
		}
		if len(line) == 0 {
			empty++
			continue
		}
		for ; empty > 0; empty-- {
			w.write(crlf)
		}
		w.write(line)
		w.write(crlf)
		any = true
	}
	if !any && c == Simple {
		w.write(crlf)
	}
}

// relaxLine makes each run of blanks one space and drops those at the end.
func relaxLine(dst, line []byte) []byte {
	line = bytes.TrimRight(line, " \t")
	for {
		i := bytes.IndexAny(line, " \t")
		if i < 0 {
			return append(dst, line...)
		}
		dst = append(append(dst, line[:i]...), ' ')
		line = bytes.TrimLeft(line[i:], " \t")
	}
}
