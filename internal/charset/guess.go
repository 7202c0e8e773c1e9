package charset

import (
	"unicode/utf8"

	"github.com/wlynxg/chardet"
)

// guessWindow bounds what the detector sees: it reads 15 MB/s, and the first
// 64 KiB decide as well as the whole.
const guessWindow = 64 << 10

// guess reads bytes whose charset is not known.
func guess(b []byte) Text {
	if k := wide(b); k != kindUnknown {
		t := Text{Charset: k.String(), Guessed: true}
		t.UTF8, t.Damaged = decodeKind(b, codec{kind: k})
		return t
	}
	if ascii(b) && !stateful(b, kindNone) {
		return Text{UTF8: string(b), Charset: "us-ascii"}
	}
	t := Text{Guessed: true}
	name := detect(b)
	c, ok := find(name)
	switch {
	case ok && (c.kind == kindSingle || c.kind == kindMulti || c.kind == kindISO2022) && name != "":
		t.Charset = c.name
		t.UTF8, t.Damaged = decodeKind(b, c)
		if !c.transparent {
			// A plain reader shows what the escape sequences hide.
			if raw := latin(b); raw != t.UTF8 {
				t.Other = raw
			}
		}
	case utf8.Valid(b):
		t.Charset, t.UTF8 = "utf-8", string(b)
	case mostlyUTF8(b):
		t.Charset, t.UTF8, t.Damaged = "utf-8", replaceInvalid(b), true
	default:
		t.Charset, t.UTF8 = "windows-1252", windows1252(b)
	}
	return t
}

// detect asks the detector for the charset of the window, "" if it has none.
// The detector is foreign code on hostile bytes: should it panic, there is no
// guess.
func detect(b []byte) (name string) {
	defer func() {
		if recover() != nil {
			name = ""
		}
	}()
	return chardet.Detect(b[:min(len(b), guessWindow)]).Encoding
}
