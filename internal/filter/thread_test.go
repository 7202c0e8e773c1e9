package filter

import (
	"context"
	"strings"
	"time"

	"labelmilter/internal/facts"
	"labelmilter/internal/message"
)

// ThreadFloor gives the label of the conversation that the ids name:
// "<floor-LABEL@…>".
func (r *recorder) ThreadFloor(_ context.Context, ids []string, _ time.Time) facts.Fact {
	for _, id := range ids {
		if l, ok := strings.CutPrefix(id, "<floor-"); ok {
			l, _, _ = strings.Cut(l, "@")
			return facts.Fact{State: facts.Known, Value: l, Source: "ledger"}
		}
	}
	return facts.Fact{State: facts.Absent, Source: "ledger"}
}

func (bomb) ThreadFloor(context.Context, []string, time.Time) facts.Fact {
	return facts.Fact{State: facts.Absent}
}

func (bomb) Grant(context.Context, string) facts.Fact { return facts.Fact{State: facts.Absent} }

func (bomb) Own(context.Context, *message.Message, time.Time) bool { return false }
