// Package output writes results for people (text), programs (JSON lines) and
// CI (JUnit XML).
package output

import (
	"fmt"
	"io"
	"slices"
	"strings"

	"labelmilter/internal/fixture"
	"labelmilter/internal/label"
	"labelmilter/internal/pipeline"
	"labelmilter/internal/plan"
	"labelmilter/internal/policy"
	"labelmilter/internal/verdict"
)

// Printer writes text to one stream and keeps the first error.
type Printer struct {
	w     io.Writer
	color bool
	err   error
}

// NewPrinter makes a printer; color switches terminal colours on.
func NewPrinter(w io.Writer, color bool) *Printer { return &Printer{w: w, color: color} }

// Err is the first write error.
func (p *Printer) Err() error { return p.err }

// Line writes one line.
func (p *Printer) Line(format string, args ...any) {
	if p.err == nil {
		_, p.err = fmt.Fprintf(p.w, format+"\n", args...)
	}
}

// Good and Bad colour a word on a terminal.
func (p *Printer) Good(s string) string { return p.paint("32", s) }

// Bad is for what went wrong.
func (p *Printer) Bad(s string) string { return p.paint("31", s) }

func (p *Printer) paint(code, s string) string {
	if !p.color {
		return s
	}
	return "\x1b[" + code + "m" + s + "\x1b[0m"
}

// field writes "  name      text", further lines indented alike.
func (p *Printer) field(name, format string, args ...any) {
	for i, l := range strings.Split(Clean(fmt.Sprintf(format, args...)), "\n") {
		if i > 0 {
			name = ""
		}
		p.Line("  %-10s %s", name, l)
	}
}

// Clean keeps control characters of mail from reaching a terminal.
func Clean(s string) string {
	return strings.Map(func(r rune) rune {
		if r != '\n' && (r < 0x20 || r >= 0x7f && r < 0xa0 || r >= 0x202a && r <= 0x202e || r >= 0x2066 && r <= 0x2069) {
			return '?'
		}
		return r
	}, s)
}

// Result writes one result for people.
func (p *Printer) Result(r pipeline.Result, showParts bool) {
	p.Line("%s", Clean(r.File))
	p.label(r)
	p.verdict(r)
	for _, m := range r.Markings {
		p.field("marking", "%s, %s: %s", m.Source, m.Use, oneLine(m.Raw))
		for _, d := range m.Diagnostics {
			p.field("", "%s %s: %s", d.Severity, d.Code, d.Message)
		}
	}
	for _, c := range r.Conflicts {
		p.field("conflict", "%s: kept %s, lost %s (%s)", c.Code, c.Kept, strings.Join(c.Lost, ", "), c.Detail)
	}
	for _, f := range r.Findings {
		where := string(f.Where)
		if f.Part != "" {
			where += " of part " + f.Part
		}
		text := fmt.Sprintf("%s (%s): %d found, %d distinct, %s confidence (%d), in %s", f.Name, f.Type, f.Count, f.Unique, f.Level, f.Confidence, where)
		if len(f.Evidence) > 0 {
			text += "; evidence: " + strings.Join(f.Evidence, ", ")
		}
		p.field("finding", "%s", text)
		for _, v := range f.Values {
			p.field("", "value %q", v)
		}
	}
	for _, m := range r.Matches {
		p.match(m)
	}
	for _, x := range r.Rules {
		p.rule(x)
	}
	for _, m := range r.Modifications {
		p.field("change", "%s", Modification(m))
	}
	for _, e := range r.Effects {
		text := fmt.Sprintf("%s by %s %s", e.Type, e.Rule, strings.Join(e.To, ", "))
		if len(e.To) > 0 && e.Type == plan.Notify && !slices.Equal(e.To, e.Mailboxes) {
			text += " (" + strings.Join(e.Mailboxes, ", ") + ")"
		}
		if e.Suppressed != "" {
			text += "; not carried out: " + e.Suppressed
		}
		p.field("effect", "%s", strings.TrimSpace(text))
	}
	p.override(r.Override)
	p.inspection(r.Inspection, showParts)
}

// override says what a token opened, and what the refusal offered.
func (p *Printer) override(o pipeline.Override) {
	if c := o.Claim; c != nil {
		switch {
		case c.Accepted && c.Justification != "":
			p.field("override", "%s of %s, by token %s: %s", c.Kind, strings.Join(c.Rules, ", "), c.ID, c.Justification)
		case c.Accepted:
			p.field("override", "%s of %s, by token %s", c.Kind, strings.Join(c.Rules, ", "), c.ID)
		case c.Reason != "":
			p.field("override", "token %s opened nothing: %s", c.ID, c.Reason)
		default:
			p.field("override", "token %s was not needed", c.ID)
		}
	}
	if f := o.Offer; f != nil {
		p.field("override", "offered (%s) for %s until %s", strings.Join(f.With, ", "), strings.Join(f.Rules, ", "), f.Expires.Format("2006-01-02 15:04 UTC"))
	}
}

func (p *Printer) label(r pipeline.Result) {
	switch {
	case r.Label != nil && r.Label.ID != "":
		from := string(r.Label.Source)
		if r.Label.Rule != "" {
			from += " " + r.Label.Rule
		}
		p.field("label", "%s (%s), from %s\n%s", r.Label.Name, r.Label.ID, from, r.Label.Reason)
		if r.Label.ByStandard != "" {
			p.field("", "the standard's precedence alone says %s", r.Label.ByStandard)
		}
	default:
		p.field("label", "none: %s", r.Reason)
	}
	if r.Outcome == label.Hold || r.Outcome == label.Block {
		p.field("outcome", "%s: %s", p.Bad(string(r.Outcome)), r.Reason)
	}
	if r.Label != nil && r.Label.LoweredBy != "" {
		p.field("lowered", "by %s %s", r.Label.LoweredBy, r.Label.Justification)
	}
	if r.Label != nil && r.Label.Recommended != "" {
		p.field("recommend", "%s", r.Label.Recommended)
	}
	if m := r.LabelMismatch; m != nil {
		have := m.Label
		if have == "" {
			have = "no label"
		}
		p.field("mismatch", "%s, but %s calls for %s", have, m.By, m.Wanted)
	}
}

func (p *Printer) verdict(r pipeline.Result) {
	word := string(r.Verdict.Disposition)
	if r.Verdict.Disposition == verdict.Accept {
		word = p.Good(word)
	} else {
		word = p.Bad(word)
	}
	text := word + ", " + r.Direction
	if r.Verdict.WinningRule != "" {
		text += ", by " + r.Verdict.WinningRule
	}
	if r.Verdict.Reply != "" {
		text += "\n" + strings.ReplaceAll(r.Verdict.Reply, "\r\n", "\n")
	}
	p.field("verdict", "%s", text)
}

func (p *Printer) rule(x pipeline.Rule) {
	state := "matched"
	switch {
	case !x.Matched && x.Exception != "":
		state = "taken out by exception " + x.Exception
	case !x.Matched:
		state = "did not match"
	case !x.Effective:
		state = "matched, without effect"
	}
	text := fmt.Sprintf("%s/%s: %s, mode %s", x.Policy, x.Rule, state, x.Mode)
	if len(x.Actions) > 0 {
		text += ": " + strings.Join(x.Actions, ", ")
	}
	if len(x.Parts) > 0 {
		parts := slices.Clone(x.Parts)
		for i, part := range parts {
			if parts[i] = "part " + part; part == "" {
				parts[i] = "the message without its attachments"
			}
		}
		text += "\nin " + strings.Join(parts, ", ") + " alone"
	}
	if x.Note != "" {
		text += "\n" + x.Note
	}
	p.field("rule", "%s", text)
	p.trace(x.Trace, "when", 0)
	p.trace(x.ExceptTr, "except", 0)
}

func (p *Printer) trace(t *policy.Trace, head string, depth int) {
	if t == nil {
		return
	}
	mark := "no "
	if t.Holds {
		mark = "yes"
	}
	line := fmt.Sprintf("%s%s %s", strings.Repeat("  ", depth), mark, t.Condition)
	if depth == 0 {
		line = head + ": " + line
	}
	if t.Saw != "" {
		line += " (saw " + t.Saw + ")"
	}
	if t.Recipients > 0 {
		line += fmt.Sprintf(" (for %d recipients)", t.Recipients)
	}
	p.field("", "%s", line)
	for i := range t.Children {
		p.trace(&t.Children[i], "", depth+1)
	}
}

func (p *Printer) inspection(in pipeline.Inspection, showParts bool) {
	if showParts {
		p.parts(in.Parts, in.Skipped)
	}
	if in.Complete {
		p.field("inspected", "completely, %d parts", len(in.Parts))
		return
	}
	for i, s := range in.Skipped {
		name := ""
		if i == 0 {
			name = "skipped"
		}
		text := string(s.Reason)
		if s.Part != "" {
			text = "part " + s.Part + ": " + text
		}
		if s.Detail != "" {
			text += ", " + s.Detail
		}
		p.field(name, "%s", text)
	}
}

func oneLine(s string) string { return strings.Join(strings.Fields(s), " ") }

// Modification describes an edit in words.
func Modification(m verdict.Modification) string {
	switch m.Op {
	case verdict.InsertHeader:
		return fmt.Sprintf("insert header at %d %s: %s", m.Index, m.Name, oneLine(m.Value))
	case verdict.AddHeader:
		return fmt.Sprintf("add header %s: %s", m.Name, oneLine(m.Value))
	case verdict.ChangeHeader:
		return fmt.Sprintf("change header %s (%d) to: %s", m.Name, m.Index, oneLine(m.Value))
	case verdict.DeleteHeader:
		return fmt.Sprintf("delete header %s (%d)", m.Name, m.Index)
	case verdict.ReplaceBody:
		return fmt.Sprintf("replace body, %d bytes", len(m.Body))
	}
	return fmt.Sprintf("%s %s", strings.ReplaceAll(string(m.Op), "_", " "), m.Address)
}

// Mismatches writes what differs from an expectation.
func (p *Printer) Mismatches(ms []fixture.Mismatch) {
	for _, m := range ms {
		p.Line("    %s", Clean(m.Path))
		p.Line("      %s %s", p.Bad("- want"), Clean(oneLine(m.Want)))
		p.Line("      %s %s", p.Good("+ got "), Clean(oneLine(m.Got)))
	}
}
