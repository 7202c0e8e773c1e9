package bench

import (
	"bytes"
	"io"
	"mime/quotedprintable"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"labelmilter/internal/budget"
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
	name  string
	texts []string
	run   func(string)
	share int
	times []time.Duration // for a whole text
}

// BenchmarkRatios runs all contestants turn by turn over the same generated
// mail and reports the median processor time of each, in µs per 50 kB, and
// how many times that of the engine on clean mail it is.
func BenchmarkRatios(b *testing.B) {
	rs := rules(b)
	limits := budget.Default()
	detect := func(s string) {
		rs.Engine.Detect([]extract.Text{{Part: "1", Where: extract.InBody, Body: s}}, limits)
	}
	exprs := expressions(b, rs)
	v1, v2, std, skipped := finders(exprs)
	b.Logf("%d types, %d expressions and lists; not taken by regexp2 v1 %d, v2 %d, regexp %d", len(rs.Types), len(exprs), skipped[0], skipped[1], skipped[2])
	count := func(f finder) func(string) { return func(s string) { f(s) } }
	clean, hits := texts(b, "attachment", 20), texts(b, "hits", 20)
	var encoded []string
	for _, s := range clean {
		encoded = append(encoded, quoted(b, s))
	}
	all := []*contestant{
		{name: "engine", texts: clean, run: detect, share: 1},
		{name: "engine-hits", texts: hits, run: detect, share: 1},
		{name: "quotedprintable", texts: encoded, share: 1, run: func(s string) {
			if _, err := io.Copy(io.Discard, quotedprintable.NewReader(strings.NewReader(s))); err != nil {
				b.Fatal(err)
			}
		}},
		{name: "regexp2-v2", texts: clean[:2], run: count(v2), share: 20},
		{name: "regexp", texts: clean[:1], run: count(std), share: 20},
		{name: "regexp2-v1", texts: clean[:1], run: count(v1), share: 20},
	}
	detect(clean[0]) // memory is made at first use
	for b.Loop() {
		for _, c := range all {
			for _, s := range c.texts {
				s = s[:len(s)/c.share]
				start := cpu()
				c.run(s)
				c.times = append(c.times, (cpu()-start)*time.Duration(c.share))
			}
		}
	}
	var engine float64
	for i, c := range all {
		slices.Sort(c.times)
		us := float64(c.times[len(c.times)/2].Nanoseconds()) / 1000
		if i == 0 {
			engine = us
		}
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
