package marking

import (
	"runtime"
	"strings"
	"testing"
)

var benchFields = []struct{ name, in string }{
	{"official", "VER=2024.1, NS=gov.au,\r\n         SEC=OFFICIAL,\r\n         ORIGIN=neville.jones@entity.gov.au"},
	{"sensitive-imm", field("SEC=OFFICIAL:Sensitive, ACCESS=Legal-Privilege")},
	{"cabinet-imm", field("SEC=PROTECTED, CAVEAT=SH:CABINET, ACCESS=Legal-Privilege")},
	{"codeword", field("SEC=SECRET, CAVEAT=C:LOBSTER, CAVEAT=RI:REL/AUS/USA, NOTE=a note")},
	{"variant", field("SEC=OFFICIAL: Sensitive,ACCESS=Personal Privacy")},
}

// Budgets of the commonest field forms.
func TestAllocations(t *testing.T) {
	for _, b := range benchFields {
		if n := testing.AllocsPerRun(100, func() { ParseHeader(b.in) }); n > 6 {
			t.Errorf("%s: %v allocations", b.name, n)
		}
	}
}

func BenchmarkParseHeader(b *testing.B) {
	for _, f := range benchFields {
		b.Run(f.name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				ParseHeader(f.in)
			}
		})
	}
}

// hostile inputs of n octets; reading each must stay linear.
func hostile(n int) map[string]string {
	fill := func(unit string) string { return strings.Repeat(unit, n/len(unit)) }
	return map[string]string{
		"500-caveats": field("SEC=SECRET" + strings.Repeat(", CAVEAT=C:abc", 500)),
		"caveats":     field("SEC=SECRET" + fill(", CAVEAT=C:abc")),
		"garbage":     fill("\x00=,]["),
		"open-tags":   fill("[SEC=A,NOTE="),
		"closed-text": fill("[SEC=SECRET,CAVEAT=C:]]]]]]]]]]"),
		"brackets":    fill("["),
		"equals":      fill("ACCESS="),
		"blanks":      fill(" "),
		"escapes":     "NOTE=" + fill(`\`),
		"lines":       fill("OFFICIAL\n"),
		"quotes":      fill(">"),
		"fences":      fill("```\n"),
		"on":          fill("On x\n"),
		"from":        fill("From: a\n"),
		"fields":      fill("X-Protective-Marking: SEC=A\n"),
		"wide":        fill("［SEC＝A］"),
		"marks":       fill("(O:S) a\n\n"),
		"rules":       fill("__________\n"),
		"items":       fill("CABINET\n"),
		"official":    fill("OFFICIAL:"),
		"wrapped":     fill("[SEC=A\n"),
		"commas":      "X-Protective-Marking: SEC=OFFICIAL" + fill(",\n ="),
	}
}

func BenchmarkHostile(b *testing.B) {
	for name, in := range hostile(1 << 20) {
		b.Run(name+"/header", func(b *testing.B) {
			b.SetBytes(int64(len(in)))
			for b.Loop() {
				ParseHeader(in)
			}
		})
		b.Run(name+"/subject", func(b *testing.B) {
			b.SetBytes(int64(len(in)))
			for b.Loop() {
				FindSubject(in)
			}
		})
		b.Run(name+"/text", func(b *testing.B) {
			b.SetBytes(int64(len(in)))
			for b.Loop() {
				FindText(in)
			}
		})
	}
}

func BenchmarkFindText(b *testing.B) {
	para := "The committee met on Tuesday and agreed that the draft should go to the Minister\nbefore the end of the month, with changes to section 3 as discussed.\n\n"
	mail := "OFFICIAL: Sensitive\n\nDear all,\n\n" + strings.Repeat(para, 330) + "\nOFFICIAL: Sensitive\n"
	b.SetBytes(int64(len(mail)))
	b.ReportAllocs()
	for b.Loop() {
		FindText(mail)
	}
}

func BenchmarkSetSubject(b *testing.B) {
	m := Marking{Classification: Protected}
	for b.Loop() {
		if _, err := SetSubject("Re: Re: hello [SEC=OFFICIAL] [SEC=OFFICIAL]", m, AtEnd, FormSubject); err != nil {
			b.Fatal(err)
		}
	}
}

// Hostile input must not multiply in memory.
func TestHostileMemory(t *testing.T) {
	for name, in := range hostile(1 << 17) {
		for kind, read := range map[string]func(){
			"header": func() { ParseHeader(in) }, "subject": func() { FindSubject(in) }, "text": func() { FindText(in) },
		} {
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			read()
			runtime.ReadMemStats(&after)
			if got := after.TotalAlloc - before.TotalAlloc; got > 64<<20 {
				t.Errorf("%s/%s: %d octets allocated for %d", name, kind, got, len(in))
			}
		}
	}
}
