// Package smime encrypts MIME entities to certificates (RFC 8551: enveloped
// data, AES-256 in CBC mode, RSA). It keeps the certificates that recipients
// are known by; it has no private key and reads nothing that is encrypted.
package smime

import (
	"bytes"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/hex"
	"encoding/pem"
	"fmt"
	"net/mail"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/smallstep/pkcs7"

	"labelmilter/internal/failpoint"
)

// Limits of a folder of certificates.
const (
	maxFiles = 100_000
	maxFile  = 1 << 20 // bytes
	minBits  = 2048    // of an RSA key (RFC 8551 4.3)
)

// Certificates are known by mailbox. The nil Certificates know nobody.
type Certificates struct {
	by     map[string][]*x509.Certificate // lower case mailbox
	digest string
}

// Problem is one thing wrong with a file.
type Problem struct {
	File   string
	Reason string
	Warn   bool
}

// Load reads all files of a folder that end in .pem, .crt or .cer, PEM or DER.
// A certificate is that of the mailboxes it names (RFC 8550 3); one that names
// none is that of the mailbox its file is called by: kim@agency.example.pem.
func Load(dir string, now time.Time) (*Certificates, []Problem) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, []Problem{{File: dir, Reason: plain(err)}}
	}
	c := &Certificates{by: map[string][]*x509.Certificate{}}
	var ps []Problem
	sum := sha256.New()
	files := 0
	for _, e := range entries { // in order of names
		switch strings.ToLower(filepath.Ext(e.Name())) {
		case ".pem", ".crt", ".cer":
		default:
			continue
		}
		if files++; files > maxFiles {
			ps = append(ps, Problem{File: dir, Reason: fmt.Sprintf("more than %d files", maxFiles)})
			break
		}
		name := filepath.Join(dir, e.Name())
		info, err := os.Stat(name)
		if err == nil && (!info.Mode().IsRegular() || info.Size() > maxFile) {
			ps = append(ps, Problem{File: name, Reason: "not a file of at most 1 MiB"})
			continue
		}
		data, err := os.ReadFile(name)
		if err != nil {
			ps = append(ps, Problem{File: name, Reason: plain(err)})
			continue
		}
		fmt.Fprintf(sum, "%s %x\n", e.Name(), sha256.Sum256(data))
		ps = append(ps, c.file(name, data, now)...)
	}
	c.digest = "sha256:" + hex.EncodeToString(sum.Sum(nil))
	return c, ps
}

func plain(err error) string {
	if e, ok := err.(*os.PathError); ok {
		return e.Err.Error()
	}
	return err.Error()
}

// file takes the certificates of one file.
func (c *Certificates) file(name string, data []byte, now time.Time) []Problem {
	var ps []Problem
	problem := func(warn bool, format string, args ...any) {
		ps = append(ps, Problem{name, fmt.Sprintf(format, args...), warn})
	}
	ders := [][]byte{data}
	if bytes.Contains(data, []byte("-----BEGIN ")) {
		ders = nil
		for block, rest := pem.Decode(data); block != nil; block, rest = pem.Decode(rest) {
			if block.Type == "CERTIFICATE" {
				ders = append(ders, block.Bytes)
			} else {
				problem(true, "a block %q is passed over", block.Type)
			}
		}
	}
	if len(ders) == 0 {
		problem(false, "no certificate in it")
	}
	for _, der := range ders {
		x, err := x509.ParseCertificate(der)
		if err != nil {
			problem(false, "not a certificate: %v", err)
			continue
		}
		if x.IsCA {
			continue // of the chain
		}
		if why := unfit(x); why != "" {
			problem(false, "%s", why)
			continue
		}
		boxes := mailboxes(x)
		if len(boxes) == 0 {
			box := strings.TrimSuffix(filepath.Base(name), filepath.Ext(name))
			if a, err := mail.ParseAddress(box); err != nil || a.Address != box {
				problem(false, "the certificate names no mailbox, and neither does the file's name")
				continue
			}
			boxes = []string{box}
		}
		if now.After(x.NotAfter) {
			problem(true, "the certificate ended on %s", x.NotAfter.UTC().Format(time.DateOnly))
		}
		for _, b := range boxes {
			b = strings.ToLower(b)
			c.by[b] = append(c.by[b], x)
		}
	}
	return ps
}

// unfit says why nothing can be encrypted to a certificate.
func unfit(x *x509.Certificate) string {
	key, ok := x.PublicKey.(*rsa.PublicKey)
	switch {
	case !ok:
		return fmt.Sprintf("a key of kind %s: only RSA can be encrypted to", x.PublicKeyAlgorithm)
	case key.N.BitLen() < minBits:
		return fmt.Sprintf("an RSA key of %d bits: fewer than %d are not safe", key.N.BitLen(), minBits)
	case x.KeyUsage != 0 && x.KeyUsage&x509.KeyUsageKeyEncipherment == 0: // RFC 8550 4.4.2
		return "the certificate is not for encryption (key usage)"
	case len(x.ExtKeyUsage)+len(x.UnknownExtKeyUsage) > 0 && !slices.ContainsFunc(x.ExtKeyUsage, func(u x509.ExtKeyUsage) bool {
		return u == x509.ExtKeyUsageEmailProtection || u == x509.ExtKeyUsageAny
	}):
		return "the certificate is not for mail (extended key usage)"
	}
	return ""
}

var oidEmail = []int{1, 2, 840, 113549, 1, 9, 1} // PKCS #9 emailAddress, of old certificates

func mailboxes(x *x509.Certificate) []string {
	out := slices.Clone(x.EmailAddresses)
	for _, n := range x.Subject.Names {
		if s, ok := n.Value.(string); ok && n.Type.Equal(oidEmail) && !slices.Contains(out, s) {
			out = append(out, s)
		}
	}
	return out
}

// Digest identifies the files read, "" for none.
func (c *Certificates) Digest() string {
	if c == nil {
		return ""
	}
	return c.digest
}

// Len is the number of mailboxes known.
func (c *Certificates) Len() int {
	if c == nil {
		return 0
	}
	return len(c.by)
}

// For gives the certificate of a mailbox that is valid at a time; of several
// the one that ends last. It is nil if there is none.
func (c *Certificates) For(box string, at time.Time) *x509.Certificate {
	if c == nil {
		return nil
	}
	var best *x509.Certificate
	for _, x := range c.by[strings.ToLower(box)] {
		if !at.Before(x.NotBefore) && !at.After(x.NotAfter) && (best == nil || x.NotAfter.After(best.NotAfter)) {
			best = x
		}
	}
	return best
}

// useAES256 chooses the algorithm, which the module has as a variable only.
// Nothing else here uses the module.
var useAES256 = sync.OnceFunc(func() { pkcs7.ContentEncryptionAlgorithm = pkcs7.EncryptionAlgorithmAES256CBC })

// Letter is a MIME entity and whom it is to be encrypted to. It says what
// would be encrypted without doing so: what is encrypted differs each time.
type Letter struct {
	Entity []byte // header fields that describe the content, empty line, content; CRLF
	To     []*x509.Certificate
}

// Plain is what is encrypted.
func (l *Letter) Plain() []byte { return l.Entity }

// Seal encrypts and gives the content of an application/pkcs7-mime part in
// base64.
func (l *Letter) Seal() ([]byte, error) {
	if err := failpoint.Err(failpoint.Seal); err != nil {
		return nil, err
	}
	useAES256()
	der, err := pkcs7.Encrypt(l.Entity, l.To)
	if err != nil {
		return nil, fmt.Errorf("smime: %w", err)
	}
	text := base64.StdEncoding.EncodeToString(der)
	var out bytes.Buffer
	out.Grow(len(text) + len(text)/38 + 2)
	for len(text) > 0 {
		n := min(76, len(text)) // RFC 2045 6.8
		out.WriteString(text[:n])
		out.WriteString("\r\n")
		text = text[n:]
	}
	return out.Bytes(), nil
}
