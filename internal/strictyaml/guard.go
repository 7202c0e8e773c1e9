package strictyaml

import "github.com/goccy/go-yaml/token"

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
)

// guard refuses what the parser cannot take: it recurses without limit and
// some of its steps are quadratic.
func guard(file string, tokens token.Tokens) *Problem {
	g := guardian{file: file}
	for i, tk := range tokens {
		if tk.Position == nil {
			continue
		}
		if p := g.token(tokens, i); p != nil {
			return p
		}
		g.paths += g.path
		if g.paths > maxPaths {
			return g.problem(tk, "too many values below long keys")
		}
	}
	if g.omitted*len(tokens) > maxMoves {
		return &Problem{Pos: Pos{file, 1, 1}, Severity: Error, Message: "too many keys without a value"}
	}
	return nil
}

type guardian struct {
	file    string
	flow    []level // open brackets and braces
	nest    []level // open block maps and lists
	props   int     // tags and anchors in a row
	path    int     // bytes of the path to here
	paths   int     // bytes of all paths
	omitted int     // values left out
}

type level struct {
	col  int
	size int // bytes of the path
}

func (g *guardian) problem(tk *token.Token, message string) *Problem {
	return &Problem{Pos: place(g.file, tk), Severity: Error, Message: message}
}

func (g *guardian) token(tokens token.Tokens, i int) *Problem {
	tk := tokens[i]
	col := tk.Position.Column
	switch tk.Type {
	case token.TagType, token.AnchorType:
		if g.props++; g.props > 4 {
			return g.problem(tk, "too many tags and anchors in a row")
		}
		return nil
	case token.MappingKeyType:
		return &Problem{Pos: place(g.file, tk), Severity: Error, Message: "an explicit key (?) is not supported", Fix: `write "key: value"`}
	case token.SequenceStartType, token.MappingStartType:
		g.flow = append(g.flow, level{})
		g.grow(12)
	case token.SequenceEndType, token.MappingEndType:
		if n := len(g.flow); n > 0 {
			g.path -= 12 + g.flow[n-1].size
			g.flow = g.flow[:n-1]
		}
	case token.SequenceEntryType:
		if len(g.flow) == 0 {
			g.leave(col + 1)
			g.nest = append(g.nest, level{col, 12})
			g.grow(12)
		}
		g.left(tokens, i, col)
	case token.MappingValueType:
		if i == 0 {
			break
		}
		key := tokens[i-1]
		if len(key.Value) > maxKey {
			return g.problem(key, "a key of more than 1024 bytes")
		}
		if key.Type == token.SequenceEndType || key.Type == token.MappingEndType {
			return g.problem(key, "a map or a list cannot be a key")
		}
		size := len(key.Value) + 3
		if n := len(g.flow); n > 0 {
			g.grow(size - g.flow[n-1].size)
			g.flow[n-1].size = size
		} else if key.Position != nil {
			g.leave(key.Position.Column)
			g.nest = append(g.nest, level{key.Position.Column, size})
			g.grow(size)
			col = key.Position.Column
		}
		g.left(tokens, i, col)
	case token.StringType:
		if i > 0 && tokens[i-1].Type == token.AnchorType {
			return nil // the name of the anchor
		}
	}
	g.props = 0
	if len(g.flow)+len(g.nest) > 2*maxDepth {
		return g.problem(tk, tooDeep)
	}
	return nil
}

const tooDeep = "maps and lists are nested too deeply"

func (g *guardian) grow(n int) { g.path += n }

// leave closes the block levels that begin at or right of a column.
func (g *guardian) leave(col int) {
	for n := len(g.nest); n > 0 && g.nest[n-1].col >= col; n-- {
		g.path -= g.nest[n-1].size
		g.nest = g.nest[:n-1]
	}
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
		if next.Position != nil && next.Position.Line > tokens[i].Position.Line && next.Position.Column <= col {
			g.omitted++
		}
	}
}
