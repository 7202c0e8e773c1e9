package facts

import (
	"testing"
	"time"
)

func TestDigest(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 10, 12, 0, 0, 0, 0, time.UTC)
	a := Facts{Now: now, Named: map[string]Fact{"x": {State: Known, Value: "1"}, "y": {State: Absent}}}
	b := Facts{Now: now, Named: map[string]Fact{"y": {State: Absent}, "x": {State: Known, Value: "1"}}}
	if a.Digest() != b.Digest() || len(a.Digest()) != 71 {
		t.Errorf("%s and %s", a.Digest(), b.Digest())
	}
	seen := map[string]string{a.Digest(): "a"}
	for name, f := range map[string]Facts{
		"clock":  {Now: now.Add(time.Second), Named: a.Named},
		"value":  {Now: now, Named: map[string]Fact{"x": {State: Known, Value: "2"}, "y": {State: Absent}}},
		"state":  {Now: now, Named: map[string]Fact{"x": {State: Unavailable, Value: "1"}, "y": {State: Absent}}},
		"source": {Now: now, Named: map[string]Fact{"x": {State: Known, Value: "1", Source: "ldap"}, "y": {State: Absent}}},
		"fewer":  {Now: now, Named: map[string]Fact{"x": {State: Known, Value: "1"}}},
	} {
		if other, dup := seen[f.Digest()]; dup {
			t.Errorf("%s has the digest of %s", name, other)
		}
		seen[f.Digest()] = name
	}
}

func TestGet(t *testing.T) {
	t.Parallel()
	f := Facts{Named: map[string]Fact{"x": {State: Unavailable, Reason: "timeout"}}}
	if f.Get("x").State != Unavailable || f.Get("y").State != Absent || (Facts{}).Get("x").State != Absent {
		t.Error("a fact that nobody gathered is not absent, or one that is there is lost")
	}
}
