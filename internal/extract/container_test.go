package extract

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"labelmilter/internal/budget"
	"labelmilter/internal/extract/document"
	"labelmilter/internal/extract/testdata/gen/sample"
)

const octets = "application/octet-stream"

// paths lists the receipt as "path type facts".
func receipt(r Result) []string {
	var out []string
	for _, p := range r.Parts {
		out = append(out, strings.TrimSpace(fmt.Sprintf("%s %s %s %v", p.Part, p.Name, p.TrueType, p.Facts)))
	}
	return out
}

func reasons(r Result) []budget.Reason {
	var out []budget.Reason
	for _, s := range r.Skipped {
		if !slices.Contains(out, s.Reason) {
			out = append(out, s.Reason)
		}
	}
	slices.Sort(out)
	return out
}

func has(r Result, where Where, part, want string) bool {
	return slices.ContainsFunc(r.Texts, func(x Text) bool {
		return x.Where == where && (part == "*" || x.Part == part) && strings.Contains(x.Body, want)
	})
}

func docx(text string, more ...[2]string) []byte {
	return sample.Zip(append([][2]string{{"[Content_Types].xml", "<Types/>"}, {"word/document.xml", "<w:document><w:p><w:r><w:t>" + text + "</w:t></w:r></w:p></w:document>"}}, more...)...)
}

// A document in an archive in a document in an archive: the tree and what is in
// the innermost.
func TestChain(t *testing.T) {
	t.Parallel()
	sheet := string(sample.Xlsx().Data)
	inner := docx("nothing here, only text", [2]string{"word/embeddings/sheet.xlsx", sheet})
	outer := sample.Zip([2]string{"notes.txt", "hello"}, [2]string{"folder/report.docx", string(inner)})
	_, r := readString(t, attached("all.zip", "application/zip", outer), budget.Default())
	want := []string{"1  text/plain []", "2 all.zip application/zip []", "2/1 notes.txt text/plain []",
		"2/2 folder/report.docx application/vnd.openxmlformats-officedocument.wordprocessingml.document []",
		"2/2/1 word/embeddings/sheet.xlsx application/vnd.openxmlformats-officedocument.spreadsheetml.sheet []"}
	if d := cmp.Diff(want, receipt(r)); d != "" {
		t.Error(d)
	}
	if !has(r, InAttachment, "2/2/1", sample.Xlsx().Places[0].Marker) || !r.Complete() {
		t.Errorf("not found; skipped %v", r.Skipped)
	}
	for _, n := range []string{"notes.txt", "folder/report.docx", "word/embeddings/sheet.xlsx"} {
		if !has(r, InName, "*", n) {
			t.Errorf("name %s not found", n)
		}
	}
}

// A mail in an archive is read as a mail, not as its encoded text.
func TestStoredMail(t *testing.T) {
	t.Parallel()
	inner := "From: a@b.c\r\nDate: now\r\nSubject: inner\r\nMIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=i\r\n\r\n--i\r\nContent-Type: text/plain\r\nContent-Transfer-Encoding: base64\r\n\r\n" +
		b64("hidden "+canary) + "\r\n--i\r\nContent-Type: application/zip\r\nContent-Disposition: attachment; filename=x.zip\r\nContent-Transfer-Encoding: base64\r\n\r\n" +
		b64(string(sample.Zip([2]string{"deep.txt", "deep " + canary}))) + "\r\n--i--\r\n"
	single := "Subject: s\r\nContent-Transfer-Encoding: base64\r\n\r\n" + b64("single "+canary)
	_, r := readString(t, attached("mails.zip", "application/zip", sample.Zip([2]string{"a.txt", inner}, [2]string{"b.eml", single})), budget.Default())
	if !has(r, InAttachment, "2/1/1", "hidden "+canary) || !has(r, InAttachment, "2/1/2/1", "deep "+canary) || !has(r, InAttachment, "2/2/1", "single "+canary) || !has(r, InHeader, "2/1", "inner") {
		t.Errorf("%v", receipt(r))
		for _, x := range r.Texts {
			t.Logf("%s %s %.60q", x.Part, x.Where, x.Body)
		}
	}
	if !r.Complete() {
		t.Errorf("%v", r.Skipped)
	}
}

// Every way not to be inspected has its own reason.
func TestReasons(t *testing.T) {
	t.Parallel()
	file := func(n string) []byte {
		b, err := os.ReadFile("archive/testdata/" + n)
		if err != nil {
			t.Fatal(err)
		}
		return b
	}
	broken := docx(strings.Repeat("some text that is long ", 100))
	at := bytes.Index(broken, []byte("word/document.xml")) + 40
	copy(broken[at:], "\xff\xff\xff\xff\xff\xff\xff\xff")
	var deep []byte = []byte("hello " + canary)
	for range 30 {
		deep = sample.Zip([2]string{"a.zip", string(deep)})
	}
	many := make([][2]string, 6000)
	for i := range many {
		many[i] = [2]string{fmt.Sprint(i), "x"}
	}
	small := budget.Default()
	small.ExpandedPart = 1000
	total := budget.Default()
	total.ExpandedTotal = 5000
	ratio := budget.Default()
	ratio.RatioFloor, ratio.Ratio = 100_000, 50
	var gz bytes.Buffer
	w := gzip.NewWriter(&gz)
	if _, err := w.Write(make([]byte, 1<<20)); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	twice := sample.Zip([2]string{"a.txt", "one"}, [2]string{"a.txt", "two"})
	for _, c := range []struct {
		name  string
		data  []byte
		l     budget.Limits
		want  []budget.Reason
		facts map[string]document.Fact
	}{
		{"encrypted.zip", file("zipcrypto.zip"), budget.Default(), []budget.Reason{budget.Encrypted}, map[string]document.Fact{"2": document.Encrypted, "2/1": document.Encrypted}},
		{"aes.zip", file("aes.zip"), budget.Default(), []budget.Reason{budget.Encrypted}, nil},
		{"header.7z", file("encrypted-header.7z"), budget.Default(), []budget.Reason{budget.Encrypted}, map[string]document.Fact{"2": document.Encrypted}},
		{"deflate64.zip", file("Deflate64.zip"), budget.Default(), []budget.Reason{budget.UnsupportedMethod}, nil},
		{"broken.docx", broken, budget.Default(), []budget.Reason{budget.Corrupt}, nil},
		{"cut.7z", file("LZMA.7z")[:100], budget.Default(), []budget.Reason{budget.Corrupt}, nil},
		{"deep.zip", deep, budget.Default(), []budget.Reason{budget.Depth}, nil},
		{"many.zip", sample.Zip(many...), budget.Default(), []budget.Reason{budget.Parts}, nil},
		{"part.zip", sample.Zip([2]string{"a.txt", strings.Repeat("x", 5000)}), small, []budget.Reason{budget.ExpandedPart}, nil},
		{"total.zip", sample.Zip([2]string{"a.txt", strings.Repeat("x", 3000)}, [2]string{"b.txt", strings.Repeat("y", 3000)}), total, []budget.Reason{budget.ExpandedTotal}, nil},
		{"bomb.gz", gz.Bytes(), ratio, []budget.Reason{budget.Ratio, budget.Unsupported}, nil},
		{"twice.zip", twice, budget.Default(), []budget.Reason{budget.ZipAnomaly}, map[string]document.Fact{"2": document.Anomaly}},
		{"old.cab", append([]byte("MSCF\x00\x00\x00\x00"), make([]byte, 100)...), budget.Default(), []budget.Reason{budget.Corrupt}, nil},
		{"scan.docx", docx("", [2]string{"word/media/image1.png", "\x89PNG\r\n\x1a\n"}), budget.Default(), []budget.Reason{budget.ImageOnly}, map[string]document.Fact{"2": document.ImageOnly}},
		{"logo.docx", docx("a text that is long enough to be one", [2]string{"word/media/image1.png", "\x89PNG\r\n\x1a\n"}), budget.Default(), nil, nil},
		{"holiday.jpg", docx("a text that is long enough to be one"), budget.Default(), nil, map[string]document.Fact{"2": document.Mismatch}},
		{"setup.exe", append([]byte("MZ\x90\x00"), make([]byte, 100)...), budget.Default(), []budget.Reason{budget.Unsupported}, map[string]document.Fact{"2": document.Executable}},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, r := readString(t, attached(c.name, octets, c.data), c.l)
			if d := cmp.Diff(c.want, reasons(r)); d != "" {
				t.Errorf("%s\n%v", d, r.Skipped)
			}
			for _, p := range r.Parts {
				if f, ok := c.facts[p.Part]; ok && !slices.Contains(p.Facts, f) {
					t.Errorf("%s: facts %v, want %s", p.Part, p.Facts, f)
				}
			}
		})
	}
}

// A zip archive behind a document of another kind is read as well.
func TestPolyglot(t *testing.T) {
	t.Parallel()
	data := append([]byte("%PDF-1.7\n%%EOF\n"), sample.Zip([2]string{"a.txt", canary})...)
	_, r := readString(t, attached("a.pdf", "application/pdf", data), budget.Default())
	if !has(r, InAttachment, "2/1", canary) || !slices.Contains(r.Parts[1].Facts, document.Anomaly) {
		t.Errorf("%v", receipt(r))
	}
}

// A bomb of nested archives costs no more than the budget.
func TestBomb(t *testing.T) {
	t.Parallel()
	leaf := sample.Zip([2]string{"0", strings.Repeat("\x00", 4<<20)})
	for range 4 {
		var level [][2]string
		for i := range 16 {
			level = append(level, [2]string{fmt.Sprint(i), string(leaf)})
		}
		leaf = sample.Zip(level...)
	}
	l := budget.Default()
	l.ExpandedTotal = 64 << 20
	_, r := readString(t, attached("42.zip", "application/zip", leaf), l)
	if !slices.Contains(reasons(r), budget.ExpandedTotal) {
		t.Errorf("reasons %v", reasons(r))
	}
	var sum int64
	for _, p := range r.Parts {
		sum += p.Bytes
	}
	if sum > 2*l.ExpandedTotal {
		t.Errorf("%d bytes unpacked", sum)
	}
}

func TestDocumentProperties(t *testing.T) {
	t.Parallel()
	d := sample.Docx()
	_, r := readString(t, attached(d.Name, d.Type, d.Data), budget.Default())
	ids := []string{}
	for _, l := range r.Labels {
		if l.Part != "2" || l.SiteID != "aaaaaaaa-bbbb-4ccc-8ddd-eeeeeeeeeeee" || !l.Enabled {
			t.Errorf("label %+v", l)
		}
		ids = append(ids, l.Source+" "+l.ID)
	}
	if d := cmp.Diff([]string{"property 11111111-2222-4333-8444-555555555555", "labelinfo 99999999-8888-4777-8666-555555555555"}, ids); d != "" {
		t.Error(d)
	}
	if len(r.Properties) < 8 || r.Properties[0].Name != "title" || r.Properties[0].Source != "core" || r.Properties[0].Part != "2" {
		t.Errorf("properties %+v", r.Properties)
	}
	l := budget.Default()
	l.MetadataTotal = 40
	_, r = readString(t, attached(d.Name, d.Type, d.Data), l)
	if d := cmp.Diff([]budget.Reason{budget.MetadataLimit}, reasons(r)); d != "" {
		t.Error(d)
	}
}

func FuzzContainer(f *testing.F) {
	for _, d := range sample.All() {
		f.Add(d.Data)
	}
	f.Add(docx("x"))
	f.Add(sample.Zip([2]string{"a.zip", string(sample.Zip([2]string{"b", "c"}))}))
	l := budget.Default()
	l.ExpandedTotal, l.ExpandedPart, l.Parts, l.TextTotal = 4<<20, 1<<20, 200, 4<<20
	f.Fuzz(func(t *testing.T, b []byte) {
		x := &extractor{ctx: t.Context(), b: budget.New(l), readers: readers(), had: map[string]int64{}}
		x.item(&item{path: "1", typ: octets, where: InAttachment, data: b})
		n := 0
		for _, s := range x.texts {
			n += len(s.Body)
		}
		if n > 4<<20 {
			t.Fatalf("%d bytes of text", n)
		}
		for _, s := range x.b.Skips() {
			if s.Reason == budget.ExtractorFailed && !bytes.HasPrefix(b, []byte("7z")) && !bytes.HasPrefix(b, []byte("Rar")) && s.Detail != "7z" && s.Detail != "rar" {
				t.Fatal(s)
			}
		}
	})
}

// The receipt keeps every spelling of a name, for conditions on names.
func TestOtherNames(t *testing.T) {
	t.Parallel()
	_, r := readString(t, attached("a.zip", "application/zip", sample.Zip([2]string{"gerk\x84cht.exe", "x"})), budget.Default())
	p := r.Parts[2]
	if !slices.Contains(append(p.OtherNames, p.Name), "gerkächt.exe") {
		t.Errorf("%q, %q", p.Name, p.OtherNames)
	}
}
