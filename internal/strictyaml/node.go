package strictyaml

// Kind is what a node is, by the core schema of YAML 1.2.
type Kind uint8

// The kinds.
const (
	Null Kind = iota
	Bool
	Int
	Float
	String
	Map
	Seq
)

// String names the kind as a message does: "a map", "a list".
func (k Kind) String() string {
	switch k {
	case Null:
		return "nothing"
	case Bool:
		return "true or false"
	case Int, Float:
		return "a number"
	case String:
		return "a string"
	case Map:
		return "a map"
	case Seq:
		return "a list"
	}
	return "an unknown kind"
}

// Node is one value of a file, with aliases resolved. It is immutable and may
// occur at several places of the tree.
type Node struct {
	kind    Kind
	quoted  bool // quotes, a block scalar or the tag !!str
	pos     Pos
	text    string
	name    string
	entries []Entry
	items   []*Node
	doc     *document
	size    int // nodes in this tree, itself included
	depth   int // levels in this tree, 1 for a scalar
}

// document is what all nodes of a file share.
type document struct {
	// broken: lines with syntax errors were left out, so that a key that
	// seems to be missing may well be there.
	broken bool
}

// Entry is one key of a map with its value.
type Entry struct {
	Key   *Node
	Value *Node
}

// Pos is the place of the first character; of a map without braces, that of
// its first key.
func (n *Node) Pos() Pos { return n.pos }

// Kind is what the node is.
func (n *Node) Kind() Kind { return n.kind }

// Quoted reports whether a scalar was written in quotes, as a block scalar or
// with the tag !!str, so that it is a string whatever it looks like.
func (n *Node) Quoted() bool { return n.quoted }

// Text is the scalar as written, quotes and escapes resolved: 1.10 and 0123
// and no keep their spelling. It is "" for null, maps and lists.
func (n *Node) Text() string { return n.text }

// Name is the key under which the node, or the list that holds it, stands; ""
// at the top.
func (n *Node) Name() string { return n.name }

// Entries are the keys of a map in order of appearance, each key once.
func (n *Node) Entries() []Entry { return n.entries }

// Items are the elements of a list.
func (n *Node) Items() []*Node { return n.items }

// Get is the value of a key, nil if there is none or the node is no map.
func (n *Node) Get(key string) *Node {
	if n == nil {
		return nil
	}
	for _, e := range n.entries {
		if e.Key.text == key {
			return e.Value
		}
	}
	return nil
}

// IsScalar reports whether the node is neither a map nor a list.
func (n *Node) IsScalar() bool { return n.kind != Map && n.kind != Seq }

// resolve gives the kind of a plain scalar (YAML 1.2.2, 10.3.2). Words such as
// yes, no, on and off are strings.
func resolve(s string) Kind {
	switch s {
	case "", "~", "null", "Null", "NULL":
		return Null
	case "true", "True", "TRUE", "false", "False", "FALSE":
		return Bool
	case ".inf", ".Inf", ".INF", "+.inf", "+.Inf", "+.INF", "-.inf", "-.Inf", "-.INF", ".nan", ".NaN", ".NAN":
		return Float
	}
	if len(s) > 2 && s[0] == '0' && (s[1] == 'x' && allOf(s[2:], isHex) || s[1] == 'o' && allOf(s[2:], isOctal)) {
		return Int
	}
	if s[0] == '+' || s[0] == '-' {
		s = s[1:]
	}
	whole, s := span(s, isDigit)
	if s == "" {
		if whole == "" {
			return String
		}
		return Int
	}
	fraction := ""
	if s[0] == '.' {
		fraction, s = span(s[1:], isDigit)
	}
	if whole == "" && fraction == "" {
		return String
	}
	if s != "" && (s[0] == 'e' || s[0] == 'E') {
		s = s[1:]
		if s != "" && (s[0] == '+' || s[0] == '-') {
			s = s[1:]
		}
		var exponent string
		if exponent, s = span(s, isDigit); exponent == "" {
			return String
		}
	}
	if s != "" {
		return String
	}
	return Float
}

func isDigit(c byte) bool { return c >= '0' && c <= '9' }
func isOctal(c byte) bool { return c >= '0' && c <= '7' }
func isHex(c byte) bool   { return isDigit(c) || c >= 'a' && c <= 'f' || c >= 'A' && c <= 'F' }

func allOf(s string, ok func(byte) bool) bool {
	_, rest := span(s, ok)
	return rest == ""
}

// span cuts the longest head of ok bytes off s.
func span(s string, ok func(byte) bool) (head, rest string) {
	i := 0
	for i < len(s) && ok(s[i]) {
		i++
	}
	return s[:i], s[i:]
}
