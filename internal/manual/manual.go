// Package manual holds the guides that `labelmilter help TOPIC` prints. A
// guide is Markdown; its first line is the title. Files that a guide tells the
// reader to write stand in it as fenced blocks that begin with a comment
// "# file: NAME", so that tests run what the reader is told to do.
package manual

import (
	"embed"
	"io/fs"
	"slices"
	"strings"
)

//go:embed *.md
var guides embed.FS

// Topic is one guide.
type Topic struct {
	Name  string // as given to help
	Title string
	Text  string // Markdown
}

// Topics gives all guides by name.
func Topics() []Topic {
	var out []Topic
	names, err := fs.Glob(guides, "*.md")
	if err != nil {
		return nil // the pattern is well formed
	}
	for _, n := range names {
		if t, ok := Get(strings.TrimSuffix(n, ".md")); ok {
			out = append(out, t)
		}
	}
	slices.SortFunc(out, func(a, b Topic) int { return strings.Compare(a.Name, b.Name) })
	return out
}

// Get gives one guide.
func Get(name string) (Topic, bool) {
	b, err := guides.ReadFile(name + ".md")
	if err != nil {
		return Topic{}, false
	}
	title, _, _ := strings.Cut(string(b), "\n")
	return Topic{Name: name, Title: strings.TrimLeft(title, "# "), Text: string(b)}, true
}

// Files gives the files that the guide tells the reader to write.
func (t Topic) Files() map[string]string {
	out := map[string]string{}
	for _, b := range t.blocks() {
		first, rest, _ := strings.Cut(b, "\n")
		if name, ok := strings.CutPrefix(first, "# file: "); ok {
			out[strings.TrimSpace(name)] = rest
		}
	}
	return out
}

// blocks gives the inside of the fenced blocks.
func (t Topic) blocks() []string {
	var out []string
	parts := strings.Split("\n"+t.Text, "\n```")
	for i := 1; i < len(parts); i += 2 {
		_, inside, _ := strings.Cut(parts[i], "\n") // behind the language
		out = append(out, inside+"\n")
	}
	return out
}
