package config

import (
	"os/exec"
	"path/filepath"
	"strings"

	"labelmilter/internal/strictyaml"
)

// checker looks at what types alone do not show, brings names and paths into
// canonical form, and reports at the places of the values.
type checker struct {
	d     *strictyaml.Decoder
	root  *strictyaml.Node
	dir   string
	c     *Config
	whole bool // no lines were left out because of syntax errors
}

func (k *checker) all() {
	k.listeners()
	k.organisation()
	k.directory()
	k.rules()
	k.labels()
	k.edm()
	k.limits()
	k.helpers()
	k.state()
	k.admin()
	k.notices()
}

// at is the node of a key, else that of the nearest map around it.
func (k *checker) at(path ...string) *strictyaml.Node {
	n := k.root
	for _, key := range path {
		next := n.Get(key)
		if next == nil {
			break
		}
		n = next
	}
	return n
}

// given is the node of a key, nil if it is not there or has no value.
func given(n *strictyaml.Node, path ...string) *strictyaml.Node {
	for _, key := range path {
		n = n.Get(key)
	}
	if n == nil || n.Kind() == strictyaml.Null {
		return nil
	}
	return n
}

// elements are the elements of a list, or the one value that stands for it.
func elements(n *strictyaml.Node) []*strictyaml.Node {
	switch {
	case n == nil:
		return nil
	case n.Kind() == strictyaml.Seq:
		return n.Items()
	}
	return []*strictyaml.Node{n}
}

// each calls f for each value of a decoded list of scalars with its node; what
// f gives back replaces the value.
func (k *checker) each(values []string, list *strictyaml.Node, f func(n *strictyaml.Node, value string) string) {
	for i, n := range elements(list) {
		if i < len(values) && n.IsScalar() && n.Kind() != strictyaml.Null {
			values[i] = f(n, values[i])
		}
	}
}

// once reports a value that stood there before.
func (k *checker) once(seen map[string]int, n *strictyaml.Node, what, value string) {
	if line, dup := seen[value]; dup {
		k.d.Problem(n, "remove one of the two", "%s %q stands in line %d already", what, value, line)
		return
	}
	seen[value] = n.Pos().Line
}

// path resolves a path from the folder of the file.
func (k *checker) path(n *strictyaml.Node, p string) string {
	switch {
	case p == "":
		return ""
	case strings.ContainsRune(p, 0):
		k.d.Problem(n, "", "a path with a NUL character")
		return ""
	case strings.HasPrefix(p, "~"):
		k.d.Problem(n, "write the whole path", "%q: ~ is not expanded", p)
		return p
	case !filepath.IsAbs(p):
		p = filepath.Join(k.dir, p)
	}
	return filepath.Clean(p)
}

func (k *checker) state() {
	n := k.at("state_dir")
	if given(k.root, "state_dir") != nil && n.Kind() == strictyaml.String && n.Text() == "" {
		k.d.Problem(n, "leave the key out for /var/lib/labelmilter", "state_dir must not be empty")
		return
	}
	k.c.StateDir = k.path(n, k.c.StateDir)
	if s := k.c.StateDir; s != "" && s[0] != '~' && !filepath.IsAbs(s) {
		k.d.Problem(n, "", "state_dir %q is not absolute", k.c.StateDir)
	}
}

// limits checks that a part of a whole is not larger than it.
// helpers look at the programs of extraction.
func (k *checker) helpers() {
	for i, n := range elements(given(k.root, "extract", "helper")) {
		if i >= len(k.c.Extract.Helper) {
			return
		}
		h := &k.c.Extract.Helper[i]
		k.each(h.Types, n.Get("types"), func(n *strictyaml.Node, v string) string {
			if strings.Count(v, "/") != 1 {
				k.d.Problem(n, "write a type as image/png or image/*", "%q is not a media type", v)
			}
			return strings.ToLower(v)
		})
		if len(h.Command) == 0 || h.Command[0] == "" {
			continue // required
		}
		if _, err := exec.LookPath(h.Command[0]); err != nil {
			k.d.Warn(n.Get("command"), "install it, or give its full path", "helper program %q is not found", h.Command[0])
		}
	}
}

func (k *checker) limits() {
	l := k.c.Limits
	for _, x := range []struct {
		part, whole string
		a, b        strictyaml.Size
	}{
		{"expanded_part", "expanded_total", l.ExpandedPart, l.ExpandedTotal},
		{"text_part", "text_total", l.TextPart, l.TextTotal},
		{"metadata_value", "metadata_total", l.MetadataValue, l.MetadataTotal},
		{"header_report", "header", l.HeaderReport, l.Header},
		{"header", "message", l.Header, l.Message},
	} {
		n := given(k.root, "limits", x.part)
		if n == nil {
			n = k.at("limits", x.whole)
		}
		if x.a > x.b {
			k.d.Problem(n, "", "limits: %s (%s) is more than %s (%s)", x.part, x.a, x.whole, x.b)
		}
	}
	t := k.c.Milter.Timeouts
	if t.ProgressFirst >= t.Message || t.ProgressEvery >= t.Message {
		k.d.Problem(k.at("milter", "timeouts", "message"), "", "timeouts: message (%s) is not more than progress_first and progress_every", t.Message)
	}
}
