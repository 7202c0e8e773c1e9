package strictyaml

import (
	"fmt"
	"strings"
	"unicode/utf8"
)

// clean checks what the scanner takes for granted: size, UTF-8, and no control
// characters but tab and line ends (YAML 1.2.2, 5.1). Faulty characters become
// spaces, so that the rest can be read; line ends become LF. It gives false
// when nothing can be read.
func clean(file string, data []byte, problems *Problems) (string, bool) {
	if len(data) > MaxFile {
		problems.add(Problem{Pos: Pos{file, 1, 1}, Severity: Error,
			Message: fmt.Sprintf("the file has %d bytes, more than %d", len(data), MaxFile), Fix: "split it"})
		return "", false
	}
	s := strings.TrimPrefix(string(data), "\ufeff")
	if strings.HasPrefix(s, "\xff\xfe") || strings.HasPrefix(s, "\xfe\xff") {
		problems.add(Problem{Pos: Pos{file, 1, 1}, Severity: Error, Message: "the file is UTF-16", Fix: "save it as UTF-8"})
		return "", false
	}
	var out strings.Builder
	out.Grow(len(s))
	line, col, faults, tabs, steps := 1, 1, 0, 0, 0
	fault := func(format string, args ...any) {
		if faults++; faults <= 5 {
			problems.add(Problem{Pos: Pos{file, line, col}, Severity: Error, Message: fmt.Sprintf(format, args...)})
		}
		out.WriteByte(' ')
	}
	if !strings.HasSuffix(s, "\n") {
		s += "\n"
	}
	run, since, cuts := 0, 0, 0 // blank lines, bytes since a line with > or |
	for i := 0; i < len(s); {
		r, n := utf8.DecodeRuneInString(s[i:])
		switch {
		case r == '\r' && i+1 < len(s) && s[i+1] == '\n':
			i++
			continue
		case r == '\n' || r == '\r':
			out.WriteByte('\n')
			if steps += tabs * col; steps > maxTabSteps {
				problems.add(Problem{Pos: Pos{file, line, 1}, Severity: Error, Message: "too many tabs in long lines", Fix: "use spaces"})
				return "", false
			}
			if col > 1 {
				run = 0
			} else if run++; run > 2 {
				if cuts += i - since; cuts > maxBlankSteps {
					problems.add(Problem{Pos: Pos{file, line, 1}, Severity: Error, Message: "too many blank lines", Fix: "remove them"})
					return "", false
				}
			}
			line, col, tabs = line+1, 0, 0
		case r == utf8.RuneError && n == 1:
			fault("byte 0x%02x is not UTF-8", s[i])
		case r < ' ' && r != '\t' || r == 0x7f || r == 0xfeff || r >= 0x80 && r < 0xa0 && r != 0x85:
			fault("control character U+%04X", r)
		default:
			switch r {
			case '\t':
				tabs++
			case '>', '|':
				since = i
			}
			out.WriteString(s[i : i+n])
		}
		col++
		i += n
	}
	return out.String(), true
}
