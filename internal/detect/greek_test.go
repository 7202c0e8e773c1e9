package detect

import (
	"strings"
	"testing"

	"labelmilter/internal/budget"
	"labelmilter/internal/extract"
	"labelmilter/internal/sit"
)

// TestTermsOfOtherScripts: terms are folded and made canonical; no letter may
// get lost on the way (Greek iota folds with a combining mark). In words that
// mix scripts some letters look like ASCII in one case only (т and Т).
func TestTermsOfOtherScripts(t *testing.T) {
	for _, w := range []string{"αριθμός διαβατηρίου", "ΑΡΙΘΜΟΥ ΜΗΤΡΩΟΥ", "ιώτα", "µικρό", "номер паспорта", "паспорт", "հայերեն բառ", "ქართული",
		"çéà éàù", "número de é", "ǅungla", "ﬁnanzamt", "straße", "ſtreet é", "ẞ é", "Ω ohm", "K é", "İstanbul é", "паспортid#", "Паспортid#", "ВАТ ват id", "βατvat", "護照號碼", "여권 번호", "パスポート"} {
		types := []sit.Type{{ID: "x", Name: "x", Patterns: []sit.Pattern{{Confidence: 85, Match: sit.Element{Words: []string{w}, Boundary: sit.BoundaryWord}}}}}
		e, errs := Compile(types, nil)
		if e == nil {
			t.Fatal(w, errs)
		}
		for _, form := range []string{w, strings.ToUpper(w), strings.ToLower(w)} {
			texts := []extract.Text{{Part: "1", Where: extract.InBody, Body: "x " + form + "\nBR8493565\n"}}
			if got := len(e.Detect(texts, budget.Default()).Findings); got != 1 {
				t.Errorf("%q as %q: %d findings", w, form, got)
			}
		}
	}
}
