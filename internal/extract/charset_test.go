package extract

import (
	"strings"
	"testing"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/htmlindex"
	"golang.org/x/text/encoding/ianaindex"

	"labelmilter/internal/budget"
)

// Every charset in every transfer encoding, in the body and in header words.
func TestCanaryCharsets(t *testing.T) {
	var cases []hidden
	for _, c := range []struct{ name, word string }{
		{"us-ascii", "secret"}, {"utf-8", "Geheimnis ü 機密"}, {"iso-8859-1", "Grüße"}, {"iso-8859-2", "Zażółć"}, {"iso-8859-3", "Ħħ"},
		{"iso-8859-4", "ķ"}, {"iso-8859-5", "Секрет"}, {"iso-8859-6", "سري"}, {"iso-8859-7", "Απόρρητο"}, {"iso-8859-8", "סודי"},
		{"iso-8859-9", "İstanbul"}, {"iso-8859-10", "ŋ"}, {"iso-8859-13", "ļ"}, {"iso-8859-14", "ŵ"}, {"iso-8859-15", "€"}, {"iso-8859-16", "ș"},
		{"windows-1250", "Zażółć"}, {"windows-1251", "Секрет"}, {"windows-1252", "€uro ü"}, {"windows-1253", "Απόρρητο"}, {"windows-1254", "İş"},
		{"windows-1255", "סודי"}, {"windows-1256", "سري"}, {"windows-1257", "Šiauliai"}, {"windows-1258", "ê"}, {"windows-874", "ลับ"},
		{"koi8-r", "Секрет"}, {"koi8-u", "Секрет"}, {"ibm850", "Grüße"}, {"ibm866", "Секрет"}, {"macintosh", "Grüße"},
		{"shift_jis", "機密"}, {"euc-jp", "機密"}, {"iso-2022-jp", "機密"}, {"euc-kr", "기밀"}, {"gb2312", "机密"}, {"gbk", "机密"},
		{"gb18030", "机密"}, {"big5", "機密"}, {"hz-gb-2312", "机密"},
	} {
		s := c.word + " " + canary + " " + c.word
		raw := s
		if e := encoder(t, c.name); e != nil {
			var err error
			if raw, err = e.NewEncoder().String(s); err != nil {
				t.Fatalf("%s: %v", c.name, err)
			}
		}
		ct := "Content-Type: text/plain; charset=" + c.name + "\n"
		cases = append(cases,
			hidden{name: c.name + " 8bit", raw: text(ct+"Content-Transfer-Encoding: 8bit\n", raw), where: InBody, part: "1", want: s},
			hidden{name: c.name + " qp", raw: text(ct+"Content-Transfer-Encoding: quoted-printable\n", qp(raw)), where: InBody, part: "1", want: s},
			hidden{name: c.name + " base64", raw: text(ct+"Content-Transfer-Encoding: base64\n", b64(raw)), where: InBody, part: "1", want: s},
			hidden{name: c.name + " html", raw: text("Content-Type: text/html\nContent-Transfer-Encoding: base64\n",
				b64("<html><meta charset=\""+c.name+"\"><p>"+raw)), where: InBody, part: "1", want: s},
			hidden{name: c.name + " subject b", raw: "Subject: =?" + c.name + "?B?" + strings.TrimSpace(strings.ReplaceAll(b64(raw), "\n", "")) + "?=\n\nx", where: InSubject, want: s},
			hidden{name: c.name + " subject q", raw: "Subject: =?" + c.name + "?q?" + qword(raw) + "?=\n\nx", where: InSubject, want: s},
			hidden{name: c.name + " file name", raw: text("Content-Disposition: attachment; filename*="+c.name+"''"+pct(raw)+"\n", "x"), where: InName, part: "1", want: s},
		)
	}
	runAll(t, cases)
}

func encoder(t *testing.T, name string) encoding.Encoding {
	if name == "utf-8" || name == "us-ascii" {
		return nil
	}
	if e, err := ianaindex.MIME.Encoding(name); err == nil && e != nil {
		return e
	}
	e, err := htmlindex.Get(name)
	if err != nil {
		t.Fatal(err)
	}
	return e
}

func qword(s string) string {
	r := strings.NewReplacer("=\n", "", "\n", "", " ", "_", "?", "=3F", "_", "=5F")
	return r.Replace(qp(s))
}

func pct(s string) string {
	const hex = "0123456789ABCDEF"
	var b strings.Builder
	for i := range len(s) {
		if c := s[i]; c >= '0' && c <= '9' || c >= 'A' && c <= 'Z' {
			b.WriteByte(c)
		} else {
			b.WriteString("%" + string(hex[c>>4]) + string(hex[c&15]))
		}
	}
	return b.String()
}

func TestCanaryLabels(t *testing.T) {
	utf16 := "\xff\xfe"
	for _, c := range "mark " + canary {
		utf16 += string(rune(c)) + "\x00"
	}
	bare := utf16[2:]
	unknown := []budget.Reason{budget.UnknownCharset}
	ct := func(label string) string { return "Content-Type: text/plain; charset=" + label + "\n" }
	enc := "Content-Transfer-Encoding: base64\n"
	cases := []hidden{
		{name: "cp932", raw: text(ct("cp932")+enc, b64("\x8b\x40"+canary)), where: InBody, part: "1", want: "機" + canary},
		{name: "cp-850", raw: text(ct("cp-850")+enc, b64("\x81"+canary)), where: InBody, part: "1", want: "ü" + canary},
		{name: "ks_c_5601-1987", raw: text(ct("ks_c_5601-1987")+enc, b64("\xb1\xe2"+canary)), where: InBody, part: "1", want: "기" + canary},
		{name: "iso-2022-jp-ms", raw: text(ct("iso-2022-jp-ms")+enc, b64("\x1b$B5!\x1b(B"+canary)), where: InBody, part: "1", want: "機" + canary},
		{name: "iso-2022-kr", raw: text(ct("iso-2022-kr")+enc, b64("\x1b$)C\x0e1b\x0f"+canary)), where: InBody, part: "1", want: "기" + canary},
		{name: "utf-7", raw: text(ct("utf-7"), "+AEMAQQBOAEEAUgBZ--4111111111111111\n"), where: InBody, part: "1", reasons: ambiguous},
		{name: "unicode-1-1-utf-7", raw: text(ct("unicode-1-1-utf-7"), canary), where: InBody, part: "1"},
		{name: "quoted", raw: text(ct(`"utf-8"`), canary), where: InBody, part: "1"},
		{name: "single quotes", raw: text(ct(`'utf-8'`), canary), where: InBody, part: "1"},
		{name: "semicolon and blank", raw: text(ct("utf-8 ; "), canary), where: InBody, part: "1"},
		{name: "language", raw: text(ct("utf-8*en"), canary), where: InBody, part: "1"},
		{name: "comment", raw: text(ct("utf-8 (Unicode)"), canary), where: InBody, part: "1"},
		{name: "utf8", raw: text(ct("UTF8"), canary), where: InBody, part: "1"},
		{name: "x-unknown", raw: text(ct("x-unknown"), canary), where: InBody, part: "1"},
		{name: "unknown-8bit", raw: text(ct("unknown-8bit"), canary+"\xe9"), where: InBody, part: "1"},
		{name: "unknown label", raw: text(ct("klingon"), canary), where: InBody, part: "1", reasons: unknown},
		{name: "johab", raw: text(ct("johab"), canary), where: InBody, part: "1", reasons: unknown},
		{name: "empty label", raw: text(ct(`""`), canary), where: InBody, part: "1"},
		{name: "very long label", raw: text(ct(strings.Repeat("x", 500)), canary), where: InBody, part: "1", reasons: unknown},
		{name: "x-user-defined", raw: text(ct("x-user-defined"), canary), where: InBody, part: "1"},
		{name: "cp1252", raw: text(ct("cp1252"), canary), where: InBody, part: "1"},
		{name: "8-bit as us-ascii", raw: text(ct("us-ascii"), "\xe9 "+canary), where: InBody, part: "1"},
		{name: "utf-16 mark, no label", raw: text("Content-Type: text/plain\n"+enc, b64(utf16)), where: InBody, part: "1"},
		{name: "utf-16 mark, label utf-16", raw: text(ct("utf-16")+enc, b64(utf16)), where: InBody, part: "1"},
		{name: "utf-16 mark, label latin-1", raw: text(ct("iso-8859-1")+enc, b64(utf16)), where: InBody, part: "1", reasons: ambiguous},
		{name: "utf-16le, no mark", raw: text(ct("utf-16le")+enc, b64(bare)), where: InBody, part: "1"},
		{name: "utf-16, no mark, no label", raw: text("Content-Type: text/plain\n"+enc, b64(bare)), where: InBody, part: "1"},
		{name: "utf-16 html", raw: text("Content-Type: text/html\n"+enc, b64(utf16)), where: InBody, part: "1"},
		{name: "ascii as utf-16", raw: text(ct("utf-16"), canary), where: InBody, part: "1", reasons: ambiguous},
		{name: "mark before latin-1", raw: text(ct("iso-8859-1")+enc, b64("\xff\xfe"+canary)), where: InBody, part: "1", reasons: ambiguous},
		{name: "utf-8 mark", raw: text(ct("utf-8")+enc, b64("\xef\xbb\xbf"+canary)), where: InBody, part: "1"},
		{name: "charset in meta http-equiv", raw: text("Content-Type: text/html\n"+enc,
			b64(`<meta http-equiv="Content-Type" content="text/html; charset=cp932">`+"\x8b\x40"+canary)), where: InBody, part: "1", want: "機" + canary},
		{name: "NUL in the text", raw: text("Content-Type: text/plain\n"+enc, b64(strings.ReplaceAll(canary, "41", "4\x001"))), where: InBody, part: "1"},
		{name: "unknown charset in a word", raw: "Subject: =?klingon?q?" + canary + "?=\n\nx", where: InSubject, reasons: unknown},
	}
	runAll(t, cases)
}
