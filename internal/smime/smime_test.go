package smime

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"encoding/pem"
	"math/big"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"labelmilter/internal/mtalab"
)

var now = time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC)

// issue makes a certificate and its key, PEM.
func issue(t *testing.T, key any, change func(*x509.Certificate)) (cert, private string) {
	t.Helper()
	tmpl := &x509.Certificate{SerialNumber: big.NewInt(time.Now().UnixNano()), Subject: pkix.Name{CommonName: "Kim"}, EmailAddresses: []string{"Kim@agency.example"},
		NotBefore: now.AddDate(-1, 0, 0), NotAfter: now.AddDate(1, 0, 0), KeyUsage: x509.KeyUsageKeyEncipherment, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageEmailProtection}}
	if change != nil {
		change(tmpl)
	}
	var public any
	switch k := key.(type) {
	case *rsa.PrivateKey:
		public = &k.PublicKey
	case *ecdsa.PrivateKey:
		public = &k.PublicKey
	}
	der, err := x509.CreateCertificate(rand.Reader, tmpl, tmpl, public, key)
	if err != nil {
		t.Fatal(err)
	}
	p8, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	return string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})), string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: p8}))
}

func rsaKey(t *testing.T, bits int) *rsa.PrivateKey {
	t.Helper()
	k, err := rsa.GenerateKey(rand.Reader, bits)
	if err != nil {
		t.Fatal(err)
	}
	return k
}

func folder(t *testing.T, files map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	for name, text := range files {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func TestLoad(t *testing.T) {
	t.Parallel()
	key := rsaKey(t, 2048)
	good, private := issue(t, key, nil)
	later, _ := issue(t, key, func(c *x509.Certificate) { c.NotAfter = now.AddDate(2, 0, 0) })
	byName, _ := issue(t, key, func(c *x509.Certificate) { c.EmailAddresses = nil })
	inSubject, _ := issue(t, key, func(c *x509.Certificate) {
		c.EmailAddresses = nil
		c.Subject.ExtraNames = []pkix.AttributeTypeAndValue{{Type: asn1.ObjectIdentifier(oidEmail), Value: "old@agency.example"}}
	})
	ended, _ := issue(t, key, func(c *x509.Certificate) {
		c.EmailAddresses, c.NotAfter = []string{"gone@agency.example"}, now.AddDate(0, 0, -1)
	})
	ca, _ := issue(t, key, func(c *x509.Certificate) { c.IsCA, c.BasicConstraintsValid = true, true })
	der, _ := pem.Decode([]byte(good))
	dir := folder(t, map[string]string{"a.pem": good + later, "pat@agency.example.crt": byName, "c.cer": inSubject, "d.pem": ended, "e.pem": string(der.Bytes), "ca.pem": ca, "notes.txt": "x"})
	c, ps := Load(dir, now)
	if len(ps) != 1 || !ps[0].Warn || !strings.Contains(ps[0].Reason, "ended on 2026-10-31") {
		t.Errorf("problems %+v", ps)
	}
	for box, want := range map[string]bool{"kim@AGENCY.example": true, "pat@agency.example": true, "old@agency.example": true, "gone@agency.example": false, "x@y": false} {
		if got := c.For(box, now); (got != nil) != want {
			t.Errorf("%s: %v", box, got)
		}
	}
	if got := c.For("kim@agency.example", now); got == nil || !got.NotAfter.Equal(now.AddDate(2, 0, 0)) {
		t.Errorf("of several not the one that ends last: %v", got)
	}
	if c.For("kim@agency.example", now.AddDate(3, 0, 0)) != nil {
		t.Error("one that has ended")
	}
	var none *Certificates
	if c.Len() != 4 || c.Digest() == "" || none.Len() != 0 || none.Digest() != "" || none.For("a@b", now) != nil {
		t.Errorf("%d mailboxes, digest %q", c.Len(), c.Digest())
	}

	curve, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	onCurve, _ := issue(t, curve, nil)
	short, _ := issue(t, rsaKey(t, 1024), nil)
	signing, _ := issue(t, key, func(c *x509.Certificate) { c.KeyUsage = x509.KeyUsageDigitalSignature })
	server, _ := issue(t, key, func(c *x509.Certificate) { c.ExtKeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth} })
	for text, want := range map[string]string{onCurve: "only RSA", short: "1024 bits", signing: "not for encryption", server: "not for mail", "": "not a certificate",
		"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n": "not a certificate", private: "no certificate in it", byName: "names no mailbox", string(make([]byte, maxFile+1)): "1 MiB"} {
		_, ps := Load(folder(t, map[string]string{"x.pem": text}), now)
		found := false
		for _, p := range ps {
			found = found || strings.Contains(p.Reason, want) && !p.Warn && strings.HasSuffix(p.File, "x.pem")
		}
		if !found {
			t.Errorf("want a problem with %q, got %+v", want, ps)
		}
	}
	if _, ps := Load(filepath.Join(dir, "none"), now); len(ps) != 1 || ps[0].Warn {
		t.Errorf("no folder: %+v", ps)
	}
}

// OpenSSL reads what was encrypted, with the key of either recipient.
func TestSeal(t *testing.T) {
	t.Parallel()
	mtalab.Require(t, "openssl")
	one, oneKey := issue(t, rsaKey(t, 2048), nil)
	two, twoKey := issue(t, rsaKey(t, 3072), func(c *x509.Certificate) { c.EmailAddresses = []string{"pat@agency.example"} })
	dir := folder(t, map[string]string{"1.pem": one, "2.pem": two, "1.key": oneKey, "2.key": twoKey})
	c, ps := Load(dir, now)
	if len(ps) > 0 {
		t.Fatal(ps)
	}
	entity := []byte("Content-Type: text/plain; charset=utf-8\r\n\r\n" + strings.Repeat("a secret line\r\n", 500))
	l := &Letter{Entity: entity, To: []*x509.Certificate{c.For("kim@agency.example", now), c.For("pat@agency.example", now)}}
	body, err := l.Seal()
	if err != nil {
		t.Fatal(err)
	}
	again, err := l.Seal()
	if err != nil || bytes.Equal(body, again) {
		t.Errorf("sealed twice alike, %v", err)
	}
	for _, line := range strings.Split(strings.TrimSuffix(string(body), "\r\n"), "\r\n") {
		if len(line) > 76 || strings.ContainsAny(line, "\r\n") {
			t.Fatalf("line %q", line)
		}
	}
	mail := "MIME-Version: 1.0\r\nContent-Type: application/pkcs7-mime; smime-type=enveloped-data; name=smime.p7m\r\nContent-Transfer-Encoding: base64\r\n\r\n" + string(body)
	for _, who := range []string{"1", "2"} {
		cmd := exec.Command("openssl", "cms", "-decrypt", "-recip", filepath.Join(dir, who+".pem"), "-inkey", filepath.Join(dir, who+".key"))
		cmd.Stdin = strings.NewReader(mail)
		var errs bytes.Buffer
		cmd.Stderr = &errs
		got, err := cmd.Output()
		if err != nil || !bytes.Equal(got, entity) {
			t.Errorf("%s: %v %s: %.200q", who, err, errs.String(), got)
		}
	}
	cmd := exec.Command("openssl", "cms", "-cmsout", "-print")
	cmd.Stdin = strings.NewReader(mail)
	if out, err := cmd.Output(); err != nil || !bytes.Contains(out, []byte("aes-256-cbc")) || !bytes.Contains(out, []byte("pkcs7-envelopedData")) {
		t.Errorf("not AES-256 enveloped data: %v\n%s", err, out)
	}
}
