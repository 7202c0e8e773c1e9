//go:build unix

package detect

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

	"github.com/dlclark/regexp2/v2"
)

// cpu is the processor time of this process so far, which a busy machine
// disturbs less than the clock.
func cpu() time.Duration {
	var u syscall.Rusage
	syscall.Getrusage(syscall.RUSAGE_SELF, &u)
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// BenchmarkRatios runs the engine and what it is compared with turn by turn
// over the same mails and reports medians of processor time: µs per 50 kB,
// and how many times the engine's time on mail each takes.
func BenchmarkRatios(b *testing.B) {
	e, l := realistic(), budget.Default()
	types, _ := realisticPack()
	var all []*regexp2.Regexp
	for _, t := range types {
		all = append(all, regexp2.MustCompile(t.Patterns[0].Match.Regex, regexp2.RE2))
	}
	ms := func(f func(c corpus) string) (out []string) {
		for i := range 20 {
			out = append(out, f(newCorpus(uint64(i))))
		}
		return out
	}
	mails := ms(func(c corpus) string { return c.mail(mailSize) })
	encode := func(s string) string {
		var w bytes.Buffer
		q := quotedprintable.NewWriter(&w)
		io.WriteString(q, s)
		q.Close()
		return w.String()
	}
	detect := func(s string) { e.Detect(asTexts(s), l) }
	stages := []struct {
		name  string
		texts []string
		run   func(s string)
		share int // of the text, one in
	}{
		{"mail", mails, detect, 1},
		{"table", ms(func(c corpus) string { return c.table(mailSize) }), detect, 1},
		{"log", ms(func(c corpus) string { return c.log(mailSize) }), detect, 1},
		{"wide", ms(func(c corpus) string { return c.wide(mailSize) }), detect, 1},
		{"quotedprintable", ms(func(c corpus) string { return encode(c.mail(mailSize)) }), func(s string) {
			io.Copy(io.Discard, quotedprintable.NewReader(strings.NewReader(s)))
		}, 1},
		{"regexp2", mails, func(s string) {
			runes := []rune(s[:mailSize/20])
			for _, re := range all {
				re.FindRunesMatches(runes, 0, func(regexp2.MatchView) bool { return true })
			}
		}, 20},
	}
	times := make([][]time.Duration, len(stages))
	for b.Loop() {
		for i, st := range stages {
			for _, s := range st.texts {
				if st.share > 1 && len(times[i])%8 != 0 {
					times[i] = append(times[i], 0)
					continue
				}
				start := cpu()
				st.run(s)
				times[i] = append(times[i], (cpu()-start)*time.Duration(st.share))
			}
		}
	}
	var mail float64
	for i, st := range stages {
		t := slices.DeleteFunc(times[i], func(d time.Duration) bool { return d == 0 })
		slices.Sort(t)
		if len(t) == 0 {
			continue
		}
		us := float64(t[len(t)/2].Nanoseconds()) / 1000
		if i == 0 {
			mail = us
		}
		b.ReportMetric(us, st.name+"-µs")
		b.ReportMetric(us/mail, st.name+"-x")
	}
}
