package policy

import "slices"

// Offered says what an override of the rule that decided would lift: rules, by
// full name, and the kinds that are open to the sender. ok is false if the
// verdict is none that a sender can answer, or the rule allows no override.
// The answers to hold and block are never lifted.
func (s *Set) Offered(d Decision) (o Override, rules []string, ok bool) {
	if d.Winner < 0 || d.Verdict.Reply.Code < 500 {
		return Override{}, nil, false
	}
	win := d.Rules[d.Winner]
	own := s.override(win)
	if own == nil || len(own.With) == 0 || slices.Contains(own.With, OverrideNever) {
		return Override{}, nil, false
	}
	for i, r := range d.Rules {
		switch {
		case r.Overridden: // by the token that came with it: the new one stands in its place
		case !r.Effective, i != d.Winner && !own.lifts(r):
			continue
		}
		if x := s.override(r); x != nil && slices.Contains(x.With, OverrideNever) || s.built(r) {
			continue
		}
		if i == d.Winner || r.Overridden || withholds(r) {
			rules = append(rules, r.FullName())
		}
	}
	return *own, rules, true
}

// lifts reports whether an override lifts another rule that matched.
func (o *Override) lifts(r RuleResult) bool {
	return !o.Listed || slices.Contains(o.Rules, r.Name()) || slices.Contains(o.Rules, r.FullName())
}

// withholds reports a rule that keeps something from somebody: those are
// lifted. What labels, marks, routes or reports stays.
func withholds(r RuleResult) bool {
	return slices.ContainsFunc(r.Actions, func(a Action) bool {
		switch a.Kind {
		case ActReject, ActTempFail, ActDiscard, ActQuarantine, ActDeleteRecipient, ActRedirect, ActRedact, ActRemove:
			return true
		}
		return false
	})
}

// rule gives the rule that a result is of.
func (s *Set) rule(x RuleResult) (Bound, *Rule) {
	for _, b := range s.bound {
		if b.Pack != x.Pack || b.ID != x.Policy || b.Assignment.Name != x.Assignment {
			continue
		}
		for i := range b.Rules {
			if b.Rules[i].ID == x.Rule {
				return b, &b.Rules[i]
			}
		}
	}
	return Bound{}, nil
}

func (s *Set) override(x RuleResult) *Override {
	if _, r := s.rule(x); r != nil {
		return r.Override
	}
	return nil
}

func (s *Set) built(x RuleResult) bool {
	b, r := s.rule(x)
	return r != nil && b.Built
}

// Leaves calls f for the conditions that must hold for a rule to match: those
// of its policy and its own, not those below not, except or n_of.
func (s *Set) Leaves(x RuleResult, f func(Condition)) {
	b, r := s.rule(x)
	if r == nil {
		return
	}
	leaves(b.When, f)
	leaves(r.When, f)
}

// leaves calls f for the conditions of a tree that are not below not or n_of.
func leaves(c Condition, f func(Condition)) {
	switch c := c.(type) {
	case nil:
	case All:
		for _, k := range c {
			leaves(k, f)
		}
	case Any:
		for _, k := range c {
			leaves(k, f)
		}
	default:
		f(c)
	}
}
