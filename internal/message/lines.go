package message

import "bytes"

// normaliser rewrites line ends as CRLF over chunk cuts: LF, CRLF and any run
// of CR before an LF are one line end, each other CR is one.
type normaliser struct {
	cr  int // pending CRs
	out []byte
}

// maxPendingCR bounds the CRs remembered: as many in a row are written out as
// line ends, whatever follows. It keeps a flush small.
const maxPendingCR = 1 << 16

var crlf = []byte("\r\n")

// feed appends the normalised form of p to n.out.
func (n *normaliser) feed(p []byte) {
	for len(p) > 0 {
		if n.cr == 0 {
			k := normalPrefix(p)
			n.out = append(n.out, p[:k]...)
			p = p[k:]
		}
		i := bytes.IndexByte(p, '\n')
		if i < 0 {
			n.text(p)
			return
		}
		n.text(p[:i])
		n.cr = 0
		n.out = append(n.out, crlf...)
		p = p[i+1:]
	}
}

// text appends bytes without LF; CRs at their end stay pending.
func (n *normaliser) text(p []byte) {
	for len(p) > 0 {
		k := 0
		for k < len(p) && p[k] == '\r' {
			k++
		}
		for n.cr += k; n.cr >= maxPendingCR; {
			rest := n.cr - maxPendingCR
			n.cr = maxPendingCR
			n.flush()
			n.cr = rest
		}
		if p = p[k:]; len(p) == 0 {
			return
		}
		n.flush()
		if k = bytes.IndexByte(p, '\r'); k < 0 {
			k = len(p)
		}
		n.out = append(n.out, p[:k]...)
		p = p[k:]
	}
}

// flush writes the pending CRs as line ends.
func (n *normaliser) flush() {
	for ; n.cr > 0; n.cr-- {
		n.out = append(n.out, crlf...)
	}
}

// normalise gives b with CRLF line ends; b itself if it has no others.
func normalise(b []byte) []byte {
	if normal(b) {
		return b
	}
	n := normaliser{out: make([]byte, 0, len(b)+len(b)/32+16)}
	n.feed(b)
	n.flush()
	return n.out
}

// normal reports that every CR and LF of b is half of a CRLF.
func normal(b []byte) bool {
	b = b[normalPrefix(b):]
	return bytes.IndexByte(b, '\r') < 0 && bytes.IndexByte(b, '\n') < 0
}

// normalPrefix is the length of the lines at the start of b that end in CRLF
// and hold no other CR.
func normalPrefix(b []byte) int {
	pos := 0
	for {
		i := bytes.IndexByte(b[pos:], '\n')
		if i < 1 || b[pos+i-1] != '\r' || bytes.IndexByte(b[pos:pos+i-1], '\r') >= 0 {
			return pos
		}
		pos += i + 1
	}
}
