// Package sniff tells the format of content by its bytes. Of chooses the reader
// of an item and knows only formats with an unmistakable signature; Type names
// the true media type for conditions and uses the larger table of
// gabriel-vasile/mimetype. Names and declared types play no part, so that a
// document under another name is what it is.
package sniff

import (
	"bytes"
	"encoding/binary"
	"strings"

	"github.com/gabriel-vasile/mimetype"

	"labelmilter/internal/extract/cfb"
)

// Kind is a format known by its signature.
type Kind string

// The formats. Unknown has no signature: text, or something of no known format.
const (
	Unknown    Kind = ""
	Zip        Kind = "zip"
	Gzip       Kind = "gzip"
	Bzip2      Kind = "bzip2"
	XZ         Kind = "xz"
	LZMA       Kind = "lzma"
	Zstd       Kind = "zstd"
	Tar        Kind = "tar"
	SevenZip   Kind = "7z"
	RAR        Kind = "rar"
	Cabinet    Kind = "cab"
	ISO        Kind = "iso"
	ARJ        Kind = "arj"
	LHA        Kind = "lha"
	CPIO       Kind = "cpio"
	AR         Kind = "ar"
	CompoundFS Kind = "cfb"   // OLE compound file
	BIFF       Kind = "biff"  // a workbook of Excel that is no compound file
	Word2      Kind = "word2" // a document of Word 2, which is no compound file
	PDF        Kind = "pdf"
	RTF        Kind = "rtf"
	PostScript Kind = "ps"
	TNEF       Kind = "tnef"
	Image      Kind = "image"
	Metafile   Kind = "metafile" // EMF and WMF drawings
	Executable Kind = "executable"
)

// signature is a run of bytes at an offset.
type signature struct {
	at    int
	bytes string
	kind  Kind
}

// signatures is in order: the first that is there decides.
var signatures = []signature{
	{0, "%PDF-", PDF}, {0, "{\\rt", RTF}, {0, "%!PS", PostScript}, {0, "\xc5\xd0\xd3\xc6", PostScript},
	{0, "PK\x03\x04", Zip}, {0, "PK\x05\x06", Zip}, {0, "PK\x07\x08PK\x03\x04", Zip}, {0, "PK00PK\x03\x04", Zip},
	{0, "\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", CompoundFS},
	{0, "\xdb\xa5\x2d\x00", Word2}, {0, "\x09\x00\x04\x00", BIFF}, {0, "\x09\x02\x06\x00", BIFF}, {0, "\x09\x04\x06\x00", BIFF}, {0, "\x09\x08\x08\x00\x00\x05", BIFF}, {0, "\x09\x08\x10\x00\x00\x06", BIFF},
	{0, "Rar!\x1a\x07", RAR}, {0, "7z\xbc\xaf\x27\x1c", SevenZip},
	{0, "\x1f\x8b\x08", Gzip}, {0, "\xfd7zXZ\x00", XZ}, {0, "\x28\xb5\x2f\xfd", Zstd},
	{0, "MSCF\x00\x00\x00\x00", Cabinet}, {0, "\x78\x9f\x3e\x22", TNEF},
	{0, "\x89PNG\r\n\x1a\n", Image}, {0, "\xff\xd8\xff", Image}, {0, "GIF87a", Image}, {0, "GIF89a", Image},
	{0, "II*\x00", Image}, {0, "MM\x00*", Image}, {0, "\x00\x00\x01\x00", Image}, {4, "ftypheic", Image}, {4, "ftypavif", Image},
	{0, "\xd7\xcd\xc6\x9a", Metafile}, {40, " EMF", Metafile}, {0, "\x01\x00\x09\x00\x00\x03", Metafile}, {0, "\x02\x00\x09\x00\x00\x03", Metafile},
	{0, "\x7fELF", Executable}, {0, "\xca\xfe\xba\xbe", Executable}, {0, "\xcf\xfa\xed\xfe", Executable}, {0, "\xce\xfa\xed\xfe", Executable},
	{0, "\x60\xea", ARJ}, {0, "!<arch>\n", AR}, {0, "070701", CPIO}, {0, "070702", CPIO}, {0, "070707", CPIO}, {0, "\xc7\x71", CPIO},
	{257, "ustar\x00", Tar}, {257, "ustar ", Tar}, {0x8001, "CD001\x01", ISO}, {0x8801, "CD001\x01", ISO}, {0x9001, "CD001\x01", ISO},
}

// Of gives the format of content, Unknown where no signature decides.
func Of(b []byte) Kind {
	if len(b) < 4 {
		return Unknown
	}
	for _, s := range signatures {
		if len(b) >= s.at+len(s.bytes) && string(b[s.at:s.at+len(s.bytes)]) == s.bytes {
			return s.kind
		}
	}
	switch {
	case isBzip2(b):
		return Bzip2
	case isLHA(b):
		return LHA
	case len(b) > 12 && string(b[:4]) == "RIFF" && string(b[8:12]) == "WEBP":
		return Image
	case isPE(b):
		return Executable
	case isTar(b):
		return Tar
	case isLZMA(b):
		return LZMA
	case bytes.Contains(b[:min(len(b), 1024)], []byte("%PDF-1.")):
		return PDF // ISO 32000-1, annex H.3.4.1: within the first 1024 bytes
	}
	return Unknown
}

// isBzip2: "BZh", a digit, and the signature of a block or of the end.
func isBzip2(b []byte) bool {
	if len(b) < 10 || string(b[:3]) != "BZh" || b[3] < '1' || b[3] > '9' {
		return false
	}
	return string(b[4:10]) == "\x31\x41\x59\x26\x53\x59" || string(b[4:10]) == "\x17\x72\x45\x38\x50\x90"
}

// isLHA: the method id "-lh5-" at offset 2.
func isLHA(b []byte) bool {
	return len(b) > 20 && b[2] == '-' && b[3] == 'l' && (b[4] == 'h' || b[4] == 'z') && b[6] == '-'
}

// isPE: "MZ" and either the offset of a PE header that is there, or bytes that
// no text has.
func isPE(b []byte) bool {
	if string(b[:2]) != "MZ" {
		return false
	}
	if len(b) >= 0x40 {
		at := int64(binary.LittleEndian.Uint32(b[0x3c:]))
		if at+4 <= int64(len(b)) && string(b[at:at+2]) == "PE" {
			return true
		}
	}
	return bytes.IndexByte(b[:min(len(b), 64)], 0) >= 0
}

// isTar: an old header block without a magic, told by its checksum
// (POSIX.1-1988 10.1.1).
func isTar(b []byte) bool {
	if len(b) < 512 || b[0] == 0 {
		return false
	}
	var want int64
	digits := 0
	for _, c := range b[148:156] {
		switch {
		case c >= '0' && c <= '7':
			want = want<<3 | int64(c-'0')
			digits++
		case c == ' ' || c == 0:
		default:
			return false
		}
	}
	var sum int64
	for i, c := range b[:512] {
		if i >= 148 && i < 156 {
			c = ' '
		}
		sum += int64(c)
	}
	return digits > 0 && sum == want
}

// isLZMA: the 13 byte header of .lzma files with ordinary values; the format
// has no signature.
func isLZMA(b []byte) bool {
	if len(b) < 18 || b[0] != 0x5d || b[1] != 0 || b[2] != 0 || b[13] != 0 {
		return false
	}
	size := binary.LittleEndian.Uint64(b[5:])
	return size == 1<<64-1 || size < 1<<40
}

// zipTail is the end of a file in which the end record of a zip archive may
// stand (APPNOTE 4.3.16: 22 bytes and a comment of up to 65,535).
const zipTail = 22 + 65535

// ZipWithin reports the end record of a zip archive in content that does not
// begin as one: an archive behind other content, as self-extracting ones are.
func ZipWithin(b []byte) bool {
	tail := b[max(0, len(b)-zipTail):]
	end := []byte("PK\x05\x06")
	if !bytes.Contains(tail, end) { // LastIndex is ten times slower
		return false
	}
	i := bytes.LastIndex(tail, end)
	if i+22 > len(tail) {
		return false
	}
	entries := binary.LittleEndian.Uint16(tail[i+10:])
	size := int64(binary.LittleEndian.Uint32(tail[i+12:]))
	at := int64(len(b)-len(tail)+i) - size
	return entries > 0 && at >= 0 && at+4 <= int64(len(b)) && string(b[at:at+4]) == "PK\x01\x02"
}

// compound names the document that a compound file holds, by the stream that
// its format cannot do without; "" if it is of no known kind.
func compound(b []byte) string {
	f, err := cfb.Open(b)
	if err != nil {
		return ""
	}
	for _, k := range [][2]string{
		{"WordDocument", "application/msword"}, {"Workbook", "application/vnd.ms-excel"}, {"Book", "application/vnd.ms-excel"},
		{"PowerPoint Document", "application/vnd.ms-powerpoint"}, {"__properties_version1.0", "application/vnd.ms-outlook"},
		{"VisioDocument", "application/vnd.visio"}, {"Quill", "application/vnd.ms-publisher"},
	} {
		if f.Root.Stream(k[0]) != nil || f.Root.Dir(k[0]) != nil {
			return k[1]
		}
	}
	return ""
}

// typeBytes is how much Type looks at.
const typeBytes = 64 << 10

// Type names the media type of content, without parameters;
// "application/octet-stream" where nothing is known. k is what [Of] says of it.
func Type(b []byte, k Kind) string {
	if len(b) == 0 {
		return ""
	}
	switch k { // what the table does not know, or calls something else
	case TNEF:
		return "application/vnd.ms-tnef"
	case PDF:
		return "application/pdf"
	case ISO:
		return "application/x-iso9660-image"
	case CompoundFS:
		if t := compound(b); t != "" {
			return t
		}
	case BIFF:
		return "application/vnd.ms-excel"
	case Word2:
		return "application/msword"
	case LZMA:
		return "application/x-lzma"
	}
	t, _, _ := strings.Cut(mimetype.Detect(b[:min(len(b), typeBytes)]).String(), ";")
	return strings.TrimSpace(t)
}
