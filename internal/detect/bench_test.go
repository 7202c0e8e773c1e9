package detect

import (
	"bytes"
	"fmt"
	"io"
	"mime/quotedprintable"
	"strings"
	"sync"
	"testing"

	"labelmilter/internal/budget"
	"labelmilter/internal/extract"

	"github.com/dlclark/regexp2/v2"
)

var realistic = sync.OnceValue(func() *Engine {
	types, lists := realisticPack()
	e, errs := CompileWith(types, lists, Options{})
	if e == nil {
		panic(fmt.Sprint(errs))
	}
	return e
})

const mailSize = 51_200

func asTexts(s string) []extract.Text {
	return []extract.Text{{Part: "1", Where: extract.InBody, Body: s}}
}

func detectAll(b *testing.B, texts [][]extract.Text) {
	e, l := realistic(), budget.Default()
	size := 0
	for _, t := range texts {
		size += len(t[0].Body)
		e.Detect(t, l)
	}
	b.SetBytes(int64(size / len(texts)))
	b.ReportAllocs()
	i := 0
	for b.Loop() {
		e.Detect(texts[i%len(texts)], l)
		i++
	}
}

// many makes distinct texts: branch predictors learn a few by heart.
func many(f func(c corpus) string) (out [][]extract.Text) {
	for i := range 40 {
		out = append(out, asTexts(f(newCorpus(uint64(i)))))
	}
	return out
}

func BenchmarkDetectMail(b *testing.B) {
	detectAll(b, many(func(c corpus) string { return c.mail(mailSize) }))
}
func BenchmarkDetectTable(b *testing.B) {
	detectAll(b, many(func(c corpus) string { return c.table(mailSize) }))
}
func BenchmarkDetectLog(b *testing.B) {
	detectAll(b, many(func(c corpus) string { return c.log(mailSize) }))
}
func BenchmarkDetectWide(b *testing.B) {
	detectAll(b, many(func(c corpus) string { return c.wide(mailSize) }))
}

// BenchmarkDetectMailParallel uses all cores; compare with BenchmarkDetectMail.
func BenchmarkDetectMailParallel(b *testing.B) {
	texts := many(func(c corpus) string { return c.mail(mailSize) })
	e, l := realistic(), budget.Default()
	b.SetBytes(mailSize)
	b.RunParallel(func(pb *testing.PB) {
		for i := 0; pb.Next(); i++ {
			e.Detect(texts[i%len(texts)], l)
		}
	})
}

// hostile are units that repeated make some stage work hard.
var hostile = []string{"7 7 7 ", "-7-7", "4111 1111 1111 1111 ", "123 123 ", "a a a ", "0123456789abcdef", "QUJD", "1", "eyJaaaaaaaaaa-", "abc.", "a@a.", "aaaa.aaaa@", "tfn ", "tfn 1 ", "passport 123456789 ", "1.1.1.1.", "A1", "AB12 ", "1234567890123456 ", "身", "é1 ", "tax\n", "a:b@", "=", "1-"}

func BenchmarkDetectHostile(b *testing.B) {
	for _, u := range hostile {
		b.Run(fmt.Sprintf("%.12q", u), func(b *testing.B) {
			detectAll(b, [][]extract.Text{asTexts(strings.ToValidUTF8(strings.Repeat(u, mailSize/len(u)+1)[:mailSize], ""))})
		})
	}
}

func BenchmarkCompile(b *testing.B) {
	types, lists := realisticPack()
	b.ReportAllocs()
	for b.Loop() {
		if e, errs := CompileWith(types, lists, Options{}); e == nil {
			b.Fatal(errs)
		}
	}
}

// BenchmarkQuotedPrintable decodes the same mail, for scale.
func BenchmarkQuotedPrintable(b *testing.B) {
	var texts []string
	for i := range 40 {
		var w bytes.Buffer
		q := quotedprintable.NewWriter(&w)
		io.WriteString(q, newCorpus(uint64(i)).mail(mailSize))
		q.Close()
		texts = append(texts, w.String())
	}
	b.SetBytes(mailSize)
	i := 0
	for b.Loop() {
		io.Copy(io.Discard, quotedprintable.NewReader(strings.NewReader(texts[i%len(texts)])))
		i++
	}
}

// BenchmarkPerPattern runs every expression by itself with regexp2, the way
// one would without an engine; keywords and proximity are not even looked at.
func BenchmarkPerPattern(b *testing.B) {
	types, _ := realisticPack()
	var all []*regexp2.Regexp
	for _, t := range types {
		all = append(all, regexp2.MustCompile(t.Patterns[0].Match.Regex, regexp2.RE2))
	}
	text := []rune(newCorpus(1).mail(mailSize))
	b.SetBytes(mailSize)
	for b.Loop() {
		for _, re := range all {
			if err := re.FindRunesMatches(text, 0, func(regexp2.MatchView) bool { return true }); err != nil {
				b.Fatal(err)
			}
		}
	}
}

// BenchmarkReference runs the straightforward evaluator.
func BenchmarkReference(b *testing.B) {
	r := reference(realistic().pl)
	text := asTexts(newCorpus(1).mail(mailSize / 10))
	b.SetBytes(mailSize / 10)
	for b.Loop() {
		r.Detect(text, budget.Default())
	}
}

func TestNoAllocations(t *testing.T) {
	e := realistic()
	c := newCorpus(3)
	// Prose without digits gives no findings, the keywords are all there.
	text := asTexts(strings.Map(func(r rune) rune {
		if r >= '0' && r <= '9' || r == '@' {
			return 'x'
		}
		return r
	}, c.mail(mailSize)))
	if n := len(e.Detect(text, budget.Default()).Findings); n > 0 {
		t.Skipf("%d findings", n)
	}
	if raceEnabled {
		t.Skip("the race detector empties pools")
	}
	if n := testing.AllocsPerRun(50, func() { e.Detect(text, budget.Default()) }); n > 0 {
		t.Errorf("%v allocations per message", n)
	}
}

func TestRealisticPack(t *testing.T) {
	t.Parallel()
	e := realistic()
	r := reference(e.pl)
	same := newEngine(e.pl) // it is changed
	c := newCorpus(11)
	types, _ := realisticPack()
	n := 0
	for _, s := range []string{
		c.mail(6000), c.table(2000), c.log(2000), c.wide(3000), strings.Repeat("tfn 7 7 7 ", 60),
		strings.Repeat("eyJaaaaaaaaaa-", 40) + "." + strings.Repeat("a", 20) + "." + strings.Repeat("b", 20),
		c.filled(e.pl, 8000),
	} {
		n += compareWith(t, same, r, asTexts(s), types)
	}
	if n < 150 {
		t.Errorf("only %d findings", n)
	}
	words, regexes := 0, len(e.pl.matchers)
	for _, l := range e.pl.lists {
		words += len(l.words)
	}
	if words < 5000 || regexes < 320 {
		t.Errorf("only %d words, %d regexes", words, regexes)
	}
	t.Logf("%d words, %d regexes, %d findings", words, regexes, n)
}

// worst are units found by TestHostile.
var worst = []string{
	"passport 123456789 ",
	"1845=yyY rfc=465c2X1AbCDa290+1A2/519x7/20YE2/xeéEx6/ABeyaCDAya/6123/61a78261Ac",
	"1X845==@ rfc@=465+2yX1AbCDa290+1A2/519x7/20YE2/xeé+x6/AB7yaCDAyxa/61230/61a7826éAc",
}
