package edm

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"unicode"

	"golang.org/x/text/unicode/norm"
	"golang.org/x/text/width"
)

// script is one way to write names and streets.
type script struct {
	name     string
	letters  string // of names, one word is a run of them
	unspaced bool
	// variants are forms that must be found for a value of the table.
	variants []func(string) string
}

func nfd(s string) string    { return norm.NFD.String(s) }
func upper2(s string) string { return strings.ToUpper(s) }
func lower2(s string) string { return strings.ToLower(s) }
func wide(s string) string   { return width.Widen.String(s) }
func narrow(s string) string { return width.Narrow.String(s) }
func lines(s string) string  { return strings.ReplaceAll(s, " ", "\r\n ") }
func same(s string) string   { return s }

// unmarked writes a name without its marks.
func unmarked(s string) string {
	return norm.NFC.String(strings.Map(func(r rune) rune {
		if unicode.Is(unicode.Mn, r) {
			return -1
		}
		return r
	}, norm.NFD.String(s)))
}

// spread puts spaces between characters, packed takes them out.
func spread(s string) string {
	var b strings.Builder
	for _, r := range s {
		b.WriteRune(r)
		if unspaced(r) {
			b.WriteByte(' ')
		}
	}
	return b.String()
}

func packed(s string) string { return strings.ReplaceAll(s, " ", "") }

var scripts = []script{
	{"Latin", "abcdefghijklmnopqrstuvwxyzéèüöäñçåøłšžőıß", false, []func(string) string{same, upper2, lower2, nfd, wide, lines, unmarked}},
	{"Cyrillic", "абвгдежзийклмнопрстуфхцчшщъыьэюяёїґ", false, []func(string) string{same, upper2, lower2, nfd, lines, unmarked}},
	{"Greek", "αβγδεζηθικλμνξοπρστυφχψωάέήίόύώϊ", false, []func(string) string{same, upper2, lower2, nfd, lines, unmarked}},
	{"Arabic", "ابتثجحخدذرزسشصضطظعغفقكلمنهوي", false, []func(string) string{same, lines, nfd}},
	{"Devanagari", "अआइईउऊएऐओऔकखगघचछजझटठडढणतथदधनपफबभमयरलवशषसह", false, []func(string) string{same, lines, nfd}},
	{"Chinese", "王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗梁宋郑谢韩唐冯于董萧程曹袁邓许傅沈曾彭吕", true, []func(string) string{same, spread, packed, lines}},
	{"Japanese", "山田太郎佐藤鈴木高橋伊さとうたかはしサトウタカガギグゲゴパピ", true, []func(string) string{same, spread, packed, nfd, narrow, lines}},
	{"Korean", "김이박최정강조윤장임한오서신권황안송전홍유고문양손배백허남심노하곽성차주우구나민진지엄채원천방공현함변염여추도소석선설마길연위표명기반왕금옥육인맹제모탁국어은편용", true, []func(string) string{same, spread, packed, nfd, lines}},
	{"Thai", "กขคงจฉชซญฎฏฐณดตถทธนบปผฝพฟภมยรลวศษสหอ", true, []func(string) string{same, spread, packed, lines}},
}

// TestRecall holds that every permitted form of every value is found, in each
// script, by each normaliser.
func TestRecall(t *testing.T) {
	t.Parallel()
	const rows = 400
	def := Schema{ID: "recall", Columns: []Column{{Name: "ID", Type: Digits, Searchable: true}, {Name: "Name", Type: Name}, {Name: "Place", Type: Text}}}
	for _, sc := range scripts {
		t.Run(sc.name, func(t *testing.T) {
			t.Parallel()
			r := rand.New(rand.NewPCG(uint64(len(sc.name)), 7))
			letters := []rune(sc.letters)
			word := func() string {
				n := 2 + r.IntN(6)
				out := make([]rune, n)
				for i := range out {
					out[i] = letters[r.IntN(len(letters))]
				}
				if !sc.unspaced {
					out[0] = unicode.ToUpper(out[0])
				}
				return string(out)
			}
			phrase := func(n int) string {
				out := make([]string, n)
				for i := range out {
					out[i] = word()
				}
				return strings.Join(out, " ")
			}
			type row struct{ id, name, place string }
			var table []row
			var b strings.Builder
			b.WriteString("ID|Name|Place\n")
			for i := range rows {
				x := row{fmt.Sprintf("%09d", 100000000+i*104729), phrase(2 + r.IntN(2)), phrase(1+r.IntN(5)) + " " + fmt.Sprint(10+r.IntN(9990))}
				table = append(table, x)
				fmt.Fprintf(&b, "%s|%s|%s\n", x.id, x.name, x.place)
			}
			st, rep := built(t, def, b.String())
			if rep.Columns[1].Used != rows || rep.Columns[2].Used != rows {
				t.Fatalf("%+v", rep)
			}
			for i, x := range table {
				v := sc.variants[i%len(sc.variants)]
				name := v(x.name)
				if !sc.unspaced && i%3 == 0 { // names in any order
					w := strings.Fields(name)
					w[0], w[len(w)-1] = w[len(w)-1]+",", w[0]
					name = strings.Join(w, " ")
				}
				around := phrase(3)
				text := fmt.Sprintf("%s (%s) [%s]: %s; %s. %s", around, name, v(x.place), x.id[:3]+" "+x.id[3:], phrase(2), phrase(1))
				found, n := near(t, st, "ID", text, x.id[:3]+" "+x.id[3:], 300)
				if n != 1 || len(found) != 2 {
					t.Fatalf("row %d, variant %d: %d rows, found %v in %q of %+v", i, i%len(sc.variants), n, found, text, x)
				}
			}
		})
	}
}

// TestRecallTyped holds the same of the typed normalisers.
func TestRecallTyped(t *testing.T) {
	t.Parallel()
	type form struct{ cell, text string }
	for _, tt := range []struct {
		column Column
		forms  []form
		none   []form
	}{
		{Column{Type: Digits}, []form{{"123-45-6789", "123456789"}, {"123456789", "123 45 6789"}, {"0123 456", "0123-456"}, {"１２３４５６", "123 456"}, {"123456", "１２３４５６"}, {"12/345/678", "12.345.678"}, {"٤٥٦٧٨٩", "456789"}, {"1 22 333", "1-22-333"}},
			[]form{{"123456789", "1234567890"}, {"123456", "x123456"}, {"12345", "12 346"}}},
		{Column{Type: Code}, []form{{"AB-123.4", "ab1234"}, {"gb82west12345698765432", "GB82 WEST 1234 5698 7654 32"}, {"X-1", "x1"}, {"ＡＢ１２", "AB12"}}, []form{{"AB12", "AB123"}}},
		{Column{Type: Date}, []form{{"05-05-1960", "5 May 1960"}, {"11-24-1971", "24/11/1971"}, {"02-12-1998", "Feb 12, 1998"}, {"02-12-1998", "2 December 1998"}, {"1998-12-02", "12/02/98"}, {"19981202", "1998年12月2日"}, {"1998年2月3日", "3.2.1998"},
			{"1971-11-24T00:00:00Z", "24-Nov-71"}, {"24.11.1971", "le 24 novembre 1971"}, {"24.11.1971", "24. November 1971"}, {"3/1/2020", "the 3rd of January, 2020"}, {"1960년 5월 6일", "1960-05-06"}, {"24.11.1971", "24 de noviembre de 1971"}, {"24 Nov 1971", "1971/11/24"}, {"1/2/31", "2 January 1931"}},
			[]form{{"1998-12-02", "1998-12-03"}, {"1998-12-02", "2 December 1997"}, {"1998-12-02", "1998-12-021"}}},
		{Column{Type: Date, Order: "dmy"}, []form{{"02-12-1998", "2 December 1998"}, {"02-12-1998", "12/02/1998"}}, []form{{"02-12-1998", "February 12, 1998"}}},
		{Column{Type: Date, Order: "mdy"}, []form{{"02-12-1998", "February 12, 1998"}}, []form{{"02-12-1998", "2 December 1998"}}},
		{Column{Type: Phone}, []form{{"+61 2 9876 5432", "(02) 9876 5432"}, {"0298765432", "+61 2 9876-5432"}, {"(415) 555-2671", "+1 415 555 2671"}, {"415.555.2671", "(415) 555-2671"}, {"+61 (0)2 9876 5432", "02 9876 5432"}, {"02 9876 5432 ext 12", "0298765432"}}, []form{{"0298765432", "0298765433"}}},
		{Column{Type: Phone, CountryCode: "61"}, []form{{"02 9876 5432", "+61 2 9876 5432"}, {"+61 2 9876 5432", "02 9876 5432"}, {"0061 2 9876 5432", "61298765432"}, {"+1 415 555 2671", "+1 (415) 555-2671"}}, []form{{"02 9876 5432", "+64 2 9876 5432"}}},
		{Column{Type: Email}, []form{{"A.Person@Example.org", "a.person@example.org"}, {"<x+y@a.example>", "mailto:X+Y@A.example."}}, []form{{"a@b.example", "xa@b.example"}}},
		{Column{Type: Text, CaseSensitive: true}, []form{{"Ann Lee", "Ann Lee"}, {"Ann Lee", "Ann-Lee"}}, []form{{"Ann Lee", "ANN LEE"}, {"Ann Lee", "Lee Ann"}}},
		{Column{Type: Text, KeepMarks: true}, []form{{"Zoë", "ZOE\u0308"}, {"Straße", "STRASSE"}}, []form{{"Zoë", "Zoe"}}},
		{Column{Type: Text, Ignore: "-/"}, []form{{"AB-12/3", "AB123"}, {"Middle-Last Name", "MiddleLast name"}}, []form{{"AB-12", "AB 12"}}},
		{Column{Type: Text, SingleWord: true}, []form{{"Smith", "smith"}, {"王小明", "王小明"}}, nil},
		{Column{Type: Text}, []form{{"one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen", "One two three four five six seven eight nine ten eleven twelve, thirteen fourteen fifteen sixteen"},
			{strings.Repeat("山", 64), strings.Repeat("山", 64)}, {"O'Brien", "O’Brien"}, {"İstanbul", "istanbul"}, {"Æsop Ø", "aesop o"}, {"ﬁne", "FINE"}, {"Ⅳ Road", "iv road"}}, nil},
	} {
		c := tt.column
		c.Name = "V"
		def := Schema{ID: "typed", Columns: []Column{{Name: "ID", Type: Code, Searchable: true}, c}}
		all := append(slices.Clone(tt.forms), tt.none...)
		table := "ID\tV\n"
		for i, f := range all {
			table += fmt.Sprintf("KEY-%d\t%s\n", 100+i, f.cell)
		}
		st, rep := built(t, def, table)
		if rep.Columns[1].Used != int64(len(all)) {
			t.Errorf("%+v: %v", c, rep.Columns[1].Reasons)
		}
		for i, f := range all {
			key := fmt.Sprintf("KEY-%d", 100+i)
			found, rows := near(t, st, "ID", "The entry "+f.text+" is that of "+key+" here.", key, 300)
			if want := i < len(tt.forms); (len(found) == 1) != want || rows != 1 {
				t.Errorf("%+v: %q in the table, %q in the text: %d rows, found %v", c, f.cell, f.text, rows, !want)
			}
		}
	}
}
