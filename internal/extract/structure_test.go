package extract

import (
	"fmt"
	"strings"
	"testing"

	"labelmilter/internal/budget"
)

func TestCanaryStructure(t *testing.T) {
	plain := "Content-Type: text/plain\n\n" + canary
	enc := "Content-Type: text/plain\nContent-Transfer-Encoding: base64\n\n" + b64("secret "+canary)
	html := "Content-Type: text/html\n\n<p>CANARY-41111111<b>11111111</b></p>"
	ct := func(v string) string { return "Subject: x\nContent-Type: " + v + "\n\n" }
	at := func(name, raw string, where Where, part string, reasons ...budget.Reason) hidden {
		return hidden{name: name, raw: raw, where: where, part: part, reasons: reasons}
	}
	long := strings.Repeat("abc", 100)
	cases := []hidden{
		at("single part", text("", canary), InBody, "1"),
		at("no header but the subject", "Subject: x\n\n"+canary, InBody, "1"),
		at("multipart", mixed(plain), InBody, "1"),
		at("second part", mixed("\nhello", enc), InBody, "2"),
		at("html", mixed(html), InBody, "1"),
		at("alternative", ct(`multipart/alternative; boundary="b1"`)+multi("b1", "\nhi", html), InBody, "2"),
		at("nested", mixed("\nhi", "Content-Type: multipart/related; boundary=b2\n\n"+multi("b2", "\nx", enc)), InBody, "2.2"),
		at("attachment", mixed("\nhi", "Content-Disposition: attachment; filename=a.txt\n"+enc), InAttachment, "2"),
		at("named part", mixed("\nhi", "Content-Type: text/plain; name=a.txt\n\n"+canary), InAttachment, "2"),
		at("inline csv", mixed("Content-Type: text/csv\n\na,"+canary), InAttachment, "1"),
		// Boundaries.
		at("no boundary parameter", ct("multipart/mixed")+multi("b1", enc), InBody, "1", ambiguous...),
		at("empty boundary", ct(`multipart/mixed; boundary=""`)+multi("b1", enc), InBody, "1", ambiguous...),
		at("wrong boundary", ct(`multipart/mixed; boundary="other"`)+multi("b1", enc), InBody, "1", ambiguous...),
		at("wrong boundary, parts without fields", ct(`multipart/mixed; boundary="other"`)+multi("b1", "\nhi", "\n"+canary), InBody, "2", ambiguous...),
		at("no delimiter at all", ct(`multipart/mixed; boundary="b1"`)+canary, InBody, "1", ambiguous...),
		at("no delimiter, base64", ct(`multipart/mixed; boundary="b1"`+"\nContent-Transfer-Encoding: base64")+b64("x "+canary), InBody, "1", ambiguous...),
		at("unquoted special", ct(`multipart/mixed; boundary=a=b:c/d?e`)+multi("a=b:c/d?e", enc), InBody, "1"),
		at("unquoted blank", ct(`multipart/mixed; boundary=a b`)+multi("a b", enc), InBody, "1"),
		at("no closing quote", ct(`multipart/mixed; boundary="b1`)+multi("b1", enc), InBody, "1"),
		at("single quotes", ct(`multipart/mixed; boundary='b1'`)+multi("b1", enc), InBody, "1"),
		at("single quotes belong", ct(`multipart/mixed; boundary='b1'`)+multi("'b1'", enc), InBody, "1", ambiguous...),
		at("blanks at =", ct(`multipart/mixed; boundary = "b1"`)+multi("b1", enc), InBody, "1"),
		at("upper case", ct(`MULTIPART/Mixed; BOUNDARY=b1`)+multi("b1", enc), InBody, "1"),
		at("comment", ct(`multipart/mixed (c; boundary="no"); boundary=b1 (c)`)+multi("b1", enc), InBody, "1"),
		at("no semicolon", ct(`multipart/mixed charset=utf-8 boundary=b1`)+multi("b1", enc), InBody, "1"),
		at("empty parameters", ct(`multipart/mixed; ; boundary=b1;;`)+multi("b1", enc), InBody, "1"),
		at("folded", ct("multipart/mixed;\n\tboundary=\n b1")+multi("b1", enc), InBody, "1"),
		at("escaped", ct(`multipart/mixed; boundary="b\"1"`)+multi(`b"1`, enc), InBody, "1"),
		at("300 characters", ct(`multipart/mixed; boundary="`+long+`"`)+multi(long, enc), InBody, "1"),
		at("RFC 2231", ct(`multipart/mixed; boundary*=us-ascii''b%31`)+multi("b1", enc), InBody, "1"),
		at("RFC 2231 continued", ct(`multipart/mixed; boundary*1="1"; boundary*0=b`)+multi("b1", enc), InBody, "1"),
		at("duplicate, first", ct(`multipart/mixed; boundary=b1; boundary=b2`)+multi("b1", enc), InBody, "1"),
		at("duplicate, second", ct(`multipart/mixed; boundary=b1; boundary=b2`)+multi("b2", enc), InBody, "1", ambiguous...),
		at("duplicate, both there", ct(`multipart/mixed; boundary=b1; boundary=b2`)+multi("b1", "\nhi")+multi("b2", "\nx", enc), InBody, "2", ambiguous...),
		at("trailing blanks on the line", ct("multipart/mixed; boundary=b1")+"--b1 \t\n"+enc+"\n--b1-- \n", InBody, "1"),
		at("junk after a blank", ct("multipart/mixed; boundary=b1")+"--b1 junk\n"+enc+"\n--b1--\n", InBody, "1"),
		at("junk", ct("multipart/mixed; boundary=b1")+"--b1junk\n"+enc+"\n--b1junk--\n", InBody, "1", ambiguous...),
		at("prefix of the inner one", ct("multipart/mixed; boundary=b")+multi("b", "Content-Type: multipart/mixed; boundary=bb\n\n"+multi("bb", "\nx", enc)), InBody, "1.2"),
		at("same boundary inside", mixed("\nhi", "Content-Type: multipart/mixed; boundary=b1\n\n"+multi("b1", enc)), InBody, "*"),
		at("no closing delimiter", strings.TrimSuffix(mixed(enc), "--b1--\n"), InBody, "1"),
		at("inner not closed", mixed("Content-Type: multipart/mixed; boundary=b2\n\n--b2\n"+enc, "\nhi"), InBody, "1.1"),
		at("dashes", ct("multipart/mixed; boundary=--b1")+multi("b1", enc), InBody, "1", ambiguous...),
		at("no type, only a boundary", ct("boundary=b1")+multi("b1", enc), InBody, "1.1", ambiguous...),
		at("type without subtype", ct("multipart; boundary=b1")+multi("b1", enc), InBody, "1.1", ambiguous...),
		// Text between the parts.
		at("preamble", ct("multipart/mixed; boundary=b1")+canary+"\n"+multi("b1", "\nhi"), InHidden, ""),
		at("epilogue", mixed("\nhi")+canary, InHidden, ""),
		at("part after the close", mixed("\nhi")+"x\n--b1\n"+enc+"\n--b1--", InBody, "2", ambiguous...),
		at("text between close and part", mixed("\nhi")+canary+"\n--b1\n\nx\n--b1--", InHidden, "", ambiguous...),
		at("only a closing delimiter", ct("multipart/mixed; boundary=b1")+canary+"\n--b1--", InHidden, ""),
		// Hidden multiparts, double headers.
		at("multipart in text/plain", text("Content-Type: text/plain\n", multi("b1", enc)), InBody, "1.1", ambiguous...),
		at("multipart without a type", text("", "hello\n"+multi("b1", enc)), InBody, "1.1", ambiguous...),
		at("text/plain with a boundary", text("Content-Type: text/plain; boundary=b1\n", multi("b1", "\n\n", enc)), InBody, "1.2", ambiguous...),
		at("plain then multipart", text("Content-Type: text/plain\nContent-Type: multipart/mixed; boundary=b1\n", multi("b1", enc)), InBody, "*", ambiguous...),
		at("multipart then plain", text("Content-Type: multipart/mixed; boundary=b1\nContent-Type: text/plain\n", multi("b1", enc)), InBody, "1", ambiguous...),
		at("multipart then plain, plain", text("Content-Type: multipart/mixed; boundary=b1\nContent-Type: text/plain\n", canary), InBody, "*", ambiguous...),
		at("plain and html", text("Content-Type: text/plain\nContent-Type: text/html\n", "CANARY-41111111<b>11111111</b>"), InBody, "1", ambiguous...),
		at("same type twice", text("Content-Type: text/plain\nContent-Type: text/plain\n", canary), InBody, "1"),
		at("two different boundaries", text("Content-Type: multipart/mixed; boundary=b1\nContent-Type: multipart/mixed; boundary=b2\n", multi("b2", "\nx", enc)), InBody, "*", ambiguous...),
		at("bad type", text("Content-Type: garbage\n", canary), InBody, "1"),
		at("type text", text("Content-Type: text\n", canary), InBody, "1"),
		at("empty type", text("Content-Type:\n", canary), InBody, "1"),
		at("quoted type", text("Content-Type: \"text/html\"\n", "CANARY-41111111<b>11111111</b>"), InBody, "1"),
		at("blanks in the type", text("Content-Type: text / html\n", "CANARY-41111111<b>11111111</b>"), InBody, "1"),
		at("base64 on a multipart", "Subject: x\nContent-Type: multipart/mixed; boundary=b1\nContent-Transfer-Encoding: base64\n\n"+b64(multi("b1", enc)), InBody, "1"),
		at("base64 said, not done", "Subject: x\nContent-Type: multipart/mixed; boundary=b1\nContent-Transfer-Encoding: base64\n\n"+multi("b1", enc), InBody, "1"),
		at("qp on a multipart", "Subject: x\nContent-Type: multipart/mixed; boundary=b=1\nContent-Transfer-Encoding: quoted-printable\n\n"+qp("--b=1")+"\n"+plain+"\n--b=3D1--", InBody, "1"),
		at("part without header", ct("multipart/mixed; boundary=b1")+"--b1\n"+canary+" without an empty line\nmore\n--b1--", InBody, "1"),
		at("part without header, empty line later", ct("multipart/mixed; boundary=b1")+"--b1\n"+canary+"\n\nmore\n--b1--", InBody, "1"),
		at("adjacent delimiters", ct("multipart/mixed; boundary=b1")+"--b1\n--b1\n\n"+canary+"\n--b1--", InBody, "2"),
		at("delimiter in the first line only LF", "Subject: x\r\nContent-Type: multipart/mixed; boundary=b1\r\n\r\n--b1\n\n"+canary+"\r\n--b1--", InBody, "1"),
	}
	runAll(t, cases)
}

func TestCanaryMessages(t *testing.T) {
	inner := "From: a@b.c\nSubject: inner\n\n" + canary
	innerMulti := "From: a@b.c\nMIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=b9\n\n" + multi("b9", "\nx", "\n"+canary)
	nest := func(n int) string {
		s := inner
		for range n {
			s = "Subject: x\nContent-Type: message/rfc822\n\n" + s
		}
		return s
	}
	rfc := "Content-Type: message/rfc822\n"
	at := func(name, raw string, where Where, part string, reasons ...budget.Reason) hidden {
		return hidden{name: name, raw: raw, where: where, part: part, reasons: reasons}
	}
	cases := []hidden{
		at("rfc822", mixed("\nhi", rfc+"\n"+inner), InAttachment, "2.1"),
		at("rfc822, multipart in it", mixed("\nhi", rfc+"\n"+innerMulti), InAttachment, "2.2"),
		at("rfc822, subject", mixed("\nhi", rfc+"\nSubject: "+canary+"\n\nx"), InHeader, "2.1"),
		at("rfc822, base64", mixed("\nhi", rfc+"Content-Transfer-Encoding: base64\n\n"+b64(innerMulti)), InAttachment, "2.2"),
		at("rfc822, qp", mixed("\nhi", rfc+"Content-Transfer-Encoding: quoted-printable\n\n"+qp(inner)), InAttachment, "2.1"),
		at("rfc822, base64 said, not done", mixed("\nhi", rfc+"Content-Transfer-Encoding: base64\n\n"+inner), InAttachment, "2.1"),
		at("rfc822, empty line first", mixed("\nhi", rfc+"\n\n\n"+inner), InAttachment, "2.1"),
		at("rfc822, From line first", mixed("\nhi", rfc+"\nFrom a@b Mon Jan 1\n"+inner), InAttachment, "2.1"),
		at("rfc822, no header", mixed("\nhi", rfc+"\n\n"+canary), InAttachment, "2"),
		at("rfc822 as the message", nest(1), InAttachment, "1.1"),
		at("rfc822 five deep", nest(5), InAttachment, "1.1.1.1.1.1"),
		at("rfc822 2,000 deep", nest(2000), InHidden, "*", budget.Depth),
		at("digest", "Subject: x\nContent-Type: multipart/digest; boundary=b1\n\n"+multi("b1", "\n"+inner), InAttachment, "1.1"),
		at("global", mixed("Content-Type: message/global\n\n"+inner), InAttachment, "1.1"),
		at("eml as octet-stream", mixed("Content-Type: application/octet-stream; name=a.eml\nContent-Transfer-Encoding: base64\n\n"+b64(strings.ReplaceAll(innerMulti, "\n"+canary, "Content-Transfer-Encoding: base64\n\n"+b64(canary+"!")))), InAttachment, "1.2"),
		at("eml as text", mixed("Content-Type: text/plain; name=a.eml\n\n"+innerMulti), InAttachment, "1.2"),
		at("eml without a name", mixed("Content-Type: application/octet-stream\n\n"+"Date: now\n"+inner), InAttachment, "1.1"),
		at("text as octet-stream", mixed("Content-Type: application/octet-stream\n\n"+canary), InAttachment, "1"),
		at("partial", mixed("Content-Type: message/partial; id=x; number=1; total=2\n\n"+inner), InAttachment, "1.1", budget.PartialMessage),
		at("partial, second", mixed("Content-Type: message/partial; id=x; number=2; total=2\n\n"+canary), InAttachment, "1", budget.PartialMessage),
		at("external body", mixed("Content-Type: message/external-body; access-type=URL; URL=\"http://x\"\n\nContent-Type: text/plain\n\n"+canary), InAttachment, "1", budget.ExternalBody),
		at("external body, parameter", mixed("Content-Type: message/external-body; access-type=URL; URL=\"http://x/"+canary+"\"\n\nx"), InHeader, "1", budget.ExternalBody),
		at("delivery status", "Subject: x\nContent-Type: multipart/report; boundary=b1\n\n"+multi("b1", "\nhi", "Content-Type: message/delivery-status\n\nReporting-MTA: x\n\nDiagnostic-Code: "+canary), InAttachment, "2"),
		at("rfc822-headers", mixed("Content-Type: text/rfc822-headers\n\nSubject: "+canary), InAttachment, "1"),
		at("disposition notification", mixed("Content-Type: message/disposition-notification\n\nX: "+canary), InAttachment, "1"),
		at("json", mixed(`Content-Type: application/json`+"\n\n"+`{"a":"CANARY\u002d4111\u003111111111111"}`), InAttachment, "1"),
		at("xml", mixed("Content-Type: application/xml\n\n<a><b>CANARY-41111111</b><!-- --></a>\n<c v='"+canary+"'/>"), InHidden, "1"),
		at("xml text", mixed("Content-Type: application/x+xml\n\n<a>CANARY-4111<i/>111111111111</a>"), InAttachment, "1"),
		at("svg", mixed("Content-Type: image/svg+xml\n\n<svg><text>"+canary+"</text></svg>"), InAttachment, "1"),
		at("calendar", mixed("Content-Type: text/calendar\n\nBEGIN:VCALENDAR\nSUMMARY:CANARY-41111111\n 11111111\nEND:VCALENDAR"), InAttachment, "1"),
		at("calendar as octet-stream", mixed("Content-Type: application/octet-stream\n\nBEGIN:VCALENDAR\nSUMMARY:CANARY-41111111\n\t11111111\n"), InAttachment, "1"),
		at("vcard, quoted-printable", mixed("Content-Type: text/x-vcard\n\nBEGIN:VCARD\nVERSION:2.1\nNOTE;ENCODING=QUOTED-PRINTABLE;CHARSET=UTF-8:=43ANARY-4111=\n=3111111111=\n=31=311\nEND:VCARD"), InAttachment, "1"),
		at("html as octet-stream", mixed("Content-Type: application/octet-stream\n\n<html>CANARY-41111111<b>11111111"), InAttachment, "1"),
		at("html script", mixed("Content-Type: text/html\n\n<script>"+canary+"</script>"), InHidden, "1"),
		at("html attribute", mixed("Content-Type: text/html\n\n<img alt='"+canary+"'>"), InHidden, "1"),
		at("html data URI", mixed("Content-Type: text/html\n\n<a href='data:text/html;base64,"+strings.ReplaceAll(b64("<p>CANARY-41111111<b>11111111"), "\n", "")+"'>x</a>"), InAttachment, "1/1"),
		at("html data URI in data URI", mixed("Content-Type: text/html\n\n<a href='data:text/html,<a href=\"data:,"+canary+"\">'>x</a>"), InAttachment, "1/1/1"),
		at("text under an image type", mixed("Content-Type: image/png\n\n"+canary), InAttachment, "1", budget.TypeMismatch),
		at("image", mixed("\n"+canary, "Content-Type: image/png\nContent-Transfer-Encoding: base64\n\n"+b64("\x89PNG\r\n\x1a\n\x00\x00")), InBody, "1", budget.ImageOnly),
		at("zip", mixed("\n"+canary, "Content-Type: application/zip\nContent-Transfer-Encoding: base64\n\n"+b64("PK\x03\x04\x00\x00")), InBody, "1", budget.Corrupt),
		at("pdf as text", mixed("\n"+canary, "Content-Type: text/plain\n\n%PDF-1.4"), InBody, "1", budget.Corrupt),
		at("video", mixed("\n"+canary, "Content-Type: video/mp4\nContent-Transfer-Encoding: base64\n\n"+b64("\x00\x00\x00\x18ftyp")), InBody, "1", budget.Unsupported),
		at("empty parts", mixed("\n"+canary, "Content-Type: application/pdf\n\n", "Content-Type: image/png\n\n", "\n"), InBody, "1"),
		at("s/mime signature", mixed("\n"+canary, "Content-Type: application/pkcs7-signature\nContent-Transfer-Encoding: base64\n\n"+b64("0\x82\x00\x01")), InBody, "1"),
		at("pgp signature", mixed("\n"+canary, "Content-Type: application/pgp-signature\n\n-----BEGIN PGP SIGNATURE-----\nx\n"), InBody, "1"),
		at("text as a signature", mixed("Content-Type: application/pgp-signature\n\n"+canary), InAttachment, "1"),
		at("s/mime enveloped", mixed("\n"+canary, "Content-Type: application/pkcs7-mime; smime-type=enveloped-data\nContent-Transfer-Encoding: base64\n\n"+b64("0\x80")), InBody, "1", budget.Encrypted),
		at("s/mime enveloped by content", mixed("\n"+canary, "Content-Type: application/pkcs7-mime; smime-type=signed-data\nContent-Transfer-Encoding: base64\n\n"+b64("0\x80"+string(oidEnveloped)+"\x00")), InBody, "1", budget.Encrypted),
		at("s/mime signed opaque", mixed("\n"+canary, "Content-Type: application/pkcs7-mime; smime-type=signed-data\nContent-Transfer-Encoding: base64\n\n"+b64("0\x80\x00\x01")), InBody, "1", budget.Corrupt),
		at("pgp/mime", mixed("\n"+canary, "Content-Type: application/pgp-encrypted\n\nVersion: 1", "Content-Type: application/octet-stream\n\n-----BEGIN PGP MESSAGE-----\nx"), InBody, "1", budget.Encrypted),
		at("pgp inline", text("", canary+"\n-----BEGIN PGP MESSAGE-----\nx\n"), InBody, "1", budget.Encrypted),
		at("rpmsg", mixed("\n"+canary, "Content-Type: application/x-microsoft-rpmsg-message; name=message.rpmsg\nContent-Transfer-Encoding: base64\n\n"+b64("\x76\xe8\x04\x60")), InBody, "1", budget.Encrypted),
	}
	runAll(t, cases)
}

func TestManyParts(t *testing.T) {
	t.Parallel()
	l := budget.Default()
	var b strings.Builder
	for i := range 20_000 {
		fmt.Fprintf(&b, "--b1\n\npart %d\n", i)
	}
	raw := "Content-Type: multipart/mixed; boundary=b1\n\n" + b.String() + "--b1\n\n" + canary + "\n--b1--\n"
	hidden{name: "20,001 parts", raw: raw, where: InHidden, reasons: []budget.Reason{budget.Parts}}.run(t)
	m, _ := readString(t, raw, l)
	if n := len(m.Leaves()); n > l.Parts || n < l.Parts-2 {
		t.Errorf("%d leaves with a limit of %d", n, l.Parts)
	}
	b.Reset()
	for i := range 10_000 {
		fmt.Fprintf(&b, "Content-Type: multipart/mixed; boundary=b%d\n\n--b%d\n", i, i)
	}
	raw = b.String() + "\n" + canary
	hidden{name: "10,000 deep", raw: raw, where: InHidden, part: "*", reasons: []budget.Reason{budget.Depth}}.run(t)
}
