package prove

import (
	"fmt"
	"slices"

	"labelmilter/internal/label"
	"labelmilter/internal/marking"
	"labelmilter/internal/rulepack"
)

// meanings are the kinds of fault, in the order they are reported.
var meanings = []struct{ code, text string }{
	{"no-outcome", "a marked message comes to neither a label nor a hold nor a block"},
	{"not-blocked", "a class above the ceiling is not blocked"},
	{"blocked", "a class that may pass is blocked"},
	{"below-class", "the label is below the class"},
	{"several-labels", "rules call for several labels at once"},
	{"malformed-accepted", "a marking that cannot be relied on is labelled and not held"},
	{"held", "a marking in order is held although a label stands for it"},
	{"other-class", "the label is of a higher class"},
	{"caveat-lost", "the label does not say a caveat that a label of the class could say"},
	{"imm-lost", "the label does not say the marker that decides"},
	{"marker-invented", "the label says a caveat or marker that the marking does not have"},
	{"historical", "a historical class comes to a label without a row in the table, or to another than the row's"},
	{"unconfirmed", "a class of another scheme labels the message without a confirmed row"},
}

// world is what the outcome of a case follows from.
type world struct {
	rs      *rulepack.Ruleset
	cat     *label.Catalogue
	scheme  marking.Scheme
	ceiling string
	imms    label.IMMMode
	mapping label.Mapping
	others  []string // further schemes that decide
}

func newWorld(rs *rulepack.Ruleset) *world {
	w := &world{rs: rs, cat: rs.Catalogue, ceiling: marking.Protected, imms: label.IMMFirst}
	id := marking.SchemeAU
	if m := rs.Markings; m != nil {
		id, w.ceiling, w.mapping = m.Scheme, m.Ceiling, m.Mapping
		if m.Mapping.IMMs != "" {
			w.imms = m.Mapping.IMMs
		}
		for _, s := range marking.SchemeIDs(false) {
			if s != id && m.Reader.Reads(s) && !slices.Contains(m.Mapping.Claims, s) {
				w.others = append(w.others, s)
			}
		}
	}
	w.scheme, _ = marking.FindScheme(id)
	return w
}

func (w *world) rank(class string) int {
	r, _ := marking.ClassRank(w.scheme.ID, class)
	return r
}

// says is the marking that a label, or the nearest above it in the table of
// parents, stands for.
func (w *world) says(id label.ID) label.Marking {
	for range 16 {
		l, ok := w.cat.Get(id)
		if !ok {
			break
		}
		if l.Marking.Classification != "" {
			return l.Marking
		}
		id = l.Parent
	}
	return label.Marking{}
}

type bad struct{ code, want string }

// check compares what a case came to with what it should.
func (w *world) check(c *Case, g Got) []bad {
	if c.Scheme != w.scheme.ID {
		return w.checkOther(c, g)
	}
	var out []bad
	fault := func(code, format string, args ...any) { out = append(out, bad{code, fmt.Sprintf(format, args...)}) }
	above := w.rank(c.Class) > w.rank(w.ceiling)
	if c.past {
		w.checkPast(c, g, fault)
		return out
	}
	want := w.want(c)
	floor := ""
	if c.Class != "" {
		floor = fmt.Sprintf(" with a floor of at least %s", c.Class)
	}
	switch {
	case above && g.Outcome == label.Block:
		return nil
	case above:
		fault("not-blocked", "block")
	case g.Outcome == label.Block:
		fault("blocked", "%s", want)
	case c.malformed && g.Outcome != label.Hold:
		fault("malformed-accepted", "hold%s", floor)
	case !c.malformed && g.Outcome == label.None:
		fault("no-outcome", "%s", want)
	case !c.malformed && g.Outcome == label.Hold && want != "hold":
		fault("held", "%s", want)
	}
	if len(g.Others) > 0 {
		fault("several-labels", "%s", want)
	}
	if g.Label == "" || c.Class == "" {
		return out
	}
	said := w.says(g.Label)
	switch have, need := w.rank(said.Classification), w.rank(c.Class); {
	case have < need:
		fault("below-class", "%s", want)
		return out
	case have > need && c.DLM == "":
		fault("other-class", "%s", want)
		return out
	}
	if c.malformed || above || c.DLM != "" || g.Outcome != label.Labelled {
		return out
	}
	expect := w.says(label.ID(want))
	if !within(said.Caveats, c.Caveats) || !within(said.IMMs, c.IMMs) {
		fault("marker-invented", "%s", want)
	}
	if !slices.Equal(said.Caveats, expect.Caveats) {
		fault("caveat-lost", "%s", want)
	} else if !slices.Equal(said.IMMs, expect.IMMs) {
		fault("imm-lost", "%s", want)
	}
	return out
}

// want is the outcome of a marking, in words: block, hold or a label's id.
func (w *world) want(c *Case) string {
	switch {
	case w.rank(c.Class) > w.rank(w.ceiling):
		return "block"
	case c.malformed:
		return "hold"
	case c.Class == "":
		return "hold, or the label of a row"
	}
	caveat := ""
	for _, cv := range slices.Concat([]string{marking.CaveatCabinet, marking.CaveatNationalCabinet}, c.Caveats) {
		if slices.Contains(c.Caveats, cv) && len(w.group(c.Class, cv)) > 0 {
			caveat = cv
			break
		}
	}
	group := w.group(c.Class, caveat)
	var base label.ID
	rank := -1
	for _, l := range group {
		if len(l.Marking.IMMs) == 0 && base == "" {
			base = l.ID
		}
	}
	best := base
	for _, imm := range c.IMMs {
		for _, l := range group {
			if !slices.Equal(l.Marking.IMMs, []string{imm}) {
				continue
			}
			if w.imms != label.IMMHighest && rank < 0 || w.imms == label.IMMHighest && l.Rank > rank {
				best, rank = l.ID, l.Rank
			}
		}
	}
	if w.imms == label.IMMAll && len(c.IMMs) > 0 {
		for _, l := range group {
			if len(l.Marking.IMMs) == len(distinct(c.IMMs)) && within(c.IMMs, l.Marking.IMMs) {
				return string(l.ID)
			}
		}
		return "hold"
	}
	if best == "" {
		return "hold"
	}
	return string(best)
}

// group gives the labels of a class with exactly one caveat, or none.
func (w *world) group(class, caveat string) []label.Label {
	var out []label.Label
	for _, l := range w.cat.Labels() {
		m := l.Marking
		if m.Classification == class && (caveat == "" && len(m.Caveats) == 0 || caveat != "" && slices.Equal(m.Caveats, []string{caveat})) {
			out = append(out, l)
		}
	}
	return out
}

// within reports whether all of a is in b.
func within(a, b []string) bool { return subset(a, b) }

func distinct(s []string) []string {
	var out []string
	for _, x := range s {
		if !slices.Contains(out, x) {
			out = append(out, x)
		}
	}
	return out
}

// checkPast judges a historical class: held, or labelled by its row.
func (w *world) checkPast(c *Case, g Got, fault func(code, format string, args ...any)) {
	var row label.ID
	keys := marking.HistoricalKeys(c.Class)
	if w.scheme.ID != marking.SchemeAU {
		keys = []string{c.Class}
	}
	for _, k := range keys {
		if id, ok := w.mapping.Historical[k]; ok {
			row = id
			break
		}
	}
	switch {
	case g.Outcome == label.Hold:
	case g.Outcome == label.None && c.Form == InBody && row == "": // a word in running text
	case g.Outcome == label.None:
		fault("no-outcome", "hold, or the label of a row")
	case row == "":
		fault("historical", "hold")
	case g.Outcome == label.Labelled && g.Label != row:
		fault("historical", "%s", row)
	}
}

// checkOther judges a marking of another scheme by the table of equivalence.
func (w *world) checkOther(c *Case, g Got) []bad {
	i := slices.IndexFunc(w.mapping.Equivalence, func(e label.Equivalence) bool {
		return e.Scheme == c.Scheme && e.Namespace == "" && e.Classification == c.Class
	})
	if i < 0 {
		if g.Outcome != label.Hold && !(c.past && c.Form == InBody && g.Outcome == label.None) {
			return []bad{{"unconfirmed", "hold"}}
		}
		return nil
	}
	row := w.mapping.Equivalence[i]
	if row.Class != "" && w.rank(row.Class) > w.rank(w.ceiling) {
		if g.Outcome != label.Block {
			return []bad{{"not-blocked", "block"}}
		}
		return nil
	}
	need := w.rank(row.Class)
	if row.Label != "" {
		need = w.rank(w.says(row.Label).Classification)
	}
	var out []bad
	want := label.Hold
	if row.Confirmed && !c.malformed {
		want = label.Labelled
	}
	if g.Outcome != want {
		code := "unconfirmed"
		if want == label.Labelled {
			code = "held"
		}
		out = append(out, bad{code, string(want)})
	}
	if w.rank(w.says(g.Label).Classification) < need {
		out = append(out, bad{"below-class", string(want)})
	}
	return out
}
