package cli

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"labelmilter/internal/label"
	"labelmilter/internal/message"
	"labelmilter/internal/output"
	"labelmilter/internal/pipeline"
	"labelmilter/internal/replay"
	"labelmilter/internal/verdict"
)

// diffLine is the JSON line of a message whose decision changes.
type diffLine struct {
	Schema  string       `json:"schema"`
	File    string       `json:"file"`
	Changed []diffChange `json:"changed"`
}

type diffChange struct {
	Path string `json:"path"`
	Old  string `json:"old"`
	New  string `json:"new"`
}

// diff judges every message by two rule sets and lists what changes.
func (a *command) diff(cmd *cobra.Command, args []string, j *judgeFlags, oldDir, newDir string) error {
	o, err := j.options(cmd, a)
	if err != nil {
		return err
	}
	if j.format == "junit" {
		return usage("use --format text or json", "--diff has no JUnit form")
	}
	var sides [2]*pipelines
	for i, dir := range []string{oldDir, newDir} {
		side := *a
		side.rules.dirs, side.rules.packs = []string{dir}, nil
		if sides[i], err = side.pipelines(j); err != nil {
			return err
		}
	}
	failOn := strings.Split(j.failOn, ",")
	for _, w := range failOn {
		if w = strings.TrimSpace(w); w != "" {
			if err := oneOf("fail-on", w, "changed", "changed:block", "changed:label", "changed:verdict"); err != nil {
				return err
			}
		}
	}
	items := replay.Walk(args)
	o.Message = message.Options{Limits: sides[0].proto.Limits}
	text := output.NewPrinter(a.stdout, a.colored(a.stdout))
	enc := json.NewEncoder(a.stdout)
	enc.SetEscapeHTML(false)
	changed, broken, hit := 0, 0, false
	for _, it := range items {
		var r [2]replay.Outcome
		for i := range sides {
			o.Pipelines = sides[i]
			r[i] = replay.Judge(cmd.Context(), it, o)
		}
		if err := cmp2(r[0].Err, r[1].Err); err != nil {
			broken++
			fmt.Fprintf(a.stderr, "labelmilter: error: %v\n", err)
			continue
		}
		ch := changes(r[0].Result, r[1].Result)
		if len(ch) == 0 {
			continue
		}
		changed++
		hit = hit || diffHits(failOn, r[0].Result, r[1].Result)
		if j.format == "json" {
			if err := enc.Encode(diffLine{"labelmilter.diff/v1", it.File, ch}); err != nil {
				return err
			}
			continue
		}
		text.Line("%s", it.File)
		for _, c := range ch {
			text.Line("    %s: %s -> %s", c.Path, text.Bad(c.Old), text.Good(c.New))
		}
	}
	if j.format == "text" {
		text.Line("%d messages, %d decisions change", len(items), changed)
	}
	switch {
	case text.Err() != nil:
		return text.Err()
	case broken > 0:
		return &exit{exitFailed, fmt.Sprintf("%d of %d could not be judged", broken, len(items)), ""}
	case hit:
		return &exit{code: exitFindings}
	}
	return nil
}

func cmp2(a, b error) error {
	if a != nil {
		return a
	}
	return b
}

// changes lists what differs between two decisions.
func changes(a, b pipeline.Result) []diffChange {
	var out []diffChange
	add := func(path, x, y string) {
		if x != y {
			out = append(out, diffChange{path, x, y})
		}
	}
	add("outcome", string(a.Outcome), string(b.Outcome))
	add("label", labelID(a), labelID(b))
	add("verdict", string(a.Verdict.Disposition), string(b.Verdict.Disposition))
	add("verdict.winning_rule", a.Verdict.WinningRule, b.Verdict.WinningRule)
	add("rules", ruleNames(a), ruleNames(b))
	add("findings", findingNames(a), findingNames(b))
	add("modifications", modificationText(a), modificationText(b))
	return out
}

func labelID(r pipeline.Result) string {
	if r.Label == nil || r.Label.ID == "" {
		return "none"
	}
	return string(r.Label.ID)
}

func ruleNames(r pipeline.Result) string {
	var out []string
	for _, x := range r.Rules {
		out = append(out, fmt.Sprintf("%s/%s (%s)", x.Policy, x.Rule, x.Mode))
	}
	return strings.Join(out, ", ")
}

func findingNames(r pipeline.Result) string {
	var out []string
	for _, f := range r.Findings {
		out = append(out, fmt.Sprintf("%s %d×%d", f.Type, f.Unique, f.Confidence))
	}
	slices.Sort(out)
	return strings.Join(out, ", ")
}

func modificationText(r pipeline.Result) string {
	var out []string
	for _, m := range r.Modifications {
		out = append(out, output.Modification(m))
	}
	return strings.Join(out, "; ")
}

// diffHits reports whether a change is one that --fail-on names.
func diffHits(failOn []string, a, b pipeline.Result) bool {
	blocks := func(r pipeline.Result) bool {
		return r.Verdict.Disposition != verdict.Accept || r.Outcome == label.Block
	}
	for _, w := range failOn {
		switch strings.TrimSpace(w) {
		case "changed":
			return true
		case "changed:block":
			if blocks(a) != blocks(b) {
				return true
			}
		case "changed:label":
			if labelID(a) != labelID(b) || a.Outcome != b.Outcome {
				return true
			}
		case "changed:verdict":
			if a.Verdict.Disposition != b.Verdict.Disposition {
				return true
			}
		}
	}
	return false
}
