package match

import (
	"math/rand/v2"
	"strings"
	"testing"

	"labelmilter/internal/match/fold"

	"github.com/google/go-cmp/cmp"
)

func TestWords(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name  string
		words []string
		o     WordOptions
		text  string
		want  []string
	}{
		{"whole words", []string{"id"}, WordOptions{}, "bid ID idea (id)", []string{"ID", "id"}},
		{"inside words", []string{"id"}, WordOptions{String: true}, "bid ID", []string{"id", "ID"}},
		{"case", []string{"Ab"}, WordOptions{CaseSensitive: true}, "ab Ab AB", []string{"Ab"}},
		{"phrase over a line break", []string{"tax  file number"}, WordOptions{}, "Tax\r\n  file number", []string{"Tax\r\n  file number"}},
		{"longest", []string{"heart", "heart attack"}, WordOptions{}, "heart attack heart", []string{"heart attack", "heart"}},
		{"accents", []string{"Führerschein"}, WordOptions{}, "fuhrerschein FÜHRERSCHEIN F\u0075\u0308hrerschein", []string{"fuhrerschein", "FÜHRERSCHEIN", "F\u0075\u0308hrerschein"}},
		{"invisible", []string{"secret"}, WordOptions{}, "se\u200bcr\u00adet", []string{"se\u200bcr\u00adet"}},
		{"cyrillic whole words", []string{"паспорт"}, WordOptions{}, "ПАСПОРТ паспорта паспорт", []string{"ПАСПОРТ", "паспорт"}},
		{"chinese has no words", []string{"身份证"}, WordOptions{}, "我的身份证号", []string{"身份证"}},
		{"chinese beside letters", []string{"id号"}, WordOptions{}, "ID号1 bid号", []string{"ID号"}},
		{"signs", []string{"c++", "#no"}, WordOptions{}, "C++ x#no", []string{"C++", "#no"}},
		{"full width", []string{"abn"}, WordOptions{}, "ＡＢＮ", []string{"ＡＢＮ"}},
	} {
		w, err := CompileWords(c.words, c.o)
		if err != nil {
			t.Fatal(c.name, err)
		}
		spans, ex := w.FindAll(c.text, -1, nil)
		var got []string
		for _, s := range spans {
			got = append(got, c.text[s[0]:s[1]])
		}
		if d := cmp.Diff(c.want, got); d != "" || ex {
			t.Errorf("%s: %s", c.name, d)
		}
		if r := w.Match(c.text, nil); !r.Matched || r.Exhausted {
			t.Errorf("%s: %+v", c.name, r)
		}
		if r := w.Match(c.text, &Work{Left: 1}); !r.Matched || !r.Exhausted {
			t.Errorf("%s: does not fail closed: %+v", c.name, r)
		}
	}
	for _, bad := range [][]string{nil, {""}, {" \t"}, {"\u200b"}, {"a\xff"}, {strings.Repeat("a", MaxWord+1)}} {
		if _, err := CompileWords(bad, WordOptions{}); err == nil {
			t.Errorf("%.10q accepted", bad)
		}
	}
}

// The trie against looking for every word at every place.
func TestWordsNaive(t *testing.T) {
	t.Parallel()
	rnd := rand.New(rand.NewPCG(5, 6))
	alphabet := []rune("abAB1 \n-é身ж_")
	random := func(n int) string {
		var b strings.Builder
		for range 1 + rnd.IntN(n) {
			b.WriteRune(alphabet[rnd.IntN(len(alphabet))])
		}
		return b.String()
	}
	table := fold.Standard()
	for range 500 {
		o := WordOptions{CaseSensitive: rnd.IntN(2) == 0, String: rnd.IntN(2) == 0}
		var words [][]rune
		var list []string
		var x fold.Text
		for len(list) < 5 {
			s := random(4)
			if r, bad := FoldWord(table, &x, s); bad == "" {
				list, words = append(list, s), append(words, r)
			}
		}
		w, err := CompileWords(list, o)
		if err != nil {
			t.Fatal(err)
		}
		table.Fold(&x, random(30))
		runes := x.Runes(nil)
		type hit struct{ S, E int }
		got, want := map[hit]bool{}, map[hit]bool{}
		w.Each(&x, nil, func(s, e, _ int) bool { got[hit{s, e}] = true; return true })
		for s := range runes {
			for _, word := range words {
				e := s
				for _, r := range word {
					switch {
					case e < 0 || e >= len(runes):
						e = -1
					case r == ' ' && fold.Space(x.Shadow[e]):
						for n := 0; n < MaxSpaces && e < len(runes) && fold.Space(x.Shadow[e]); n++ {
							e++
						}
					case runes[e] == r, !o.CaseSensitive && Canonical(runes[e]) == Canonical(r):
						e++
					default:
						e = -1
					}
				}
				if e > 0 && (o.String || Boundary(x.Shadow, s) && Boundary(x.Shadow, e)) {
					want[hit{s, e}] = true
				}
			}
		}
		if d := cmp.Diff(want, got); d != "" {
			t.Fatalf("%+v %q in %q: %s", o, list, x.Orig, d)
		}
	}
}

func FuzzWords(f *testing.F) {
	f.Add("tax file number\nid", "the Tax\nFile number: BID")
	f.Fuzz(func(t *testing.T, list, text string) {
		w, err := CompileWords(strings.Split(list, "\n"), WordOptions{})
		if err != nil {
			return
		}
		spans, _ := w.FindAll(text, -1, nil)
		last := 0
		for _, s := range spans {
			if s[0] < last || s[1] <= s[0] || s[1] > len(text) {
				t.Fatalf("bad range %v", s)
			}
			last = s[1]
		}
	})
}
