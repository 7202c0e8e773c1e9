package sample

import (
	"fmt"

	"labelmilter/internal/extract/cfb"
)

// msgProps adds text properties to a storage of a message (MS-OXMSG), in UTF-16
// or 8 bits, and its stream of fixed properties.
func msgProps(d *cfb.Dir, head int, wide bool, fixed []byte, props ...any) {
	d.Add("__properties_version1.0", join(make([]byte, head), fixed))
	for i := 0; i+1 < len(props); i += 2 {
		tag, text := props[i].(int), props[i+1].(string)
		if wide {
			d.Add(fmt.Sprintf("__substg1.0_%04X001F", tag), wideBytes(text))
		} else {
			d.Add(fmt.Sprintf("__substg1.0_%04X001E", tag), []byte(text))
		}
	}
}

// int32Prop is a property of a number.
func int32Prop(tag, v int) []byte { return join(words16(3, tag), words32(6, v, 0)) }

// named describes the named properties from 0x8000 on.
func named(names ...string) *cfb.Dir {
	d := &cfb.Dir{Name: "__nameid_version1.0"}
	var entries, strs []byte
	for i, n := range names {
		entries = join(entries, words32(len(strs)), words16(2<<1|1, i))
		strs = join(strs, words32(2*len(n)), wideBytes(n))
		for len(strs)%4 != 0 {
			strs = append(strs, 0)
		}
	}
	d.Add("__substg1.0_00020102", nil)
	d.Add("__substg1.0_00030102", entries)
	d.Add("__substg1.0_00040102", strs)
	return d
}

const msipLabels = "MSIP_Label_11111111-2222-4333-8444-555555555555_Enabled=true; MSIP_Label_11111111-2222-4333-8444-555555555555_SiteId=aaaaaaaa-bbbb-4ccc-8ddd-eeeeeeeeeeee"

// Msg is a message of Outlook with a marker in every place.
func Msg() Document {
	b := &builder{base: 11000000}
	d := &cfb.Dir{}
	msgProps(d, 32, true, int32Prop(0x3fde, 65001), 0x001a, "IPM.Note", 0x0037, b.mark("subject"), 0x1000, "OFFICIAL: Sensitive//Legal Privilege\r\n"+b.mark("body")+"\r\n",
		0x007d, "X-Mark: "+b.mark("header of transport")+"\r\nX-Folded: a\r\n "+b.mark("folded header")+"\r\n", 0x0c1a, b.mark("sender"), 0x5d01, "a@agency.example", 0x8000, b.mark("named property"), 0x8001, msipLabels)
	d.Add("__substg1.0_10130102", []byte("<p>"+b.mark("HTML body")+"</p>"))
	d.Dirs = append(d.Dirs, named("X-Case", "msip_labels"))
	recip := &cfb.Dir{Name: "__recip_version1.0_#00000000"}
	msgProps(recip, 8, true, int32Prop(0x0c15, 1), 0x3001, b.mark("name of a recipient"), 0x3003, "b@partner.example")
	d.Dirs = append(d.Dirs, recip)
	attach := func(i int, fixed []byte, props ...any) *cfb.Dir {
		a := &cfb.Dir{Name: fmt.Sprintf("__attach_version1.0_#%08X", i)}
		msgProps(a, 8, true, fixed, props...)
		d.Dirs = append(d.Dirs, a)
		return a
	}
	attach(0, int32Prop(0x3705, 1), 0x3707, "note one.txt", 0x3704, "NOTE~1.TXT").Add("__substg1.0_37010102", []byte("attached: "+b.mark("attachment")))
	inner := &cfb.Dir{Name: "__substg1.0_3701000D"}
	msgProps(inner, 24, false, int32Prop(0x3ffd, 1252), 0x001a, "IPM.Note", 0x0037, b.mark("message within: subject"), 0x1000, b.mark("message within: body in 8 bits"), 0x8000, b.mark("message within: named property"))
	// A body in RTF alone, compressed without compressing (MS-OXRTFCP 2.1.3.1.5).
	rtf := `{\rtf1\ansi ` + b.mark("message within: RTF body") + `}`
	inner.Add("__substg1.0_10090102", join(words32(len(rtf)+12, len(rtf)), []byte("MELA"), words32(0), []byte(rtf)))
	a := attach(1, int32Prop(0x3705, 5), 0x3001, "the message within")
	a.Dirs = append(a.Dirs, inner)
	return Document{Name: "places.msg", Type: "application/vnd.ms-outlook", Data: cfb.Write(d), Places: b.places}
}

// MsgMarked is a message whose transport had a protective marking, with the
// document that it carries.
func MsgMarked() []byte {
	d := &cfb.Dir{}
	msgProps(d, 32, false, int32Prop(0x3ffd, 1252), 0x001a, "IPM.Note", 0x0037, "The minute", 0x1000, "Tax file number 123 456 782\r\n",
		0x007d, "From: a@agency.example\r\nX-Protective-Marking: VER=2018.6, NS=gov.au, SEC=PROTECTED,\r\n ORIGIN=a@agency.example\r\n")
	d.Dirs = append(d.Dirs, named())
	a := &cfb.Dir{Name: "__attach_version1.0_#00000000"}
	msgProps(a, 8, false, int32Prop(0x3705, 1), 0x3707, "cards.txt")
	a.Add("__substg1.0_37010102", []byte("credit card 4111 1111 1111 1111"))
	d.Dirs = append(d.Dirs, a)
	return cfb.Write(d)
}

// attribute is one attribute of a TNEF stream (MS-OXTNEF 2.1.3).
func attribute(level byte, id int, body []byte) []byte {
	sum := 0
	for _, c := range body {
		sum += int(c)
	}
	return join([]byte{level}, words32(id, len(body)), body, words16(sum))
}

// tnefProps is a list of properties: numbers and texts by tag.
func tnefProps(props ...any) []byte {
	out := words32(len(props) / 2)
	for i := 0; i+1 < len(props); i += 2 {
		tag := props[i].(int)
		var head, name []byte
		var typ int
		var v []byte
		switch p := props[i+1].(type) {
		case int:
			typ, v = 3, words32(p)
		case string:
			typ, v = 0x1f, wideBytes(p+"\x00")
		case []byte:
			typ, v = 0x102, p
		case [2]string: // a named one
			n := wideBytes(p[0] + "\x00")
			typ, v, name = 0x1f, wideBytes(p[1]+"\x00"), join(make([]byte, 16), words32(1, len(n)), padded4(n))
		case object:
			typ, v = 0xd, p
		}
		head = join(words16(typ, tag), name)
		if typ == 3 {
			out = join(out, head, v)
			continue
		}
		out = join(out, head, words32(1, len(v)), padded4(v))
	}
	return out
}

// object is the content of an object property, with its identifier.
type object []byte

func padded4(b []byte) []byte {
	for len(b)%4 != 0 {
		b = append(b, 0)
	}
	return b
}

const tnefHead = "\x78\x9f\x3e\x22\x01\x00"

// TNEF is a winmail.dat with a marker in every place.
func TNEF() Document {
	b := &builder{base: 12000000}
	rtf := `{\rtf1\ansi\fromhtml1 {\*\htmltag64 <p>}OFFICIAL: Sensitive//Legal Privilege{\*\htmltag72 </p>}\par ` + b.mark("HTML in an RTF body") + `}`
	inner := join([]byte(tnefHead), attribute(1, 0x78008, []byte("IPM.Note\x00")), attribute(1, 0x18004, []byte(b.mark("message within: subject")+"\x00")),
		attribute(1, 0x2800c, []byte(b.mark("message within: body")+"\x00")))
	iid := []byte("\x07\x03\x02\x00\x00\x00\x00\x00\xc0\x00\x00\x00\x00\x00\x00\x46")
	d := join([]byte(tnefHead), attribute(1, 0x89006, words32(0x10000)), attribute(1, 0x69007, words32(1252, 0)), attribute(1, 0x78008, []byte("IPM.Note\x00")),
		attribute(1, 0x18004, []byte(b.mark("subject")+"\x00")),
		attribute(1, 0x69003, tnefProps(0x0070, b.mark("property"), 0x8001, [2]string{"X-Case", b.mark("named property")}, 0x8002, [2]string{"msip_labels", msipLabels},
			0x1009, join(words32(len(rtf)+12, len(rtf)), []byte("MELA"), words32(0), []byte(rtf)))),
		attribute(1, 0x69004, join(words32(1), tnefProps(0x3001, b.mark("name of a recipient"), 0x3003, "b@partner.example", 0x0c15, 1))),
		attribute(2, 0x69002, make([]byte, 14)), attribute(2, 0x18010, []byte("NOTE~1.TXT\x00")), attribute(2, 0x6800f, []byte("attached: tax file number 123 456 782, "+b.mark("attachment"))),
		attribute(2, 0x69005, tnefProps(0x3707, "note one.txt")),
		attribute(2, 0x69002, make([]byte, 14)), attribute(2, 0x18010, []byte("Untitled\x00")), attribute(2, 0x69005, tnefProps(0x3705, 5, 0x3701, object(join(iid, inner)))))
	return Document{Name: "winmail.dat", Type: "application/vnd.ms-tnef", Data: d, Places: b.places}
}
