package integration

import (
	"bytes"
	"context"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"flag"
	"fmt"
	"math/big"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"labelmilter/internal/dkim/dkimtest"
	"labelmilter/internal/mtalab"
)

var update = flag.Bool("update", false, "rewrite golden files")

// actionCase is a rule's actions and the message that meets them. The rule
// holds for a subject with the word act<n>.
type actionCase struct {
	name string
	rule string // of the rule, beside id and when
	head string // more of the message's header; "" for plain text
	body string
	to   []string
}

const (
	threeCards = "cards 4111 1111 1111 1111, 5500-0000-0000-0004\n"
	mixed      = "MIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=b1\n"
	mixedBody  = "preamble\n--b1\nContent-Type: multipart/alternative; boundary=b2\n\n--b2\nContent-Type: text/plain; charset=iso-8859-1\nContent-Transfer-Encoding: quoted-printable\n\n" +
		"Gr=FC=DFe, card 4111 1111 1111 1111\n--b2\nContent-Type: text/html; charset=utf-8\n\n<html><body><p>Grüße, card <b>4111</b> 1111 1111 1111</p></body></html>\n--b2--\n" +
		"--b1\nContent-Type: text/csv; name=cards.csv\nContent-Disposition: attachment; filename=cards.csv\nContent-Transfer-Encoding: base64\n\n" +
		"bmFtZTtjYXJkCktpbTs1NTAwMDAwMDAwMDAwMDA0Cg==\n--b1\nContent-Type: application/octet-stream\nContent-Disposition: attachment; filename=run.exe\n\nMZ program\n--b1--\n"
	signedHead = "MIME-Version: 1.0\nContent-Type: multipart/signed; protocol=\"application/pgp-signature\"; micalg=pgp-sha256; boundary=s\n"
	signedBody = "--s\nContent-Type: text/plain\n\nsigned text, card 4111 1111 1111 1111\n--s\nContent-Type: application/pgp-signature; name=signature.asc\n\n-----BEGIN PGP SIGNATURE-----\nx\n-----END PGP SIGNATURE-----\n--s--\n"
)

var actionCases = []actionCase{
	{name: "accept", rule: "then: [accept]"},
	{name: "reject with several lines", rule: `then: [{reject: {text: "first line\nsecond line, incident {{incident}}", code: 554, enhanced: 5.7.1}}]`},
	{name: "tempfail", rule: "then: [{tempfail: {text: later}}]"},
	{name: "discard", rule: "then: [discard]"},
	{name: "add_header", rule: `then: [{add_header: {name: X-Added, value: "größer, {{rule}}"}}]`, head: "X-Added: before\n"},
	{name: "change_header", rule: "then: [{change_header: {name: X-Changed, value: once}}]", head: "X-Changed: a\nX-Other: o\nX-Changed: b\n"},
	{name: "delete_header", rule: "then: [{delete_header: {name: x-gone}}]", head: "X-Gone: a\nX-Other: o\nX-GONE: b\n"},
	{name: "subject_prefix and subject_suffix", rule: `then: [{subject_prefix: "[EXT]"}, {subject_suffix: "(größer)"}]`},
	{name: "add_recipient and bcc", rule: "then: [{add_recipient: [more@example.net]}, {bcc: [reviewer@agency.gov.au]}]"},
	{name: "delete_recipient", rule: "recipients: all\n        except: {recipient: {domain: example.com}}\n        then: [delete_recipient]", to: []string{"x@example.com", "y@rival.example"}},
	{name: "redirect", rule: "except: {recipient: {domain: example.com}}\n        then: [{redirect: [approval@agency.gov.au]}]", to: []string{"x@example.com", "y@rival.example"}},
	{name: "refused recipients are dropped", rule: "recipients: drop\n        except: {recipient: {domain: example.com}}\n        then: [{reject: {text: no}}]", to: []string{"x@example.com", "y@rival.example"}},
	{name: "all recipients refused", rule: "recipients: drop\n        then: [{reject: {text: no}}]", to: []string{"x@example.com", "y@rival.example"}},
	{name: "set_label", rule: "then: [{set_label: protected}]"},
	{name: "route", rule: "then: [{route: gateway}]", head: "X-Labelmilter-Route: forged\n"},
	{name: "require_tls", rule: "then: [require_tls]"},
	{name: "banner and disclaimer in plain text", rule: `then: [{banner: {text: "From outside.\nBe careful."}}, {disclaimer: {text: "For größer {{label}} only."}}]`},
	{name: "banner in parts", rule: `then: [{banner: {text: "A & B", html: "<b>A &amp; B</b>"}}]`, head: mixed, body: mixedBody},
	{name: "banner, signed: left out", rule: "then: [{banner: {text: hello}}]", head: signedHead, body: signedBody},
	{name: "banner, signed: wrapped", rule: "then: [{banner: {text: hello, when_signed: wrap}}]", head: signedHead, body: signedBody},
	{name: "banner, signed: refused", rule: "then: [{banner: {text: hello, when_signed: reject}}]", head: signedHead, body: signedBody},
	{name: "redact in plain text", rule: "then: [{redact: {types: [credit-card-number], min_confidence: low, keep: 4, mask: X}}]", body: threeCards},
	{name: "redact in parts", rule: "then: [{redact: {types: [credit-card-number], min_confidence: low}}]", head: mixed, body: mixedBody},
	{name: "redact, signed: refused", rule: "then: [{redact: {types: [credit-card-number], min_confidence: low, fallback: reject}}]", head: signedHead, body: signedBody},
	{name: "remove_attachment", rule: "then: [{remove_attachment: {extension: exe, notice: \"A program was removed.\"}}]", head: mixed, body: mixedBody},
	{name: "encrypt", rule: "then: [encrypt, {disclaimer: {text: inside}}]", head: mixed, body: mixedBody},
	{name: "encrypt, no certificate: another way", rule: "then: [{encrypt: {missing: route, route: gateway}}]", to: []string{"nobody@example.com"}},
	{name: "encrypt, no certificate: refused", rule: "then: [encrypt]", to: []string{"x@example.com", "nobody@example.com"}},
	{name: "notify and incident", rule: "severity: high\n        then: [{notify: {to: [dlp@agency.gov.au]}}, incident]"},
	{name: "quarantine", rule: `then: [{quarantine: {reason: "waits for {{policy}}"}}, {add_header: {name: X-Held, value: "1"}}]`}, // the last: it stays in the queue
}

// trace are fields that the MTAs write.
var trace = regexp.MustCompile(`(?m)^(Received|Return-Path|Message-Id|Delivered-To|X-Authentication-Warning):.*\n([ \t].*\n)*`)

var incident = regexp.MustCompile(`\b[0-9a-f]{16}\b`)

var boundary = regexp.MustCompile(`=_[0-9a-zA-Z.]{12,}|labelmilter-[0-9a-f]{8,}`)

// keyPair is a certificate for a mailbox and its key, PEM.
func keyPair(t *testing.T, box string) (cert, key string) {
	t.Helper()
	k, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	tmpl := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: box}, EmailAddresses: []string{box}, NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour)}
	der, err := x509.CreateCertificate(rand.Reader, tmpl, tmpl, &k.PublicKey, k)
	if err != nil {
		t.Fatal(err)
	}
	return string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})),
		string(pem.EncodeToMemory(&pem.Block{Type: "RSA PRIVATE KEY", Bytes: x509.MarshalPKCS1PrivateKey(k)}))
}

// TestActions sends every action through both MTAs; what they deliver is kept
// as it was looked at once.
func TestActions(t *testing.T) {
	mtalab.Require(t, "openssl")
	var rules strings.Builder
	rules.WriteString("policies:\n  - id: actions\n    rules:\n")
	for i, c := range actionCases {
		fmt.Fprintf(&rules, "      - id: act%d\n        when: {subject: {words: [act%d]}}\n        %s\n", i, i, c.rule)
	}
	cert, key := keyPair(t, "x@example.com")
	files := map[string]string{"site/pack.yaml": "id: site\nversion: 1.0.0\ndescription: d\nrequires: [sit-financial]\n", "site/rules.yaml": rules.String(), "certificates/x.pem": cert, "x.key": key}
	eachMTA(t, "rules: {packs: [au-pspf, sit-financial], dirs: [site]}\nsmime: {certificates: certificates}\nlabels: {write: [X-Sensitivity-Label]}\n", files, func(t *testing.T, d *daemon, l *lab) {
		var got strings.Builder
		for i, c := range actionCases {
			fmt.Fprintf(&got, "=== %s\n%s", c.name, l.act(t, d, i, c))
		}
		name := filepath.Join("testdata", "actions-"+l.name+".txt")
		if *update {
			if err := os.MkdirAll("testdata", 0o755); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(name, []byte(got.String()), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		want, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		sections := func(s string) map[string]string {
			out := map[string]string{}
			for _, x := range strings.Split(s, "=== ")[1:] {
				title, text, _ := strings.Cut(x, "\n")
				out[title] = text
			}
			return out
		}
		g, w := sections(got.String()), sections(string(want))
		for _, c := range actionCases {
			if g[c.name] != w[c.name] {
				t.Errorf("%s: got\n%swant\n%s", c.name, g[c.name], w[c.name])
			}
		}
	})
}

// act sends one message and gives the reply and what was delivered.
func (l *lab) act(t *testing.T, d *daemon, i int, c actionCase) string {
	t.Helper()
	l.sink.Reset()
	id := fmt.Sprintf("act%d", i)
	body := c.body
	if body == "" {
		body = "a line\n.with a dot\n"
	}
	to := c.to
	if to == nil {
		to = []string{"x@example.com"}
	}
	r := l.sendAs(t, mtalab.Message{From: "carol@agency.gov.au", To: to, FromParams: []string{"BODY=8BITMIME"}, Data: crlf("From: carol@agency.gov.au\nTo: x@example.com\nSubject: about " + id +
		"\nDate: Mon, 02 Nov 2026 09:14:00 +1100\nMessage-ID: <" + id + "@agency.gov.au>\n" + c.head + "\n" + body)})
	rec := d.record("<" + id + "@agency.gov.au>")
	var out strings.Builder
	if !r.Accepted() {
		fmt.Fprintf(&out, "reply: %s\n", r.Last())
	}
	for _, e := range rec["effects"].([]any) {
		x := e.(map[string]any)
		fmt.Fprintf(&out, "effect: %v %v %v\n", x["type"], x["to"], x["severity"])
	}
	disposition := rec["verdict"].(map[string]any)["disposition"]
	switch {
	case disposition == "quarantine":
		queue, reason := l.held(t)
		if l.sm != nil {
			fmt.Fprintf(&out, "held: %s\n", reason)
		}
		l.release(t, queue)
	case !r.Accepted() || disposition == "discard":
		// Another message behind it shows that nothing came.
		l.sendAs(t, mtalab.Message{From: "carol@agency.gov.au", To: []string{"x@example.com"}, Data: crlf("Subject: behind\n\nbehind " + id + "\n")})
		l.delivered(t, "behind "+id)
		if n, _ := l.sink.Count(); n != 1 {
			t.Errorf("%s: %d messages came", c.name, n-1)
		}
		return mask(out.String())
	}
	if _, err := l.sink.Wait(1, 30*time.Second); err != nil {
		t.Fatalf("%s: %v", c.name, err)
	}
	time.Sleep(30 * time.Millisecond) // Sendmail may deliver in several transactions
	var boxes []string
	for _, x := range l.sink.Messages() {
		boxes = append(boxes, x.To...)
	}
	for n := 0; n < 200 && len(boxes) < wantBoxes(rec); n++ {
		time.Sleep(20 * time.Millisecond)
		boxes = nil
		for _, x := range l.sink.Messages() {
			boxes = append(boxes, x.To...)
		}
	}
	slices.Sort(boxes)
	text := strings.ReplaceAll(string(l.sink.Messages()[0].Data), "\r\n", "\n")
	fmt.Fprintf(&out, "to: %s\n%s", strings.Join(boxes, " "), trace.ReplaceAllString(text, ""))
	if strings.Contains(text, "application/pkcs7-mime") {
		head, sealed, _ := strings.Cut(text, "\n\n")
		cmd := exec.Command("openssl", "cms", "-decrypt", "-recip", filepath.Join(d.dir, "certificates", "x.pem"), "-inkey", filepath.Join(d.dir, "x.key"))
		cmd.Stdin = strings.NewReader("Content-Type: application/pkcs7-mime; smime-type=enveloped-data\r\nContent-Transfer-Encoding: base64\r\nMIME-Version: 1.0\r\n\r\n" + sealed)
		var stderr bytes.Buffer
		cmd.Stderr = &stderr
		plain, err := cmd.Output()
		if err != nil {
			t.Errorf("%s: %v %s", c.name, err, stderr.String())
		}
		out.Reset()
		fmt.Fprintf(&out, "to: %s\n%s\n\n--- encrypted:\n%s", strings.Join(boxes, " "), trace.ReplaceAllString(head+"\n", ""), strings.ReplaceAll(string(plain), "\r\n", "\n"))
	}
	return mask(out.String())
}

// wantBoxes is how many recipients there are to be.
func wantBoxes(rec map[string]any) int {
	n := len(rec["envelope"].(map[string]any)["rcpt_to"].([]any))
	for _, m := range rec["modifications"].([]any) {
		switch m.(map[string]any)["op"] {
		case "add_recipient":
			n++
		case "delete_recipient":
			n--
		}
	}
	return n
}

// mask takes out what differs from run to run.
func mask(s string) string {
	return boundary.ReplaceAllString(incident.ReplaceAllString(s, "INCIDENT"), "BOUNDARY")
}

// TestKeepDKIM: OpenDKIM behind us verifies what is left as it was; a banner
// without that wish breaks the signature.
func TestKeepDKIM(t *testing.T) {
	mtalab.Require(t, "postfix", "opendkim")
	key, err := dkimtest.NewKey()
	if err != nil {
		t.Fatal(err)
	}
	verifier, err := dkimtest.StartOpenDKIM(context.Background(), key, "v")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(verifier.Stop)
	files := map[string]string{"site/pack.yaml": "id: site\nversion: 1.0.0\ndescription: d\n", "site/rules.yaml": `policies:
  - id: p
    rules:
      - {id: keep, when: {subject: {words: [keep]}}, then: [{banner: {text: "a banner", keep_dkim: true}}, {add_header: {name: X-Seen, value: "1"}}]}
      - {id: break, when: {subject: {words: [break]}}, then: [{banner: {text: "a banner"}}]}
`}
	d := serve(t, "rules: {packs: [au-pspf], dirs: [site]}\n", files)
	sink := newSink(t)
	pf := mtalab.PostfixFor(t, mtalab.Options{Milters: []string{"unix:" + d.socket, fmt.Sprintf("inet:127.0.0.1:%d", verifier.Port)}, NextHop: sink.Addr()})
	l := &lab{"postfix", pf.SMTPAddr(), sink, pf, nil}
	for _, tt := range []struct {
		subject string
		banner  bool
	}{{"keep", false}, {"break", true}} {
		data, err := key.Sign(crlf("From: alice@agency.example\nTo: user@agency.gov.au\nSubject: "+tt.subject+"\nDate: Mon, 02 Nov 2026 09:14:00 +1100\nMessage-ID: <"+tt.subject+"@agency.example>\n\nbody of "+tt.subject+"\n"),
			"relaxed/relaxed", []string{"From", "To", "Subject", "Date"})
		if err != nil {
			t.Fatal(err)
		}
		if r := l.sendAs(t, mtalab.Message{From: "alice@agency.example", Data: data}); !r.Accepted() {
			t.Fatalf("%s: %v", tt.subject, r.Last())
		}
		text := l.delivered(t, "body of "+tt.subject)
		pass := strings.Contains(strings.Join(fields(text, "Authentication-Results"), " "), "dkim=pass")
		if banner := strings.Contains(text, "a banner"); banner != tt.banner || pass == tt.banner {
			t.Errorf("%s: banner %v, signature holds %v\n%s", tt.subject, banner, pass, text)
		}
	}
}
