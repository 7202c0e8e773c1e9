package label_test

import (
	"fmt"
	"strings"
	"testing"

	"labelmilter/internal/assemble"
	"labelmilter/internal/label"
	"labelmilter/internal/marking"
)

// TestMappingIsTotal takes every class with every combination of caveats and up
// to three information management markers in every order through the grammar
// and the shipped label table: each comes to exactly one outcome, the one that
// the rule names (class; CABINET; NATIONAL-CABINET; first marker).
func TestMappingIsTotal(t *testing.T) {
	t.Parallel()
	rs, ps := assemble.Rules(assemble.Options{Packs: []string{"au-pspf"}})
	if ps.HasErrors() {
		t.Fatal(ps)
	}
	m := label.Mapping{Catalogue: rs.Catalogue, Ceiling: rs.Markings.Ceiling, Historical: rs.Markings.Historical}
	classes := map[string]string{"UNOFFICIAL": "unofficial", "OFFICIAL": "official", "OFFICIAL:Sensitive": "official-sensitive",
		"PROTECTED": "protected", "SECRET": "", "TOP-SECRET": "", "WHATEVER": "?"}
	caveats := [][]string{nil, {"SH:CABINET"}, {"SH:NATIONAL-CABINET"}, {"RI:AUSTEO"}, {"SH:NATIONAL-CABINET", "SH:CABINET"},
		{"RI:AUSTEO", "SH:CABINET"}, {"C:word", "SH:NATIONAL-CABINET"}, {"SH:NOVEL"}}
	short := map[string]string{"Personal-Privacy": "-pp", "Legal-Privilege": "-lp", "Legislative-Secrecy": "-ls"}
	n := 0
	for class, base := range classes {
		for _, cs := range caveats {
			for _, imms := range orders([]string{"Personal-Privacy", "Legal-Privilege", "Legislative-Secrecy", "Novelty"}) {
				v := "VER=2024.1, NS=gov.au, SEC=" + class
				for _, c := range cs {
					v += ", CAVEAT=" + c
				}
				for _, i := range imms {
					v += ", ACCESS=" + i
				}
				got := m.Map(marking.ParseHeader(v + ", ORIGIN=a@b.gov.au"))
				wantOut, wantLabel := reference(class, base, cs, imms, short)
				if got.Outcome != wantOut || got.Label != wantLabel || got.Reason == "" {
					t.Errorf("%s: %s %q, want %s %q", v, got.Outcome, got.Label, wantOut, wantLabel)
				}
				n++
			}
		}
	}
	if want := len(classes) * len(caveats) * 41; n != want {
		t.Errorf("%d combinations, want %d", n, want)
	}
}

// reference is the mapping said in another way.
func reference(class, base string, caveats, imms []string, short map[string]string) (label.Outcome, label.ID) {
	if base == "" {
		return label.Block, ""
	}
	if base == "?" {
		return label.Hold, ""
	}
	out := label.Labelled
	list := " " + strings.Join(caveats, " ") + " "
	sensitive, protected := base == "official-sensitive" || base == "protected", base == "protected"
	switch {
	case strings.Contains(list, "NOVEL "), len(imms) > 0 && !sensitive,
		len(caveats) > 0 && !sensitive,
		!protected && (strings.Contains(list, " SH:CABINET ") || strings.Contains(list, "RI:") || strings.Contains(list, " C:")):
		out = label.Hold
	}
	suffix := ""
	for _, i := range imms {
		if i == "Novelty" {
			out = label.Hold
		} else if suffix == "" {
			suffix = short[i]
		}
	}
	if strings.Contains(list, " SH:NATIONAL-CABINET ") {
		suffix = "-nc"
	}
	if strings.Contains(list, " SH:CABINET ") && protected {
		suffix = "-c"
	}
	if !sensitive {
		suffix = ""
	}
	return out, label.ID(base + suffix)
}

// orders gives all ordered selections of up to three of the values.
func orders(values []string) [][]string {
	out := [][]string{nil}
	for i := 0; i < len(out); i++ {
		if len(out[i]) == 3 {
			continue
		}
	next:
		for _, v := range values {
			for _, have := range out[i] {
				if have == v {
					continue next
				}
			}
			out = append(out, append(append([]string{}, out[i]...), v))
		}
	}
	return out
}

func TestMappingForeignScheme(t *testing.T) {
	t.Parallel()
	x := marking.ParseHeader("VER=2024.1, NS=govt.nz, SEC=RESTRICTED, ORIGIN=a@b.govt.nz")
	if got := (label.Mapping{}).Map(x); got.Outcome != label.None || got.Label != "" {
		t.Errorf("a foreign marking comes to %s", fmt.Sprint(got))
	}
}
