package app

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"
	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"

	"net/http/httptest"

	"labelmilter/internal/config"
	"labelmilter/internal/milter/miltertest"
	"labelmilter/internal/store"
)

var bg = context.Background()

// buffer is a log that several goroutines write.
type buffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (b *buffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.Write(p)
}

func (b *buffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.String()
}

const sitePack = `id: site
version: 1.0.0
description: Rules of the tests
`

const sitePolicy = `policies:
  - id: words
    rules:
      - {id: refuse, when: {subject: {words: [refuseme]}}, then: [{reject: {text: "refused by the tests", enhanced: 5.7.1}}]}
      - {id: hold, when: {subject: {words: [holdme]}}, then: [{quarantine: {}}]}
      - {id: tag, when: {subject: {words: [tagme]}}, then: [{add_header: {name: X-Tag, value: "first rules"}}]}
`

// daemon is an App with everything around it in sight.
type daemon struct {
	*App
	t    testing.TB
	dir  string
	log  *buffer
	reg  *prometheus.Registry
	http *http.Client
}

const baseConfig = `
milter:
  listen:
    - {addr: "unix:in.sock", name: in, direction: inbound}
    - {addr: "inet:127.0.0.1:1", name: out, direction: outbound}
organisation: {domains: [agency.gov.au]}
rules: {packs: [au-pspf], dirs: [packs]}
state_dir: state
admin: {listen: "127.0.0.1:2"}
log: {level: debug}
`

// write makes a file of the site.
func (d *daemon) write(name, text string) {
	d.t.Helper()
	p := filepath.Join(d.dir, name)
	if err := os.MkdirAll(filepath.Dir(p), 0o755); err != nil {
		d.t.Fatal(err)
	}
	if err := os.WriteFile(p, []byte(text), 0o644); err != nil {
		d.t.Fatal(err)
	}
}

// site writes configuration and rules; nothing runs yet.
func site(t testing.TB, more string) *daemon {
	t.Helper()
	dir, err := os.MkdirTemp("", "lm") // unix socket paths are short
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	d := &daemon{t: t, dir: dir, log: &buffer{}, reg: prometheus.NewRegistry()}
	d.write("labelmilter.yaml", baseConfig+more)
	d.write("packs/site/pack.yaml", sitePack)
	d.write("packs/site/policy.yaml", sitePolicy)
	d.http = &http.Client{Transport: &http.Transport{DisableKeepAlives: true}, Timeout: 20 * time.Second}
	return d
}

func (d *daemon) options() Options {
	core := zapcore.NewCore(zapcore.NewJSONEncoder(zap.NewProductionEncoderConfig()), zapcore.AddSync(d.log), zap.DebugLevel)
	return Options{ConfigPath: filepath.Join(d.dir, "labelmilter.yaml"), Logger: zap.New(core), Registry: d.reg,
		tune: func(c *config.Config) { // any free port: the configuration has none for that
			for i := range c.Milter.Listen {
				if c.Milter.Listen[i].Network != "unix" {
					c.Milter.Listen[i].Address = "127.0.0.1:0"
				}
			}
			if !c.Admin.Off() {
				c.Admin.Listen = "127.0.0.1:0"
			}
		}}
}

// start runs a daemon until the test ends.
func start(t testing.TB, more string, change func(*Options)) *daemon {
	t.Helper()
	d := site(t, more)
	o := d.options()
	if change != nil {
		change(&o)
	}
	d.run(o)
	return d
}

func (d *daemon) run(o Options) {
	d.t.Helper()
	a, ps := New(o)
	if a == nil {
		d.t.Fatal(ps)
	}
	if err := a.Start(bg); err != nil {
		d.t.Fatal(err)
	}
	d.App = a
	d.t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(bg, 10*time.Second)
		defer cancel()
		if err := a.Stop(ctx); err != nil {
			d.t.Errorf("stop: %v", err)
		}
	})
}

// dial opens a session on a listener.
func (d *daemon) dial(listener int) *miltertest.Client {
	d.t.Helper()
	c, err := session(d.Addrs()[listener])
	if err != nil {
		d.t.Fatal(err)
	}
	d.t.Cleanup(func() { _ = c.Close() })
	return c
}

func session(a net.Addr) (*miltertest.Client, error) {
	c, err := miltertest.Dial(a)
	if err != nil {
		return nil, err
	}
	c.Timeout = 30 * time.Second
	if err := c.Negotiate(); err != nil {
		return nil, err
	}
	return c, c.Session()
}

// mail is a message with a queue id.
func mail(queue, subject string, header ...[2]string) miltertest.Message {
	return miltertest.Message{From: "<canaryalice@sender.example>", To: []string{"<canarybob@agency.gov.au>"},
		Header: append([][2]string{{"From", " canaryalice@sender.example"}, {"Subject", " canarysubject " + subject},
			{"Message-ID", " <" + queue + "@sender.example>"}}, header...),
		Body: []byte("canarybody\r\n"), Macros: map[byte][]string{'E': {"i", queue}}}
}

func marked(sec string) [2]string {
	return [2]string{"X-Protective-Marking", " VER=2024.1, NS=gov.au, SEC=" + sec + ", ORIGIN=a@agency.gov.au"}
}

func (d *daemon) send(c *miltertest.Client, m miltertest.Message) miltertest.Result {
	d.t.Helper()
	r, err := c.Send(m)
	if err != nil {
		d.t.Fatalf("%v; log: %s", err, d.log)
	}
	return r
}

// edits shows edits in one line each, their position as a number.
func edits(r miltertest.Result) string {
	var out []string
	for _, p := range r.Edits {
		switch p.Code {
		case 'i', 'm':
			name, value, _ := strings.Cut(strings.TrimSuffix(string(p.Data[4:]), "\x00"), "\x00")
			out = append(out, fmt.Sprintf("%c%d %s:%s", p.Code, p.Index(), name, value))
		default:
			out = append(out, fmt.Sprintf("%c %s", p.Code, strings.ReplaceAll(strings.TrimSuffix(string(p.Data), "\x00"), "\x00", ":")))
		}
	}
	return strings.Join(out, "\n")
}

// record waits for the record of a queue id to have its outcome.
func (d *daemon) record(queue string) store.Record {
	d.t.Helper()
	for range 200 {
		got, err := d.store.Find(bg, queue, 10)
		if err != nil {
			d.t.Fatal(err)
		}
		if len(got) > 0 && got[0].Answer != store.Pending {
			return got[0]
		}
		time.Sleep(10 * time.Millisecond)
	}
	d.t.Fatalf("no finished record of %s", queue)
	return store.Record{}
}

func (d *daemon) scrape() string {
	w := httptest.NewRecorder()
	promhttp.HandlerFor(d.reg, promhttp.HandlerOpts{}).ServeHTTP(w, httptest.NewRequest("GET", "/", nil))
	return w.Body.String()
}

// want waits for a line of the metrics.
func (d *daemon) wantMetric(line string) {
	d.t.Helper()
	for range 200 {
		if strings.Contains(d.scrape(), line+"\n") {
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
	d.t.Errorf("no metric %s in:\n%s", line, d.scrape())
}

func (d *daemon) get(method, path string) (int, string) {
	d.t.Helper()
	req, err := http.NewRequest(method, "http://"+d.AdminAddr().String()+path, nil)
	if err != nil {
		d.t.Fatal(err)
	}
	res, err := d.http.Do(req)
	if err != nil {
		d.t.Fatal(err)
	}
	defer res.Body.Close()
	b, err := io.ReadAll(res.Body)
	if err != nil {
		d.t.Fatal(err)
	}
	return res.StatusCode, string(b)
}

// noContent looks for what stands in the test messages.
func (d *daemon) noContent() {
	d.t.Helper()
	for name, text := range map[string]string{"log": d.log.String(), "metrics": d.scrape()} {
		if i := strings.Index(strings.ToLower(text), "canary"); i >= 0 {
			d.t.Errorf("content in the %s: …%s…", name, text[max(0, i-200):min(len(text), i+60)])
		}
	}
}
