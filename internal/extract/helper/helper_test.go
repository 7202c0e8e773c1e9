package helper

import (
	"bytes"
	"context"
	"errors"
	"image"
	"image/color"
	"image/png"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"labelmilter/internal/extract"
	"labelmilter/internal/extract/testdata/gen/sample"
)

// TestMain makes the test binary the one that starts programs.
func TestMain(m *testing.M) {
	if len(os.Args) > 1 && os.Args[1] == Command {
		os.Exit(Main(os.Args[2:]))
	}
	os.Exit(m.Run())
}

func ask(t *testing.T, p Program, data string) (string, error) {
	t.Helper()
	if p.Timeout == 0 {
		p.Timeout = 20 * time.Second
	}
	if p.Memory == 0 {
		p.Memory = 256 << 20
	}
	if p.Types == nil {
		p.Types = []string{"image/*"}
	}
	return New([]Program{p}, 1).Text(t.Context(), extract.Wanted{Part: "2", Type: "application/octet-stream", TrueType: "image/png", Data: []byte(data)})
}

func sh(script string) []string { return []string{"sh", "-c", script} }

func TestText(t *testing.T) {
	t.Parallel()
	got, err := ask(t, Program{Command: sh("printf 'read: '; cat")}, "content \xff")
	if err != nil || got != "read: content \uFFFD" {
		t.Errorf("%q, %v", got, err)
	}
	if _, err := ask(t, Program{Command: sh("cat"), Types: []string{"text/*"}}, "x"); err == nil {
		t.Error("a type that no program takes was read")
	}
}

func TestLimits(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]Program{
		"fails":        {Command: sh("cat > /dev/null; exit 3")},
		"no program":   {Command: []string{"/nonexistent/program"}},
		"time":         {Command: sh("sleep 100"), Timeout: time.Second},
		"time, forked": {Command: sh("sleep 100 & wait"), Timeout: time.Second},
		"memory":       {Command: sh(`x=aaaaaaaaaaaaaaaa; while :; do x="$x$x"; done`), Memory: 64 << 20},
		"much text":    {Command: sh("while :; do echo yyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyy; done")},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			start := time.Now()
			if got, err := ask(t, tt, "x"); err == nil {
				t.Errorf("%d bytes of text", len(got))
			}
			if took := time.Since(start); tt.Timeout > 0 && took > 15*time.Second {
				t.Errorf("took %s", took)
			}
		})
	}
}

func TestNoMoreTime(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	p := New([]Program{{Types: []string{"*/*"}, Command: sh("cat"), Timeout: time.Minute}}, 1)
	if _, err := p.Text(ctx, extract.Wanted{TrueType: "a/b"}); !errors.Is(err, context.Canceled) {
		t.Errorf("%v", err)
	}
}

// A program gets no secrets of the daemon's environment.
func TestEnvironment(t *testing.T) {
	t.Setenv("SECRET_OF_THE_TEST", "x")
	got, err := ask(t, Program{Command: sh("env")}, "")
	if err != nil || strings.Contains(got, "SECRET_OF_THE_TEST") {
		t.Errorf("%q, %v", got, err)
	}
}

// letters is a picture of a word, blown up from a 5×7 font.
func letters(t *testing.T, rows []string) []byte {
	t.Helper()
	const scale = 12
	m := image.NewGray(image.Rect(0, 0, (len(rows[0])+8)*scale, (len(rows)+8)*scale))
	for i := range m.Pix {
		m.Pix[i] = 255
	}
	for y, r := range rows {
		for x, c := range r {
			if c != '#' {
				continue
			}
			for i := range scale * scale {
				m.SetGray((x+4)*scale+i%scale, (y+4)*scale+i/scale, color.Gray{})
			}
		}
	}
	var b bytes.Buffer
	if err := png.Encode(&b, m); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// The recipe for tesseract works where it is installed.
func TestTesseract(t *testing.T) {
	t.Parallel()
	if _, err := exec.LookPath("tesseract"); err != nil {
		t.Skip("tesseract is not installed; nothing but this recipe needs it")
	}
	picture := letters(t, []string{
		"#####.#####.#....",
		"..#...#.....#....",
		"..#...#.....#....",
		"..#...####..#....",
		"..#...#.....#....",
		"..#...#.....#....",
		"..#...#####.#####"})
	got, err := ask(t, Program{Command: []string{"tesseract", "stdin", "stdout", "-l", "eng", "--psm", "7"}, Memory: 2 << 30, Timeout: time.Minute}, string(picture))
	if err != nil || !strings.Contains(strings.ToUpper(got), "TEL") {
		t.Errorf("%q, %v", got, err)
	}
}

// The recipe for pdftotext works where it is installed: it reads its input from a
// pipe and writes no file.
func TestPDFToText(t *testing.T) {
	t.Parallel()
	if _, err := exec.LookPath("pdftotext"); err != nil {
		t.Skip("pdftotext is not installed; nothing but this recipe needs it")
	}
	got, err := ask(t, Program{Command: []string{"pdftotext", "-q", "-", "-"}}, string(sample.PDFText("a line of the document")))
	if err != nil || !strings.Contains(got, "a line of the document") {
		t.Errorf("%q, %v", got, err)
	}
}
