package extract

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"labelmilter/internal/budget"
	"labelmilter/internal/extract/testdata/gen/sample"
	"labelmilter/internal/message"
)

// fakeHelper answers with what it was asked.
type fakeHelper struct {
	fail  bool
	asked []Wanted
}

func (*fakeHelper) Wants() []string { return []string{"image/*", "video/mp4"} }

func (h *fakeHelper) Text(_ context.Context, w Wanted) (string, error) {
	h.asked = append(h.asked, w)
	if h.fail {
		return "", errors.New("failed")
	}
	return fmt.Sprintf("text of %s", w.Part), nil
}

// png is the head of a picture of that size.
func png(width, height uint32) string {
	be := func(v uint32) string { return string([]byte{byte(v >> 24), byte(v >> 16), byte(v >> 8), byte(v)}) }
	return "\x89PNG\r\n\x1a\n\x00\x00\x00\x0dIHDR" + be(width) + be(height) + "\x08\x00\x00\x00\x00"
}

func TestHelper(t *testing.T) {
	t.Parallel()
	archive := string(sample.Zip([2]string{"scan.png", png(100, 100)}, [2]string{"huge.png", png(30000, 30000)}, [2]string{"a.txt", "words"}, [2]string{"x.dat", "\x00\x01\x02"}))
	raw := strings.ReplaceAll(mixed("Content-Type: text/plain\n\nhello", "Content-Type: application/zip; name=\"a.zip\"\nContent-Transfer-Encoding: base64\n\n"+b64(archive),
		"Content-Type: image/png\nContent-Transfer-Encoding: base64\n\n"+b64(png(10, 10))), "\n", "\r\n")
	read := func(h Helper) Result {
		m, err := message.Read(t.Context(), strings.NewReader(raw), message.Envelope{}, message.Options{Limits: budget.Default()})
		if err != nil {
			t.Fatal(err)
		}
		return Options{Limits: budget.Default(), Helper: h}.Extract(t.Context(), m)
	}
	if r := read(nil); len(r.Skipped) != 4 {
		t.Errorf("without a helper: %v", r.Skipped)
	}
	h := &fakeHelper{}
	r := read(h)
	if len(h.asked) != 2 || h.asked[0].Part != "2/1" || h.asked[1].Part != "3" || h.asked[0].TrueType != "image/png" {
		t.Fatalf("asked %+v", h.asked)
	}
	if fmt.Sprint(r.Skipped) != "[{2/2 image-only 0 0 } {2/4 unsupported 0 0 }]" {
		t.Errorf("%v", r.Skipped)
	}
	last := r.Texts[len(r.Texts)-1]
	if last.Body != "text of 3" || last.Part != "3" || last.Where != InAttachment {
		t.Errorf("%+v", last)
	}
	for _, p := range r.Parts {
		if p.Part == "2/1" && p.Text != int64(len("scan.png")+len("text of 2/1")) && p.Text != int64(len("text of 2/1")) {
			t.Errorf("%+v", p)
		}
	}
	r = read(&fakeHelper{fail: true})
	failed := 0
	for _, s := range r.Skipped {
		if s.Reason == budget.ExtractorFailed {
			failed++
		}
	}
	if failed != 2 || len(r.Skipped) != 6 {
		t.Errorf("%v", r.Skipped)
	}
}
