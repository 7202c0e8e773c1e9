// Package app is the daemon's life: it loads configuration and rules, opens
// store, admin server and milter listeners in that order, replaces rules while
// mail flows, and stops in the opposite order. Signals, exit codes and the
// making of the logger are the command line's.
package app

import (
	"context"
	"errors"
	"net"
	"sync"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"go.uber.org/zap"

	"labelmilter/internal/admin"
	"labelmilter/internal/assemble"
	"labelmilter/internal/budget"
	"labelmilter/internal/config"
	"labelmilter/internal/directory/ldap"
	"labelmilter/internal/extract/worker"
	"labelmilter/internal/filter"
	"labelmilter/internal/milter"
	"labelmilter/internal/notify"
	"labelmilter/internal/pipeline"
	"labelmilter/internal/store"
	"labelmilter/internal/strictyaml"
)

// Options of an App.
type Options struct {
	ConfigPath string
	Flags      assemble.Flags // go before the configuration, also when reloading
	Simulate   bool           // no verdict and no modification, whatever is configured
	Logger     *zap.Logger    // nil = none
	// Registry takes the metrics; nil = a new one, with those of the Go
	// runtime and of the process.
	Registry *prometheus.Registry
	Now      func() time.Time // nil = time.Now

	// For tests.
	process func(*pipeline.Pipeline) filter.Process // nil = Process
	tune    func(*config.Config)                    // changes what was loaded
	busy    time.Duration                           // store.Options.Busy
}

// Errors of Reload and Start.
var (
	// ErrRejected: the new configuration or rules have errors, which the
	// problems name; the old ones stay in force.
	ErrRejected = errors.New("configuration or rules have errors, the old ones stay in force")
	ErrStarted  = errors.New("app was started before")
)

// generation is one load: what a reload replaces.
type generation struct {
	config   *config.Config
	pipeline *pipeline.Pipeline
	settings *filter.Settings
	notices  notify.Settings
	people   *ldap.Client     // nil for none
	stores   []assemble.Store // of exact data match
	stateDir string
}

// App is the daemon.
type App struct {
	o       Options
	log     *zap.Logger
	reg     *prometheus.Registry
	current atomic.Pointer[generation]
	first   *config.Config // of the start; what needs a restart stays as it says

	apart  *worker.Pool // nil: the daemon reads by itself
	memory *budget.Memory

	store   *store.Store
	metrics *admin.Metrics
	filter  *filter.Filter
	server  *milter.Server
	admin   *admin.Server
	serving <-chan error

	draining atomic.Bool
	bound    atomic.Bool

	reloading sync.Mutex // one load at a time

	mu       sync.Mutex // guards what follows
	started  bool
	cleanups []cleanup
}

// New loads configuration and rules. It opens nothing. With errors among the
// problems the App is nil; warnings come with it.
func New(o Options) (*App, strictyaml.Problems) {
	if o.Logger == nil {
		o.Logger = zap.NewNop()
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.process == nil {
		o.process = func(p *pipeline.Pipeline) filter.Process { return p.Process }
	}
	reg := o.Registry
	if reg == nil {
		reg = prometheus.NewRegistry()
		reg.MustRegister(collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	}
	a := &App{o: o, log: o.Logger, reg: reg}
	g, ps := a.load(nil)
	if g == nil {
		return nil, ps
	}
	a.first = g.config
	a.current.Store(g)
	var err error
	if a.metrics, err = admin.NewMetrics(reg, a.gauges()); err != nil {
		return nil, append(ps, strictyaml.Problem{Severity: strictyaml.Error, Message: "metrics: " + err.Error()})
	}
	a.loaded(g)
	return a, ps
}

// gauges read what exists once the listeners are bound.
func (a *App) gauges() admin.Gauges {
	bound := func(f func() int) func() int {
		return func() int {
			if !a.bound.Load() {
				return 0
			}
			return f()
		}
	}
	return admin.Gauges{Sessions: bound(func() int { return a.server.Open() }), Waiting: bound(func() int { return a.filter.Waiting() }),
		Stores: a.storeStates, StoreQueue: bound(func() int { return a.store.Depth() })}
}

// Config is the configuration of the start.
func (a *App) Config() *config.Config { return a.first }

// Ruleset gives the digest of the rule set in force.
func (a *App) Ruleset() string { return a.current.Load().settings.Digest }

// Addrs gives the addresses of the milter listeners in the order configured;
// nil before Start.
func (a *App) Addrs() []net.Addr {
	if !a.bound.Load() {
		return nil
	}
	return a.server.Addrs()
}

// AdminAddr gives the address of the admin server, nil if it is off or not
// started.
func (a *App) AdminAddr() net.Addr {
	if !a.bound.Load() || a.admin == nil {
		return nil
	}
	return a.admin.Addr()
}

// Done gives nil after Stop, and an error if serving ended for another reason.
// It is nil before Start.
func (a *App) Done() <-chan error { return a.serving }

// Ready gives what is missing before mail can be taken; nothing if all is
// well.
func (a *App) Ready(ctx context.Context) []string {
	var missing []string
	if !a.bound.Load() {
		missing = append(missing, "milter: not listening yet")
	}
	if a.draining.Load() {
		missing = append(missing, "draining")
	}
	if err := a.store.Check(ctx); err != nil {
		missing = append(missing, err.Error())
	}
	return missing
}
