package sniff

import (
	"path"
	"slices"
	"strings"
)

// family is a set of media types and extensions that go together: content of
// one under the name of another is no disguise.
type family struct {
	name       string
	extensions []string
	types      []string // prefixes
}

var families = []family{
	{"ooxml", strings.Fields("docx docm dotx dotm xlsx xlsm xltx xltm xlsb xlam pptx pptm potx potm ppsx ppsm ppam sldx vsdx"),
		[]string{"application/vnd.openxmlformats-officedocument", "application/vnd.ms-word.document.macro", "application/vnd.ms-excel.sheet", "application/vnd.ms-powerpoint.presentation", "application/vnd.ms-visio"}},
	{"odf", strings.Fields("odt ods odp odg odf ott ots otp odm"), []string{"application/vnd.oasis.opendocument"}},
	{"zip", strings.Fields("zip jar apk epub xpi kmz war ear aar nupkg whl crx pages numbers key"), []string{"application/zip", "application/x-zip", "application/jar", "application/epub", "application/java-archive", "application/vnd.google-earth.kmz"}},
	{"ole", strings.Fields("doc dot xls xlt xla ppt pps pot msg msi pub vsd mpp"), []string{"application/msword", "application/vnd.ms-excel", "application/vnd.ms-powerpoint", "application/vnd.ms-outlook", "application/x-ole-storage", "application/vnd.ms-publisher", "application/vnd.visio", "application/x-ms-installer"}},
	{"pdf", strings.Fields("pdf"), []string{"application/pdf"}},
	{"image", strings.Fields("png jpg jpeg jpe jfif gif bmp dib tif tiff webp ico heic heif avif svg psd"), []string{"image/"}},
	{"executable", strings.Fields("exe dll scr com sys cpl ocx msi elf so dylib class"), []string{"application/vnd.microsoft.portable-executable", "application/x-elf", "application/x-executable", "application/x-sharedlib", "application/x-object", "application/x-mach-binary", "application/x-java-applet"}},
	{"archive", strings.Fields("7z rar gz tgz bz2 tbz tbz2 xz txz zst tzst tar cab iso lzma arj lzh lha cpio ar deb rpm"), []string{"application/x-7z", "application/x-rar", "application/vnd.rar", "application/gzip", "application/x-gzip", "application/x-bzip2", "application/x-xz", "application/zstd", "application/x-tar", "application/vnd.ms-cab", "application/x-iso9660", "application/x-lzma", "application/x-cpio", "application/x-archive", "application/vnd.debian", "application/x-rpm"}},
	{"audio-video", strings.Fields("mp3 mp4 m4a m4v mov avi mkv webm ogg oga ogv wav flac aac wmv wma mpg mpeg 3gp"), []string{"audio/", "video/", "application/ogg"}},
	{"rtf", strings.Fields("rtf doc"), []string{"text/rtf", "application/rtf", "application/msword"}},
}

// familyOf gives the families of a media type, and that of an extension.
func familyOf(typ, ext string) (out []string) {
	for _, f := range families {
		hit := false
		for _, p := range f.types {
			hit = hit || typ != "" && strings.HasPrefix(typ, p)
		}
		for _, e := range f.extensions {
			hit = hit || ext == e
		}
		if hit {
			out = append(out, f.name)
		}
	}
	return out
}

// Extension is what follows the last dot of a file name, lower case, without
// the dot and without the blanks and dots that some systems drop at the end.
func Extension(name string) string {
	e := path.Ext(strings.TrimRight(name, " .\x00"))
	return strings.ToLower(strings.TrimPrefix(e, "."))
}

// Mismatch reports content whose true type contradicts a file name or the
// declared media type. Content of no known family contradicts only claims of a
// format that always has a signature; and content with one contradicts the
// claim to be text.
func Mismatch(trueType, declared string, names []string) bool {
	if trueType == "" || trueType == "application/octet-stream" {
		return false
	}
	is := familyOf(trueType, "")
	if contradicts(is, trueType, familyOf(declared, ""), strings.HasPrefix(declared, "text/")) {
		return true
	}
	for _, n := range names {
		ext := Extension(n)
		if contradicts(is, trueType, familyOf("", ext), textExtension(ext)) {
			return true
		}
	}
	return false
}

// contradicts compares the families that content is of with those claimed;
// text is the claim to be text.
func contradicts(is []string, trueType string, claim []string, text bool) bool {
	if len(is) == 0 {
		// Text, markup, or a format of no family. Old names of documents are
		// used for text; other formats always have a signature.
		return len(claim) > 0 && !slices.Contains(claim, "ole") && !slices.Contains(claim, "rtf")
	}
	if len(claim) > 0 {
		return !slices.ContainsFunc(claim, func(c string) bool { return slices.Contains(is, c) })
	}
	return text && trueType != "image/svg+xml" && trueType != "text/rtf"
}

func textExtension(ext string) bool {
	switch ext {
	case "txt", "csv", "tsv", "log", "md", "json", "xml", "html", "htm", "ini", "yaml", "yml", "ics", "vcf", "eml":
		return true
	}
	return false
}
