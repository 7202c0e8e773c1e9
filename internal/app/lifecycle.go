package app

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"go.uber.org/zap"

	"labelmilter/internal/admin"
	"labelmilter/internal/config"
	"labelmilter/internal/enforce"
	"labelmilter/internal/filter"
	"labelmilter/internal/message"
	"labelmilter/internal/milter"
	"labelmilter/internal/store"
)

// cleanup ends one thing that was started.
type cleanup struct {
	name string
	do   func(ctx context.Context) error
}

// pruneEvery is how often old records are deleted.
const pruneEvery = time.Hour

// Start opens everything; when it returns without error mail is taken. ctx
// bounds opening, not the daemon's life: that is until Stop. What was opened
// before an error is closed again.
func (a *App) Start(ctx context.Context) (err error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.started {
		return ErrStarted
	}
	a.started = true
	start := time.Now()
	defer func() {
		if err != nil {
			err = errors.Join(err, a.cleanUp(context.WithoutCancel(ctx)))
		}
	}()
	c := a.first
	if err := a.openStore(ctx, c); err != nil {
		return err
	}
	sockets, known := listeners(c)
	if err := a.startReaders(ctx); err != nil {
		return err
	}
	a.filter = filter.New(filter.Options{
		Current:  func() *filter.Settings { return a.current.Load().settings },
		Enforcer: enforce.New(a.store), Now: a.o.Now, Logger: a.log, Concurrency: concurrency(c),
		Listeners: known, Observe: a.observe,
	})
	t := c.Milter.Timeouts
	a.server, err = milter.New(milter.Options{
		Listeners: sockets, Handler: a.filter, MaxConns: c.Milter.MaxConnections, Logger: a.log, OnPanic: a.filter.OnPanic,
		// The filter answers at end of message only. What the server itself
		// has to say before, as that recipients are too many, waits for it too.
		NoReply: milter.NoReply{Connect: true, Helo: true, Mail: true, Rcpt: true, Header: true, EndOfHeaders: true, Body: true},
		Hooks:   milter.Hooks{Fault: a.metrics.Fault, Panic: a.metrics.Panic},
		Timeouts: milter.Timeouts{Idle: t.Idle, Frame: t.Frame, Write: t.Write, ProgressFirst: t.ProgressFirst, ProgressEvery: t.ProgressEvery,
			Message: t.Message, Grace: t.Grace, Quit: t.Quit},
	})
	if err != nil {
		return err
	}
	if !c.Admin.Off() {
		a.admin = admin.New(admin.Options{Listen: c.Admin.Listen, Gatherer: a.reg, Ready: a.Ready, Reload: a.reloadRequest, Logger: a.log})
		if err := a.admin.Start(ctx); err != nil {
			return err
		}
		a.onStop("admin", a.admin.Stop)
	}
	wctx, stopWatch := context.WithCancel(context.WithoutCancel(ctx))
	watched := make(chan struct{})
	go func() {
		defer close(watched)
		a.watchStores(wctx)
	}()
	a.onStop("edm", func(context.Context) error { stopWatch(); <-watched; return nil })
	a.onStop("directory", func(context.Context) error {
		if p := a.current.Load().people; p != nil {
			p.Close()
		}
		return nil
	})
	a.onStop("judgements", a.filter.Wait)
	if a.serving, err = a.server.Start(context.WithoutCancel(ctx)); err != nil {
		return err
	}
	a.onStop("milter", a.server.Shutdown)
	a.bound.Store(true)
	a.logStart(c, time.Since(start))
	return nil
}

// startReaders starts a first worker, so that what keeps workers from running is
// known now and not with the first attachment.
func (a *App) startReaders(ctx context.Context) error {
	if a.apart == nil {
		return nil
	}
	a.onStop("workers", func(context.Context) error { a.apart.Close(); return nil })
	s, err := a.apart.Start(ctx)
	if err != nil {
		return fmt.Errorf("extraction workers: %w (extract: {isolation: none} reads attachments in the daemon)", err)
	}
	log := a.log.Info
	if !s.Limits || !s.Seccomp {
		log = a.log.Warn
	}
	log("extraction workers", zap.Bool("limits", s.Limits), zap.Bool("seccomp", s.Seccomp), zap.Bool("landlock", s.Landlock), zap.String("missing", s.Missing))
	return nil
}

// storeError counts a failure of the store. Who waits for a write is told of it
// and logs it; nobody waits for what cannot be read any more.
func (a *App) storeError(err error) {
	a.metrics.StoreError()
	if errors.Is(err, store.ErrDamaged) {
		a.log.Error("part of the decision records is damaged: what was there is lost, all else goes on", zap.Error(err))
	}
}

// openStore opens the database, makes the spool folder and begins to delete
// old records.
func (a *App) openStore(ctx context.Context, c *config.Config) error {
	s, err := store.Open(ctx, store.Options{Dir: c.StateDir, Now: a.o.Now, Busy: a.o.busy, OnError: a.storeError})
	if err != nil {
		return err
	}
	a.store = s
	a.onStop("store", func(context.Context) error { return s.Close() })
	spool := spoolDir(c.StateDir)
	if err := os.MkdirAll(spool, 0o700); err != nil {
		return fmt.Errorf("spool: %w", err)
	}
	// Spool files have no name once they are open; one that has was left by a
	// crash in between.
	left, err := os.ReadDir(spool)
	if err != nil {
		return fmt.Errorf("spool: %w", err)
	}
	for _, f := range left {
		if strings.HasPrefix(f.Name(), "labelmilter-") {
			if err := os.Remove(filepath.Join(spool, f.Name())); err != nil {
				return fmt.Errorf("spool: %w", err)
			}
		}
	}
	pctx, cancel := context.WithCancel(context.WithoutCancel(ctx))
	done := make(chan struct{})
	go func() {
		defer close(done)
		a.prune(pctx)
	}()
	a.startNotices(ctx)
	a.onStop("prune", func(context.Context) error { cancel(); <-done; return nil })
	return nil
}

// prune deletes old records now and then every hour, until ctx ends.
func (a *App) prune(ctx context.Context) {
	tick := time.NewTicker(pruneEvery)
	defer tick.Stop()
	for {
		keep := a.current.Load().config.Retention
		n, err := a.store.Prune(ctx, a.o.Now().Add(-keep.Records))
		if err == nil {
			_, err = a.store.PruneThreads(ctx, a.o.Now().Add(-keep.Threads))
		}
		if err == nil {
			_, err = a.store.PruneHistory(ctx, a.o.Now().Add(-keep.History))
		}
		if err == nil {
			_, err = a.store.PruneIncidents(ctx, a.o.Now().Add(-keep.Incidents))
		}
		if err == nil {
			_, err = a.store.PruneOverrides(ctx, a.o.Now().Add(-keep.Overrides), a.o.Now().Add(-keep.Records))
		}
		if err == nil {
			_, err = a.store.PruneNotices(ctx, a.o.Now().Add(-keep.Records))
		}
		switch {
		case ctx.Err() != nil:
			return
		case err != nil:
			a.log.Error("old records cannot be deleted", zap.Error(err))
		case n > 0:
			a.log.Info("old records deleted", zap.Int("records", n))
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return
		}
	}
}

// listeners gives the sockets and what they say about their mail.
func listeners(c *config.Config) ([]milter.Listener, map[string]filter.Listener) {
	var out []milter.Listener
	known := map[string]filter.Listener{}
	for _, l := range c.Milter.Listen {
		name := l.Name
		if name == "" {
			name = l.Addr
		}
		out = append(out, milter.Listener{Network: l.Network, Address: l.Address, Name: name, Mode: l.FileMode, Group: l.Group})
		known[name] = filter.Listener{Direction: message.Direction(l.Direction), Local: l.Local}
	}
	return out, known
}

// onStop registers what ends a thing; the last registered goes first.
func (a *App) onStop(name string, do func(context.Context) error) {
	a.cleanups = append(a.cleanups, cleanup{name, do})
}

// Stop closes the milter listeners, lets messages in hand finish until ctx
// ends, then closes admin server and store. It goes through to the end
// whatever fails, and gives all errors. It is idempotent.
func (a *App) Stop(ctx context.Context) error {
	a.draining.Store(true)
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.cleanUp(ctx)
}

func (a *App) cleanUp(ctx context.Context) error {
	var errs []error
	for i := len(a.cleanups) - 1; i >= 0; i-- {
		c := a.cleanups[i]
		if err := c.do(ctx); err != nil {
			errs = append(errs, fmt.Errorf("stopping %s: %w", c.name, err))
		}
	}
	if len(a.cleanups) > 0 {
		a.log.Info("stopped", zap.Errors("errors", errs))
	}
	a.cleanups = nil
	return errors.Join(errs...)
}

func (a *App) logStart(c *config.Config, took time.Duration) {
	var addrs []string
	for _, x := range a.server.Addrs() {
		addrs = append(addrs, x.Network()+":"+x.String())
	}
	g := a.current.Load()
	fields := []zap.Field{zap.Strings("listen", addrs), zap.String("state_dir", c.StateDir), zap.String("ruleset", g.settings.Digest),
		zap.Int("packs", len(g.pipeline.Rules.Packs)), zap.Bool("simulate", g.settings.Simulate), zap.Duration("took", took)}
	if a.admin != nil {
		fields = append(fields, zap.String("admin", a.admin.Addr().String()))
	}
	a.log.Info("started", fields...)
	a.log.Debug("configuration in force", zap.ByteString("config", c.Effective()))
}
