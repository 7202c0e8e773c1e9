package rulepack

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"io/fs"
	"maps"
	"path"
	"runtime"
	"slices"
	"strings"
	"sync"
	"sync/atomic"

	"labelmilter/internal/strictyaml"
)

// Source is one pack folder.
type Source struct {
	FS       fs.FS
	Dir      string // folder within FS that holds pack.yaml
	Name     string // how the folder is shown in problems; Dir if empty
	Embedded bool
}

// maxFile and maxFiles bound what is read of a pack.
const (
	maxFile  = 8 << 20
	maxFiles = 2000
)

// Find gives the pack folders at and below dir, in bytewise order.
func Find(fsys fs.FS, dir, name string, embedded bool) ([]Source, error) {
	var out []Source
	err := fs.WalkDir(fsys, dir, func(p string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if !d.IsDir() && d.Name() == "pack.yaml" {
			folder := path.Dir(p)
			shown := folder
			if name != "" {
				rel := strings.TrimPrefix(strings.TrimPrefix(folder, dir), "/")
				shown = path.Join(name, rel)
			}
			out = append(out, Source{FS: fsys, Dir: folder, Name: shown, Embedded: embedded})
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("looking for packs: %w", err)
	}
	slices.SortFunc(out, func(a, b Source) int { return strings.Compare(a.Dir, b.Dir) })
	return out, nil
}

// ID reads the id of a pack without checking the rest.
func (s Source) ID() string {
	data, err := fs.ReadFile(s.FS, path.Join(s.Dir, "pack.yaml"))
	if err != nil {
		return ""
	}
	if n, _ := strictyaml.Parse("pack.yaml", data); n != nil {
		if id := n.Get("id"); id != nil {
			return id.Text()
		}
	}
	return ""
}

// Requires reads the ids of the packs that a pack needs.
func (s Source) Requires() []string {
	data, err := fs.ReadFile(s.FS, path.Join(s.Dir, "pack.yaml"))
	if err != nil {
		return nil
	}
	n, _ := strictyaml.Parse("pack.yaml", data)
	if n == nil || n.Get("requires") == nil {
		return nil
	}
	var out []string
	strictyaml.NewDecoder().Decode(n.Get("requires"), &out)
	return out
}

// Files gives the names of the pack's rule files and test files.
func (s Source) Files() ([]string, error) {
	var out []string
	err := fs.WalkDir(s.FS, s.Dir, func(f string, e fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case e.IsDir() && f != s.Dir:
			if _, err := fs.Stat(s.FS, path.Join(f, "pack.yaml")); err == nil || e.Name() == "testdata" {
				return fs.SkipDir // a pack of its own, or no rules
			}
		case !e.IsDir() && (path.Ext(f) == ".yaml" || path.Ext(f) == ".yml"):
			out = append(out, strings.TrimPrefix(strings.TrimPrefix(f, s.Dir), "/"))
		}
		if len(out) > maxFiles {
			return fmt.Errorf("more than %d files", maxFiles)
		}
		return nil
	})
	slices.Sort(out)
	return out, err
}

// Shown is how a file of the pack is named in problems.
func (s Source) Shown(file string) string { return s.shown(file) }

// pack is one pack as read.
type pack struct {
	Source
	packMeta
	order int
	files []packFile
	sum   string
}

type packFile struct {
	name string
	fileY
}

// shown is how a file of the pack is named in problems.
func (s Source) shown(file string) string {
	n := s.Name
	if n == "" {
		n = s.Dir
	}
	return path.Join(n, file)
}

// isTest reports whether a file holds tests and not rules.
func isTest(name string) bool { return strings.HasSuffix(name, "_test.yaml") }

// parsed is one file of a pack, read and parsed but not decoded.
type parsed struct {
	pack     *pack
	name     string
	data     []byte
	node     *strictyaml.Node
	problems strictyaml.Problems
	err      error
}

// readPacks reads all files of all packs, each in bytewise order. Files are
// parsed on all cores, which is most of the time that loading takes, and
// decoded in order.
func readPacks(sources []Source, d *strictyaml.Decoder) (packs []*pack) {
	var files []*parsed
	fail := func(s Source, file string, err error) {
		d.Problem(nil, "", "%s: %s", s.shown(file), plain(err))
	}
	for i, s := range sources {
		p := &pack{Source: s, order: i}
		packs = append(packs, p)
		names, err := s.Files()
		if err != nil {
			fail(s, "", err)
			continue
		}
		for _, name := range slices.DeleteFunc(names, isTest) {
			files = append(files, &parsed{pack: p, name: name})
		}
	}
	var next atomic.Int64
	var wg sync.WaitGroup
	for range min(len(files), runtime.GOMAXPROCS(0)) {
		wg.Go(func() {
			for k := next.Add(1) - 1; k < int64(len(files)); k = next.Add(1) - 1 {
				f := files[k]
				if f.data, f.err = readLimited(f.pack.FS, path.Join(f.pack.Dir, f.name)); f.err == nil {
					f.node, f.problems = strictyaml.Parse(f.pack.shown(f.name), f.data)
				}
			}
		})
	}
	wg.Wait()
	sums := map[*pack]hash.Hash{}
	for _, p := range packs {
		sums[p] = sha256.New()
	}
	for k, f := range files {
		files[k] = nil // the tree is not needed any longer than to decode it
		p, h := f.pack, sums[f.pack]
		if f.err != nil {
			fail(p.Source, f.name, f.err)
			continue
		}
		fmt.Fprintf(h, "%s %d\n", f.name, len(f.data))
		h.Write(f.data)
		for _, q := range f.problems {
			d.Add(q)
		}
		if f.name == "pack.yaml" {
			if f.node != nil {
				d.Decode(f.node, &p.packMeta)
			}
			continue
		}
		out := packFile{name: f.name}
		if f.node != nil {
			d.Decode(f.node, &out.fileY)
		}
		p.files = append(p.files, out)
	}
	for _, p := range packs {
		if p.Catalogue == "" {
			p.Catalogue = p.packMeta.ID
		}
		p.sum = hex.EncodeToString(sums[p].Sum(nil))
	}
	return packs
}

func readLimited(fsys fs.FS, name string) ([]byte, error) {
	info, err := fs.Stat(fsys, name)
	if err != nil {
		return nil, err
	}
	if info.Size() > maxFile {
		return nil, fmt.Errorf("the file has %d bytes, the limit is %d", info.Size(), maxFile)
	}
	return fs.ReadFile(fsys, name)
}

// plain is the cause of a path error without the path, which the problem
// names already.
func plain(err error) string {
	var pe *fs.PathError
	if errors.As(err, &pe) {
		return pe.Err.Error()
	}
	return err.Error()
}

func sortedKeys[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }
