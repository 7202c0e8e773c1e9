package prove

import (
	"encoding/json"
	"fmt"
	"io"
	"strings"

	"labelmilter/internal/label"
)

// Schema names the version of the report's JSON form.
const Schema = "labelmilter.prove/v1"

// JSON writes the report as one line.
func (r Report) JSON(w io.Writer) error {
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	return enc.Encode(struct {
		Schema string `json:"schema"`
		OK     bool   `json:"ok"`
		Report
	}{Schema, r.OK(), r})
}

// counts says how many cases came to which outcome.
func (r Report) counts() string {
	return fmt.Sprintf("%d cases: %d labelled, %d held, %d blocked, %d without outcome", r.Cases,
		r.Outcomes[label.Labelled], r.Outcomes[label.Hold], r.Outcomes[label.Block], r.Outcomes[label.None])
}

// shown is what a case came to in words.
func (g Got) shown() string {
	s := string(g.Outcome)
	if g.Outcome == label.Labelled {
		s = string(g.Label)
	} else if g.Label != "" {
		s += ", floor " + string(g.Label)
	}
	if len(g.Others) > 0 {
		s += " (also called for: " + strings.Join(g.Others, ", ") + ")"
	}
	return s
}

// oneLine shows folds and tabs of a marking.
func oneLine(s string) string {
	return strings.NewReplacer("\n", `\n`, "\t", `\t`).Replace(s)
}

// Text writes the report for people: the counts and, of a proof that fails,
// each kind of fault with its smallest counterexample.
func (r Report) Text(w io.Writer) error {
	if _, err := fmt.Fprintf(w, "%s (%s): %s\n", strings.Join(r.Packs, ", "), r.Scheme, r.counts()); err != nil {
		return err
	}
	if r.OK() {
		_, err := fmt.Fprintln(w, "proved: each comes to exactly one outcome, none to a label below its class")
		return err
	}
	f, e, _ := r.Smallest()
	if _, err := fmt.Fprintf(w, "not proved: %d cases fail\nsmallest counterexample, %s: %s\n  got %s, want %s: %s\n",
		r.Failed, e.Form, oneLine(e.Marking), e.Got.shown(), e.Want, f.Meaning); err != nil {
		return err
	}
	for _, f := range r.Faults {
		e := f.Examples[0]
		if _, err := fmt.Fprintf(w, "%-20s %6d  %s\n%28s%s: %s → %s, want %s\n", f.Code, f.Count, f.Meaning, "",
			e.Form, oneLine(e.Marking), e.Got.shown(), e.Want); err != nil {
			return err
		}
	}
	return nil
}

// rows bounds the counterexamples of one kind in a document.
const rows = 25

// Markdown writes the counterexamples as a document.
func (r Report) Markdown(w io.Writer) error {
	var b strings.Builder
	fmt.Fprintf(&b, "# Counterexamples: %s\n\n", strings.Join(r.Packs, ", "))
	fmt.Fprintf(&b, "Written by `labelmilter rules prove %s --format markdown`.\n\n%s. %d fail.\n\n", strings.Join(r.Packs, " "), r.counts(), r.Failed)
	b.WriteString("A counterexample is listed if none of its parts makes one of the same kind alone.\n")
	for _, f := range r.Faults {
		fmt.Fprintf(&b, "\n## %s\n\n%s: %d cases.\n\n| place | marking | comes to | should be |\n|---|---|---|---|\n", f.Code, upperFirst(f.Meaning), f.Count)
		for _, e := range f.Examples[:min(len(f.Examples), rows)] {
			fmt.Fprintf(&b, "| %s | `%s` | %s | %s |\n", e.Form, oneLine(e.Marking), e.Got.shown(), e.Want)
		}
		if n := len(f.Examples) - rows; n > 0 {
			more := ""
			if len(f.Examples) == maxExamples {
				more = " or more"
			}
			fmt.Fprintf(&b, "\nand %d%s.\n", n, more)
		}
	}
	_, err := io.WriteString(w, b.String())
	return err
}

func upperFirst(s string) string { return strings.ToUpper(s[:1]) + s[1:] }
