package edm

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

func stringsReader(s string) io.Reader { return strings.NewReader(s) }

const benchSecret = "the secret of benchmarks, 0123456789abcdefghijklmnopqrstuvwxyz"

// start starts a build in a process of its own.
func (s childSpec) start(stdin io.Reader) (*exec.Cmd, *bytes.Buffer, error) {
	spec, err := json.Marshal(s)
	if err != nil {
		return nil, nil, err
	}
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), "LABELMILTER_EDM_CHILD="+string(spec))
	cmd.Stdin = stdin
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	return cmd, &out, cmd.Start()
}

// benchStore is one built store, kept for all benchmarks of a run.
type benchStore struct {
	once    sync.Once
	path    string
	cpu     time.Duration
	wall    time.Duration
	rss     int64 // peak, bytes
	size    int64
	failure error
}

var (
	benchStores sync.Map // rows → *benchStore
	benchDir    = sync.OnceValues(func() (string, error) { return os.MkdirTemp(os.Getenv("EDM_BENCH_DIR"), "edm-bench-") })
)

// storeOf builds the synthetic table of so many rows, streamed, in a child
// whose processor time and memory are measured.
func storeOf(b *testing.B, rows int64) *benchStore {
	b.Helper()
	v, _ := benchStores.LoadOrStore(rows, &benchStore{})
	s := v.(*benchStore)
	s.once.Do(func() { s.failure = s.build(rows) })
	if s.failure != nil {
		b.Fatal(s.failure)
	}
	return s
}

func (s *benchStore) build(rows int64) error {
	dir, err := benchDir()
	if err != nil {
		return err
	}
	var st unix.Statfs_t
	if err := unix.Statfs(dir, &st); err != nil {
		return err
	}
	need := rows * (17 + 15)
	if free := int64(st.Bavail) * st.Bsize; free < need+need/10 {
		return fmt.Errorf("%d rows need %d MB in %s (EDM_BENCH_DIR), %d MB are free", rows, need>>20, dir, free>>20)
	}
	s.path = filepath.Join(dir, strconv.FormatInt(rows, 10)+".edm")
	start := time.Now()
	cmd, out, err := childSpec{Schema: generated, Secret: benchSecret, Input: "-", Output: s.path}.start(&synthetic{rows: rows})
	if err != nil {
		return err
	}
	if err := cmd.Wait(); err != nil {
		return fmt.Errorf("%w: %s", err, out)
	}
	s.wall = time.Since(start)
	ru := cmd.ProcessState.SysUsage().(*syscall.Rusage)
	s.cpu = cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime()
	s.rss = ru.Maxrss << 10
	info, err := os.Stat(s.path)
	if err != nil {
		return err
	}
	s.size = info.Size()
	return nil
}

// benchRows are the sizes of a run: 1 M and 10 M, or those of EDM_ROWS.
func benchRows(b *testing.B) []int64 {
	list := os.Getenv("EDM_ROWS")
	if list == "" {
		list = "1000000,10000000"
	}
	var out []int64
	for _, f := range strings.Split(list, ",") {
		n, err := strconv.ParseInt(strings.TrimSpace(f), 10, 64)
		if err != nil {
			b.Fatal(err)
		}
		out = append(out, n)
	}
	return out
}

// BenchmarkBuild reports what a build costs: processor seconds per million
// rows, peak memory and bytes per row. ns/op is wall time and says nothing on
// a shared machine.
func BenchmarkBuild(b *testing.B) {
	for _, rows := range benchRows(b) {
		b.Run(fmt.Sprintf("rows=%d", rows), func(b *testing.B) {
			s := storeOf(b, rows)
			for range b.N {
			}
			b.ReportMetric(0, "ns/op")
			b.ReportMetric(s.cpu.Seconds()*1e6/float64(rows), "cpu-s/Mrow")
			b.ReportMetric(s.cpu.Seconds(), "cpu-s")
			b.ReportMetric(s.wall.Seconds(), "wall-s")
			b.ReportMetric(float64(s.rss)/(1<<20), "peak-MB")
			b.ReportMetric(float64(s.size)/float64(rows), "B/row")
		})
	}
}

// opened opens a store of the synthetic table.
func opened(b testing.TB, path string) *Store {
	k, err := ImportKey(stringsReader(benchSecret))
	if err != nil {
		b.Fatal(err)
	}
	s, err := Open(path, k)
	if err != nil {
		b.Fatal(err)
	}
	return s
}

// warmed reads the parts that look-ups touch, as a daemon has after a while.
func warmed(s *Store) {
	sum := byte(0)
	for i := 0; i < len(s.data); i += 4096 {
		sum += s.data[i]
	}
	sink += uint64(sum)
}

var sink uint64

// hashes gives search hashes of values that are in the table, or are not.
func hashes(s *Store, rows int64, hit bool, n int) []uint64 {
	h := newHasher(s.keys)
	r := rand.New(rand.NewPCG(1, 2))
	out := make([]uint64, n)
	for i := range out {
		row := r.Int64N(rows)
		if !hit {
			row += rows + 100_000_000
		}
		out[i] = h.search(0, strconv.AppendInt(nil, numberOf(row), 10))
	}
	return out
}

// BenchmarkFind looks values up whose hashes are known. best-ns is the best of
// turns of 4,096: other work on the machine disturbs some and never helps one.
func BenchmarkFind(b *testing.B) {
	const turn = 1 << 12
	for _, rows := range benchRows(b) {
		s := opened(b, storeOf(b, rows).path)
		warmed(s)
		for _, hit := range []bool{true, false} {
			b.Run(fmt.Sprintf("rows=%d/hit=%v", rows, hit), func(b *testing.B) {
				hs := hashes(s, rows, hit, 64*turn) // more than any cache holds
				var buf [4]Row
				found := 0
				best := time.Duration(0)
				start := time.Now()
				b.ReportAllocs()
				b.ResetTimer()
				for i := range b.N {
					rs, _ := s.find(0, hs[i%len(hs)], buf[:0])
					found += len(rs)
					if i%turn == turn-1 {
						best = least(best, time.Since(start))
						start = time.Now()
					}
				}
				b.StopTimer()
				b.ReportMetric(float64(best.Nanoseconds())/turn, "best-ns")
				if hit && found != b.N || !hit && found > 0 {
					b.Fatalf("%d of %d found", found, b.N)
				}
			})
		}
	}
}

// BenchmarkOpen opens a store: the time does not depend on its size.
func BenchmarkOpen(b *testing.B) {
	for _, rows := range benchRows(b) {
		b.Run(fmt.Sprintf("rows=%d", rows), func(b *testing.B) {
			path := storeOf(b, rows).path
			for range b.N {
				opened(b, path)
			}
		})
	}
}

// BenchmarkRow makes the record of one row: what a build does 100 million
// times.
func BenchmarkRow(b *testing.B) {
	k, err := ImportKey(stringsReader(benchSecret))
	if err != nil {
		b.Fatal(err)
	}
	o := Options{Schema: generated, Key: k, Output: "x"}
	if err := o.defaults(); err != nil {
		b.Fatal(err)
	}
	bl := &builder{o: &o, keys: newKeys(k), fmt: formats["csv"], search: []int{0}, tags: 9, rec: 17}
	if err := bl.mapColumns(generated.Names()); err != nil {
		b.Fatal(err)
	}
	r := bl.newReader()
	var lines []byte
	for i := range int64(4096) {
		lines = appendPerson(lines, i)
	}
	b.ReportAllocs()
	b.ResetTimer()
	data := lines
	for range b.N {
		if len(data) == 0 {
			data = lines
		}
		n, _ := bl.fmt.record(data, true)
		r.fields = bl.fmt.fields(data[:n], r.fields[:0], &r.quoted)
		if why := r.row(1, false); why != "" {
			b.Fatal(why)
		}
		data = data[n:]
	}
}
