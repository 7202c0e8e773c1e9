package assemble

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"slices"
	"syscall"
	"time"

	"labelmilter/internal/config"
	"labelmilter/internal/detect"
	"labelmilter/internal/edm"
	"labelmilter/internal/rulepack"
	"labelmilter/internal/strictyaml"
)

// Store is the state of one store of exact data match.
type Store struct {
	Table    string
	File     string
	MaxAge   time.Duration
	Open     *edm.Table // nil if it is unavailable
	Err      error      // why
	Verified bool       // the whole file was checked

	key     string
	seen    fileID
	keySeen fileID
	def     edm.Schema
}

// fileID tells one file from the next under a name.
type fileID struct {
	dev, ino uint64
	size     int64
	mtime    time.Time
	ctime    int64
}

func identify(path string) fileID {
	info, err := os.Stat(path)
	if err != nil {
		return fileID{}
	}
	id := fileID{size: info.Size(), mtime: info.ModTime()}
	if st, ok := info.Sys().(*syscall.Stat_t); ok {
		id.dev, id.ino, id.ctime = uint64(st.Dev), st.Ino, st.Ctim.Nano()
	}
	return id
}

// Stores opens the stores that a configuration names for the tables of a rule
// set. A store that cannot be opened is a warning: its table is unavailable,
// which policy can act on. Of stores in old (of an earlier load) those whose
// files are unchanged are taken over.
func Stores(c *config.Config, rs *rulepack.Ruleset, old []Store) ([]Store, strictyaml.Problems) {
	var out []Store
	var ps strictyaml.Problems
	problem := func(sev strictyaml.Severity, pos strictyaml.Pos, fix, format string, args ...any) {
		ps = append(ps, strictyaml.Problem{Pos: pos, Severity: sev, Message: fmt.Sprintf(format, args...), Fix: fix})
	}
	have := map[string]bool{}
	var known []string
	for _, t := range rs.Tables {
		known = append(known, t.ID)
	}
	for _, s := range c.EDM.Stores {
		def, ok := rs.Table(s.Table)
		if !ok {
			fix := "no loaded pack has tables"
			if n, near := strictyaml.Nearest(s.Table, known); near {
				fix = fmt.Sprintf("did you mean %q?", n)
			} else if len(known) > 0 {
				fix = fmt.Sprintf("known: %v", known)
			}
			problem(strictyaml.Error, s.Pos, fix, "edm.stores: no table %q is defined", s.Table)
			continue
		}
		have[s.Table] = true
		x := Store{Table: s.Table, File: s.File, MaxAge: s.MaxAge, key: s.Key, def: def}
		if i := slices.IndexFunc(old, func(o Store) bool { return o.Table == x.Table }); i >= 0 {
			x.take(old[i])
		}
		if x.Open == nil {
			x.reopen()
		}
		if x.Err != nil {
			problem(strictyaml.Warning, s.Pos, "", "table %q is unavailable: %v", s.Table, x.Err)
		}
		out = append(out, x)
	}
	for _, t := range rs.Tables {
		if !have[t.ID] {
			problem(strictyaml.Warning, strictyaml.Pos{}, "name it in edm.stores", "table %q has no store: it is unavailable", t.ID)
		}
	}
	return out, ps
}

// take takes over an open store if it is the same file, read by the same key
// for the same definition.
func (s *Store) take(o Store) {
	if o.Open == nil || o.File != s.File || o.key != s.key || o.seen != identify(s.File) {
		return
	}
	if t, err := o.Open.Bind(&s.def); err == nil {
		s.Open, s.seen, s.keySeen, s.Verified = t, o.seen, o.keySeen, o.Verified
		if slices.Equal(o.def.Columns, s.def.Columns) {
			s.Open = o.Open // keeps what searches have prepared
		}
	}
}

func (s *Store) reopen() {
	s.Open, s.Err, s.Verified = nil, nil, false
	s.seen, s.keySeen = identify(s.File), identify(s.key)
	k, err := edm.ReadKey(s.key)
	if err != nil {
		s.Err = fmt.Errorf("%w: key: %w", edm.ErrUnavailable, err)
		return
	}
	st, err := edm.Open(s.File, k)
	if err != nil {
		s.Err = err
		return
	}
	s.Open, s.Err = st.Bind(&s.def)
}

// Changed reports whether the file under the store's name is another one or
// was changed, or was not verified yet; for a store that is unavailable also
// whether its key changed.
func (s *Store) Changed() bool {
	return !s.Verified || identify(s.File) != s.seen || s.Open == nil && identify(s.key) != s.keySeen
}

// Refresh opens and verifies the file that now stands under the store's name.
// If that fails and the file is another one, the store in use stays in use and
// the error says what is wrong with the new file; if it is the file in use that
// is damaged or was changed in place, the store becomes unavailable.
func (s Store) Refresh(ctx context.Context) (Store, error) {
	next := s
	now := identify(s.File)
	if now != s.seen || s.Open == nil {
		next.reopen()
	}
	err := next.Err
	if err == nil {
		err = edm.Verify(ctx, s.File, nil)
	}
	switch {
	case errors.Is(err, context.Canceled):
		return s, err
	case err == nil:
		next.Verified = true
		return next, nil
	case s.Open == nil || now.ino == s.seen.ino && now.dev == s.seen.dev:
		next.Open, next.Err, next.Verified = nil, fmt.Errorf("%w: %w", edm.ErrUnavailable, err), true
		return next, next.Err
	}
	s.seen, s.Verified = next.seen, true // tell it once
	return s, err
}

// Tables gives the open stores as detection takes them.
func Tables(ss []Store) detect.Stores {
	out := detect.Stores{}
	for _, s := range ss {
		if s.Open != nil {
			out[s.Table] = s.Open
		}
	}
	return out
}

// StoresOf opens stores named on the command line, with one key for all.
func StoresOf(files map[string]string, key string, rs *rulepack.Ruleset) (detect.Stores, strictyaml.Problems) {
	c := &config.Config{}
	for _, t := range slices.Sorted(maps.Keys(files)) {
		c.EDM.Stores = append(c.EDM.Stores, config.EDMStore{Table: t, File: files[t], Key: key})
	}
	ss, ps := Stores(c, rs, nil)
	return Tables(ss), ps
}

// TypesOnly loads the packs that define some types, and what those require,
// and no others: finding the values of a table needs no more. Without all of
// the types it is Rules.
func TypesOnly(o Options, ids []string) (*rulepack.Ruleset, strictyaml.Problems) {
	sources, ps := Sources(o)
	var need []rulepack.Source
	for _, id := range ids {
		i := slices.IndexFunc(sources, func(s rulepack.Source) bool {
			found, _ := rulepack.Definitions([]rulepack.Source{s}, id)
			return slices.ContainsFunc(found, func(d rulepack.Definition) bool { return d.Kind == "sits" })
		})
		if i < 0 || ps.HasErrors() {
			return Rules(o)
		}
		if !slices.ContainsFunc(need, func(s rulepack.Source) bool { return s.Name == sources[i].Name }) {
			need = append(need, sources[i])
		}
	}
	all, err := Embedded()
	if err != nil {
		return Rules(o)
	}
	rs, ps := rulepack.Load(rulepack.Options{Sources: withRequired(need, slices.Concat(sources, all)), Catalogue: o.Catalogue})
	if rs == nil {
		return Rules(o)
	}
	return rs, ps
}
