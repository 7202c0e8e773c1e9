package cli

import (
	"strings"
	"testing"
)

func TestServes(t *testing.T) {
	t.Parallel()
	for line, want := range map[string]bool{
		"serve":                          true,
		"serve --config a.yaml":          true,
		"--config a.yaml serve":          true,
		"--config=a.yaml -v serve":       true,
		"serve --simulate":               true,
		"":                               false,
		"check serve":                    false,
		"replay mail --rules serve":      false,
		"--config serve check a.eml":     false,
		"--config serve":                 false,
		"help serve":                     false,
		"replay --diff serve serve mail": false,
		"server":                         false,
		"--unknown serve":                false, // and is refused
	} {
		if got := Serves(strings.Fields(line)); got != want {
			t.Errorf("%q: %v", line, got)
		}
	}
}
