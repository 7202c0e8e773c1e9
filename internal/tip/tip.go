// Package tip words what a sender is told in an SMTP reply or a notice beside
// the reason that a rule gives: what would have let the message pass, how to
// get past the rule, why a token was not accepted. It knows the languages;
// nothing in its texts comes from mail.
package tip

import (
	"slices"
	"strconv"
	"strings"
	"time"
)

// Default is the language of texts for which no other is known.
const Default = "en"

// Languages gives the codes (RFC 5646) of the languages that texts of our own
// are there in.
func Languages() []string {
	out := make([]string, 0, len(words))
	for l := range words {
		out = append(out, l)
	}
	slices.Sort(out)
	return out
}

// Language gives the known language that fits best: "de-AT" is "de"; ok is
// false if there is none.
func Language(tag string) (string, bool) {
	l, _, _ := strings.Cut(strings.ToLower(strings.ReplaceAll(tag, "_", "-")), "-")
	_, ok := words[l]
	return l, ok
}

func of(lang string) *language {
	if l, ok := Language(lang); ok {
		return words[l]
	}
	return words[Default]
}

// Change is one thing whose absence would let a message pass.
type Change struct {
	Kind  ChangeKind
	Types string // names of types, for Fewer
	Have  int    // how many there are
	Most  int    // how many may be there, for Fewer
}

// ChangeKind names a kind of change.
type ChangeKind string

// The kinds of change.
const (
	External    ChangeKind = "external-recipients" // without the recipients outside the organisation
	Recipients  ChangeKind = "recipients"          // without the recipients that the rule matched
	Fewer       ChangeKind = "fewer-values"        // with at most Most values of Types
	Attachments ChangeKind = "attachments"         // without attachments
	Unreadable  ChangeKind = "unreadable-parts"    // without what could not be inspected
)

// Hint says what would have let the message pass; "" for no changes. All of
// them together are needed.
func Hint(lang string, changes []Change) string {
	if len(changes) == 0 {
		return ""
	}
	l := of(lang)
	var parts []string
	for _, c := range changes {
		var s string
		switch c.Kind {
		case External:
			s = l.plural(c.Have, l.external)
		case Recipients:
			s = l.plural(c.Have, l.recipients)
		case Attachments:
			s = l.plural(c.Have, l.attachments)
		case Unreadable:
			s = l.unreadable
		case Fewer:
			s = l.without
			if c.Most > 0 {
				s = l.atMost
			}
		}
		parts = append(parts, strings.NewReplacer("%t", c.Types, "%n", strconv.Itoa(c.Have), "%m", strconv.Itoa(c.Most)).Replace(s))
	}
	return strings.ReplaceAll(l.pass, "%s", strings.Join(parts, l.and))
}

// How says how the sender gets past the rule. with are the kinds that are open.
func How(lang, token string, with []string, until time.Time) string {
	l := of(lang)
	text := ""
	switch fp := slices.Contains(with, "false-positive"); {
	case slices.Contains(with, "justification"):
		text = l.justify
		if fp {
			text += " " + l.orFalse
		}
	case slices.Contains(with, "none"):
		text = l.again
		if fp {
			text += " " + l.orFalse
		}
	default:
		text = l.falseOnly
	}
	return strings.NewReplacer("%t", token, "%u", until.UTC().Format("2006-01-02 15:04 UTC")).Replace(text)
}

// Refused says why a token was not accepted; why is a word of package override.
func Refused(lang, why string) string {
	l := of(lang)
	if s, ok := l.refused[why]; ok {
		return s
	}
	return l.refused["unknown"]
}

// language holds the texts of one language. In them %s, %t, %n, %m and %u are
// replaced.
type language struct {
	pass        string    // %s: what would have to change
	and         string    // between changes
	external    [2]string // one, several: %n recipients outside the organisation
	recipients  [2]string
	attachments [2]string
	unreadable  string
	without     string // %t
	atMost      string // %m of %t, %n were found
	justify     string // %t token, %u end
	again       string
	orFalse     string
	falseOnly   string
	refused     map[string]string
}

func (l *language) plural(n int, forms [2]string) string {
	if n == 1 {
		return forms[0]
	}
	return forms[1]
}
