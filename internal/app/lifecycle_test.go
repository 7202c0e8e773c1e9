package app

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"labelmilter/internal/facts"
	"labelmilter/internal/filter"
	"labelmilter/internal/message"
	"labelmilter/internal/milter/miltertest"
	"labelmilter/internal/pipeline"
)

func TestStartStop(t *testing.T) {
	t.Parallel()
	d := site(t, "")
	d.write("state/spool/labelmilter-123", "left by a crash")
	d.write("state/spool/other", "")
	began := time.Now()
	d.run(d.options())
	t.Logf("start to ready: %v", time.Since(began))
	if code, body := d.get("GET", "/readyz"); code != 200 {
		t.Errorf("ready: %d %s", code, body)
	}
	if code, _ := d.get("GET", "/healthz"); code != 200 {
		t.Errorf("alive: %d", code)
	}
	if code, body := d.get("GET", "/metrics"); code != 200 || !strings.Contains(body, `labelmilter_ruleset_info{digest="`+d.Ruleset()+`"} 1`) {
		t.Errorf("metrics: %d %s", code, body)
	}
	left, err := os.ReadDir(filepath.Join(d.dir, "state", "spool"))
	if err != nil || len(left) != 1 || left[0].Name() != "other" {
		t.Errorf("spool holds %v, %v", left, err)
	}
	if err := d.Start(bg); !errors.Is(err, ErrStarted) {
		t.Errorf("second Start: %v", err)
	}
	ctx, cancel := context.WithTimeout(bg, 5*time.Second)
	defer cancel()
	if err := d.Stop(ctx); err != nil {
		t.Error(err)
	}
	if err := <-d.Done(); err != nil {
		t.Errorf("Done: %v", err)
	}
	if err := d.Stop(ctx); err != nil {
		t.Errorf("second Stop: %v", err)
	}
	if _, err := miltertest.Dial(d.Addrs()[0]); err == nil {
		t.Error("listens after Stop")
	}
	d2 := &daemon{t: t, dir: d.dir, log: d.log, reg: d.reg, http: d.http}
	o := d2.options()
	o.Registry = nil
	d2.run(o) // on the same state and socket
	if len(d2.Ready(bg)) != 0 {
		t.Errorf("not ready: %v", d2.Ready(bg))
	}
}

// What is wrong before any work is a problem with a place; what cannot be
// opened is an error and leaves nothing open.
func TestStartErrors(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ name, config, want string }{
		{"no file", "", "cannot read the configuration"},
		{"no listener", "state_dir: state\n", "no listener"},
		{"unknown key", baseConfig + "stat_dir: x\n", `unknown key "stat_dir"`},
		{"unknown pack", strings.Replace(baseConfig, "[au-pspf]", "[au-pspff]", 1), `unknown pack "au-pspff"`},
		{"own quarantine", baseConfig + "quarantine: {mode: store}\n", "mode store is not available"},
	} {
		d := site(t, "")
		d.write("labelmilter.yaml", tt.config)
		if tt.config == "" {
			os.Remove(filepath.Join(d.dir, "labelmilter.yaml"))
		}
		if a, ps := New(d.options()); a != nil || !strings.Contains(ps.String(), tt.want) {
			t.Errorf("%s: got %v, problems %s, want %s", tt.name, a, ps, tt.want)
		}
	}
	d := site(t, "")
	d.write("in.sock", "a file where the socket should be")
	a, ps := New(d.options())
	if a == nil {
		t.Fatal(ps)
	}
	if err := a.Start(bg); err == nil || !strings.Contains(err.Error(), "not a socket") {
		t.Errorf("got %v", err)
	}
	if err := os.Remove(filepath.Join(d.dir, "in.sock")); err != nil {
		t.Fatal(err)
	}
	d.reg = nil
	d.run(d.options()) // the store is free again
}

func TestReload(t *testing.T) {
	t.Parallel()
	d := start(t, "", nil)
	c := d.dial(0)
	tag := func(queue, want string) {
		t.Helper()
		if r := d.send(c, mail(queue, "tagme")); edits(r) != want {
			t.Errorf("%s: edits %q, want %q", queue, edits(r), want)
		}
	}
	old := d.Ruleset()
	tag("T1", "h X-Tag: first rules")

	d.write("packs/site/policy.yaml", strings.Replace(sitePolicy, "first rules", "second rules", 1))
	if ps, err := d.Reload(); err != nil || len(ps) > 0 {
		t.Errorf("reload: %v, %v", ps, err)
	}
	if d.Ruleset() == old {
		t.Error("the digest is the same")
	}
	tag("T2", "h X-Tag: second rules")

	d.write("packs/site/policy.yaml", strings.Replace(sitePolicy, "subject:", "subjct:", 1))
	now := d.Ruleset()
	ps, err := d.Reload()
	if !errors.Is(err, ErrRejected) || !strings.Contains(ps.String(), `"subjct"`) || d.Ruleset() != now {
		t.Errorf("bad rules: %v, %v", ps, err)
	}
	d.wantMetric("labelmilter_reload_successful 0")
	tag("T3", "h X-Tag: second rules")
	if code, body := d.get("POST", "/-/reload"); code != 422 || !strings.Contains(body, "policy.yaml:") {
		t.Errorf("reload over HTTP: %d %s", code, body)
	}
	if !strings.Contains(d.log.String(), "subjct") {
		t.Error("the problem is not in the log")
	}

	d.write("packs/site/policy.yaml", sitePolicy)
	d.write("labelmilter.yaml", strings.Replace(baseConfig, "state_dir: state", "state_dir: elsewhere", 1)+"concurrency: 7\nenforcement: simulate\n")
	ps, err = d.Reload()
	if err != nil || !strings.Contains(ps.String(), "state_dir has changed") || !strings.Contains(ps.String(), "concurrency has changed") || len(ps) != 2 {
		t.Errorf("restart needed: %v, %v", ps, err)
	}
	tag("T4", "") // simulate took effect
	if _, err := os.Stat(filepath.Join(d.dir, "elsewhere")); err == nil {
		t.Error("the new state folder was made")
	}
	d.wantMetric("labelmilter_reload_successful 1")
	if code, body := d.get("POST", "/-/reload"); code != 200 {
		t.Errorf("reload over HTTP: %d %s", code, body)
	}
	d.noContent()
}

// A thousand messages while twenty reloads, good and bad, happen: each gets
// its whole answer by the rules of before or after.
func TestReloadUnderLoad(t *testing.T) {
	t.Parallel()
	d := start(t, "", nil)
	const clients, each = 8, 125
	var wg sync.WaitGroup
	var first, second, lost atomic.Int64
	for n := range clients {
		wg.Go(func() {
			c, err := session(d.Addrs()[n%2])
			if err != nil {
				t.Error(err)
				return
			}
			defer c.Close()
			for i := range each {
				r, err := c.Send(mail(fmt.Sprintf("U%d-%d", n, i), "tagme"))
				switch {
				case err != nil:
					t.Error(err)
					return
				case r.Decision.Code != 'a':
					lost.Add(1)
				case edits(r) == "h X-Tag: first rules":
					first.Add(1)
				case edits(r) == "h X-Tag: second rules":
					second.Add(1)
				default:
					lost.Add(1)
				}
			}
		})
	}
	good, bad := 0, 0
	for i := range 20 {
		switch i % 4 {
		case 0, 2:
			d.write("packs/site/policy.yaml", strings.Replace(sitePolicy, "first rules", []string{"second rules", "first rules"}[i%4/2], 1))
		default:
			d.write("packs/site/policy.yaml", "policies: [}")
		}
		if _, err := d.Reload(); err == nil {
			good++
		} else {
			bad++
		}
		time.Sleep(5 * time.Millisecond)
	}
	wg.Wait()
	if lost.Load() != 0 || first.Load()+second.Load() != clients*each || second.Load() == 0 {
		t.Errorf("%d by the first rules, %d by the second, %d lost", first.Load(), second.Load(), lost.Load())
	}
	if good != 10 || bad != 10 {
		t.Errorf("%d good reloads, %d bad", good, bad)
	}
	if n, err := d.store.Count(bg); n != clients*each || err != nil {
		t.Errorf("%d records, %v", n, err)
	}
	d.noContent()
}

// A message in hand when the daemon stops gets its answer and its record.
func TestDrain(t *testing.T) {
	t.Parallel()
	entered, hold := make(chan struct{}), make(chan struct{})
	d := start(t, "", func(o *Options) {
		o.process = func(p *pipeline.Pipeline) filter.Process {
			return func(ctx context.Context, m *message.Message, f facts.Facts) pipeline.Result {
				close(entered)
				<-hold
				return p.Process(ctx, m, f)
			}
		}
	})
	c := d.dial(0)
	type answer struct {
		r   miltertest.Result
		err error
	}
	got := make(chan answer, 1)
	go func() {
		r, err := c.Send(mail("D1", "x", marked("OFFICIAL")))
		_ = c.Quit()
		got <- answer{r, err}
	}()
	<-entered
	stopped := make(chan error, 1)
	go func() {
		ctx, cancel := context.WithTimeout(bg, 20*time.Second)
		defer cancel()
		stopped <- d.Stop(ctx)
	}()
	for !d.draining.Load() {
		time.Sleep(time.Millisecond)
	}
	if missing := d.Ready(bg); len(missing) == 0 || missing[0] != "draining" {
		t.Errorf("ready while draining: %v", missing)
	}
	select {
	case err := <-stopped:
		t.Fatalf("stopped with a message in hand: %v", err)
	case <-time.After(50 * time.Millisecond):
	}
	close(hold)
	if a := <-got; a.err != nil || a.r.Decision.Code != 'a' || edits(a.r) != official {
		t.Errorf("%v, %v", a.r, a.err)
	}
	if err := <-stopped; err != nil {
		t.Error(err)
	}
	d2 := &daemon{t: t, dir: d.dir, log: d.log, http: d.http}
	d2.run(d2.options())
	if rec := d2.record("D1"); rec.Answer != "sent" {
		t.Errorf("record %+v", rec)
	}
}
