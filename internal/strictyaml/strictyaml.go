// Package strictyaml decodes YAML written by people and reports every problem
// at once, each with file, line, column, what is wrong, and the nearest valid
// thing. It is used for rule packs, pack tests, fixtures and configuration.
package strictyaml

import "fmt"

// Pos is a place in a file. A struct that embeds Pos, or has a field of type
// Pos tagged `yaml:"-"`, gets the place of its mapping.
type Pos struct {
	File string
	Line int // from 1
	Col  int // from 1
}

// String is "file:line:col".
func (p Pos) String() string { return fmt.Sprintf("%s:%d:%d", p.File, p.Line, p.Col) }

// Severity of a problem.
type Severity string

// The severities.
const (
	Error   Severity = "error"
	Warning Severity = "warning"
)

// Problem is one thing wrong with a file.
type Problem struct {
	Pos
	Severity Severity
	Message  string // what is wrong, lower case, no full stop
	Fix      string // what to do, "" if unknown: `did you mean "headers"?`
}

// String is "file:line:col: error: message (fix)".
func (p Problem) String() string {
	s := fmt.Sprintf("%s: %s: %s", p.Pos, p.Severity, p.Message)
	if p.Fix != "" {
		s += " (" + p.Fix + ")"
	}
	return s
}
