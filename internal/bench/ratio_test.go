package bench

import (
	"bytes"
	"fmt"
	"io"
	"mime/quotedprintable"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"labelmilter/internal/budget"
	"labelmilter/internal/detect/bitmap"
	"labelmilter/internal/extract"
	"labelmilter/internal/mtabench/corpus"
)

// mailSize is the text of the mail that figures are given for, in bytes.
const mailSize = 51_200

// texts makes n texts of mailSize bytes of a set.
func texts(tb testing.TB, set string, n int) []string {
	tb.Helper()
	for _, s := range corpus.Sets() {
		if s.Name != set {
			continue
		}
		out := make([]string, n)
		for i, k := 0, 0; i < n; i++ {
			var b strings.Builder
			for b.Len() < mailSize {
				b.WriteString(s.Text(1, k))
				k++
			}
			out[i] = b.String()[:mailSize]
		}
		return out
	}
	tb.Fatalf("no set %s", set)
	return nil
}

// cpu is the processor time of this process, which a busy machine disturbs
// less than the clock.
func cpu() time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		return 0
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// quoted is a text as quoted-printable.
func quoted(tb testing.TB, s string) string {
	tb.Helper()
	var b bytes.Buffer
	w := quotedprintable.NewWriter(&b)
	if _, err := io.WriteString(w, s); err != nil {
		tb.Fatal(err)
	}
	if err := w.Close(); err != nil {
		tb.Fatal(err)
	}
	return b.String()
}

// contestant is one way to go through a text. share says it gets only one
// part in so many of each text, and how many texts it gets is bounded too:
// the slow ones take seconds for a whole one.
type contestant struct {
	name, note string
	texts      []string
	run        func(string)
	share      int
	slowest    bool              // only the slowest of the texts counts
	times      [][]time.Duration // per text: for the whole
}

// median is the time for a whole text in µs, and the text if one alone counts.
func (c *contestant) median() (us float64, text string) {
	of := func(times []time.Duration) float64 {
		slices.Sort(times)
		return float64(times[len(times)/2].Nanoseconds()) / 1000
	}
	if !c.slowest {
		return of(slices.Concat(c.times...)), ""
	}
	for i, times := range c.times {
		if m := of(times); m > us {
			us, text = m, c.texts[i]
		}
	}
	return us, text
}

// round gives each its turn.
func round(all []*contestant) {
	for _, c := range all {
		if c.times == nil {
			c.times = make([][]time.Duration, len(c.texts))
		}
		for i, s := range c.texts {
			s = s[:len(s)/c.share]
			start := cpu()
			c.run(s)
			c.times[i] = append(c.times[i], (cpu()-start)*time.Duration(c.share))
		}
	}
}

// contestants are the engine on several kinds of text and what it is compared
// with, the engine on mail first. note says what they look for.
func contestants(tb testing.TB) (all []*contestant, note string) {
	tb.Helper()
	rs := rules(tb)
	limits := budget.Default()
	detect := func(s string) {
		rs.Engine.Detect([]extract.Text{{Part: "1", Where: extract.InBody, Body: s}}, limits)
	}
	exprs := expressions(tb, rs)
	v1, v2, std, skipped := finders(exprs)
	words := 0
	lists, err := keywordLists()
	if err != nil {
		tb.Fatal(err)
	}
	for _, l := range lists {
		words += len(l.Words)
	}
	note = fmt.Sprintf("%d types of the shipped packs: %d expressions and lists with %d words.", len(rs.Types), len(exprs), words)
	if skipped != [3]int{} {
		note += fmt.Sprintf(" Of them regexp2 v1 leaves out %d, v2 %d, regexp %d.", skipped[0], skipped[1], skipped[2])
	}
	count := func(f finder) func(string) { return func(s string) { f(s) } }
	made := func(f func(uint64) string) (out []string) {
		for i := range uint64(20) {
			out = append(out, f(i))
		}
		return out
	}
	clean := texts(tb, "attachment", 20)
	var encoded, worst []string
	for _, s := range clean {
		encoded = append(encoded, quoted(tb, s))
	}
	for _, u := range hostile {
		worst = append(worst, strings.ToValidUTF8(strings.Repeat(u, mailSize/len(u)+1)[:mailSize], ""))
	}
	return []*contestant{
		{name: "engine", note: "engine: mail", texts: clean, run: detect, share: 1},
		{name: "portable", note: "engine: mail, in Go alone, without the assembly for amd64", texts: clean, share: 1, run: func(s string) {
			defer bitmap.UseAssembly(bitmap.UseAssembly(false))
			detect(s)
		}},
		{name: "hits", note: "engine: mail with identifiers, decoys and markings", texts: texts(tb, "hits", 20), run: detect, share: 1},
		{name: "table", note: "engine: table of numbers, names and dates", texts: made(table), run: detect, share: 1},
		{name: "log", note: "engine: log of a mail server", texts: made(logLines), run: detect, share: 1},
		{name: "hostile", note: "engine: text made to be slow", texts: worst, run: detect, share: 1, slowest: true},
		{name: "quotedprintable", note: "Go's quoted-printable decoding of the same mail, for scale", texts: encoded, share: 1, run: func(s string) {
			if _, err := io.Copy(io.Discard, quotedprintable.NewReader(strings.NewReader(s))); err != nil {
				tb.Fatal(err)
			}
		}},
		{name: "regexp2-v2", note: "regexp2 v2, one expression after the other", texts: clean[:2], run: count(v2), share: 20},
		{name: "regexp", note: "Go's regexp, one after the other", texts: clean[:1], run: count(std), share: 20},
		{name: "regexp2-v1", note: "regexp2 v1, one after the other", texts: clean[:1], run: count(v1), share: 20},
	}, note
}

// BenchmarkRatios runs all contestants turn by turn over the same generated
// mail and reports the median processor time of each, in µs per 50 kB, and
// how many times that of the engine on clean mail it is.
func BenchmarkRatios(b *testing.B) {
	all, note := contestants(b)
	b.Log(note)
	for b.Loop() {
		round(all)
	}
	engine, _ := all[0].median()
	for _, c := range all {
		us, _ := c.median()
		b.ReportMetric(us, c.name+"-µs")
		b.ReportMetric(us/engine, c.name+"-x")
	}
}

// TestSameMail has the engine find in the generated mail what was planted
// there, so that what is measured is work that is done.
func TestSameMail(t *testing.T) {
	rs := rules(t)
	for _, set := range corpus.Sets() {
		if set.Name != "hits" {
			continue
		}
		for i, m := range set.Messages(1, 100) {
			out := rs.Engine.Detect([]extract.Text{{Part: "1", Where: extract.InBody, Body: set.Text(1, i)}}, budget.Default())
			found := map[string]int{}
			for _, f := range out.Findings {
				found[f.Type] += f.Count
			}
			for _, typ := range []string{corpus.TFN, corpus.Card, corpus.IBAN} {
				// A decoy of one type may be right for another.
				if found[typ] < m.Planted[typ] {
					t.Errorf("message %d: %s found %d times, planted %d times", i, typ, found[typ], m.Planted[typ])
				}
			}
		}
	}
}

// TestNaive has the three contestants agree on what they find, as far as they
// take the same expressions.
func TestNaive(t *testing.T) {
	v1, v2, std, _ := finders([]string{`(?i)\b(?:tax file number|iban)\b`, `\b\d{3} \d{3} \d{3}\b`})
	text := texts(t, "hits", 1)[0]
	a, b, c := v1(text), v2(text), std(text)
	if a == 0 || a != b || b != c {
		t.Errorf("regexp2 v1 finds %d, v2 %d, regexp %d", a, b, c)
	}
}
