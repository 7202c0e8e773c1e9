package marking

// tlv is one element of BER (X.690 8.1): a tag of one octet and its content.
type tlv struct {
	tag  byte
	body []byte
}

// maxBER bounds the nesting of elements of indefinite length.
const maxBER = 24

// readTLV reads the element at the start of b and gives what follows it. Tags
// of more than one octet, which labels do not have, are refused. The work is
// linear: an element of indefinite length is walked once per level, and the
// levels are bounded.
func readTLV(b []byte, depth int) (e tlv, rest []byte, ok bool) {
	if len(b) < 2 || b[0]&0x1f == 0x1f || depth > maxBER {
		return e, nil, false
	}
	e.tag = b[0]
	n, at := int(b[1]), 2
	switch {
	case n == 0x80:
		return indefinite(b, depth)
	case n > 0x84:
		return e, nil, false
	case n > 0x80:
		size := n & 0x7f
		if len(b) < 2+size {
			return e, nil, false
		}
		n = 0
		for _, c := range b[2 : 2+size] {
			n = n<<8 | int(c)
		}
		at += size
	}
	if n < 0 || n > len(b)-at {
		return e, nil, false
	}
	e.body = b[at : at+n]
	return e, b[at+n:], true
}

// indefinite reads a constructed element that ends with two zero octets.
func indefinite(b []byte, depth int) (e tlv, rest []byte, ok bool) {
	if b[0]&0x20 == 0 {
		return e, nil, false
	}
	in := b[2:]
	for {
		if len(in) < 2 {
			return e, nil, false
		}
		if in[0] == 0 && in[1] == 0 {
			return tlv{b[0], b[2 : len(b)-len(in)]}, in[2:], true
		}
		if _, in, ok = readTLV(in, depth+1); !ok {
			return e, nil, false
		}
	}
}
