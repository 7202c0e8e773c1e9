package marking

import (
	"encoding/base64"
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

const full = "VER=2024.1, NS=gov.au, SEC=PROTECTED, ORIGIN=a@b.gov.au"

// field puts elements between the mandatory ones.
func field(medium string) string {
	return "VER=2024.1, NS=gov.au, " + medium + ", ORIGIN=a@b.gov.au"
}

// show is a marking in one line: class, DLM, caveats, IMMs, expiry, note,
// codes.
func show(m Marking) string {
	s := m.Classification
	if m.DLM != "" {
		s += " +" + m.DLM
	}
	for _, c := range m.Caveats {
		s += " {" + c + "}"
	}
	for _, i := range m.IMMs {
		s += " <" + i + ">"
	}
	if m.Expires != "" || m.Downto != "" {
		s += " until " + m.Expires + "→" + m.Downto
	}
	if m.Note != "" {
		s += " note " + m.Note
	}
	for _, d := range m.Diagnostics {
		s += " " + map[Severity]string{Warning: "?", Error: "!"}[d.Severity] + string(d.Code)
	}
	return s
}

func TestParseHeader(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("x", 128)
	tests := []struct{ name, in, want string }{
		{"plain", full, "PROTECTED"},
		{"tabs and folds", "VER=2024.1,\tNS=gov.au,\r\n\tSEC=PROTECTED,\n   ACCESS=Legal-Privilege,\r\n ORIGIN=a@b.gov.au\r\n",
			"PROTECTED <Legal-Privilege>"},
		{"namespace case", "VER=2024.1, NS=GOV.AU, SEC=OFFICIAL, ORIGIN=a@b.gov.au", "OFFICIAL"},
		{"no blanks", field("SEC=PROTECTED,ACCESS=Legal-Privilege"), "PROTECTED <Legal-Privilege> ?missing-space"},
		{"no comma", field("SEC=PROTECTED ACCESS=Legal-Privilege"), "PROTECTED <Legal-Privilege> ?missing-space"},
		{"no comma os", field("SEC=OFFICIAL:Sensitive CAVEAT=SH:NATIONAL-CABINET"),
			"OFFICIAL:Sensitive {SH:NATIONAL-CABINET} ?missing-space"},
		{"semicolons", "VER=2024.1; NS=gov.au; SEC=PROTECTED; ORIGIN=a@b.gov.au", "PROTECTED ?missing-space ?missing-space ?missing-space"},
		{"empty element", field("SEC=PROTECTED,, ACCESS=Legal-Privilege"), "PROTECTED <Legal-Privilege> ?missing-space"},
		{"trailing comma", full + ",", "PROTECTED ?missing-space"},
		{"space in class", field("SEC=OFFICIAL: Sensitive"), "OFFICIAL:Sensitive ?space-in-value"},
		{"space and IMM", field("SEC=OFFICIAL: Sensitive, ACCESS=Personal-Privacy"), "OFFICIAL:Sensitive <Personal-Privacy> ?space-in-value"},
		{"hyphen", field("SEC=OFFICIAL-Sensitive"), "OFFICIAL:Sensitive ?value-variant"},
		{"blank", field("SEC=OFFICIAL Sensitive"), "OFFICIAL:Sensitive ?value-variant"},
		{"upper", field("SEC=OFFICIAL:SENSITIVE"), "OFFICIAL:Sensitive ?value-case"},
		{"upper hyphen", field("SEC=OFFICIAL-SENSITIVE"), "OFFICIAL:Sensitive ?value-case ?value-variant"},
		{"mixed", field("SEC=Unofficial"), "UNOFFICIAL ?value-case"},
		{"top secret", field("SEC=TOP SECRET"), "TOP-SECRET ?value-variant"},
		{"top secret lower", field("SEC=top secret"), "TOP-SECRET ?value-case ?value-variant"},
		{"blanks at equals", field("SEC = PROTECTED"), "PROTECTED ?space-in-value"},
		{"colon", field("SEC:PROTECTED"), "PROTECTED ?value-variant"},
		{"quotes", field(`SEC="PROTECTED"`), "PROTECTED ?value-variant"},
		{"brackets", "[" + full + "]", "PROTECTED ?value-variant"},
		{"right boundary", field("SEC=PROTECTEDX"), " !unknown-classification"},
		{"two words", field("SEC=PROTECTED stuff"), " !unknown-classification"},
		{"empty class", field("SEC="), " !unknown-classification"},
		{"slashes", field("SEC=OFFICIAL:Sensitive//Legal-Privilege"), " !unknown-classification"},
		{"escaped comma after class", field(`SEC=OFFICIAL\, ACCESS=Legal-Privilege`), " <Legal-Privilege> !unknown-classification ?missing-space"},
		{"no sec", "VER=2024.1, NS=gov.au, ACCESS=Legal-Privilege, ORIGIN=a@b.gov.au", " <Legal-Privilege> !missing-sec"},
		{"two secs, higher last", field("SEC=OFFICIAL, SEC=SECRET"), "SECRET !duplicate-element"},
		{"two secs, higher first", field("SEC=SECRET, SEC=OFFICIAL"), "SECRET !duplicate-element"},
		{"regex order", field("SEC=PROTECTED, EXPIRES=2019-07-01, DOWNTO=OFFICIAL, ACCESS=Legal-Privilege"),
			"PROTECTED <Legal-Privilege> until 2019-07-01→OFFICIAL"},
		{"both sides", field("SEC=PROTECTED, ACCESS=Personal-Privacy, EXPIRES=2019-07-01, DOWNTO=OFFICIAL, ACCESS=Legal-Privilege"),
			"PROTECTED <Personal-Privacy> <Legal-Privilege> until 2019-07-01→OFFICIAL ?element-order"},
		{"downto first", field("SEC=PROTECTED, DOWNTO=OFFICIAL, EXPIRES=2019-07-01"), "PROTECTED until 2019-07-01→OFFICIAL ?element-order"},
		{"imm before caveat", field("SEC=PROTECTED, ACCESS=Legal-Privilege, CAVEAT=SH:CABINET"),
			"PROTECTED {SH:CABINET} <Legal-Privilege> ?element-order"},
		{"imm before caveat 2018.1", "VER=2018.1, NS=gov.au, SEC=PROTECTED, ACCESS=Legal-Privilege, CAVEAT=SH:CABINET, ORIGIN=a@b.gov.au",
			"PROTECTED {SH:CABINET} <Legal-Privilege>"},
		{"imm before caveat 2018.3", "VER=2018.3, NS=gov.au, SEC=PROTECTED, ACCESS=Legal-Privilege, CAVEAT=SH:CABINET, ORIGIN=a@b.gov.au",
			"PROTECTED {SH:CABINET} <Legal-Privilege> ?element-order"},
		{"sec last", "VER=2024.1, NS=gov.au, ORIGIN=a@b.gov.au, SEC=PROTECTED", "PROTECTED ?element-order"},
		{"secret downto os", field("SEC=SECRET, EXPIRES=never mind, DOWNTO=OFFICIAL:Sensitive"), "SECRET until never mind→OFFICIAL:Sensitive"},
		{"expires alone", field("SEC=PROTECTED, EXPIRES=2019-07-01"), "PROTECTED until 2019-07-01→ !expires-downto-pair"},
		{"expires empty", field("SEC=PROTECTED, EXPIRES=, DOWNTO=OFFICIAL"), "PROTECTED until →OFFICIAL ?value-variant !expires-downto-pair"},
		{"downto equal", field("SEC=PROTECTED, EXPIRES=x, DOWNTO=PROTECTED"), "PROTECTED until x→PROTECTED !downto-not-lower"},
		{"downto higher", field("SEC=PROTECTED, EXPIRES=x, DOWNTO=SECRET"), "PROTECTED until x→SECRET !downto-not-lower"},
		{"downto unknown", field("SEC=PROTECTED, EXPIRES=x, DOWNTO=nothing"), "PROTECTED until x→ !unknown-classification"},
		{"date, no comma", field("SEC=PROTECTED, EXPIRES=2019-07-01 DOWNTO=OFFICIAL"), "PROTECTED until 2019-07-01→OFFICIAL ?missing-space"},
		{"event with equals", field("SEC=PROTECTED, EXPIRES=when SEC=SECRET ends, DOWNTO=OFFICIAL"),
			"PROTECTED until when SEC=SECRET ends→OFFICIAL"},
		{"note with SEC", field("SEC=OFFICIAL, NOTE=quoting SEC=PROTECTED"), "OFFICIAL note quoting SEC=PROTECTED"},
		{"note with escaped element", field(`SEC=OFFICIAL, NOTE=a\, SEC=SECRET`), "OFFICIAL note a, SEC=SECRET"},
		{"note with comma", field("SEC=OFFICIAL, NOTE=one, two"), "OFFICIAL note one !unknown-element"},
		{"note 128 escapes", field("SEC=OFFICIAL, NOTE=" + strings.Repeat(`\,`, 64)), "OFFICIAL note " + strings.Repeat(",", 64)},
		{"note 129 as written", field("SEC=OFFICIAL, NOTE=x" + strings.Repeat(`\,`, 64)),
			"OFFICIAL note x" + strings.Repeat(",", 64) + " !text-too-long"},
		{"note 129", field("SEC=OFFICIAL, NOTE=x" + long), "OFFICIAL note x" + long + " !text-too-long"},
		{"note odd escape", field(`SEC=OFFICIAL, NOTE=a\:b\c`), `OFFICIAL note a:b\c ?value-variant`},
		{"note folded", field("SEC=OFFICIAL, NOTE=one\r\n two"), "OFFICIAL note one two"},
		{"imm too low", field("SEC=OFFICIAL, ACCESS=Legal-Privilege"), "OFFICIAL <Legal-Privilege> !imm-not-permitted"},
		{"caveat too low", field("SEC=OFFICIAL:Sensitive, CAVEAT=SH:CABINET"), "OFFICIAL:Sensitive {SH:CABINET} !caveat-not-permitted"},
		{"nc too low", field("SEC=OFFICIAL, CAVEAT=SH:NATIONAL-CABINET"), "OFFICIAL {SH:NATIONAL-CABINET} !caveat-not-permitted"},
		{"unknown imm", field("SEC=PROTECTED, ACCESS=Whatever"), "PROTECTED <Whatever> !unknown-imm"},
		{"imm variant", field("SEC=PROTECTED, ACCESS=Legal Privilege"), "PROTECTED <Legal-Privilege> ?value-variant"},
		{"imm case", field("SEC=PROTECTED, ACCESS=legal-privilege"), "PROTECTED <Legal-Privilege> ?value-case"},
		{"unknown caveat", field("SEC=PROTECTED, CAVEAT=REL:AGO"), "PROTECTED {REL:AGO} !unknown-caveat"},
		{"unknown sh", field("SEC=PROTECTED, CAVEAT=SH:SOMETHING"), "PROTECTED {SH:SOMETHING} !unknown-caveat"},
		{"empty codeword", field("SEC=PROTECTED, CAVEAT=C:"), "PROTECTED {C:} !unknown-caveat"},
		{"codeword with all", field(`SEC=PROTECTED, CAVEAT=C:a=b\, SEC=x`), "PROTECTED {C:a=b, SEC=x}"},
		{"codeword 129", field("SEC=PROTECTED, CAVEAT=C:x" + long), "PROTECTED {C:x" + long + "} !text-too-long"},
		{"exclusive 127 and blank", field("SEC=PROTECTED, CAVEAT=SH:EXCLUSIVE-FOR " + long[:127]), "PROTECTED {SH:EXCLUSIVE-FOR " + long[:127] + "}"},
		{"exclusive 128 and blank", field("SEC=PROTECTED, CAVEAT=SH:EXCLUSIVE-FOR " + long),
			"PROTECTED {SH:EXCLUSIVE-FOR " + long + "} !text-too-long"},
		{"exclusive without blank", field("SEC=PROTECTED, CAVEAT=SH:EXCLUSIVE-FORhim"), "PROTECTED {SH:EXCLUSIVE-FOR him}"},
		{"exclusive without person", field("SEC=PROTECTED, CAVEAT=SH:EXCLUSIVE-FOR"), "PROTECTED {SH:EXCLUSIVE-FOR} !unknown-caveat"},
		{"ri cabinet", field("SEC=PROTECTED, CAVEAT=RI:CABINET"), "PROTECTED {SH:CABINET} ?value-variant"},
		{"doubled type", field("SEC=PROTECTED, CAVEAT=RI:SH:DELICATE SOURCE"), "PROTECTED {SH:DELICATE-SOURCE} ?value-variant"},
		{"delicate source", field("SEC=PROTECTED, CAVEAT=SH:DELICATE SOURCE"), "PROTECTED {SH:DELICATE-SOURCE}"},
		{"sh hyphen", field("SEC=PROTECTED, CAVEAT=SH-NATIONAL CABINET"), "PROTECTED {SH:NATIONAL-CABINET} ?value-variant"},
		{"sh space", field("SEC=PROTECTED, CAVEAT=SH: CABINET"), "PROTECTED {SH:CABINET} ?space-in-value"},
		{"sh case", field("SEC=PROTECTED, CAVEAT=sh:cabinet"), "PROTECTED {SH:CABINET} ?value-case"},
		{"untyped", field("SEC=SECRET, CAVEAT=ACCOUNTABLE-MATERIAL, CAVEAT=AUSTEO"),
			"SECRET {SH:ACCOUNTABLE-MATERIAL} {RI:AUSTEO} ?historical-marking ?historical-marking"},
		{"rel lower", field("SEC=SECRET, CAVEAT=RI:rel aus/usa"), "SECRET {RI:REL/AUS/USA} ?value-case"},
		{"rel blanks", field("SEC=SECRET, CAVEAT=RI:REL AUS USA"), "SECRET {RI:REL/AUS/USA} ?value-variant"},
		{"rel two letters", field("SEC=SECRET, CAVEAT=RI:REL/AU"), "SECRET {RI:REL/AU} !unknown-caveat"},
		{"rel open", field("SEC=SECRET, CAVEAT=RI:REL/AUS/"), "SECRET {RI:REL/AUS/} !unknown-caveat"},
		{"rel empty", field("SEC=SECRET, CAVEAT=RI:REL"), "SECRET {RI:REL} !unknown-caveat"},
		{"rel both spellings", field("SEC=SECRET, CAVEAT=RI:REL AUS/USA, CAVEAT=RI:REL/AUS/USA"), "SECRET {RI:REL AUS/USA} ?duplicate-caveat"},
		{"eyes only", field("SEC=SECRET, CAVEAT=RI:AUS/USA EO"), "SECRET {RI:AUS/USA EO} ?historical-marking"},
		{"source codeword", field("SEC=SECRET, CAVEAT=SC:X"), "SECRET {SC:X} ?historical-marking"},
		{"duplicate note", field("SEC=OFFICIAL, NOTE=a, NOTE=b"), "OFFICIAL note a !duplicate-element"},
		{"unknown element", field("SEC=OFFICIAL, FOO=bar"), "OFFICIAL !unknown-element"},
		{"no key", field("SEC=OFFICIAL, what is this"), "OFFICIAL !unknown-element"},
		{"key inside rubbish", field("rubbish SEC=SECRET"), "SECRET !unknown-element ?missing-space"},
		{"bad version", "VER=next, NS=gov.au, SEC=OFFICIAL, ORIGIN=a@b.gov.au", "OFFICIAL ?missing-ver"},
		{"future version", "VER=2031.12, NS=gov.au, SEC=OFFICIAL, ORIGIN=a@b.gov.au", "OFFICIAL"},
		{"quoted origin", `VER=2024.1, NS=gov.au, SEC=OFFICIAL, ORIGIN="a b"@x.gov.au`, "OFFICIAL ?missing-origin"},
		{"empty origin", "VER=2024.1, NS=gov.au, SEC=OFFICIAL, ORIGIN=", "OFFICIAL ?missing-origin"},
		{"foreign", "VER=1.0, NS=tgo, SEC=abc, FOO=x", " ?unknown-namespace"},
		{"foreign with our words", "VER=2024.1, NS=vic.gov.au, SEC=PROTECTED, ORIGIN=a@b.vic.gov.au", " ?unknown-namespace"},
		{"two namespaces", "VER=2024.1, NS=tgo, NS=gov.au, SEC=PROTECTED, ORIGIN=a@b.gov.au",
			"PROTECTED ?unknown-namespace !duplicate-element"},
		{"unclassified", "VER=2012.3, NS=gov.au, SEC=UNCLASSIFIED, ORIGIN=a@b.gov.au", "UNCLASSIFIED ?historical-marking !unknown-classification"},
		{"in-confidence", "VER=2005.6, NS=gov.au, SEC=IN-CONFIDENCE:PRIVACY, ORIGIN=a@b.gov.au",
			"IN-CONFIDENCE:PRIVACY ?historical-marking !unknown-classification"},
		{"staff in confidence", field("SEC=STAFF-IN-CONFIDENCE"), "STAFF-IN-CONFIDENCE ?historical-marking !unknown-classification"},
		{"anyone in confidence", field("SEC=NOBODY-IN-CONFIDENCE"), " !unknown-classification"},
		{"fouo in sec", field("SEC=FOUO"), " +For-Official-Use-Only ?value-variant ?historical-marking !unknown-classification"},
		{"dlm alone 2012", "VER=2012.3, NS=gov.au, DLM=Sensitive:Legal, ORIGIN=a@b.gov.au", " +Sensitive:Legal ?historical-marking"},
		{"dlm alone 2024", "VER=2024.1, NS=gov.au, DLM=Sensitive, ORIGIN=a@b.gov.au", " +Sensitive ?historical-marking !missing-sec"},
		{"dlm colon", "VER=2012.3, NS=gov.au, SEC=PROTECTED,DLM:Sensitive:Legal, ORIGIN=a@b.gov.au",
			"PROTECTED +Sensitive:Legal ?missing-space ?value-variant ?historical-marking"},
		{"dlm unknown", "VER=2012.3, NS=gov.au, DLM=Funny, ORIGIN=a@b.gov.au", " ?historical-marking !unknown-classification"},
		{"nbsp", field("SEC=PROTECTED,\u00a0ACCESS=Legal-Privilege"), "PROTECTED <Legal-Privilege> !non-ascii-marking"},
		{"full width", field("SEC＝ＰＲＯＴＥＣＴＥＤ"), "PROTECTED !non-ascii-marking"},
		{"zero width", field("SEC=PRO\u200bTECTED"), "PROTECTED !non-ascii-marking"},
		{"nul", field("SEC=PRO\x00TECTED"), "PROTECTED !non-ascii-marking"},
		{"umlaut note", field("SEC=PROTECTED, NOTE=für"), "PROTECTED note für !non-ascii-marking"},
		{"bad utf-8", field("SEC=PROTECTED, NOTE=f\xffr"), "PROTECTED note f\xffr !non-ascii-marking"},
		{"encoded word", "=?utf-8?Q?" + strings.ReplaceAll(strings.ReplaceAll(full, "=", "=3D"), " ", "_") + "?=", "PROTECTED !non-ascii-marking"},
		{"encoded value", field("SEC==?utf-8?B?" + base64.StdEncoding.EncodeToString([]byte("PROTECTED")) + "?="), "PROTECTED !non-ascii-marking"},
		{"not encoded", field("SEC=PROTECTED, NOTE=what=?yes?="), "PROTECTED note what=?yes?="},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			m := ParseHeader(tt.in)
			if d := cmp.Diff(tt.want, show(m)); d != "" {
				t.Errorf("%s: -want +got\n%s", tt.in, d)
			}
			if m.Raw != tt.in || m.Source != SourceHeader || m.Use != Own {
				t.Errorf("raw, source or use wrong: %q %s %s", m.Raw, m.Source, m.Use)
			}
			checkDiagnostics(t, m)
		})
	}
}

// checkDiagnostics holds for every marking.
func checkDiagnostics(tb testing.TB, m Marking) {
	tb.Helper()
	known := map[Code]bool{}
	for _, c := range Codes() {
		known[c] = true
	}
	for _, d := range m.Diagnostics {
		if !known[d.Code] || d.Severity != d.Code.Severity() || d.Message == "" {
			tb.Errorf("bad diagnostic %+v", d)
		}
		if d.Offset < 0 || d.Offset > len(m.Raw) {
			tb.Errorf("offset %d of %s outside the marking of %d octets", d.Offset, d.Code, len(m.Raw))
		}
	}
	if m.Caveats == nil || m.IMMs == nil || m.Diagnostics == nil {
		tb.Error("nil slice")
	}
	if (m.Strict() == nil) != (len(m.Diagnostics) == 0) {
		tb.Error("strict disagrees with the diagnostics")
	}
	if m.Classification != "" && !IsHistorical(m.Classification) {
		if _, ok := Rank(m.Classification); !ok {
			tb.Errorf("class %q is not canonical", m.Classification)
		}
	}
}

func TestOffsets(t *testing.T) {
	t.Parallel()
	for _, in := range []string{
		field("SEC=PROTECTED, ACCESS=Whatever"),
		"  " + field("SEC=PROTECTED,\u00a0ACCESS=Whatever"),
		"x\u3000y [SEC=PROTECTED,\u00a0ACCESS=Whatever]",
	} {
		m := ParseHeader(in)
		if tags := FindSubject(in); len(tags) > 0 {
			m = tags[0].Marking
		}
		for _, d := range m.Diagnostics {
			if d.Code == UnknownIMM && !strings.HasPrefix(m.Raw[d.Offset:], "Whatever") {
				t.Errorf("%q: %s points at %q", m.Raw, d.Code, m.Raw[d.Offset:])
			}
		}
		if !m.Has(UnknownIMM) {
			t.Errorf("%q: %s", in, show(m))
		}
	}
}

func TestFieldLimit(t *testing.T) {
	t.Parallel()
	fill := func(n int) string { // a strictly conforming field of n octets
		s := "VER=2024.1, NS=gov.au, SEC=PROTECTED"
		tail := ", ORIGIN=a@b.gov.au"
		for n-len(s)-len(tail) > 130 {
			s += ", CAVEAT=C:" + strings.Repeat("w", 100) + string(rune('a'+len(s)%26)) + string(rune('a'+len(s)/26%26))
		}
		s += ", CAVEAT=C:"
		return s + strings.Repeat("v", n-len(s)-len(tail)) + tail
	}
	if m := ParseHeader(fill(998)); m.Has(MarkingTooLong) || m.Strict() != nil {
		t.Errorf("998 octets: %v", m.Diagnostics)
	}
	if m := ParseHeader(fill(999)); !m.Has(MarkingTooLong) || m.Classification != Protected {
		t.Errorf("999 octets: %v", m.Diagnostics)
	}
	folded := strings.ReplaceAll(fill(998), ", ", ",\r\n ")
	if m := ParseHeader(folded); m.Strict() != nil {
		t.Errorf("folds count: %v", m.Diagnostics)
	}
}

func TestDates(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"2019-07-01":                      "2019-07-01T00:00:00Z",
		"2027-01-01T09:30:00.5+10:00":     "2026-12-31T23:30:00.5Z",
		"2027-01-01T09:30:00":             "2027-01-01T09:30:00Z",
		"2027-13-01":                      "",
		"2027-02-30":                      "",
		"the release of the budget":       "",
		"2027-01-01 or the next election": "",
		"":                                "",
	} {
		m := Marking{Expires: in}
		got, ok := m.ExpiresAt()
		if ok != (want != "") || ok && got.Format(time.RFC3339Nano) != want {
			t.Errorf("%q: got %v %v, want %q", in, got, ok, want)
		}
	}
}

func TestJSON(t *testing.T) {
	t.Parallel()
	got, err := json.Marshal(ParseHeader("SEC=OFFICIAL"))
	if err != nil {
		t.Fatal(err)
	}
	want := `{"source":"header","part":"","scheme":"au-epms","raw":"SEC=OFFICIAL","version":"","namespace":"",` +
		`"classification":"OFFICIAL","caveats":[],"imms":[],"dlm":"","expires":"","downto":"","note":"","origin":"","use":"own",` +
		`"diagnostics":[{"code":"missing-ver","severity":"warning","message":"VER is mandatory","offset":0},` +
		`{"code":"missing-ns","severity":"warning","message":"NS is mandatory","offset":0},` +
		`{"code":"missing-origin","severity":"warning","message":"ORIGIN is mandatory","offset":0}]}`
	if d := cmp.Diff(want, string(got)); d != "" {
		t.Errorf("-want +got\n%s", d)
	}
}

func TestRank(t *testing.T) {
	t.Parallel()
	cs := Classes()
	for i := range cs {
		for j := range cs {
			if got := Lower(cs[i], cs[j]); got != (i < j) {
				t.Errorf("Lower(%s, %s) = %v", cs[i], cs[j], got)
			}
		}
	}
	if Lower("", Official) || Lower(Unclassified, Secret) {
		t.Error("a class without rank is not lower")
	}
	ms := []Marking{{Classification: Confidential}, {Classification: Official}, {Classification: Protected}, {Classification: Protected}}
	if got := Highest(ms); got != 2 {
		t.Errorf("Highest = %d", got)
	}
	if got := Highest(ms[:1]); got != -1 {
		t.Errorf("Highest of history = %d", got)
	}
	if d := cmp.Diff([]string{"STAFF-IN-CONFIDENCE", InConfidence}, HistoricalKeys("STAFF-IN-CONFIDENCE")); d != "" {
		t.Error(d)
	}
	if !ParseHeader(field("SEC=UNCLASSIFIED")).HasErrors() || ParseHeader(field("SEC=UNCLASSIFIED")).HasErrors(UnknownClassification) {
		t.Error("HasErrors does not leave out what it should")
	}
}
