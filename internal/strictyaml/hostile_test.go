package strictyaml

import (
	"fmt"
	"strings"
	"testing"
)

// numbered is format with 0, 1, 2 …, up to about n bytes.
func numbered(format string, n int) string {
	var b strings.Builder
	for i := 0; b.Len() < n; i++ {
		fmt.Fprintf(&b, format, i)
	}
	return b.String()
}

// TestHostile feeds shapes that make an unguarded parser recurse until the
// process dies, or take minutes. The first problem is compared; "" means that
// the file is sound.
func TestHostile(t *testing.T) {
	t.Parallel()
	const n = 1 << 15
	laughs := "a0: &a0 [x,x,x,x,x,x,x,x,x,x]\n"
	for i := 1; i < 9; i++ {
		laughs += fmt.Sprintf("a%d: &a%d [%s]\n", i, i, strings.TrimSuffix(strings.Repeat(fmt.Sprintf("*a%d,", i-1), 10), ","))
	}
	deep := "a0: &a0 [x]\n"
	for i := 1; i < 200; i++ {
		deep += fmt.Sprintf("a%d: &a%d [*a%d]\n", i, i, i-1)
	}
	for _, tc := range []struct{ name, text, want string }{
		{"flow lists", strings.Repeat("[", n), tooDeep},
		{"flow maps", strings.Repeat("{a: ", n), tooDeep},
		{"flow maps and lists", strings.Repeat("[{a: ", n), tooDeep},
		{"block lists", strings.Repeat("- ", n), tooDeep},
		{"block maps", strings.Join(func() (ls []string) {
			for i := range 500 {
				ls = append(ls, strings.Repeat(" ", i)+"k:")
			}
			return ls
		}(), "\n"), tooDeep},
		{"tags", strings.Repeat("! ", n), "too many tags and anchors in a row"},
		{"anchors", strings.Repeat("&a ", n), "too many tags and anchors in a row"},
		{"explicit keys", strings.Repeat("? ", n), "an explicit key (?) is not supported"},
		{"merge keys", strings.Repeat("<<: ", n), tooDeep},
		{"keys", numbered("k%d: v\n", 8*n), "a map with too many keys"},
		{"keys without value", numbered("k%d:\n", 8*n), "a map with too many keys"},
		{"items without value", strings.Repeat("-\n", n), "too many entries without a value"},
		{"items with comments", strings.Repeat("- # c\n", n), "too many entries without a value"},
		{"flow keys without value", "{" + numbered("k%d,", 4*n) + "z}", "too many entries without a value"},
		{"paths", strings.Repeat("k", 1000) + ":\n  [" + strings.Repeat("a,", 5*n) + "a]", "too many values below long keys"},
		{"key length", strings.Repeat("k", 1025) + ": 1", "a key of more than 1024 bytes"},
		{"tabs in quotes", `a: "` + strings.Repeat("\tx", n) + `"`, "too many tabs in long lines"},
		{"blank lines", "a: |\n  x\n" + strings.Repeat("\n", 2*n), "too many blank lines"},
		{"documents", strings.Repeat("---\n", n), "a second document in one file"},
		{"directives", strings.Repeat("%a\n", n/16), "directives are not supported"},
		{"aliases", laughs, "aliases add too much"},
		{"aliases, depth", deep, "aliases add too much"},
		{"alias of itself", "a: &a [*a]", `unknown anchor "a"`},
		{"size", strings.Repeat(" ", MaxFile+1), fmt.Sprintf("the file has %d bytes, more than %d", MaxFile+1, MaxFile)},
		{"list", strings.Repeat("- abc\n", n), ""},
		{"flow list", "[" + strings.Repeat("a,", n) + "]", ""},
		{"comments", strings.Repeat("# c\n", n), ""},
		{"depth that is allowed", strings.Repeat("[", 90) + strings.Repeat("]", 90), ""},
		{"aliases that are allowed", "a: &a [x, y]\nb: [" + strings.Repeat("*a, ", 1000) + "]", ""},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			_, problems := Parse("f", []byte(tc.text))
			got := ""
			if len(problems) > 0 {
				got = problems[0].Message
			}
			if got != tc.want {
				t.Errorf("got %.300q, want %q", got, tc.want)
			}
			if len(problems) > maxSyntax {
				t.Errorf("%d problems", len(problems))
			}
		})
	}
}
