package strictyaml

import (
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"
	"github.com/goccy/go-yaml/scanner"
	"github.com/goccy/go-yaml/token"
)

// Limits of a file. Files are written by people; the limits keep a hostile or
// generated one from exhausting the parser.
const (
	// MaxFile is the largest file read, in bytes.
	MaxFile = 8 << 20
	// maxDepth is how deep maps and lists may nest, aliases resolved.
	maxDepth = 100
	// maxAliased is how many nodes aliases may add.
	maxAliased = 100_000
	// maxSyntax is how many syntax errors are looked for in one file.
	maxSyntax = 20
	// maxReparse bounds the bytes parsed again after syntax errors.
	maxReparse = 2 << 20
)

// Parse reads one YAML document. It goes on after a syntax error by leaving
// out the lines around it, so that several are found at once. The node is
// never nil; it is Null for a file without content. Anchors, aliases and merge
// keys are resolved within bounds; explicit keys (? key), tags other than
// those of the core schema and several documents in one file are refused.
func Parse(file string, data []byte) (*Node, Problems) {
	var problems Problems
	doc := &document{}
	empty := &Node{kind: Null, pos: Pos{file, 1, 1}, doc: doc, size: 1, depth: 1}
	text, ok := clean(file, data, &problems)
	if !ok {
		doc.broken = true
		return empty, problems
	}
	doc.broken = problems.HasErrors()
	original := strings.Split(text, "\n")
	lines := slices.Clone(original)
	work := 0
	var left block // out of the text, because of the last error
	for range 3 * maxSyntax {
		body, p, final := parseText(file, text)
		if p == nil {
			if body == nil {
				break
			}
			b := &builder{file: file, lines: lines, doc: doc, anchors: map[string]*Node{}, problems: &problems}
			root := b.node(body, "", 1)
			problems.Sort()
			return root, problems
		}
		doc.broken = true
		if final {
			problems.add(*p)
			break
		}
		if p.Line < left.start || p.Line > left.end {
			problems.add(*p)
			left = blockAt(original, p.Line)
		} else if wider := left.widen(original); wider != left {
			left = wider
		} else {
			break
		}
		if work += len(text); len(problems) >= maxSyntax || work > maxReparse {
			break
		}
		left.blank(lines)
		text = strings.Join(lines, "\n")
	}
	problems.Sort()
	return empty, problems
}

// parseText gives the body of the document, nil if there is none, or the first
// syntax error; final if there is no use in leaving lines out.
func parseText(file, text string) (body ast.Node, problem *Problem, final bool) {
	last := Pos{file, 1, 1}
	defer func() {
		// The parser is not ours: what it cannot digest is a syntax error.
		if r := recover(); r != nil {
			body, problem, final = nil, &Problem{Pos: last, Severity: Error, Message: "this YAML cannot be parsed"}, true
		}
	}()
	tokens, problem := tokenize(file, text, &last)
	if problem != nil {
		return nil, problem, false
	}
	if problem, final = guard(file, tokens); problem != nil {
		return nil, problem, final
	}
	tree, err := parser.Parse(tokens, 0, parser.AllowDuplicateMapKey())
	if err != nil {
		return nil, syntaxProblem(file, err), false
	}
	for _, d := range tree.Docs {
		if d == nil || d.Body == nil {
			continue
		}
		if body != nil {
			at := place(file, d.Body.GetToken())
			return nil, &Problem{Pos: at, Severity: Error, Message: "a second document in one file", Fix: "put it in a file of its own"}, true
		}
		body = d.Body
	}
	return body, nil, false
}

// tokenize stops at the first error: the scanner does not promise to move on
// after one.
func tokenize(file, text string, last *Pos) (token.Tokens, *Problem) {
	var s scanner.Scanner
	s.Init(text)
	var tokens token.Tokens
	for {
		more, err := s.Scan()
		if errors.Is(err, io.EOF) {
			return joinColons(tokens), nil
		}
		tokens.Add(more...)
		if n := len(tokens); n > 0 {
			*last = place(file, tokens[n-1])
		}
		if err != nil {
			message := "invalid text"
			var invalid *scanner.InvalidTokenError
			if errors.As(err, &invalid) && invalid.Token != nil {
				message = invalid.Token.Error
			}
			return nil, describeSyntax(*last, message)
		}
		if tk := tokens.InvalidToken(); tk != nil {
			return nil, describeSyntax(place(file, tk), tk.Error)
		}
	}
}

func syntaxProblem(file string, err error) *Problem {
	at := Pos{file, 1, 1}
	message := "syntax error"
	var syntax yaml.Error
	if errors.As(err, &syntax) {
		message = syntax.GetMessage()
		at = place(file, syntax.GetToken())
	}
	return describeSyntax(at, message)
}

func describeSyntax(at Pos, message string) *Problem {
	fix := ""
	switch has := func(s string) bool { return strings.Contains(message, s) }; {
	case has("'\t'"), has("tab character"):
		message, fix = "a tab cannot indent", "use spaces"
	case has("reserved character"):
		fix = "put the value in quotes"
	case has("' must be specified"), has("flow map content"):
		fix = "a value with [ ] { } or , in it needs quotes"
	case has("unknown escape"):
		fix = `use single quotes, or write \\ for one backslash`
	case has("end character of"):
		message = "the quote is not closed"
	case has("non-map value is specified"):
		message, fix = "a key without a colon and a space after it", `write "key: value"`
	case has("mapping value is not allowed"):
		message, fix = "a colon and a space within a value", "put the value in quotes"
	case has("value is not allowed in this context"):
		message, fix = "a value is not allowed here", "check the indentation"
	}
	return &Problem{Pos: at, Severity: Error, Message: oneLine(message), Fix: fix}
}

func oneLine(s string) string {
	return strings.ToLower(s[:min(1, len(s))]) + strings.ReplaceAll(s[min(1, len(s)):], "\n", " ")
}

func place(file string, tk *token.Token) Pos {
	if tk == nil || tk.Position == nil {
		return Pos{file, 1, 1}
	}
	return Pos{file, max(tk.Position.Line, 1), max(tk.Position.Column, 1)}
}

// count is for messages: "1 node", "2 nodes".
func count(n int, what string) string {
	if n == 1 {
		return fmt.Sprintf("1 %s", what)
	}
	return fmt.Sprintf("%d %ss", n, what)
}
