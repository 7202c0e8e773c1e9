// Package detect finds sensitive information types in the texts of a message
// and says where, how often, with which confidence and on which evidence.
//
// # What a type finds
//
// Text is folded first (package fold), so widths, accents, invisible
// characters, look-alike letters in words of ASCII and line breaks within
// numbers do not matter. A distance is counted in characters of the folded
// text. Each text is a window of its own: nothing is combined across texts.
//
// An element of regex is tried at every place of the text; from one place the
// longest match counts that is within its boundary and that its validators
// and exclusions let stand, of the 64 longest, none longer than 2,048
// characters. An expression with look-around gives the one match its engine
// prefers from a place, at most 512 characters long. A word or phrase counts
// as package match's Words do.
//
// A pattern holds for a match of its primary element if the tree of
// supporting elements holds within the proximity: the number of characters
// between the two is not greater. Words may overlap the primary element, but
// not be it; a supporting regex may not overlap it.
//
// What stands right before or behind a primary element can join it, in steps
// from it outwards: each step is a run of one element, with nothing but the
// texts between that the step lists. The match then goes, within 255
// characters, to the farthest places that the steps come to; supporting
// elements, allow lists and what the type excludes look at all of it, and so do
// counts and whoever masks it. A step that is needed and missing: no match.
//
// Of overlapping matches of one type the one with the higher confidence
// stays, then the leftmost, then the longest.
//
// A type of a table (exact data match) finds what another type found, if it
// stands in a column of the table and the tree holds with the row's other
// values. Its instances are rows: several in one place count each.
//
// A bundle has the instances of its members, counted as one type.
package detect

import (
	"labelmilter/internal/budget"
	"labelmilter/internal/edm"
	"labelmilter/internal/extract"
	"labelmilter/internal/redact"
	"labelmilter/internal/sit"
)

// Limits of the definition above.
const (
	// MaxMatch is the longest match of a regex, in characters.
	MaxMatch = 2048
	// MaxExcluded is the longest value that the regex of an exclusion is
	// compared with; a longer one stands.
	MaxExcluded = 256
	// MaxBeside is how far, in characters, an exclusion by what touches a
	// match looks.
	MaxBeside = 32
	// MaxEnds is the number of ends that are tried from one start.
	MaxEnds = 64
	// MaxInstances is the number of instances that a finding lists (Purview
	// counts to 500); Count and Unique go on.
	MaxInstances = 500
)

// Span is a byte range in the text it was found in.
type Span struct{ Start, End int }

// Instance is one occurrence of a type.
type Instance struct {
	Span
	Text       int          // index of the text it was found in
	Value      redact.Value // as it stands
	Normal     redact.Value // normalised: digits and letters only, upper case; unique counts use it
	Confidence int
	Pattern    int // index into the type's patterns; for a bundle into its members' patterns, one after another
}

// Finding is what was found of one type in one place with one confidence.
type Finding struct {
	Type       string
	Name       string
	Kind       string // "sit", "edm", "classifier", "fingerprint"
	Confidence int
	Level      string
	Count      int // instances
	Unique     int // different values after normalisation; of a table: different rows
	Part       string
	Where      extract.Where
	Evidence   []string   // ids of keyword lists and elements that supported it, sorted
	Instances  []Instance // at most 500, in order of place; never serialised
	Rows       []uint64   // of a table: the rows, sorted; numbers that mean nothing outside this message
}

// Output is what detection gives for one message.
type Output struct {
	Findings []Finding // sorted by type, part, where, falling confidence
	Skipped  []budget.Skip
}

// CompileError is one thing wrong with a definition.
type CompileError struct {
	Type    string // or keyword list id
	Pattern int    // index, -1 if not about a pattern
	Field   string // "match.regex", "near.all[0].keywords", "match.validate"
	Value   string
	Err     string
	Fix     string
	Warning bool
}

// Options are what an engine needs besides definitions.
type Options struct {
	// Validators finds a validator by name; nil means those of package
	// validate. Names lists all, for suggestions.
	Validators func(name string) (func(string) bool, bool)
	Names      func() []string
	// Allow, if set, takes out a match of a type, for test numbers and allow
	// lists: it gets the normalised value and must always give the same
	// answer. It must not keep the string.
	Allow func(typ, normal string) bool
	// Tables are the tables that types of exact data match look values up in.
	Tables []edm.Schema
}

// Compile makes an engine. All errors are given; with any that is not a
// warning the engine is nil.
func Compile(types []sit.Type, keywords []sit.KeywordList) (*Engine, []CompileError) {
	return CompileWith(types, keywords, Options{})
}

// CompileWith is Compile with options.
func CompileWith(types []sit.Type, keywords []sit.KeywordList, o Options) (*Engine, []CompileError) {
	pl, errs := newPlan(types, keywords, o)
	if pl == nil {
		return nil, errs
	}
	return newEngine(pl), errs
}
