package main

import (
	"fmt"
	"strings"
	"time"

	"labelmilter/internal/mtabench/corpus"
)

// turn is what one turn of one set-up measured.
type turn struct {
	cpu      float64 // of the filter's process, seconds per 1,000 messages
	rate     float64 // messages per second
	p50, p99 time.Duration
	memory   memory
}

// cell holds all turns of one set-up with one set.
type cell struct{ turns []turn }

func (c *cell) add(t turn) { c.turns = append(c.turns, t) }

// of gives the median of something over the turns.
func (c *cell) of(f func(turn) float64) float64 {
	v := make([]float64, len(c.turns))
	for i, t := range c.turns {
		v[i] = f(t)
	}
	return median(v)
}

func (c *cell) cpu() float64 { return c.of(func(t turn) float64 { return t.cpu }) }

// table holds a cell for each set and set-up.
type table struct {
	sets   []corpus.Set
	setups []*setUp
	cells  [][]cell
	notes  []string
}

func newTable(sets []corpus.Set, setups []*setUp) *table {
	t := &table{sets: sets, setups: setups, cells: make([][]cell, len(sets))}
	for i := range t.cells {
		t.cells[i] = make([]cell, len(setups))
	}
	return t
}

// ratio is the median over the rounds of how many times the processor time of
// one set-up another takes.
func (t *table) ratio(set, of, to int) float64 {
	a, b := t.cells[set][of].turns, t.cells[set][to].turns
	var v []float64
	for i := range min(len(a), len(b)) {
		if b[i].cpu > 0 {
			v = append(v, a[i].cpu/b[i].cpu)
		}
	}
	return median(v)
}

// nothing is the index of the do-nothing milter among the set-ups, others
// are compared with it.
const nothing = 1

// markdown writes the table: first the processor time, then for each set-up
// throughput and times.
func (t *table) markdown(o options, about string) string {
	var b strings.Builder
	heads, line := "| mail |", "|---|"
	for k, s := range t.setups[nothing:] {
		heads, line = heads+" "+s.name+", CPU-s per 1,000 |", line+"---|"
		if k > 0 {
			heads, line = heads+" ratio |", line+"---|"
		}
	}
	for _, s := range t.setups {
		heads, line = heads+" "+s.name+", messages/s, p50 / p99 ms |", line+"---|"
	}
	b.WriteString(heads + "\n" + line + "\n")
	for i, s := range t.sets {
		fmt.Fprintf(&b, "| %s: %s |", s.Name, s.Note)
		for k := nothing; k < len(t.setups); k++ {
			fmt.Fprintf(&b, " %.2f |", t.cells[i][k].cpu())
			if k > nothing {
				fmt.Fprintf(&b, " %.2f × |", t.ratio(i, k, nothing))
			}
		}
		for k := range t.setups {
			c := &t.cells[i][k]
			fmt.Fprintf(&b, " %.0f, %.0f / %.0f |", c.of(func(t turn) float64 { return t.rate }),
				c.of(func(t turn) float64 { return millis(t.p50) }), c.of(func(t turn) float64 { return millis(t.p99) }))
		}
		b.WriteString("\n")
	}
	b.WriteString("\nMemory after the last set, RSS (PSS): ")
	var mem []string
	for k, s := range t.setups {
		if s.filter == nil {
			continue
		}
		turns := t.cells[len(t.sets)-1][k].turns
		m := turns[len(turns)-1].memory
		mem = append(mem, fmt.Sprintf("%s %.0f (%.0f) MB", s.name, float64(m.rss)/1e6, float64(m.pss)/1e6))
	}
	b.WriteString(strings.Join(mem, ", ") + ".\n\n")
	for _, n := range t.notes {
		b.WriteString(n + "\n\n")
	}
	fmt.Fprintf(&b, "%s Medians of %d interleaved rounds of %d messages, %d connections, unix sockets, delivery discarded; the do-nothing milter is github.com/emersion/go-milter v0.5.0 with its defaults; labelmilter has all packs on and writes each decision to disk before it answers. The ratio is the median of the rounds' ratios. Times are of a whole transaction.\n",
		about, o.rounds, o.messages, o.connections)
	return b.String()
}

func millis(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }
