package marking

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// brief shows a text marking in one line: use, class, dlm, caveats, IMMs,
// error codes.
func brief(m Marking) string {
	s := string(m.Use) + " " + m.Classification
	if m.DLM != "" {
		s += "+" + m.DLM
	}
	for _, c := range m.Caveats {
		s += " {" + c + "}"
	}
	for _, i := range m.IMMs {
		s += " <" + i + ">"
	}
	for _, d := range m.Diagnostics {
		if d.Severity == Error {
			s += " !" + string(d.Code)
		}
	}
	return s
}

func TestFindText(t *testing.T) {
	t.Parallel()
	const head = "From: A <a@x.gov.au>\nSent: Monday\nTo: B\nSubject: Re: x [SEC=PROTECTED]\n\n"
	tests := []struct {
		name, text string
		want       []string
	}{
		{"unofficial", "UNOFFICIAL", []string{"own UNOFFICIAL"}},
		{"official", "OFFICIAL\r\n\r\nHi Bob,\r\n", []string{"own OFFICIAL"}},
		{"os", "OFFICIAL: Sensitive", []string{"own OFFICIAL:Sensitive"}},
		{"os upper", "OFFICIAL: SENSITIVE\nHello", []string{"own OFFICIAL:Sensitive"}},
		{"os blank", "OFFICIAL Sensitive\nHello", []string{"own OFFICIAL:Sensitive"}},
		{"os hyphen", "OFFICIAL-Sensitive", []string{"own OFFICIAL:Sensitive"}},
		{"os lower with colon", "official: sensitive", []string{"own OFFICIAL:Sensitive"}},
		{"os nbsp", "OFFICIAL:\u00a0Sensitive", []string{"own OFFICIAL:Sensitive"}},
		{"os pp", "OFFICIAL: Sensitive//Personal Privacy", []string{"own OFFICIAL:Sensitive <Personal-Privacy>"}},
		{"os lp no space", "OFFICIAL:Sensitive//Legal Privilege", []string{"own OFFICIAL:Sensitive <Legal-Privilege>"}},
		{"os comma access", "OFFICIAL: Sensitive, ACCESS=Personal-Privacy", []string{"own OFFICIAL:Sensitive <Personal-Privacy>"}},
		{"os nc lp", "OFFICIAL: Sensitive//NATIONAL CABINET//Legal Privilege",
			[]string{"own OFFICIAL:Sensitive {SH:NATIONAL-CABINET} <Legal-Privilege>"}},
		{"os ls act", "OFFICIAL: Sensitive Legislative Secrecy (Example Act)", []string{"own OFFICIAL:Sensitive <Legislative-Secrecy>"}},
		{"imm on second line", "OFFICIAL: Sensitive\nLegislative Secrecy (Example Act)\n\nDear all",
			[]string{"own OFFICIAL:Sensitive <Legislative-Secrecy>"}},
		{"imm on line before", "text\n\nPersonal Privacy\nPROTECTED", []string{"own PROTECTED <Personal-Privacy>"}},
		{"two item lines", "PROTECTED\nCABINET\nLegal Privilege\n", []string{"own PROTECTED {SH:CABINET} <Legal-Privilege>"}},
		{"imm alone", "Personal Privacy\n\nhello", nil},
		{"protected cabinet", "PROTECTED//CABINET", []string{"own PROTECTED {SH:CABINET}"}},
		{"caveats", "PROTECTED//AUSTEO//CABINET", []string{"own PROTECTED {RI:AUSTEO} {SH:CABINET}"}},
		{"release list", "SECRET//REL AUS/USA//ORCON", []string{"own SECRET {RI:REL AUS/USA} {SH:ORCON}"}},
		{"exclusive", "SECRET//EXCLUSIVE FOR J. Smith", []string{"own SECRET {SH:EXCLUSIVE-FOR J. Smith}"}},
		{"codeword", "PROTECTED//LOBSTER", []string{"own PROTECTED {LOBSTER} !unknown-caveat"}},
		{"caveat too low", "OFFICIAL//CABINET", []string{"own OFFICIAL {SH:CABINET} !caveat-not-permitted"}},
		{"top secret", "TOP  SECRET", []string{"own TOP-SECRET"}},
		{"top-secret", "*** TOP-SECRET ***", []string{"own TOP-SECRET"}},
		{"decorated", "---- PROTECTED ----\n", []string{"own PROTECTED"}},
		{"bold", "**PROTECTED**\n", []string{"own PROTECTED"}},
		{"bracketed", "[PROTECTED]\n", []string{"own PROTECTED"}},
		{"named", "Classification: PROTECTED", []string{"own PROTECTED"}},
		{"tag line", "[SEC=PROTECTED, CAVEAT=SH:CABINET]", []string{"own PROTECTED {SH:CABINET}"}},
		{"wrapped tag", "[SEC=OFFICIAL:Sensitive,\n ACCESS=Legal-Privilege]\n", []string{"own OFFICIAL:Sensitive <Legal-Privilege>"}},
		{"tag in sentence", "please reply with [SEC=PROTECTED] in the subject", []string{"mention PROTECTED"}},
		{"uk", "OFFICIAL-SENSITIVE", nil},
		{"uk descriptor", "OFFICIAL-SENSITIVE COMMERCIAL", nil},
		{"uk dash", "OFFICIAL – SENSITIVE", nil},
		{"us", "CUI//SP-PRVCY", nil},
		{"us unclassified", "UNCLASSIFIED//FOUO", nil},
		{"canada", "PROTECTED B", nil},
		{"nato", "NATO SECRET", nil},
		{"nz", "MEDICAL IN-CONFIDENCE", []string{"own MEDICAL-IN-CONFIDENCE"}},
		{"sentence lower", "all values are protected by copyright", nil},
		{"sentence upper", "This is OFFICIAL business.", nil},
		{"party", "SECRET SANTA", nil},
		{"capitalised word", "Official\nProtected\nSecret", nil},
		{"phrase in sentence", "It was marked OFFICIAL: Sensitive by mistake.", []string{"mention OFFICIAL:Sensitive"}},
		{"wrapped sentence", "the whole of this long paragraph was said to be classified\nPROTECTED\n", []string{"mention PROTECTED"}},
		{"bullet", "- PROTECTED\n", []string{"mention PROTECTED"}},
		{"numbered", "1. SECRET\n", []string{"mention SECRET"}},
		{"list of levels", "UNOFFICIAL\nOFFICIAL\nPROTECTED\nSECRET\n",
			[]string{"mention UNOFFICIAL", "mention OFFICIAL", "mention PROTECTED", "mention SECRET"}},
		{"list of two", "Choose one:\nOFFICIAL\nPROTECTED\n", []string{"mention OFFICIAL", "mention PROTECTED"}},
		{"two banners", "OFFICIAL\ntext\nPROTECTED\n", []string{"own OFFICIAL", "own PROTECTED"}},
		{"top and bottom", "PROTECTED\n\nHello\n\nPROTECTED\n", []string{"own PROTECTED"}},
		{"code", "```\nPROTECTED\n[SEC=SECRET]\n```\nOFFICIAL\n", []string{"mention PROTECTED", "mention SECRET", "own OFFICIAL"}},
		{"open fence", "```\nPROTECTED\n", []string{"own PROTECTED"}},
		{"quoted", "OFFICIAL\n\nok\n\n> PROTECTED\n> > SECRET\n", []string{"own OFFICIAL", "quoted PROTECTED", "quoted SECRET"}},
		{"original message", "OFFICIAL\n\n-----Original Message-----\nPROTECTED\n", []string{"own OFFICIAL", "quoted PROTECTED"}},
		{"german", "OFFICIAL\n-----Ursprüngliche Nachricht-----\nSECRET\n", []string{"own OFFICIAL", "quoted SECRET"}},
		{"outlook block", "OFFICIAL\n\n" + head + "OFFICIAL: Sensitive\n",
			[]string{"own OFFICIAL", "quoted PROTECTED", "quoted OFFICIAL:Sensitive"}},
		{"outlook rule", "hi\n________________________________\n" + head + "SECRET\n", []string{"quoted PROTECTED", "quoted SECRET"}},
		{"french block", "De: A\nEnvoyé: lundi\nÀ: B\nObjet: x\n\nPROTECTED\n", []string{"quoted PROTECTED"}},
		{"attribution, outlook style", "ok\n\nOn Monday A <a@b.c> wrote:\n\nPROTECTED\n", []string{"quoted PROTECTED"}},
		{"attribution wrapped", "ok\n\nOn Monday, 3 May 2027 at 10:00, Some Body\n<a@b.c> wrote:\n\nPROTECTED\n", []string{"quoted PROTECTED"}},
		{"attribution, marks", "On Monday A wrote:\n> OFFICIAL\n\nPROTECTED\n", []string{"quoted OFFICIAL", "own PROTECTED"}},
		{"on is a word", "On the other hand this\nis new text\nPROTECTED\n", []string{"own PROTECTED"}},
		{"field", "X-Protective-Marking: VER=2024.1, NS=gov.au,\n SEC=PROTECTED, ACCESS=Legal-Privilege,\n ORIGIN=a@b.gov.au\n",
			[]string{"quoted PROTECTED <Legal-Privilege>"}},
		{"historical", "FOR OFFICIAL USE ONLY\n", []string{"own +For-Official-Use-Only"}},
		{"historical dlm", "Sensitive: Legal\n", []string{"own +Sensitive:Legal"}},
		{"historical behind its name", "Classification:\nFOR OFFICIAL USE ONLY\n", []string{"own +For-Official-Use-Only"}},
		{"historical behind a sentence", "These labels will be retired:\nFOR OFFICIAL USE ONLY\nSENSITIVE\nUNCLASSIFIED\n", []string{"mention +For-Official-Use-Only", "mention UNCLASSIFIED"}},
		{"present behind a sentence", "Here is how this mail is marked:\nPROTECTED\n", []string{"own PROTECTED"}},
		{"sensitive is a word", "Sensitive\nSENSITIVE\n", nil},
		{"historical in sentence", "this is UNCLASSIFIED and CONFIDENTIAL stuff", nil},
		{"confidential lower", "Confidential\n", nil},
		{"marks", "(O:S) The first.\n\n(O) The second.\n\n(P) The third.\n", []string{"own PROTECTED"}},
		{"marks once", "(O:S) The first.\n\nThe second.\n\nThe third.\n", []string{"mention OFFICIAL:Sensitive"}},
		{"marks unsure", "(P) One.\n(S) Two.\n(O) Three.\n", nil},
		{"homoglyph", "РROTECTED\n", []string{"own PROTECTED !lookalike-tag"}},
		{"empty", "", nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			var got []string
			for _, m := range FindText(tt.text) {
				got = append(got, brief(m.Marking))
				if m.Start < 0 || m.End > len(tt.text) || m.Start >= m.End {
					t.Errorf("place %d..%d of %d", m.Start, m.End, len(tt.text))
				}
			}
			if d := cmp.Diff(tt.want, got); d != "" {
				t.Errorf("%q: -want +got\n%s", tt.text, d)
			}
		})
	}
}

// The bound on reported markings must not hide the highest.
func TestFindTextBound(t *testing.T) {
	t.Parallel()
	var b strings.Builder
	for i := range 5000 {
		fmt.Fprintf(&b, "PROTECTED//WORD%d\n\n\n", i)
	}
	b.WriteString("TOP SECRET\n")
	got := FindText(b.String())
	if len(got) > maxTextMarkings+6 {
		t.Errorf("%d markings reported", len(got))
	}
	if last := got[len(got)-1].Marking; last.Classification != TopSecret || last.Use != Own {
		t.Errorf("last is %s", brief(last))
	}
}
