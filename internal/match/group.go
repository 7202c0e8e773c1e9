package match

import "strings"

// open reads what begins a group.
func (s *scanner) open() *Error {
	at := s.pos
	rest := s.in[at:]
	enter := func(n int, g group, linear, look string) *Error {
		s.pos += n
		g.start, g.outer = at, s.linear.Len()
		if g.look {
			if s.lookDepth == 0 {
				s.lookWidth = 0
			}
			s.lookDepth++
			s.lane = true
			s.look.WriteString(look)
		} else {
			s.emit(linear, look)
		}
		if g.capture > 0 {
			s.captures = append(s.captures, span{})
		}
		s.groups = append(s.groups, g)
		if len(s.groups) > 200 {
			return s.refuse(at, "groups nested too deeply", "use fewer groups")
		}
		s.multiline = append(s.multiline, s.multiline[len(s.multiline)-1])
		s.atom(at)
		return nil
	}
	if !strings.HasPrefix(rest, "(?") {
		if strings.HasPrefix(rest, "(*") {
			return s.refuse(at, "verbs are not supported", "leave it out")
		}
		return enter(1, group{capture: len(s.captures) + 1}, "(", "(")
	}
	for _, p := range [...]string{"(?=", "(?!", "(?<=", "(?<!"} {
		if strings.HasPrefix(rest, p) {
			return enter(len(p), group{look: true}, "", p)
		}
	}
	switch {
	case strings.HasPrefix(rest, "(?:"):
		return enter(3, group{}, "(?:", "(?:")
	case strings.HasPrefix(rest, "(?>"):
		s.lane = true
		return enter(3, group{}, "(?:", "(?>")
	case strings.HasPrefix(rest, "(?#"):
		end := strings.IndexByte(rest, ')')
		if end < 0 {
			return s.refuse(at, "unfinished comment", "close it with )")
		}
		s.pos += end + 1
		return nil
	case strings.HasPrefix(rest, "(?P<"), strings.HasPrefix(rest, "(?<"):
		from := strings.IndexByte(rest, '<') + 1
		end := strings.IndexByte(rest, '>')
		if end < 0 || !name(rest[from:end]) {
			return s.refuse(at, "bad group name", "write (?P<name>...) with letters, digits and _")
		}
		if s.names[rest[from:end]] != 0 {
			return s.refuse(at, "two groups with the same name", "rename one")
		}
		s.names[rest[from:end]] = len(s.captures) + 1
		// Named groups become plain ones: .NET numbers named groups after
		// all others, RE2 in order.
		return enter(end+1, group{capture: len(s.captures) + 1}, "(", "(")
	case strings.HasPrefix(rest, "(?|"):
		return s.refuse(at, "branch reset is not supported", "write (?:...)")
	case strings.HasPrefix(rest, "(?("):
		return s.refuse(at, "conditionals are not supported", "write both cases as alternatives")
	case strings.HasPrefix(rest, "(?P="), strings.HasPrefix(rest, "(?P>"), strings.HasPrefix(rest, "(?&"), strings.HasPrefix(rest, "(?R"), strings.HasPrefix(rest, "(?'"):
		return s.refuse(at, "not supported", `write (?P<name>...) for a group, \k<name> for a backreference`)
	}
	return s.flags(rest, enter)
}

// flags reads (?ims-U) and (?ims-U:.
func (s *scanner) flags(rest string, enter func(int, group, string, string) *Error) *Error {
	at, minus, m, set := s.pos, false, s.multiline[len(s.multiline)-1], 0
	for i := 2; i < len(rest); i++ {
		switch c := rest[i]; c {
		case 'i', 's':
			set++
		case 'm':
			set++
			m = !minus
		case 'U':
			set++
			s.needLinear(at, "(?U)")
		case '-':
			if minus {
				return s.refuse(at, "bad flags", "write (?i), (?m), (?s) or (?i:...)")
			}
			minus = true
		case ')':
			if set == 0 {
				return s.refuse(at, "no flags", "leave it out")
			}
			s.pos += i + 1
			s.multiline[len(s.multiline)-1] = m
			s.emit(rest[:i+1], rest[:i+1])
			s.atom(at)
			return nil
		case ':':
			if err := enter(i+1, group{}, rest[:i+1], rest[:i+1]); err != nil {
				return err
			}
			s.multiline[len(s.multiline)-1] = m
			return nil
		case 'x':
			return s.refuse(at, "(?x) is not supported", "take white space and comments out")
		case 'n':
			return s.refuse(at, "(?n) is not supported", "write (?:...) for groups")
		default:
			return s.refuse(at, "unknown group", "write (?:...) for a group without number")
		}
	}
	return s.refuse(at, "unfinished group", "write (?:...) for a group without number")
}

func name(n string) bool {
	if n == "" || len(n) > 64 || n[0] >= '0' && n[0] <= '9' {
		return false
	}
	for i := 0; i < len(n); i++ {
		if c := n[i]; c != '_' && (c < '0' || c > '9') && (c|0x20 < 'a' || c|0x20 > 'z') {
			return false
		}
	}
	return true
}
