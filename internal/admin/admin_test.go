package admin

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"
)

func newMetrics(t *testing.T) (*Metrics, *prometheus.Registry) {
	t.Helper()
	reg := prometheus.NewRegistry()
	m, err := NewMetrics(reg, Gauges{Sessions: func() int { return 3 }, Waiting: func() int { return 2 }, StoreQueue: func() int { return 1 }})
	if err != nil {
		t.Fatal(err)
	}
	return m, reg
}

func TestMetrics(t *testing.T) {
	t.Parallel()
	m, reg := newMetrics(t)
	m.Message(Message{Direction: "inbound", Verdict: "reject", Outcome: "block", Label: "", Bytes: 100, Rules: []Rule{{"label", "block", "enforce"}},
		Skipped: []string{"encrypted"}, Duration: 3 * time.Millisecond})
	m.Message(Message{Direction: "inbound", Verdict: "tempfail", Outcome: "none", Fail: "panic", Unsent: true, Bytes: -1})
	m.Message(Message{Gone: true})
	m.StoreError()
	m.Fault("short frame")
	m.Panic("body")
	m.Loaded(time.Unix(1000, 0), "sha256:aa", map[string]int{"packs": 2})
	m.Loaded(time.Unix(2000, 5e8), "sha256:bb", map[string]int{"packs": 3})
	m.NotLoaded()
	want := `
# HELP labelmilter_fail_mode_total Messages answered by the fail mode.
# TYPE labelmilter_fail_mode_total counter
labelmilter_fail_mode_total{direction="inbound",reason="panic",verdict="tempfail"} 1
# HELP labelmilter_messages_total Messages answered.
# TYPE labelmilter_messages_total counter
labelmilter_messages_total{direction="inbound",label="",outcome="block",verdict="reject"} 1
labelmilter_messages_total{direction="inbound",label="",outcome="none",verdict="tempfail"} 1
# HELP labelmilter_queue_depth Messages that wait to be judged.
# TYPE labelmilter_queue_depth gauge
labelmilter_queue_depth 2
# HELP labelmilter_reload_successful 1 if the last load of rules and configuration succeeded.
# TYPE labelmilter_reload_successful gauge
labelmilter_reload_successful 0
# HELP labelmilter_reload_success_timestamp_seconds Time of the last successful load.
# TYPE labelmilter_reload_success_timestamp_seconds gauge
labelmilter_reload_success_timestamp_seconds 2000.5
# HELP labelmilter_rule_hits_total Messages matched by a rule.
# TYPE labelmilter_rule_hits_total counter
labelmilter_rule_hits_total{mode="enforce",policy="label",rule="block"} 1
# HELP labelmilter_ruleset_info 1 for the rule set in force, by digest.
# TYPE labelmilter_ruleset_info gauge
labelmilter_ruleset_info{digest="sha256:bb"} 1
# HELP labelmilter_sessions_open Milter connections open.
# TYPE labelmilter_sessions_open gauge
labelmilter_sessions_open 3
# HELP labelmilter_skipped_total Messages that were not fully inspected.
# TYPE labelmilter_skipped_total counter
labelmilter_skipped_total{reason="encrypted"} 1
# HELP labelmilter_store_errors_total Writes to the store that failed, and pieces of it found damaged.
# TYPE labelmilter_store_errors_total counter
labelmilter_store_errors_total 1
`
	w := httptest.NewRecorder()
	promhttp.HandlerFor(reg, promhttp.HandlerOpts{ErrorHandling: promhttp.PanicOnError}).ServeHTTP(w, httptest.NewRequest("GET", "/", nil))
	got := w.Body.String()
	for line := range strings.Lines(strings.TrimSpace(want)) {
		if !strings.Contains(got, strings.TrimSpace(line)+"\n") {
			t.Errorf("no line %s", line)
		}
	}
	if strings.Contains(got, "sha256:aa") {
		t.Error("the old rule set is still shown")
	}
	if _, err := NewMetrics(reg, Gauges{}); err == nil {
		t.Error("metrics registered twice in one registry")
	}
}

func TestHandler(t *testing.T) {
	t.Parallel()
	_, reg := newMetrics(t)
	var missing []string
	var reloadErr error
	reloads := 0
	h := New(Options{Gatherer: reg, Ready: func(context.Context) []string { return missing }, Reload: func(context.Context) error {
		reloads++
		return reloadErr
	}}).Handler()
	do := func(method, path, peer, host string, header ...string) (int, string) {
		r := httptest.NewRequest(method, "http://"+host+path, nil)
		r.RemoteAddr = peer
		for i := 0; i+1 < len(header); i += 2 {
			r.Header.Set(header[i], header[i+1])
		}
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		return w.Code, w.Body.String()
	}
	const me, here = "127.0.0.1:5000", "127.0.0.1:8892"
	for _, tt := range []struct {
		name, method, path, peer, host string
		header                         []string
		before                         func()
		code                           int
		body                           string
		reloads                        int
	}{
		{name: "metrics", method: "GET", path: "/metrics", code: 200, body: "labelmilter_sessions_open 3"},
		{name: "alive", method: "GET", path: "/healthz", code: 200, body: "alive"},
		{name: "ready", method: "GET", path: "/readyz", code: 200, body: "ready"},
		{name: "not ready", method: "GET", path: "/readyz", before: func() { missing = []string{"store: full", "draining"} }, code: 503, body: "store: full\ndraining\n"},
		{name: "reload", method: "POST", path: "/-/reload", code: 200, body: "reloaded", reloads: 1},
		{name: "reload over IPv6", method: "POST", path: "/-/reload", peer: "[::1]:5", host: "[::1]:8892", code: 200, reloads: 2},
		{name: "reload at localhost", method: "POST", path: "/-/reload", host: "localhost:8892", code: 200, reloads: 3},
		{name: "reload is no GET", method: "GET", path: "/-/reload", code: 405, reloads: 3},
		{name: "reload from elsewhere", method: "POST", path: "/-/reload", peer: "192.0.2.1:5", code: 403, reloads: 3},
		{name: "reload by a web page", method: "POST", path: "/-/reload", header: []string{"Origin", "http://evil.example"}, code: 403, reloads: 3},
		{name: "reload by a rebound name", method: "POST", path: "/-/reload", host: "evil.example", code: 403, reloads: 3},
		{name: "reload without a peer", method: "POST", path: "/-/reload", peer: "@", code: 403, reloads: 3},
		{name: "reload fails", method: "POST", path: "/-/reload", before: func() { reloadErr = errors.New("x.yaml:1:1: error: bad") }, code: 422, body: "x.yaml:1:1: error: bad", reloads: 4},
		{name: "nothing else", method: "GET", path: "/debug/pprof/", code: 404, reloads: 4},
	} {
		if tt.before != nil {
			tt.before()
		}
		if tt.peer == "" {
			tt.peer = me
		}
		if tt.host == "" {
			tt.host = here
		}
		code, body := do(tt.method, tt.path, tt.peer, tt.host, tt.header...)
		if code != tt.code || !strings.Contains(body, tt.body) || tt.path != "/metrics" && tt.path != "/readyz" && reloads != tt.reloads {
			t.Errorf("%s: got %d %q after %d reloads, want %d %q after %d", tt.name, code, body, reloads, tt.code, tt.body, tt.reloads)
		}
	}
}

func TestPanicIs500(t *testing.T) {
	t.Parallel()
	h := New(Options{Gatherer: prometheus.NewRegistry(), Ready: func(context.Context) []string { panic("x") }}).Handler()
	w := httptest.NewRecorder()
	h.ServeHTTP(w, httptest.NewRequest("GET", "/readyz", nil))
	if w.Code != 500 {
		t.Errorf("got %d", w.Code)
	}
}

func TestServe(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	sock := filepath.Join(t.TempDir(), "a.sock")
	for _, addr := range []string{"127.0.0.1:0", "unix:" + sock} {
		s := New(Options{Listen: addr, Gatherer: prometheus.NewRegistry(), Ready: func(context.Context) []string { return nil },
			Reload: func(context.Context) error { return nil }})
		if err := s.Start(ctx); err != nil {
			t.Fatal(err)
		}
		c := &http.Client{Transport: &http.Transport{DisableKeepAlives: true, DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
			var d net.Dialer
			return d.DialContext(ctx, s.Addr().Network(), s.Addr().String())
		}}}
		res, err := c.Post("http://localhost/-/reload", "", nil)
		if err != nil {
			t.Fatal(err)
		}
		body, _ := io.ReadAll(res.Body)
		res.Body.Close()
		if res.StatusCode != 200 {
			t.Errorf("%s: got %d %s", addr, res.StatusCode, body)
		}
		if err := New(Options{Listen: addr, Gatherer: prometheus.NewRegistry()}).Start(ctx); addr != "127.0.0.1:0" && err == nil {
			t.Errorf("%s: a served socket was taken over", addr)
		}
		if err := s.Stop(ctx); err != nil {
			t.Errorf("%s: %v", addr, err)
		}
	}
	if err := os.WriteFile(sock, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := New(Options{Listen: "unix:" + sock, Gatherer: prometheus.NewRegistry()}).Start(ctx); err == nil {
		t.Error("a file was replaced by a socket")
	}
	if err := New(Options{Listen: "nonsense"}).Stop(ctx); err != nil {
		t.Errorf("Stop before Start: %v", err)
	}
}
