package cms

// element is one element of BER (X.690 8.1); tags of more than one octet do not
// occur.
type element struct {
	tag  byte
	body []byte
}

// first is the first element, if it has the tag.
func first(b []byte, tag byte) (element, bool) {
	e, _, ok := next(b)
	return e, ok && e.tag == tag
}

// next reads an element and gives what follows it. A body that is cut off by the
// end of the data is as long as what there is.
func next(b []byte) (e element, rest []byte, ok bool) {
	head, n, ok := header(b)
	if !ok {
		return e, nil, false
	}
	e.tag = b[0]
	b = b[head:]
	if n < 0 {
		end, after := indefinite(b)
		e.body = b[:end]
		return e, b[after:], true
	}
	m := min(n, int64(len(b)))
	e.body = b[:m]
	return e, b[m:], true
}

// header reads tag and length: how many octets they take, and the length, -1 if
// it is indefinite.
func header(b []byte) (head int, n int64, ok bool) {
	if len(b) < 2 || b[0]&0x1f == 0x1f {
		return 0, 0, false
	}
	switch l := b[1]; {
	case l < 0x80:
		return 2, int64(l), true
	case l == 0x80:
		return 2, -1, b[0]&0x20 != 0
	default:
		k := int(l & 0x7f)
		if k > 8 || len(b) < 2+k {
			return 0, 0, false
		}
		for _, c := range b[2 : 2+k] {
			if n > 1<<40 {
				return 0, 0, false
			}
			n = n<<8 | int64(c)
		}
		return 2 + k, n, true
	}
}

// indefinite finds the end of a body of indefinite length: the end-of-contents
// octets at its own level. It reads each octet once, however deep.
func indefinite(b []byte) (end, after int) {
	level, at := 1, 0
	for at < len(b) {
		if b[at] == 0 && at+1 < len(b) && b[at+1] == 0 {
			if level--; level == 0 {
				return at, at + 2
			}
			at += 2
			continue
		}
		head, n, ok := header(b[at:])
		switch {
		case !ok:
			return len(b), len(b)
		case n < 0:
			level++
			at += head
		default:
			at += head + int(min(n, int64(len(b))))
		}
	}
	return len(b), len(b)
}
