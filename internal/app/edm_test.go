package app

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"labelmilter/internal/edm"
)

const exactPack = `
edms:
  - id: people
    columns:
      - {name: Number, type: digits, searchable: true, found_by: nine-digits}
      - {name: Name, type: name}
sits:
  - {id: nine-digits, name: nine digits, patterns: [{confidence: low, match: {regex: '\b\d{9}\b'}}], tests: {match: ["123456789"], no_match: ["1234"]}}
  - {id: person, name: person, edm: people, patterns: [{confidence: high, match: {column: Number}, near: {column: Name}}]}
policies:
  - id: exact
    rules:
      - {id: found, when: {edm: {type: person}}, then: [{reject: {text: "one of ours", enhanced: 5.7.1}}]}
      - {id: blind, when: {edm: {unavailable: true}}, then: [tempfail]}
`

// exactSite is a daemon with a table.
type exactSite struct {
	*daemon
	store string
	key   edm.Key
}

// build puts a new store in place, of so many rows of which the first is
// always the same.
func (x *exactSite) build(rows int) edm.Report {
	x.t.Helper()
	var b strings.Builder
	b.WriteString("Number,Name\n123456789,Anna Example\n")
	for i := range rows - 1 {
		fmt.Fprintf(&b, "%09d,Person %d\n", 200000000+i, i)
	}
	rep, err := edm.Build(context.Background(), edm.Options{Schema: edm.Schema{ID: "people", Columns: []edm.Column{{Name: "Number", Type: edm.Digits, Searchable: true}, {Name: "Name", Type: edm.Name}}},
		Key: x.key, Input: "-", Stdin: strings.NewReader(b.String()), Output: x.store, Workers: 1})
	if err != nil {
		x.t.Fatal(err)
	}
	return rep
}

func newExactSite(t *testing.T) *exactSite {
	d := site(t, "edm: {refresh: 1d, stores: [{table: people, file: people.edm, key: edm.key, max_age: 2h}]}\n")
	d.write("packs/site/edm.yaml", exactPack)
	x := &exactSite{daemon: d, store: filepath.Join(d.dir, "people.edm"), key: edm.NewKey()}
	if err := x.key.Write(filepath.Join(d.dir, "edm.key")); err != nil {
		t.Fatal(err)
	}
	return x
}

// TestStores: a table is looked up while its stores are replaced, cut short
// and mended.
func TestStores(t *testing.T) {
	t.Parallel()
	x := newExactSite(t)
	first := x.build(10)
	x.run(x.options())
	c := x.dial(0)
	n := 0
	sent := func(subject string) (code string, digest string) {
		t.Helper()
		n++
		queue := fmt.Sprintf("E%d", n)
		r := x.send(c, mail(queue, subject))
		return string(r.Decision.Data), string(x.record(queue).Result)
	}
	const ours, other = "123456789 Anna Example", "123456788 Anna Example"
	if reply, record := sent(ours); !strings.Contains(reply, "one of ours") || !strings.Contains(record, `"edm":{"people":"`+first.Digest+`"}`) {
		t.Errorf("%q, %s", reply, record)
	}
	if reply, _ := sent(other); reply != "" {
		t.Errorf("another number: %q", reply)
	}
	x.wantMetric(`labelmilter_edm_store_available{table="people"} 1`)
	x.wantMetric(`labelmilter_edm_store_rows{table="people"} 10`)
	x.wantMetric(`labelmilter_edm_store_max_age_seconds{table="people"} 7200`)

	// What the shipped alerts ask for is there.
	alerts, err := os.ReadFile("../../rules/observability/edm.rules.yaml")
	if err != nil {
		t.Fatal(err)
	}
	metrics := x.scrape()
	for _, name := range regexp.MustCompile(`labelmilter_[a-z_]+`).FindAllString(string(alerts), -1) {
		if !strings.Contains(metrics, "\n"+name) {
			t.Errorf("the alerts ask for %s, which there is not", name)
		}
	}

	// A new file is taken into service, and recorded.
	second := x.build(20)
	x.refreshStores(bg)
	if reply, record := sent(ours); !strings.Contains(reply, "one of ours") || !strings.Contains(record, second.Digest) {
		t.Errorf("second store: %q", reply)
	}
	x.wantMetric(`labelmilter_edm_store_info{digest="` + second.Digest + `",table="people"} 1`)

	// One that is damaged is not: the old one stays.
	data, err := os.ReadFile(x.store)
	if err != nil {
		t.Fatal(err)
	}
	replace := func(data []byte) {
		t.Helper()
		if err := os.WriteFile(x.store+".new", data, 0o640); err != nil {
			t.Fatal(err)
		}
		if err := os.Rename(x.store+".new", x.store); err != nil {
			t.Fatal(err)
		}
	}
	bad := append([]byte{}, data...)
	bad[len(bad)-1000] ^= 4
	for _, b := range [][]byte{bad, data[:len(data)-1], nil} {
		replace(b)
		x.refreshStores(bg)
		if reply, record := sent(ours); !strings.Contains(reply, "one of ours") || !strings.Contains(record, second.Digest) {
			t.Errorf("beside a bad file: %q", reply)
		}
	}
	x.wantMetric("labelmilter_edm_store_refused_total 3")

	// The file in use is cut short: until somebody looks the kernel tells, and
	// then the store is known to be unavailable. Mail waits, as the rule says.
	replace(data)
	x.refreshStores(bg)
	if err := os.Truncate(x.store, 4096); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if reply, record := sent(ours); !strings.HasPrefix(reply, "451") || !strings.Contains(record, "store-unavailable") {
			t.Errorf("cut short: %q", reply)
		}
		if reply, _ := sent("nothing to look up"); reply != "" {
			t.Errorf("mail without numbers: %q", reply)
		}
		x.refreshStores(bg)
	}
	x.wantMetric(`labelmilter_edm_store_available{table="people"} 0`)

	// Mended.
	x.build(30)
	x.refreshStores(bg)
	if reply, _ := sent(ours); !strings.Contains(reply, "one of ours") {
		t.Errorf("mended: %q", reply)
	}
	x.noContent()
}

// TestStoresUnderLoad replaces stores while mail flows: no look-up fails.
func TestStoresUnderLoad(t *testing.T) {
	t.Parallel()
	x := newExactSite(t)
	x.build(50)
	x.run(x.options())
	var wg sync.WaitGroup
	var stop atomic.Bool
	var found atomic.Int64
	for k := range 4 {
		wg.Go(func() {
			c, err := session(x.Addrs()[k%2])
			if err != nil {
				t.Error(err)
				return
			}
			defer c.Close()
			for i := 0; !stop.Load() || i < 20; i++ {
				r, err := c.Send(mail(fmt.Sprintf("L%d-%d", k, i), "123456789 Anna Example"))
				if err != nil || !strings.Contains(string(r.Decision.Data), "one of ours") {
					t.Errorf("%v, %q", err, r.Decision.Data)
					return
				}
				found.Add(1)
			}
		})
	}
	digests := map[string]bool{}
	for i := range 12 {
		x.build(50 + i)
		x.refreshStores(bg)
		digests[x.current.Load().stores[0].Open.Digest()] = true
	}
	stop.Store(true)
	wg.Wait()
	if len(digests) != 12 || found.Load() < 80 {
		t.Errorf("%d stores, %d messages", len(digests), found.Load())
	}
}
