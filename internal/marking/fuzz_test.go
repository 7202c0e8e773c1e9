package marking

import (
	"slices"
	"strings"
	"testing"
	"unicode/utf8"
)

func seed(f *testing.F, subject bool) {
	f.Helper()
	for _, v := range readVectors(f) {
		if subject == (v.Kind == "subject") {
			f.Add(v.Input)
		}
	}
}

// sameFields compares what a marking says, not how it was written.
func sameFields(a, b Marking) bool {
	return a.Scheme == b.Scheme && a.Version == b.Version && a.Namespace == b.Namespace &&
		a.Classification == b.Classification && slices.Equal(a.Caveats, b.Caveats) &&
		slices.Equal(a.IMMs, b.IMMs) && a.DLM == b.DLM && a.Expires == b.Expires &&
		a.Downto == b.Downto && a.Note == b.Note && a.Origin == b.Origin
}

func FuzzParseHeader(f *testing.F) {
	seed(f, false)
	f.Add("=?utf-8?Q?SEC=3DSECRET?=")
	f.Add(field(`SEC=PROTECTED, NOTE=a\\, CAVEAT=SH:EXCLUSIVE-FOR\`))
	f.Fuzz(func(t *testing.T, in string) {
		m := ParseHeader(in)
		checkDiagnostics(t, m)
		if m.Raw != in {
			t.Error("raw changed")
		}
		// A strictly conforming field has a class of the standard.
		if _, ok := Rank(m.Classification); !ok && len(m.Diagnostics) == 0 {
			t.Errorf("strict without a class: %q", in)
		}
		if !m.HasErrors() && m.Scheme == SchemeAU && m.Classification == "" && m.DLM == "" {
			t.Errorf("no class and no error: %q", in)
		}
	})
}

func FuzzRoundTrip(f *testing.F) {
	seed(f, false)
	f.Add(field(`SEC=SECRET, CAVEAT=FG:a\, b\\, EXPIRES=x], DOWNTO=OFFICIAL`))
	f.Fuzz(func(t *testing.T, in string) {
		m := ParseHeader(in)
		for _, form := range []Form{FormHeader, FormHeader | ExpiryFirst} {
			out, err := Format(m, form)
			if err != nil {
				if len(m.Diagnostics) == 0 && len(in) <= maxMarking-8 && form == FormHeader {
					t.Errorf("strict field %q refused: %v", in, err)
				}
				continue
			}
			if got := ParseHeader(out); !sameFields(m, got) || got.Strict() != nil {
				t.Errorf("%q written as %q, read as %s", in, out, show(got))
			}
			if got := ParseHeader(Fold("X-Protective-Marking", out, "\r\n")); !sameFields(m, got) {
				t.Errorf("%q folded reads as %s", out, show(got))
			}
		}
	})
}

func FuzzFindSubject(f *testing.F) {
	seed(f, true)
	f.Add("[SE[SEC=OFFICIAL]C=SECRET] ［SEC＝SECRET］ (SEC=SECRET)")
	f.Add("[SEC=PROTECTED, CAVEAT=C:A]B, ACCESS=Legal-Privilege] [SEC=TOP")
	f.Fuzz(func(t *testing.T, in string) {
		last := 0
		for _, tag := range FindSubject(in) {
			if tag.Start < last || tag.End <= tag.Start || tag.End > len(in) {
				t.Fatalf("%q: tag at %d..%d after %d", in, tag.Start, tag.End, last)
			}
			last = tag.End
			if tag.Marking.Raw != in[tag.Start:tag.End] {
				t.Errorf("raw is %q", tag.Marking.Raw)
			}
			checkDiagnostics(t, tag.Marking)
		}
	})
}

func FuzzSetSubject(f *testing.F) {
	seed(f, true)
	f.Add("[ [SEC=X]SEC=Y] [SE[SEC=X]C=Y")
	m := Marking{Classification: OfficialSensitive, IMMs: []string{LegalPrivilege}}
	const tag = "[SEC=OFFICIAL:Sensitive, ACCESS=Legal-Privilege]"
	f.Fuzz(func(t *testing.T, in string) {
		for _, place := range []Place{AtEnd, AtStart} {
			out, err := SetSubject(in, m, place, FormSubject)
			if err != nil {
				t.Fatalf("%q: %v", in, err)
			}
			if strings.Count(out, tag) != 1 || utf8.ValidString(in) && !utf8.ValidString(out) {
				t.Errorf("%q became %q", in, out)
			}
			if again, err := SetSubject(out, m, place, FormSubject); err != nil || again != out {
				t.Errorf("%q: again %q, %v", out, again, err)
			}
		}
	})
}

func FuzzFindText(f *testing.F) {
	for _, s := range []string{
		"OFFICIAL: Sensitive\nLegal Privilege\n\n> PROTECTED//CABINET\n", "```\nSECRET\n```", "On x\nwrote:\n> y",
		"From: a\nTo: b\nSubject: [SEC=OFFICIAL]\n", "(O:S) a\n\n(P) b\n\n(TS) c", "Personal Privacy\n[SEC=OFFICIAL,\n ACCESS=x]",
		"X-Protective-Marking: SEC=OFFICIAL,\n ORIGIN=a@b\n", "________________________________\nVon: x\n", "РROTECTED//x//REL AUS/USA",
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, in string) {
		last := 0
		for _, m := range FindText(in) {
			if m.Start < last || m.End <= m.Start || m.End > len(in) {
				t.Fatalf("%q: marking at %d..%d after %d", in, m.Start, m.End, last)
			}
			last = m.Start
			checkDiagnostics(t, m.Marking)
			if m.Marking.Use == "" || m.Marking.Source != SourceBody {
				t.Errorf("use %q source %q", m.Marking.Use, m.Marking.Source)
			}
		}
	})
}
