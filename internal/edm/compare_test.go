package edm

import (
	"cmp"
	"database/sql"
	"encoding/binary"
	"fmt"
	"path/filepath"
	"slices"
	"testing"
	"time"

	_ "modernc.org/sqlite"
)

// BenchmarkCompare looks the same values up in a store, a Go map and SQLite,
// turn by turn in one run, and reports how long each takes in its best turn:
// other work on the machine disturbs some turns and never helps one.
func BenchmarkCompare(b *testing.B) {
	for _, rows := range benchRows(b) {
		if rows > 20_000_000 {
			continue // a map and a database of that size do not fit
		}
		b.Run(fmt.Sprintf("rows=%d", rows), func(b *testing.B) {
			s := opened(b, storeOf(b, rows).path)
			warmed(s)
			find, done := sqlite(b, rows, s)
			defer done()
			m := goMap(rows, s)
			const rounds, turn = 8, 1 << 14
			all := hashes(s, rows, true, rounds*turn) // each value once: no cache has seen it
			var ours, theirs, mapped time.Duration
			var buf [4]Row
			n := 0
			for range b.N { // the turns below are what is measured
			}
			for k := range rounds {
				hs := all[k*turn : (k+1)*turn]
				start := time.Now()
				for _, h := range hs {
					rs, _ := s.find(0, h, buf[:0])
					n += len(rs)
				}
				ours = least(ours, time.Since(start))
				start = time.Now()
				for _, h := range hs {
					if _, ok := m[h]; ok {
						n++
					}
				}
				mapped = least(mapped, time.Since(start))
				start = time.Now()
				for _, h := range hs[:turn/8] {
					if find(h) {
						n++
					}
				}
				theirs = least(theirs, 8*time.Since(start))
			}
			if want := rounds * (2*turn + turn/8); n != want {
				b.Fatalf("%d of %d found", n, want)
			}
			per := func(d time.Duration) float64 { return float64(d.Nanoseconds()) / turn }
			b.ReportMetric(0, "ns/op")
			b.ReportMetric(per(ours), "ours-ns")
			b.ReportMetric(per(mapped), "map-ns")
			b.ReportMetric(per(theirs), "sqlite-ns")
			b.ReportMetric(float64(ours)/float64(mapped), "ours/map")
			b.ReportMetric(float64(theirs)/float64(ours), "sqlite/ours")
		})
	}
}

// least is the smaller of two times; 0 is none yet.
func least(a, z time.Duration) time.Duration {
	if a == 0 || z < a {
		return z
	}
	return a
}

// value9 is what the others keep of a row: the nine bytes of tags.
type value9 [9]byte

func goMap(rows int64, s *Store) map[uint64]value9 {
	h := newHasher(s.keys)
	m := make(map[uint64]value9, rows)
	var text [16]byte
	for i := range rows {
		m[h.search(0, appendNumber(text[:0], i))] = value9{byte(i)}
	}
	return m
}

func appendNumber(b []byte, i int64) []byte { return fmt.Append(b, numberOf(i)) }

// sqlite makes a table with the hashes as keys, the fastest form it has, and a
// prepared query.
func sqlite(b *testing.B, rows int64, s *Store) (find func(uint64) bool, done func()) {
	b.Helper()
	db, err := sql.Open("sqlite", filepath.Join(b.TempDir(), "db"))
	if err != nil {
		b.Fatal(err)
	}
	db.SetMaxOpenConns(1)
	exec := func(q string) {
		if _, err := db.Exec(q); err != nil {
			b.Fatal(err)
		}
	}
	exec("PRAGMA journal_mode=OFF")
	exec("PRAGMA synchronous=OFF")
	exec("PRAGMA cache_size=-400000")
	exec("CREATE TABLE t (k INTEGER PRIMARY KEY, v BLOB)")
	h := newHasher(s.keys)
	tx, err := db.Begin()
	if err != nil {
		b.Fatal(err)
	}
	// In the order of the keys, as a careful user would load it.
	ins, err := tx.Prepare("INSERT OR IGNORE INTO t VALUES (?, ?)")
	if err != nil {
		b.Fatal(err)
	}
	keys := make([]uint64, rows)
	var text [16]byte
	for i := range rows {
		keys[i] = h.search(0, appendNumber(text[:0], i))
	}
	slices.SortFunc(keys, func(a, z uint64) int { return cmp.Compare(int64(a), int64(z)) })
	for _, k := range keys {
		var v value9
		binary.LittleEndian.PutUint64(v[:], k)
		if _, err := ins.Exec(int64(k), v[:]); err != nil {
			b.Fatal(err)
		}
	}
	if err := tx.Commit(); err != nil {
		b.Fatal(err)
	}
	q, err := db.Prepare("SELECT v FROM t WHERE k = ?")
	if err != nil {
		b.Fatal(err)
	}
	var v []byte
	return func(k uint64) bool { return q.QueryRow(int64(k)).Scan(&v) == nil }, func() { db.Close() }
}
