package detect

import (
	"slices"
	"strings"

	"labelmilter/internal/detect/automaton"
	"labelmilter/internal/edm"
	"labelmilter/internal/extract"
	"labelmilter/internal/match"
	"labelmilter/internal/match/fold"
)

// plan is what definitions compile to, before any choice of how to run it.
// Reference and Engine share it, and nothing else about finding.
type plan struct {
	table    *fold.Table
	types    []typ
	patterns []pattern
	atoms    []atom
	matchers []matcher
	lists    []list
	allow    func(typ, normal string) bool
	tables   []edm.Schema // of exact data match
	probes   []probe
	probesOf [][]int32 // per pattern: what looks up its matches
	labels   []string  // names of evidence
	slots    int       // primary elements that something joins
	leaves   int       // needs with atoms
}

// typ is a type or bundle.
type typ struct {
	id, name, kind string
	patterns       []int // into plan.patterns; a bundle shares its members'
	bundle         bool
	fields         []string // header fields in which it never counts
}

// excludes reports whether the type never counts in a text.
func (t *typ) excludes(x *extract.Text) bool {
	return len(t.fields) > 0 && x.Where == extract.InHeader &&
		slices.ContainsFunc(t.fields, func(name string) bool { return strings.EqualFold(name, x.Name) })
}

// pattern is one way to find a type.
type pattern struct {
	owner      int   // type that defines it
	owners     []ref // types that count it: its own and bundles
	index      int   // in its type
	confidence int
	primaries  []int      // atoms; several if it names several keyword lists
	before     []step     // what joins a primary element
	after      []step     // on either side
	sides      [2]int     // both directions, first the one that fails sooner
	slot       int        // of the first primary element, among those that something joins
	exclude    *exclusion // of the match with all that joins it; nil if nothing can
	near       *need      // nil: none needed
	proximity  int        // characters, sit.Unlimited
	probe      int        // exact data match: what finds it; -1 if it has primary elements
}

// ref says that a pattern counts for a type, under which index.
type ref struct{ typ, index int }

// need is a node of the tree of supporting elements: all of its parts hold.
type need struct {
	all      []*need
	any      []*need
	min, max int
	none     []*need
	atom     int   // -1 if none
	column   int   // of the table's row, from 1; 0 if none
	evidence int32 // its label
	number   int32 // of those with atoms
}

// atom is one distinct thing to be found: a matcher or a list with checks.
type atom struct {
	matcher int // -1 for a list
	list    int // -1 for a matcher
	checks  []func(string) bool
	checked int32 // number of the list of checks, 0 if there are none
	exclude []*exclusion
	// hopeless tell of a match whether checks refuse it and all shorter ones.
	hopeless []func(string) bool

	refusals []string // what to say when a check fails
}

// matcher is one distinct regex with its boundary.
type matcher struct {
	expr   string
	free   bool // sit.BoundaryWord
	lane   match.Lane
	linear string          // what prog was compiled from
	prog   *automaton.Prog // of the superset in the look-around lane
	verify *match.Verifier
	min    int
	max    int // -1 if unbounded
	size   int
}

// list is one keyword list.
type list struct {
	id      string
	words   []string // folded
	strings bool
	cased   bool
}

// view is one folded text.
type view struct{ fold.Text }

func (v *view) set(table *fold.Table, s string) {
	table.Fold(&v.Text, s)
	v.Unwrap()
}

// span gives the place of a match in the original, in bytes.
func (v *view) span(o occurrence) occurrence {
	from, to := v.Span(int(o.start), int(o.end))
	return occurrence{int32(from), int32(to)}
}

// occurrence is a place where an atom was found, in shadow offsets.
type occurrence struct{ start, end int32 }

// gap is the number of characters between two places, 0 if they touch or
// overlap.
func (o occurrence) gap(p occurrence) int {
	return max(int(o.start-p.end), int(p.start-o.end), 0)
}

func (o occurrence) overlaps(p occurrence) bool { return o.start < p.end && p.start < o.end }

// supports reports whether evidence of atom a at e may support a primary
// element at p.
func (pl *plan) supports(a int, e, p occurrence, proximity int) bool {
	if proximity >= 0 && e.gap(p) > proximity {
		return false
	}
	if pl.atoms[a].matcher >= 0 {
		return !e.overlaps(p)
	}
	return e != p
}

// candidate is a match for which a pattern holds.
type candidate struct {
	occurrence
	span    occurrence // in the original
	pattern int32
	evidence
	rows     int32 // exact data match: offset into the rows
	rowCount int32
}
