package sample

import (
	"encoding/asn1"
	"strings"
)

// letter is a mail with a marker in its texts and its attachment.
func (b *builder) letter(which string) string {
	return strings.ReplaceAll("From: a@b.example\nTo: c@d.example\nDate: Mon, 2 Nov 2026 10:00:00 +1100\nMessage-ID: <"+which+"@b.example>\nSubject: x"+
		"\nMIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=in\n\n--in\nContent-Type: multipart/alternative; boundary=alt\n\n"+
		"--alt\nContent-Type: text/plain; charset=utf-8\n\n"+b.mark(which+": text")+"\n\n--alt\nContent-Type: text/html; charset=utf-8\n\n<p>"+b.mark(which+": HTML")+"</p>\n\n--alt--\n"+
		"--in\nContent-Type: text/plain; name=a.txt\nContent-Disposition: attachment; filename=a.txt\n\n"+b.mark(which+": attachment")+"\n\n--in--\n", "\n", "\r\n")
}

// Eml is a mail kept as a file.
func Eml() Document {
	b := &builder{base: 9100000}
	return Document{Name: "places.eml", Type: "message/rfc822", True: "text/plain", Data: []byte(b.letter("mail")), Places: b.places}
}

// Mbox is two mails in one file (RFC 4155).
func Mbox() Document {
	b := &builder{base: 9200000}
	var s strings.Builder
	for _, which := range []string{"first mail", "second mail"} {
		s.WriteString("From a@b.example Mon Nov  2 10:00:00 2026\n" + strings.ReplaceAll(b.letter(strings.ReplaceAll(which, " ", "-")), "\r\n", "\n") + "\n")
	}
	return Document{Name: "places.mbox", Type: "application/mbox", True: "text/plain", Data: []byte(s.String()), Places: b.places}
}

// P7m is a mail signed so that its text stands inside (RFC 8551 3.5.2), without
// a signer.
func P7m() Document {
	b := &builder{base: 9300000}
	entity := "Content-Type: text/plain; charset=utf-8\r\n\r\n" + b.mark("signed text") + "\r\n"
	type content struct {
		Type asn1.ObjectIdentifier
		Data []byte `asn1:"explicit,tag:0"`
	}
	signed := struct {
		Version int
		Digests []asn1.RawValue `asn1:"set"`
		Content content
		Signers []asn1.RawValue `asn1:"set"`
	}{1, nil, content{asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 7, 1}, []byte(entity)}, nil}
	inner, err := asn1.Marshal(signed)
	if err != nil {
		panic(err) // of constants: cannot be
	}
	outer, err := asn1.Marshal(struct {
		Type asn1.ObjectIdentifier
		Data asn1.RawValue
	}{asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 7, 2}, asn1.RawValue{Class: asn1.ClassContextSpecific, IsCompound: true, Bytes: inner}})
	if err != nil {
		panic(err)
	}
	return Document{Name: "places.p7m", Type: "application/pkcs7-mime", True: "application/octet-stream", Data: outer, Places: b.places, Facts: "signed"}
}
