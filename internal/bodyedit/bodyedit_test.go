package bodyedit

import (
	"bytes"
	"context"
	"errors"
	"strings"
	"testing"

	"labelmilter/internal/budget"
	"labelmilter/internal/message"
	"labelmilter/internal/verdict"
)

func read(t testing.TB, mail string) *message.Message {
	t.Helper()
	m, err := message.Read(context.Background(), strings.NewReader(mail), message.Envelope{}, message.Options{Limits: budget.Default()})
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// after gives the message as it is delivered.
func after(t testing.TB, m *message.Message, r Result) *message.Message {
	t.Helper()
	h := append(message.Header{}, m.Header...)
	at := func(name string, n int) int {
		for i, f := range h {
			if f.Is(name) {
				if n--; n == 0 {
					return i
				}
			}
		}
		t.Fatalf("no field %s", name)
		return 0
	}
	for _, x := range r.Headers {
		switch x.Op {
		case verdict.AddHeader:
			h = append(h, message.Field{Name: x.Name, Raw: " " + x.Value})
		case verdict.ChangeHeader:
			h[at(x.Name, x.Index)].Raw = " " + x.Value
		case verdict.DeleteHeader:
			i := at(x.Name, x.Index)
			h = append(h[:i:i], h[i+1:]...)
		}
	}
	body := m.Body
	if r.Body != nil {
		body = r.Body
	}
	var b strings.Builder
	for _, f := range h {
		b.WriteString(f.Name + ":" + f.Raw + "\r\n")
	}
	return read(t, b.String()+"\r\n"+string(body))
}

func leafText(m *message.Message, path string) string {
	for _, p := range m.Leaves() {
		if p.Path == path {
			w := &writer{budget: budget.New(budget.Default())}
			x, _ := w.decode(p)
			return x.was
		}
	}
	return "no part " + path
}

const (
	alternative = "Subject: x\nMIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=o\n\npreamble\n--o\nContent-Type: multipart/alternative; boundary=\"i\"\n\n" +
		"--i\nContent-Type: text/plain; charset=iso-8859-1\nContent-Transfer-Encoding: quoted-printable\n\ngr=FC=DFe\n--i\nContent-Type: text/html; charset=utf-8\n\n<!DOCTYPE html><html><head><title>a</title></head><body class=x>\n<p>hi</p></body></html>\n--i--\n" +
		"--o\nContent-Type: application/octet-stream\nContent-Disposition: attachment; filename=\"a.exe\"\nContent-Transfer-Encoding: base64\n\nTVqQAAMAAAAEAAAA\n--o--\nepilogue\n"
	signed = "Subject: x\nMIME-Version: 1.0\nContent-Type: multipart/signed; boundary=s; protocol=\"application/pkcs7-signature\"\nContent-Language: en\n\n" +
		"--s\nContent-Type: text/plain\n\n4111 1111 1111 1111\n--s\nContent-Type: application/pkcs7-signature; name=smime.p7s\nContent-Transfer-Encoding: base64\n\nAAAA\n--s--\n"
)

func TestBanner(t *testing.T) {
	t.Parallel()
	ext := Banner{Text: "EXTERNAL: be careful"}
	foot := Banner{Text: "Fußnote\nzwei", HTML: "<b>Fußnote</b>", Bottom: true}
	tests := []struct {
		name, mail string
		banners    []Banner
		want       map[string]string // part → text
		err        error
	}{
		{"plain", "Subject: x\n\nhello\n", []Banner{ext}, map[string]string{"1": "EXTERNAL: be careful\r\n\r\nhello\r\n"}, nil},
		{"both ends", "Subject: x\n\nhello\n", []Banner{ext, foot}, map[string]string{"1": "EXTERNAL: be careful\r\n\r\nhello\r\n\r\nFußnote\r\nzwei\r\n"}, nil},
		{"no line end", "Subject: x\n\nhello", []Banner{foot}, map[string]string{"1": "hello\r\n\r\nFußnote\r\nzwei\r\n"}, nil},
		{"base64", "Content-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: base64\n\naGVsbG8K\n", []Banner{ext}, map[string]string{"1": "EXTERNAL: be careful\n\nhello\n"}, nil},
		{"alternative", alternative, []Banner{ext, foot}, map[string]string{"1.1": "EXTERNAL: be careful\r\n\r\ngrüße\r\n\r\nFußnote\r\nzwei\r\n"}, nil},
		{"flowed", "Content-Type: text/plain; format=flowed\n\na \nb\n", []Banner{{Text: "From us"}}, map[string]string{"1": " From us\r\n\r\na \r\nb\r\n"}, nil},
		{"empty body", "Subject: x\n\n", []Banner{ext}, map[string]string{"1": "EXTERNAL: be careful\r\n\r\n"}, nil},
		{"signed", signed, []Banner{ext}, nil, ErrProtected},
		{"pgp", "Subject: x\n\n-----BEGIN PGP SIGNED MESSAGE-----\nx\n", []Banner{ext}, nil, ErrProtected},
		{"no text", "Content-Type: image/png\n\nx\n", []Banner{ext}, nil, ErrNoText},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			m := read(t, tt.mail)
			r, err := Apply(m, Edit{Banners: tt.banners}, budget.Default())
			if err != nil || !errors.Is(r.Banner, tt.err) || (tt.err != nil && (r.Body != nil || r.Headers != nil)) {
				t.Fatalf("%v, %v, body %v", err, r.Banner, r.Body != nil)
			}
			once := after(t, m, r)
			for path, want := range tt.want {
				if got := leafText(once, path); got != want {
					t.Errorf("%s: %q, want %q", path, got, want)
				}
			}
			again, err := Apply(once, Edit{Banners: tt.banners}, budget.Default())
			if err != nil || again.Body != nil || again.Headers != nil {
				t.Errorf("the second pass changes the message: %v\n%s", again.Headers, again.Body)
			}
		})
	}
}

func TestBannerHTML(t *testing.T) {
	t.Parallel()
	m := read(t, alternative)
	r, err := Apply(m, Edit{Banners: []Banner{{Text: "a < b\nc"}}}, budget.Default())
	if err != nil {
		t.Fatal(err)
	}
	got := leafText(after(t, m, r), "1.2")
	want := "<body class=x><!--banner "
	if !strings.Contains(got, want) || !strings.Contains(got, "a &lt; b<br>\r\nc</div>") {
		t.Errorf("got %q", got)
	}
	// Everything else is there to the byte.
	for _, keep := range []string{"preamble\r\n--o", "TVqQAAMAAAAEAAAA\r\n--o--\r\nepilogue\r\n", "Content-Type: text/html; charset=utf-8\r\n\r\n<!DOCTYPE"} {
		if !bytes.Contains(r.Body, []byte(keep)) {
			t.Errorf("%q is lost:\n%s", keep, r.Body)
		}
	}
	if !bytes.Contains(r.Body, []byte("Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable\r\n")) {
		t.Errorf("the charset is not the one written:\n%s", r.Body)
	}
}

// TestHTMLPlaces: script and comments are no place for a banner.
func TestHTMLPlaces(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ in, want string }{
		{"<script>'<body>'</script><body a='>'>x", "<script>'<body>'</script><body a='>'>|x"},
		{"<!-- <body> -->x", "|<!-- <body> -->x"},
		{"<html>x", "<html>|x"},
		{"<html><head><style>body{}</style></head>x", "<html><head><style>body{}</style></head>|x"},
		{"<!doctype html>x", "<!doctype html>|x"},
		{"x", "|x"}, {"", "|"},
		{"<!-->x", "|<!-->x"},
	} {
		if got := tt.in[:htmlTop(tt.in)] + "|" + tt.in[htmlTop(tt.in):]; got != tt.want {
			t.Errorf("%q, want %q", got, tt.want)
		}
	}
}

func TestWrap(t *testing.T) {
	t.Parallel()
	m := read(t, signed)
	r, err := Apply(m, Edit{Banners: []Banner{{Text: "EXTERNAL", Wrap: true}}}, budget.Default())
	if err != nil || r.Banner != nil || !bytes.Contains(r.Body, m.Body) {
		t.Fatalf("%v %v\n%s", err, r.Banner, r.Body)
	}
	out := after(t, m, r)
	if out.Root.Type != "multipart/mixed" || len(out.Root.Children) != 2 || out.Root.Children[1].Type != "multipart/signed" {
		t.Fatalf("not wrapped:\n%s", r.Body)
	}
	if v, _ := out.Root.Children[1].Header.First("Content-Language"); v != "en" || len(out.Header.All("Content-Language")) > 0 {
		t.Error("the Content fields did not move")
	}
	if !bytes.Contains(out.Root.Children[1].Raw, bytes.TrimSuffix(m.Body, []byte("\r\n"))) {
		t.Error("the signed message changed")
	}
	again, err := Apply(out, Edit{Banners: []Banner{{Text: "EXTERNAL", Wrap: true}}}, budget.Default())
	if err != nil || again.Body != nil {
		t.Errorf("wrapped twice:\n%s", again.Body)
	}
}

func TestRedact(t *testing.T) {
	t.Parallel()
	card := "4111111111111111"
	tests := []struct {
		name, mail, part, want string
		values                 []string
		keep                   int
		err                    error
	}{
		{"spaces stay", "Subject: x\n\ncard 4111 1111-1111 1111.\n", "1", "card **** ****-**** ****.\r\n", []string{card}, 0, nil},
		{"last four", "Subject: x\n\ncard 4111111111111111\n", "1", "card ************1111\r\n", []string{card}, 4, nil},
		{"full width", "Content-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: 8bit\n\n４１１１ 1111 1111 1111\n", "1", "**** **** **** ****\r\n", []string{card}, 0, nil},
		{"html across tags", "Content-Type: text/html\n\n<p title='4111111111111111'>4111<b>&#49;111</b>&nbsp;1111 1111</p>\n", "1", "<p title='****************'>****<b>****</b>&nbsp;**** ****</p>\r\n", []string{card}, 0, nil},
		{"csv", "Content-Type: text/csv; name=a.csv\n\nname,card\nA,\"4111 1111 1111 1111\"\n", "1", "name,card\r\nA,\"**** **** **** ****\"\r\n", []string{card}, 0, nil},
		{"short value within a longer one", "Subject: x\n\nAB123 XAB1234 AB123\n", "1", "***** XAB1234 *****\r\n", []string{"AB123"}, 0, nil},
		{"latin-1 becomes utf-8", "Content-Type: text/plain; charset=iso-8859-1\nContent-Transfer-Encoding: 8bit\n\n\xfc 4111111111111111\n", "1", "ü ****************\r\n", []string{card}, 0, nil},
		{"letters", "Subject: x\n\nJane.O'Neill\n", "1", "****.*'*****\r\n", []string{"JANEONEILL"}, 0, nil},
		{"signed", signed, "1", "", []string{card}, 0, ErrProtected},
		{"tag names stay", "Content-Type: text/html\n\n<b>B</b>\n", "1", "<b>*</b>\r\n", []string{"B"}, 0, nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			m := read(t, tt.mail)
			r, err := Apply(m, Edit{Redact: []Redaction{{Values: tt.values, Mask: '*', Keep: tt.keep}}}, budget.Default())
			if !errors.Is(err, tt.err) {
				t.Fatalf("error %v, want %v", err, tt.err)
			}
			if tt.err != nil {
				return
			}
			if got := leafText(after(t, m, r), tt.part); got != tt.want {
				t.Errorf("%q, want %q", got, tt.want)
			}
		})
	}
	if got := Mask([]Redaction{{Values: []string{card}}}, "card 4111 1111 1111 1111"); got != "card **** **** **** ****" {
		t.Errorf("subject %q", got)
	}
}

func TestRemove(t *testing.T) {
	t.Parallel()
	exe := Removal{Match: func(p *message.Part) bool { return len(p.Names) > 0 && strings.HasSuffix(p.Names[0], ".exe") }, Notice: "removed: größer"}
	m := read(t, alternative)
	r, err := Apply(m, Edit{Remove: []Removal{exe}}, budget.Default())
	if err != nil || r.Removed != 1 || bytes.Contains(r.Body, []byte("TVqQ")) || bytes.Contains(r.Body, []byte("a.exe")) {
		t.Fatalf("%v, %d removed:\n%s", err, r.Removed, r.Body)
	}
	out := after(t, m, r)
	if got := leafText(out, "2"); got != "removed: größer" || len(out.Root.Children) != 2 || len(out.Defects) > 0 {
		t.Errorf("%q, %v\n%s", got, out.Defects, r.Body)
	}
	if i := bytes.Index(m.Body, []byte("--o\r\nContent-Type: application")); !bytes.HasPrefix(r.Body, m.Body[:i]) || !bytes.HasSuffix(r.Body, []byte("\r\n--o--\r\nepilogue\r\n")) {
		t.Errorf("more than the part changed:\n%s", r.Body)
	}
	whole := read(t, "Subject: x\nContent-Type: application/octet-stream; name=b.exe\nContent-Disposition: attachment; filename=b.exe\nContent-Transfer-Encoding: base64\n\nTVqQ\n")
	r, err = Apply(whole, Edit{Remove: []Removal{exe}}, budget.Default())
	if err != nil {
		t.Fatal(err)
	}
	if got := after(t, whole, r); leafText(got, "1") != "removed: größer\r\n" || len(got.Root.Names) > 0 || got.Root.Disp != "inline" {
		t.Errorf("%+v\n%s", got.Header, got.Body)
	}
	inSigned := read(t, strings.Replace(signed, "name=smime.p7s", "name=x.exe", 1))
	if _, err := Apply(inSigned, Edit{Remove: []Removal{exe}}, budget.Default()); !errors.Is(err, ErrProtected) {
		t.Errorf("removed out of a signed message: %v", err)
	}
}

// TestAmbiguous: bytes that are read in two ways are not edited.
func TestAmbiguous(t *testing.T) {
	t.Parallel()
	m := read(t, "Content-Type: multipart/mixed; boundary=a; boundary=b\n\n--a\n\n4111111111111111\n--a--\n--b\n\nx\n--b--\n")
	if _, err := Apply(m, Edit{Redact: []Redaction{{Values: []string{"4111111111111111"}}}}, budget.Default()); !errors.Is(err, ErrAmbiguous) {
		t.Errorf("error %v", err)
	}
}

func FuzzApply(f *testing.F) {
	for _, s := range []string{alternative, signed, "Content-Type: text/html\n\n<body><p>4111<b>1111</b></p>\n", "Subject: x\n\nhello 41111111\n",
		"Content-Type: multipart/mixed; boundary=\"\"\n\n--\n\n--\n", "Content-Type: message/rfc822\n\nContent-Type: text/plain; charset=utf-16\n\n\xff\xfea\x00"} {
		f.Add([]byte(s))
	}
	l := budget.Default()
	e := Edit{Banners: []Banner{{Text: "TOP", Wrap: true}, {Text: "<foot>", Bottom: true}}, Redact: []Redaction{{Values: []string{"41111111", "A"}, Mask: 'X', Keep: 2}},
		Remove: []Removal{{Match: func(p *message.Part) bool { return p.Disp == "attachment" }, Notice: "gone"}}}
	f.Fuzz(func(t *testing.T, data []byte) {
		m, err := message.Read(context.Background(), bytes.NewReader(data), message.Envelope{}, message.Options{Limits: l})
		if err != nil {
			return
		}
		defer m.Close()
		before := bytes.Clone(m.Body)
		r, err := Apply(m, e, l)
		if !bytes.Equal(before, m.Body) {
			t.Fatal("the message was changed")
		}
		if err != nil && r.Body != nil {
			t.Fatal("a body in spite of an error")
		}
		if r.Body != nil && len(r.Body) > 40*len(before)+20_000 {
			t.Fatalf("%d bytes of %d", len(r.Body), len(before))
		}
		r2, err2 := Apply(m, e, l)
		if !bytes.Equal(r.Body, r2.Body) || !errors.Is(err2, err) {
			t.Fatal("not deterministic")
		}
	})
}

func BenchmarkRedact(b *testing.B) {
	m := read(b, "Content-Type: text/html\n\n"+strings.Repeat("<p>card 4111 1111 1111 1111 of <b>someone</b></p>\n", 20_000))
	e := Edit{Redact: []Redaction{{Values: []string{"4111111111111111", "5500000000000004"}}}, Banners: []Banner{{Text: "EXTERNAL"}}}
	b.SetBytes(int64(len(m.Body)))
	for b.Loop() {
		if _, err := Apply(m, e, budget.Default()); err != nil {
			b.Fatal(err)
		}
	}
}
