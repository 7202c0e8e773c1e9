package app

import (
	"strings"
	"testing"

	"labelmilter/internal/policy"
)

func TestRecordedOnlyIsSaid(t *testing.T) {
	rule := func(id string, mode policy.Mode, kinds ...policy.ActionKind) policy.Rule {
		r := policy.Rule{ID: id, Mode: mode}
		for _, k := range kinds {
			r.Then = append(r.Then, policy.Action{Kind: k})
		}
		return r
	}
	set := policy.NewSet([]policy.Bound{{Policy: &policy.Policy{Pack: "p", ID: "x", Mode: policy.Enforce, Rules: []policy.Rule{
		rule("plain", "", policy.ActReject), rule("noticed", "", policy.ActReject, policy.ActNotify),
		rule("simulated", policy.Simulate, policy.ActNotify)}}}}, nil, nil)
	ps := recordedOnly(set, false, false)
	if len(ps) != 1 || ps.HasErrors() || !strings.Contains(ps[0].Message, "x/noticed: notify") {
		t.Errorf("%v", ps)
	}
}
