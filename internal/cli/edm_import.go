package cli

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"labelmilter/internal/assemble"
	"labelmilter/internal/edm"
	"labelmilter/internal/rulepack"
	"labelmilter/internal/strictyaml"
)

func (a *command) edmImportCmd() *cobra.Command {
	var out, id string
	var sits map[string]string
	cmd := &cobra.Command{
		Use:   "import SCHEMA.xml [RULES.xml]",
		Short: "Make a rule pack of Purview's EDM schema and rule package",
		Long: `import reads an EDM schema as Purview exports it, and a rule package with
ExactMatch types, and writes a pack: the table and its types. The types that
Purview's classifications name are looked for among the loaded packs by name and
GUID; --sit gives those of your own.`,
		Example: "  labelmilter edm import schema.xml rules.xml --sit 'Example SSN shape=example-ssn-shape' -o patients",
		Args:    cobra.RangeArgs(1, 2),
		RunE: func(_ *cobra.Command, args []string) error {
			if out == "" {
				return usage("name the folder of the pack with -o", "no output")
			}
			data, err := readSmall(args[0])
			if err != nil {
				return err
			}
			schema, notes, err := edm.ImportSchema(data)
			for _, n := range notes {
				fmt.Fprintf(a.stderr, "%s: note: %s\n", args[0], n)
			}
			if err != nil {
				return &exit{exitUsage, args[0] + ": " + err.Error(), ""}
			}
			var types []edm.ExactType
			if len(args) == 2 {
				if data, err = readSmall(args[1]); err != nil {
					return err
				}
				types, notes, err = edm.ImportRules(data)
				for _, n := range notes {
					fmt.Fprintf(a.stderr, "%s: note: %s\n", args[1], n)
				}
				if err != nil {
					return &exit{exitUsage, args[1] + ": " + err.Error(), ""}
				}
			}
			opt, _, err := a.assemble()
			if err != nil {
				return err
			}
			rs, ps := assemble.Rules(opt)
			if rs == nil {
				return a.problems(ps)
			}
			if id == "" {
				id = edm.SlugOf(filepath.Base(out))
			}
			im := importer{schema: &schema, types: types, rs: rs, sits: sits}
			text, err := im.pack()
			if err != nil {
				return err
			}
			return a.writePack(out, id, "Exact data match of "+schema.Name+", imported from Purview", text)
		},
	}
	f := cmd.Flags()
	f.StringVarP(&out, "output", "o", "", "`FOLDER` of the new pack")
	f.StringVar(&id, "id", "", "id of the pack (default: the folder's name)")
	f.StringToStringVar(&sits, "sit", nil, "`NAME=ID`: the type that a classification of the rule package means (repeatable)")
	return cmd
}

func (a *command) writePack(dir, id, description, text string) error {
	if err := os.Mkdir(dir, 0o755); err != nil {
		if errors.Is(err, os.ErrExist) {
			return &exit{exitFailed, dir + " exists", "name another folder"}
		}
		return err
	}
	meta := fmt.Sprintf("id: %s\nversion: 1.0.0\ndescription: %s\n", id, strconv.Quote(description))
	for name, data := range map[string]string{"pack.yaml": meta, "edm.yaml": text} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(data), 0o644); err != nil {
			return err
		}
	}
	fmt.Fprintf(a.stdout, "%s: pack %s\n", dir, id)
	return nil
}

// importer writes a pack of what Purview's files say.
type importer struct {
	schema *edm.Schema
	types  []edm.ExactType
	rs     *rulepack.Ruleset
	sits   map[string]string
	errs   []string
}

func (im *importer) fail(format string, args ...any) {
	im.errs = append(im.errs, fmt.Sprintf(format, args...))
}

// typeID finds the type that a classification means: by GUID, name or id.
func (im *importer) typeID(class string) string {
	if id, ok := im.sits[class]; ok {
		return id
	}
	plain := func(s string) string {
		return edm.SlugOf(strings.NewReplacer("U.S.", "US", "(SSN)", "").Replace(s))
	}
	var known []string
	for _, t := range im.rs.Types {
		if t.ID == class || t.PurviewID != "" && strings.EqualFold(t.PurviewID, strings.Trim(class, "{} ")) || strings.EqualFold(t.Name, class) || plain(t.Name) == plain(class) || t.ID == plain(class) {
			return t.ID
		}
		known = append(known, t.Name)
	}
	hint := ""
	if n, near := strictyaml.Nearest(class, known); near {
		hint = fmt.Sprintf(", did you mean %q", n)
	}
	im.fail("no loaded type is called %q%s: give --sit %s=ID", class, hint, strconv.Quote(class))
	return ""
}

func (im *importer) column(name string) string {
	if im.schema.Index(name) < 0 {
		im.fail("the schema has no field %q (it has %s)", name, strings.Join(im.schema.Names(), ", "))
	}
	return strconv.Quote(name)
}

func (im *importer) pack() (string, error) {
	var b strings.Builder
	line := func(indent int, format string, args ...any) {
		b.WriteString(strings.Repeat("  ", indent) + fmt.Sprintf(format, args...) + "\n")
	}
	found := map[string]string{} // column → type
	for _, t := range im.types {
		if t.Store != im.schema.Name {
			im.fail("%s is of the data store %q, the schema is of %q", t.Name, t.Store, im.schema.Name)
		}
		for _, p := range t.Patterns {
			if id := im.typeID(p.Classification); found[p.Column] == "" {
				found[p.Column] = id
			}
		}
	}
	s := im.schema
	line(0, "edms:")
	line(1, "- id: %s", s.ID)
	line(2, "name: %s", strconv.Quote(s.Name))
	if s.Description != "" {
		line(2, "description: %s", strconv.Quote(s.Description))
	}
	if s.Version != "" {
		line(2, "version: %s", strconv.Quote(s.Version))
	}
	line(2, "columns:")
	for _, c := range s.Columns {
		keys := []string{"name: " + strconv.Quote(c.Name), "type: " + string(c.Type)}
		add := func(set bool, text string) {
			if set {
				keys = append(keys, text)
			}
		}
		add(c.Searchable, "searchable: true")
		add(c.SingleWord, "multi_token: false")
		add(c.CaseSensitive, "case: sensitive")
		add(c.Ignore != "", "ignore: "+strconv.Quote(c.Ignore))
		add(c.Searchable && found[c.Name] != "", "found_by: "+found[c.Name])
		line(3, "- {%s}", strings.Join(keys, ", "))
	}
	if len(im.types) > 0 {
		line(0, "sits:")
	}
	for _, t := range im.types {
		im.exactType(t, line)
	}
	if len(im.errs) > 0 {
		return "", &exit{exitUsage, strings.Join(im.errs, "\n"), ""}
	}
	return b.String(), nil
}

func (im *importer) exactType(t edm.ExactType, line func(int, string, ...any)) {
	line(1, "- id: %s", t.ID)
	line(2, "name: %s", strconv.Quote(t.Name))
	if t.Description != "" {
		line(2, "description: %s", strconv.Quote(t.Description))
	}
	if t.GUID != "" {
		line(2, "purview_id: %s", t.GUID)
	}
	if t.Recommended > 0 {
		line(2, "recommended_confidence: %d", t.Recommended)
	}
	line(2, "edm: %s", im.schema.ID)
	line(2, "patterns:")
	for _, p := range t.Patterns {
		line(3, "- confidence: %d", p.Confidence)
		line(4, "match: {column: %s, sit: %s}", im.column(p.Column), im.typeID(p.Classification))
		if near := im.needs(p.Near); len(near) == 1 {
			line(4, "near: %s", near[0])
		} else if len(near) > 1 {
			line(4, "near: {all: [%s]}", strings.Join(near, ", "))
		}
		if d := max(p.Proximity, 0); d > 0 || t.Proximity > 0 {
			if d == 0 {
				d = t.Proximity
			}
			line(4, "proximity: %d", d)
		}
	}
}

func (im *importer) needs(ns []edm.ExactNeed) (out []string) {
	for _, n := range ns {
		if n.Column != "" {
			out = append(out, "{column: "+im.column(n.Column)+"}")
			continue
		}
		subs := strings.Join(im.needs(n.Any), ", ")
		switch {
		case n.None:
			out = append(out, "{none: ["+subs+"]}")
		case n.Max > 0:
			out = append(out, fmt.Sprintf("{any: [%s], min: %d, max: %d}", subs, n.Min, n.Max))
		default:
			out = append(out, fmt.Sprintf("{any: [%s], min: %d}", subs, n.Min))
		}
	}
	return out
}
