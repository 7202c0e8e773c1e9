// Package detect finds sensitive information types in the texts of a message
// and says where, how often, with which confidence and on which evidence.
package detect

import (
	"labelmilter/internal/budget"
	"labelmilter/internal/extract"
	"labelmilter/internal/redact"
	"labelmilter/internal/sit"
)

// Span is a byte range in the text it was found in.
type Span struct{ Start, End int }

// Instance is one occurrence of a type.
type Instance struct {
	Span
	Value      redact.Value // as it stands
	Normal     redact.Value // normalised: digits and letters only, upper case; unique counts use it
	Confidence int
	Pattern    int // index into the type's patterns
}

// Finding is what was found of one type in one place with one confidence.
type Finding struct {
	Type       string
	Name       string
	Kind       string // "sit", "edm", "classifier", "fingerprint"
	Confidence int
	Level      string
	Count      int // instances
	Unique     int // different values after normalisation
	Part       string
	Where      extract.Where
	Evidence   []string   // ids of keyword lists and elements that supported it, sorted
	Instances  []Instance // at most 500, in order of place; never serialised
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

// Engine is an immutable, compiled set of types. It is safe for concurrent use.
type Engine struct{}

// Compile makes an engine. All errors are given; with any that is not a
// warning the engine is nil.
func Compile(types []sit.Type, keywords []sit.KeywordList) (*Engine, []CompileError) {
	return &Engine{}, nil
}

// Detect runs all types over all texts. Each text is a window of its own.
func (e *Engine) Detect(texts []extract.Text, l budget.Limits) Output { return Output{} }
