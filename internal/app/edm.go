package app

import (
	"context"
	"errors"
	"time"

	"go.uber.org/zap"

	"labelmilter/internal/admin"
	"labelmilter/internal/assemble"
)

// watchStores takes new files of exact data match into service until ctx
// ends: a build puts them in place with a rename.
func (a *App) watchStores(ctx context.Context) {
	for {
		g := a.current.Load()
		if len(g.stores) > 0 {
			a.refreshStores(ctx)
		}
		select {
		case <-time.After(g.config.EDM.Refresh):
		case <-ctx.Done():
			return
		}
	}
}

// refreshStores looks at every store once. What takes long, verifying, is done
// aside; then one pointer is swapped. Messages in hand keep what they began
// with, and a file is unmapped when the last of them is done.
func (a *App) refreshStores(ctx context.Context) {
	g := a.current.Load()
	fresh := map[int]assemble.Store{}
	for i := range g.stores {
		s := g.stores[i]
		if !s.Changed() {
			continue
		}
		start := time.Now()
		next, err := s.Refresh(ctx)
		if errors.Is(err, context.Canceled) {
			return
		}
		fields := []zap.Field{zap.String("table", s.Table), zap.String("file", s.File), zap.Duration("took", time.Since(start))}
		if next.Open != nil {
			fields = append(fields, zap.String("digest", next.Open.Digest()), zap.Int64("rows", next.Open.Rows()), zap.Time("built", next.Open.Built()))
		}
		switch {
		case err != nil && next.Open != nil:
			a.log.Error("the new store cannot be used, the old one stays in service", append(fields, zap.Error(err))...)
			a.metrics.StoreRefused()
		case err != nil:
			a.log.Error("store unavailable", append(fields, zap.Error(err))...)
			a.metrics.StoreRefused()
		case next.Open != s.Open:
			a.log.Info("store in service", fields...)
		default:
			a.log.Debug("store verified", fields...)
		}
		fresh[i] = next
	}
	if len(fresh) > 0 {
		a.swapStores(g, fresh)
	}
}

// swapStores puts stores into service, unless a reload came in between: then
// the next look finds what changed.
func (a *App) swapStores(old *generation, fresh map[int]assemble.Store) {
	a.reloading.Lock()
	defer a.reloading.Unlock()
	if a.current.Load() != old {
		return
	}
	g := *old
	g.stores = append([]assemble.Store{}, old.stores...)
	for i, s := range fresh {
		g.stores[i] = s
	}
	p := *old.pipeline
	p.Stores = assemble.Tables(g.stores)
	g.pipeline = &p
	g.settings = a.settingsOf(&g)
	a.current.Store(&g)
}

// storeStates is what the metrics say of the stores.
func (a *App) storeStates() []admin.Store {
	var out []admin.Store
	for _, s := range a.current.Load().stores {
		x := admin.Store{Table: s.Table, MaxAge: s.MaxAge}
		if s.Open != nil {
			x.Available, x.Digest, x.Rows, x.Built = true, s.Open.Digest(), s.Open.Rows(), s.Open.Built()
		}
		out = append(out, x)
	}
	return out
}
