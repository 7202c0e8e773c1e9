package sample

import (
	"encoding/hex"
	"fmt"
	"strings"
)

// RTF is a document in Rich Text Format with a marker in every place.
func RTF() Document {
	b := &builder{base: 10000000}
	split1, split2 := halves(b.mark("text split by formatting"))
	uni := ""
	for _, c := range b.mark("text in \\u") {
		uni += fmt.Sprintf("\\u%d?", c)
	}
	codes := ""
	for _, c := range []byte(b.mark("text in \\'")) {
		codes += fmt.Sprintf("\\'%02x", c)
	}
	file := "in the packager: " + b.mark("embedded file")
	body := join(words16(2), []byte("note.txt\x00note.txt\x00"), words16(0, 3), words32(0), words32(len(file)), []byte(file))
	object := join(words32(0x501, 2, 8), []byte("Package\x00"), words32(0, 0, len(body)), body)
	const label = "MSIP_Label_11111111-2222-4333-8444-555555555555_"
	prop := func(name, value string) string {
		return `{\propname ` + name + `}\proptype30{\staticval ` + value + `}`
	}
	d := `{\rtf1\ansi\ansicpg1252\deff0{\fonttbl{\f0\fnil\fcharset0 Arial;}}` +
		`{\info{\title ` + b.mark("title") + `}{\author ` + b.mark("author") + `}{\company ` + b.mark("company") + `}{\keywords ` + b.mark("keywords") + `}{\doccomm ` + b.mark("comments") + `}}` +
		`{\*\userprops ` + prop("Case "+b.mark("custom property: name"), b.mark("custom property: value")) + prop(label+"Enabled", "true") + prop(label+"SiteId", "aaaaaaaa-bbbb-4ccc-8ddd-eeeeeeeeeeee") + prop(label+"Name", b.mark("MSIP label property")) + `}` +
		`{\header ` + b.mark("header") + `}{\footer ` + b.mark("footer") + `}` +
		`\pard OFFICIAL: Sensitive//Legal Privilege\par ` + b.mark("paragraph") + `\par ` + split1 + `{\b ` + split2 + `}\par ` + uni + `\par ` + codes + `\par ` +
		`\trowd TFN\cell ` + b.mark("table cell") + `\cell\row\pard ` +
		`{\field{\*\fldinst HYPERLINK "http://x/` + b.mark("field code") + `"}{\fldrslt ` + b.mark("field result") + `}}` +
		`{\deleted ` + b.mark("deleted text") + `}{\v ` + b.mark("hidden text") + `}text{\footnote ` + b.mark("footnote") + `}` +
		`{\*\atnauthor ` + b.mark("author of a comment") + `}{\*\annotation ` + b.mark("comment") + `}{\*\bkmkstart ` + b.mark("bookmark") + `}` +
		`{\shp{\*\shpinst{\sp{\sn gtextUNICODE}{\sv ` + b.mark("WordArt") + `}}{\sp{\sn wzDescription}{\sv ` + b.mark("alternative text") + `}}{\shptxt ` + b.mark("text box") + `}}}` +
		`{\*\docvar{n}{` + b.mark("document variable") + `}}{\*\unknown ` + b.mark("unknown destination") + `}` +
		`{\object\objemb{\*\objdata ` + hex.EncodeToString(object) + `}}` +
		`{\*\datastore ` + hex.EncodeToString([]byte("<data>"+b.mark("custom XML")+"</data>")) + `}` + "\\par}"
	return Document{Name: "places.rtf", Type: "text/rtf", Data: []byte(strings.ReplaceAll(d, "\\par ", "\\par\r\n")), Places: b.places}
}
