package charset

import "testing"

func TestCodePage(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		page  int
		bytes string
		want  string
		known bool
	}{
		{0, "a\x80", "a€", true}, {1252, "\x93x\x94", "“x”", true}, {1251, "\xcf\xf0", "Пр", true}, {932, "\x93\xfa\x96\x7b", "日本", true},
		{936, "\xd6\xd0", "中", true}, {949, "\xc7\xd1", "한", true}, {950, "\xa4\xa4", "中", true}, {737, "\x80\x98", "Αα", true}, {775, "\x80", "Ć", true},
		{10006, "\xb0", "Α", true}, {10029, "\xe6", "ś", true}, {10001, "\x93\xfa", "日", true}, {28592, "\xb1", "ą", true}, {28605, "\xa4", "€", true},
		{1200, "a\x00b\x00", "ab", true}, {65001, "é", "é", true}, {31415, "\xe9", "é", false},
	} {
		p, known := CodePage(c.page)
		if got := p.Decode([]byte(c.bytes)); got != c.want || known != c.known {
			t.Errorf("%d: got %q, %v", c.page, got, known)
		}
	}
	if p, _ := CodePage(932); !p.Double() {
		t.Error("932 has characters of two bytes")
	}
}

func TestAlphabet(t *testing.T) {
	t.Parallel()
	western, _ := CodePage(1252)
	p, sure := Alphabet([]byte("\xca\xee\xec\xef\xe0\xed\xe8\xff \xef\xf0\xe5\xe4\xeb\xe0\xe3\xe0\xe5\xf2 \xed\xe0\xf1\xf2\xee\xff\xf9\xe8\xf5 \xec\xee\xeb\xe4\xe0\xe2\xf1\xea\xe8\xf5 \xe2\xe8\xed setup.exe"), western)
	if got := p.Decode([]byte("\xcf\xf0")); got != "Пр" || !sure {
		t.Errorf("Russian: got %q, %v", got, sure)
	}
	p, sure = Alphabet([]byte("Les \xe9l\xe8ves \xe9taient \xe0 l'\xe9cole, o\xf9 l'\xe9t\xe9 passait"), western)
	if got := p.Decode([]byte("\xe9")); got != "é" || !sure {
		t.Errorf("French: got %q, %v", got, sure)
	}
	for _, s := range []string{"\xd7\xe5\xf2\xfb\xf0\xe5 \xe1\xe0\xeb\xeb\xe0 \xe8 \xf1\xe5\xec\xfc \xeb\xe5\xf2", "RE: \xe1\xe0\xeb\xeb\xe0"} {
		if _, sure := Alphabet([]byte(s), western); sure {
			t.Errorf("sure of %q", s)
		}
	}
}
