package charset

import (
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/japanese"
	"golang.org/x/text/encoding/korean"
	"golang.org/x/text/encoding/simplifiedchinese"
	"golang.org/x/text/encoding/traditionalchinese"
)

// special knows the labels that the two indexes miss, or know as something
// that would lose text: hz-gb-2312 and iso-2022-kr stand for the WHATWG
// "replacement" encoding there, and Johab for nothing.
func special(l string) (codec, bool) {
	switch l {
	case "", "unknown-8bit", "x-unknown", "unknown", "8bit", "7bit", "binary", "default", "none", "x-user-defined", "autodetect", "x-auto":
		return codec{kind: kindNone}, true
	case "us-ascii", "ascii", "us", "usascii", "ascii7", "iso646-us", "iso-ir-6", "ansi_x3.4-1968", "ansi-x3.4-1968", "646":
		return codec{kind: kindASCII, name: "us-ascii", transparent: true}, true
	case "utf-8", "utf8", "u8", "utf-8n", "utf8mb4", "utf-8-sig", "utf-8-mac", "x-utf-8j", "x-utf_8j", "unicode-1-1-utf-8",
		"cesu-8", "cp65001", "windows-65001", "65001", "csutf8", "utf", "utf-88", "utf8-bom":
		return codec{kind: kindUTF8, name: "utf-8", transparent: true}, true
	case "utf-16", "utf16", "ucs-2", "ucs2", "iso-10646-ucs-2", "unicode", "csunicode", "csutf16":
		return codec{kind: kindUTF16, name: "utf-16"}, true
	case "utf-16le", "utf16le", "unicodefeff", "ucs-2le", "cp1200", "windows-1200", "x-utf-16le-bom":
		return codec{kind: kindUTF16LE, name: "utf-16le"}, true
	case "utf-16be", "utf16be", "unicodefffe", "ucs-2be", "cp1201", "windows-1201":
		return codec{kind: kindUTF16BE, name: "utf-16be"}, true
	case "utf-32", "utf32", "ucs-4", "ucs4", "iso-10646-ucs-4", "csutf32":
		return codec{kind: kindUTF32, name: "utf-32"}, true
	case "utf-32le", "utf32le", "ucs-4le", "cp12000", "windows-12000":
		return codec{kind: kindUTF32LE, name: "utf-32le"}, true
	case "utf-32be", "utf32be", "ucs-4be", "cp12001", "windows-12001":
		return codec{kind: kindUTF32BE, name: "utf-32be"}, true
	case "utf-7", "utf7", "unicode-1-1-utf-7", "csutf7", "csunicode11utf7", "unicode-2-0-utf-7", "cp65000", "windows-65000", "65000":
		return codec{kind: kindUTF7, name: "utf-7"}, true
	case "iso-2022-kr", "iso2022kr", "csiso2022kr", "cp50225", "windows-50225", "iso-2022-kr-cp949":
		return codec{kind: kindISO2022, name: "iso-2022-kr"}, true
	case "iso-2022-cn", "iso-2022-cn-ext", "iso2022cn", "csiso2022cn", "cp50227", "windows-50227":
		return codec{kind: kindISO2022, name: "iso-2022-cn"}, true
	case "hz-gb-2312", "hz", "hz-gb2312", "hzgb2312", "cp52936", "windows-52936":
		return wrap("hz-gb-2312", simplifiedchinese.HZGB2312), true
	case "iso-2022-jp", "iso-2022-jp-ms", "iso-2022-jp-1", "iso-2022-jp-2", "iso-2022-jp-3", "iso-2022-jp-2004", "iso2022jp",
		"iso-2022-jp-ext", "jis", "cp50220", "cp50221", "cp50222", "windows-50220", "windows-50221", "windows-50222", "csiso2022jp2":
		return wrap("iso-2022-jp", japanese.ISO2022JP), true
	case "cp932", "windows-932", "ibm932", "ibm943", "cp943", "cp943c", "ms932", "shift-jis", "shiftjis", "sjis-win", "sjis-open", "x-sjis-cp932",
		"shift-jis-2004", "shift-jisx0213", "x-ms-cp932", "mskanji", "pck":
		return wrap("shift_jis", japanese.ShiftJIS), true
	case "euc-jp", "eucjp", "eucjp-ms", "eucjp-win", "euc-jp-ms", "ujis", "cp51932", "windows-51932", "euc-jisx0213", "euc-jis-2004":
		return wrap("euc-jp", japanese.EUCJP), true
	case "ks_c_5601-1987", "ks-c-5601-1987", "ks-c-5601", "ks_c_5601", "ksc5601", "ksc-5601", "cp949", "windows-949", "ms949", "uhc", "euckr",
		"euc-kr", "cp51949", "windows-51949", "ks-c-5601-1989", "kcs5601", "ksx1001", "korean", "ibm949":
		return wrap("euc-kr", korean.EUCKR), true
	case "gb2312", "gbk", "gb18030", "gb-2312", "gb_2312-80", "gb-2312-80", "gb2312-80", "cp936", "windows-936", "ms936", "euc-cn", "euccn", "x-euc-cn",
		"cp54936", "windows-54936", "cp51936", "windows-51936", "gb-18030", "gb18030-2000", "gb18030-2005", "gb18030-2022", "chinese", "ibm1386":
		return wrap("gb18030", simplifiedchinese.GB18030), true
	case "big5", "big-5", "cp950", "windows-950", "ms950", "big5-hkscs", "big5hkscs", "big5-eten", "big5-tw", "cn-big5", "big5-hkscs-2004",
		"cp951", "windows-951", "ibm950", "x-x-big5":
		return wrap("big5", traditionalchinese.Big5), true
	case "tis-620", "tis620", "tis-62", "iso-8859-11", "cp874", "windows-874", "ibm874", "thai":
		return wrap("windows-874", charmap.Windows874), true
	case "macintosh", "macroman", "mac-roman", "mac", "x-mac-roman", "cp10000", "windows-10000":
		return wrap("macintosh", charmap.Macintosh), true
	case "maccyrillic", "mac-cyrillic", "x-mac-cyrillic", "x-mac-ukrainian", "cp10007", "windows-10007":
		return wrap("x-mac-cyrillic", charmap.MacintoshCyrillic), true
	case "koi8", "koi-8", "koi8r", "cp878", "windows-20866", "cp20866", "koi":
		return wrap("koi8-r", charmap.KOI8R), true
	case "koi8u", "koi8-ru", "windows-21866", "cp21866":
		return wrap("koi8-u", charmap.KOI8U), true
	case "iso-8859-1", "iso8859-1", "latin-1", "latin1", "8859-1", "ansi", "western", "iso-8859", "iso8859", "cp28591", "windows-28591",
		"ansi-x3.110-1983", "ansi_x3.110-1983", "iso-8859-1-windows-3.1-latin-1":
		return wrap("windows-1252", charmap.Windows1252), true
	case "cp819", "ibm819":
		return wrap("windows-1252", charmap.Windows1252), true
	case "cp28605", "windows-28605", "latin-9", "latin9":
		return wrap("iso-8859-15", charmap.ISO8859_15), true
	}
	return codec{}, false
}
