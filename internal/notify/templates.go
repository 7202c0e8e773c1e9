package notify

import (
	"embed"
	"io/fs"
	"path"
	"strings"

	"labelmilter/internal/policy"
)

//go:embed templates/*.txt
var texts embed.FS

// builtIn are the templates that come with the program: files ID.LANGUAGE.txt,
// the subject in the first line.
var builtIn = load()

func load() []policy.Template {
	var out []policy.Template
	names, err := fs.Glob(texts, "templates/*.txt")
	if err != nil {
		return nil // the pattern is well formed
	}
	for _, name := range names {
		b, err := texts.ReadFile(name)
		if err != nil {
			continue
		}
		id, lang, _ := strings.Cut(strings.TrimSuffix(path.Base(name), ".txt"), ".")
		subject, text, _ := strings.Cut(string(b), "\n")
		out = append(out, policy.Template{ID: id, Language: lang, Subject: subject, Text: strings.TrimLeft(text, "\n")})
	}
	return out
}
