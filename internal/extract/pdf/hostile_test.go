package pdf

import (
	"bytes"
	"compress/zlib"
	"fmt"
	"math/rand/v2"
	"os"
	"strings"
	"testing"

	"labelmilter/internal/budget"
	"labelmilter/internal/extract/testdata/gen/sample"
)

// deflated is a stream with Flate.
func deflated(more string, data []byte) string {
	var b bytes.Buffer
	w := zlib.NewWriter(&b)
	_, _ = w.Write(data) // to memory
	_ = w.Close()
	return sample.Stream(more+" /Filter /FlateDecode", b.String())
}

// zeros is n bytes that deflate well, deflated.
func zeros(n int) []byte {
	var b bytes.Buffer
	w := zlib.NewWriter(&b)
	chunk := make([]byte, 1<<20)
	for ; n > 0; n -= len(chunk) {
		_, _ = w.Write(chunk[:min(n, len(chunk))]) // to memory
	}
	_ = w.Close()
	return b.Bytes()
}

const (
	catalog = "<</Type /Catalog /Pages 2 0 R>>"
	pages   = "<</Type /Pages /Kids [3 0 R] /Count 1>>"
	page3   = "<</Type /Page /Parent 2 0 R /Resources <</Font <</F1 4 0 R>> /XObject <</X 6 0 R>>>> /Contents 5 0 R>>"
	font4   = "<</Type /Font /Subtype /Type1 /BaseFont /Helvetica>>"
	hello   = "BT /F1 12 Tf 72 700 Td (before 4111111111111111 after) Tj ET\n"
)

// withContent is a document of one page; more objects are from 6 on.
func withContent(content string, more ...string) []byte {
	return sample.PDF("", append([]string{catalog, pages, page3, font4, content}, more...)...)
}

// hostile are documents made to exhaust or to mislead: the reason that must be
// given, and whether the card number is to be found all the same.
func hostile() []struct {
	name   string
	data   []byte
	reason budget.Reason // "" for any or none
	found  bool
} {
	plain := sample.Stream("", hello)
	many := func(n int, f func(i int) string) string {
		var b strings.Builder
		for i := range n {
			b.WriteString(f(i))
		}
		return b.String()
	}
	laughs := []string{}
	for i := range 20 {
		laughs = append(laughs, sample.Stream(fmt.Sprintf("/Type /XObject /Subtype /Form /Resources <</Font <</F1 4 0 R>> /XObject <</X %d 0 R>>>>", i+7), strings.Repeat("/X Do ", 10)+"BT /F1 1 Tf (ha) Tj ET"))
	}
	toUnicode := func(m string) []byte {
		return sample.PDF("", catalog, pages, page3, "<</Type /Font /Subtype /Type1 /BaseFont /Helvetica /ToUnicode 7 0 R>>", plain, "null", sample.Stream("", m))
	}
	composite := func(child, encoding string) []byte {
		return sample.PDF("", catalog, pages, page3, "<</Type /Font /Subtype /Type0 /Encoding "+encoding+" /DescendantFonts [8 0 R]>>",
			sample.Stream("", "BT /F1 12 Tf <00410042ffff> Tj ET"), "null", "null", child)
	}
	format12 := "\x00\x01\x00\x00\x00\x01\x00\x00\x00\x00\x00\x00cmap\x00\x00\x00\x00\x00\x00\x00\x1c\xff\xff\xff\xff" +
		"\x00\x00\x00\x01\x00\x03\x00\x0a\x00\x00\x00\x0c\x00\x0c\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x7f\xff\xff\xff" + strings.Repeat("\x00\x00\x00\x00\xff\xff\xff\xff\x00\x00\x00\x01", 1000)
	type h = struct {
		name   string
		data   []byte
		reason budget.Reason
		found  bool
	}
	return []h{
		{"xref of 1e9 entries", append([]byte("xref\n0 1000000000\n0000000000 65535 f \n"), sample.PDF("/Size 1000000000 /Prev 0", catalog, pages, page3, font4, plain)...), "", true},
		{"xref stream with Index 4e9", sample.PDF("", catalog, pages, page3, font4, plain, sample.Stream("/Type /XRef /Index [0 4000000000] /W [8 8 8] /Size 4000000000", "x")), "", true},
		{"unterminated hexadecimal string", withContent(sample.Stream("", hello+"<"+strings.Repeat("41", 500_000))), "", true},
		{"unterminated nested literal", withContent(sample.Stream("", hello+strings.Repeat("(", 1_000_000))), "", true},
		{"unterminated arrays", withContent(sample.Stream("", hello+strings.Repeat("[", 1_000_000))), "", true},
		{"object of open arrays", withContent(plain, strings.Repeat("[", 1_000_000)), "", true},
		{"object of open dictionaries", withContent(plain, strings.Repeat("<</A ", 500_000)), "", true},
		{"Flate bomb", withContent(deflated("", append([]byte(hello), make([]byte, 48<<20)...))), "", true},
		{"Flate in Flate", withContent(sample.Stream("/Filter [/FlateDecode /FlateDecode]", string(zeros(48<<20)))), "", false},
		{"LZW bomb", withContent(plain, sample.Stream("/Type /ObjStm /N 1 /First 10 /Filter /LZWDecode", strings.Repeat("\x80\x0b\x60\x50", 1_000_000))), "", true},
		{"run length bomb", withContent(sample.Stream("/Filter /RunLengthDecode", strings.Repeat("\x81 ", 2_000_000))), "", false},
		{"a thousand filters", withContent(sample.Stream("/Filter ["+strings.Repeat("/ASCIIHexDecode ", 1000)+"]", strings.Repeat("3", 10_000))), budget.UnsupportedMethod, false},
		{"forms that multiply", withContent(sample.Stream("", hello+"/X Do"), laughs...), budget.WorkBudget, true},
		{"a form that shows itself", withContent(sample.Stream("", hello+"/X Do"), sample.Stream("/Subtype /Form /Resources <</XObject <</X 6 0 R>>>>", "/X Do /X Do")), "", true},
		{"page tree in a circle", sample.PDF("", catalog, "<</Type /Pages /Kids [2 0 R 3 0 R 2 0 R]>>", page3, font4, plain), "", true},
		{"page tree 5,000 deep", sample.PDF("", append([]string{catalog, "<</Kids [6 0 R]>>", page3, font4, plain}, strings.Split(many(5000, func(i int) string { return fmt.Sprintf("<</Kids [%d 0 R]>>\x00", i+7) }), "\x00")...)...), "", true},
		{"one page a million times", sample.PDF("", catalog, "<</Type /Pages /Kids ["+strings.Repeat("3 0 R ", 1_000_000)+"]>>", page3, font4, plain), "", true},
		{"6,000 pages", sample.PDF("", append([]string{catalog, "<</Kids [3 0 R]>>", page3, font4, plain}, strings.Split(many(6000, func(int) string { return "<</Type /Page /Contents 5 0 R>>\x00" }), "\x00")...)...), budget.Parts, true},
		{"length in a circle", sample.PDF("", catalog, pages, page3, font4, strings.Replace(plain, "/Length 62", "/Length 5 0 R", 1)), "", true},
		{"references in a circle", withContent("6 0 R", "7 0 R", "6 0 R"), "", false},
		{"length of 1e18", sample.PDF("", catalog, pages, page3, font4, strings.Replace(plain, "/Length ", "/Length 99999999999999999", 1)), "", true},
		{"length below 0", sample.PDF("", catalog, pages, page3, font4, strings.Replace(plain, "/Length ", "/Length -", 1)), "", true},
		{"object stream of 1e9", withContent(plain, sample.Stream("/Type /ObjStm /N 1000000000 /First 1000000000", "1 0 2 0")), budget.Corrupt, true},
		{"600,000 objects", withContent(plain, many(600_000, func(i int) string { return fmt.Sprintf("endobj %d 0 obj null ", i+10) })), budget.Parts, true},
		{"streams without an end", []byte(many(100_000, func(i int) string { return fmt.Sprintf("%d 0 obj<<>>stream\n", i+1) })), "", false},
		{"heads without an end", []byte(strings.Repeat("1 0 obj", 500_000)), "", false},
		{"objobjobj", []byte("%PDF-1.4 1 0 obj" + strings.Repeat("obj", 1_000_000)), "", false},
		{"stream stream stream", []byte("%PDF-1.4 1 0 obj<<>>" + strings.Repeat("stream ", 500_000)), "", false},
		{"ToUnicode of all codes", toUnicode("1 beginbfrange <00000000> <ffffffff> <0041> endbfrange"), "", false},
		{"ToUnicode of long texts", toUnicode("1 beginbfchar " + many(256, func(i int) string { return fmt.Sprintf("<%02x> <%s>", i, strings.Repeat("0041", 5000)) }) + " endbfchar"), "", false},
		{"ToUnicode of many ranges", toUnicode(many(200_000, func(i int) string { return "1 beginbfrange <00> <ffff> <0041> endbfrange\n" })), "", false},
		{"widths of 2e9 CIDs", composite("<</Subtype /CIDFontType2 /W [0 2000000000 500 0 1000000 10]>>", "/Identity-H"), "", false},
		{"a cmap of 4e9 characters", sample.PDF("", catalog, pages, page3, "<</Subtype /Type0 /Encoding /Identity-H /DescendantFonts [8 0 R]>>",
			sample.Stream("", "BT /F1 12 Tf <00410042> Tj ET"), "null", "null", "<</Subtype /CIDFontType2 /FontDescriptor <</FontFile2 9 0 R>>>>", sample.Stream("", format12)), "", false},
		{"predictor of 1e9 columns", withContent(deflated("/DecodeParms <</Predictor 12 /Columns 1000000000>>", []byte(hello))), "", false},
		{"outline in a circle", sample.PDF("", "<</Type /Catalog /Pages 2 0 R /Outlines 6 0 R>>", pages, page3, font4, plain, "<</First 7 0 R>>", "<</Title (a) /Next 7 0 R /First 6 0 R>>"), "", true},
		{"fields in a circle", sample.PDF("", "<</Type /Catalog /Pages 2 0 R /AcroForm <</Fields [6 0 R]>>>>", pages, page3, font4, plain, "<</V (v) /Kids [6 0 R 6 0 R]>>"), "", true},
		{"a million saved states", withContent(sample.Stream("", hello+strings.Repeat("q ", 1_000_000))), "", true},
		{"a million images without an end", withContent(sample.Stream("", hello+strings.Repeat("BI ID ", 500_000))), "", true},
		{"nested replacement texts", withContent(sample.Stream("", hello+strings.Repeat("/S <</ActualText (x)>> BDC ", 100_000)+hello)), "", true},
		{"25,000,000 operators", withContent(deflated("", []byte(hello+strings.Repeat("n ", 25_000_000/2))), deflated("", []byte(strings.Repeat("n ", 15_000_000)))), "", true},
		{"lines without number", withContent(deflated("", []byte(hello+"BT /F1 1 Tf 1 TL "+strings.Repeat("(a)Tj T*\n", 1_000_000)))), "", true},
		{"numbers that are none", withContent(sample.Stream("", "1e999 0 0 nan 99999999999999999999999999999999999999999999999999 0 cm "+strings.Repeat("9", 400)+" 0 0 1 0 0 cm "+hello)), "", true},
		{"encrypted by nonsense", sample.PDF("/Encrypt <</Filter /Standard /V 5 /R 6 /O (x) /U (y) /UE () /OE () /CF <</A 3>> /StmF /A>> /ID [(a)]", catalog, pages, page3, font4, plain), budget.Encrypted, true},
		{"encrypted by another handler", sample.PDF("/Encrypt <</Filter /MicrosoftIRMServices /V 4>>", catalog, pages, page3, font4, plain), budget.Encrypted, false},
		{"a million annotations", sample.PDF("", catalog, pages, strings.Replace(page3, "/Contents", "/Annots ["+strings.Repeat("6 0 R ", 400_000)+"] /Contents", 1), font4, plain, "<</Subtype /Text /Contents (note)>>"), "", true},
		{"values without number", withContent(plain, "["+strings.Repeat("0 ", 3_000_000)+"]"), "", true},
		{"all at the origin", withContent(sample.Stream("", strings.Repeat("BT /F1 0 Tf (x) Tj ET ", 50_000)+hello)), "", true},
	}
}

func TestHostile(t *testing.T) {
	t.Parallel()
	for _, h := range hostile() {
		t.Run(h.name, func(t *testing.T) { // in turn: memory is what they are after
			s := read(h.data)
			if found := strings.Contains(s.AllText(), "4111111111111111"); found != h.found {
				t.Errorf("text found: %v", found)
			}
			if err := s.Check(int(budget.Default().TextPart) + 1<<20); err != nil {
				t.Error(err)
			}
			if h.reason == "" {
				return
			}
			if got := strings.Join(s.Skips, "; ") + fmt.Sprint(s.Facts); !strings.Contains(got, string(h.reason)) {
				t.Errorf("reasons %s, want %s", got, h.reason)
			}
		})
	}
}

// TestMutated reads damaged documents: none may panic.
func TestMutated(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(1, 2))
	for _, d := range seeds() {
		for range 100 {
			b := bytes.Clone(d)
			for range 1 + r.IntN(8) {
				switch i := r.IntN(len(b)); r.IntN(4) {
				case 0:
					b[i] = byte(r.IntN(256))
				case 1:
					b = b[:max(i, 1)]
				case 2:
					j := r.IntN(len(b))
					copy(b[i:], bytes.Clone(b[j:min(j+20, len(b))]))
				default:
					b = append(b[:i:i], b[min(i+r.IntN(30), len(b)):]...)
				}
				if len(b) == 0 {
					b = []byte("%PDF-")
				}
			}
			if err := read(b).Check(64 << 20); err != nil {
				t.Fatal(err)
			}
		}
	}
}

// seeds are documents with all that the reader knows.
func seeds() [][]byte {
	all := [][]byte{sample.PDFText("one line", "another"), withContent(deflated("", []byte(hello))), sample.Pdf().Data, sample.PDFUnknown()}
	for _, n := range []string{"libreoffice", "chromium", "latex", "empty-password"} {
		b, err := os.ReadFile("testdata/" + n + ".pdf")
		if err != nil {
			panic(err) // they are committed
		}
		all = append(all, b)
	}
	return all
}
