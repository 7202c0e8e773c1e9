package strictyaml

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// outline writes a node with places, for tables.
func outline(n *Node) string {
	var out strings.Builder
	var walk func(*Node, string)
	walk = func(n *Node, indent string) {
		at := fmt.Sprintf("%d:%d", n.Pos().Line, n.Pos().Col)
		switch n.Kind() {
		case Map:
			fmt.Fprintf(&out, "%s map\n", at)
			for _, e := range n.Entries() {
				fmt.Fprintf(&out, "%s%d:%d %s: ", indent+"  ", e.Key.Pos().Line, e.Key.Pos().Col, e.Key.Text())
				walk(e.Value, indent+"  ")
			}
		case Seq:
			fmt.Fprintf(&out, "%s list\n", at)
			for _, i := range n.Items() {
				out.WriteString(indent + "  - ")
				walk(i, indent+"  ")
			}
		case Null:
			fmt.Fprintf(&out, "null\n")
		default:
			fmt.Fprintf(&out, "%s %q %s\n", at, n.Text(), n.Kind())
		}
	}
	walk(n, "")
	return out.String()
}

func TestParse(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct{ name, text, want string }{
		{"places", "a: 1\nb:\n  c: [x, {d: y}]\n  e:\n  - 'f'\n  -   g\n", `1:1 map
  1:1 a: 1:4 "1" a number
  2:1 b: 3:3 map
    3:3 c: 3:6 list
      - 3:7 "x" a string
      - 3:10 map
        3:11 d: 3:14 "y" a string
    4:3 e: 5:3 list
      - 5:5 "f" a string
      - 6:7 "g" a string
`},
		{"columns count characters", "é: ü\nü: [é, x]\n", `1:1 map
  1:1 é: 1:4 "ü" a string
  2:1 ü: 2:4 list
    - 2:5 "é" a string
    - 2:8 "x" a string
`},
		{"spelling stays", "- no\n- 1.10\n- 0123\n- 2012.3\n- 1_000\n- 0x1F\n- +5\n- 1e3\n- ~\n- 12:30\n- 2026-12-31\n- 5.7.1\n- .5\n- -.inf\n- =\n", `1:1 list
  - 1:3 "no" a string
  - 2:3 "1.10" a number
  - 3:3 "0123" a number
  - 4:3 "2012.3" a number
  - 5:3 "1_000" a string
  - 6:3 "0x1F" a number
  - 7:3 "+5" a number
  - 8:3 "1e3" a number
  - null
  - 10:3 "12:30" a string
  - 11:3 "2026-12-31" a string
  - 12:3 "5.7.1" a string
  - 13:3 ".5" a number
  - 14:3 "-.inf" a number
  - 15:3 "=" a string
`},
		{"quotes", `a: 'it''s \d'` + "\n" + `b: "x\ty\x41\u00e9\\"` + "\nc: ''\nd: \"5\"\ne: '# no comment' # comment\n", `1:1 map
  1:1 a: 1:4 "it's \\d" a string
  2:1 b: 2:4 "x\tyAé\\" a string
  3:1 c: 3:4 "" a string
  4:1 d: 4:4 "5" a string
  5:1 e: 5:4 "# no comment" a string
`},
		{"block scalars", "a: |\n  x\n    y\n\n  z\n\nb: >-\n  p\n  q\n\n  r\nc: |+\n  k\n\nd: |2\n   two\ne: end\n", `1:1 map
  1:1 a: 1:4 "x\n  y\n\nz\n" a string
  7:1 b: 7:4 "p q\nr" a string
  12:1 c: 12:4 "k\n\n" a string
  15:1 d: 15:4 " two\n" a string
  17:1 e: 17:4 "end" a string
`},
		{"plain text over lines", "a: one\n  two\n  three\nb: x\n", `1:1 map
  1:1 a: 1:4 "one two three" a string
  4:1 b: 4:4 "x" a string
`},
		{"anchors", "base: &b {x: 1, y: [2]}\nuse: *b\nmore:\n  <<: *b\n  x: 9\nlist: [*b]\n", `1:1 map
  1:1 base: 1:10 map
    1:11 x: 1:14 "1" a number
    1:17 y: 1:20 list
      - 1:21 "2" a number
  2:1 use: 1:10 map
    1:11 x: 1:14 "1" a number
    1:17 y: 1:20 list
      - 1:21 "2" a number
  3:1 more: 4:3 map
    5:3 x: 5:6 "9" a number
    1:17 y: 1:20 list
      - 1:21 "2" a number
  6:1 list: 6:7 list
    - 1:10 map
      1:11 x: 1:14 "1" a number
      1:17 y: 1:20 list
        - 1:21 "2" a number
`},
		{"CRLF and BOM", "\ufeffa: 1\r\nb:\r\n  - x\r\n", `1:1 map
  1:1 a: 1:4 "1" a number
  2:1 b: 3:3 list
    - 3:5 "x" a string
`},
		{"tag", "a: !!str 0123\nb: !!int 5\n", `1:1 map
  1:1 a: 1:4 "0123" a string
  2:1 b: 2:9 "5" a number
`},
		{"keys", "5: a\ntrue: b\nnull: c\n'q r': d\n0123: e\n", `1:1 map
  1:1 5: 1:4 "a" a string
  2:1 true: 2:7 "b" a string
  3:1 null: 3:7 "c" a string
  4:1 q r: 4:8 "d" a string
  5:1 0123: 5:7 "e" a string
`},
		{"comments and header", "# c\n---\n# d\na: 1 # e\n# f\nb: # g\n  # h\n  - 1\n", `4:1 map
  4:1 a: 4:4 "1" a number
  6:1 b: 8:3 list
    - 8:5 "1" a number
`},
		{"nothing", "# only a comment\n", "null\n"},
		{"empty values", "a:\nb: {}\nc: []\nd: ''\n", `1:1 map
  1:1 a: null
  2:1 b: 2:4 map
  3:1 c: 3:4 list
  4:1 d: 4:4 "" a string
`},
		{"colon and hash within words", "a: inet:127.0.0.1:8891\nb: x#y\nc: ['inet6:[::1]:25']\n", `1:1 map
  1:1 a: 1:4 "inet:127.0.0.1:8891" a string
  2:1 b: 2:4 "x#y" a string
  3:1 c: 3:4 list
    - 3:5 "inet6:[::1]:25" a string
`},
		{"colons in braces", "a: {b: [2001:db8::/32, x:y, unix:/z, k: v], c: 10:30, d:e, \"f\":g, h:[i], 'j': 1:2:3}\n", `1:1 map
  1:1 a: 1:4 map
    1:5 b: 1:8 list
      - 1:9 "2001:db8::/32" a string
      - 1:24 "x:y" a string
      - 1:29 "unix:/z" a string
      - 1:38 map
        1:38 k: 1:41 "v" a string
    1:45 c: 1:48 "10:30" a string
    1:55 d:e: null
    1:60 f: 1:64 "g" a string
    1:67 h: 1:69 list
      - 1:70 "i" a string
    1:74 j: 1:79 "1:2:3" a string
`},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			n, problems := Parse("f", []byte(tc.text))
			if len(problems) > 0 {
				t.Errorf("problems:\n%s", problems)
			}
			if d := cmp.Diff(tc.want, outline(n)); d != "" {
				t.Error(d)
			}
		})
	}
}

func TestParseProblems(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct{ name, text, want, rest string }{
		{"tab", "a: 1\n\tb: 2\nc: 3\n", "f:2:1: error: a tab cannot indent (use spaces)", "a c"},
		{"several", "a: [1\nb: 'x\nc: @y\nd: 4\ne: {x: 1\nf: 5\n", `f:1:4: error: "[" is not closed
f:2:4: error: the quote is not closed
f:3:4: error: '@' is a reserved character (put the value in quotes)
f:5:4: error: "{" is not closed`, "d f"},
		{"in the middle of a list", "a:\n  - x: 1\n  - y: [\n  - z: 2\nb: 1\n", `f:3:8: error: "[" is not closed`, "a b"},
		{"indent", "a:\n    b: 1\n  c: 2\nd: 3\n", `f:3:3: error: a value is not allowed here (check the indentation)`, "a d"},
		{"no colon", "a: 1\nb\nc: 3\n", `f:2:1: error: a key without a colon and a space after it (write "key: value")`, "a c"},
		{"no space after colon", "a: 1\nb:2\nc: 3\n", `f:2:1: error: a key without a colon and a space after it (write "key: value")`, "a c"},
		{"bare colon in value", "a: b: c\nd: 1\n", `f:1:4: error: a colon and a space within a value (put the value in quotes)`, "d"},
		{"escape", "a: \"\\d\"\nb: \"\\xzz\"\nc: 1\n", `f:1:6: error: found unknown escape character 'd' (use single quotes, or write \\ for one backslash)
f:2:4: error: an escape with \x, \u or \U needs hexadecimal digits (use single quotes, or write \\ for one backslash)`, "b c"},
		{"flow text", "a: {addr: inet6:[::1]:25}\nb: 1\n", `f:1:21: error: a map or a list cannot be a key (a value with [ ] { } or , in it needs quotes)`, "b"},
		{"duplicate", "a: 1\nb: {x: 1, x: 2}\na: 3\n", `f:2:11: error: duplicate key "x", first in line 2 (remove one of the two)
f:3:1: error: duplicate key "a", first in line 1 (remove one of the two)`, "a b"},
		{"anchor", "a: *x\nb: &y 1\nc: *y\n", `f:1:4: error: unknown anchor "x" (an anchor must stand before its alias, and not around it)`, "a b c"},
		{"merge", "a: &a [1]\nb:\n  <<: *a\n", `f:1:8: error: a merge key (<<) wants a map or a list of maps, found a number`, "a b"},
		{"tags", "a: !foo 1\nb: !!int x\n", `f:1:4: error: the tag "!foo" is not supported (remove it)
f:2:4: error: the tag "!!int" does not fit a string`, "a b"},
		{"documents", "a: 1\n---\nb: 2\n", "f:2:1: error: a second document in one file (put it in a file of its own)", ""},
		{"UTF-8", "a: x\xffy\nb: \x00\n", `f:1:5: error: byte 0xff is not UTF-8
f:2:4: error: control character U+0000`, "a b"},
		{"UTF-16", "\xff\xfea\x00", "f:1:1: error: the file is UTF-16 (save it as UTF-8)", ""},
		{"complex key", "[a]: 1\nb: 2\n", `f:1:3: error: a map or a list cannot be a key (a value with [ ] { } or , in it needs quotes)`, "b"},
		{"template", "a: {{ x }}\nb: %x\n", `f:1:5: error: could not find flow map content (a value with [ ] { } or , in it needs quotes)
f:2:4: error: directives are not supported (remove the line, or put the value in quotes)`, ""},
		{"unfinished quote over lines", "a: \"x\nb: 1\nc: 2\n", `f:1:4: error: the quote is not closed`, "b c"},
		{"list and map", "a:\n  - x\n  y: 1\nb: 2\n", `f:3:3: error: a value is not allowed here (check the indentation)`, "a b"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			n, problems := Parse("f", []byte(tc.text))
			if d := cmp.Diff(tc.want, problems.String()); d != "" {
				t.Error(d)
			}
			var keys []string
			for _, e := range n.Entries() {
				keys = append(keys, e.Key.Text())
			}
			if got := strings.Join(keys, " "); got != tc.rest {
				t.Errorf("keys that were read: %q, want %q", got, tc.rest)
			}
		})
	}
}
