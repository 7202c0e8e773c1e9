package plan

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"labelmilter/internal/policy"
	"labelmilter/internal/verdict"
)

// field is a header field in the model.
type field struct{ name, value string }

// modelled carries out the actions of rules one after the other on a list of
// fields, as people would: the first rule that touches a name has it.
func modelled(h []field, rules []policy.RuleResult) []field {
	h = slices.Clone(h)
	owner := map[string]string{}
	mine := func(name, rule string) bool {
		name = strings.ToLower(name)
		if owner[name] == "" {
			owner[name] = rule
		}
		return owner[name] == rule
	}
	for _, r := range rules {
		for _, a := range r.Actions {
			name := a.Name
			if a.Kind == policy.ActSubjectPrefix || a.Kind == policy.ActSubjectSuffix {
				name = "Subject"
			}
			if !mine(name, r.Name()) {
				continue
			}
			of := func(f field) bool { return strings.EqualFold(f.name, name) }
			at := slices.IndexFunc(h, of)
			switch a.Kind {
			case policy.ActDeleteHeader:
				h = slices.DeleteFunc(h, of)
			case policy.ActAddHeader:
				if !slices.ContainsFunc(h, func(f field) bool { return of(f) && f.value == a.Value }) {
					h = append(h, field{a.Name, a.Value})
				}
			case policy.ActChangeHeader:
				if at < 0 {
					h = append(h, field{a.Name, a.Value})
					continue
				}
				rest := slices.DeleteFunc(slices.Clone(h[at+1:]), of)
				h = append(h[:at+1:at+1], rest...)
				h[at].value = a.Value
			default:
				if at < 0 {
					h = append(h, field{"Subject", a.Value})
					continue
				}
				v := h[at].value
				switch {
				case a.Kind == policy.ActSubjectPrefix && !strings.HasPrefix(v, a.Value):
					h[at].value = a.Value + " " + v
				case a.Kind == policy.ActSubjectSuffix && !strings.HasSuffix(v, a.Value):
					h[at].value = v + " " + a.Value
				}
			}
		}
	}
	return h
}

// carriedOut makes modifications on a header as an MTA does, in the order sent.
func carriedOut(h []field, mods []verdict.Modification) []field {
	h = slices.Clone(h)
	for _, m := range mods {
		at, k := -1, 0
		for i, f := range h {
			if strings.EqualFold(f.name, m.Name) {
				if k++; k == m.Index {
					at = i
				}
			}
		}
		switch m.Op {
		case verdict.AddHeader:
			h = append(h, field{m.Name, m.Value})
		case verdict.InsertHeader:
			h = slices.Insert(h, m.Index, field{m.Name, m.Value})
		case verdict.ChangeHeader:
			if at >= 0 {
				h[at].value = m.Value
			}
		case verdict.DeleteHeader:
			if at >= 0 {
				h = slices.Delete(h, at, at+1)
			}
		}
	}
	return h
}

// What the modifications make of a header is what the rules say, whatever they
// ask for together.
func TestEditsAgainstModel(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(20, 26))
	pick := func(of ...string) string { return of[r.IntN(len(of))] }
	names := []string{"X-A", "x-a", "X-B", "Subject", "X-C"}
	for n := range 20_000 {
		var h []field
		var raw []string
		for range r.IntN(6) {
			f := field{pick(names...), pick("1", "2", "3")}
			if f.name == "Subject" && slices.ContainsFunc(h, func(x field) bool { return x.name == "Subject" }) {
				continue // one subject, as RFC 5322 has it
			}
			h = append(h, f)
			raw = append(raw, f.name+": "+f.value)
		}
		var rules []policy.RuleResult
		for i := range 1 + r.IntN(3) {
			var as []policy.Action
			for range 1 + r.IntN(2) {
				name := pick(names...)
				kind := []policy.ActionKind{policy.ActAddHeader, policy.ActChangeHeader, policy.ActDeleteHeader, policy.ActSubjectPrefix, policy.ActSubjectSuffix}[r.IntN(5)]
				if name == "Subject" && (kind == policy.ActAddHeader || kind == policy.ActDeleteHeader) {
					kind = policy.ActChangeHeader
				}
				if slices.ContainsFunc(as, func(a policy.Action) bool {
					return strings.EqualFold(a.Name, name) || strings.EqualFold(name, "subject") || a.Kind == policy.ActSubjectPrefix || a.Kind == policy.ActSubjectSuffix || a.Name == "Subject"
				}) {
					continue // one rule asks for one thing of a field
				}
				a := policy.Action{Kind: kind, Name: name, Value: pick("2", "new", "[P]")}
				if kind == policy.ActSubjectPrefix || kind == policy.ActSubjectSuffix {
					a.Name = ""
				}
				as = append(as, a)
			}
			rules = append(rules, did(fmt.Sprint("r", i), as...))
		}
		p := Build(Input{Message: msg(raw...), Decision: accept(rules...)}, Options{Catalogue: catalogue(t)})
		got, want := carriedOut(h, p.Modifications), modelled(h, rules)
		if !sameFields(got, want) {
			t.Fatalf("case %d: header %v, rules %v: got %v, want %v; sent\n%s", n, h, rules, got, want, text(p.Modifications))
		}
	}
}

// sameFields: the fields that were there keep their order; those added stand
// at the end in any order.
func sameFields(a, b []field) bool {
	by := func(h []field) map[string][]string {
		out := map[string][]string{}
		for _, f := range h {
			out[strings.ToLower(f.name)] = append(out[strings.ToLower(f.name)], f.value)
		}
		return out
	}
	x, y := by(a), by(b)
	if len(x) != len(y) {
		return false
	}
	for k := range x {
		if !slices.Equal(x[k], y[k]) {
			return false
		}
	}
	return true
}
