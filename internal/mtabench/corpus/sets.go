package corpus

import (
	"encoding/base64"
	"fmt"
	"strings"
)

func (g *gen) subject() string {
	return g.title(g.word()) + " " + g.word() + " " + g.word() + " " + g.word()
}

const plainFields = "Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 7bit\r\n"

func clean(g *gen) body {
	text := g.paragraphs(10_000, nil)
	return body{subject: g.subject(), fields: plainFields, data: text, text: text}
}

func hits(g *gen) body {
	n := 0
	text := g.paragraphs(10_000, func() string {
		if n++; n%12 == 1 {
			return g.identifier(g.IntN(7) > 0)
		}
		return ""
	})
	g.planted[Marking]++
	return body{subject: g.subject() + " [SEC=OFFICIAL:Sensitive, ACCESS=Personal-Privacy]",
		marking: "VER=2024.1, NS=gov.au, SEC=OFFICIAL:Sensitive,\r\n ACCESS=Personal-Privacy, ORIGIN=" + g.word() + "@sender.example",
		fields:  plainFields, data: text, text: text}
}

// page gives about n bytes of HTML as a mail program writes it: much styling,
// tables, little text.
func (g *gen) page(n int) string {
	var b strings.Builder
	b.WriteString("<!DOCTYPE html>\r\n<html lang=\"en\">\r\n<head>\r\n<meta charset=\"utf-8\">\r\n<title>" + g.subject() + "</title>\r\n<style type=\"text/css\">\r\n")
	for range 30 {
		fmt.Fprintf(&b, ".%s { font-family: Arial, sans-serif; font-size: %dpx; color: #%06x; margin: 0 %dpx; }\r\n", g.word(), 9+g.IntN(9), g.IntN(1<<24), g.IntN(40))
	}
	b.WriteString("</style>\r\n</head>\r\n<body bgcolor=\"#ffffff\">\r\n")
	for b.Len() < n {
		fmt.Fprintf(&b, "<table width=\"%d\" cellpadding=\"0\" cellspacing=\"0\" border=\"0\">\r\n<tr><td class=\"%s\" style=\"padding:%dpx;border-bottom:1px solid #%06x\" align=\"left\" valign=\"top\">\r\n",
			300+g.IntN(400), g.word(), g.IntN(20), g.IntN(1<<24))
		for range 1 + g.IntN(3) {
			fmt.Fprintf(&b, "<p style=\"margin:0;line-height:%dpx\"><span style=\"font-size:%dpx\">", 12+g.IntN(10), 9+g.IntN(9))
			var p strings.Builder
			wrap(&p, "", g.sentence()+" "+g.sentence())
			b.WriteString(strings.ReplaceAll(p.String(), " and ", " &amp; ") + "</span>")
			if g.IntN(3) == 0 {
				fmt.Fprintf(&b, "<br>\r\n<a href=\"https://www.%s.example/%s?u=%s&amp;c=%x\" target=\"_blank\"><img src=\"https://img.%s.example/%s.png\" width=\"%d\" height=\"%d\" alt=\"%s\"></a>",
					g.word(), g.word(), g.digits(6), g.Uint64(), g.word(), g.word(), 10+g.IntN(500), 10+g.IntN(200), g.word())
			}
			b.WriteString("&nbsp;</p>\r\n")
		}
		b.WriteString("</td></tr>\r\n</table>\r\n")
	}
	b.WriteString("</body>\r\n</html>\r\n")
	return b.String()
}

func html(g *gen) body {
	text := g.page(50_000)
	return body{subject: g.subject(), fields: "Content-Type: text/html; charset=utf-8\r\nContent-Transfer-Encoding: 7bit\r\n", data: text, text: text}
}

func prose(g *gen) body {
	text := g.paragraphs(24_000, nil)
	var h strings.Builder
	h.WriteString("<html><body>\r\n")
	for _, p := range strings.Split(text, "\r\n\r\n") {
		h.WriteString("<p>" + p + "</p>\r\n")
	}
	h.WriteString("</body></html>\r\n")
	b := "=_" + g.base64(20)
	return body{subject: g.subject(), text: text,
		fields: "Content-Type: multipart/alternative; boundary=\"" + b + "\"\r\n",
		data: "This is a message in MIME format.\r\n\r\n--" + b + "\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n" + text +
			"\r\n--" + b + "\r\nContent-Type: text/html; charset=utf-8\r\n\r\n" + h.String() + "\r\n--" + b + "--\r\n"}
}

func attachment(g *gen) body {
	text := g.paragraphs(1_000, nil)
	file := g.paragraphs(144_000, nil) // 200 kB in base64
	var enc strings.Builder
	s := base64.StdEncoding.EncodeToString([]byte(file))
	for len(s) > 76 {
		enc.WriteString(s[:76] + "\r\n")
		s = s[76:]
	}
	enc.WriteString(s + "\r\n")
	b := "=_" + g.base64(20)
	name := g.word() + ".txt"
	return body{subject: g.subject(), text: file,
		fields: "Content-Type: multipart/mixed; boundary=\"" + b + "\"\r\n",
		data: "This is a message in MIME format.\r\n\r\n--" + b + "\r\n" + plainFields + "\r\n" + text +
			"\r\n--" + b + "\r\nContent-Type: text/plain; charset=utf-8; name=\"" + name + "\"\r\nContent-Disposition: attachment; filename=\"" + name +
			"\"\r\nContent-Transfer-Encoding: base64\r\n\r\n" + enc.String() + "--" + b + "--\r\n"}
}
