package filter

import (
	"strings"

	"labelmilter/internal/message"
	"labelmilter/internal/plan"
	"labelmilter/internal/verdict"
)

// ownFields counts the fields of a message under each of plan.OwnHeaders. It
// counts those too that the header limit keeps out of the message, and that
// the plan therefore cannot know.
type ownFields []int

func (o ownFields) count(name string) {
	name = strings.TrimRight(name, " \t")
	for i, n := range plan.OwnHeaders {
		if strings.EqualFold(n, name) {
			o[i]++
		}
	}
}

// remove gives the deletions of all fields under our names from the last to
// the first, but the first known ones of each name, which the plan has dealt
// with.
func (o ownFields) remove(known message.Header) []verdict.Modification {
	var out []verdict.Modification
	for i, n := range plan.OwnHeaders {
		for k := o[i]; k > len(known.All(n)); k-- {
			out = append(out, verdict.Modification{Op: verdict.DeleteHeader, Index: k, Name: n})
		}
	}
	return out
}
