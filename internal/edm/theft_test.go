package edm

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"io"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

// small builds the synthetic table of so many rows.
func small(t testing.TB, def Schema, rows int64, change func(string) string) *Store {
	t.Helper()
	data, err := io.ReadAll(&synthetic{rows: rows})
	if err != nil {
		t.Fatal(err)
	}
	s, _ := built(t, def, change(string(data)))
	return s
}

func keep(s string) string { return s }

// TestEqualValues holds that a column in which every value is the same looks
// like one in which all differ.
func TestEqualValues(t *testing.T) {
	t.Parallel()
	const rows = 20_000
	def := generated
	def.Columns = append([]Column{}, def.Columns...)
	s := small(t, def, rows, func(table string) string {
		lines := strings.Split(strings.TrimSpace(table), "\n")
		for i := 1; i < len(lines); i++ {
			f := strings.Split(lines[i], ",")
			f[1], f[3] = "Jan Smith", "" // one name for all, and no address
			lines[i] = strings.Join(f, ",")
		}
		return strings.Join(lines, "\n")
	})
	for _, c := range []int{1, 2, 3} {
		tags := map[uint32]int{}
		for row := range uint32(rows) {
			tags[s.tag(row, c)]++
		}
		// Of n random tags of 24 bits about n²/2^25 pairs are equal: 12 here.
		if equal := rows - len(tags); equal > 40 {
			t.Errorf("column %d: only %d different tags in %d rows", c, len(tags), rows)
		}
	}
}

// TestNothingReadable holds that no value, name or source can be read from the
// file.
func TestNothingReadable(t *testing.T) {
	t.Parallel()
	def := Schema{ID: "secret-table", Name: "Very secret", Columns: []Column{{Name: "CustomerNumber", Type: Digits, Searchable: true, FoundBy: "some-type"},
		{Name: "FamilyName", Type: Name}, {Name: "HomeTown", Type: Text}}}
	s, _ := built(t, def, "CustomerNumber,FamilyName,HomeTown\n123456789,Quixote,Barataria\n987654321,Panza,Toboso\n")
	data, err := os.ReadFile(s.Path())
	if err != nil {
		t.Fatal(err)
	}
	lower := bytes.ToLower(data)
	for _, w := range []string{"customernumber", "familyname", "hometown", "secret", "some-type", "table.csv", "quixote", "panza", "barataria", "123456789", "987654321", filepath.Base(s.meta.Source), s.meta.Built.Format("2006-01-02")} {
		if bytes.Contains(lower, []byte(w)) {
			t.Errorf("the file holds %q in clear", w)
		}
	}
}

// TestStolen plays the thief: he has the file and not the key, and tries every
// number there could be with every function he can think of. What he learns of
// a number that is in the table is what he learns of one that is not.
func TestStolen(t *testing.T) {
	t.Parallel()
	const rows, others = 20_000, 100_000
	s := small(t, generated, rows, keep)
	own := newKeys(testKey(t, "the thief's"))
	guesses := map[string]func([]byte) uint64{
		"plain hash": func(v []byte) uint64 { x := sha256.Sum256(v); return binary.BigEndian.Uint64(x[:]) },
		"column first": func(v []byte) uint64 {
			x := sha256.Sum256(append([]byte{0}, v...))
			return binary.BigEndian.Uint64(x[:])
		},
		"no key": func(v []byte) uint64 {
			m := hmac.New(sha256.New, nil)
			m.Write(append([]byte{0}, v...))
			return binary.BigEndian.Uint64(m.Sum(nil))
		},
		"what is in clear as key": func(v []byte) uint64 {
			m := hmac.New(sha256.New, []byte(s.head.KeyCheck))
			m.Write(append([]byte{0}, v...))
			return binary.BigEndian.Uint64(m.Sum(nil))
		},
		"another key": func(v []byte) uint64 { return newHasher(own).search(0, v) },
	}
	// The whole key never fits; so he looks at as few bits of it as he likes.
	for name, guess := range guesses {
		for _, bits := range []uint{16, 20, 40 + s.idx[0].Bits} {
			seen := map[uint64]bool{}
			for row := range uint32(rows) {
				seen[top(s, row)>>(40+s.idx[0].Bits-bits)] = true
			}
			rate := func(from, n int64) float64 {
				hits := 0
				for i := from; i < from+n; i++ {
					if seen[guess(strconv.AppendInt(nil, numberOf(i), 10))>>(64-bits)] {
						hits++
					}
				}
				return float64(hits) / float64(n)
			}
			in, out := rate(0, rows), rate(rows, others)
			p := float64(len(seen)) / math.Exp2(float64(bits))
			if tolerance := 5*math.Sqrt(p*(1-p)*(1/float64(rows)+1/float64(others))) + 1e-9; math.Abs(in-out) > tolerance {
				t.Errorf("%s, %d bits: %.4f of the members and %.4f of the others fit (chance: %.4f)", name, bits, in, out, p)
			}
			if name == "another key" { // what the test can see: with the right key every member fits
				h := newHasher(s.keys)
				for i := range int64(100) {
					if !seen[h.search(0, strconv.AppendInt(nil, numberOf(i), 10))>>(64-bits)] {
						t.Fatal("the test looks at the wrong bits")
					}
				}
			}
		}
	}
}

// top gives what is kept of the hash of a row's first searchable value.
func top(s *Store, row uint32) uint64 {
	x := &s.idx[0]
	bucket := uint64(0)
	for binary.LittleEndian.Uint32(x.dir[4*bucket+4:]) <= row {
		bucket++
	}
	return bucket<<40 | key40(x.key[int(row)*keyBytes:])
}

// TestOrder holds that nothing of the order of the table is left.
func TestOrder(t *testing.T) {
	t.Parallel()
	const rows = 5000
	s := small(t, generated, rows, keep)
	h := newHasher(s.keys)
	// Rank correlation of place in the table and place in the store: without
	// relation its deviation is 1/sqrt(n).
	sum := 0.0
	for i := range int64(rows) {
		r, _ := s.find(0, h.search(0, strconv.AppendInt(nil, numberOf(i), 10)), nil)
		if len(r) != 1 {
			t.Fatalf("row %d: %d found", i, len(r))
		}
		sum += (float64(i) - rows/2) * (float64(r[0].ID) - rows/2)
	}
	if c := sum / (float64(rows) * rows * rows / 12); math.Abs(c) > 5/math.Sqrt(rows) {
		t.Errorf("correlation %.3f", c)
	}
}

// TestFalseFinds counts what is found and is not there: as often as theory
// says.
func TestFalseFinds(t *testing.T) {
	t.Parallel()
	const rows = 20_000
	s := small(t, generated, rows, keep)
	h := newHasher(s.keys)
	found := 0
	for i := range int64(500_000) {
		r, _ := s.find(0, h.search(0, strconv.AppendInt(nil, numberOf(rows+i), 10)), nil)
		found += len(r)
	}
	if found > 0 { // expected: 500,000 × 12 / 2^40
		t.Errorf("%d values that are not in the table were found", found)
	}
	// Tags: values that are not the row's, against 24 bits and against their
	// low 12, of which enough agree to be counted.
	r := rand.New(rand.NewPCG(5, 6))
	const tries = 4_000_000
	full, low := 0, 0
	for range tries {
		row := uint32(r.IntN(rows))
		a := s.keys.tagOf(r.Uint64()>>3, 1+r.IntN(5), 1+r.IntN(3), s.saltOf(row))
		b := s.tag(row, 1+r.IntN(3))
		if a&0xffffff == b {
			full++
		}
		if a&0xfff == b&0xfff {
			low++
		}
	}
	want := float64(tries) / 4096
	if math.Abs(float64(low)-want) > 5*math.Sqrt(want) || full > 5 { // expected: 0.24
		t.Errorf("of %d tags %d agree in 12 bits (%.0f by chance) and %d in 24", tries, low, want, full)
	}
}

// TestFalseNear is the same through the whole search: texts that name other
// people beside numbers of the table.
func TestFalseNear(t *testing.T) {
	t.Parallel()
	const rows = 3000
	s := small(t, generated, rows, keep)
	false1, columns := 0, 0
	for i := range int64(400) {
		p, q := personOf(i), personOf(rows+10_000+i)
		if p.name == q.name || p.born == q.born || p.address == q.address {
			continue
		}
		found, n := near(t, s, "SSN", fmt.Sprintf("%s, %s, %s lives in %s and so on and so forth", p.number, q.name, q.born, q.address), p.number, 300)
		if n != 1 {
			t.Fatalf("row %d: %d rows", i, n)
		}
		false1 += len(found)
		columns += 3
	}
	if false1 > 0 { // expected: 1,200 columns × 40 windows / 2^24
		t.Errorf("%d of %d columns of other people were taken for the row's", false1, columns)
	}
}
