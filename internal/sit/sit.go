// Package sit defines sensitive information types: what counts as evidence
// and with which confidence, after the model of Microsoft Purview (primary
// element, supporting elements, proximity, confidence level). It is data;
// package detect finds it in text.
package sit

// DefaultProximity is the distance in characters within which supporting
// elements must stand when a pattern names none (Purview: 300).
const DefaultProximity = 300

// Unlimited proximity: supporting elements anywhere in the same text.
const Unlimited = -1

// Customary confidences.
const (
	Low    = 65
	Medium = 75
	High   = 85
)

// Level names the confidence: high from 85, medium from 75, low below.
func Level(confidence int) string {
	switch {
	case confidence >= High:
		return "high"
	case confidence >= Medium:
		return "medium"
	}
	return "low"
}

// Boundary says what may stand before and after a match.
type Boundary string

// The three boundary styles.
const (
	BoundaryWord    Boundary = "word"    // Purview's word match: start, end, white space or punctuation outside
	BoundaryRegex   Boundary = "regex"   // none added: the regex says itself, with \b
	BoundaryNothing Boundary = "nothing" // string match, also inside words
)

// KeywordList is a named list of words or phrases.
type KeywordList struct {
	ID            string
	Words         []string
	String        bool // match anywhere, also inside words; default whole words
	CaseSensitive bool
}

// Type is one sensitive information type.
type Type struct {
	ID          string // the slug, unique in the rule set
	Name        string
	Description string
	PurviewID   string // GUID, "" if unknown
	Category    string
	Status      string   // "full", "partial" …
	Kind        string   // "sit" by default
	Members     []string // bundle: union of other types
	Patterns    []Pattern
	Exclude     Exclude
	Recommended int    // confidence a condition asks for by default, 0 = 75
	Table       string // kind "edm": id of the table that values are looked up in
}

// Pattern is one way to find a type. The highest confidence that holds wins.
type Pattern struct {
	Confidence int // 1..100
	Match      Element
	// Before and After are what joins the primary element on either side to
	// be the match with it: steps, each behind the last, seen from it. Such
	// matches are sought from left to right, and what joined one begins no other.
	Before, After []Step
	Near          *Need // nil: the primary element alone is enough
	Proximity     int   // characters; 0 = DefaultProximity, Unlimited = anywhere
}

// Step is a run of one element that stands beside what was found so far.
type Step struct {
	Element  Element
	Min, Max int // how many, one behind the other; Min 0: it may be missing; Max 0: as Min, at least 1
	// Between are the texts that may stand before each of them: a blank stands
	// for white space within a line, a line break for white space with one.
	// Nil: one blank.
	Between []string
	Links   []string // ids of keyword lists whose words may stand between, with a blank on either side
}

// Element is one thing to be found: exactly one of Regex, Keywords (list
// ids), Words or Column is set.
type Element struct {
	ID            string // names it as evidence, where it is that; "": the ids of its keyword lists or its place
	Regex         string
	CaseSensitive bool // regexes are case-sensitive unless they say (?i); words are not unless this is set
	Keywords      []string
	Words         []string
	Boundary      Boundary
	Validate      []string // names of validators that must all hold, "luhn", "au-tfn"
	Exclude       Exclude
	// Column is a column of the type's table. As primary element it is what
	// the type Source finds with at least the confidence Least; as supporting
	// element the value of the row that was found.
	Column string
	Source string
	Least  int
}

// Need is a tree of supporting elements.
type Need struct {
	All     []Need
	Any     []Need
	Min     int    // of Any, at least this many different ones; default 1
	Max     int    // of Any, at most this many; 0 = no upper bound
	None    []Need // none of these may hold within the proximity
	Element *Element
}

// Exclude removes primary matches after normalisation; of a type it looks at
// the match with all that joins it.
type Exclude struct {
	Values     []string
	Prefixes   []string
	Suffixes   []string
	StartsWith []string
	EndsWith   []string
	// Repeated removes numbers whose digits are all the same.
	Repeated bool
	// Regex removes matches that this matches as a whole.
	Regex string
	// PrecededBy removes matches that begin where text ends that this matches,
	// FollowedBy those that end where such text begins. Unlike prefixes and
	// suffixes they skip no white space.
	PrecededBy string
	FollowedBy string
	// Fields are header fields of the message in which the type never counts;
	// of a type only, not of an element.
	Fields []string
}
