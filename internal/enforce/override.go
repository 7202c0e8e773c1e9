package enforce

import (
	"context"
	"fmt"

	"labelmilter/internal/facts"
	"labelmilter/internal/override"
	"labelmilter/internal/pipeline"
	"labelmilter/internal/policy"
	"labelmilter/internal/store"
)

// offer mints the token that a refusal holds out, "" for none.
func (e *Enforcer) offer(r pipeline.Result) (string, *store.Offer, error) {
	o := r.Plan.Offer
	if o == nil {
		return "", nil, nil
	}
	token, err := override.New(nil)
	if err != nil {
		return "", nil, fmt.Errorf("enforce: no random bytes for a token: %w", err)
	}
	g := o.Bind(token)
	return token, &store.Offer{Hash: override.Hash(token), ID: g.ID, Grant: g.JSON(), Expires: o.Expires, Rule: o.Rule, Rules: o.Rules,
		Sender: o.Sender, Incident: policy.IncidentID(r.Digests.Message)}, nil
}

// spend is the use of the token that a message rests on, nil for none.
func spend(r pipeline.Result) *store.Spend {
	c := r.Override.Claim
	if c == nil || !c.Accepted || r.Plan.Spend == "" {
		return nil
	}
	return &store.Spend{Hash: override.Hash(r.Plan.Spend), Kind: c.Kind, Justification: c.Justification, Rules: c.Rules}
}

// Grant gives what is kept of a token as a fact: absent if it is not known,
// unavailable if the store does not answer within three seconds.
func (e *Enforcer) Grant(ctx context.Context, token string) facts.Fact {
	ctx, cancel := context.WithTimeout(ctx, threadWait)
	defer cancel()
	o, ok, err := e.store.Override(ctx, override.Hash(token))
	switch {
	case err != nil:
		return facts.Fact{State: facts.Unavailable, Source: "overrides", Reason: err.Error()}
	case !ok:
		return facts.Fact{State: facts.Absent, Source: "overrides"}
	}
	g, err := override.ParseGrant(o.Grant)
	if err != nil {
		return facts.Fact{State: facts.Unavailable, Source: "overrides", Reason: "the grant cannot be read"}
	}
	g.Used, g.Expires = !o.Used.IsZero(), o.Expires
	return facts.Fact{State: facts.Known, Value: g.JSON(), Source: "overrides"}
}
