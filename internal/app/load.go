package app

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"reflect"
	"runtime"
	"slices"
	"strings"
	"time"

	"go.uber.org/zap"

	"labelmilter/internal/assemble"
	"labelmilter/internal/budget"
	"labelmilter/internal/config"
	"labelmilter/internal/directory/ldap"
	"labelmilter/internal/extract/worker"
	"labelmilter/internal/filter"
	"labelmilter/internal/pipeline"
	"labelmilter/internal/policy"
	"labelmilter/internal/strictyaml"
	"labelmilter/internal/verdict"
)

// load reads configuration and packs and builds everything that can be
// replaced. It is nil with errors. running is the configuration of the start,
// nil at the start.
func (a *App) load(running *config.Config) (*generation, strictyaml.Problems) {
	c, ps := config.Load(a.o.ConfigPath)
	if c == nil {
		return nil, ps
	}
	if a.o.tune != nil {
		a.o.tune(c)
	}
	ps = append(ps, c.ForServe()...)
	ps = append(ps, unavailable(c)...)
	if running != nil {
		ps = append(ps, needRestart(running, c)...)
	}
	p, more := assemble.Pipeline(c, a.o.Flags)
	ps = append(ps, more...)
	ps.Sort()
	if p == nil || ps.HasErrors() {
		return nil, ps
	}
	ps = append(ps, recordedOnly(p.Rules.Policies, c.Notices.Server != "", len(c.Notices.Incidents) > 0)...)
	notices, more := noticeSettings(c)
	if ps = append(ps, more...); more.HasErrors() {
		return nil, ps
	}
	p.Simulate = p.Simulate || a.o.Simulate
	if running == nil {
		a.readers(c)
	}
	p.Memory = a.memory
	if a.apart != nil {
		p.Apart = a.apart
	}
	stateDir := c.StateDir
	if running != nil {
		stateDir = running.StateDir
	}
	people, err := a.people(c)
	if err != nil {
		return nil, append(ps, strictyaml.Problem{Pos: strictyaml.Pos{File: c.File(), Line: 1, Col: 1}, Severity: strictyaml.Error, Message: "directory: " + err.Error()})
	}
	var old []assemble.Store
	if g := a.current.Load(); g != nil {
		old = g.stores
	}
	stores, more := assemble.Stores(c, p.Rules, old)
	if ps = append(ps, more...); more.HasErrors() {
		return nil, ps
	}
	p.Stores = assemble.Tables(stores)
	g := &generation{config: c, pipeline: p, people: people, stores: stores, stateDir: stateDir, notices: notices}
	g.settings = a.settingsOf(g)
	return g, ps
}

// people gives the client of the directory server, nil for none. One that asks
// the same server in the same way is used again, with what it remembers.
func (a *App) people(c *config.Config) (*ldap.Client, error) {
	l := c.Directory.LDAP
	if l.URL == "" {
		return nil, nil
	}
	password := config.Secret{File: l.PasswordFile}
	if password.File != "" {
		if err := password.Read(); err != nil {
			return nil, err
		}
	}
	o := ldap.Options{URL: l.URL, StartTLS: l.StartTLS, CAFile: l.CAFile, BindDN: l.BindDN, Password: password.Reveal(), Base: l.Base, Filter: l.Filter,
		Attributes: l.Attributes, GroupAttribute: l.GroupAttribute, GroupBase: l.GroupBase, GroupFilter: l.GroupFilter,
		Timeout: l.Timeout, Fresh: l.Fresh, Stale: l.Stale, Retry: l.Retry}
	if g := a.current.Load(); g != nil && g.people != nil && g.people.Same(o) {
		return g.people, nil
	}
	return ldap.New(o)
}

// settingsOf gives the filter's settings of a generation.
func (a *App) settingsOf(g *generation) *filter.Settings {
	s := a.settings(g.config, g.pipeline, g.stateDir)
	if g.people != nil {
		s.Directory = g.people
	}
	return s
}

// readers makes what reads attachments and bounds the memory for it.
func (a *App) readers(c *config.Config) {
	a.memory = budget.NewMemory(int64(c.Limits.Memory))
	if c.Extract.Isolation == "none" {
		return
	}
	n := c.Extract.Workers
	if n == 0 {
		n = concurrency(c)
	}
	a.apart = worker.New(worker.Options{Workers: n, Memory: int64(c.Extract.Memory), Timeout: c.Extract.Timeout, Killed: func(why string) {
		a.log.Warn("extraction worker killed", zap.String("why", why))
		a.metrics.WorkerKilled(why)
	}})
}

// concurrency is how many messages are judged at once.
func concurrency(c *config.Config) int {
	if c.Concurrency > 0 {
		return c.Concurrency
	}
	return runtime.GOMAXPROCS(0)
}

// recordedOnly warns of what rules ask for and the daemon only writes down:
// nobody must believe that a notice was sent.
func recordedOnly(set *policy.Set, notices, incidents bool) strictyaml.Problems {
	var ps strictyaml.Problems
	for _, b := range set.Bound() {
		for _, r := range b.Rules {
			if m := b.EffectiveMode(r); m == policy.Off || m == policy.Simulate {
				continue
			}
			var what []string
			for _, x := range r.Then {
				if x.Kind == policy.ActNotify && !notices || x.Kind == policy.ActIncident && !(notices && incidents) {
					what = append(what, string(x.Kind))
				}
			}
			if len(what) > 0 {
				ps = append(ps, strictyaml.Problem{Pos: r.Pos, Severity: strictyaml.Warning,
					Message: fmt.Sprintf("rule %s/%s: %s is recorded only, nothing is sent", b.ID, r.ID, strings.Join(what, ", ")),
					Fix:     "set notices.server and notices.incidents in the configuration, or read it in log show"})
			}
		}
	}
	return ps
}

func (a *App) settings(c *config.Config, p *pipeline.Pipeline, stateDir string) *filter.Settings {
	// Waiting, judging and recording together stay below the server's hard
	// limit, so that the fail mode and not the limit gives the answer.
	limit := c.Milter.Timeouts.Message
	return &filter.Settings{
		Process: a.o.process(p), Compose: composer(c, p), Site: p.Rules.Site, Digest: p.Rules.Digest, Limits: p.Limits, Verifiers: p.Trust.Verifiers, SpoolDir: spoolDir(stateDir),
		Fail: filter.FailModes{Inbound: verdict.Disposition(c.Fail.Inbound), Outbound: verdict.Disposition(c.Fail.Outbound),
			Internal: verdict.Disposition(c.Fail.Internal)},
		Needs: needs(p), Simulate: p.Simulate, Timeout: min(filter.DefaultTimeout, limit/2), QueueWait: min(filter.DefaultQueueWait, limit/4),
	}
}

// needs is what the rules and the settings of labels want to know.
func needs(p *pipeline.Pipeline) policy.Needs {
	n := p.Rules.Policies.Needs()
	if len(p.Thread.Declassifiers) > 0 && !slices.Contains(n.Attributes, ldap.Groups) {
		n.Attributes = append(n.Attributes, ldap.Groups)
	}
	return n
}

func spoolDir(stateDir string) string { return filepath.Join(stateDir, "spool") }

// unavailable reports what the configuration knows and the daemon cannot do.
func unavailable(c *config.Config) strictyaml.Problems {
	if c.Quarantine.Mode != "store" {
		return nil
	}
	return strictyaml.Problems{{Pos: strictyaml.Pos{File: c.File(), Line: 1, Col: 1}, Severity: strictyaml.Error,
		Message: "quarantine: mode store is not available", Fix: "use mta: the message is held in the MTA's queue"}}
}

// needRestart reports settings that a reload does not change.
func needRestart(running, c *config.Config) strictyaml.Problems {
	var ps strictyaml.Problems
	for _, s := range []struct {
		key      string
		old, new any
	}{
		{"milter", unplaced(running.Milter), unplaced(c.Milter)},
		{"state_dir", running.StateDir, c.StateDir},
		{"admin", running.Admin, c.Admin},
		{"log", running.Log, c.Log},
		{"concurrency", running.Concurrency, c.Concurrency},
		{"extract", running.Extract, c.Extract},
		{"limits.memory", running.Limits.Memory, c.Limits.Memory},
	} {
		if !reflect.DeepEqual(s.old, s.new) {
			ps = append(ps, strictyaml.Problem{Pos: strictyaml.Pos{File: c.File(), Line: 1, Col: 1}, Severity: strictyaml.Warning,
				Message: s.key + " has changed and stays as it was until a restart", Fix: "restart the daemon"})
		}
	}
	return ps
}

// unplaced drops the places in the file, which mean nothing to the daemon.
func unplaced(m config.Milter) config.Milter {
	m.Listen = append([]config.Listener{}, m.Listen...)
	for i := range m.Listen {
		m.Listen[i].Pos = strictyaml.Pos{}
	}
	return m
}

// Reload loads configuration and rules anew and puts them in force for
// messages that begin from now on. With any error the old ones stay, and the
// error is ErrRejected. Problems, warnings too, are logged and given back;
// settings that need a restart are among them.
func (a *App) Reload() (strictyaml.Problems, error) {
	a.reloading.Lock()
	defer a.reloading.Unlock()
	start := time.Now()
	g, ps := a.load(a.first)
	a.logProblems(ps)
	if g == nil {
		a.log.Error("reload failed, the old rules stay in force", zap.String("ruleset", a.Ruleset()), zap.Int("problems", len(ps)))
		a.metrics.NotLoaded()
		return ps, ErrRejected
	}
	old := a.Ruleset()
	if before := a.current.Swap(g); before.people != nil && before.people != g.people {
		before.people.Close()
	}
	a.loaded(g)
	a.log.Info("reloaded", zap.String("ruleset", g.settings.Digest), zap.Bool("changed", old != g.settings.Digest),
		zap.Bool("simulate", g.settings.Simulate), zap.Duration("took", time.Since(start)))
	return ps, nil
}

// reloadRequest is Reload for the admin server.
func (a *App) reloadRequest(context.Context) error {
	ps, err := a.Reload()
	if err != nil && len(ps) > 0 {
		return errors.New(err.Error() + "\n" + ps.String())
	}
	return err
}

// loaded tells the metrics.
func (a *App) loaded(g *generation) {
	rs := g.pipeline.Rules
	a.metrics.Loaded(a.o.Now(), rs.Digest, map[string]int{"packs": len(rs.Packs), "types": len(rs.Types), "labels": len(rs.Catalogue.Labels()),
		"policies": len(rs.Policies.Bound()), "label_rules": len(rs.Policies.LabelRules())})
}

func (a *App) logProblems(ps strictyaml.Problems) {
	for _, p := range ps {
		log := a.log.Error
		if p.Severity == strictyaml.Warning {
			log = a.log.Warn
		}
		log("configuration or rules", zap.String("file", p.File), zap.Int("line", p.Line), zap.Int("column", p.Col),
			zap.String("problem", p.Message), zap.String("fix", p.Fix))
	}
}
