package app

import (
	"fmt"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"labelmilter/internal/milter/miltertest"
)

// What a sender did before is known to the next message, once a rule asks.
func TestHistory(t *testing.T) {
	t.Parallel()
	var now atomic.Pointer[time.Time] // read by the daemon too
	begin := time.Date(2026, 11, 2, 9, 0, 0, 0, time.UTC)
	now.Store(&begin)
	d := site(t, "")
	d.write("packs/site/policy.yaml", `policies:
  - id: p
    rules:
      - {id: new, when: {recipient: {first_time: true}}, then: [{add_header: {name: X-New, value: "1"}}]}
      - {id: many, when: {sender_rate: {of: recipients, within: 1h, amount: {at_least: 5}}}, then: [{add_header: {name: X-Many, value: "1"}}]}
      - {id: grown, when: {thread_growth: {at_least: 2}}, then: [{add_header: {name: X-Grown, value: "1"}}]}
      - {id: refuse, when: {subject: {words: [refuseme]}}, then: [reject]}
`)
	o := d.options()
	o.Now = func() time.Time { return *now.Load() }
	d.run(o)
	c := d.dial(0)
	n := 0
	send := func(subject string, to []string, header ...[2]string) string {
		t.Helper()
		n++
		m := mail(fmt.Sprint("H", n), subject, header...)
		m.To = nil
		for _, box := range to {
			m.To = append(m.To, "<"+box+"@agency.gov.au>")
		}
		return tags(d.send(c, m))
	}
	reply := [2]string{"References", " <H1@sender.example>"}
	for i, tt := range []struct {
		after   time.Duration
		subject string
		to      string
		header  [][2]string
		want    string
	}{
		{0, "x", "a b", nil, "New"},                                             // H1: 2 recipients
		{0, "x", "a", nil, ""},                                                  // 3
		{0, "refuseme", "c", nil, ""},                                           // refused: not remembered
		{time.Minute, "x", "c", nil, "New"},                                     // 4
		{0, "x", "a b c", [][2]string{reply}, "Many"},                           // 7; one more than before
		{2 * time.Hour, "x", "a b c d e", [][2]string{reply}, "New Many Grown"}, // 5 within the hour
		{2 * time.Hour, "x", "A", nil, ""},
	} {
		later := now.Load().Add(tt.after)
		now.Store(&later)
		if got := send(tt.subject, strings.Fields(tt.to), tt.header...); got != tt.want {
			t.Errorf("message %d: %q, want %q", i+1, got, tt.want)
		}
	}
	d.noContent()
}

// tags are the names of the fields X-… that were added.
func tags(r miltertest.Result) string {
	var out []string
	for _, name := range []string{"New", "Many", "Grown"} {
		if strings.Contains(edits(r), "X-"+name+":") {
			out = append(out, name)
		}
	}
	return strings.Join(out, " ")
}
