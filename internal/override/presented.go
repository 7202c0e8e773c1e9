package override

import (
	"regexp"
	"strings"
	"unicode"

	"labelmilter/internal/extract"
	"labelmilter/internal/message"
)

// The kinds of override.
const (
	Justification = "justification"  // with a reason
	None          = "none"           // without
	FalsePositive = "false-positive" // the rule is said to be wrong
)

// JustificationHeader is the field that a reason may stand in.
const JustificationHeader = "X-Label-Justification"

// MaxReason bounds a reason, in characters.
const MaxReason = 500

// Presented is a token that came back with a message.
type Presented struct {
	Token  string // canonical
	Place  string // "header", "subject" or "address"
	Kind   string // FalsePositive, or "" for an override
	Reason string // printable, at most MaxReason characters
	Line   bool   // the first line of the text is the reason and goes before delivery
}

// TokenOf gives the token that a message presents, "" if it presents none.
// A token in the text is none: text is quoted. own reports a mail domain of
// the organisation.
func TokenOf(h message.Header, rcpts []string, own func(domain string) bool) string {
	p, _ := present(h, rcpts, own)
	return p.Token
}

func present(h message.Header, rcpts []string, own func(string) bool) (p Presented, ok bool) {
	for _, f := range h.All(Header) {
		v := message.DecodeField(f.Raw)
		if p.Token = Find(v); p.Token != "" {
			p.Place = "header"
			if falseForm.MatchString(v) {
				p.Kind = FalsePositive
			}
			return p, true
		}
	}
	for _, f := range h.All("Subject") {
		v := message.DecodeField(f.Raw)
		if !Has(v) {
			continue
		}
		m := tagForm.FindStringSubmatch(v)
		if m == nil {
			continue
		}
		p.Token, p.Place, p.Reason = strings.ToUpper(m[2]+m[5]), "subject", clean(m[3])
		if falseForm.MatchString(m[1] + m[4]) {
			p.Kind = FalsePositive
		}
		return p, true
	}
	for _, r := range rcpts {
		if plain, t, found := Address(r); found && IsMailbox(plain, own) {
			return Presented{Token: t, Place: "address"}, true
		}
	}
	return Presented{}, false
}

var (
	falseForm = regexp.MustCompile(`(?i)false[ -]?positive`)
	lineForm  = regexp.MustCompile(`(?i)^\s*(justification|false[ -]?positive)\s*:\s*(.*?)\s*$`)
)

// Line reports a line that is a reason, and reads it.
func Line(line string) (kind, reason string, ok bool) {
	if len(line) > 8<<10 {
		return "", "", false
	}
	m := lineForm.FindStringSubmatch(line)
	if m == nil {
		return "", "", false
	}
	if falseForm.MatchString(m[1]) {
		kind = FalsePositive
	}
	return kind, clean(m[2]), true
}

// IsLine reports a line that is a reason.
func IsLine(line string) bool {
	_, _, ok := Line(line)
	return ok
}

// Present reads what a message presents. ok is false without a token.
func Present(m *message.Message, texts []extract.Text, own func(domain string) bool) (Presented, bool) {
	p, ok := present(m.Header, m.Envelope.RcptTo, own)
	if !ok {
		return p, false
	}
	if v, found := m.Header.First(JustificationHeader); found {
		if r := clean(message.DecodeField(v)); r != "" {
			p.Reason = r
		}
	}
	for _, t := range texts {
		if t.Where != extract.InBody {
			continue
		}
		kind, reason, found := Line(firstLine(t.Body))
		if !found {
			continue
		}
		p.Line = true
		if kind != "" {
			p.Kind = kind
		}
		if p.Reason == "" {
			p.Reason = reason
		}
	}
	return p, true
}

// firstLine is the first line of a text that has more than blanks.
func firstLine(s string) string {
	s = strings.TrimLeft(s, " \t\r\n\u00a0")
	line, _, _ := strings.Cut(s, "\n")
	return strings.TrimRight(line, "\r")
}

// clean makes a reason fit for records: printable, one line, bounded; longer
// numbers, which may be what the rule is about, are masked.
func clean(s string) string {
	var b strings.Builder
	n := 0
	for _, r := range strings.Join(strings.Fields(s), " ") {
		if n++; n > MaxReason {
			break
		}
		if !unicode.IsPrint(r) {
			r = '?'
		}
		b.WriteRune(r)
	}
	return digitRuns.ReplaceAllStringFunc(Strip(b.String()), func(x string) string {
		return strings.Map(func(r rune) rune {
			if unicode.IsDigit(r) {
				return '9'
			}
			return r
		}, x)
	})
}

// digitRuns are numbers of five digits and more, also in groups.
var digitRuns = regexp.MustCompile(`\p{Nd}(?:[ .\-/]?\p{Nd}){4,}`)
