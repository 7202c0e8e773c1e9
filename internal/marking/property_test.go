package marking

import (
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
)

// mutator rewrites a marking into forms the tolerant grammar calls the same:
// blanks, folds, separators, order, case, and the spellings met in practice.
type mutator struct {
	rnd *rand.Rand
	b   strings.Builder
}

func (u *mutator) one(of ...string) string { return of[u.rnd.IntN(len(of))] }

func (u *mutator) recase(s string) string {
	switch u.rnd.IntN(4) {
	case 0:
		return strings.ToUpper(s)
	case 1:
		return strings.ToLower(s)
	case 2:
		b := []byte(s)
		for i := range b {
			if isLetter(b[i]) && u.rnd.IntN(2) == 0 {
				b[i] ^= 0x20
			}
		}
		return string(b)
	}
	return s
}

func (u *mutator) element(s string) string {
	key, value, _ := strings.Cut(s, "=")
	key = u.recase(key)
	switch strings.ToUpper(key) {
	case "SEC", "DOWNTO":
		switch value {
		case OfficialSensitive:
			value = u.one("OFFICIAL:Sensitive", "OFFICIAL: Sensitive", "OFFICIAL :Sensitive", "OFFICIAL-Sensitive", "OFFICIAL Sensitive")
		case TopSecret:
			value = u.one("TOP-SECRET", "TOP SECRET", "TOP  SECRET", "TOP_SECRET")
		}
		value = u.recase(value)
	case "ACCESS":
		value = u.recase(strings.ReplaceAll(value, "-", u.one("-", " ", "  ")))
	case "CAVEAT":
		if !isTextCaveat(value) && !strings.Contains(value, "REL") {
			value = u.recase(strings.Replace(value, ":", u.one(":", ": ", "-"), 1))
		}
	}
	return key + u.one("=", "=", "= ", " = ") + value
}

// mutate writes the elements of a medium form anew. free is the number of
// elements at the end whose text may not be touched.
func (u *mutator) mutate(elements []string, eol bool) string {
	u.b.Reset()
	u.rnd.Shuffle(len(elements), func(i, j int) { elements[i], elements[j] = elements[j], elements[i] })
	for i, e := range elements {
		if i > 0 {
			if eol && u.rnd.IntN(3) == 0 {
				u.b.WriteString(u.one(",\r\n ", ",\n\t", ",\r\n         "))
			} else {
				u.b.WriteString(u.one(", ", ",", ",  ", ",\t", " , ", ",, "))
			}
		}
		u.b.WriteString(u.element(e))
	}
	return u.b.String()
}

// Whatever the grammar calls equal never lowers the class, loses a caveat or
// a marker.
func TestMutationsKeepMarking(t *testing.T) {
	t.Parallel()
	ms := conforming()
	split := make([][]string, len(ms))
	for i, m := range ms {
		s, err := Format(m, FormSubject)
		if err != nil {
			t.Fatal(err)
		}
		for s = s[1 : len(s)-1]; s != ""; {
			n := elementLen(s)
			split[i] = append(split[i], strings.TrimSpace(strings.TrimSuffix(s[:n], ",")))
			s = s[n:]
		}
	}
	u := mutator{rnd: rand.New(rand.NewPCG(2024, 1))}
	var elements []string
	for n := range propertyCases {
		i := u.rnd.IntN(len(ms))
		want := ms[i]
		elements = append(elements[:0], split[i]...)
		var got Marking
		var in string
		if n%2 == 0 {
			elements = append(elements, "VER=2024.1", "NS=gov.au", "ORIGIN=a@b.gov.au")
			in = u.mutate(elements, true)
			got = ParseHeader(in)
		} else {
			in = "Re: x [" + u.mutate(elements, false) + "] y"
			tags := FindSubject(in)
			if len(tags) != 1 {
				t.Fatalf("case %d: %d tags in %q", n, len(tags), in)
			}
			got = tags[0].Marking
		}
		if got.Classification != want.Classification || got.Downto != want.Downto || got.HasErrors() ||
			!sameSet(got.Caveats, want.Caveats) || !sameSet(got.IMMs, want.IMMs) {
			t.Fatalf("case %d: %q\nread as %s\nwant    %s", n, in, show(got), show(want))
		}
	}
}

func sameSet(a, b []string) bool {
	if len(a) != len(b) {
		return false
	}
	for _, x := range a {
		if !slices.Contains(b, x) {
			return false
		}
	}
	return true
}

// Random damage must never turn a class into a lower one without an error:
// either the class stays, or it rises, or the marking cannot be relied on.
func TestDamageIsNoticed(t *testing.T) {
	t.Parallel()
	rnd := rand.New(rand.NewPCG(7, 7))
	const in = "VER=2024.1, NS=gov.au, SEC=OFFICIAL:Sensitive, ACCESS=Legal-Privilege, ORIGIN=a@b.gov.au"
	at := strings.Index(in, "SEC=") + len("SEC=")
	for range 20_000 {
		b := []byte(in)
		for range 1 + rnd.IntN(3) {
			i := at + rnd.IntN(len(OfficialSensitive))
			switch rnd.IntN(3) {
			case 0:
				b[i] = byte(rnd.IntN(256))
			case 1:
				b = slices.Delete(b, i, i+1)
			default:
				b = slices.Insert(b, i, byte(' '+rnd.IntN(95)))
			}
		}
		m := ParseHeader(string(b))
		if Lower(m.Classification, OfficialSensitive) && !m.HasErrors() {
			t.Fatalf("%q read as %s", b, show(m))
		}
	}
}
