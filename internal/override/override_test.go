package override

import (
	"bytes"
	"context"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"labelmilter/internal/budget"
	"labelmilter/internal/detect"
	"labelmilter/internal/extract"
	"labelmilter/internal/message"
	"labelmilter/internal/redact"
)

const some = "LM-BCDF-GHJK-LMNP-QRST-VWXZ-BCDF"

func TestToken(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{}
	letters := map[rune]int{}
	for range 2000 {
		tok, err := New(nil)
		if err != nil || Find("x "+tok+" y") != tok || len(tok) != len(Placeholder) || seen[tok] {
			t.Fatalf("%q, %v", tok, err)
		}
		seen[tok] = true
		for _, c := range tok[3:] {
			letters[c]++
		}
	}
	for c, n := range letters {
		if c != '-' && (n < 2000 || n > 2800) { // 2,400 expected, sd 48
			t.Errorf("%c: %d", c, n)
		}
	}
	if _, err := New(bytes.NewReader([]byte{1, 2, 3})); err == nil {
		t.Error("no random bytes, no error")
	}
	if ID(some) == "" || strings.Contains(some, strings.ToUpper(ID(some))) || bytes.Equal(Hash(some), Hash(some+"x")) {
		t.Error("hash")
	}
}

func TestFindAndStrip(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"cards [override " + some + "]":                             "cards",
		"[override " + some + "] cards":                             "cards",
		"cards [override " + some + ": the customer asked] for May": "cards for May",
		"a [false positive " + some + "] b":                         "a b",
		"a [False-Positive: " + strings.ToLower(some) + "] b":       "a b",
		some:                   "",
		"Re: " + some:          "Re:",
		"a override " + some:   "a",
		some + " " + some:      "",
		"x+" + some + "@a.com": "x@a.com",
		"no override here":     "no override here",
		"LM-BCDF-GHJK":         "LM-BCDF-GHJK",
		some + "Q":             some + "Q",
		"Q" + some:             "Q" + some,
	} {
		if got := Strip(in); got != want {
			t.Errorf("%q: %q, want %q", in, got, want)
		}
	}
	for in, want := range map[string]string{
		"Bob <x@a.com>, override+" + some + "@own.example":                     "Bob <x@a.com>",
		`"Doe, J" <j@a.com>, "Over, Ride" <override+` + some + `@own.example>`: `"Doe, J" <j@a.com>`,
		"override+" + some + "@own.example":                                    "",
		"x+" + some + "@a.com, y@a.com":                                        "x@a.com, y@a.com",
		"a@b.com":                                                              "a@b.com",
	} {
		if got := StripAddresses(in); got != want {
			t.Errorf("%q: %q, want %q", in, got, want)
		}
	}
	if got := Mask("x+" + some + "@a.com"); got != "x+"+Placeholder+"@a.com" {
		t.Error(got)
	}
}

func read(t testing.TB, text string) *message.Message {
	t.Helper()
	m, err := message.Read(context.Background(), strings.NewReader(text), message.Envelope{MailFrom: "Carol@own.example", RcptTo: []string{"x@a.example", "y@a.example"}, AuthUser: "carol"},
		message.Options{Limits: budget.Default()})
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func own(d string) bool { return d == "own.example" }

func TestPresent(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name, header, body string
		rcpt               string
		want               Presented
	}{
		{name: "none", header: "Subject: x\n", body: "Justification: x\n"},
		{name: "subject and line", header: "Subject: x [override " + some + "]\n", body: "\nJustification:  the   customer \n\nHello\n",
			want: Presented{some, "subject", "", "the customer", true}},
		{name: "encoded subject", header: "Subject: =?utf-8?q?gr=C3=BCn_?= =?utf-8?q?=5Boverride_LM-BCDF-GHJK-LMNP?=\n =?utf-8?q?-QRST-VWXZ-BCDF=5D?=\n", body: "hello\n",
			want: Presented{Token: some, Place: "subject"}},
		{name: "reason in the subject", header: "Subject: [override " + some + ": asked for] x\n", body: "hello\n", want: Presented{Token: some, Place: "subject", Reason: "asked for"}},
		{name: "false positive by line", header: "Subject: " + some + "\n", body: "False positive: order numbers\n", want: Presented{some, "subject", FalsePositive, "order numbers", true}},
		{name: "header", header: "X-Labelmilter-Override: " + strings.ToLower(some) + " false-positive\nX-Label-Justification: no cards\nSubject: x\n", body: "hello\n",
			want: Presented{Token: some, Place: "header", Kind: FalsePositive, Reason: "no cards"}},
		{name: "address", header: "Subject: x\n", body: "Justification: y\n", rcpt: "Override+" + some + "@own.example", want: Presented{some, "address", "", "y", true}},
		{name: "address of others", header: "Subject: x\n", body: "Justification: y\n", rcpt: "override+" + some + "@a.example"},
		{name: "in the text only", header: "Subject: x\n", body: "[override " + some + "]\n"},
		{name: "numbers in the reason", header: "Subject: " + some + "\n", body: "Justification: card 4111 1111 1111 1111 of room 12\n",
			want: Presented{some, "subject", "", "card 9999 9999 9999 9999 of room 12", true}},
	} {
		m := read(t, tt.header+"\n"+tt.body)
		if tt.rcpt != "" {
			m.Envelope.RcptTo = append(m.Envelope.RcptTo, tt.rcpt)
		}
		got, _ := Present(m, extract.Extract(context.Background(), m, budget.Default()).Texts, own)
		if got != tt.want {
			t.Errorf("%s: %+v, want %+v", tt.name, got, tt.want)
		}
	}
}

// content is that of a message with values of one type.
func content(t testing.TB, text string, values ...string) (*Content, message.Envelope) {
	m := read(t, text)
	ex := extract.Extract(context.Background(), m, budget.Default())
	f := detect.Finding{Type: "card", Count: len(values), Unique: len(values)}
	for _, v := range values {
		f.Instances = append(f.Instances, detect.Instance{Value: redact.New(v), Normal: redact.New(v)})
	}
	var found []detect.Finding
	if len(values) > 0 {
		found = append(found, f)
	}
	return Read(m, ex, found, ex.Skipped, budget.Default()), m.Envelope
}

func words10(n int, seed uint64) string {
	g := rand.New(rand.NewPCG(seed, 1))
	var b strings.Builder
	for i := range n {
		if i > 0 {
			b.WriteByte(' ')
		}
		for range 2 + g.IntN(7) {
			b.WriteByte(byte('a' + g.IntN(26)))
		}
	}
	return b.String()
}

// TestGrant: near duplicates pass, anything added does not.
func TestGrant(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 29, 10, 0, 0, 0, time.UTC)
	body := "the numbers of this month are 1111 and 2222, regards " + words10(40, 1)
	head := "Subject: cards\n\n"
	c, env := content(t, head+body, "1111", "2222")
	o := Offer{Rule: "p/x/y", Rules: []string{"p/x/y"}, With: []string{Justification}, Expires: now.Add(time.Hour), Sender: env.MailFrom, Auth: env.AuthUser, Recipients: env.RcptTo, Content: c}
	g, err := ParseGrant(o.Bind(some).JSON())
	if err != nil {
		t.Fatal(err)
	}
	if js := g.JSON(); strings.Contains(js, "1111") || strings.Contains(js, "carol") || strings.Contains(js, "a.example") || strings.Contains(js, some) {
		t.Fatalf("the grant tells: %s", js)
	}
	p := Presented{Token: some, Reason: "r"}
	for _, tt := range []struct {
		name, text string
		values     []string
		change     func(p *Presented, env *message.Envelope, g *Grant, at *time.Time)
		want       string
	}{
		{name: "the same", text: body, values: []string{"1111", "2222"}},
		{name: "with the line", text: "Justification: quite a long reason with many words that stand nowhere else in it\n\n" + body, values: []string{"1111", "2222"}},
		{name: "a typo mended", text: strings.Replace(body, "regards", "Best regards", 1), values: []string{"1111", "2222"}},
		{name: "a value less", text: strings.Replace(body, " and 2222", "", 1), values: []string{"1111"}},
		{name: "a recipient less", text: body, values: []string{"1111"}, change: func(_ *Presented, e *message.Envelope, _ *Grant, _ *time.Time) { e.RcptTo = []string{"Y@A.example"} }},
		{name: "sender in another case", text: body, change: func(_ *Presented, e *message.Envelope, _ *Grant, _ *time.Time) { e.MailFrom = "carol@OWN.example" }},
		{name: "a value more", text: body, values: []string{"1111", "2222", "3333"}, want: Findings},
		{name: "another value", text: body, values: []string{"1111", "3333"}, want: Findings},
		{name: "another text", text: words10(45, 2), want: Changed},
		{name: "text added", text: body + " " + words10(30, 3), want: Changed},
		{name: "recipient more", text: body, change: func(_ *Presented, e *message.Envelope, _ *Grant, _ *time.Time) {
			e.RcptTo = append([]string{"z@a.example"}, e.RcptTo...)
		}, want: Recipients},
		{name: "another sender", text: body, change: func(_ *Presented, e *message.Envelope, _ *Grant, _ *time.Time) { e.MailFrom = "mallory@own.example" }, want: Sender},
		{name: "another login", text: body, change: func(_ *Presented, e *message.Envelope, _ *Grant, _ *time.Time) { e.AuthUser = "mallory" }, want: Sender},
		{name: "no login", text: body, change: func(_ *Presented, e *message.Envelope, _ *Grant, _ *time.Time) { e.AuthUser = "" }, want: Sender},
		{name: "late", text: body, change: func(_ *Presented, _ *message.Envelope, _ *Grant, at *time.Time) { *at = now.Add(time.Hour) }, want: Expired},
		{name: "used", text: body, change: func(_ *Presented, _ *message.Envelope, g *Grant, _ *time.Time) { g.Used = true }, want: Used},
		{name: "another token", text: body, change: func(p *Presented, _ *message.Envelope, _ *Grant, _ *time.Time) {
			p.Token = strings.Replace(some, "BCDF", "BCDG", 1)
		}, want: Sender},
		{name: "no reason", text: body, change: func(p *Presented, _ *message.Envelope, _ *Grant, _ *time.Time) { p.Reason = "" }, want: NoReason},
		{name: "as a false positive", text: body, change: func(p *Presented, _ *message.Envelope, _ *Grant, _ *time.Time) { p.Kind = FalsePositive }, want: NotOffered},
		{name: "none asks for no reason", text: body, change: func(p *Presented, _ *message.Envelope, g *Grant, _ *time.Time) { p.Reason, g.With = "", []string{None} }},
		{name: "false positives only", text: body, change: func(p *Presented, _ *message.Envelope, g *Grant, _ *time.Time) {
			p.Reason, g.With = "", []string{FalsePositive}
		}},
	} {
		c, env := content(t, head+tt.text, tt.values...)
		p, g, at := p, g, now
		if tt.change != nil {
			tt.change(&p, &env, &g, &at)
		}
		if got := g.Check(p, at, env, c); got != tt.want {
			t.Errorf("%s: %q, want %q", tt.name, got, tt.want)
		}
	}
}

// TestGrantFiles: a file nobody can read may go, not be exchanged or added.
func TestGrantFiles(t *testing.T) {
	t.Parallel()
	mail := func(files ...string) string {
		s := "MIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=b\n\n--b\n\nsee the file\n"
		for _, f := range files {
			s += "--b\nContent-Type: image/png\nContent-Disposition: attachment; filename=a.png\n\n" + f + "\n"
		}
		return s + "--b--\n"
	}
	now := time.Now()
	c, env := content(t, mail("\x89PNG one"))
	o := Offer{With: []string{None}, Expires: now.Add(time.Hour), Sender: env.MailFrom, Auth: env.AuthUser, Recipients: env.RcptTo, Content: c}
	g := o.Bind(some)
	for name, tt := range map[string]struct{ text, want string }{
		"same": {mail("\x89PNG one"), ""}, "gone": {mail(), ""}, "exchanged": {mail("\x89PNG two"), Changed}, "added": {mail("\x89PNG one", "\x89PNG two"), Changed},
	} {
		c, env := content(t, tt.text)
		if got := g.Check(Presented{Token: some}, now, env, c); got != tt.want {
			t.Errorf("%s: %q, want %q", name, got, tt.want)
		}
	}
}

// TestLargeTexts: the sample tells long texts apart as well.
func TestLargeTexts(t *testing.T) {
	t.Parallel()
	long := words10(20_000, 7)
	now := time.Now()
	c, env := content(t, "Subject: s\n\n"+long)
	if len(c.pairs) != maxPairs {
		t.Fatalf("%d pairs", len(c.pairs))
	}
	o := Offer{With: []string{None}, Expires: now.Add(time.Hour), Sender: env.MailFrom, Auth: env.AuthUser, Recipients: env.RcptTo, Content: c}
	g := o.Bind(some)
	for name, tt := range map[string]struct{ text, want string }{
		"2 % more":  {long + " " + words10(400, 8), ""},
		"half new":  {long[:len(long)/2] + words10(10_000, 9), Changed},
		"all new":   {words10(20_000, 10), Changed},
		"cut short": {long[:len(long)/3], Changed},
	} {
		c, env := content(t, "Subject: s\n\n"+tt.text)
		if got := g.Check(Presented{Token: some}, now, env, c); got != tt.want {
			t.Errorf("%s: %q, want %q", name, got, tt.want)
		}
	}
}

// FuzzStrip: whatever stands around it, no token is left.
func FuzzStrip(f *testing.F) {
	for _, s := range []string{"", "cards [override ", "x+", "[false positive: ", "]", "a\r\n b", "\xff", some + "@"} {
		f.Add(s, s)
	}
	f.Fuzz(func(t *testing.T, a, b string) {
		s := a + some + b
		for _, got := range []string{Strip(s), StripAddresses(s)} {
			if Has(s) && Has(got) {
				t.Errorf("%q: %q", s, got)
			}
		}
		if Has(s) && Mask(s) == s {
			t.Errorf("%q is not masked", s)
		}
		if tok := Find(s); tok != "" && tokenForm.FindString(s) == "" {
			t.Errorf("%q: %q is found by one and not by the other", s, tok)
		}
		_, _, _ = Line(s)
		_ = clean(s)
	})
}

func BenchmarkFind(b *testing.B) {
	text := strings.Repeat("The minutes of the meeting - as agreed - are attached; films and alms. ", 700)
	b.SetBytes(int64(len(text)))
	for b.Loop() {
		if Find(text) != "" {
			b.Fatal("found")
		}
	}
}
