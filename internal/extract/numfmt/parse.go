package numfmt

import (
	"strconv"
	"strings"
	"unicode/utf8"
)

// parseSection reads one section of a format code and gives what follows it.
func parseSection(code string) (section, string) {
	var s section
	for code != "" {
		c := code[0]
		switch {
		case c == ';':
			s.finish()
			return s, code[1:]
		case c == '"':
			end := strings.IndexByte(code[1:], '"')
			if end < 0 {
				end = len(code) - 1
			}
			s.add(literal, code[1:1+end])
			code = code[min(end+2, len(code)):]
		case c == '\\' || c == '!':
			n := 0
			if len(code) > 1 {
				_, n = utf8.DecodeRuneInString(code[1:])
			}
			s.add(literal, code[1:1+n])
			code = code[1+n:]
		case c == '_' || c == '*': // a blank of a width; a fill character
			n := 0
			if len(code) > 1 {
				_, n = utf8.DecodeRuneInString(code[1:])
			}
			if c == '_' {
				s.add(literal, " ")
			}
			code = code[1+n:]
		case c == '[':
			end := strings.IndexByte(code, ']')
			if end < 0 {
				end = len(code) - 1
			}
			s.bracket(code[1:max(end, 1)])
			code = code[end+1:]
		case c == '0' || c == '#' || c == '?':
			s.add(digit, code[:1])
			code = code[1:]
		case c == '.':
			s.add(point, ".")
			code = code[1:]
		case c == ',':
			s.comma(code[1:])
			code = code[1:]
		case c == '%':
			s.percents++
			s.add(percent, "%")
			code = code[1:]
		case (c == 'E' || c == 'e') && len(code) > 1 && (code[1] == '+' || code[1] == '-'):
			s.add(exponent, "E")
			code = code[2:]
		case c == '@':
			s.add(general, "@")
			code = code[1:]
		case len(code) >= 7 && strings.EqualFold(code[:7], "general"):
			s.add(general, "General")
			code = code[7:]
		case len(code) >= 5 && strings.EqualFold(code[:5], "am/pm"):
			s.add(datePart, "AM/PM")
			s.isDate = true
			code = code[5:]
		case len(code) >= 3 && strings.EqualFold(code[:3], "a/p"):
			s.add(datePart, "A/P")
			s.isDate = true
			code = code[3:]
		case strings.IndexByte("yYmMdDhHsSeEgGbB", c) >= 0:
			n := 1
			for n < len(code) && code[n]|0x20 == c|0x20 {
				n++
			}
			s.add(datePart, strings.ToLower(code[:n]))
			s.isDate = true
			code = code[n:]
		default:
			_, n := utf8.DecodeRuneInString(code)
			s.add(literal, code[:n])
			code = code[n:]
		}
	}
	s.finish()
	return s, ""
}

func (s *section) add(k tokenKind, t string) { s.tokens = append(s.tokens, token{k, t}) }

// comma divides thousands between placeholders and scales behind them.
func (s *section) comma(rest string) {
	if n := len(s.tokens); n == 0 || s.tokens[n-1].kind != digit {
		if s.scale == 0 {
			s.add(literal, ",")
			return
		}
	}
	if rest != "" && strings.IndexByte("0#?", rest[0]) >= 0 {
		s.thousands = true
		return
	}
	s.scale++
}

// bracket reads a colour, a condition, a locale with its currency, or a time
// that does not wrap.
func (s *section) bracket(t string) {
	switch {
	case t == "":
	case t[0] == '$':
		symbol, _, _ := strings.Cut(t[1:], "-")
		if symbol != "" {
			s.add(literal, symbol)
		}
	case t[0] == '<' || t[0] == '>' || t[0] == '=':
		n := 1
		if len(t) > 1 && (t[1] == '=' || t[1] == '>') {
			n = 2
		}
		if v, err := strconv.ParseFloat(t[n:], 64); err == nil {
			s.op, s.limit = t[:n], v
		}
	case strings.Trim(strings.ToLower(t), "h") == "" || strings.Trim(strings.ToLower(t), "m") == "" || strings.Trim(strings.ToLower(t), "s") == "":
		s.add(datePart, "["+strings.ToLower(t[:1])+"]")
		s.isDate = true
	}
}

// finish decides what kind of section it is.
func (s *section) finish() {
	for _, t := range s.tokens {
		if t.kind == general {
			s.isGeneral = true
		}
	}
	if len(s.tokens) == 0 {
		// ";;;" hides a value: the plain number is given.
		s.isGeneral = true
	}
	if s.isGeneral {
		return
	}
	if !s.isDate {
		for i, t := range s.tokens { // "# ?/?" is a fraction: not displayed here
			if t.kind == literal && t.text == "/" && i > 0 && i+1 < len(s.tokens) && s.tokens[i-1].kind == digit && s.tokens[i+1].kind == digit {
				s.isGeneral = true
			}
		}
	}
}
