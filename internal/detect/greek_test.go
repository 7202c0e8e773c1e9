package detect

import (
	"testing"

	"labelmilter/internal/budget"
	"labelmilter/internal/extract"
	"labelmilter/internal/sit"
)

// TestTermsOfOtherScripts: terms are folded, made canonical and folded again;
// no letter may get lost on the way (Greek iota folds with a combining mark).
func TestTermsOfOtherScripts(t *testing.T) {
	for _, w := range []string{"αριθμός διαβατηρίου", "ΑΡΙΘΜΟΥ ΜΗΤΡΩΟΥ", "ιώτα", "µικρό", "номер паспорта", "паспорт", "հայերեն բառ", "ქართული",
		"çéà éàù", "número de é", "ǅungla", "ﬁnanzamt", "straße", "ſtreet é", "ẞ é", "Ω ohm", "K é", "İstanbul é", "護照號碼", "여권 번호", "パスポート"} {
		types := []sit.Type{{ID: "x", Name: "x", Patterns: []sit.Pattern{{Confidence: 85, Match: sit.Element{Words: []string{w}, Boundary: sit.BoundaryWord}}}}}
		e, errs := Compile(types, nil)
		if e == nil {
			t.Fatal(w, errs)
		}
		texts := []extract.Text{{Part: "1", Where: extract.InBody, Body: "x " + w + "\nBR8493565\n"}}
		if got := len(e.Detect(texts, budget.Default()).Findings); got != 1 {
			t.Errorf("%q: %d findings", w, got)
		}
	}
}
