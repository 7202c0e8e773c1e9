package pipeline_test

import (
	"archive/zip"
	"bytes"
	"context"
	"encoding/base64"
	"io"
	"strings"
	"testing"

	"labelmilter/internal/extract/testdata/gen/sample"
	"labelmilter/internal/facts"
	"labelmilter/internal/marking"
)

const banner = "OFFICIAL: Sensitive//Legal Privilege"

// replaced is a document with a text in the place of a marker; ok is false for
// a marker that does not stand in it in one piece.
func replaced(t *testing.T, data []byte, marker, text string) (out []byte, ok bool) {
	t.Helper()
	if !bytes.HasPrefix(data, []byte("PK")) {
		return bytes.ReplaceAll(data, []byte(marker), []byte(text)), bytes.Contains(data, []byte(marker))
	}
	r, err := zip.NewReader(bytes.NewReader(data), int64(len(data)))
	if err != nil {
		t.Fatal(err)
	}
	var parts [][2]string
	for _, f := range r.File {
		b, err := readAll(f)
		if err != nil {
			t.Fatal(err)
		}
		if bytes.HasPrefix(b, []byte("PK")) { // an embedded document
			inner, found := replaced(t, b, marker, text)
			b, ok = inner, ok || found
		} else if bytes.Contains(b, []byte(marker)) {
			b, ok = bytes.ReplaceAll(b, []byte(marker), []byte(text)), true
		}
		parts = append(parts, [2]string{f.Name, string(b)})
	}
	return sample.Zip(parts...), ok
}

func readAll(f *zip.File) ([]byte, error) {
	r, err := f.Open()
	if err != nil {
		return nil, err
	}
	defer func() { _ = r.Close() }()
	return io.ReadAll(r)
}

// wantBannerRead is in how many of a hundred places a banner is read as the
// marking it is; elsewhere it stands amid other text (a link, a formula) or in
// a property that is no place for markings (a name, a creator).
const wantBannerRead = 70

// TestBannerPlaces puts the banner of a protective marking into every place of
// the Office, OpenDocument and RTF samples, one place at a time, and looks for
// the marking in the result.
func TestBannerPlaces(t *testing.T) {
	t.Parallel()
	p := judge(t, "")
	places, read := 0, 0
	for _, d := range sample.All() {
		if !strings.Contains(d.Type, "officedocument") && !strings.Contains(d.Type, "opendocument") && !strings.Contains(d.Type, "rtf") {
			continue // lengths stand before texts
		}
		plain, _ := replaced(t, d.Data, banner, "-") // a sample may have one of its own
		var unread []string
		tried := 0
		for _, place := range d.Places {
			data, ok := replaced(t, plain, place.Marker, banner)
			if !ok {
				continue
			}
			tried++
			m := build(t, outbound, "From: a@b.example\nMIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=b\n\n--b\n\nhello\n--b\nContent-Type: "+d.Type+
				"\nContent-Disposition: attachment; filename=\""+d.Name+"\"\nContent-Transfer-Encoding: base64\n\n"+lines(base64.StdEncoding.EncodeToString(data))+"\n--b--\n")
			r := p.Process(context.Background(), m, facts.Facts{})
			found := false
			for _, x := range r.Markings {
				found = found || x.Classification == marking.OfficialSensitive && len(x.IMMs) == 1 && x.IMMs[0] == marking.LegalPrivilege
			}
			if !found {
				unread = append(unread, place.Name)
			}
		}
		places, read = places+tried, read+tried-len(unread)
		t.Logf("%s: %d places, read in %d; not in: %s", d.Name, tried, tried-len(unread), strings.Join(unread, "; "))
	}
	t.Logf("%d of %d places", read, places)
	if places < 100 || read*100 < places*wantBannerRead {
		t.Errorf("read in %d of %d places", read, places)
	}
}

// lines breaks base64 into lines.
func lines(s string) string {
	var b strings.Builder
	for len(s) > 76 {
		b.WriteString(s[:76] + "\n")
		s = s[76:]
	}
	return b.String() + s
}
