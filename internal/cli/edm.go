package cli

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"labelmilter/internal/edm"
	"labelmilter/internal/rulepack"
	"labelmilter/internal/strictyaml"
)

func (a *command) edmCmd() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "edm",
		Short: "Exact data match: build, check and explain stores",
		Long: `Exact data match finds values of a table of your own, customers say, in mail.
edm build turns the table into a store of keyed hashes; the table itself is not
needed any more and the store tells nothing without its key. See labelmilter
help exact-data-match.`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(a.edmKeyCmd(), a.edmBuildCmd(), a.edmVerifyCmd(), a.edmInfoCmd(), a.edmExplainCmd(), a.edmImportCmd())
	return cmd
}

func (a *command) edmKeyCmd() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "key",
		Short: "Make the key of stores",
		Args:  cobra.NoArgs,
		RunE:  func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	from := "-"
	imp := &cobra.Command{
		Use:     "import FILE",
		Short:   "Make a key file of a secret of at least 32 bytes",
		Long:    "import makes the key file FILE of a secret that another system keeps. The same\nsecret gives the same key on every host.",
		Example: "  vault read -field=value secret/edm | labelmilter edm key import edm.key",
		Args:    cobra.ExactArgs(1),
		RunE: func(_ *cobra.Command, args []string) error {
			r := a.stdin
			if from != "-" {
				f, err := os.Open(from)
				if err != nil {
					return err
				}
				defer f.Close()
				r = f
			}
			k, err := edm.ImportKey(r)
			if err != nil {
				return fmt.Errorf("%s: %w", from, err)
			}
			return a.writeKey(k, args[0])
		},
	}
	imp.Flags().StringVar(&from, "from", from, "`FILE` with the secret, - for standard input")
	cmd.AddCommand(imp, &cobra.Command{
		Use:     "new FILE",
		Short:   "Make a random key",
		Long:    "new writes a random key to FILE, which must not exist. Without the key a store\ncannot be read; keep a copy where the table is kept, not where the store is.",
		Example: "  labelmilter edm key new /etc/labelmilter/edm.key",
		Args:    cobra.ExactArgs(1),
		RunE:    func(_ *cobra.Command, args []string) error { return a.writeKey(edm.NewKey(), args[0]) },
	})
	return cmd
}

func (a *command) writeKey(k edm.Key, path string) error {
	if err := k.Write(path); err != nil {
		if errors.Is(err, os.ErrExist) {
			return &exit{exitFailed, path + " exists", "a key that is replaced makes its stores unreadable: choose another name"}
		}
		return err
	}
	fmt.Fprintf(a.stdout, "%s: key %s\n", path, k.Check())
	return nil
}

// readKey reads the key file that a flag names.
func readKey(path string) (edm.Key, error) {
	if path == "" {
		return edm.Key{}, usage("make a key with labelmilter edm key new FILE", "give the key file with --key")
	}
	return edm.ReadKey(path)
}

func (a *command) edmVerifyCmd() *cobra.Command {
	var key string
	cmd := &cobra.Command{
		Use:   "verify STORE...",
		Short: "Check a store against its checksums",
		Long: `verify reads the whole file: any bit that was changed is found. With --key it
also checks that the store was written by the holder of the key. It exits 3 if a
fault is found.`,
		Args: cobra.MinimumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			var k edm.Key
			var err error
			if key != "" {
				if k, err = edm.ReadKey(key); err != nil {
					return err
				}
			}
			code := exitOK
			for _, path := range args {
				bar := a.progress(path)
				err := edm.Verify(cmd.Context(), path, func(done, total int64) { bar.set("verifying", done, total) })
				bar.end()
				if err == nil && key != "" {
					_, err = edm.Open(path, k)
				}
				switch {
				case err == nil:
					fmt.Fprintf(a.stdout, "%s: sound\n", path)
				case errors.Is(err, edm.ErrDamaged), errors.Is(err, edm.ErrNotStore), errors.Is(err, edm.ErrWrongKey):
					fmt.Fprintln(a.stdout, err)
					code = max(code, exitFindings)
				default:
					fmt.Fprintf(a.stderr, "labelmilter: error: %v\n", err)
					code = exitFailed
				}
				if code == exitFailed {
					break
				}
			}
			if code != exitOK {
				return &exit{code: code}
			}
			return nil
		},
	}
	cmd.Flags().StringVar(&key, "key", "", "key `FILE` of the store")
	return cmd
}

// edmInfo is the output of edm info.
type edmInfo struct {
	Schema string `json:"schema"`
	File   string `json:"file"`
	edm.Info
	Sealed *edm.Meta `json:"sealed"` // with the key only
}

func (a *command) edmInfoCmd() *cobra.Command {
	var key string
	format := "text"
	cmd := &cobra.Command{
		Use:   "info STORE",
		Short: "Say what a store holds",
		Long:  "info shows what can be read of a store without its key, and with --key what is\nsealed: the columns, the source and when it was built.",
		Args:  cobra.ExactArgs(1),
		RunE: func(_ *cobra.Command, args []string) error {
			if err := oneOf("format", format, "text", "json"); err != nil {
				return err
			}
			i, err := edm.ReadInfo(args[0])
			if err != nil {
				return err
			}
			out := edmInfo{Schema: "labelmilter.edm/v1", File: args[0], Info: i}
			if key != "" {
				k, err := edm.ReadKey(key)
				if err != nil {
					return err
				}
				s, err := edm.Open(args[0], k)
				if err != nil {
					return err
				}
				m := s.Meta()
				out.Sealed = &m
			}
			if format == "json" {
				return json.NewEncoder(a.stdout).Encode(out)
			}
			a.printInfo(out)
			return nil
		},
	}
	cmd.Flags().StringVar(&key, "key", "", "key `FILE` of the store")
	cmd.Flags().StringVar(&format, "format", format, "output: text, json")
	return cmd
}

func (a *command) printInfo(i edmInfo) {
	line := func(name, format string, args ...any) {
		fmt.Fprintf(a.stdout, "%-12s %s\n", name, fmt.Sprintf(format, args...))
	}
	var kinds []string
	for _, t := range i.Normalisers {
		kinds = append(kinds, string(t))
	}
	line("file", "%s", i.File)
	line("format", "%d", i.Format)
	line("rows", "%d", i.Rows)
	line("columns", "%d, %d searchable: %s", i.Columns, i.Searchable, strings.Join(kinds, ", "))
	line("tags", "%d bits", i.TagBits)
	line("size", "%d bytes, %.2f a row (no form of the content is below %.2f)", i.Size, i.BytesPerRow, i.Bound)
	line("key", "%s", i.KeyCheck)
	line("digest", "%s", i.Digest)
	m := i.Sealed
	if m == nil {
		fmt.Fprintln(a.stdout, "\nColumns, source and date are sealed: give --key to see them.")
		return
	}
	line("table", "%s", m.Schema.ID)
	line("built", "%s on %s by %s", m.Built.Format(time.RFC3339), m.Host, m.Builder)
	line("source", "%s, %d bytes", m.Source, m.Bytes)
	line("skipped", "%d lines", m.Skipped)
	for _, c := range m.Schema.Columns {
		what := string(c.Type)
		if c.Searchable {
			what += ", searchable"
		}
		if c.FoundBy != "" {
			what += ", found by " + c.FoundBy
		}
		line("column", "%s: %s", c.Name, what)
	}
}

// table finds the definition of a table: in a file of its own (YAML, or
// Purview's XML), or among the tables of the loaded packs.
func (a *command) table(file, id string, rs *rulepack.Ruleset) (edm.Schema, error) {
	if file == "" {
		if s, ok := rs.Table(id); ok {
			return s, nil
		}
		var known []string
		for _, t := range rs.Tables {
			known = append(known, t.ID)
		}
		switch n, near := strictyaml.Nearest(id, known); {
		case near:
			return edm.Schema{}, usage(fmt.Sprintf("did you mean %q?", n), "no loaded pack defines the table %q", id)
		case id == "" && len(known) == 1:
			return rs.Tables[0], nil
		case id == "" && len(known) > 1:
			return edm.Schema{}, usage("name one with --table: "+strings.Join(known, ", "), "the packs define %d tables", len(known))
		}
		return edm.Schema{}, usage("give its definition with --schema FILE, or the pack with --rules DIR", "no loaded pack defines the table %q", id)
	}
	data, err := readSmall(file)
	if err != nil {
		return edm.Schema{}, err
	}
	if edm.IsXML(data) {
		s, notes, err := edm.ImportSchema(data)
		for _, n := range notes {
			fmt.Fprintf(a.stderr, "%s: note: %s\n", file, n)
		}
		if err != nil {
			return s, &exit{exitUsage, file + ": " + err.Error(), ""}
		}
		if id != "" {
			s.ID = id
		}
		return s, nil
	}
	s, ps := rulepack.ReadTable(file, data, id)
	if ps.HasErrors() {
		return s, a.problems(ps)
	}
	return s, nil
}

// readSmall reads a definition.
func readSmall(path string) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	const most = 16 << 20
	data, err := io.ReadAll(io.LimitReader(f, most+1))
	if err == nil && len(data) > most {
		err = fmt.Errorf("%s: more than %d bytes", path, most)
	}
	return data, err
}
