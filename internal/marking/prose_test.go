package marking

import (
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// findFully is FindText with each line read.
func findFully(text string) []TextMarking {
	f := newFinder(text)
	for i := 0; i < len(text); {
		end, next := lineEnd(text, i)
		i = f.line(i, end, next)
	}
	return f.found()
}

// TestOrdinaryLines compares with reading each line, on texts of lines that
// begin, hold or surround what is to be read.
func TestOrdinaryLines(t *testing.T) {
	begin := []string{"", "", "", "The ", "we ", "I ", "On ", "on ", "Am ", "am ", "Le ", "le ", "x ", "X-Protective-Marking: SEC=SECRET ", "xy", "From: a ", "from ",
		"Von: b ", "De: c ", "Sent: x", "To: y", "begin forwarded message:", "Begin ", "PROTECTED", "Protected", "protected: ", "OFFICIAL", "official: sensitive", "Official",
		"Sensitive: Legal", "sensitive", "Sen", "se", "Security classification: SECRET", "security ", "Email classification: PROTECTED", "email ", "For Official Use Only", "for ", "FOR OFFICIAL USE ONLY", "In-Confidence",
		"STAFF-IN-CONFIDENCE", "in ", "Legal Privilege", "Legislative Secrecy (Act)", "legal", "Marking: SECRET", "marking ", "Personal Privacy", "person", "CABINET", "Classification: SECRET", "class ",
		"Document classification: SECRET", "document", "TOP SECRET", "Top Secret", "Тop", "РROTECTED", "Pr\u200botected", "(O:S) ", "(P) ", "> ", "- ", "* ", "[SEC=PROTECTED]", "1. ", "•", "```", "~~~", "__________", "a", "ab", "\x01", "\u00a0x", "-----Original Message-----"}
	more := []string{"the committee met on Tuesday and agreed", " wrote:", " schrieb:", "OFFICIAL: Sensitive", " of it, and", " [SEC=SECRET]", "//CABINET", " is marked OFFICIAL:Sensitive here", ":", ",", ".", " ", "\t", "\u00e9", "[", "=", " that is the whole of a line that goes on and on and on for longer than the next"}
	ends := []string{"\n", "\r\n", "\n", "\n\n", "\r\n\r\n", " \n", "\r\r\n", "\n \n", "\n\n\n"}
	n := 300_000
	if testing.Short() {
		n = 20_000
	}
	r := rand.New(rand.NewPCG(1, 2))
	pick := func(from []string) string { return from[r.IntN(len(from))] }
	ordinary := 0
	for i := range n {
		var b strings.Builder
		for range 1 + r.IntN(9) {
			b.WriteString(pick(begin))
			for range r.IntN(3) {
				b.WriteString(pick(more))
			}
			b.WriteString(pick(ends))
		}
		text := b.String()
		got, want := FindText(text), findFully(text)
		if len(got) == 0 && len(want) == 0 {
			ordinary++
			continue
		}
		if d := cmp.Diff(want, got); d != "" {
			t.Fatalf("text %d %q (-fully +got):\n%s", i, text, d)
		}
	}
	if ordinary == 0 || ordinary > n*9/10 {
		t.Errorf("%d of %d texts hold no marking", ordinary, n)
	}
}
