package message

import (
	"sort"
	"strconv"
	"strings"

	"labelmilter/internal/charset"
)

// value is a structured field: a media type or disposition with parameters
// (RFC 2045 5.1, RFC 2183, RFC 2231), read as tolerantly as possible.
type value struct {
	main   string // lower case, comments and blanks removed
	params []param
}

// param is one parameter as it reads after joining continuations; a name can
// occur several times, once for each way it was written.
type param struct {
	name  string // lower case, without RFC 2231 marks
	value string // decoded, valid UTF-8
}

// maxParams bounds the parameters of one field.
const maxParams = 200

// get gives the first value of a parameter.
func (v value) get(name string) string {
	for _, p := range v.params {
		if p.name == name {
			return p.value
		}
	}
	return ""
}

// all gives every value of a parameter, in order.
func (v value) all(name string) []string {
	var out []string
	for _, p := range v.params {
		if p.name == name {
			out = append(out, p.value)
		}
	}
	return out
}

// asMap gives the first value of each parameter.
func (v value) asMap() map[string]string {
	m := make(map[string]string, len(v.params))
	for _, p := range v.params {
		if _, ok := m[p.name]; !ok {
			m[p.name] = p.value
		}
	}
	return m
}

// piece is one RFC 2231 section of a parameter.
type piece struct {
	n       int
	encoded bool
	text    string
}

// parseValue reads a field value. It never fails: what cannot be read is left
// out.
func parseValue(raw string) value {
	s := strings.ReplaceAll(Unfold(raw), "\x00", "")
	var v value
	main, rest := cutMain(s)
	v.main = strings.ToLower(main)
	pieces := map[string][]piece{}
	var order []string // of names with pieces
	for n := 0; rest != "" && n < maxParams; n++ {
		var name, text, spare string
		name, text, spare, rest = cutParam(rest)
		if name == "" {
			continue
		}
		name = strings.ToLower(name)
		star := strings.IndexByte(name, '*')
		if star < 0 {
			v.params = append(v.params, param{name, DecodeField(text)})
			if spare != "" {
				v.params = append(v.params, param{name, DecodeField(spare)})
			}
			continue
		}
		base := name[:star]
		p := piece{encoded: strings.HasSuffix(name, "*"), text: text}
		if num := strings.Trim(name[star:], "*"); num != "" {
			k, err := strconv.Atoi(num)
			if err != nil || k < 0 {
				continue
			}
			p.n = k
		}
		if _, ok := pieces[base]; !ok {
			order = append(order, base)
		}
		pieces[base] = append(pieces[base], p)
	}
	for i, name := range order {
		// RFC 2231 forms come first: they are the precise ones.
		v.params = append(v.params, param{})
		copy(v.params[i+1:], v.params[i:])
		v.params[i] = param{name, joinPieces(pieces[name])}
	}
	return v
}

// joinPieces puts the sections of a parameter together as bytes and decodes
// them with the charset of the first (RFC 2231 3 and 4).
func joinPieces(ps []piece) string {
	sort.SliceStable(ps, func(i, j int) bool { return ps[i].n < ps[j].n })
	label, any := "", false
	var b []byte
	for i, p := range ps {
		t := p.text
		if p.encoded {
			if i == 0 {
				if q := strings.SplitN(t, "'", 3); len(q) == 3 {
					label, t = q[0], q[2]
				}
			}
			b = append(b, percent(t)...)
			any = true
			continue
		}
		b = append(b, t...)
	}
	if !any {
		return DecodeField(string(b))
	}
	return strings.TrimSpace(strings.ReplaceAll(charset.Decode(b, label).UTF8, "\x00", ""))
}

// percent undoes %XX, keeping what is not valid.
func percent(s string) []byte {
	out := make([]byte, 0, len(s))
	for i := 0; i < len(s); i++ {
		if s[i] == '%' && i+2 < len(s) && unhex(s[i+1]) >= 0 && unhex(s[i+2]) >= 0 {
			out = append(out, byte(unhex(s[i+1])<<4|unhex(s[i+2])))
			i += 2
			continue
		}
		out = append(out, s[i])
	}
	return out
}

// cutMain splits off the value before the parameters. A value that is missing
// ("; boundary=x" or "boundary=x") is "".
func cutMain(s string) (main, rest string) {
	s = skipBlank(s)
	i := 0
	for i < len(s) && s[i] != ';' && s[i] != '(' && s[i] != '=' && s[i] != ' ' && s[i] != '\t' && s[i] != ',' && s[i] != '"' {
		i++
	}
	if i < len(s) && s[i] == '=' {
		return "", s
	}
	if i == 0 && strings.HasPrefix(s, `"`) { // a quoted media type
		end := strings.IndexByte(s[1:], '"')
		if end >= 0 && strings.IndexByte(s[1:1+end], '=') < 0 {
			return strings.TrimSpace(s[1 : 1+end]), s[2+end:]
		}
	}
	main, rest = s[:i], skipBlank(s[i:])
	// "text / html": RFC 2045 5.1 allows blanks and comments between tokens.
	if strings.HasPrefix(rest, "/") || strings.HasSuffix(main, "/") && rest != "" && rest[0] != ';' {
		rest = skipBlank(strings.TrimPrefix(rest, "/"))
		j := strings.IndexAny(rest, "; \t(,\"=")
		if j < 0 {
			j = len(rest)
		}
		main, rest = strings.TrimSuffix(main, "/")+"/"+rest[:j], rest[j:]
	}
	return main, rest
}

// skipBlank skips white space and comments (RFC 5322 3.2.2), also one that is
// not closed.
func skipBlank(s string) string {
	for s != "" {
		switch s[0] {
		case ' ', '\t':
			s = s[1:]
		case '(':
			depth, i := 0, 0
			for i < len(s) {
				switch s[i] {
				case '\\':
					i++
				case '(':
					depth++
				case ')':
					depth--
				}
				i++
				if depth == 0 {
					break
				}
			}
			s = s[min(i, len(s)):]
		default:
			return s
		}
	}
	return s
}
