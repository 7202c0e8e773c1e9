package pipeline

import (
	"context"

	"labelmilter/internal/budget"
	"labelmilter/internal/detect"
	"labelmilter/internal/extract"
	"labelmilter/internal/message"
)

// ExplainExact says of every value of a message that was looked up for exact
// data match what became of it.
func (p *Pipeline) ExplainExact(ctx context.Context, m *message.Message) ([]detect.ExactTrace, []budget.Skip) {
	if p.Rules.Engine == nil {
		return nil, nil
	}
	lease := p.Memory.Lease(ctx)
	defer lease.Release()
	read := extract.Options{Limits: p.Limits, Apart: p.Apart, Memory: lease}
	return p.Rules.Engine.ExplainExact(read.Extract(ctx, m).Texts, p.Limits, p.Stores)
}
