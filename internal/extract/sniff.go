package extract

import (
	"bytes"
	"strings"
)

// sniffBytes is how much of an item is looked at to tell text from binary.
const sniffBytes = 4096

// textual reports content that reads as text: no control characters but those
// of text, or a byte order mark of UTF-16 or UTF-32.
func textual(b []byte) bool {
	if bytes.HasPrefix(b, []byte("\xff\xfe")) || bytes.HasPrefix(b, []byte("\xfe\xff")) || bytes.HasPrefix(b, []byte("\x00\x00\xfe\xff")) {
		return true
	}
	b = b[:min(len(b), sniffBytes)]
	for _, c := range b {
		if c < 0x20 && c != '\t' && c != '\n' && c != '\r' && c != '\f' && c != 0x1b && c != '\b' && c != 0x1a || c == 0x7f {
			return false
		}
	}
	return true
}

// binaryMagic reports the signature of a format that is not text, though it
// may begin like it.
func binaryMagic(b []byte) bool {
	for _, m := range []string{"%PDF-", "{\\rtf", "PK\x03\x04", "PK\x05\x06", "\xd0\xcf\x11\xe0", "%!PS", "Rar!\x1a\x07", "7z\xbc\xaf\x27\x1c",
		"\x1f\x8b\x08", "BZh", "\xfd7zXZ\x00", "\x28\xb5\x2f\xfd", "\x78\x9f\x3e\x22", "MSCF", "\x7fELF", "MZ"} {
		if bytes.HasPrefix(b, []byte(m)) {
			switch m {
			case "MZ", "BZh": // letters: only with binary content
				return !textual(b)
			}
			return true
		}
	}
	return imageMagic(b)
}

// imageMagic reports the signature of an image.
func imageMagic(b []byte) bool {
	for _, m := range []string{"\x89PNG\r\n\x1a\n", "\xff\xd8\xff", "GIF87a", "GIF89a", "II*\x00", "MM\x00*"} {
		if bytes.HasPrefix(b, []byte(m)) {
			return true
		}
	}
	return len(b) > 12 && string(b[:4]) == "RIFF" && string(b[8:12]) == "WEBP"
}

// declaredText reports a media type that is text whatever its bytes.
func declaredText(typ string) bool {
	return strings.HasPrefix(typ, "text/") || strings.HasPrefix(typ, "message/")
}

// starts reports that the content begins with one of the given lower-case
// words, in any case, after white space and a byte order mark.
func starts(b []byte, words ...string) bool {
	b = bytes.TrimPrefix(b[:min(len(b), 512)], []byte("\xef\xbb\xbf"))
	s := strings.ToLower(string(bytes.TrimLeft(b, " \t\r\n")))
	for _, w := range words {
		if strings.HasPrefix(s, w) {
			return true
		}
	}
	return false
}
