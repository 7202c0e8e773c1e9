package policy

import (
	"fmt"
	"strings"
)

// Score is `score:`: the points of the conditions that hold come to at least
// AtLeast, for each recipient alone.
type Score struct {
	AtLeast int
	Of      []Scored
}

// Scored is a condition that counts. Points may be below zero.
type Scored struct {
	Points int
	When   Condition
}

func (c Score) eval(e *Evaluation) set {
	sum := make([]int, e.n)
	for _, s := range c.Of {
		hit := e.run(s.When)
		for i := range sum {
			if hit.has(i) {
				sum[i] += s.Points
			}
		}
	}
	e.saw("%d points at most", maxOf(sum))
	return e.each(func(i int) bool { return sum[i] >= c.AtLeast })
}

func maxOf(ns []int) int {
	out := ns[0] // there is one at least
	for _, n := range ns {
		out = max(out, n)
	}
	return out
}

func (c Score) String() string {
	var of []string
	for _, s := range c.Of {
		of = append(of, fmt.Sprintf("{points: %d, when: {%s}}", s.Points, s.When))
	}
	return fmt.Sprintf("score: {at_least: %d, of: [%s]}", c.AtLeast, strings.Join(of, ", "))
}
