package journal

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

const thing, other byte = 1, 2

var start = time.Date(2026, 11, 1, 8, 0, 0, 0, time.UTC)

func open(t testing.TB, o Options) *Log {
	t.Helper()
	if o.Dir == "" {
		o.Dir = t.TempDir()
	}
	l, err := Open(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	return l
}

func entry(kind byte, id int64, data string) Entry {
	return Entry{Kind: kind, ID: id, At: start.Add(time.Duration(id) * time.Second).UnixMicro(), Keys: [2]uint64{uint64(id), 0},
		Append: func(b []byte) []byte { return append(b, data...) }}
}

func write(t testing.TB, l *Log, entries ...Entry) {
	t.Helper()
	if err := l.Write(context.Background(), entries...); err != nil {
		t.Fatal(err)
	}
}

func text(id int64) string { return fmt.Sprintf("data of %d", id) }

// contents gives the data of all entries of a kind, by id.
func contents(t testing.TB, dir string, kind byte) map[int64]string {
	t.Helper()
	v, err := Look(dir)
	if err != nil {
		t.Fatal(err)
	}
	out := map[int64]string{}
	if err := v.Oldest(kind, func(f Found) error {
		data, err := v.Data(f)
		if _, twice := out[f.ID]; twice {
			t.Errorf("entry %d is there twice", f.ID)
		}
		out[f.ID] = string(data)
		return err
	}); err != nil {
		t.Fatal(err)
	}
	return out
}

// wantAll reports entries 1 to n of which one is missing or wrong.
func wantAll(t testing.TB, dir string, n int64) {
	t.Helper()
	got := contents(t, dir, thing)
	for id := int64(1); id <= n; id++ {
		if got[id] != text(id) {
			t.Errorf("entry %d is %q", id, got[id])
		}
	}
	if int64(len(got)) != n {
		t.Errorf("%d entries, want %d", len(got), n)
	}
}

func segments(t testing.TB, dir string) int {
	t.Helper()
	nums, err := numbers(dir)
	if err != nil {
		t.Fatal(err)
	}
	return len(nums)
}

// What was written is found: while it is written, after it is closed, by key
// and by what came behind it, over several segments.
func TestWriteLook(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	l := open(t, Options{Dir: dir, MaxBytes: 1000})
	if v, err := Look(filepath.Join(dir, "none")); err != nil || len(v.nums) != 0 {
		t.Errorf("no folder: %v", err)
	}
	var places []Place
	for id := int64(1); id <= 50; id++ {
		e := entry(thing, id, text(id))
		e.Then = func(p Place) { places = append(places, p) }
		write(t, l, e)
		if id > 1 {
			write(t, l, entry(other, id-1, "after"))
		}
	}
	check := func() {
		t.Helper()
		wantAll(t, dir, 50)
		v, err := Look(dir)
		if err != nil {
			t.Fatal(err)
		}
		var ids []int64
		if err := v.ByKey(thing, []uint64{7, 0, 30}, func(f Found) (bool, error) {
			ids = append(ids, f.ID)
			a, ok, err := v.After(f, other)
			if err != nil || !ok || a.ID != f.ID {
				t.Errorf("behind %d: %v, %v, %v", f.ID, a.ID, ok, err)
			}
			return true, nil
		}); err != nil || fmt.Sprint(ids) != "[30 7]" {
			t.Errorf("by key: %v, %v", ids, err)
		}
		ids = nil
		if err := v.Newest(thing, func(f Found) (bool, error) {
			ids = append(ids, f.ID)
			_, ok, err := v.After(f, other)
			if ok != (f.ID < 50) || err != nil {
				t.Errorf("behind %d: %v, %v", f.ID, ok, err)
			}
			return len(ids) < 3, nil
		}); err != nil || fmt.Sprint(ids) != "[50 49 48]" {
			t.Errorf("newest: %v, %v", ids, err)
		}
		if id, err := v.LastID(); id != 50 || err != nil {
			t.Errorf("last %d, %v", id, err)
		}
		if n, err := v.Count(thing); n != 50 || err != nil {
			t.Errorf("count %d, %v", n, err)
		}
		for i, p := range places {
			if i > 0 && !places[i-1].Less(p) {
				t.Errorf("place %v of %d is not behind %v", p, i+1, places[i-1])
			}
			v, err := LookFrom(dir, p)
			if err != nil {
				t.Fatal(err)
			}
			if n, err := v.Count(thing); n != 50-i-1 || err != nil {
				t.Errorf("behind place %d are %d, %v", i+1, n, err)
			}
		}
	}
	if segments(t, dir) < 4 {
		t.Errorf("%d segments", segments(t, dir))
	}
	check()
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	if err := l.Close(); err != nil {
		t.Errorf("second Close: %v", err)
	}
	check()
	if err := l.Write(context.Background(), entry(thing, 51, "")); !errors.Is(err, ErrClosed) {
		t.Errorf("closed: %v", err)
	}
	if err := l.Note(entry(thing, 51, "")); !errors.Is(err, ErrClosed) {
		t.Errorf("closed: %v", err)
	}
	l = open(t, Options{Dir: dir})
	write(t, l, entry(thing, 51, text(51)))
	wantAll(t, dir, 51)
}

// Many writers share syncs, and each finds its entry when Write returns.
func TestTogether(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	var syncs int // by the one goroutine that writes
	l := open(t, Options{Dir: dir, MaxBytes: 20_000, open: func(path string) (file, error) {
		f, err := create(path)
		return &faulty{file: f, onSync: func() error { syncs++; time.Sleep(time.Millisecond); return nil }}, err
	}})
	const writers, each = 16, 25
	var wg sync.WaitGroup
	for w := range int64(writers) {
		wg.Go(func() {
			for i := range int64(each) {
				id := w*each + i + 1
				if err := l.Write(context.Background(), entry(thing, id, text(id))); err != nil {
					t.Error(err)
				}
				v, err := Look(dir)
				n := 0
				if err == nil {
					err = v.ByKey(thing, []uint64{uint64(id)}, func(Found) (bool, error) { n++; return true, nil })
				}
				if n != 1 || err != nil {
					t.Errorf("entry %d is seen %d times, %v", id, n, err)
				}
			}
		})
	}
	wg.Wait()
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	wantAll(t, dir, writers*each)
	if syncs > writers*each/2 {
		t.Errorf("%d syncs of %d entries", syncs, writers*each)
	}
}

// faulty is a file that fails as told.
type faulty struct {
	file
	onWrite, onSync func() error
}

func (f *faulty) WriteAt(p []byte, off int64) (int, error) {
	if f.onWrite != nil {
		if err := f.onWrite(); err != nil {
			n, _ := f.file.WriteAt(p[:len(p)/2], off)
			return n, err
		}
	}
	return f.file.WriteAt(p, off)
}

func (f *faulty) sync() error {
	if f.onSync != nil {
		if err := f.onSync(); err != nil {
			return err
		}
	}
	return f.file.sync()
}

// A write or sync that fails is an error of the entries it was for, and of no
// others; they are not found.
func TestFileFails(t *testing.T) {
	t.Parallel()
	for _, failing := range []string{"open", "write", "sync"} {
		t.Run(failing, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			var fault error
			var told []error
			as := func(what string) func() error {
				return func() error {
					if failing == what {
						return fault
					}
					return nil
				}
			}
			l := open(t, Options{Dir: dir, OnError: func(err error) { told = append(told, err) }, open: func(path string) (file, error) {
				if err := as("open")(); err != nil {
					return nil, err
				}
				f, err := create(path)
				return &faulty{file: f, onWrite: as("write"), onSync: as("sync")}, err
			}})
			if failing != "open" {
				write(t, l, entry(thing, 1, text(1)))
			}
			fault = syscall.ENOSPC
			for range 3 {
				called := false
				e := entry(thing, 99, "lost")
				e.Then = func(Place) { called = true }
				if err := l.Write(context.Background(), e); !errors.Is(err, syscall.ENOSPC) || called {
					t.Errorf("got %v, called %v", err, called)
				}
			}
			if err := l.Note(entry(thing, 98, "lost")); err != nil {
				t.Error(err)
			}
			if err := l.Write(context.Background(), entry(thing, 99, "lost")); !errors.Is(err, syscall.ENOSPC) || len(told) != 1 {
				t.Errorf("got %v, told of %v", err, told)
			}
			fault = nil
			if failing == "open" {
				write(t, l, entry(thing, 1, text(1)))
			}
			write(t, l, entry(thing, 2, text(2)))
			wantAll(t, dir, 2)
			if err := l.Close(); err != nil {
				t.Fatal(err)
			}
			wantAll(t, dir, 2)
			open(t, Options{Dir: dir})
			wantAll(t, dir, 2)
		})
	}
}

// A disk that hangs keeps nobody longer than it wants to wait.
func TestHangs(t *testing.T) {
	t.Parallel()
	hold := make(chan struct{})
	l := open(t, Options{open: func(path string) (file, error) {
		f, err := create(path)
		return &faulty{file: f, onSync: func() error { <-hold; return nil }}, err
	}})
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Millisecond)
	defer cancel()
	if err := l.Write(ctx, entry(thing, 1, text(1))); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("got %v", err)
	}
	close(hold)
	write(t, l, entry(thing, 2, text(2)))
	wantAll(t, l.o.Dir, 2)
}

// What nobody waits for is written soon, or when the journal is closed.
func TestNote(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	l := open(t, Options{Dir: dir})
	for id := int64(1); id <= 2; id++ {
		if err := l.Note(entry(thing, id, text(id))); err != nil {
			t.Fatal(err)
		}
		for n := 0; len(contents(t, dir, thing)) < int(id); n++ {
			if n > 500 {
				t.Fatal("not written")
			}
			time.Sleep(20 * time.Millisecond)
		}
	}
	if err := l.Note(entry(thing, 3, text(3))); err != nil {
		t.Fatal(err)
	}
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	wantAll(t, dir, 3)
}

// Only one process writes.
func TestLock(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	l := open(t, Options{Dir: dir})
	if _, err := Open(Options{Dir: dir}); !errors.Is(err, ErrInUse) {
		t.Errorf("got %v, want ErrInUse", err)
	}
	time.AfterFunc(50*time.Millisecond, func() { _ = l.Close() })
	open(t, Options{Dir: dir, Wait: 10 * time.Second})
}

// Old segments go, also the one written to; nothing younger goes.
func TestPrune(t *testing.T) {
	t.Parallel()
	var mu sync.Mutex
	now := start
	l := open(t, Options{MaxAge: time.Minute, Now: func() time.Time { mu.Lock(); defer mu.Unlock(); return now }})
	dir := l.o.Dir
	at := func(id int64) Entry {
		e := entry(thing, id, text(id))
		e.At = now.UnixMicro()
		return e
	}
	for id := int64(1); id <= 6; id++ {
		write(t, l, at(id), entry(other, id, "x"))
		mu.Lock()
		now = now.Add(30 * time.Second)
		mu.Unlock()
	}
	if n := segments(t, dir); n != 3 {
		t.Fatalf("%d segments, want one a minute", n)
	}
	for _, tt := range []struct {
		before time.Time
		want   int
	}{{start.Add(30 * time.Second), 0}, {start.Add(time.Minute), 2}, {start.Add(time.Minute), 0}, {start.Add(time.Hour), 4}} {
		if n, err := l.Prune(tt.before, thing); n != tt.want || err != nil {
			t.Errorf("before %v: %d, %v, want %d", tt.before, n, err, tt.want)
		}
	}
	if n := segments(t, dir); n != 0 {
		t.Errorf("%d segments are left", n)
	}
	write(t, l, at(7))
	if got := contents(t, dir, thing); len(got) != 1 {
		t.Errorf("afterwards %v", got)
	}
	files, err := os.ReadDir(dir)
	if err != nil || len(files) != 2 {
		t.Errorf("files %v, %v", files, err)
	}
}

// copied is a folder as a process that is killed leaves it.
func copied(t testing.TB, dir string) string {
	t.Helper()
	to := t.TempDir()
	if err := os.CopyFS(to, os.DirFS(dir)); err != nil {
		t.Fatal(err)
	}
	return to
}

// A process that is killed leaves all that was written, and a torn end hurts
// nothing before it, wherever it was torn.
func TestKilled(t *testing.T) {
	t.Parallel()
	l := open(t, Options{MaxBytes: 400})
	for id := int64(1); id <= 20; id++ {
		write(t, l, entry(thing, id, text(id)))
	}
	left := copied(t, l.o.Dir)
	wantAll(t, left, 20)
	m := open(t, Options{Dir: left})
	wantAll(t, left, 20)
	write(t, m, entry(thing, 21, text(21)))
	wantAll(t, left, 21)

	last := segmentPath(left, m.num) + logSuffix
	whole, err := os.ReadFile(last)
	if err != nil {
		t.Fatal(err)
	}
	end := int(m.seg.off)
	rnd := rand.New(rand.NewPCG(1, 2))
	for cut := range end {
		torn := copied(t, left)
		data := append([]byte(nil), whole...)
		clear(data[cut:])
		if cut%2 == 0 {
			data = data[:cut]
		}
		if cut%3 == 0 && cut+20 < len(data) {
			for i := cut; i < cut+20; i++ {
				data[i] = byte(rnd.Uint32())
			}
		}
		if err := os.WriteFile(filepath.Join(torn, filepath.Base(last)), data, 0o640); err != nil {
			t.Fatal(err)
		}
		m, err := Open(Options{Dir: torn})
		if err != nil {
			t.Fatalf("torn at %d: %v", cut, err)
		}
		write(t, m, entry(thing, 21, text(21)))
		if err := m.Close(); err != nil {
			t.Fatal(err)
		}
		wantAll(t, torn, 21)
	}
}

// Damage in the middle is an error of the entry that it is in, or hides it;
// others are read. An index that is damaged is done without.
func TestDamage(t *testing.T) {
	t.Parallel()
	l := open(t, Options{})
	for id := int64(1); id <= 9; id++ {
		write(t, l, entry(thing, id, text(id)))
	}
	spoil := func(dir, suffix string, at int) {
		t.Helper()
		path := segmentPath(dir, 1) + suffix
		data, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		data[at] ^= 0x55
		if err := os.WriteFile(path, data, 0o640); err != nil {
			t.Fatal(err)
		}
	}
	frame := headSize + len(text(1))
	left := copied(t, l.o.Dir)
	spoil(left, logSuffix, 4*frame+headSize)
	if got := contents(t, left, thing); len(got) != 8 || got[5] != "" || got[9] != text(9) {
		t.Errorf("without an index: %v", got)
	}
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	spoil(l.o.Dir, logSuffix, 4*frame+headSize)
	v, err := Look(l.o.Dir)
	if err != nil {
		t.Fatal(err)
	}
	if err := v.Oldest(thing, func(f Found) error {
		data, err := v.Data(f)
		if damaged := errors.Is(err, ErrDamaged); damaged != (f.ID == 5) || !damaged && string(data) != text(f.ID) {
			t.Errorf("entry %d: %q, %v", f.ID, data, err)
		}
		return nil
	}); err != nil {
		t.Error(err)
	}
	spoil(l.o.Dir, logSuffix, 4*frame+headSize)
	spoil(l.o.Dir, indexSuffix, 40)
	wantAll(t, l.o.Dir, 9)
	open(t, Options{Dir: l.o.Dir})
	wantAll(t, l.o.Dir, 9)
}

// A piece that cannot be read is told of: once by Open, and by each view that
// looks at its segment, also when the segment has an index.
func TestLost(t *testing.T) {
	t.Parallel()
	l := open(t, Options{})
	for id := int64(1); id <= 9; id++ {
		write(t, l, entry(thing, id, text(id)))
	}
	frame := headSize + len(text(1))
	for _, at := range []int{0, 5, 30, headSize + 1, 4*frame + 9, 7*frame + headSize, 9*frame - 1} {
		dir := copied(t, l.o.Dir)
		path := segmentPath(dir, 1) + logSuffix
		data, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		data[at] ^= 0x10
		if err := os.WriteFile(path, data, 0o640); err != nil {
			t.Fatal(err)
		}
		last := at >= 8*frame // as if it was not synced
		lost := func(what string, got []error) {
			t.Helper()
			if last && len(got) == 0 {
				return
			}
			want := fmt.Sprintf("0000000000000001.log, offset %d: ", at/frame*frame)
			if last || len(got) != 1 || !errors.Is(got[0], ErrDamaged) || !strings.HasPrefix(got[0].Error(), want) {
				t.Errorf("bit of octet %d, %s: got %v, want one of %s", at, what, got, want)
			}
		}
		look := func(what string) {
			t.Helper()
			v, err := Look(dir)
			if err != nil {
				t.Fatal(err)
			}
			n := 0
			for range 2 {
				n = 0
				if err := v.Newest(thing, func(f Found) (bool, error) {
					if data, err := v.Data(f); err != nil || string(data) != text(f.ID) {
						t.Errorf("entry %d: %q, %v", f.ID, data, err)
					}
					n++
					return true, nil
				}); err != nil {
					t.Error(err)
				}
			}
			if n != 8 {
				t.Errorf("bit of octet %d, %s: %d entries, want 8", at, what, n)
			}
			lost(what, v.Lost())
		}
		look("without an index")
		for i, what := range []string{"opened", "opened again"} {
			var told []error
			m, err := Open(Options{Dir: dir, OnError: func(err error) { told = append(told, err) }})
			if err != nil {
				t.Fatal(err)
			}
			if err := m.Close(); err != nil {
				t.Fatal(err)
			}
			if i == 0 {
				lost(what, told)
			} else if len(told) != 0 {
				t.Errorf("%s: told %v", what, told)
			}
			look(what)
		}
	}
}

// New segments have higher numbers than a journal had that is no longer there.
func TestAfter(t *testing.T) {
	t.Parallel()
	l := open(t, Options{After: 41})
	e := entry(thing, 1, "x")
	e.Then = func(p Place) {
		if p.Segment != 42 {
			t.Errorf("segment %d", p.Segment)
		}
	}
	write(t, l, e)
}

// BenchmarkWrite is entries made durable by so many that each wait for their
// own.
func BenchmarkWrite(b *testing.B) {
	for _, writers := range []int{1, 8, 64} {
		b.Run(fmt.Sprintf("writers=%d", writers), func(b *testing.B) {
			l := open(b, Options{})
			data := strings.Repeat("x", 2500)
			var wg sync.WaitGroup
			for w := range writers {
				wg.Go(func() {
					for i := w; i < b.N; i += writers {
						if err := l.Write(context.Background(), entry(thing, int64(i), data)); err != nil {
							b.Error(err)
						}
					}
				})
			}
			wg.Wait()
			b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "entries/s")
		})
	}
}
