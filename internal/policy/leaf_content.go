package policy

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"labelmilter/internal/budget"
	"labelmilter/internal/detect"
	"labelmilter/internal/extract"
	"labelmilter/internal/label"
	"labelmilter/internal/marking"
	"labelmilter/internal/sit"
)

// SIT is `sit:`: distinct values of sensitive information types.
type SIT struct {
	Types     []SITType
	MinUnique int // default 1
	MaxUnique int // 0 = no upper bound
	PerPart   bool
	Where     []extract.Where // where the findings stand; none: anywhere
}

// SITType is a type with the confidence its findings must have at least.
type SITType struct {
	ID            string
	MinConfidence int
}

// Wants reports a finding that the condition counts.
func (c SIT) Wants(f detect.Finding) bool {
	return slices.ContainsFunc(c.Types, func(t SITType) bool { return t.ID == f.Type && f.Confidence >= t.MinConfidence })
}

func (c SIT) eval(e *Evaluation) set {
	if c.MinUnique > 0 && !e.tracing() {
		most := 0 // no more distinct values than this
		for _, t := range c.Types {
			for _, i := range e.ofType(t.ID) {
				most += max(len(e.Findings[i].Instances), e.Findings[i].Unique)
			}
		}
		if most < c.MinUnique {
			return e.none()
		}
	}
	counts := map[string]map[string]bool{} // part ("" unless PerPart) → type + value
	for k, t := range c.Types {
		if slices.ContainsFunc(c.Types[:k], func(x SITType) bool { return x.ID == t.ID }) {
			continue // counted with the first of the name
		}
		for _, i := range e.ofType(t.ID) {
			f := &e.Findings[i]
			if !c.Wants(*f) || len(c.Where) > 0 && !slices.Contains(c.Where, f.Where) {
				continue
			}
			part := ""
			if c.PerPart {
				part = f.Part + "\x00" + string(f.Where)
			}
			if counts[part] == nil {
				counts[part] = map[string]bool{}
			}
			for _, v := range distinct(*f) {
				counts[part][f.Type+"\x00"+v] = true
			}
		}
	}
	best := 0
	for _, part := range sortedKeys(counts) {
		n := len(counts[part])
		best = max(best, n)
		if n >= c.MinUnique && (c.MaxUnique == 0 || n <= c.MaxUnique) {
			e.saw("%d distinct values", n)
			return e.all()
		}
	}
	e.saw("%d distinct values", best)
	// "at most n" of nothing holds when the lower bound allows nothing.
	return e.whole(c.MinUnique == 0 && best == 0)
}

// ofType gives the indices of the findings of a type.
func (e *Evaluation) ofType(id string) []int {
	if e.types == nil {
		e.types = make(map[string][]int, len(e.Findings))
		for i, f := range e.Findings {
			e.types[f.Type] = append(e.types[f.Type], i)
		}
	}
	return e.types[id]
}

// distinct gives keys for the distinct values of a finding. Reveal: the
// values are compared and forgotten.
func distinct(f detect.Finding) []string {
	if len(f.Rows) > 0 {
		out := make([]string, len(f.Rows))
		for i, r := range f.Rows {
			out[i] = strconv.FormatUint(r, 36)
		}
		return out
	}
	if len(f.Instances) == 0 {
		out := make([]string, f.Unique)
		for i := range out {
			out[i] = fmt.Sprintf("%s/%s/%d", f.Part, f.Where, i)
		}
		return out
	}
	out := make([]string, 0, len(f.Instances))
	for _, i := range f.Instances {
		out = append(out, i.Normal.Reveal())
	}
	return out
}

// MarkingIs is `marking:`: a protective marking read in the message fits all
// that is set.
type MarkingIs struct {
	Scheme, Classification, IMM, Caveat, Diagnostic, Source []string
}

func (c MarkingIs) eval(e *Evaluation) set {
	e.saw("%d markings", len(e.Markings))
	for _, m := range e.Markings {
		if c.fits(m) {
			return e.all()
		}
	}
	return e.none()
}

func (c MarkingIs) fits(m marking.Marking) bool {
	if len(c.Source) > 0 {
		if !slices.Contains(c.Source, string(m.Source)) {
			return false
		}
	} else if m.Use != marking.Own {
		return false
	}
	in := func(want []string, have ...string) bool {
		return len(want) == 0 || slices.ContainsFunc(have, func(h string) bool { return slices.Contains(want, h) })
	}
	var codes []string
	for _, d := range m.Diagnostics {
		codes = append(codes, string(d.Code))
	}
	return in(c.Scheme, string(m.Scheme)) && in(c.Classification, string(m.Classification)) && in(c.IMM, m.IMMs...) &&
		in(c.Caveat, m.Caveats...) && in(c.Diagnostic, codes...)
}

// LabelIs is `label:`. Block, and hold without a label, rank above every label.
type LabelIs struct {
	Is           []label.ID
	AtLeast      *label.Label
	AtMost       *label.Label
	BelowContent bool // below what content or documents call for
}

func (c LabelIs) eval(e *Evaluation) set {
	a := e.Label
	have := "no label"
	if a.Label != nil {
		have = string(a.Label.ID)
	}
	e.saw("%s, outcome %s", have, a.Outcome)
	return e.whole(c.fits(a))
}

func (c LabelIs) fits(a label.Assignment) bool {
	if len(c.Is) > 0 && (a.Label == nil || a.Outcome == label.Block || !slices.Contains(c.Is, a.Label.ID)) {
		return false
	}
	if c.AtLeast != nil && !a.AtLeast(c.AtLeast.Rank) {
		return false
	}
	if c.AtMost != nil && !a.AtMost(c.AtMost.Rank) {
		return false
	}
	if c.BelowContent && a.Mismatch == nil {
		return false
	}
	return true
}

// Unlabelled is `unlabelled:`.
type Unlabelled struct{ Want bool }

func (c Unlabelled) eval(e *Evaluation) set {
	return e.whole((e.Label.Outcome == label.None || e.Label.Outcome == "") == c.Want)
}

// OutcomeIs is `outcome:`.
type OutcomeIs struct{ Of []label.Outcome }

func (c OutcomeIs) eval(e *Evaluation) set {
	e.saw("%s", e.Label.Outcome)
	return e.whole(slices.Contains(c.Of, e.Label.Outcome))
}

// ConflictIs is `conflict:`.
type ConflictIs struct{ Of []string }

func (c ConflictIs) eval(e *Evaluation) set {
	return e.whole(slices.ContainsFunc(e.Label.Conflicts, func(x label.Conflict) bool { return slices.Contains(c.Of, x.Code) }))
}

// Inspection is `inspection:`: what was not fully inspected.
type Inspection struct {
	Incomplete *bool
	Reasons    []budget.Reason
}

func (c Inspection) eval(e *Evaluation) set {
	skipped := e.Skipped
	if !e.inPart { // what matching itself could not finish is of no attachment
		skipped = slices.Concat(e.Skipped, e.skips)
	}
	e.saw("%d parts not fully inspected", len(skipped))
	if c.Incomplete != nil && *c.Incomplete != (len(skipped) > 0) {
		return e.none()
	}
	if len(c.Reasons) == 0 {
		return e.whole(c.Incomplete != nil)
	}
	return e.whole(slices.ContainsFunc(skipped, func(s budget.Skip) bool { return slices.Contains(c.Reasons, s.Reason) }))
}

func (c SIT) String() string {
	var types []string
	for _, t := range c.Types {
		types = append(types, fmt.Sprintf("%s at %s confidence", t.ID, sit.Level(t.MinConfidence)))
	}
	s := fmt.Sprintf("sit: {type: [%s], min_unique: %d", strings.Join(types, ", "), c.MinUnique)
	if c.MaxUnique > 0 {
		s += fmt.Sprintf(", max_unique: %d", c.MaxUnique)
	}
	if c.PerPart {
		s += ", per: part"
	}
	if len(c.Where) > 0 {
		s += fmt.Sprintf(", where: %v", c.Where)
	}
	return s + "}"
}

func (c MarkingIs) String() string {
	var out []string
	for _, kv := range []struct {
		k string
		v []string
	}{{"scheme", c.Scheme}, {"classification", c.Classification}, {"imm", c.IMM}, {"caveat", c.Caveat}, {"diagnostic", c.Diagnostic}, {"source", c.Source}} {
		if len(kv.v) > 0 {
			out = append(out, kv.k+": ["+strings.Join(kv.v, ", ")+"]")
		}
	}
	return "marking: {" + strings.Join(out, ", ") + "}"
}

func (c LabelIs) String() string {
	var out []string
	if len(c.Is) > 0 {
		out = append(out, fmt.Sprintf("is: %v", c.Is))
	}
	if c.AtLeast != nil {
		out = append(out, "at_least: "+string(c.AtLeast.ID))
	}
	if c.AtMost != nil {
		out = append(out, "at_most: "+string(c.AtMost.ID))
	}
	if c.BelowContent {
		out = append(out, "below_content: true")
	}
	return "label: {" + strings.Join(out, ", ") + "}"
}

func (c Unlabelled) String() string { return fmt.Sprintf("unlabelled: %v", c.Want) }
func (c OutcomeIs) String() string  { return fmt.Sprintf("outcome: %v", c.Of) }
func (c ConflictIs) String() string { return "conflict: [" + strings.Join(c.Of, ", ") + "]" }

func (c Inspection) String() string {
	var out []string
	if c.Incomplete != nil {
		out = append(out, fmt.Sprintf("incomplete: %v", *c.Incomplete))
	}
	if len(c.Reasons) > 0 {
		out = append(out, fmt.Sprintf("reason: %v", c.Reasons))
	}
	return "inspection: {" + strings.Join(out, ", ") + "}"
}
