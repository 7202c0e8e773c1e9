package strictyaml

import "strings"

// block is a run of lines, from 1, both ends included: a line and what is
// indented below it.
type block struct{ start, end int }

// blockAt is the block that begins at a line.
func blockAt(lines []string, line int) block {
	line = min(max(line, 1), len(lines))
	indent, list := indentOf(lines[line-1])
	end := line
	for i := line; i < len(lines); i++ {
		if strings.TrimSpace(lines[i]) == "" {
			continue
		}
		in, isList := indentOf(lines[i])
		// The items of a list may stand at the indent of its key.
		if in < indent || in == indent && (list || !isList) {
			break
		}
		end = i + 1
	}
	return block{line, end}
}

// widen is the block of the line that b hangs below, the whole file when there
// is none.
func (b block) widen(lines []string) block {
	indent, list := indentOf(lines[b.start-1])
	for i := b.start - 2; i >= 0; i-- {
		if strings.TrimSpace(lines[i]) == "" {
			continue
		}
		in, isList := indentOf(lines[i])
		if in < indent || in == indent && list && !isList {
			return blockAt(lines, i+1)
		}
		indent, list = min(indent, in), list && isList
	}
	return block{1, len(lines)}
}

// blank empties the lines; their number stays.
func (b block) blank(lines []string) {
	for i := b.start - 1; i < b.end; i++ {
		lines[i] = ""
	}
}

// indentOf counts leading spaces and tabs and reports a list item.
func indentOf(line string) (indent int, item bool) {
	rest := strings.TrimLeft(line, " \t")
	return len(line) - len(rest), rest == "-" || strings.HasPrefix(rest, "- ")
}
