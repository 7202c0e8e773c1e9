package edm

import (
	"labelmilter/internal/match/fold"
)

// pivot: a year of two digits in the table up to this is of this century.
const pivot = 30

// months by their names and short forms in English, German, French, Spanish,
// Italian, Portuguese and Dutch, marks removed.
var months = func() map[string]int {
	m := map[string]int{}
	for i, names := range [...][]string{
		{"january", "jan", "januar", "janner", "janvier", "janv", "enero", "ene", "gennaio", "gen", "janeiro", "januari"},
		{"february", "feb", "februar", "fevrier", "fevr", "fev", "febrero", "febbraio", "fevereiro", "februari"},
		{"march", "mar", "marz", "maerz", "mrz", "mars", "marzo", "marco", "maart", "mrt"},
		{"april", "apr", "avril", "avr", "abril", "abr", "aprile"},
		{"may", "mai", "mayo", "maggio", "mag", "maio", "mei"},
		{"june", "jun", "juni", "juin", "junio", "giugno", "giu", "junho"},
		{"july", "jul", "juli", "juillet", "juil", "julio", "luglio", "lug", "julho"},
		{"august", "aug", "aout", "agosto", "ago", "augustus"},
		{"september", "sep", "sept", "septembre", "septiembre", "settembre", "set", "setembro"},
		{"october", "oct", "oktober", "okt", "octobre", "octubre", "ottobre", "ott", "outubro", "out"},
		{"november", "nov", "novembre", "noviembre", "novembro"},
		{"december", "dec", "dezember", "dez", "decembre", "diciembre", "dic", "dicembre", "dezembro"},
	} {
		for _, n := range names {
			m[n] = i + 1
		}
	}
	return m
}()

// fillers may stand between day, month and year.
var fillers = map[string]bool{"of": true, "de": true, "del": true, "the": true, "den": true, "di": true}

// dateAt reads a date that begins at i. It appends the ways to read it and
// says where it ends; none if there is no date.
func dateAt(rs []reading, b []byte, i int) ([]reading, int) {
	if b[i]-'0' >= 10 {
		return monthFirst(rs, b, i)
	}
	n1, w1, p := number(b, i)
	if w1 == 8 {
		return compact(rs, n1), p
	}
	if w1 > 4 || w1 == 3 || p >= len(b) {
		return nil, 0
	}
	if w1 <= 2 {
		if rs, end := dayMonth(rs, b, n1, p); len(rs) > 0 {
			return rs, end
		}
	}
	sep, q := separator(b, p)
	if q == 0 {
		return nil, 0
	}
	n2, w2, r := number(b, q)
	if w2 == 0 || w2 > 2 {
		return nil, 0
	}
	sep2, q := separator(b, r)
	if q == 0 || sep2 != sep {
		return nil, 0
	}
	n3, w3, r := number(b, q)
	if w3 == 0 || w3 == 3 || w3 > 4 || r < len(b) && fold.Alnum(b[r]) && b[r]|0x20 != 't' {
		return nil, 0
	}
	switch {
	case w1 == 4 && w3 <= 2:
		rs = readings(rs, n1, n2, n3, "ymd")
	case w3 == 4 && w1 <= 2:
		rs = readings(rs, n3, n2, n1, "dmy")
		rs = readings(rs, n3, n1, n2, "mdy")
	case w1 <= 2 && w3 == 2:
		for _, century := range [...]int{century(n3), 3900 - century(n3)} {
			rs = readings(rs, century+n3, n2, n1, "dmy")
			rs = readings(rs, century+n3, n1, n2, "mdy")
		}
		if w1 == 2 {
			rs = readings(rs, century(n1)+n1, n2, n3, "ymd")
		}
	}
	if sep == fold.Ideograph && r < len(b) && b[r] == fold.Ideograph {
		r++
	}
	return rs, r
}

// century of a year of two digits.
func century(y int) int {
	if y <= pivot {
		return 2000
	}
	return 1900
}

func readings(rs []reading, y, m, d int, order string) []reading {
	if !valid(y, m, d) {
		return rs
	}
	return append(rs, reading{y, m, d, order})
}

func valid(y, m, d int) bool {
	if y < 1000 || y > 2999 || m < 1 || m > 12 || d < 1 {
		return false
	}
	days := [...]int{31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31}[m-1]
	if m == 2 && y%4 == 0 && (y%100 != 0 || y%400 == 0) {
		days = 29
	}
	return d <= days
}

func compact(rs []reading, n int) []reading {
	rs = readings(rs, n/10000, n/100%100, n%100, "ymd")
	rs = readings(rs, n%10000, n/10000%100, n/1000000, "dmy")
	return readings(rs, n%10000, n/1000000, n/10000%100, "mdy")
}

// number reads digits: value, how many, and where they end.
func number(b []byte, i int) (n, width, end int) {
	for end = i; end < len(b) && b[end]-'0' < 10 && width < 9; end++ {
		n = n*10 + int(b[end]-'0')
		width++
	}
	return n, width, end
}

// separator reads what stands between the numbers of a date: one sign, or an
// ideograph (年, 월) with spaces around it. next is 0 if there is none.
func separator(b []byte, i int) (sep byte, next int) {
	if i >= len(b) {
		return 0, 0
	}
	switch b[i] {
	case '-', '/', '.':
		if i+1 < len(b) && b[i+1] == ' ' {
			return b[i], i + 2
		}
		return b[i], i + 1
	case ' ':
		if i+1 >= len(b) || b[i+1] != fold.Ideograph {
			return ' ', i + 1
		}
		i++
		fallthrough
	case fold.Ideograph:
		i++
		if i < len(b) && b[i] == ' ' {
			i++
		}
		return fold.Ideograph, i
	}
	return 0, 0
}

// letters reads letters: their lower case and where they end.
func letters(b []byte, i int) (string, int) {
	var w [16]byte
	n := 0
	for i+n < len(b) && n < len(w) && (b[i+n]|0x20)-'a' < 26 && b[i+n] < 0x80 {
		w[n] = b[i+n] | 0x20
		n++
	}
	return string(w[:n]), i + n
}

// gap passes over signs and fillers between the parts of a written date.
func gap(b []byte, i int) int {
	for range 2 {
		for k := 0; k < 3 && i < len(b) && (b[i] == ' ' || b[i] == '-' || b[i] == '.' || b[i] == ',' || b[i] == '/' || b[i] == '\''); k++ {
			i++
		}
		w, end := letters(b, i)
		if !fillers[w] {
			break
		}
		i = end
	}
	return i
}

// dayMonth reads the rest of "5 May 1960" behind the day.
func dayMonth(rs []reading, b []byte, day, i int) ([]reading, int) {
	if w, end := letters(b, i); w == "st" || w == "nd" || w == "rd" || w == "th" {
		i = end
	}
	at := gap(b, i)
	w, end := letters(b, at)
	m := months[w]
	if m == 0 {
		return nil, 0
	}
	return year(rs, b, gap(b, end), m, day)
}

// monthFirst reads "May 5, 1960".
func monthFirst(rs []reading, b []byte, i int) ([]reading, int) {
	w, end := letters(b, i)
	m := months[w]
	if m == 0 {
		return nil, 0
	}
	day, width, p := number(b, gap(b, end))
	if width == 0 || width > 2 {
		return nil, 0
	}
	if w, end := letters(b, p); w == "st" || w == "nd" || w == "rd" || w == "th" {
		p = end
	}
	return year(rs, b, gap(b, p), m, day)
}

func year(rs []reading, b []byte, i, m, d int) ([]reading, int) {
	y, width, end := number(b, i)
	if end < len(b) && fold.Alnum(b[end]) && b[end]|0x20 != 't' {
		return nil, 0
	}
	switch width {
	case 4:
		rs = readings(rs, y, m, d, "")
	case 2:
		rs = readings(rs, century(y)+y, m, d, "")
		rs = readings(rs, 3900-century(y)+y, m, d, "")
	}
	return rs, end
}
