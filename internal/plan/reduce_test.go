package plan

import (
	"strings"
	"testing"

	"labelmilter/internal/marking"
)

// A note counts as it is written, where commas and backslashes are escaped.
func TestReducedNote(t *testing.T) {
	t.Parallel()
	const added = "; also B"
	room := maxNote - len(added)
	for _, tt := range []struct {
		name, note string
		fits       bool
	}{
		{"none", "", true},
		{"as long as may be", strings.Repeat("x", room), true},
		{"one too many", strings.Repeat("x", room+1), false},
		{"commas as long as may be", strings.Repeat("x", room-4) + ",,", true},
		{"commas", strings.Repeat("x", room-2) + ",,", false},
		{"backslashes as long as may be", strings.Repeat("x", room-4) + `\\`, true},
		{"backslashes", strings.Repeat("x", room-2) + `\\`, false},
		{"comma and backslash", strings.Repeat("x", room-3) + `,\`, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			want := tt.note
			if tt.fits {
				want = strings.TrimPrefix(tt.note+added, "; ")
			}
			var e editor
			got := e.reduce(marking.Marking{IMMs: []string{"A", "B"}, Note: tt.note}, []string{"A"})
			if got.Note != want {
				t.Errorf("note %q, want %q", got.Note, want)
			}
			if len(got.IMMs) != 1 || len(e.conflicts) != 1 {
				t.Errorf("%v, %v: want one marker and one conflict", got.IMMs, e.conflicts)
			}
		})
	}
}
