package strictyaml

import (
	"fmt"
	"strings"

	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/token"
)

// builder turns the parser's tree into nodes: aliases resolved, keys unique.
type builder struct {
	file     string
	lines    []string
	doc      *document
	anchors  map[string]*Node
	aliased  int // nodes that aliases have added
	problems *Problems
}

func (b *builder) fail(at Pos, fix, format string, args ...any) {
	b.problems.add(Problem{Pos: at, Severity: Error, Message: fmt.Sprintf(format, args...), Fix: fix})
}

func (b *builder) new(kind Kind, tk *token.Token, name string) *Node {
	return &Node{kind: kind, pos: place(b.file, tk), name: name, doc: b.doc, size: 1, depth: 1}
}

// node gives the node of a tree that stands below the key name, at a depth
// from 1.
func (b *builder) node(a ast.Node, name string, depth int) *Node {
	if a == nil {
		return b.new(Null, nil, name)
	}
	if depth > maxDepth {
		n := b.new(Null, a.GetToken(), name)
		b.doc.broken = true
		b.fail(n.pos, "", tooDeep)
		return n
	}
	switch a := a.(type) {
	case *ast.MappingNode:
		return b.mapping(a.Start, a.IsFlowStyle, a.Values, name, depth)
	case *ast.MappingValueNode:
		return b.mapping(a.Start, false, []*ast.MappingValueNode{a}, name, depth)
	case *ast.SequenceNode:
		n := b.new(Seq, a.Start, name)
		n.items = make([]*Node, 0, len(a.Values))
		for i, v := range a.Values {
			item := b.node(v, name, depth+1)
			if leftOut(v) && i < len(a.Entries) && a.Entries[i] != nil {
				item.pos = place(b.file, a.Entries[i].Start)
			}
			n.items = append(n.items, n.adopt(item))
		}
		return n
	case *ast.AnchorNode:
		n := b.node(a.Value, name, depth)
		if a.Name != nil {
			b.anchors[a.Name.GetToken().Value] = n
		}
		return n
	case *ast.AliasNode:
		return b.alias(a, name, depth)
	case *ast.TagNode:
		return b.tag(a, name, depth)
	case *ast.LiteralNode:
		n := b.new(String, a.Start, name)
		n.quoted = true
		if a.Value != nil {
			n.text = a.Value.Value
		}
		return n
	case *ast.MergeKeyNode, *ast.DirectiveNode, *ast.DocumentNode, *ast.CommentNode, *ast.CommentGroupNode, *ast.MappingKeyNode:
		n := b.new(Null, a.GetToken(), name)
		b.fail(n.pos, "", "a value was expected here")
		return n
	}
	return b.scalar(a.GetToken(), name)
}

func (b *builder) scalar(tk *token.Token, name string) *Node {
	n := b.new(String, tk, name)
	if tk == nil {
		n.kind = Null
		return n
	}
	switch tk.Type {
	case token.ImplicitNullType:
		n.kind = Null
	case token.SingleQuoteType, token.DoubleQuoteType:
		n.quoted, n.text = true, tk.Value
		if tk.Type == token.DoubleQuoteType && b.badEscape(n.pos) {
			b.fail(n.pos, `use single quotes, or write \\ for one backslash`, "an escape with \\x, \\u or \\U needs hexadecimal digits")
		}
	default:
		n.kind = resolve(tk.Value)
		if n.kind != Null {
			n.text = tk.Value
		}
	}
	return n
}

// badEscape reports \x, \u and \U without their 2, 4 and 8 digits in the
// double-quoted text at a place: the scanner reads such as some other
// character.
func (b *builder) badEscape(at Pos) bool {
	if at.Line > len(b.lines) {
		return false
	}
	line, col := b.lines[at.Line-1], 1
	for i := range line {
		if col == at.Col {
			line = line[i:]
			break
		}
		col++
	}
	if !strings.HasPrefix(line, `"`) {
		return false
	}
	line = line[1:]
	for next := at.Line; ; next++ {
		bad, closed := escapes(line)
		if bad || closed || next >= len(b.lines) {
			return bad
		}
		line = b.lines[next]
	}
}

// escapes looks for bad escapes up to the closing quote.
func escapes(s string) (bad, closed bool) {
	for i := 0; i < len(s); i++ {
		if s[i] == '"' {
			return false, true
		}
		if s[i] != '\\' || i+1 == len(s) {
			continue
		}
		i++
		digits := map[byte]int{'x': 2, 'u': 4, 'U': 8}[s[i]]
		for ; digits > 0; digits-- {
			if i++; i >= len(s) || !isHex(s[i]) {
				return true, false
			}
		}
	}
	return false, false
}

// adopt counts a child in.
func (n *Node) adopt(child *Node) *Node {
	n.size += child.size
	n.depth = max(n.depth, child.depth+1)
	return child
}

func (b *builder) mapping(start *token.Token, flow bool, values []*ast.MappingValueNode, name string, depth int) *Node {
	n := b.new(Map, start, name)
	seen := make(map[string]int, len(values))
	var merges []*Node
	for i, v := range values {
		if v == nil || v.Key == nil {
			continue
		}
		keyToken := v.Key.GetToken()
		if i == 0 && !flow {
			n.pos = place(b.file, keyToken)
		}
		if _, merge := v.Key.(*ast.MergeKeyNode); merge {
			merges = append(merges, b.node(v.Value, "<<", depth+1))
			continue
		}
		key, ok := v.Key.(ast.Node)
		if !ok {
			continue
		}
		k := b.node(key, "", depth+1)
		if k.kind == Null && !isWord(k, keyToken) || !k.IsScalar() {
			b.fail(k.pos, "", "a key must be a word, found %s", k.kind)
			continue
		}
		if line, dup := seen[k.text]; dup {
			b.fail(k.pos, "remove one of the two", "duplicate key %q, first in line %d", k.text, line)
			continue
		}
		seen[k.text] = k.pos.Line
		value := b.node(v.Value, k.text, depth+1)
		if leftOut(v.Value) {
			value.pos = k.pos
		}
		n.entries = append(n.entries, Entry{Key: n.adopt(k), Value: n.adopt(value)})
	}
	for _, m := range merges {
		b.merge(n, m, seen, depth)
	}
	return n
}

// leftOut reports a value that is not there: its place is that of its key or
// dash.
func leftOut(a ast.Node) bool {
	null, ok := a.(*ast.NullNode)
	return ok && null.Token != nil && null.Token.Type == token.ImplicitNullType
}

// isWord lets null and ~ be keys as spelt.
func isWord(k *Node, tk *token.Token) bool {
	if tk == nil || tk.Type == token.ImplicitNullType || tk.Value == "" {
		return false
	}
	k.kind, k.text = String, tk.Value
	return true
}

// merge adds the keys of m, or of each map in the list m, that n lacks.
func (b *builder) merge(n, m *Node, seen map[string]int, depth int) {
	maps := []*Node{m}
	if m.kind == Seq {
		maps = m.items
	}
	for _, m := range maps {
		if m.kind != Map {
			b.fail(m.pos, "", "a merge key (<<) wants a map or a list of maps, found %s", m.kind)
			continue
		}
		for _, e := range m.entries {
			if _, dup := seen[e.Key.text]; dup {
				continue
			}
			seen[e.Key.text] = e.Key.pos.Line
			if !b.spend(e.Value, e.Key.pos, depth) {
				return
			}
			n.entries = append(n.entries, Entry{Key: n.adopt(e.Key), Value: n.adopt(e.Value)})
		}
	}
}

func (b *builder) alias(a *ast.AliasNode, name string, depth int) *Node {
	n := b.new(Null, a.Start, name)
	word := ""
	if a.Value != nil && a.Value.GetToken() != nil {
		word = a.Value.GetToken().Value
	}
	target, ok := b.anchors[word]
	if !ok {
		b.doc.broken = true
		b.fail(n.pos, "an anchor must stand before its alias, and not around it", "unknown anchor %q", word)
		return n
	}
	if !b.spend(target, n.pos, depth) {
		return n
	}
	same := *target
	same.name = name
	return &same
}

// spend counts the nodes that an alias adds.
func (b *builder) spend(target *Node, at Pos, depth int) bool {
	if b.aliased > maxAliased {
		return false // reported before
	}
	if b.aliased += target.size; b.aliased > maxAliased || depth+target.depth > maxDepth {
		b.doc.broken = true
		b.fail(at, "write it out", "aliases add too much")
		return false
	}
	return true
}

// tag knows the tags of the core schema that change nothing but make a plain
// scalar a string.
func (b *builder) tag(a *ast.TagNode, name string, depth int) *Node {
	n := b.node(a.Value, name, depth)
	at := place(b.file, a.Start)
	tag := ""
	if a.Start != nil {
		tag = a.Start.Value
	}
	want := map[string][]Kind{
		"!!str": {Null, Bool, Int, Float, String}, "!": {Null, Bool, Int, Float, String}, "!!map": {Map}, "!!seq": {Seq},
		"!!int": {Int}, "!!float": {Int, Float}, "!!bool": {Bool}, "!!null": {Null},
	}[tag]
	if want == nil {
		b.fail(at, "remove it", "the tag %q is not supported", tag)
		return n
	}
	for _, k := range want {
		if n.kind == k && (!n.quoted || k == String) {
			if want[0] == Null && len(want) > 1 {
				same := *n
				same.kind, same.quoted, same.pos = String, true, at
				if n.kind == Null && a.Value != nil && a.Value.GetToken() != nil && a.Value.GetToken().Type == token.NullType {
					same.text = a.Value.GetToken().Value
				}
				return &same
			}
			return n
		}
	}
	b.fail(at, "", "the tag %q does not fit %s", tag, n.kind)
	return n
}
