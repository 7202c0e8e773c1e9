package extract

import (
	"bytes"
	"strings"

	"labelmilter/internal/budget"
	"labelmilter/internal/extract/cms"
	"labelmilter/internal/extract/document"
	"labelmilter/internal/extract/sniff"
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
	return starts(it.data, "-----begin pgp message-----") || binaryPGP(it.data) || isRightsProtected(it.data)
}

// isRightsProtected reports a message of rights management (MS-OXORMMS 2.2.3), in
// which a license and a compound file with encrypted content are deflated.
func isRightsProtected(b []byte) bool {
	return bytes.HasPrefix(b, []byte("\x76\xe8\x04\x60\xc4\x11\xe3\x86"))
}

// binaryPGP reports the packet of an encrypted session key with which an
// encrypted message of OpenPGP begins (RFC 9580 5.1, 5.3), of versions 3 and 4.
func binaryPGP(b []byte) bool {
	if len(b) < 64 {
		return false
	}
	switch b[0] {
	case 0x84: // of a public key, a length of one octet, of two; version 3
		return b[2] == 3 && b[1] >= 0x20
	case 0x85:
		return b[1] <= 0x04 && b[3] == 3
	case 0xc1:
		return b[1] < 0xc0 && b[1] >= 0x20 && b[2] == 3 || b[1] >= 0xc0 && b[1] < 0xc8 && b[3] == 3
	case 0x8c, 0xc3: // of a passphrase: version, cipher, kind of key derivation
		return b[1] >= 4 && b[1] < 0x40 && b[2] == 4 && b[3] >= 2 && b[3] <= 10 && (b[4] <= 1 || b[4] == 3)
	}
	return false
}

// isCMS reports a cryptographic message, by its declared type or its first
// bytes.
func isCMS(it *item) bool {
	switch it.typ {
	case "application/pkcs7-mime", "application/x-pkcs7-mime":
		return true
	}
	return it.kind == sniff.Unknown && it.where != InBody && cms.Is(it.data)
}

func readEncrypted(x *extractor, it *item) {
	x.encrypted(it)
	if isRightsProtected(it.data) {
		x.fact(it, document.RightsProtected)
	}
	if it.typ == "application/pgp-encrypted" && textual(it.data) {
		x.text(it, it.where) // the control part (RFC 3156 4) is a line of text
	}
}

// encrypted records content that cannot be read without a key.
func (x *extractor) encrypted(it *item) {
	x.fact(it, document.Encrypted)
	x.b.Skip(budget.Skip{Part: it.path, Reason: budget.Encrypted})
}
