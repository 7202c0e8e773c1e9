package corpus

import (
	"fmt"
	"strings"
)

// common are frequent words of English mail, the most frequent first.
const common = "the to and of a in for is that you it on this with be are your have as at we will not from or by if can our please has all an was but i more which any one new time there may would do been also they their other what so up out no about me when who its were than some my time only now these over how get us work need know see make first just like day back into after use most way good here well should could such because between both during under before through each many last long own same information meeting report project team office week month year next review document attached draft comment advice request change update policy process system service group branch section department budget plan program contract supplier invoice payment order number address phone contact regards thanks kind hello morning afternoon today tomorrow monday tuesday wednesday thursday friday discuss confirm agree send receive reply forward open close start finish complete provide include require support approve sign check test issue risk matter question answer list table figure page line item note file folder copy print change schedule agenda minutes action outcome result summary detail option decision recommendation paper brief minister committee member staff manager director officer client customer user account data record access security network server website email message form application case claim benefit health medical care school student child family home house water road site area local state national public community local council region city town"

const syllables = "ta re con di ver mo la ni pro se ri tion al ment er ing an de com in ster land berg wood ham ton fi gu po lu ce na be ro si ge ist ic ous able"

// word gives a word: mostly a common one, the rest made of syllables.
func (g *gen) word() string {
	if g.IntN(10) < 8 {
		f := g.Float64()
		return g.common[int(float64(len(g.common))*f*f)]
	}
	var b strings.Builder
	for range 2 + g.IntN(3) {
		b.WriteString(g.syllables[g.IntN(len(g.syllables))])
	}
	return b.String()
}

func (g *gen) title(s string) string { return strings.ToUpper(s[:1]) + s[1:] }

func (g *gen) digits(n int) string {
	b := make([]byte, n)
	for i := range b {
		b[i] = byte('0' + g.IntN(10))
	}
	return string(b)
}

// sentence gives a sentence with the dates, amounts, addresses and references
// that mail at work is full of, none of which is an identifier.
func (g *gen) sentence() string {
	n := 6 + g.IntN(14)
	words := make([]string, n)
	for i := range words {
		switch g.IntN(120) {
		case 0:
			words[i] = fmt.Sprintf("%d/%02d/20%02d", 1+g.IntN(28), 1+g.IntN(12), 20+g.IntN(10))
		case 1:
			words[i] = fmt.Sprintf("$%d,%s.%s", 1+g.IntN(99), g.digits(3), g.digits(2))
		case 2:
			words[i] = g.digits(1 + g.IntN(4))
		case 3:
			words[i] = g.word() + "." + g.word() + "@sender.example"
		case 4:
			words[i] = "https://www." + g.word() + ".example/" + g.word() + "/" + g.digits(4) + ".html"
		case 5:
			words[i] = fmt.Sprintf("%d:%02d", 8+g.IntN(10), g.IntN(60))
		case 6:
			words[i] = strings.ToUpper(g.word())
		case 7:
			words[i] = "(02) 5550 " + g.digits(4)
		default:
			words[i] = g.word()
		}
	}
	words[0] = g.title(words[0])
	if n > 12 {
		words[n/2] += ","
	}
	return strings.Join(words, " ") + "."
}

// paragraphs gives about n bytes of text in lines of at most 76 characters
// that end in CRLF, with some quoted paragraphs. At each paragraph insert may
// give a text to put in; nil for none.
func (g *gen) paragraphs(n int, insert func() string) string {
	var b strings.Builder
	for b.Len() < n {
		prefix := ""
		if g.IntN(6) == 0 {
			prefix = "> "
		}
		var p []string
		for range 2 + g.IntN(4) {
			p = append(p, g.sentence())
			if insert != nil {
				if s := insert(); s != "" {
					p = append(p, s)
				}
			}
		}
		wrap(&b, prefix, strings.Join(p, " "))
		b.WriteString("\r\n")
	}
	return b.String()
}

// unbroken stands for a blank at which a line is not to be broken: neither
// patterns for identifiers nor phrases look over the end of a quoted line, and
// what is measured here is cost, not recall.
const unbroken = "\x00"

// wrap writes words in lines of at most 76 characters.
func wrap(b *strings.Builder, prefix, s string) {
	col := 0
	for _, w := range strings.Split(s, " ") {
		switch {
		case col == 0:
			b.WriteString(prefix)
			col = len(prefix)
		case col+1+len(w) > 76:
			b.WriteString("\r\n" + prefix)
			col = len(prefix)
		default:
			b.WriteByte(' ')
			col++
		}
		b.WriteString(strings.ReplaceAll(w, unbroken, " "))
		col += len(w)
	}
	b.WriteString("\r\n")
}
