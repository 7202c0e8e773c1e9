package marking

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestFormat(t *testing.T) {
	t.Parallel()
	m := ParseHeader(field(`SEC=SECRET, CAVEAT=SH:CABINET, CAVEAT=C:a\,b, CAVEAT=SH:EXCLUSIVE-FOR me, CAVEAT=RI:REL AUS/USA, ` +
		`EXPIRES=2030-01-01, DOWNTO=OFFICIAL, ACCESS=Legal-Privilege, NOTE=x\\y`))
	const caveats = `CAVEAT=SH:CABINET, CAVEAT=C:a\,b, CAVEAT=SH:EXCLUSIVE-FOR me, CAVEAT=RI:REL AUS/USA, `
	for form, want := range map[Form]string{
		FormHeader:                field(`SEC=SECRET, ` + caveats + `ACCESS=Legal-Privilege, EXPIRES=2030-01-01, DOWNTO=OFFICIAL, NOTE=x\\y`),
		FormHeader | ExpiryFirst:  field(`SEC=SECRET, ` + caveats + `EXPIRES=2030-01-01, DOWNTO=OFFICIAL, ACCESS=Legal-Privilege, NOTE=x\\y`),
		FormSubject:               `[SEC=SECRET, ` + caveats + `ACCESS=Legal-Privilege, EXPIRES=2030-01-01, DOWNTO=OFFICIAL]`,
		FormSubject | ExpiryFirst: `[SEC=SECRET, ` + caveats + `EXPIRES=2030-01-01, DOWNTO=OFFICIAL, ACCESS=Legal-Privilege]`,
	} {
		got, err := Format(m, form)
		if err != nil || got != want {
			t.Errorf("form %d: %v\n got %s\nwant %s", form, err, got, want)
		}
	}
}

func TestFormatRefuses(t *testing.T) {
	t.Parallel()
	base := ParseHeader(full)
	tests := map[string]func(*Marking){
		"no version":     func(m *Marking) { m.Version = "" },
		"bad version":    func(m *Marking) { m.Version = "2024" },
		"no origin":      func(m *Marking) { m.Origin = "" },
		"quoted origin":  func(m *Marking) { m.Origin = `"a b"@c` },
		"injected":       func(m *Marking) { m.Origin = "a@b, NOTE=x" },
		"line break":     func(m *Marking) { m.Note = "a\r\nBcc: x@y" },
		"foreign":        func(m *Marking) { m.Namespace = "tgo" },
		"no class":       func(m *Marking) { m.Classification = "" },
		"variant class":  func(m *Marking) { m.Classification = "TOP SECRET" },
		"historical":     func(m *Marking) { m.Classification = Unclassified },
		"dlm":            func(m *Marking) { m.DLM = DLMSensitive },
		"unknown imm":    func(m *Marking) { m.IMMs = []string{"Foo"} },
		"twice":          func(m *Marking) { m.IMMs = []string{LegalPrivilege, LegalPrivilege} },
		"low imm":        func(m *Marking) { m.Classification, m.IMMs = Official, []string{LegalPrivilege} },
		"low caveat":     func(m *Marking) { m.Classification, m.Caveats = OfficialSensitive, []string{CaveatCabinet} },
		"unknown caveat": func(m *Marking) { m.Caveats = []string{"SH:FOO"} },
		"long text":      func(m *Marking) { m.Note = strings.Repeat("x", 129) },
		"escapes count":  func(m *Marking) { m.Note = strings.Repeat(",", 65) },
		"non-ascii":      func(m *Marking) { m.Note = "für" },
		"outer blanks":   func(m *Marking) { m.Note = " x " },
		"half a pair":    func(m *Marking) { m.Expires = "2030-01-01" },
		"not lower":      func(m *Marking) { m.Expires, m.Downto = "x", Protected },
		"too long": func(m *Marking) {
			for i := range 30 {
				m.Caveats = append(m.Caveats, fmt.Sprintf("C:%0100d", i))
			}
		},
	}
	for name, change := range tests {
		m := base
		change(&m)
		if s, err := Format(m, FormHeader); !errors.Is(err, ErrNotStrict) {
			t.Errorf("%s: wrote %q, %v", name, s, err)
		}
	}
	if _, err := Format(base, 0); err == nil {
		t.Error("no form is a form")
	}
	m := base
	m.Caveats = []string{"C:a] b"}
	if s, err := Format(m, FormSubject); !errors.Is(err, ErrNotStrict) {
		t.Errorf("wrote a tag that reads back shorter: %q", s)
	}
	if err := ParseHeader("SEC=nonsense word").Strict(); err == nil || strings.Contains(err.Error(), "nonsense") {
		t.Errorf("strict: %v", err)
	}
}

func TestFold(t *testing.T) {
	t.Parallel()
	v := field(`SEC=PROTECTED, CAVEAT=C:` + strings.Repeat("x, ", 0) + `a\, b, ACCESS=Legal-Privilege, ACCESS=Personal-Privacy, NOTE=` +
		strings.Repeat("n", 100))
	for _, eol := range []string{"\r\n", "\n"} {
		got := Fold("X-Protective-Marking", v, eol)
		if back := strings.ReplaceAll(got, eol, ""); back != v {
			t.Errorf("unfolds to %q", back)
		}
		for i, line := range strings.Split("X-Protective-Marking: "+got, eol) {
			if len(line) > lineLimit && !strings.Contains(line, "nnnn") || i > 0 && line[0] != ' ' {
				t.Errorf("line %d: %q", i, line)
			}
		}
		if m := ParseHeader(got); m.Strict() != nil {
			t.Errorf("folded: %v", m.Diagnostics)
		}
	}
}

// conforming generates strictly conforming markings: every class with every
// permitted combination from the lists.
func conforming() []Marking {
	var out []Marking
	caveats := [][]string{{}, {CaveatNationalCabinet}, {CaveatCabinet}, {CaveatAUSTEO, CaveatOrcon},
		{"RI:REL/AUS/USA"}, {"RI:REL AUS/NZL/USA", CaveatDelicateSource}, {"C:LOBSTER", "C:a=b;SEC=X"},
		{`FG:x, y \ z`}, {"SH:EXCLUSIVE-FOR The Minister", CaveatAGAO}}
	imms := [][]string{{}, {PersonalPrivacy}, {LegalPrivilege, LegislativeSecrecy}, {LegislativeSecrecy, PersonalPrivacy, LegalPrivilege}}
	ends := [][2]string{{}, {"2030-01-01", Unofficial}, {"2030-01-01T00:00:00Z", Official}, {"the budget, at last", Unofficial}}
	for _, class := range Classes() {
		for _, c := range caveats {
			for _, i := range imms {
				for _, e := range ends {
					m := newMarking(SourceHeader, "")
					m.Version, m.Namespace, m.Origin = "2024.1", "gov.au", "a.b+c@x.gov.au"
					m.Classification, m.Caveats, m.IMMs, m.Expires, m.Downto = class, c, i, e[0], e[1]
					r := reader{m: &m}
					r.seen[kEXPIRES], r.seen[kDOWNTO] = e[0] != "", e[1] != ""
					r.expiry()
					r.permitted()
					if len(m.Diagnostics) == 0 {
						out = append(out, m)
					}
				}
			}
		}
	}
	return out
}

// Every conforming marking survives writing and reading in both forms and
// both orders, and every variant met in practice keeps its fields.
func TestRoundTripDerived(t *testing.T) {
	t.Parallel()
	ms := conforming()
	if len(ms) < 300 {
		t.Fatalf("only %d derived markings", len(ms))
	}
	for _, m := range ms {
		for _, form := range []Form{FormHeader, FormHeader | ExpiryFirst, FormSubject, FormSubject | ExpiryFirst} {
			s, err := Format(m, form)
			if err != nil {
				t.Fatalf("%s: %v", show(m), err)
			}
			var got Marking
			if form&FormHeader != 0 {
				got = ParseHeader(s)
			} else {
				got = FindSubject("Re: x " + s + " y")[0].Marking
			}
			if d := cmp.Diff(show(m), show(got)); d != "" {
				t.Fatalf("%s: -want +got\n%s", s, d)
			}
			if again, err := Format(m, form); err != nil || again != s {
				t.Fatalf("%s: not idempotent: %s %v", s, again, err)
			}
		}
	}
	t.Logf("%d derived markings", len(ms))
}
