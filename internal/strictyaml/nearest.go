package strictyaml

import (
	"fmt"
	"strings"
)

// maxNear is the length above which no near word is looked for.
const maxNear = 80

// Nearest is the known word that s was probably meant to be. Words that differ
// only in case, hyphens, underscores and spaces come first; else the smallest
// number of insertions, deletions, replacements and swaps of neighbours, at
// most a third of the word. Of equal ones the first wins. Without such a one,
// it is the only word that begins as s does, or as which s begins.
func Nearest(s string, known []string) (string, bool) {
	if s == "" || len(s) > maxNear {
		return "", false
	}
	folded := foldWord(s)
	best, found := "", 0
	letters := len([]rune(folded))
	limit := max(1, letters/3)
	for _, k := range known {
		if k == "" || len(k) > maxNear {
			continue
		}
		if foldWord(k) == folded {
			return k, true
		}
		if letters < 3 && len(foldWord(k)) == letters {
			continue // of two letters, one is not enough
		}
		d := distance([]rune(folded), []rune(foldWord(k)))
		if d <= limit && (best == "" || d < found) {
			best, found = k, d
		}
	}
	if best == "" {
		best = beginning(folded, known)
	}
	return best, best != ""
}

// beginning is the only known word that has s as its beginning, or the other
// way round; three letters at least must agree.
func beginning(s string, known []string) (only string) {
	for _, k := range known {
		f := foldWord(k)
		if min(len(f), len(s)) < 3 || !strings.HasPrefix(f, s) && !strings.HasPrefix(s, f) {
			continue
		}
		if only != "" {
			return ""
		}
		only = k
	}
	return only
}

func foldWord(s string) string {
	return strings.NewReplacer("-", "", "_", "", " ", "").Replace(strings.ToLower(s))
}

// distance is the optimal string alignment distance.
func distance(a, b []rune) int {
	prev2 := make([]int, len(b)+1)
	prev := make([]int, len(b)+1)
	cur := make([]int, len(b)+1)
	for j := range prev {
		prev[j] = j
	}
	for i := 1; i <= len(a); i++ {
		cur[0] = i
		for j := 1; j <= len(b); j++ {
			cost := 1
			if a[i-1] == b[j-1] {
				cost = 0
			}
			cur[j] = min(prev[j]+1, cur[j-1]+1, prev[j-1]+cost)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				cur[j] = min(cur[j], prev2[j-2]+1)
			}
		}
		prev2, prev, cur = prev, cur, prev2
	}
	return prev[len(b)]
}

// suggest is the fix for an unknown word: the nearest known one, else the
// known ones, as far as they can be read.
func suggest(s string, known []string) string {
	if near, ok := Nearest(s, known); ok {
		return fmt.Sprintf("did you mean %q?", near)
	}
	if len(known) == 0 {
		return ""
	}
	const most = 30
	if len(known) > most {
		return fmt.Sprintf("known: %s and %d more", strings.Join(known[:most], ", "), len(known)-most)
	}
	return "known: " + strings.Join(known, ", ")
}
