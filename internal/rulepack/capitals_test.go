package rulepack

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestWithCapitals(t *testing.T) {
	t.Parallel()
	got := withCapitals([]string{"Weiß", "O'Neill", "NG", "Ng", "García López"})
	want := []string{"Weiß", "O'Neill", "NG", "Ng", "García López", "WEISS", "O'NEILL", "GARCÍA LÓPEZ"}
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
}
