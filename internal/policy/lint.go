package policy

import (
	"fmt"
	"slices"
	"strings"

	"labelmilter/internal/message"
	"labelmilter/internal/strictyaml"
	"labelmilter/internal/verdict"
)

// Smell is something about rules that will surprise.
type Smell struct {
	strictyaml.Pos
	Message, Fix string
}

// Lint looks for rules that never hold, never decide, or speak against each
// other. It reads conditions as written: it proves what it says, and does not
// find everything there is.
func (s *Set) Lint() []Smell {
	var out []Smell
	add := func(p strictyaml.Pos, fix, format string, args ...any) {
		out = append(out, Smell{p, fmt.Sprintf(format, args...), fix})
	}
	var rules []placed
	stop := ""
	stopAt := 0
	for _, b := range s.bound {
		if b.Built {
			continue
		}
		if stop != "" && b.priority() > stopAt {
			add(b.Pos, "take stop: out, or give this policy a lower number", "policy %q is never evaluated: %s always stops before it", b.ID, stop)
			continue
		}
		for _, r := range b.Rules {
			p := placed{b, r, terms(All{orTrue(b.Scope), orTrue(b.When), orTrue(r.When)})}
			if why := p.never(); why != "" {
				add(r.Pos, "", "rule %s/%s never holds: %s", b.ID, r.ID, why)
				continue
			}
			rules = append(rules, p)
			if r.Stop && stop == "" && b.mode(r.Mode) == Enforce && len(p.terms) == 0 && r.Except == nil && b.inRampAll() {
				stop, stopAt = b.ID+"/"+r.ID, b.priority()
			}
		}
	}
	if len(rules) > maxLinted {
		return out
	}
	for i, a := range rules {
		for _, b := range rules[i+1:] {
			a.compare(b, add)
		}
		a.labels(rules, add)
	}
	return out
}

// maxLinted bounds the rules that are compared with each other.
const maxLinted = 5_000

func orTrue(c Condition) Condition {
	if c == nil {
		return All{}
	}
	return c
}

func (b Bound) inRampAll() bool { return b.Percent == nil || *b.Percent >= 100 }

// placed is a rule where it stands, with what must hold for it.
type placed struct {
	b     Bound
	r     Rule
	terms []Condition
}

func (p placed) name() string { return p.b.ID + "/" + p.r.ID }

// terms takes nested alls apart.
func terms(c Condition) []Condition {
	all, ok := c.(All)
	if !ok {
		return []Condition{c}
	}
	var out []Condition
	for _, k := range all {
		out = append(out, terms(k)...)
	}
	return out
}

// has reports whether a condition with that text is among cs. A text that
// leaves something out says nothing.
func has(cs []Condition, text string) bool {
	if strings.Contains(text, "…") || strings.Contains(text, "lookalike: ") {
		return false
	}
	return slices.ContainsFunc(cs, func(c Condition) bool { return c.String() == text })
}

// never says why the terms exclude each other, "" if they need not.
func (p placed) never() string {
	var directions []DirectionIs
	for _, c := range p.terms {
		switch x := c.(type) {
		case Not:
			if has(p.terms, x.C.String()) {
				return "it asks for a condition and for its opposite"
			}
			if all, ok := x.C.(All); ok && len(all) == 0 {
				return "it asks for the opposite of always"
			}
		case Any:
			if len(x) == 0 {
				return "it asks for one of no conditions"
			}
		case DirectionIs:
			for _, d := range directions {
				if !slices.ContainsFunc(d.Of, func(y message.Direction) bool { return slices.Contains(x.Of, y) }) {
					return "it asks for two directions at once"
				}
			}
			directions = append(directions, x)
		case LabelIs:
			if x.AtLeast != nil && x.AtMost != nil && x.AtLeast.Rank > x.AtMost.Rank {
				return "at_least ranks above at_most"
			}
			if (len(x.Is) > 0 || x.AtLeast != nil) && has(p.terms, Unlabelled{Want: true}.String()) {
				return "it asks for a label and for none"
			}
		}
	}
	return ""
}

// implies reports that q holds wherever p does, as far as can be read.
func (p placed) implies(q placed) bool {
	if q.r.Except != nil && (p.r.Except == nil || p.r.Except.String() != q.r.Except.String()) || !q.b.inRampAll() {
		return false
	}
	for _, c := range q.terms {
		if !has(p.terms, c.String()) {
			return false
		}
	}
	return true
}

// verdict is what a rule asks for, "" if nothing.
func (p placed) verdict() verdict.Disposition {
	for _, a := range p.r.Then {
		if d := a.Disposition(); d != "" {
			return d
		}
	}
	return ""
}

// compare looks at a rule and one after it.
func (p placed) compare(q placed, add func(strictyaml.Pos, string, string, ...any)) {
	if p.b.mode(p.r.Mode) != Enforce || q.b.mode(q.r.Mode) != Enforce || p.b.Policy == q.b.Policy && p.r.ID == q.r.ID {
		return
	}
	pv, qv := p.verdict(), q.verdict()
	first, second := q.implies(p), p.implies(q)
	switch {
	case first && second && (pv == verdict.Accept && restrictive(qv) || qv == verdict.Accept && restrictive(pv)):
		add(q.r.Pos, "keep one of them, or write an exception", "rules %s and %s contradict each other: the same condition, and %s and %s", p.name(), q.name(), pv, qv)
	case first && qv != "" && pv != "" && pv != verdict.Accept && !p.r.Drop && pv.Restrictiveness() >= qv.Restrictiveness():
		if len(q.r.Then) == 1 {
			add(q.r.Pos, "narrow "+p.name()+", or remove this one", "rule %s is shadowed: wherever it holds, %s does too and decides", q.name(), p.name())
		}
	case second && pv != "" && qv != "" && !q.r.Drop && qv.Restrictiveness() > pv.Restrictiveness() && len(p.r.Then) == 1:
		add(p.r.Pos, "narrow "+q.name()+", or remove this one", "rule %s is shadowed: wherever it holds, %s does too and decides", p.name(), q.name())
	}
	if first || second {
		for _, a := range p.r.Then {
			for _, b := range q.r.Then {
				if r := region(a); r != "" && r == region(b) {
					add(q.r.Pos, "put both into one rule", "rules %s and %s edit the same place (%s): only the first one's edit is made", p.name(), q.name(), r)
				}
			}
		}
	}
}

func restrictive(d verdict.Disposition) bool { return d != "" && d != verdict.Accept }

// region is the place an action edits alone.
func region(a Action) string {
	switch a.Kind {
	case ActChangeHeader, ActDeleteHeader:
		return strings.ToLower(a.Name)
	case ActSubjectPrefix, ActSubjectSuffix:
		return "subject"
	case ActRoute, ActRequireTLS:
		return "route"
	case ActBanner, ActDisclaimer:
		if a.Banner != nil && a.Banner.Bottom {
			return "bottom of the body"
		}
		return "top of the body"
	}
	return ""
}

// labels looks for rules that test a label which this rule sets: they see the
// label as it was before.
func (p placed) labels(rules []placed, add func(strictyaml.Pos, string, string, ...any)) {
	for _, a := range p.r.Then {
		if a.Kind != ActSetLabel {
			continue
		}
		for _, q := range rules {
			for _, c := range q.terms {
				if l, ok := c.(LabelIs); ok && (slices.Contains(l.Is, a.Label) || l.AtLeast != nil && l.AtLeast.ID == a.Label) {
					add(q.r.Pos, "set the label by a label rule", "rule %s tests label %s, which %s sets: it sees the label as it was before", q.name(), a.Label, p.name())
				}
			}
		}
	}
}
