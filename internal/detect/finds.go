package detect

import (
	"labelmilter/internal/budget"
	"labelmilter/internal/extract"
	"labelmilter/internal/match/fold"
)

// Finds reports whether a type finds a value that stands alone, and if not
// why: a constant, without the value. Supporting elements do not matter. ok is
// false too if there is no such type. It is slow.
func (e *Engine) Finds(typ, value string) (ok bool, reason string) {
	const around = " "
	traces, known := e.Explain([]extract.Text{{Body: around + value + around}}, typ, budget.Default())
	if !known {
		return false, "no such type"
	}
	want := alnums(value)
	reason = "no pattern of the type matches it"
	for _, t := range traces {
		part := ""
		if alnums(t.Value.Reveal()) != want { // compared and forgotten
			part = "only a part of it is found"
		}
		switch {
		case t.Outcome == Refused:
			reason = t.Reason
		case t.Outcome == Allowed:
			reason = "an allow list takes it out"
		case part != "":
			reason = part
		default:
			return true, ""
		}
	}
	return false, reason
}

// alnums is the number of letters and digits.
func alnums(s string) (n int) {
	var x fold.Text
	fold.Standard().Fold(&x, s)
	for _, b := range x.Shadow {
		if fold.Alnum(b) || b == fold.Ideograph {
			n++
		}
	}
	return n
}
