package match

import (
	"bytes"
	"slices"
	"strings"
)

// Trie holds byte strings that share their beginnings. Ways without branches
// are kept as one piece, so that a million words take some tens of megabytes.
// Build it once; then it is safe for concurrent use.
type Trie struct {
	nodes []trieNode
	bytes []byte  // of edges
	to    []int32 // of edges
	tails []byte
	ids   []int32
}

// trieNode is what follows after a branch: a tail that must match, the strings
// that end behind it, and the branches.
type trieNode struct {
	tail, edge, id int32
	length         uint16 // of the tail
	edges, count   uint16
}

// TrieKey is a string on its way into a trie, with what it stands for.
type TrieKey struct {
	Text string
	ID   int32
}

// Add makes a trie of keys, which it sorts, within t and gives its root. No
// key may be longer than 65,535 bytes.
func (t *Trie) Add(keys []TrieKey) (root int32) {
	slices.SortFunc(keys, func(a, b TrieKey) int {
		if c := strings.Compare(a.Text, b.Text); c != 0 {
			return c
		}
		return int(a.ID) - int(b.ID)
	})
	return t.node(keys, 0)
}

// node makes the node of sorted keys that agree in their first depth bytes.
func (t *Trie) node(keys []TrieKey, depth int) int32 {
	id := int32(len(t.nodes))
	n := trieNode{tail: int32(len(t.tails)), id: int32(len(t.ids))}
	t.nodes = append(t.nodes, n)
	if len(keys) == 0 {
		return id
	}
	first, last := keys[0].Text, keys[len(keys)-1].Text
	end := depth
	for end < len(first) && end < len(last) && first[end] == last[end] {
		end++
	}
	t.tails = append(t.tails, first[depth:end]...)
	n.length = uint16(end - depth)
	k := 0
	for ; k < len(keys) && len(keys[k].Text) == end; k++ {
		if k == 0 || keys[k].ID != keys[k-1].ID {
			t.ids = append(t.ids, keys[k].ID)
		}
	}
	n.count = uint16(len(t.ids) - int(n.id))
	n.edge = int32(len(t.bytes))
	for i := k; i < len(keys); i++ {
		if c := keys[i].Text[end]; i == k || c != keys[i-1].Text[end] {
			t.bytes, t.to = append(t.bytes, c), append(t.to, 0)
		}
	}
	n.edges = uint16(len(t.bytes) - int(n.edge))
	for e := range int32(n.edges) {
		hi := k
		for hi < len(keys) && keys[hi].Text[end] == t.bytes[n.edge+e] {
			hi++
		}
		t.to[n.edge+e] = t.node(keys[k:hi], end+1)
		k = hi
	}
	t.nodes[id] = n
	return id
}

// Cursor is a place in a trie.
type Cursor struct {
	node, at int32 // at: bytes of the tail that were read
}

// At gives the place of a root.
func At(root int32) Cursor { return Cursor{node: root} }

// Step goes on over one byte. It reports false if nothing goes on so.
func (t *Trie) Step(c *Cursor, b byte) bool {
	n := &t.nodes[c.node]
	if c.at < int32(n.length) {
		if t.tails[n.tail+c.at] != b {
			return false
		}
		c.at++
		return true
	}
	e := bytes.IndexByte(t.bytes[n.edge:n.edge+int32(n.edges)], b)
	if e < 0 {
		return false
	}
	c.node, c.at = t.to[n.edge+int32(e)], 0
	return true
}

// IDs gives what the strings that end here stand for, rising.
func (t *Trie) IDs(c Cursor) []int32 {
	n := &t.nodes[c.node]
	if c.at < int32(n.length) {
		return nil
	}
	return t.ids[n.id : n.id+int32(n.count)]
}

// Compact gives back memory that building needed.
func (t *Trie) Compact() {
	t.nodes, t.bytes, t.to = slices.Clone(t.nodes), slices.Clone(t.bytes), slices.Clone(t.to)
	t.tails, t.ids = slices.Clone(t.tails), slices.Clone(t.ids)
}
