package extract

import (
	"bytes"
	"strings"

	"labelmilter/internal/budget"
	"labelmilter/internal/extract/document"
)

// Object identifiers of CMS content types (RFC 5652 14, RFC 5083 2), DER.
var (
	oidEnveloped     = []byte{0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x07, 0x03}
	oidEncrypted     = []byte{0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x07, 0x06}
	oidAuthEnveloped = []byte{0x06, 0x0b, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x09, 0x10, 0x01, 0x17}
)

// isEncrypted reports content that its sender encrypted. The content type
// inside a CMS message decides before the smime-type parameter, which is only
// a hint (RFC 8551 3.2.2).
func isEncrypted(it *item) bool {
	switch it.typ {
	case "application/pgp-encrypted", "application/x-microsoft-rpmsg-message":
		return true
	case "application/pkcs7-mime", "application/x-pkcs7-mime":
		head := it.data[:min(len(it.data), 64)]
		if bytes.Contains(head, oidEnveloped) || bytes.Contains(head, oidAuthEnveloped) || bytes.Contains(head, oidEncrypted) {
			return true
		}
		return strings.Contains(it.params["smime-type"], "enveloped")
	}
	if declaredText(it.typ) {
		return false
	}
	return starts(it.data, "-----begin pgp message-----") || bytes.HasPrefix(it.data, []byte("\x76\xe8\x04\x60\xc4\x11\xe3\x86")) // rpmsg
}

func readEncrypted(x *extractor, it *item) {
	x.encrypted(it)
	if it.typ == "application/pgp-encrypted" && textual(it.data) {
		x.text(it, it.where) // the control part (RFC 3156 4) is a line of text
	}
}

// encrypted records content that cannot be read without a key.
func (x *extractor) encrypted(it *item) {
	x.fact(it, document.Encrypted)
	x.b.Skip(budget.Skip{Part: it.path, Reason: budget.Encrypted})
}

// inlinePGP reports an encrypted message written into a text
// (RFC 9580 6.2).
func inlinePGP(b []byte) bool {
	m := []byte("-----BEGIN PGP MESSAGE-----")
	return bytes.HasPrefix(b, m) || bytes.Contains(b, append([]byte("\n"), m...))
}
