package marking

import (
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
)

// What FindText must reach on testdata/use.txt: of the markings in own use,
// how many are found as such, and how many found as such are.
const (
	wantOwnRecall    = 0.97
	wantOwnPrecision = 0.97
	wantUse          = 0.97 // of all markings, found with the right use
)

// TestUse measures how well markings in use are told from quoted ones and
// from mentions.
func TestUse(t *testing.T) {
	t.Parallel()
	data, err := os.ReadFile("testdata/use.txt")
	if err != nil {
		t.Fatal(err)
	}
	parts := strings.Split("\n"+string(data), "\n=== ")[1:]
	var want, right, own, ownRight, ownFound int
	for _, p := range parts {
		head, text, _ := strings.Cut(p, "\n")
		var expected, got []string
		if head != "none" {
			expected = strings.Split(head, "; ")
		}
		for _, m := range FindText(text) {
			class := m.Marking.Classification
			if class == "" {
				class = map[string]string{"For-Official-Use-Only": OfficialSensitive}[m.Marking.DLM]
			}
			if x := fmt.Sprintf("%s %s", m.Marking.Use, class); !slices.Contains(got, x) {
				got = append(got, x)
			}
		}
		for _, x := range expected {
			want++
			use, class, _ := strings.Cut(x, " ")
			hit := slices.Contains(got, x)
			if use == string(Mention) && !hit {
				// A word in a sentence that is not reported at all says as little.
				hit = !slices.Contains(got, string(Own)+" "+class) && !slices.Contains(got, string(Quoted)+" "+class)
			}
			if hit {
				right++
			}
			if use == string(Own) {
				own++
				if hit {
					ownRight++
				}
			}
		}
		for _, x := range got {
			if strings.HasPrefix(x, "own ") {
				ownFound++
			}
		}
		for _, x := range got {
			if !strings.HasPrefix(x, string(Mention)) && !slices.Contains(expected, x) {
				t.Logf("want %q, got %q:\n%.300s", expected, got, text)
				break
			}
		}
	}
	recall, precision, use := float64(ownRight)/float64(own), float64(ownRight)/float64(ownFound), float64(right)/float64(want)
	t.Logf("%d texts, %d markings: own recall %.3f, own precision %.3f, right use %.3f", len(parts), want, recall, precision, use)
	if recall < wantOwnRecall || precision < wantOwnPrecision || use < wantUse {
		t.Errorf("own recall %.3f (want %.2f), own precision %.3f (want %.2f), right use %.3f (want %.2f)", recall, wantOwnRecall, precision, wantOwnPrecision, use, wantUse)
	}
}
