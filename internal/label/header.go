package label

import (
	"fmt"
	"strings"
)

// Header is the name of our own label field.
const Header = "X-Sensitivity-Label"

// FormatHeader is the value of X-Sensitivity-Label:
// `<id>; name="<name>"; catalogue=<id>; source=<source>`.
func FormatHeader(a Assignment, catalogue string) string {
	if a.Label == nil {
		return ""
	}
	name := strings.Map(func(r rune) rune {
		if r < 0x20 || r > 0x7e || r == '"' || r == '\\' {
			return -1
		}
		return r
	}, a.Label.Name)
	return fmt.Sprintf("%s; name=\"%s\"; catalogue=%s; source=%s", a.Label.ID, name, catalogue, a.Source)
}

// ParseHeader reads the id, catalogue and source of an X-Sensitivity-Label
// value; ok is false for anything we would not have written.
func ParseHeader(value string) (id ID, catalogue string, source Source, ok bool) {
	first, rest, _ := strings.Cut(value, ";")
	id = ID(strings.TrimSpace(first))
	for _, p := range strings.Split(rest, ";") {
		k, v, _ := strings.Cut(strings.TrimSpace(p), "=")
		switch k {
		case "catalogue":
			catalogue = strings.TrimSpace(v)
		case "source":
			source = Source(strings.TrimSpace(v))
		}
	}
	return id, catalogue, source, id != "" && catalogue != "" && source != ""
}
