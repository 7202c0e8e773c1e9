package detect

import (
	"fmt"
	"math/rand/v2"
	"strings"
)

// common are frequent English words, most frequent first; texts draw them by
// Zipf's law and mix in made-up ones, so that lengths and beginnings of words
// are those of mail.
var common = strings.Fields(`the to and of a in is for you that on it with be this are as i have or your from at we will not by if can an was all please
 has but our any more they would about there which when one do so us been their my up out time no new were what get only just message how mail some use
 list who other like me work see information also may know need should these them send than first its now over had using into email group make order because good
 want free file could am after address people well here then two work being very number system year name did help day where most each problem business report
 company office meeting project attached document review next week today following section national service department account security policy health card
 services public contact question regards team update request available change process data support questions provide office local line program current state
 sent subject include phone days call second case point within further based software made during under used part possible between right before even change
 government development access internet management believe however through still back way many while reading something another computer different without against`)

var syllables = strings.Fields("ta re con di ver mo la ni pro se ri tion al ment er ing an de com in ster land berg wood ham ton fi gu po lu ce na be ro si ge ist ic ous able")

type corpus struct{ *rand.Rand }

func newCorpus(seed uint64) corpus { return corpus{rand.New(rand.NewPCG(seed, 99))} }

func (c corpus) word() string {
	if c.IntN(10) < 7 {
		k := int(float64(len(common)) * c.Float64() * c.Float64() * c.Float64())
		return common[k]
	}
	var b strings.Builder
	for range 2 + c.IntN(3) {
		b.WriteString(syllables[c.IntN(len(syllables))])
	}
	return b.String()
}

func (c corpus) digits(n int) string {
	b := make([]byte, n)
	for i := range b {
		b[i] = byte('0' + c.IntN(10))
	}
	return string(b)
}

// mail makes n bytes of the body of a mail: prose with names, dates, amounts,
// addresses, quoted lines and a signature now and then.
func (c corpus) mail(n int) string {
	var b strings.Builder
	col, start := 0, true
	put := func(s string) {
		if col+len(s) > 72 {
			b.WriteString("\r\n")
			col = 0
			if c.IntN(4) == 0 {
				b.WriteString("> ")
			}
		} else if col > 0 {
			b.WriteByte(' ')
		}
		b.WriteString(s)
		col += len(s) + 1
	}
	for b.Len() < n {
		w := c.word()
		if start || c.IntN(14) == 0 {
			w = strings.ToUpper(w[:1]) + w[1:]
		}
		start = false
		switch c.IntN(160) {
		case 0:
			w = fmt.Sprintf("%d/%02d/20%s", 1+c.IntN(28), 1+c.IntN(12), c.digits(2))
		case 1:
			w = "$" + c.digits(1+c.IntN(4)) + "." + c.digits(2)
		case 2:
			w = c.digits(2 + c.IntN(4))
		case 3:
			w = "http://www." + c.word() + c.word() + ".com/" + c.word() + "/" + c.digits(3) + ".html"
		case 4:
			w = c.word() + "." + c.word() + "@" + c.word() + ".example.org"
		case 5:
			w = fmt.Sprintf("%d:%s", 1+c.IntN(12), c.digits(2))
		case 6:
			w = strings.ToUpper(w)
		case 7:
			w = bare[c.IntN(len(bare))]
		case 8:
			w = documents[c.IntN(len(documents))] + " " + suffixes[c.IntN(len(suffixes))]
		case 9:
			w = "(0" + c.digits(1) + ") " + c.digits(4) + " " + c.digits(4)
		}
		switch c.IntN(14) {
		case 0:
			w, start = w+".", true
		case 1:
			w += ","
		}
		put(w)
		if c.IntN(90) == 0 {
			b.WriteString("\r\n\r\n")
			col, start = 0, true
		}
		if c.IntN(900) == 0 {
			b.WriteString("\r\n-- \r\n" + strings.Repeat("-", 60) + "\r\n")
			col = 0
		}
	}
	return b.String()[:n]
}

// table makes n bytes of CSV rows.
func (c corpus) table(n int) string {
	var b strings.Builder
	for b.Len() < n {
		fmt.Fprintf(&b, "%s,%s %s,%s,20%s-%02d-%02d,%s.%s,%s@example.org,%s-%s\r\n", c.digits(6), c.word(), c.word(), c.digits(9), c.digits(2), 1+c.IntN(12), 1+c.IntN(28), c.digits(4), c.digits(2), c.word(), c.digits(3), c.digits(4))
	}
	return b.String()[:n]
}

// log makes n bytes of lines as mail servers write them.
func (c corpus) log(n int) string {
	var b strings.Builder
	for b.Len() < n {
		fmt.Fprintf(&b, "Nov %2d %02d:%02d:%02d mx%d postfix/smtpd[%s]: %X: client=%s.example.net[%d.%d.%d.%d], sasl=%s, size=%s, nrcpt=%d (queue active)\n",
			1+c.IntN(28), c.IntN(24), c.IntN(60), c.IntN(60), c.IntN(9), c.digits(5), c.Uint64()>>20, c.word(), c.IntN(256), c.IntN(256), c.IntN(256), c.IntN(256), c.word(), c.digits(5), c.IntN(20))
	}
	return b.String()[:n]
}

// wide makes n bytes of prose with accents, full-width digits, Cyrillic and
// Chinese.
func (c corpus) wide(n int) string {
	var b strings.Builder
	for b.Len() < n {
		switch c.IntN(8) {
		case 0:
			b.WriteString("我的身份证号码是" + strings.Map(func(r rune) rune { return r - '0' + '０' }, c.digits(4)) + "，")
		case 1:
			b.WriteString("паспорт номер " + c.digits(10) + " ")
		case 2:
			b.WriteString("numéro fiscal à l’étranger ")
		default:
			b.WriteString(strings.Map(func(r rune) rune {
				if r == 'e' && c.IntN(3) == 0 {
					return 'é'
				}
				return r
			}, c.word()) + " ")
		}
	}
	return strings.ToValidUTF8(b.String()[:n], "")
}

// filled makes n bytes of prose in which words of the pack's lists and
// characters of its identifiers stand thick.
func (c corpus) filled(pl *plan, n int) string {
	var b strings.Builder
	for b.Len() < n {
		l := &pl.lists[c.IntN(len(pl.lists))]
		b.WriteString(l.words[c.IntN(len(l.words))] + c.pick(" ", ": ", " - ", "\r\n"))
		for range c.IntN(3) {
			b.WriteString(c.shaped(shapes[c.IntN(len(shapes))]) + c.pick(" ", ", ", ".", "x"))
		}
		b.WriteString(c.word() + " ")
	}
	return b.String()
}

func (c corpus) pick(list ...string) string { return list[c.IntN(len(list))] }

// shaped makes something that looks like an expression: its classes filled
// in, its operators left out.
func (c corpus) shaped(expr string) string {
	var b strings.Builder
	last := ""
	for i := 0; i < len(expr) && b.Len() < 60; i++ {
		switch ch := expr[i]; ch {
		case '\\':
			i++
			last = string(expr[i])
			if expr[i] == 'd' {
				last = c.digits(1)
			}
			b.WriteString(last)
		case '[':
			end := strings.IndexByte(expr[i:], ']')
			last = string(expr[i+1+c.IntN(end-1)])
			b.WriteString(last)
			i += end
		case '{':
			n := int(expr[i+1] - '0')
			for k := 1; k < n; k++ {
				if last >= "0" && last <= "9" {
					last = c.digits(1)
				}
				b.WriteString(last)
			}
			i += strings.IndexByte(expr[i:], '}')
		case '(', ')', '?', '*', '+', '|', ':', '!', '^', 'i':
		default:
			last = string(ch)
			b.WriteString(last)
		}
	}
	return b.String()
}
