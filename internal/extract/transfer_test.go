package extract

import (
	"encoding/base64"
	"strings"
	"testing"

	"labelmilter/internal/budget"
)

func TestCanaryTransferEncodings(t *testing.T) {
	secret := "The secret is " + canary + ", do not pass on.\n"
	e := b64(secret)
	flat := strings.ReplaceAll(e, "\n", "")
	cte := func(v string) string { return "Content-Type: text/plain\nContent-Transfer-Encoding: " + v + "\n" }
	unknown := []budget.Reason{budget.UnknownTransferEncoding}
	body := func(name, raw string, reasons ...budget.Reason) hidden {
		return hidden{name: name, raw: raw, where: InBody, part: "1", reasons: reasons}
	}
	mid := len(flat) / 2 / 4 * 4
	url := strings.NewReplacer("+", "-", "/", "_").Replace(base64.StdEncoding.EncodeToString([]byte("\xfb\xff\xfe" + canary)))
	cases := []hidden{
		// The field.
		body("base64", text(cte("base64"), e)),
		body("upper case", text(cte("BASE64"), e)),
		body("semicolon", text(cte("base64;"), e)),
		body("quoted", text(cte(`"base64"`), e)),
		body("comment after", text(cte("base64 (comment)"), e)),
		body("comment before", text(cte("(comment) base64"), e)),
		body("blanks", text(cte("  \t base64 \t"), e)),
		body("folded", text(cte("\n base64"), e)),
		body("base-64", text(cte("base-64"), e)),
		body("unknown, raw text", text(cte("x-klingon"), secret), unknown...),
		body("empty", text(cte(""), secret)),
		body("8-bit", text(cte("8-bit"), secret)),
		body("duplicate, same", text(cte("base64")+"Content-Transfer-Encoding: base64\n", e)),
		body("7bit then base64", text(cte("7bit")+"Content-Transfer-Encoding: base64\n", e), ambiguous...),
		body("base64 then 7bit", text(cte("base64")+"Content-Transfer-Encoding: 7bit\n", e), ambiguous...),
		body("base64 then 7bit, but plain", text(cte("base64")+"Content-Transfer-Encoding: 7bit\n", secret), ambiguous...),
		body("qp then base64", text(cte("quoted-printable")+"Content-Transfer-Encoding: base64\n", e), ambiguous...),
		body("base64 then qp", text(cte("base64")+"Content-Transfer-Encoding: quoted-printable\n", qp(secret)), ambiguous...),
		body("two in one field", text(cte("7bit, base64"), e), ambiguous...),
		// Base64.
		body("one long line", text(cte("base64"), base64.StdEncoding.EncodeToString([]byte(strings.Repeat("x", 2<<20)+canary)))),
		body("short lines", text(cte("base64"), strings.Join(strings.Split(flat, ""), "\n"))),
		body("garbage", text(cte("base64"), flat[:mid]+"!§$%&()"+flat[mid:])),
		body("blanks in it", text(cte("base64"), strings.Join(strings.Split(flat, ""), " "))),
		body("NUL", text(cte("base64"), flat[:mid]+"\x00\x00"+flat[mid:])),
		body("no padding", text(cte("base64"), strings.TrimRight(b64(canary+"!!"), "=\n"))),
		body("concatenated", text(cte("base64"), b64("first part.")+e)),
		body("three concatenated", text(cte("base64"), b64("a")+b64("bb")+e)),
		body("padding amid a quantum", text(cte("base64"), flat[:mid+1]+"="+flat[mid+1:])),
		body("padding between", text(cte("base64"), flat[:mid]+"===="+flat[mid:])),
		body("list footer", text(cte("base64"), e+"_______________________________\nlist footer, see http://x/y\n")),
		body("url alphabet", text(cte("base64"), url)),
		body("dashes injected", text(cte("base64"), strings.NewReplacer("NBUllT", "NBUl-lT").Replace(flat[:mid])+"-"+flat[mid:])),
		body("empty lines", text(cte("base64"), strings.ReplaceAll(e, "\n", "\n\n\n"))),
		body("bare CR", text(cte("base64"), strings.ReplaceAll(e, "\n", "\r\r\n"))),
		body("8-bit garbage", text(cte("base64"), "\xff\xfe"+flat)),
		// Quoted-printable.
		body("qp", text(cte("quoted-printable"), qp(secret))),
		body("qp soft break in the number", text(cte("quoted-printable"), "CANARY-41111111=\n11111111 x")),
		body("qp blanks after the soft break", text(cte("quoted-printable"), "CANARY-41111111=  \t\n11111111 x")),
		body("qp lower case", text(cte("quoted-printable"), "CANARY=2d4111111111111111 =c3=bc")),
		body("qp bad escapes", text(cte("quoted-printable"), "=ZZ = =3 =\x00 "+canary+" =")),
		body("qp escape cut by a soft break", text(cte("quoted-printable"), "CANARY=2D4111=\n111111111111=")),
		body("qp long line", text(cte("quoted-printable"), strings.Repeat("=41", 35_000)+" "+canary)),
		body("qp every byte", text(cte("quoted-printable"), "=43=41=4E=41=52=59=2D=34=31=31=31=31=31=31=31=31=31=31=31=31=31=31=31")),
		body("qp underscore", text(cte("quoted_printable"), qp(secret))),
		// Unix to unix, yEnc.
		body("x-uuencode", text(cte("x-uuencode"), uu("a.txt", secret))),
		body("uuencode with text before", text(cte("x-uue"), "see below\n\n"+uu("a.txt", secret))),
		{name: "inline uuencode", raw: text("", "Hi,\nbegin now.\n"+uu("a.txt", secret)+"bye"), where: InAttachment, part: "1/1"},
		{name: "inline uuencode, second file", raw: text("", uu("a.txt", "x")+uu("b.txt", secret)), where: InAttachment, part: "1/2"},
		{name: "inline uuencode in base64", raw: text(cte("base64"), b64(uu("a.txt", secret))), where: InAttachment, part: "1/1"},
		{name: "inline uuencode without end", raw: text("", strings.TrimSuffix(uu("a.txt", secret), "end\n")), where: InAttachment, part: "1/1"},
		{name: "inline uuencode, the name", raw: text("", uu(canary, "x")), where: InName, part: "1/1"},
		{name: "inline yEnc", raw: text("", "Hi\n"+yenc("a.txt", secret)), where: InAttachment, part: "1/1"},
		{name: "inline yEnc, the name", raw: text("", yenc(canary+".txt", "x")), where: InName, part: "1/1"},
		body("yEnc encoding", text(cte("x-yenc"), yenc("a.txt", secret))),
		// Flowed.
		body("flowed", text("Content-Type: text/plain; format=flowed\n", "CANARY-4111111111111111 \nis it"), noReason...),
		{name: "flowed keeps the blank", raw: text("Content-Type: text/plain; format=flowed\n", "4111 1111 \n1111 1111\n"), where: InBody, part: "1", want: "4111 1111 1111 1111"},
		body("flowed delsp", text("Content-Type: text/plain; format=flowed; delsp=yes\n", "CANARY-41111111 \n11111111\n")),
		body("flowed delsp in qp", text("Content-Type: text/plain; Format=\"Flowed\"; DelSp=Yes\nContent-Transfer-Encoding: quoted-printable\n", "CANARY-41111111=20\n11111111\n")),
		body("flowed, quoted", text("Content-Type: text/plain; format=flowed; delsp=yes\n", ">> CANARY-41111111 \n>> 11111111\n> x")),
		body("flowed, stuffed", text("Content-Type: text/plain; format=flowed; delsp=yes\n", " CANARY-41111111 \n 11111111\n")),
		{name: "delsp must not hide", raw: text("Content-Type: text/plain; format=flowed; delsp=yes\n", "TFN \n123456782 \nABC"), where: InHidden, part: "1", want: "123456782 \r\nABC"},
	}
	runAll(t, cases)
}

func uu(name, s string) string {
	var b strings.Builder
	b.WriteString("begin 644 " + name + "\n")
	enc := func(c byte) byte {
		if c == 0 {
			return '`'
		}
		return c + ' '
	}
	for len(s) > 0 {
		n := min(len(s), 45)
		b.WriteByte(enc(byte(n)))
		for i := 0; i < n; i += 3 {
			var q [3]byte
			copy(q[:], s[i:n])
			b.Write([]byte{enc(q[0] >> 2), enc(q[0]<<4&0x30 | q[1]>>4), enc(q[1]<<2&0x3c | q[2]>>6), enc(q[2] & 0x3f)})
		}
		b.WriteByte('\n')
		s = s[n:]
	}
	return b.String() + "`\nend\n"
}

func yenc(name, s string) string {
	var b strings.Builder
	b.WriteString("=ybegin line=128 size=1 name=" + name + "\n")
	for i := range len(s) {
		c := s[i] + 42
		switch c {
		case 0, '\n', '\r', '=':
			b.Write([]byte{'=', c + 64})
		default:
			b.WriteByte(c)
		}
	}
	return b.String() + "\n=yend size=1\n"
}
