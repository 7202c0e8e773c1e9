package pipeline

import (
	"strings"
	"testing"
)

func TestReason(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ give, want string }{
		{"approved by the director", "approved by the director"},
		{"room 12, 4 copies of 2024", "room 12, 4 copies of 2024"},
		{"card 4111111111111111 of mine", "card … of mine"},
		{"card 4111 1111 1111 1111 of mine", "card … of mine"},
		{"TFN 123-456-782, BSB 12.34/5", "TFN …, BSB …"},
		{"1 2 3 4", "1 2 3 4"},
		{"1 2 3 4 5", "…"},
		{"123  456", "123  456"},
		{"12345", "…"},
		{"a\r\nb\x7f", "a  b "},
		{strings.Repeat("é", maxReason+1), strings.Repeat("é", maxReason-1) + "…"},
	} {
		if got := reason(tt.give); got != tt.want {
			t.Errorf("reason(%q) = %q, want %q", tt.give, got, tt.want)
		}
	}
}
