package rewrite

import (
	"bytes"
	"encoding/base64"
	"io"
	"mime"
	"mime/multipart"
	"mime/quotedprintable"
	"slices"
	"strings"
	"testing"

	"labelmilter/internal/message"
	"labelmilter/internal/verdict"
)

func header(fields ...string) message.Header {
	var h message.Header
	for _, f := range fields {
		n, v, _ := strings.Cut(f, ":")
		h = append(h, message.Field{Name: n, Raw: v})
	}
	return h
}

func show(mods []verdict.Modification) string {
	var b strings.Builder
	for _, m := range mods {
		b.WriteString(string(m.Op) + " " + m.Name + "=" + m.Value + "; ")
	}
	return b.String()
}

func TestBody(t *testing.T) {
	long := strings.Repeat("word ", 300)
	for _, c := range []struct {
		name   string
		header message.Header
		body   string
		eight  bool
		want   string // "" = as it was
		edits  string
	}{
		{"plain", header("Subject: s"), "text\r\n", false, "", ""},
		{"8-bit allowed", header("Content-Transfer-Encoding: 8bit"), "gr\u00fcn\r\n", true, "", ""},
		{"8-bit, no fields", header("Subject: s"), "gr\u00fcne Wiesen\r\n", false, "gr=C3=BCne Wiesen\r\n",
			"add_header Content-Transfer-Encoding=quoted-printable; add_header MIME-Version=1.0; add_header Content-Type=text/plain; charset=utf-8; "},
		{"8-bit, all fields", header("MIME-Version: 1.0", "Content-Type: text/plain; charset=iso-8859-1", "Content-Transfer-Encoding: 8bit"), "gr\xfcne Wiesen \r\n", false,
			"gr=FCne Wiesen=20\r\n", "change_header Content-Transfer-Encoding=quoted-printable; "},
		{"label twice", header("MIME-Version: 1.0", "Content-Type: text/plain", "Content-Transfer-Encoding: 7bit", "content-transfer-encoding: 8bit"), "gr\xfcne Wiesen\r\n", false,
			"gr=FCne Wiesen\r\n", "delete_header Content-Transfer-Encoding=; change_header Content-Transfer-Encoding=quoted-printable; "},
		{"mostly 8-bit", header("MIME-Version: 1.0", "Content-Type: text/plain; charset=utf-8"), "\u65e5\u672c\u8a9e\r\n", false,
			base64.StdEncoding.EncodeToString([]byte("\u65e5\u672c\u8a9e\r\n")) + "\r\n", "add_header Content-Transfer-Encoding=base64; "},
		{"long line", header("MIME-Version: 1.0", "Content-Type: text/html"), long, true,
			"", "add_header Content-Transfer-Encoding=quoted-printable; "},
		{"quoted-printable, long", header("MIME-Version: 1.0", "Content-Type: text/plain", "Content-Transfer-Encoding: Quoted-Printable"), "=C3=BC" + long, false, "", ""},
		{"base64, one line", header("MIME-Version: 1.0", "Content-Type: image/png", "Content-Transfer-Encoding: base64"), strings.Repeat("QUJD", 400), false, "", ""},
		{"signed", header("Content-Type: multipart/signed; boundary=b"), "--b\r\n\r\ngr\xfcn\r\n--b--\r\n", false, "", ""},
		{"multipart, 8bit", header("MIME-Version: 1.0", "Content-Type: multipart/mixed; boundary=b", "Content-Transfer-Encoding: 8bit"),
			"pre\xe4mble\r\n--b\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\nX: y\r\n\r\ngr\u00fcne Wiesen\r\n--b\r\n\r\nplain\r\n--b--\r\n", false,
			"pre?mble\r\n--b\r\nContent-Transfer-Encoding: quoted-printable\r\nContent-Type: text/plain; charset=utf-8\r\nX: y\r\n\r\ngr=C3=BCne Wiesen\r\n--b\r\n\r\nplain\r\n--b--\r\n",
			"change_header Content-Transfer-Encoding=7bit; "},
		{"no header in part", header("MIME-Version: 1.0", "Content-Type: multipart/mixed; boundary=b"),
			"--b\r\ngr\xfcne Wiesen allesamt\r\n--b--\r\n", false,
			"--b\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\ngr=FCne Wiesen allesamt\r\n--b--\r\n", ""},
		{"embedded", header("MIME-Version: 1.0", "Content-Type: message/rfc822"),
			"Subject: in\r\n\r\ngr\u00fcne Wiesen\r\n", false, "Content-Transfer-Encoding: quoted-printable\r\nSubject: in\r\n\r\ngr=C3=BCne Wiesen\r\n", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, edits := Body(c.header, []byte(c.body), c.eight)
			if show(edits) != c.edits {
				t.Errorf("edits %q, want %q", show(edits), c.edits)
			}
			switch c.name {
			case "long line", "quoted-printable, long":
				want, _ := io.ReadAll(quotedprintable.NewReader(strings.NewReader(c.body)))
				if c.name == "long line" {
					want = []byte(c.body)
				}
				back, err := io.ReadAll(quotedprintable.NewReader(bytes.NewReader(got)))
				if err != nil || string(back) != string(want) {
					t.Errorf("content differs: %v", err)
				}
			case "base64, one line":
				if strings.ReplaceAll(string(got), "\r\n", "") != c.body {
					t.Error("content differs")
				}
			default:
				want := c.want
				if want == "" {
					want = c.body
				}
				if string(got) != want {
					t.Errorf("got  %q\nwant %q", got, want)
				}
			}
			f := fitter{eightBit: c.eight}
			if c.name != "signed" && !f.fits(got) {
				t.Error("does not fit")
			}
		})
	}
}

func TestFit(t *testing.T) {
	mods := []verdict.Modification{{Op: verdict.AddHeader, Name: "X"}, {Op: verdict.ReplaceBody, Body: []byte("gr\u00fcne Wiesen")}, {Op: verdict.AddRecipient}}
	got := Fit(header("MIME-Version: 1.0", "Content-Type: text/plain"), false, mods)
	var ops []string
	for _, m := range got {
		ops = append(ops, string(m.Op)+" "+m.Name)
	}
	if want := []string{"add_header X", "add_header Content-Transfer-Encoding", "replace_body ", "add_recipient "}; !slices.Equal(ops, want) {
		t.Errorf("got %q, want %q", ops, want)
	}
	if string(mods[1].Body) != "gr\u00fcne Wiesen" || string(got[2].Body) != "gr=C3=BCne Wiesen" {
		t.Errorf("bodies %q, %q", mods[1].Body, got[2].Body)
	}
	if !EightBit([]string{"SIZE=1", "body=8bitmime"}) || EightBit([]string{"BODY=7BIT"}) {
		t.Error("EightBit")
	}
	if got := Fit(nil, false, mods[:1]); len(got) != 1 {
		t.Errorf("without a body: %v", got)
	}
}

// nested is a multipart in multiparts, n deep.
func nested(n int, leaf string) string {
	if n == 0 {
		return "Content-Type: text/plain; charset=utf-8\r\n\r\n" + leaf
	}
	b := "b" + strings.Repeat("x", n)
	return "Content-Type: multipart/mixed; boundary=" + b + "\r\n\r\n--" + b + "\r\n" + nested(n-1, leaf) + "\r\n--" + b + "--\r\n"
}

func TestNested(t *testing.T) {
	head, body, _ := strings.Cut(nested(10, "gr\u00fcne Wiesen\r\n"), "\r\n\r\n")
	got, _ := Body(header(head), []byte(body), false)
	for range 10 {
		_, params, err := mime.ParseMediaType(strings.TrimPrefix(head, "Content-Type: "))
		if err != nil {
			t.Fatal(err)
		}
		p, err := multipart.NewReader(bytes.NewReader(got), params["boundary"]).NextRawPart()
		if err != nil {
			t.Fatal(err)
		}
		if got, err = io.ReadAll(p); err != nil {
			t.Fatal(err)
		}
		head = "Content-Type: " + p.Header.Get("Content-Type")
	}
	if string(got) != "gr=C3=BCne Wiesen\r\n" {
		t.Errorf("leaf %q", got)
	}
	head, body, _ = strings.Cut(nested(100, "gr\u00fcn"), "\r\n\r\n") // deeper than is looked at
	if got, _ := Body(header(head), []byte(body), false); !bytes.Contains(got, []byte("gr\u00fcn")) {
		t.Error("content is lost")
	}
}

func FuzzBody(f *testing.F) {
	f.Add("text/plain; charset=utf-8", "8bit", "gr\u00fcn\r\n.\x00\r", false)
	f.Add("multipart/mixed; boundary=b", "", "--b\r\nA: b\r\n\r\n\xff\r\n--b\n\n\xff--b--", false)
	f.Add("message/rfc822", "binary", "A: b\n\n\xff", true)
	f.Add("x/y", "base64", strings.Repeat("QUJD", 300), false)
	f.Add("text/plain", "quoted-printable", "=\r\n=3D=GG=", false)
	f.Fuzz(func(t *testing.T, kind, cte, body string, eight bool) {
		h := message.Header{{Name: "Content-Type", Raw: kind}, {Name: "Content-Transfer-Encoding", Raw: cte}}
		got, edits := Body(h, []byte(body), eight)
		fit := fitter{eightBit: eight}
		if fit.fits([]byte(body)) && (string(got) != body || len(edits) > 0) {
			t.Fatal("a body that fits was changed")
		}
		if len(got) > 4*len(body)+4*len(body)/10+10_000 {
			t.Fatalf("%d bytes became %d", len(body), len(got))
		}
		if k, _, err := mime.ParseMediaType(kind); err == nil && strings.HasPrefix(k, "text/") && !fit.fits(got) {
			t.Fatalf("does not fit: %q", got)
		}
	})
}
