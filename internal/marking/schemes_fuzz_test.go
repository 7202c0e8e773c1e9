package marking

import (
	"math/rand/v2"
	"strings"
	"testing"
)

// checkForeign holds what every marking of another scheme keeps to.
func checkForeign(t *testing.T, r *Reader, m Marking) {
	t.Helper()
	if m.Caveats == nil || m.IMMs == nil || m.Diagnostics == nil {
		t.Fatal("a nil slice")
	}
	if m.Scheme != SchemeForeign && !r.Reads(m.Scheme) {
		t.Fatalf("scheme %q is not read", m.Scheme)
	}
	if m.Scheme == SchemeAU || m.Scheme == SchemeForeign {
		return
	}
	if len(m.Classification) > maxName || !plainASCII(m.Classification) {
		t.Fatalf("class of %d octets", len(m.Classification))
	}
	if m.Classification == "" && len(m.Caveats) == 0 && !m.HasErrors() {
		t.Fatal("a marking that says nothing, without an error")
	}
	if len(m.Caveats) > maxItems+maxProps || len(m.IMMs) > maxItems {
		t.Fatalf("%d caveats, %d descriptors", len(m.Caveats), len(m.IMMs))
	}
}

func readers(t testing.TB) []*Reader {
	t.Helper()
	all := SchemeIDs(false)
	return []*Reader{reader2(t, SchemeAU, all...), reader2(t, SchemeUK, all...), reader2(t, SchemeNZ, all...), reader2(t, SchemeUS, all...), reader2(t, "", all...)}
}

func FuzzSchemeWords(f *testing.F) {
	for _, s := range []string{"OFFICIAL-SENSITIVE//COMMERCIAL", "UK SECRET//UK EYES ONLY", "MEDICAL IN-CONFIDENCE", "[SEEMAIL] [RESTRICTED]",
		"CUI//SP-PRVCY//NOFORN", "U//FOUO - x", "COSMIC TOP SECRET ATOMAL", "Re: Re: [CUI] (OFFICIAL-SENSITIVE) - NATO SECRET",
		"> NZ RESTRICTED//TREASURY USE ONLY\nx\n(CUI) y\n(CUI) z\n(CUI//SP-X) w", "ОFFICIAL-SENSITIVE", "[［CUI］] UK  OFFICIAL–SENSITIVE", "contains cui"} {
		f.Add(s)
	}
	rs := readers(f)
	f.Fuzz(func(t *testing.T, s string) {
		for _, r := range rs {
			last := 0
			for _, tag := range r.Subject(s) {
				if tag.Start < last && tag.Marking.Scheme != SchemeAU || tag.Start < 0 || tag.End > len(s) || tag.Start >= tag.End {
					t.Fatalf("tag at %d to %d of %d octets after %d", tag.Start, tag.End, len(s), last)
				}
				last = tag.Start
				checkForeign(t, r, tag.Marking)
			}
			for _, tm := range r.Text(s) {
				if tm.Start < 0 || tm.End > len(s) || tm.Start > tm.End {
					t.Fatalf("place %d to %d of %d octets", tm.Start, tm.End, len(s))
				}
				checkForeign(t, r, tm.Marking)
			}
		}
	})
}

func FuzzSchemeFields(f *testing.F) {
	for _, s := range []string{`marking="SECRET"; type=":ess"; label="MQYGAyoDBAIBBA=="`, "eyJNZXRhZGF0YSI6e319", `<sisl policy="a"><element uid="b" value="c"/></sisl>`,
		"VER=1.0, NS=acme.example, SEC=X, ORIGIN=a@b", "public", "label*0=a; label*2=b", "<!DOCTYPE a>", "\xff\n\t x"} {
		f.Add(s)
	}
	rs := readers(f)
	f.Fuzz(func(t *testing.T, v string) {
		var fields []Field
		for _, n := range []string{"SIO-Label", "SIO-Label-History", "x-titus-metadata-40", "x-bjprotectivemarking", "X-Microsoft-Classification", "X-Microsoft-ClassID",
			"X-RSA-Classifications", "dlp-reaction", "X-AcmeClassification", "X-Protective-Marking"} {
			fields = append(fields, Field{n, v})
		}
		for _, r := range rs[:2] {
			for _, m := range r.Fields(fields) {
				checkForeign(t, r, m)
			}
		}
	})
}

func FuzzParseCMS(f *testing.F) {
	f.Add(cms(f, der, labelAttr(f, essLabel(f, 4))))
	f.Add(cms(f, ber, labelAttr(f, essLabel(f, 4, der(0x31, der(0x30))))))
	f.Add([]byte("0\x80"))
	f.Add([]byte("0\x84\xff\xff\xff\xff"))
	r := readers(f)[0]
	f.Fuzz(func(t *testing.T, b []byte) {
		for _, m := range ParseCMS(b) {
			checkForeign(t, r, m)
		}
		if l, ok := parseSecurityLabel(b); ok && (l.class > 256 || len(l.policy) > 256) {
			t.Fatalf("class %d, policy of %d octets", l.class, len(l.policy))
		}
	})
}

// TestEquivalentSpellings takes random markings of each scheme through
// changes that its users mean nothing by. The class must stay readable, and
// the same.
func TestEquivalentSpellings(t *testing.T) {
	t.Parallel()
	rng := rand.New(rand.NewPCG(1, 2))
	frames := []func(string) string{
		func(s string) string { return "**" + s + "**" },
		func(s string) string { return "  " + s + "\t" },
		func(s string) string { return "=== " + s + " ===" },
		func(s string) string { return strings.ReplaceAll(s, "//", " // ") },
		func(s string) string { return strings.ReplaceAll(s, " ", "  ") },
		func(s string) string { return s + "\r\n\r\nDear all\r\n" },
		func(s string) string { return "\n\n" + s + "\n" },
	}
	n := 20000
	if testing.Short() {
		n = 2000
	}
	for range n {
		s := []Scheme{ukScheme(), nzScheme(), usScheme(), natoScheme()}[rng.IntN(4)]
		home := s.ID
		if s.ID == SchemeNATO {
			home = SchemeAU
		}
		r := reader2(t, home, SchemeNATO)
		line := s.Classes[rng.IntN(len(s.Classes))]
		class := line
		if s.Caveats != nil && rng.IntN(2) == 0 {
			if c := s.Caveats[rng.IntN(len(s.Caveats))]; c != nzSeemail && c != nzTrusted && c != "REL" {
				line += "//" + strings.NewReplacer("ORGANISATION", "TREASURY", "DEPARTMENT", "TREASURY").Replace(c)
			}
		}
		if rng.IntN(4) == 0 {
			line = "Classification: " + line
		}
		for range rng.IntN(3) {
			line = frames[rng.IntN(len(frames))](line)
		}
		got := r.Text(line)
		if len(got) != 1 || got[0].Marking.Classification != class || got[0].Marking.Scheme != s.ID || got[0].Marking.HasErrors() {
			t.Fatalf("%s %q: %v", s.ID, line, got)
		}
	}
}

// TestSchemesLinear holds that ten times the text takes about ten times the
// work, counted in markings kept, and ends.
func TestSchemesLinear(t *testing.T) {
	t.Parallel()
	r := readers(t)[0]
	for _, unit := range []string{"[", "[SEEMAIL] ", "CUI//", "(CUI) x\n", "OFFICIAL-SENSITIVE - ", "Re: ", "NATO SECRET\n", "contains cui ", "[UK SECRET//a//b] ", "ＣＵＩ "} {
		s := strings.Repeat(unit, 200_000/len(unit))
		if n := len(r.Subject(s)); n > 4*maxBrackets {
			t.Errorf("%q: %d tags", unit, n)
		}
		if n := len(r.Text(s)); n > 4*maxTextMarkings {
			t.Errorf("%q: %d markings", unit, n)
		}
	}
}

func BenchmarkReaderText(b *testing.B) {
	text := strings.Repeat("Dear all,\n\nthe figures for OFFICIAL business are attached; please reply by Friday.\n\nRegards\n", 500)
	for _, c := range []struct {
		name string
		r    *Reader
	}{{"au", reader2(b, SchemeAU)}, {"au and four others", reader2(b, SchemeAU, SchemeUK, SchemeNZ, SchemeUS, SchemeNATO)}} {
		b.Run(c.name, func(b *testing.B) {
			b.SetBytes(int64(len(text)))
			for b.Loop() {
				c.r.Text(text)
			}
		})
	}
}
