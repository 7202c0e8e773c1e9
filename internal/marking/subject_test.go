package marking

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestFindSubject(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, in string
		want     []string // "raw | marking"
	}{
		{"none", "plain subject", nil},
		{"other brackets", "[EXTERNAL] [list-name] hello (see x) <y>", nil},
		{"commission", "[SEC: Form 10-K] filed", nil},
		{"variable", "timer [sec=30] fails", nil},
		{"bare", "SEC=PROTECTED", nil},
		{"end", "hello [SEC=OFFICIAL]", []string{"[SEC=OFFICIAL] | OFFICIAL"}},
		{"start", "[SEC=OFFICIAL] hello", []string{"[SEC=OFFICIAL] | OFFICIAL"}},
		{"glued", "a[SEC=OFFICIAL]b", []string{"[SEC=OFFICIAL] | OFFICIAL"}},
		{"two", "[SEC=OFFICIAL] x [SEC=PROTECTED]",
			[]string{"[SEC=OFFICIAL] | OFFICIAL ?several-subject-tags", "[SEC=PROTECTED] | PROTECTED"}},
		{"nested brackets", "[[SEC=OFFICIAL]]", []string{"[SEC=OFFICIAL] | OFFICIAL"}},
		{"dlm", "x [DLM=Sensitive:Personal]", []string{"[DLM=Sensitive:Personal] |  +Sensitive:Personal ?historical-marking"}},
		{"dlm colon", "x [SEC=PROTECTED,DLM:Sensitive:Legal]",
			[]string{"[SEC=PROTECTED,DLM:Sensitive:Legal] | PROTECTED +Sensitive:Legal ?missing-space ?value-variant ?historical-marking"}},
		{"sec colon", "x [SEC:PROTECTED]", []string{"[SEC:PROTECTED] | PROTECTED ?value-variant"}},
		{"lower", "x [sec=protected]", []string{"[sec=protected] | PROTECTED ?element-case ?value-case"}},
		{"blanks", "x [ SEC=PROTECTED ]", []string{"[ SEC=PROTECTED ] | PROTECTED ?space-in-value ?space-in-value"}},
		{"unknown class", "x [SEC=SOMETHING]", []string{"[SEC=SOMETHING] |  !unknown-classification"}},
		{"empty class", "x [SEC=]", []string{"[SEC=] |  !unknown-classification"}},
		{"other order", "x [CAVEAT=SH:CABINET, SEC=PROTECTED]", []string{"[CAVEAT=SH:CABINET, SEC=PROTECTED] | PROTECTED {SH:CABINET} ?element-order"}},
		{"class lost", "x [ACCESS=Legal-Privilege]", []string{"[ACCESS=Legal-Privilege] |  <Legal-Privilege> !missing-sec"}},
		{"swallowed tag", "[CAVEAT=C:x [SEC=SECRET, ACCESS=Legal-Privilege]",
			[]string{"[SEC=SECRET, ACCESS=Legal-Privilege] | SECRET <Legal-Privilege>"}},
		{"other access", "x [ACCESS=granted]", nil},
		{"version tag", "x [VER=1.2]", nil},
		{"field form", "x [VER=2024.1, NS=gov.au, SEC=OFFICIAL, ORIGIN=a@b]",
			[]string{"[VER=2024.1, NS=gov.au, SEC=OFFICIAL, ORIGIN=a@b] | OFFICIAL ?element-order"}},
		{"foreign", "x [NS=tgo, SEC=OFFICIAL]", []string{"[NS=tgo, SEC=OFFICIAL] |  ?unknown-namespace"}},
		{"bracket in text", "x [SEC=PROTECTED, CAVEAT=C:A]B, ACCESS=Legal-Privilege] y",
			[]string{"[SEC=PROTECTED, CAVEAT=C:A]B, ACCESS=Legal-Privilege] | PROTECTED {C:A]B} <Legal-Privilege>"}},
		{"brackets in event", "[SEC=PROTECTED, EXPIRES=end of [draft] a], DOWNTO=OFFICIAL]",
			[]string{"[SEC=PROTECTED, EXPIRES=end of [draft] a], DOWNTO=OFFICIAL] | PROTECTED until end of [draft] a]→OFFICIAL"}},
		{"text after", "[SEC=PROTECTED, CAVEAT=C:A] b, c]", []string{"[SEC=PROTECTED, CAVEAT=C:A] | PROTECTED {C:A}"}},
		{"tag in text", "[SEC=PROTECTED, CAVEAT=C:x SEC=OFFICIAL, ACCESS=Legal-Privilege]",
			[]string{"[SEC=PROTECTED, CAVEAT=C:x SEC=OFFICIAL, ACCESS=Legal-Privilege] | PROTECTED {C:x SEC=OFFICIAL} <Legal-Privilege>"}},
		{"escape in text", `[SEC=PROTECTED, CAVEAT=FG:a\, SEC=SECRET\\]`,
			[]string{`[SEC=PROTECTED, CAVEAT=FG:a\, SEC=SECRET\\] | PROTECTED {FG:a, SEC=SECRET\}`}},
		{"unterminated", "x [SEC=PROTECTED", []string{"[SEC=PROTECTED | PROTECTED !unterminated-tag"}},
		{"unterminated, words", "x [SEC=TOP SECRET plans for it", []string{"[SEC=TOP SECRET | TOP-SECRET ?value-variant !unterminated-tag"}},
		{"unterminated, cut class", "x [SEC=PROT", []string{"[SEC=PROT |  !unterminated-tag"}},
		{"unterminated, cut os", "x [SEC=OFFICIAL:Sen", []string{"[SEC=OFFICIAL:Sen |  !unterminated-tag"}},
		{"unterminated, cut os blank", "x [SEC=OFFICIAL: Sen", []string{"[SEC=OFFICIAL: |  !unterminated-tag"}},
		{"unterminated, cut imm", "x [SEC=PROTECTED, ACCESS=Legal-Priv", []string{"[SEC=PROTECTED, ACCESS=Legal-Priv | PROTECTED !unterminated-tag"}},
		{"unterminated then closed", "[SEC=PROTECTED x [SEC=OFFICIAL]",
			[]string{"[SEC=PROTECTED | PROTECTED !unterminated-tag ?several-subject-tags", "[SEC=OFFICIAL] | OFFICIAL"}},
		{"full width", "x ［SEC＝PROTECTED］", []string{"［SEC＝PROTECTED］ | PROTECTED !lookalike-tag"}},
		{"cjk", "x 【SEC=PROTECTED】 y", []string{"【SEC=PROTECTED】 | PROTECTED !lookalike-tag"}},
		{"round", "x (SEC=PROTECTED)", []string{"(SEC=PROTECTED) | PROTECTED !lookalike-tag"}},
		{"curly", "x {SEC=OFFICIAL:Sensitive, ACCESS=Legal-Privilege}", []string{"{SEC=OFFICIAL:Sensitive, ACCESS=Legal-Privilege} | OFFICIAL:Sensitive <Legal-Privilege> !lookalike-tag"}},
		{"round, other", "x (SEC=FOO)", nil},
		{"homoglyph key", "x [SЕC=PROTECTED]", []string{"[SЕC=PROTECTED] | PROTECTED !lookalike-tag"}},
		{"homoglyph class", "x [SEC=РROTECTED]", []string{"[SEC=РROTECTED] | PROTECTED !non-ascii-marking"}},
		{"nbsp", "x [SEC=OFFICIAL:Sensitive,\u00a0ACCESS=Legal-Privilege]",
			[]string{"[SEC=OFFICIAL:Sensitive,\u00a0ACCESS=Legal-Privilege] | OFFICIAL:Sensitive <Legal-Privilege> !non-ascii-marking"}},
		{"invisible", "x [SEC=OFF\u200bICIAL]", []string{"[SEC=OFF\u200bICIAL] | OFFICIAL !non-ascii-marking"}},
		{"non-ascii around", "für [SEC=OFFICIAL] é", []string{"[SEC=OFFICIAL] | OFFICIAL"}},
		{"folded subject", "x\r\n [SEC=OFFICIAL:Sensitive,\r\n ACCESS=Legal-Privilege]", []string{"[SEC=OFFICIAL:Sensitive,\r\n ACCESS=Legal-Privilege] | OFFICIAL:Sensitive <Legal-Privilege>"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			var got []string
			for _, tag := range FindSubject(tt.in) {
				if tag.Marking.Raw != tt.in[tag.Start:tag.End] {
					t.Errorf("raw %q is not at %d..%d", tag.Marking.Raw, tag.Start, tag.End)
				}
				checkDiagnostics(t, tag.Marking)
				got = append(got, tag.Marking.Raw+" | "+show(tag.Marking))
			}
			if d := cmp.Diff(tt.want, got); d != "" {
				t.Errorf("%q: -want +got\n%s", tt.in, d)
			}
		})
	}
}

func TestSubjectLimits(t *testing.T) {
	t.Parallel()
	tags := FindSubject("[SEC=PROTECTED" + strings.Repeat(", CAVEAT=C:"+strings.Repeat("x", 100), 12) + "]")
	if len(tags) != 1 || !tags[0].Marking.Has(MarkingTooLong) || tags[0].Marking.Classification != Protected {
		t.Errorf("too long: %v", tags)
	}
	tags = FindSubject(strings.Repeat("[SEC=OFFICIAL]", 1000) + "[SEC=SECRET]")
	if len(tags) > maxTags+6 || tags[len(tags)-1].Marking.Classification != Secret {
		t.Errorf("%d tags, last %s", len(tags), show(tags[len(tags)-1].Marking))
	}
}

func TestSenderDomain(t *testing.T) {
	t.Parallel()
	m := FindSubject("[SEC=OFFICIAL]")[0].Marking
	for domain, want := range map[string]bool{
		"gov.au": false, "x.gov.au": false, "X.GOV.AU.": false, "example.com": true, "notgov.au": true, "": true,
	} {
		if got := m.WithSenderDomain(domain).Has(SubjectNamespaceAssumed); got != want {
			t.Errorf("%q: got %v", domain, got)
		}
	}
	if len(m.Diagnostics) != 0 {
		t.Error("the marking itself was changed")
	}
	if ParseHeader(full).WithSenderDomain("example.com").Has(SubjectNamespaceAssumed) {
		t.Error("a field has its own namespace")
	}
}

func TestSetSubject(t *testing.T) {
	t.Parallel()
	protected := Marking{Classification: Protected, IMMs: []string{LegalPrivilege}}
	const tag = "[SEC=PROTECTED, ACCESS=Legal-Privilege]"
	tests := []struct {
		name, in, end, start string // with § for the tag
	}{
		{"empty", "", "§", "§"},
		{"plain", "hello", "hello §", "§ hello"},
		{"same", "hello " + tag, "hello §", "§ hello"},
		{"replies", "Re: AW: Fwd: hello [SEC=OFFICIAL] [SEC=OFFICIAL]", "Re: AW: Fwd: hello §", "§ Re: AW: Fwd: hello"},
		{"middle", "Re: [SEC=OFFICIAL] hello", "Re: hello §", "§ Re: hello"},
		{"glued", "a[SEC=OFFICIAL]b", "a b §", "§ a b"},
		{"other text kept", "  two  blanks  [list] é ", "  two  blanks  [list] é  §", "§   two  blanks  [list] é "},
		{"historical", "x [DLM=Sensitive] [SEC=UNCLASSIFIED]", "x §", "§ x"},
		{"truncated", "x [SEC=PROTECTED, ACC", "x §", "§ x"},
		{"unknown", "x [SEC=FOO]", "x §", "§ x"},
		{"foreign stays", "x [NS=tgo, SEC=A]", "x [NS=tgo, SEC=A] §", "§ x [NS=tgo, SEC=A]"},
		{"look-alike stays", "x ［SEC＝SECRET］", "x ［SEC＝SECRET］ §", "§ x ［SEC＝SECRET］"},
		{"open bracket", "x [", "x [ §", "§ x ["},
		{"trap", "[SE[SEC=OFFICIAL]C=SECRET]", "[SE C=SECRET] §", "§ [SE C=SECRET]"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			for place, want := range map[Place]string{AtEnd: tt.end, AtStart: tt.start} {
				want = strings.Replace(want, "§", tag, 1)
				got, err := SetSubject(tt.in, protected, place, FormSubject)
				if err != nil {
					t.Fatal(err)
				}
				if got != want {
					t.Errorf("place %d: got %q, want %q", place, got, want)
				}
				again, err := SetSubject(got, protected, place, FormSubject)
				if err != nil || again != got {
					t.Errorf("place %d: not idempotent: %q, %v", place, again, err)
				}
			}
		})
	}
	if _, err := SetSubject("x", Marking{Classification: "FOO"}, AtEnd, FormSubject); err == nil {
		t.Error("wrote an unknown class")
	}
}
