package store

import (
	"context"
	"testing"
	"time"
)

func TestIncidents(t *testing.T) {
	t.Parallel()
	ctx, c := context.Background(), newClock()
	s := open(t, Options{Now: c.now})
	add := func(at time.Time, xs ...Incident) int64 {
		t.Helper()
		r := record(1)
		r.At, r.Incidents = at, xs
		id, err := s.Append(ctx, r)
		if err != nil {
			t.Fatal(err)
		}
		return id
	}
	first := add(c.now().Add(-48*time.Hour), Incident{ID: "aa11", Rule: "p/one", Severity: "high"}, Incident{ID: "aa11", Rule: "p/two", Severity: "low", Simulated: true}, Incident{ID: "aa11", Rule: "p/one"})
	again := add(c.now(), Incident{ID: "aa11", Rule: "p/one", Severity: "high"})
	add(c.now().Add(time.Second), Incident{ID: "bb22", Rule: "p/two"})
	for _, tt := range []struct {
		f    IncidentFilter
		n    int
		rule string // of the first
	}{{IncidentFilter{}, 4, "p/two"}, {IncidentFilter{ID: "AA"}, 3, "p/one"}, {IncidentFilter{ID: "%"}, 0, ""}, {IncidentFilter{Severity: "high"}, 2, "p/one"},
		{IncidentFilter{Rule: "p/two"}, 2, "p/two"}, {IncidentFilter{Since: c.now()}, 2, "p/two"}} {
		got, err := s.Incidents(ctx, tt.f, 10)
		if err != nil || len(got) != tt.n || tt.n > 0 && got[0].Rule != tt.rule {
			t.Errorf("%+v: %+v, %v", tt.f, got, err)
		}
	}
	got, err := s.Incidents(ctx, IncidentFilter{ID: "aa11"}, 10)
	if err != nil || got[0].Record != again || got[1].Record != first || !got[2].Simulated || got[1].Severity != "high" || got[0].Recipients != record(1).Recipients || !got[0].At.Equal(c.now()) {
		t.Errorf("%+v, %v", got, err)
	}
	if n, err := s.PruneIncidents(ctx, c.now()); n != 2 || err != nil {
		t.Errorf("pruned %d, %v", n, err)
	}
}
