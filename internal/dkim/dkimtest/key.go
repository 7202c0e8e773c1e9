// Package dkimtest has what tests of DKIM need: a key pair with its record, a
// signer (go-msgauth) and private OpenDKIM filters that read the record from
// a file. Nothing asks a DNS server.
package dkimtest

import (
	"bytes"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"fmt"
	"os"
	"strings"

	"github.com/emersion/go-msgauth/dkim"
)

// The identity all tests sign as.
const (
	Domain   = "agency.example"
	Selector = "test"
)

// Key is an RSA key pair of 2048 bits.
type Key struct{ private *rsa.PrivateKey }

// NewKey makes a key; it takes some tenths of a second.
func NewKey() (Key, error) {
	k, err := rsa.GenerateKey(rand.Reader, 2048)
	return Key{k}, err
}

// record is the TXT record of the public key (RFC 6376 3.6.1).
func (k Key) record() (string, error) {
	der, err := x509.MarshalPKIXPublicKey(&k.private.PublicKey)
	return "v=DKIM1; k=rsa; p=" + base64.StdEncoding.EncodeToString(der), err
}

// LookupTXT answers for the one name there is.
func (k Key) LookupTXT(name string) ([]string, error) {
	if name != Selector+"._domainkey."+Domain {
		return nil, fmt.Errorf("no record for %q", name)
	}
	r, err := k.record()
	return []string{r}, err
}

// writePublic writes OpenDKIM's TestPublicKeys file.
func (k Key) writePublic(file string) error {
	r, err := k.record()
	if err != nil {
		return err
	}
	return os.WriteFile(file, []byte(Selector+"._domainkey."+Domain+" "+r+"\n"), 0o644)
}

// writePrivate writes the key for OpenDKIM to sign with.
func (k Key) writePrivate(file string) error {
	b := pem.EncodeToMemory(&pem.Block{Type: "RSA PRIVATE KEY", Bytes: x509.MarshalPKCS1PrivateKey(k.private)})
	return os.WriteFile(file, b, 0o600)
}

// Sign puts a signature above a message with CRLF line ends. canon is as in
// c=; signed are the names for h=, repeated to oversign.
func (k Key) Sign(message []byte, canon string, signed []string) ([]byte, error) {
	head, body, _ := strings.Cut(canon, "/")
	var out bytes.Buffer
	err := dkim.Sign(&out, bytes.NewReader(message), &dkim.SignOptions{Domain: Domain, Selector: Selector,
		Signer: k.private, HeaderKeys: signed,
		HeaderCanonicalization: dkim.Canonicalization(head), BodyCanonicalization: dkim.Canonicalization(body)})
	return out.Bytes(), err
}

// Verify reports whether every signature of a message verifies; a message
// without one does not.
func (k Key) Verify(message []byte) bool {
	vs, err := dkim.VerifyWithOptions(bytes.NewReader(message), &dkim.VerifyOptions{LookupTXT: k.LookupTXT})
	for _, v := range vs {
		if v.Err != nil {
			return false
		}
	}
	return err == nil && len(vs) > 0
}
