package bitmap

import (
	"bytes"
	"math/rand/v2"
	"slices"
	"testing"
)

// signs are those of the tests, one in each row of ASCII but the letters'.
func signs(more string) *Set {
	s := new(Set)
	for _, c := range []byte("@:=+-_{~." + more) {
		s.Add(c)
	}
	return s
}

// both runs a test with the assembly, where there is any, and without.
func both(t *testing.T, f func(*testing.T)) {
	f(t)
	defer UseAssembly(UseAssembly(false))
	f(t)
}

// maps makes the bitmaps of a text one character after the other.
func maps(text []byte, signs *Set) []Map {
	alnum := func(i int) bool {
		c := text[i] | 0x20
		return text[i] < 0x80 && c >= 'a' && c <= 'z' || text[i] >= '0' && text[i] <= '9' || text[i] == 0x80
	}
	out := make([]Map, len(text)/64+1)
	for i, c := range text {
		m, bit := &out[i/64], uint64(1)<<(i%64)
		if alnum(i) {
			m.Alnum |= bit
			if i == 0 || !alnum(i-1) {
				m.Begins |= bit
			}
		}
		if c >= '0' && c <= '9' {
			m.Digits |= bit
		}
		if c > ' ' {
			m.Solid |= bit
		}
		if c == '\n' {
			m.Lines |= bit
		}
		if !alnum(i) && signs.has(c) != 0 {
			m.Signs |= bit
		}
	}
	return out
}

// run is the length of the run of letters and digits from i on, as far as the
// next bitmap goes.
func run(maps []Map, i int) (n int) {
	for k := i; k < (i/64+2)*64 && maps[k/64].Alnum>>(k%64)&1 != 0; k++ {
		n++
	}
	return n
}

// check compares both ways, where there are two, with what is right.
func check(t *testing.T, text []byte, set *Set) {
	t.Helper()
	text = append(bytes.Clone(text), make([]byte, 64-len(text)%64)...)
	want := maps(text, set)
	padded := append(bytes.Clone(text), make([]byte, 72)...)
	near := make([]uint64, len(want))
	lengths := uint64(1<<20 | 1<<3 | 1<<Longest)
	f := Finder{Filter: NewFilter(10), Lengths: NewLengths(lengths)}
	var heads, words []Word
	for w := range near {
		near[w] = want[w].Solid * 0x9e3779b97f4a7c15
	}
	for i := range text {
		if want[i/64].Begins>>(i%64)&1 == 0 {
			continue
		}
		n := run(want, i)
		key, _ := Key(padded, i, n)
		if i%3 == 0 {
			f.Filter.Add(Hash(key))
		}
	}
	for i := range text {
		if want[i/64].Begins>>(i%64)&1 == 0 {
			continue
		}
		n := run(want, i)
		var eight [8]byte
		for k := range min(n, 8) {
			eight[k] = text[i+k] | 0x20
		}
		key, _ := Key(eight[:], 0, min(n, 8))
		if f.Filter.Maybe(Hash(key)) != 0 {
			heads = append(heads, Word{int32(i), int32(n)})
		}
		if near[i/64]>>(i%64)&1 != 0 || lengths>>min(n, Longest)&1 != 0 {
			words = append(words, Word{int32(i), int32(n)})
		}
	}
	both(t, func(t *testing.T) {
		got := make([]Map, len(want))
		Make(got, text, set)
		if !slices.Equal(got, want) {
			t.Fatalf("bitmaps of %.200q differ", text)
		}
		f.Heads, f.Words = f.Heads[:0], f.Words[:0]
		f.Find(padded, got, near)
		if !slices.Equal(f.Heads, heads) || !slices.Equal(f.Words, words) {
			t.Fatalf("words of %.200q: %d and %d, want %d and %d", text, len(f.Heads), len(f.Words), len(heads), len(words))
		}
	})
}

// sets are more signs.
var sets = []string{"", " \x01", "\x82", "\n\x90"}

func TestLikeOneByOne(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	alphabets := []string{"a1 ", "azAZ09@[`{/:; \n\t\x00\x1f\x7f\x80\x81\x82\xa0\xe9\xff_-.=", "abcdefghij ", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa "}
	all := make([]byte, 256)
	for b := range all {
		all[b] = byte(b)
	}
	alphabets = append(alphabets, string(all))
	for n := range 3000 {
		text := make([]byte, r.IntN(400)+n/100*64)
		from := alphabets[n%len(alphabets)]
		for i := range text {
			text[i] = from[r.IntN(len(from))]
		}
		check(t, text, signs(sets[n/len(alphabets)%len(sets)]))
	}
	check(t, bytes.Repeat([]byte("a"), 7000), signs(""))
	check(t, bytes.Repeat([]byte("a "), 7000), signs(""))
	check(t, nil, signs(""))
}

func FuzzBitmaps(f *testing.F) {
	f.Add([]byte("To: a@b.example, 4111 1111 1111 1111"))
	f.Fuzz(func(t *testing.T, text []byte) {
		check(t, text[:min(len(text), 1<<14)], signs(sets[len(text)%len(sets)]))
	})
}

// TestStarts compares what Sift and Narrow leave with the tables one by one.
func TestStarts(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	tables := new(Tables)
	fill := func(to []uint64) {
		for i := range to {
			to[i] = r.Uint64() | r.Uint64() | r.Uint64() | r.Uint64()
		}
	}
	for k := range tables.At {
		fill(tables.At[k][:])
	}
	for k := range tables.After {
		fill(tables.After[k][:])
	}
	for _, to := range [][]uint64{tables.Run[:], tables.Digit[:], tables.Solid[:], tables.Many[:], tables.Pairs[:]} {
		fill(to)
	}
	for b := range tables.Kinds {
		tables.Kinds[b] = byte(r.IntN(16))
	}
	const alphabet = "aaaaaZ19  -.@\n\x80\x82\xff"
	kept := 0
	for range 400 {
		text := make([]byte, 64*(1+r.IntN(20)))
		letters := alphabet[r.IntN(6):]
		for i := range text {
			text[i] = letters[r.IntN(len(letters))]
		}
		m := maps(text, new(Set))
		padded := append(bytes.Clone(text), bytes.Repeat([]byte{0xff}, 72)...)
		near := make([]uint64, len(text)/Block+1)
		fill(near)
		var words []Word
		var first, second []Start
		bit := func(i int, of func(*Map) uint64) bool { return i/64 < len(m) && of(&m[i/64])>>(i%64)&1 != 0 }
		for i := range text {
			if !bit(i, func(m *Map) uint64 { return m.Begins }) {
				continue
			}
			w := Word{int32(i), int32(run(m, i))}
			words = append(words, w)
			left, digit, solid, many := near[i/Block], 0, 0, 0
			for digit < 64 && !bit(i+digit, func(m *Map) uint64 { return m.Digits }) {
				digit++
			}
			for solid < 64 && bit(i+solid, func(m *Map) uint64 { return m.Solid }) {
				solid++
			}
			for k := range 32 {
				if bit(i+k, func(m *Map) uint64 { return m.Digits }) {
					many++
				}
			}
			left &= tables.Run[min(w.N, Longest)] & tables.Digit[digit] & tables.Solid[solid]
			for _, k := range []int{0, 6, 7} {
				left &= tables.At[k][padded[i+k]]
			}
			if left != 0 {
				first = append(first, Start{w, left})
			}
			for k := range tables.At {
				left &= tables.At[k][padded[i+k]]
			}
			left &= tables.Many[many]
			if behind := padded[i+int(w.N):]; w.N < Longest {
				for k := range tables.After {
					left &= tables.After[k][behind[k]]
				}
				left &= tables.Pairs[tables.Kinds[behind[0]]<<4|tables.Kinds[behind[1]]]
			}
			if left != 0 {
				second = append(second, Start{w, left})
			}
		}
		kept += len(second)
		both(t, func(t *testing.T) {
			got := make([]Start, len(words)+1)
			n := tables.Sift(got, words, padded, m, near)
			if !slices.Equal(got[:n], first) {
				t.Fatalf("Sift of %.200q leaves %d, want %d", text, n, len(first))
			}
			if n = tables.Narrow(got[:n], padded, m); !slices.Equal(got[:n], second) {
				t.Fatalf("Narrow of %.200q leaves %d, want %d", text, n, len(second))
			}
		})
	}
	if kept < 1000 {
		t.Errorf("only %d starts were kept", kept)
	}
}
