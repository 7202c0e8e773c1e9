package extract

import (
	"strings"
	"testing"

	"labelmilter/internal/budget"
)

func TestCanaryHeaders(t *testing.T) {
	enc := "Content-Type: text/plain\nContent-Transfer-Encoding: base64\n"
	body := "\n" + b64("secret "+canary)
	at := func(name, raw string, where Where, part string, reasons ...budget.Reason) hidden {
		return hidden{name: name, raw: raw, where: where, part: part, reasons: reasons}
	}
	exact := func(h hidden) hidden { h.exact = true; return h }
	limit := []budget.Reason{budget.HeaderLimit}
	cases := []hidden{
		at("line without a colon", "Subject: x\nno colon here\n"+enc+body, InBody, "1"),
		at("the line itself", "Subject: x\n"+canary+" here\n"+enc+body, InHidden, "1"),
		at("line without a colon first", "garbage\n"+enc+body, InBody, "1"),
		at("line without a colon in a part", mixed("garbage\n"+enc+body), InBody, "1"),
		at("garbage in a part", mixed(canary+"\n"+enc+body), InHidden, "1"),
		at("part after a bad part", mixed("garbage\n\nx", enc+body), InBody, "2"),
		at("From line", "From a@b Mon Jan  1 00:00:00 2026\n"+enc+body, InBody, "1"),
		at("quoted From line", ">From a@b Mon Jan  1 00:00:00 2026\n"+enc+body, InBody, "1"),
		at("From line amid", "Subject: x\nFrom a@b Mon Jan  1\n"+enc+body, InBody, "1"),
		at("leading space", " Subject: x\n"+enc+body, InBody, "1"),
		at("leading space on the type", " Content-Type: text/plain\nContent-Transfer-Encoding: base64\n"+body, InBody, "1"),
		at("leading empty lines", "\n\nSubject: x\n"+enc+body, InBody, "1"),
		at("byte order mark", "\xef\xbb\xbfSubject: x\n"+enc+body, InBody, "1"),
		at("blank before the colon", "Content-Type : text/plain\nContent-Transfer-Encoding : base64\n"+body, InBody, "1"),
		at("no blank after the colon", "Content-Type:text/plain\nContent-Transfer-Encoding:base64\n"+body, InBody, "1"),
		at("non-ASCII name", "S\xc3\xbcbject: x\n"+enc+body, InBody, "1"),
		at("8-bit name", "S\xfcbject: "+canary+"\n\nx", InHeader, ""),
		at("name with a blank", "My Subject: x\n"+enc+body, InBody, "1"),
		at("name with a blank, its text", "Subject: x\nMy Subject: "+canary+"\n\nx", InHidden, "1"),
		at("NUL in a name", "Sub\x00ject: "+canary+"\n\nx", InSubject, ""),
		at("NUL in a value", "Subject: CANARY\x00-4111111111111111\n\nx", InSubject, ""),
		at("NUL in the encoding", "Content-Type: text/plain\nContent-Transfer-Encoding: base\x0064\n"+body, InBody, "1"),
		exact(at("bare LF", "Subject: x\n"+enc+body, InBody, "1")),
		exact(at("bare CR", strings.ReplaceAll("Subject: x\n"+enc+body, "\n", "\r"), InBody, "1")),
		exact(at("CR CR LF", strings.ReplaceAll("Subject: x\n"+enc+body, "\n", "\r\r\n"), InBody, "1")),
		exact(at("mixed line ends", "Subject: x\r\nContent-Type: text/plain\nContent-Transfer-Encoding: base64\r\n\n"+b64(canary), InBody, "1")),
		exact(at("bare CR in a header", "Subject: x\rContent-Type: text/plain\r\nContent-Transfer-Encoding: base64\r\n\r\n"+b64("secret "+canary), InBody, "1")),
		exact(at("LF multipart", mixed(enc+body), InBody, "1")),
		exact(at("CR CR LF multipart", strings.ReplaceAll(mixed(enc+body), "\n", "\r\r\n"), InBody, "1")),
		at("no empty line", "Subject: x\n"+canary+" is in the body\n", InBody, "1"),
		at("no header", canary+" is the body\n", InBody, "1"),
		at("only a header", "Subject: "+canary, InSubject, ""),
		at("200 KB field", "X: "+strings.Repeat("x ", 100_000)+canary+"\n"+enc+"\nx", InHeader, "", limit...),
		at("after a 200 KB field", "X: "+strings.Repeat("x ", 100_000)+"\n"+enc+body, InBody, "1", limit...),
		at("after a 2 MB field", "X: "+strings.Repeat("x ", 1_000_000)+"\n\n"+canary, InBody, "1", limit...),
		at("subject after 300 KB of fields", strings.Repeat("X: "+strings.Repeat("x", 70)+"\n", 4300)+"Subject: "+canary+"\n\nx", InSubject, "", limit...),
		at("20,000 fields", strings.Repeat("A: b\n", 20_000)+"X: "+canary+"\n\nx", InHeader, "", limit...),
		at("20,000 fields, the body", strings.Repeat("A: b\n", 20_000)+enc+body, InBody, "1", limit...),
		at("whitespace-only fold", "Subject: x\n \n"+enc+body, InBody, "1"),
		at("second subject", "Subject: a\nSubject: "+canary+"\n\nx", InSubject, ""),
		at("any field", "X-Anything: "+canary+"\n\nx", InHeader, ""),
		at("folded field", "X: CANARY-\n 4111111111111111\n\nx", InHeader, ""),
		at("part header", mixed("Content-Description: "+canary+"\n\nx"), InHeader, "1"),
	}
	cases[len(cases)-2].want = "CANARY- 4111111111111111"
	runAll(t, cases)
}

func TestCanaryWords(t *testing.T) {
	subject := func(name, s string) hidden {
		return hidden{name: name, raw: "Subject: " + s + "\n\nx", where: InSubject}
	}
	in := func(name, s, want string) hidden {
		h := subject(name, s)
		h.want = want
		return h
	}
	file := func(name, fields string) hidden {
		return hidden{name: name, raw: mixed(fields + "\nx"), where: InName, part: "1"}
	}
	cd := "Content-Disposition: attachment; "
	cases := []hidden{
		subject("q", "=?utf-8?q?"+canary+"?="),
		subject("b", "=?utf-8?b?Q0FOQVJZLTQxMTExMTExMTExMTExMTE=?="),
		subject("b without padding", "=?utf-8?b?Q0FOQVJZLTQxMTExMTExMTExMTExMTE?="),
		subject("b with garbage", "=?utf-8?b?Q0FOQVJZ LTQxMTEx-MTExMTExMTExMTE=?="),
		subject("two words", "=?utf-8?q?CANARY-4111?= =?utf-8?q?111111111111?="),
		subject("two words, folded", "=?utf-8?q?CANARY-4111?=\n\t=?utf-8?q?111111111111?="),
		subject("two words, no blank", "=?utf-8?q?CANARY-4111?==?utf-8?q?111111111111?="),
		subject("two words, two encodings", "=?utf-8?q?CANARY-4111?= =?UTF-8?b?MTExMTExMTExMTEx?="),
		subject("two charsets", "=?iso-8859-1?q?CANARY-4111?= =?utf-8?q?111111111111?="),
		subject("amid a word", "CANARY=?utf-8?q?-4111?=111111111111"),
		subject("in quotes", "\"=?utf-8?q?"+canary+"?=\""),
		subject("language", "=?utf-8*en?q?"+canary+"?="),
		subject("blanks in q", "=?utf-8?q?a "+canary+" b?="),
		subject("no end", "=?utf-8?q?"+canary),
		subject("lower case escapes", "=?utf-8?q?CANARY=2d4111111111111111?="),
		subject("first is an escape", "=?utf-8?q?=43ANARY-4111111111111111?="),
		subject("bad encoding letter", "=?utf-8?x?"+canary+"?="),
		subject("text before and after", "a =?utf-8?q?b?= "+canary+" =?utf-8?q?c?="),
		subject("=? alone", "=?=?=?"+canary),
		subject("long word", "=?utf-8?q?"+strings.Repeat("x", 900)+canary+"?="),
		in("split character, b", "=?utf-8?b?w?= =?utf-8?b?w7w=?=", "ü"),
		in("split character, q", "=?utf-8?q?x=c3?= =?utf-8?q?=bcx?=", "xüx"),
		in("split character, gb2312", "=?gb2312?q?=bb?=\n =?gb2312?q?=fa?=", "机"),
		in("raw utf-8", "ü CANARY", "ü CANARY"),
		in("raw latin-1", "\xfc CANARY", "ü CANARY"),
		in("underscore", "=?utf-8?q?a_b=5Fc?=", "a b_c"),
		in("blank between word and text", "=?utf-8?q?a?= b", "a b"),
		in("empty word", "a =?utf-8?q??= b", "b"),
		in("iso-2022-jp", "=?iso-2022-jp?b?GyRCNSEbKEI=?= =?iso-2022-jp?b?GyRCTCkbKEI=?=", "機密"),
		// File names.
		file("filename", cd+"filename="+canary+".txt\n"),
		file("quoted", cd+"filename=\"a "+canary+".txt\"\n"),
		file("name", "Content-Type: text/plain; name="+canary+"\n"),
		file("blanks, no quotes", cd+"filename=my file "+canary+".txt\n"),
		file("no closing quote", cd+"filename=\"my file "+canary+".txt\n"),
		file("no closing quote, parameter after it", cd+"filename=\""+canary+".txt; size=3\n"),
		file("quote amid", cd+"filename=\"my\" "+canary+".txt\n"),
		file("backslashes", cd+"filename=\"C:\\\\dir\\\\"+canary+".txt\"\n"),
		file("escaped quote", cd+"filename=\"a\\\""+canary+"\"\n"),
		file("2231", cd+"filename*=utf-8''CANARY%2D4111111111111111\n"),
		file("2231 latin-1", cd+"filename*=iso-8859-1'en'%fc"+canary+"\n"),
		file("2231 gb2312", cd+"filename*=gb2312''%bb%fa"+canary+"\n"),
		file("2231 without charset", cd+"filename*="+canary+"%20x\n"),
		file("continued", cd+"filename*0=CANARY-4111; filename*1=111111111111\n"),
		file("continued, encoded", cd+"filename*0*=utf-8''CANARY%2d4111; filename*1*=1111%31; filename*2=1111111\n"),
		file("continued, out of order", cd+"filename*1=4111111111111111; filename*0=CANARY-\n"),
		file("continued from one", cd+"filename*1=CANARY-; filename*2=4111111111111111\n"),
		file("continued, character split", cd+"filename*0*=utf-8''%c3; filename*1*=%bc"+canary+"\n"),
		file("both forms disagree, plain", cd+"filename="+canary+"; filename*=utf-8''b.txt\n"),
		file("both forms disagree, 2231", cd+"filename=b.txt; filename*=utf-8''"+canary+"\n"),
		file("name and filename disagree", "Content-Type: text/plain; name="+canary+"\n"+cd+"filename=b.txt\n"),
		file("2047", cd+"filename==?utf-8?q?"+canary+"?=\n"),
		file("2047 in quotes", cd+"filename=\"=?utf-8?q?"+canary+"?=\"\n"),
		file("2047 in quotes, split", cd+"filename=\"=?utf-8?q?CANARY-4111?=\n =?utf-8?q?111111111111?=\"\n"),
		file("2047 in a continuation", cd+"filename*0=\"=?utf-8?q?CANARY-4111?= \"; filename*1=\"=?utf-8?q?111111111111?=\"\n"),
		file("raw 8-bit", cd+"filename=\"\xfc"+canary+"\"\n"),
		file("two dispositions", cd+"filename=a\n"+cd+"filename="+canary+"\n"),
		file("two filenames", cd+"filename=a; filename="+canary+"\n"),
		file("upper case", "CONTENT-DISPOSITION: ATTACHMENT; FILENAME="+canary+"\n"),
		file("empty parameters", cd+"; ; filename="+canary+"\n"),
		file("no semicolon", "Content-Disposition: attachment filename="+canary+"\n"),
		file("comma", "Content-Disposition: attachment, filename="+canary+"\n"),
		file("only a parameter", "Content-Disposition: filename="+canary+"\n"),
	}
	runAll(t, cases)
}
