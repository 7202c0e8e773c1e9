package strictyaml

import (
	"fmt"

	"github.com/goccy/go-yaml/token"
)

// Bounds of what the parser may be made to do; each stands for a measured way
// to make it slow, large or, by deep recursion, crash.
const (
	// maxKey is the length of a key (YAML 1.2.2, 7.4.2 has the same bound).
	maxKey = 1024
	// maxPaths bounds the bytes of the path strings that the parser keeps with
	// each node.
	maxPaths = 128 << 20
	// maxMoves bounds the token moves made for values that are left out: the
	// parser inserts a token for each into one long list.
	maxMoves = 500_000_000
	// maxPairs bounds the pairs of keys in block maps, 10,000 keys in one: the
	// parser recurses and copies for each key of a map.
	maxPairs = 50_000_000
	// maxTabSteps bounds, over all lines, tabs times length: in double quotes
	// the scanner looks at the rest of the line for each tab.
	maxTabSteps = 200_000_000
	// maxBlankSteps bounds runs of blank lines times the text before them, in
	// bytes since a line with > or |: the scanner cuts them off the end of a
	// block scalar one by one.
	maxBlankSteps = 1_000_000_000
)

// guard refuses what the parser cannot take: it recurses without limit and
// some of its steps are quadratic. A problem is final when leaving out the
// lines around it is no help.
func guard(file string, all token.Tokens) (problem *Problem, final bool) {
	g := guardian{file: file}
	tokens := make(token.Tokens, 0, len(all))
	for _, tk := range all {
		if tk.Type != token.CommentType && tk.Position != nil {
			tokens = append(tokens, tk)
		}
	}
	for i, tk := range tokens {
		if p := g.token(tokens, i); p != nil {
			return p, g.final
		}
		g.paths += g.path
		if g.paths > maxPaths {
			return g.problem(tk, "too many values below long keys"), true
		}
	}
	if g.omitted*len(tokens) > maxMoves {
		return &Problem{Pos: Pos{file, 1, 1}, Severity: Error, Message: "too many entries without a value"}, true
	}
	if n := len(g.flow); n > 0 {
		return g.unclosed(g.flow[n-1]), false
	}
	return nil, false
}

type guardian struct {
	file    string
	final   bool
	flow    []level // open brackets and braces
	nest    []level // open block maps and lists
	pairs   int     // pairs of keys in block maps
	ended   bool    // by the end of a document
	content bool    // something but a start of a document has been seen
	props   int     // tags and anchors in a row
	path    int     // bytes of the path to here
	paths   int     // bytes of all paths
	omitted int     // values left out
}

type level struct {
	col  int
	size int // bytes of the path
	list bool
	keys int
	from *token.Token // the bracket
}

// problem is one that is final.
func (g *guardian) problem(tk *token.Token, message string) *Problem {
	g.final = true
	return &Problem{Pos: place(g.file, tk), Severity: Error, Message: message}
}

func (g *guardian) token(tokens token.Tokens, i int) *Problem {
	tk := tokens[i]
	col := tk.Position.Column
	if tk.Type != token.DocumentHeaderType && tk.Type != token.DocumentEndType {
		if g.content = true; g.ended {
			return g.second(tk)
		}
	}
	if n := len(g.flow); n > 0 && g.outdented(tokens, i) {
		return g.unclosed(g.flow[n-1])
	}
	switch tk.Type {
	case token.TagType, token.AnchorType:
		if g.props++; g.props > 4 {
			return g.problem(tk, "too many tags and anchors in a row")
		}
		return nil
	case token.DirectiveType:
		return &Problem{Pos: place(g.file, tk), Severity: Error, Message: "directives are not supported", Fix: "remove the line, or put the value in quotes"}
	case token.DocumentEndType:
		g.ended = true
		return nil
	case token.DocumentHeaderType:
		if g.content || g.ended {
			return g.second(tk)
		}
		g.content = true
		return nil
	case token.MappingKeyType:
		return &Problem{Pos: place(g.file, tk), Severity: Error, Message: "an explicit key (?) is not supported", Fix: `write "key: value"`}
	case token.SequenceStartType, token.MappingStartType:
		g.flow = append(g.flow, level{list: tk.Type == token.SequenceStartType, from: tk})
		g.grow(12)
	case token.SequenceEndType, token.MappingEndType:
		if n := len(g.flow); n > 0 {
			g.path -= 12 + g.flow[n-1].size
			g.flow = g.flow[:n-1]
		}
	case token.SequenceEntryType:
		if len(g.flow) == 0 {
			g.leave(col + 1)
			if n := len(g.nest); n == 0 || g.nest[n-1].col < col || !g.nest[n-1].list {
				g.nest = append(g.nest, level{col: col, size: 12, list: true})
				g.grow(12)
			}
		}
		g.left(tokens, i, col)
	case token.MappingValueType:
		if i == 0 {
			break
		}
		key := tokens[i-1]
		if len(key.Value) > maxKey {
			return &Problem{Pos: place(g.file, key), Severity: Error, Message: "a key of more than 1024 bytes"}
		}
		if key.Type == token.SequenceEndType || key.Type == token.MappingEndType {
			return &Problem{Pos: place(g.file, key), Severity: Error, Message: "a map or a list cannot be a key",
				Fix: "a value with [ ] { } or , in it needs quotes"}
		}
		size := len(key.Value) + 3
		if n := len(g.flow); n > 0 {
			g.grow(size - g.flow[n-1].size)
			g.flow[n-1].size = size
		} else {
			col = key.Position.Column
			keys := g.leave(col) + 1
			if g.pairs += keys; g.pairs > maxPairs {
				return g.problem(key, "a map with too many keys")
			}
			g.nest = append(g.nest, level{col: col, size: size, keys: keys})
			g.grow(size)
		}
		g.left(tokens, i, col)
	case token.StringType:
		if i > 0 && tokens[i-1].Type == token.AnchorType {
			return nil // the name of the anchor
		}
	}
	if n := len(g.flow); n > 0 && !g.flow[n-1].list && tk.Type == token.CollectEntryType {
		g.omitted++ // perhaps: {a, b}
	}
	g.props = 0
	if len(g.flow)+len(g.nest) > 2*maxDepth {
		return g.problem(tk, tooDeep)
	}
	return nil
}

const tooDeep = "maps and lists are nested too deeply"

func (g *guardian) grow(n int) { g.path += n }

func (g *guardian) second(tk *token.Token) *Problem {
	g.final = true
	return &Problem{Pos: place(g.file, tk), Severity: Error, Message: "a second document in one file", Fix: "put it in a file of its own"}
}

// outdented reports the first token of a line that stands no further right
// than the key whose value is in brackets (YAML 1.2.2, 7.4: flow content is
// indented); closing brackets may.
func (g *guardian) outdented(tokens token.Tokens, i int) bool {
	tk := tokens[i]
	if i == 0 || len(g.nest) == 0 || tokens[i-1].Position.Line == tk.Position.Line ||
		tk.Type == token.SequenceEndType || tk.Type == token.MappingEndType {
		return false
	}
	return tk.Position.Column <= g.nest[len(g.nest)-1].col
}

func (g *guardian) unclosed(open level) *Problem {
	return &Problem{Pos: place(g.file, open.from), Severity: Error, Message: fmt.Sprintf("%q is not closed", open.from.Value)}
}

// leave closes the block levels that begin at or right of a column, and gives
// how many keys the map at that column has had.
func (g *guardian) leave(col int) (keys int) {
	for n := len(g.nest); n > 0 && g.nest[n-1].col >= col; n-- {
		if g.nest[n-1].col == col {
			keys = g.nest[n-1].keys
		}
		g.path -= g.nest[n-1].size
		g.nest = g.nest[:n-1]
	}
	return keys
}

// left counts values that are left out after the indicator at i.
func (g *guardian) left(tokens token.Tokens, i, col int) {
	if i+1 == len(tokens) {
		g.omitted++
		return
	}
	next := tokens[i+1]
	switch next.Type {
	case token.CollectEntryType, token.MappingEndType, token.SequenceEndType:
		g.omitted++
	default:
		if next.Position.Line > tokens[i].Position.Line && next.Position.Column <= col {
			g.omitted++
		}
	}
}
