package pdf

// object is a value of a document (ISO 32000-2 7.3): nil, bool, float64, name,
// text (a string), array, dict, ref or *stream.
type object any

type (
	name  string
	text  string
	array []object
	dict  map[name]object
	ref   int // object number; generations tell nothing where the newest counts
)

// stream is a stream object; raw is as stored.
type stream struct {
	dict     dict
	raw      []byte
	num, gen int
	clear    bool // the strings of its dictionary are decrypted
}

const (
	maxNest   = 64      // arrays and dictionaries in each other
	maxValues = 500_000 // values in one object
)

// parser reads objects.
type parser struct {
	lexer
	values int
	bad    bool                  // something was no object, or a limit was met
	crypt  func(b []byte) []byte // undoes the encryption of strings, or nil
}

// object reads the next object; ok is false at the end of the input or at a
// word that is none.
func (p *parser) object(depth int) (o object, ok bool) {
	return p.after(p.next(), depth)
}

func (p *parser) after(t token, depth int) (object, bool) {
	if p.values++; p.values > maxValues || depth > maxNest {
		p.bad = true
		return nil, false
	}
	switch t {
	case tokNumber:
		return p.numberOrRef(), true
	case tokName:
		return name(p.val), true
	case tokString:
		b := p.val
		if p.crypt != nil {
			b = p.crypt(b)
		}
		s := text(b)
		p.release()
		return s, true
	case tokOpen:
		return p.array(depth + 1), true
	case tokDictOpen:
		return p.dict(depth + 1), true
	case tokWord:
		switch string(p.val) {
		case "true":
			return true, true
		case "false":
			return false, true
		case "null":
			return nil, true
		}
	}
	return nil, false
}

// numberOrRef looks ahead for "n g R".
func (p *parser) numberOrRef() object {
	v, at := p.num, p.pos
	if !p.int || v < 0 || v > maxNumber {
		return v
	}
	// Cheap look: digits, white space, "R".
	i := skipWhite(p.b, at)
	j := i
	for j < len(p.b) && p.b[j] >= '0' && p.b[j] <= '9' {
		j++
	}
	if j == i || j-i > 5 {
		return v
	}
	k := skipWhite(p.b, j)
	if k == j || k >= len(p.b) || p.b[k] != 'R' || k+1 < len(p.b) && class[p.b[k+1]] == regular {
		return v
	}
	p.pos = k + 1
	return ref(v)
}

func skipWhite(b []byte, i int) int {
	for i < len(b) && class[b[i]] == white {
		i++
	}
	return i
}

func (p *parser) array(depth int) array {
	var a array
	for {
		t := p.next()
		if t == tokClose || t == tokEOF {
			p.bad = p.bad || t == tokEOF
			return a
		}
		at := p.pos
		o, ok := p.after(t, depth)
		switch {
		case ok:
			a = append(a, o)
		case p.values > maxValues:
			return a
		case t == tokWord && (string(p.val) == "endobj" || string(p.val) == "obj" || string(p.val) == "stream"), t == tokDictClose:
			p.bad = true // no end: what is meant by the word is not for this array
			p.pos = at - 2
			if t == tokWord {
				p.pos = at - len(p.val)
			}
			return a
		}
	}
}

func (p *parser) dict(depth int) dict {
	d := dict{}
	for {
		t := p.next()
		switch t {
		case tokDictClose:
			return d
		case tokEOF:
			p.bad = true
			return d
		case tokWord:
			if w := string(p.val); w == "endobj" || w == "stream" || w == "obj" {
				p.bad = true
				p.pos -= len(w)
				return d
			}
			continue
		case tokName:
		default:
			if p.after(t, depth); p.values > maxValues {
				return d
			}
			continue
		}
		k := name(p.val)
		at := p.pos
		t = p.next()
		if t == tokDictClose {
			return d
		}
		o, ok := p.after(t, depth)
		if !ok {
			if p.values > maxValues {
				return d
			}
			p.pos = at // no value: the word is looked at again
			if t == tokClose {
				p.pos = at + 1
			}
			if t == tokEOF {
				return d
			}
			if t == tokWord {
				if w := string(p.val); w == "endobj" || w == "stream" || w == "obj" {
					continue
				}
				p.pos = max(p.pos, at) // skipped as a word of the dictionary
				p.next()
			}
			continue
		}
		if _, twice := d[k]; !twice || o != nil {
			d[k] = o
		}
	}
}
