package marking

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// short writes a marking for comparison: class, caveats, descriptors, use if
// it is not own, codes.
func short(m Marking) string {
	s := m.Scheme + " " + m.Classification
	if len(m.Caveats) > 0 {
		s += " {" + strings.Join(m.Caveats, ", ") + "}"
	}
	if len(m.IMMs) > 0 {
		s += " <" + strings.Join(m.IMMs, ", ") + ">"
	}
	if m.Use != Own {
		s += " " + string(m.Use)
	}
	for _, d := range m.Diagnostics {
		s += " !" + string(d.Code)
	}
	return s
}

func reader2(t testing.TB, home string, others ...string) *Reader {
	t.Helper()
	r, err := NewReader(home, others...)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// schemeCase is one subject ("S: …") or text and what is read of it at home
// and abroad, where the Australian scheme is the home scheme. "=" abroad
// means the same as at home.
type schemeCase struct{ in, home, abroad string }

func (c schemeCase) check(t *testing.T, scheme string) {
	t.Helper()
	want := c.abroad
	if want == "=" {
		want = c.home
	}
	for _, v := range []struct {
		name, want string
		r          *Reader
	}{
		{"home", c.home, reader2(t, scheme)},
		{"abroad", want, reader2(t, SchemeAU, SchemeUK, SchemeNZ, SchemeUS, SchemeNATO)},
	} {
		var got []string
		if s, ok := strings.CutPrefix(c.in, "S: "); ok {
			for _, tag := range v.r.Subject(s) {
				got = append(got, strings.TrimPrefix(short(tag.Marking), scheme+" "))
				if tag.Start < 0 || tag.End > len(s) || tag.Start >= tag.End {
					t.Errorf("%s %q: place %d to %d", v.name, c.in, tag.Start, tag.End)
				}
			}
		} else {
			for _, tm := range v.r.Text(c.in) {
				got = append(got, strings.TrimPrefix(short(tm.Marking), scheme+" "))
			}
		}
		if g := strings.Join(got, "; "); g != v.want {
			t.Errorf("%s %q:\n got %s\nwant %s", v.name, c.in, g, v.want)
		}
	}
}

func TestUnitedKingdom(t *testing.T) {
	t.Parallel()
	for _, c := range []schemeCase{
		{"OFFICIAL-SENSITIVE", "OFFICIAL-SENSITIVE", "="},
		{"**OFFICIAL-SENSITIVE**\n\nDear all", "OFFICIAL-SENSITIVE", "="},
		{"[OFFICIAL-SENSITIVE]", "OFFICIAL-SENSITIVE", "="},
		{"Classification: OFFICIAL-SENSITIVE", "OFFICIAL-SENSITIVE", "="},
		{"OFFICIAL - SENSITIVE", "OFFICIAL-SENSITIVE !value-variant", "="},
		{"OFFICIAL – SENSITIVE", "OFFICIAL-SENSITIVE !value-variant", "="},
		{"OFFICIAL SENSITIVE", "OFFICIAL-SENSITIVE !value-variant", "au-epms OFFICIAL:Sensitive"},
		{"OFFICIAL: SENSITIVE", "OFFICIAL-SENSITIVE !value-variant", "au-epms OFFICIAL:Sensitive"},
		{"OFFICIAL", "OFFICIAL", "au-epms OFFICIAL"},
		{"UK OFFICIAL", "OFFICIAL", "="},
		{"UK OFFICIAL-SENSITIVE", "OFFICIAL-SENSITIVE", "="},
		{"UK SECRET", "SECRET", "="},
		{"UK TOP SECRET", "TOP SECRET", "="},
		{"UNITED KINGDOM SECRET", "SECRET", "="},
		{"SECRET", "SECRET", "au-epms SECRET"},
		{"TOP SECRET", "TOP SECRET", "au-epms TOP-SECRET"},
		{"OFFICIAL-SENSITIVE//COMMERCIAL", "OFFICIAL-SENSITIVE <COMMERCIAL>", "="},
		{"OFFICIAL-SENSITIVE COMMERCIAL", "OFFICIAL-SENSITIVE <COMMERCIAL>", "="},
		{"OFFICIAL-SENSITIVE: COMMERCIAL", "OFFICIAL-SENSITIVE <COMMERCIAL>", "="},
		{"OFFICIAL-SENSITIVE - PERSONAL DATA", "OFFICIAL-SENSITIVE <PERSONAL DATA>", "="},
		{"OFFICIAL-SENSITIVE//HR/MANAGEMENT", "OFFICIAL-SENSITIVE <HR/MANAGEMENT>", "="},
		{"OFFICIAL-SENSITIVE//LPP//RECIPIENTS ONLY", "OFFICIAL-SENSITIVE {RECIPIENTS ONLY} <LPP>", "="},
		{"OFFICIAL-SENSITIVE//HMG USE ONLY", "OFFICIAL-SENSITIVE {HMG USE ONLY}", "="},
		{"OFFICIAL-SENSITIVE//CABINET OFFICE USE ONLY", "OFFICIAL-SENSITIVE {ORGANISATION USE ONLY}", "="},
		{"OFFICIAL//FOR PUBLIC RELEASE", "OFFICIAL {FOR PUBLIC RELEASE}", "au-epms OFFICIAL {FOR PUBLIC RELEASE} !unknown-caveat !caveat-not-permitted"},
		{"SECRET//UK EYES ONLY", "SECRET {UK EYES ONLY}", "au-epms SECRET {UK EYES ONLY} !unknown-caveat"},
		{"UK SECRET//UK EYES ONLY", "SECRET {UK EYES ONLY}", "="},
		{"OFFICIAL-SENSITIVE//NOVELTY", "OFFICIAL-SENSITIVE {NOVELTY} !unknown-caveat", "="},
		{"OFFICIAL-SENSITIVE matters are handled with care", "", ""},
		{"official-sensitive", "", ""},
		{"This is OFFICIAL-SENSITIVE.", "", ""},
		{"> OFFICIAL-SENSITIVE\n> Dear", "OFFICIAL-SENSITIVE quoted", "="},
		{"```\nOFFICIAL-SENSITIVE\n```", "OFFICIAL-SENSITIVE mention", "="},
		{"* OFFICIAL-SENSITIVE", "OFFICIAL-SENSITIVE mention", "="},
		{"OFFICIAL\nOFFICIAL-SENSITIVE\nSECRET\nTOP SECRET", "OFFICIAL mention; OFFICIAL-SENSITIVE mention; SECRET mention; TOP SECRET mention",
			"au-epms OFFICIAL; OFFICIAL-SENSITIVE; au-epms SECRET; au-epms TOP-SECRET"},
		{"RESTRICTED", "RESTRICTED !historical-marking", "au-epms RESTRICTED !historical-marking"},
		{"UK RESTRICTED", "RESTRICTED !historical-marking", "="},
		{"PROTECT", "PROTECT !historical-marking", ""},
		{"PROTECTED", "", "au-epms PROTECTED"},
		{"S: OFFICIAL-SENSITIVE: Budget", "OFFICIAL-SENSITIVE", "="},
		{"S: Re: FW: OFFICIAL-SENSITIVE - Budget", "OFFICIAL-SENSITIVE", "="},
		{"S: [OFFICIAL-SENSITIVE] Budget", "OFFICIAL-SENSITIVE", "="},
		{"S: Budget (OFFICIAL-SENSITIVE)", "OFFICIAL-SENSITIVE", "="},
		{"S: Budget - OFFICIAL-SENSITIVE", "OFFICIAL-SENSITIVE", "="},
		{"S: OFFICIAL-SENSITIVE - COMMERCIAL - tender", "OFFICIAL-SENSITIVE <COMMERCIAL>", "="},
		{"S: OFFICIAL: minutes", "OFFICIAL", ""},
		{"S: [OFFICIAL] minutes", "OFFICIAL", ""},
		{"S: SECRET SANTA 2026", "", ""},
		{"S: [SECRET] minutes", "SECRET", ""},
		{"S: Оfficial visit", "", ""},
		{"S: [ОFFICIAL-SENSITIVE] x", "OFFICIAL-SENSITIVE !lookalike-tag", "="},
	} {
		c.check(t, SchemeUK)
	}
}

func TestNewZealand(t *testing.T) {
	t.Parallel()
	for _, c := range []schemeCase{
		{"IN-CONFIDENCE", "IN-CONFIDENCE", "au-epms IN-CONFIDENCE !historical-marking"},
		{"IN CONFIDENCE", "IN-CONFIDENCE !value-variant", "au-epms IN-CONFIDENCE !historical-marking"},
		{"SENSITIVE", "SENSITIVE", ""},
		{"RESTRICTED", "RESTRICTED", "au-epms RESTRICTED !historical-marking"},
		{"CONFIDENTIAL", "CONFIDENTIAL", "au-epms CONFIDENTIAL !historical-marking"},
		{"SECRET", "SECRET", "au-epms SECRET"},
		{"TOP SECRET", "TOP SECRET", "au-epms TOP-SECRET"},
		{"UNCLASSIFIED", "UNCLASSIFIED", "au-epms UNCLASSIFIED !historical-marking"},
		{"NZ RESTRICTED", "RESTRICTED", "="},
		{"NEW ZEALAND SECRET", "SECRET", "="},
		{"NZ TOP SECRET", "TOP SECRET", "="},
		{"MEDICAL IN-CONFIDENCE", "IN-CONFIDENCE {MEDICAL}", "="},
		{"STAFF IN-CONFIDENCE", "IN-CONFIDENCE {STAFF}", "="},
		{"LEGAL PRIVILEGE IN-CONFIDENCE", "IN-CONFIDENCE {LEGAL PRIVILEGE}", "="},
		{"BUDGET SENSITIVE", "SENSITIVE {BUDGET}", "="},
		{"CABINET SENSITIVE", "SENSITIVE {CABINET}", "="},
		{"POLICY RESTRICTED", "RESTRICTED {POLICY}", "="},
		{"EVALUATIVE STAFF IN-CONFIDENCE", "IN-CONFIDENCE {EVALUATIVE, STAFF}", "="},
		{"STAFF-IN-CONFIDENCE", "", "au-epms STAFF-IN-CONFIDENCE !historical-marking"},
		{"IN-CONFIDENCE: PRIVACY", "", "au-epms IN-CONFIDENCE:PRIVACY !historical-marking"},
		{"COMMERCIAL CONFIDENTIAL", "CONFIDENTIAL {COMMERCIAL}", ""},
		{"SECRET//NZEO", "SECRET {NZEO}", "au-epms SECRET {NZEO} !unknown-caveat"},
		{"RESTRICTED//NZEO", "RESTRICTED {NZEO}", "="},
		{"SENSITIVE//NEW ZEALAND EYES ONLY", "SENSITIVE {NZEO}", "="},
		{"IN-CONFIDENCE//STAFF", "IN-CONFIDENCE {STAFF}", ""},
		{"NZ SENSITIVE//TREASURY USE ONLY", "SENSITIVE {DEPARTMENT USE ONLY}", "="},
		{"NZ RESTRICTED//NOVELTY", "RESTRICTED {NOVELTY} !unknown-caveat", "="},
		{"[SEEMAIL]", " {SEEMAIL}", "="},
		{"[seemail]", " {SEEMAIL}", "="},
		{"[TRUSTED]", " {TRUSTED}", "="},
		{"[IN-CONFIDENCE]", "IN-CONFIDENCE", "="},
		{"[SENSITIVE]", "SENSITIVE", "="},
		{"please reply with [SEEMAIL] in the text", " {SEEMAIL} mention", "="},
		{"> [RESTRICTED]\n> x", "RESTRICTED quoted", "="},
		{"S: [SEEMAIL] Budget", " {SEEMAIL}", "="},
		{"S: Budget [RESTRICTED]", "RESTRICTED", "="},
		{"S: Budget [SENSITIVE] [SEEMAIL]", "SENSITIVE;  {SEEMAIL}", "="},
		{"S: [Restricted] area", "", ""},
		{"S: IN-CONFIDENCE: Budget", "IN-CONFIDENCE", ""},
		{"S: MEDICAL IN-CONFIDENCE - leave", "IN-CONFIDENCE {MEDICAL}", "="},
		{"S: RESTRICTED area map", "", ""},
		{"S: SENSITIVE", "SENSITIVE", ""},
		{"The SENSITIVE matter", "", ""},
		{"sensitive", "", ""},
		{"CONFIDENTIAL\n\nThis email is for the addressee only.", "CONFIDENTIAL", "au-epms CONFIDENTIAL !historical-marking"},
	} {
		c.check(t, SchemeNZ)
	}
}

func TestUnitedStates(t *testing.T) {
	t.Parallel()
	for _, c := range []schemeCase{
		{"CUI", "CUI", "="},
		{"CONTROLLED", "CUI", "="},
		{"CUI//SP-PRVCY", "CUI <SP-PRVCY>", "="},
		{"CUI//PRVCY", "CUI <PRVCY>", "="},
		{"CUI//SP-PRVCY/SP-HLTH", "CUI <SP-PRVCY, SP-HLTH>", "="},
		{"CUI//SP-CTI//NOFORN", "CUI {NOFORN} <SP-CTI>", "="},
		{"CUI//NOFORN", "CUI {NOFORN}", "="},
		{"CUI//NF", "CUI {NOFORN}", "="},
		{"CUI//FED ONLY", "CUI {FED ONLY}", "="},
		{"CUI//FEDCON", "CUI {FEDCON}", "="},
		{"CUI//NOCON", "CUI {NOCON}", "="},
		{"CUI//DL ONLY", "CUI {DL ONLY}", "="},
		{"CUI//SP-EXPT//REL TO USA, AUS", "CUI {REL TO} <SP-EXPT>", "="},
		{"CUI//AC", "CUI {ATTORNEY-CLIENT}", "="},
		{"CUI//DELIBERATIVE", "CUI {DELIBERATIVE}", "="},
		{"CUI//LEI/INV//FED ONLY", "CUI {FED ONLY} <LEI, INV>", "="},
		{"CONTROLLED//SP-PRVCY", "CUI <SP-PRVCY>", "="},
		{"CUI//something else", "CUI {something else} !unknown-caveat", "="},
		{"U//FOUO", "FOUO", "="},
		{"UNCLASSIFIED//FOUO", "FOUO", "="},
		{"UNCLASSIFIED//FOR OFFICIAL USE ONLY", "FOUO", "="},
		{"(U//FOUO) The plan", "", ""},
		{"FOR OFFICIAL USE ONLY", "FOUO", "au-epms  !historical-marking"},
		{"UNCLASSIFIED", "UNCLASSIFIED", "au-epms UNCLASSIFIED !historical-marking"},
		{"CONFIDENTIAL", "CONFIDENTIAL", "au-epms CONFIDENTIAL !historical-marking"},
		{"SECRET", "SECRET", "au-epms SECRET"},
		{"TOP SECRET", "TOP SECRET", "au-epms TOP-SECRET"},
		{"SECRET//NOFORN", "SECRET {NOFORN}", "au-epms SECRET {NOFORN} !unknown-caveat"},
		{"TOP SECRET//SI//NOFORN", "TOP SECRET {SI, NOFORN} !unknown-caveat", "au-epms TOP-SECRET {SI, NOFORN} !unknown-caveat"},
		{"CUI training is due", "", ""},
		{"The CUI Registry", "", ""},
		{"cui", "", ""},
		{"CUI - training", "", ""},
		{"> CUI\n> x", "CUI quoted", "="},
		{"* CUI", "CUI mention", "="},
		{"(CUI) One paragraph.\n\nAnother.", "CUI mention", "="},
		{"(CUI) One.\n\n(CUI//SP-PRVCY) Two.\n\n(CUI) Three.", "CUI", "="},
		{"S: CUI//SP-PRVCY: roster", "CUI <SP-PRVCY>", "="},
		{"S: [CUI] roster", "CUI", "="},
		{"S: (CUI) roster", "CUI", "="},
		{"S: Contains CUI: roster", "CUI", "="},
		{"S: Roster (contains CUI)", "CUI", "="},
		{"S: Roster - CUI", "CUI", "="},
		{"S: Fwd: CUI - roster", "CUI", "="},
		{"S: CUI training", "", ""},
		{"S: Contains CUISINE", "", ""},
		{"S: U//FOUO - plan", "FOUO", "="},
		{"S: CONTROLLED: plan", "CUI", "="},
	} {
		c.check(t, SchemeUS)
	}
}

func TestNATO(t *testing.T) {
	t.Parallel()
	r := reader2(t, SchemeAU, SchemeNATO)
	n := 0
	for _, class := range natoClasses() {
		for _, f := range []struct{ in, want string }{
			{"%s", "nato %s"},
			{"**%s**", "nato %s"},
			{"Classification: %s", "nato %s"},
			{"%s//ATOMAL", "nato %s {ATOMAL}"},
			{"%s ATOMAL", "nato %s {ATOMAL}"},
			{"%s - RELEASABLE TO AUS", "nato %s {REL}"},
			{"%s//REL TO AUS, NZL", "nato %s {REL}"},
			{"%s//WORDS", "nato %s {WORDS} !unknown-caveat"},
			{"> %s", "nato %s quoted"},
			{"a sentence about %s", ""},
			{"%s is what it said", ""},
		} {
			n++
			var got []string
			for _, tm := range r.Text(fmt.Sprintf(f.in, class)) {
				got = append(got, short(tm.Marking))
			}
			want := f.want
			if want != "" {
				want = fmt.Sprintf(want, class)
			}
			if g := strings.Join(got, "; "); g != want {
				t.Errorf(f.in+": got %q, want %q", class, g, want)
			}
		}
		for _, in := range []string{"[%s] plan", "%s: plan", "Re: %s - plan", "plan (%s)", "plan - %s"} {
			n++
			tags := r.Subject(fmt.Sprintf(in, class))
			if len(tags) != 1 || short(tags[0].Marking) != "nato "+class {
				t.Errorf("subject "+in+": got %v", class, tags)
			}
		}
	}
	for _, in := range []string{"NS", "CTS", "NATO", "NATO summit", "COSMIC", "nato secret", "TOP SECRET COSMIC"} {
		for _, tm := range r.Text(in) {
			if tm.Marking.Scheme == SchemeNATO {
				t.Errorf("%q was read as %s", in, short(tm.Marking))
			}
		}
		n++
	}
	if n < 40 {
		t.Errorf("only %d cases", n)
	}
}

// TestWordsDoNotCross takes the words that schemes share through every home
// scheme with all others read beside it: exactly one scheme reads each.
func TestWordsDoNotCross(t *testing.T) {
	t.Parallel()
	homes := []string{SchemeAU, SchemeUK, SchemeNZ, SchemeUS}
	for _, c := range []struct {
		in   string
		want [4]string // by home scheme
	}{
		{"SECRET", [4]string{"au-epms SECRET", "uk-gsc SECRET", "nz-psr SECRET", "us-cui SECRET"}},
		{"TOP SECRET", [4]string{"au-epms TOP-SECRET", "uk-gsc TOP SECRET", "nz-psr TOP SECRET", "us-cui TOP SECRET"}},
		{"OFFICIAL", [4]string{"au-epms OFFICIAL", "uk-gsc OFFICIAL", "", ""}},
		{"OFFICIAL-SENSITIVE", [4]string{"uk-gsc OFFICIAL-SENSITIVE", "uk-gsc OFFICIAL-SENSITIVE", "uk-gsc OFFICIAL-SENSITIVE", "uk-gsc OFFICIAL-SENSITIVE"}},
		{"OFFICIAL: Sensitive", [4]string{"au-epms OFFICIAL:Sensitive", "au-epms OFFICIAL:Sensitive", "au-epms OFFICIAL:Sensitive", "au-epms OFFICIAL:Sensitive"}},
		{"PROTECTED", [4]string{"au-epms PROTECTED", "au-epms PROTECTED", "au-epms PROTECTED", "au-epms PROTECTED"}},
		{"UNOFFICIAL", [4]string{"au-epms UNOFFICIAL", "au-epms UNOFFICIAL", "au-epms UNOFFICIAL", "au-epms UNOFFICIAL"}},
		{"RESTRICTED", [4]string{"au-epms RESTRICTED", "uk-gsc RESTRICTED", "nz-psr RESTRICTED", ""}},
		{"CONFIDENTIAL", [4]string{"au-epms CONFIDENTIAL", "uk-gsc CONFIDENTIAL", "nz-psr CONFIDENTIAL", "us-cui CONFIDENTIAL"}},
		{"UNCLASSIFIED", [4]string{"au-epms UNCLASSIFIED", "uk-gsc UNCLASSIFIED", "nz-psr UNCLASSIFIED", "us-cui UNCLASSIFIED"}},
		{"SENSITIVE", [4]string{"", "", "nz-psr SENSITIVE", ""}},
		{"NATO SECRET", [4]string{"nato NATO SECRET", "nato NATO SECRET", "nato NATO SECRET", "nato NATO SECRET"}},
		{"NATO RESTRICTED", [4]string{"nato NATO RESTRICTED", "nato NATO RESTRICTED", "nato NATO RESTRICTED", "nato NATO RESTRICTED"}},
		{"COSMIC TOP SECRET", [4]string{"nato COSMIC TOP SECRET", "nato COSMIC TOP SECRET", "nato COSMIC TOP SECRET", "nato COSMIC TOP SECRET"}},
		{"UK SECRET", [4]string{"uk-gsc SECRET", "uk-gsc SECRET", "uk-gsc SECRET", "uk-gsc SECRET"}},
		{"NZ SECRET", [4]string{"nz-psr SECRET", "nz-psr SECRET", "nz-psr SECRET", "nz-psr SECRET"}},
		{"CUI", [4]string{"us-cui CUI", "us-cui CUI", "us-cui CUI", "us-cui CUI"}},
		{"[SEC=SECRET]", [4]string{"au-epms SECRET", "au-epms SECRET", "au-epms SECRET", "au-epms SECRET"}},
		{"[SEC=OFFICIAL:Sensitive]", [4]string{"au-epms OFFICIAL:Sensitive", "au-epms OFFICIAL:Sensitive", "au-epms OFFICIAL:Sensitive", "au-epms OFFICIAL:Sensitive"}},
		{"MEDICAL IN-CONFIDENCE", [4]string{"nz-psr IN-CONFIDENCE", "nz-psr IN-CONFIDENCE", "nz-psr IN-CONFIDENCE", "nz-psr IN-CONFIDENCE"}},
		{"STAFF-IN-CONFIDENCE", [4]string{"au-epms STAFF-IN-CONFIDENCE", "", "", ""}},
	} {
		for i, home := range homes {
			r := reader2(t, home, SchemeAU, SchemeUK, SchemeNZ, SchemeUS, SchemeNATO)
			var got []string
			for _, tm := range r.Text(c.in) {
				got = append(got, tm.Marking.Scheme+" "+tm.Marking.Classification)
			}
			if diff := cmp.Diff(c.want[i], strings.Join(got, "; ")); diff != "" {
				t.Errorf("home %s, %q (-want +got):\n%s", home, c.in, diff)
			}
		}
		// A scheme that is not enabled reads nothing.
		for _, tm := range reader2(t, SchemeAU).Text(c.in) {
			if tm.Marking.Scheme != SchemeAU {
				t.Errorf("%q was read as %s, which is not enabled", c.in, tm.Marking.Scheme)
			}
		}
	}
}
