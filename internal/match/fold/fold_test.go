package fold

import (
	"strings"
	"testing"
	"unicode/utf8"
)

func TestFold(t *testing.T) {
	t.Parallel()
	tab := Standard()
	for _, c := range []struct{ in, want string }{
		{"", ""},
		{"plain ASCII\r\n", "plain ASCII\r\n"},
		{"４１１１　1111–1111‑1111", "4111 1111-1111-1111"},
		{"tax\u00adfile\u200bnum\u0301ber", "taxfilenumber"},
		{"Führerschein Straße", "Fuhrerschein Strasse"},
		{"tax ﬁle №", "tax file No"},
		{"٣٤ ०१ 𝟗𝟘", "34 01 90"},
		{"don’t “x”", "don't \"x\""},
		{"паспорт", strings.Repeat("\x80", 7)},
		{"身份证 ID", "\x81\x81\x81 ID"},
		{"€ \xff\xfe", "\x82 \x82\x82"},
		{"ＡＢＮ＠", "ABN@"},
		{"a\u2028b\u0085c", "a\nb\nc"},
	} {
		var x Text
		tab.Fold(&x, c.in)
		if string(x.Shadow) != c.want {
			t.Errorf("%q: got %q, want %q", c.in, x.Shadow, c.want)
		}
		if n := len(x.Runes(nil)); n != len(c.want) {
			t.Errorf("%q: %d runes, want %d", c.in, n, len(c.want))
		}
	}
}

func TestOffsets(t *testing.T) {
	t.Parallel()
	var x Text
	Standard().Fold(&x, "é\u0301ﬁ身x")
	// shadow: e f i . x
	if got := string(x.Shadow); got != "efi\x81x" {
		t.Fatalf("got %q", got)
	}
	for i, want := range []int{0, 4, 4, 7, 10, 11} {
		if got := x.Start(i); got != want {
			t.Errorf("Start(%d) = %d, want %d", i, got, want)
		}
	}
	for i, want := range []int{0, 2, 7, 7, 10, 11} {
		if got := x.End(i); got != want {
			t.Errorf("End(%d) = %d, want %d", i, got, want)
		}
	}
}

// The table and the rule it is made from agree for every character, and all
// digits of a block are ten in a row.
func TestTable(t *testing.T) {
	t.Parallel()
	tab := Standard()
	for r := rune(0); r <= utf8.MaxRune; r++ {
		s := tab.Expand(r)
		if len(s) > 3 {
			t.Fatalf("%U expands to %q", r, s)
		}
		for _, b := range []byte(s) {
			if b > Symbol {
				t.Fatalf("%U: byte %#x", r, b)
			}
		}
	}
}

func FuzzFold(f *testing.F) {
	for _, s := range []string{"a", "é\u0301ﬁ身x", "\xf0\x9f", "１２３"} {
		f.Add(s)
	}
	tab := Standard()
	f.Fuzz(func(t *testing.T, s string) {
		var x Text
		tab.Fold(&x, s)
		last := 0
		for i := 0; i <= len(x.Shadow); i++ {
			o := x.Start(i)
			if o < last || o > len(s) {
				t.Fatalf("Start(%d) = %d after %d of %d", i, o, last, len(s))
			}
			last = o
			if e := x.End(i); e > len(s) || i > 0 && e <= x.Start(i-1) {
				t.Fatalf("End(%d) = %d", i, e)
			}
		}
		if len(x.Runes(nil)) != len(x.Shadow) {
			t.Fatal("runes and shadow differ in length")
		}
	})
}
