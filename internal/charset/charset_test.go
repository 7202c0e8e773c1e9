package charset

import (
	"encoding/binary"
	"io"
	"slices"
	"strings"
	"testing"
	"unicode/utf16"
	"unicode/utf8"

	msgcharset "github.com/emersion/go-message/charset"
	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/japanese"
	"golang.org/x/text/encoding/korean"
	"golang.org/x/text/encoding/simplifiedchinese"
	"golang.org/x/text/encoding/traditionalchinese"
)

func utf16Bytes(s string, order binary.ByteOrder, bom bool) string {
	var out []byte
	u := utf16.Encode([]rune(s))
	if bom {
		u = append([]uint16{0xfeff}, u...)
	}
	for _, c := range u {
		var b [2]byte
		order.PutUint16(b[:], c)
		out = append(out, b[:]...)
	}
	return string(out)
}

func utf32Bytes(s string, order binary.ByteOrder, bom bool) string {
	var out []byte
	if bom {
		s = "\uFEFF" + s
	}
	for _, r := range s {
		var b [4]byte
		order.PutUint32(b[:], uint32(r))
		out = append(out, b[:]...)
	}
	return string(out)
}

func TestDecodeDeclared(t *testing.T) {
	const (
		latin1 = "Grüße CANARY"
		cyr    = "Совершенно CANARY секретно"
		greek  = "Απόρρητο CANARY"
		hebrew = "שלום CANARY"
		arabic = "سري CANARY"
		jp     = "機密 CANARY 文書カナ"
		kr     = "기밀 CANARY 문서"
		cn     = "机密 CANARY 文件"
		tw     = "機密 CANARY 文件"
		thai   = "ความลับ CANARY"
		pl     = "Zażółć CANARY"
	)
	tests := []struct {
		enc    encoding.Encoding
		text   string
		labels string // blank separated
	}{
		{charmap.Windows1252, latin1, `iso-8859-1 ISO_8859-1:1987 latin1 l1 windows-1252 cp1252 cp-1252 x-cp1252 win-1252 ansi "iso-8859-1" 'iso-8859-1' iso-8859-1; iso8859_1 8859-1 cp819`},
		{charmap.ISO8859_2, pl, "iso-8859-2 latin2 iso8859-2 csisolatin2 iso_8859-2"},
		{charmap.Windows1250, pl, "windows-1250 cp1250 x-cp1250 CP-1250"},
		{charmap.CodePage852, pl, "cp852 ibm852 cp-852"},
		{charmap.CodePage850, latin1, "cp850 cp-850 ibm850 ibm-850 CP_850 dos-850"},
		{charmap.CodePage437, latin1[:4] + "e CANARY", "cp437 ibm437 437"},
		{charmap.ISO8859_15, latin1 + "€", "iso-8859-15 latin-9 latin9"},
		{charmap.Windows1251, cyr, "windows-1251 cp1251 win1251 x-cp1251"},
		{charmap.KOI8R, cyr, "koi8-r koi8r cskoi8r KOI8_R"},
		{charmap.KOI8U, cyr, "koi8-u koi8-ru"},
		{charmap.CodePage866, cyr, "cp866 ibm866 866 cp-866"},
		{charmap.CodePage855, cyr, "cp855 ibm855"},
		{charmap.ISO8859_5, cyr, "iso-8859-5 cyrillic"},
		{charmap.MacintoshCyrillic, cyr, "x-mac-cyrillic maccyrillic"},
		{charmap.Macintosh, latin1, "macintosh x-mac-roman macroman"},
		{charmap.ISO8859_7, greek, "iso-8859-7 greek"},
		{charmap.Windows1253, greek, "windows-1253 cp1253"},
		{charmap.Windows1255, hebrew, "windows-1255"},
		{charmap.ISO8859_8, hebrew, "iso-8859-8 iso-8859-8-i"},
		{charmap.Windows1256, arabic, "windows-1256"},
		{charmap.ISO8859_6, arabic, "iso-8859-6"},
		{charmap.Windows1254, "İstanbul CANARY", "windows-1254 iso-8859-9 latin5"},
		{charmap.Windows1257, "Šiauliai CANARY", "windows-1257"},
		{charmap.Windows1258, "CANARY ê", "windows-1258"},
		{charmap.ISO8859_3, "CANARY ħ", "iso-8859-3"},
		{charmap.ISO8859_4, "CANARY ķ", "iso-8859-4"},
		{charmap.ISO8859_10, "CANARY ŋ", "iso-8859-10"},
		{charmap.ISO8859_13, "CANARY ļ", "iso-8859-13"},
		{charmap.ISO8859_14, "CANARY ŵ", "iso-8859-14"},
		{charmap.ISO8859_16, "CANARY ș", "iso-8859-16"},
		{charmap.Windows874, thai, "tis-620 windows-874 iso-8859-11 cp874"},
		{charmap.CodePage037, "Gr CANARY", "ibm037 cp037"},
		{charmap.CodePage1047, "CANARY", "ibm1047"},
		{japanese.ShiftJIS, jp, "shift_jis sjis cp932 windows-31j ms932 x-sjis cp-932 shift-jis MS_Kanji"},
		{japanese.EUCJP, jp, "euc-jp x-euc-jp eucjp-ms cp51932"},
		{japanese.ISO2022JP, jp, "iso-2022-jp iso-2022-jp-ms cp50220 cp50221 csISO2022JP iso-2022-jp-2"},
		{korean.EUCKR, kr, "euc-kr ks_c_5601-1987 cp949 windows-949 ks_c_5601 uhc x-windows-949 ms949"},
		{simplifiedchinese.GBK, cn, "gb2312 gbk gb18030 cp936 x-gbk windows-936 gb_2312-80 euc-cn"},
		{simplifiedchinese.HZGB2312, cn, "hz-gb-2312 hz"},
		{traditionalchinese.Big5, tw, "big5 cp950 big5-hkscs x-x-big5 cn-big5 csbig5"},
	}
	for _, tt := range tests {
		raw, err := tt.enc.NewEncoder().Bytes([]byte(tt.text))
		if err != nil {
			t.Fatalf("%v: cannot encode: %v", tt.enc, err)
		}
		for _, label := range strings.Fields(tt.labels) {
			got := Decode(raw, label)
			if got.UTF8 != tt.text || got.Unknown || got.Guessed {
				t.Errorf("label %s: got %q unknown %v guessed %v, want %q", label, got.UTF8, got.Unknown, got.Guessed, tt.text)
			}
		}
	}
}

func TestDecodeUnicode(t *testing.T) {
	const s = "Geheim CANARY 機密 😀"
	le, be := binary.ByteOrder(binary.LittleEndian), binary.ByteOrder(binary.BigEndian)
	tests := []struct{ name, raw, label, want, other string }{
		{"utf-8", s, "utf-8", s, ""},
		{"utf8 unhyphenated", s, "UTF8", s, ""},
		{"utf-8 mark", "\uFEFF" + s, "utf-8", s, ""},
		{"utf-8 mark, no label", "\uFEFF" + s, "", s, ""},
		{"utf-8 mark, wrong label", "\uFEFF" + s, "iso-8859-1", s, ""},
		{"utf-8 no label", s, "", s, ""},
		{"utf-8 declared ascii", s, "us-ascii", s, ""},
		{"utf-8 with language", s, "utf-8*en", s, ""},
		{"utf-8 with charset=", s, "charset=utf-8", s, ""},
		{"utf-16le", utf16Bytes(s, le, false), "utf-16le", s, ""},
		{"utf-16be", utf16Bytes(s, be, false), "utf-16be", s, ""},
		{"utf-16 mark le", utf16Bytes(s, le, true), "utf-16", s, ""},
		{"utf-16 mark be", utf16Bytes(s, be, true), "utf-16", s, ""},
		{"utf-16 no mark le", utf16Bytes("some CANARY", le, false), "utf-16", "some CANARY", ""},
		{"utf-16 no mark be", utf16Bytes("some CANARY", be, false), "utf-16", "some CANARY", ""},
		{"utf-16 mark, no label", utf16Bytes(s, le, true), "", s, ""},
		{"utf-16be mark, no label", utf16Bytes(s, be, true), "", s, ""},
		{"utf-16 no mark, no label", utf16Bytes("some CANARY text", le, false), "", "some CANARY text", ""},
		{"utf-16be no mark, no label", utf16Bytes("some CANARY text", be, false), "", "some CANARY text", ""},
		{"utf-32le", utf32Bytes(s, le, false), "utf-32le", s, ""},
		{"utf-32be", utf32Bytes(s, be, false), "utf-32be", s, ""},
		{"utf-32 mark", utf32Bytes(s, le, true), "utf-32", s, ""},
		{"utf-32 mark, no label", utf32Bytes(s, be, true), "", s, ""},
		{"utf-32 no mark, no label", utf32Bytes("some CANARY text", le, false), "", "some CANARY text", ""},
		{"utf-7", "Hi Mom +Jjo-! A+ImIDkQ. +- CANARY", "utf-7", "Hi Mom ☺! A≢Α. + CANARY", "Hi Mom +Jjo-! A+ImIDkQ. +- CANARY"},
		{"utf-7 surrogates", "+2D3eAA-CANARY", "unicode-1-1-utf-7", "😀CANARY", "+2D3eAA-CANARY"},
		{"utf-7 canary in base64", "+AEMAQQBOAEEAUgBZ", "x-utf-7", "CANARY", "+AEMAQQBOAEEAUgBZ"},
		{"utf-16 mark before latin-1", "\xff\xfeCANARY in latin", "iso-8859-1", "", "ÿþCANARY in latin"},
		{"utf-16 mark before ascii", "\xff\xfeCANARY in ascii!", "utf-8", "", "CANARY in ascii!"},
		{"ascii declared utf-16", "plain CANARY text here", "utf-16", "", "plain CANARY text here"},
		{"ascii declared ebcdic", "plain CANARY text here", "ibm037", "", "plain CANARY text here"},
		{"iso-2022-kr", "\x1b$)C\x0e1b9P\x0f CANARY", "iso-2022-kr", "기밀 CANARY", ""},
		{"iso-2022-cn", "\x1b$)A\x0e;zC\\\x0f CANARY", "iso-2022-cn", "机密 CANARY", ""},
		{"iso-2022-kr shift ends with the line", "\x1b$)C\x0e1b9P\nCANARY", "csiso2022kr", "기밀\nCANARY", ""},
	}
	for _, tt := range tests {
		got := Decode([]byte(tt.raw), tt.label)
		if tt.want != "" && got.UTF8 != tt.want {
			t.Errorf("%s: got %q, want %q", tt.name, got.UTF8, tt.want)
		}
		if got.Other != tt.other {
			t.Errorf("%s: other reading: got %q, want %q", tt.name, got.Other, tt.other)
		}
		if got.Unknown {
			t.Errorf("%s: unknown", tt.name)
		}
	}
}

func TestDecodeGuess(t *testing.T) {
	long := func(s string) string { return strings.Repeat(s+" ", 12) }
	ru := long("Совершенно секретно, только для служебного пользования CANARY")
	jp := long("この文書は機密です。取扱いに注意してください CANARY")
	kr := long("이 문서는 기밀입니다. 취급에 주의하십시오 CANARY")
	zh := long("本文件为机密文件，请注意保管，不得外传 CANARY")
	enc := func(e encoding.Encoding, s string) string {
		b, err := e.NewEncoder().String(s)
		if err != nil {
			t.Fatal(err)
		}
		return b
	}
	tests := []struct {
		name, raw, label, want string
		unknown                bool
	}{
		{"russian 1251 undeclared", enc(charmap.Windows1251, ru), "", ru, false},
		{"russian koi8 undeclared", enc(charmap.KOI8R, ru), "", ru, false},
		{"japanese sjis undeclared", enc(japanese.ShiftJIS, jp), "", jp, false},
		{"japanese euc as ascii", enc(japanese.EUCJP, jp), "us-ascii", jp, false},
		{"japanese 2022 undeclared", enc(japanese.ISO2022JP, jp), "", jp, false},
		{"korean undeclared", enc(korean.EUCKR, kr), "", kr, false},
		{"chinese gbk as utf-8", enc(simplifiedchinese.GBK, zh), "utf-8", zh, false},
		{"unknown label, utf-8", ru, "x-nonsense", ru, true},
		{"unknown label, ascii", "CANARY", "klingon", "CANARY", true},
		{"unknown label, 1251", enc(charmap.Windows1251, ru), "x-nonsense", ru, true},
		{"unknown-8bit is no charset", enc(charmap.Windows1251, ru), "unknown-8bit", ru, false},
		{"damaged utf-8", "prix 10 € et 20 € \xe9 CANARY", "utf-8", "prix 10 € et 20 € é CANARY", false},
	}
	for _, tt := range tests {
		got := Decode([]byte(tt.raw), tt.label)
		if got.UTF8 != tt.want || got.Unknown != tt.unknown {
			t.Errorf("%s: got %q (%s) unknown %v, want %q", tt.name, got.UTF8, got.Charset, got.Unknown, tt.want)
		}
	}
}

func TestKnown(t *testing.T) {
	for _, l := range []string{"", "utf-8", "cp932", "x-unknown"} {
		if !Known(l) {
			t.Errorf("Known(%q) is false", l)
		}
	}
	for _, l := range []string{"johab", "x-nonsense", strings.Repeat("a", 5000), "replacement", "utf-9"} {
		if Known(l) {
			t.Errorf("Known(%q) is true", l)
		}
	}
}

// Where go-message's reader knows a charset, the two agree.
func TestAgreesWithGoMessage(t *testing.T) {
	text := make([]byte, 0, 256)
	for c := 0x20; c < 0x100; c++ {
		if c < 0x7f || c >= 0xa1 {
			text = append(text, byte(c), ' ')
		}
	}
	for _, l := range []string{"iso-8859-2", "iso-8859-5", "iso-8859-7", "iso-8859-15", "windows-1250", "windows-1251", "koi8-r", "ibm850", "cp866", "macintosh"} {
		r, err := msgcharset.Reader(l, strings.NewReader(string(text)))
		if err != nil {
			t.Fatal(err)
		}
		want, err := io.ReadAll(r)
		if err != nil {
			t.Fatal(err)
		}
		if got := Decode(text, l).UTF8; got != string(want) {
			t.Errorf("%s: got %q, want %q", l, got, want)
		}
	}
}

func TestReader(t *testing.T) {
	r, err := Reader("cp932", strings.NewReader("\x8b\x40CANARY"))
	if err != nil {
		t.Fatal(err)
	}
	b, err := io.ReadAll(r)
	if err != nil || string(b) != "機CANARY" {
		t.Errorf("got %q, %v", b, err)
	}
}

func FuzzDecode(f *testing.F) {
	for _, l := range []string{"", "utf-8", "utf-16", "utf-7", "iso-2022-kr", "iso-2022-jp", "hz", "gb18030", "big5", "nonsense", "ibm037", "utf-32"} {
		f.Add([]byte("\xff\xfe\x1b$)C\x0e+AGE-~{CANARY\x00\xe9"), l)
		f.Add([]byte("Hi Mom +Jjo-! \x1b$B\x1b(B CANARY"), l)
	}
	f.Fuzz(func(t *testing.T, b []byte, label string) {
		got := Decode(b, label)
		if shared := Share(slices.Clone(b), label); shared != got {
			t.Fatalf("shared: got %+v, want %+v", shared, got)
		}
		if !utf8.ValidString(got.UTF8) || !utf8.ValidString(got.Other) {
			t.Fatal("result is not UTF-8")
		}
		if len(got.UTF8)+len(got.Other) > 8*len(b)+16 {
			t.Fatalf("%d bytes became %d", len(b), len(got.UTF8)+len(got.Other))
		}
	})
}

// TestShare: no more than what is UTF-8 as it stands shares the memory, and it
// does.
func TestShare(t *testing.T) {
	for _, c := range []struct {
		label, in string
		shares    bool
	}{
		{"us-ascii", "plain", true}, {"utf-8", "gr\u00fc\u00df", true}, {"", "plain", true}, {"", "gr\u00fc\u00df", true}, {"iso-8859-1", "plain", true},
		{"utf-8", "\ufeffplain", true}, {"iso-8859-1", "gr\xfc\xdf", false}, {"utf-8", "gr\xfc\xdf", false}, {"utf-16", "a\x00b\x00", false}, {"nonsense", "plain", false}, {"", "", false},
	} {
		b := []byte(c.in)
		want, got := Decode(b, c.label), Share(b, c.label)
		if got != want {
			t.Errorf("%s %q: got %+v, want %+v", c.label, c.in, got, want)
		}
		if len(b) == 0 {
			continue
		}
		copy(b, "??????????")
		if shares := got.UTF8 != want.UTF8; shares && !c.shares || c.shares && !strings.HasPrefix(got.UTF8, "?") && !strings.HasPrefix(c.in, "\ufeff") {
			t.Errorf("%s %q: shares is %v", c.label, c.in, shares)
		}
	}
}

func BenchmarkDecode(b *testing.B) {
	for _, bm := range []struct{ name, label, text string }{
		{"ascii", "us-ascii", "The quick brown fox jumps over the lazy dog. "},
		{"utf-8", "utf-8", "Grüße an das Bundesamt für Statistik. "},
		{"latin1", "iso-8859-1", "Gr\xfc\xdfe an das Bundesamt f\xfcr Statistik. "},
		{"sjis", "cp932", "\x8b\x40\x96\xa7 CANARY "},
		{"utf-16", "utf-16le", utf16Bytes("Grüße an das Bundesamt. ", binary.LittleEndian, false)},
	} {
		text := []byte(strings.Repeat(bm.text, 100_000/len(bm.text)))
		b.Run(bm.name, func(b *testing.B) {
			b.SetBytes(int64(len(text)))
			for b.Loop() {
				Decode(text, bm.label)
			}
		})
	}
}
