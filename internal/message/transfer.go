package message

import (
	"strings"

	"labelmilter/internal/budget"
)

// Transfer encodings as they stand in Part.Encoding.
const (
	encIdentity = "" // also 7bit, 8bit and binary, which are kept by name
	encBase64   = "base64"
	encQP       = "quoted-printable"
	encUU       = "x-uuencode"
	encYEnc     = "x-yenc"
)

// identityEncoding reports an encoding that leaves the bytes as they are.
func identityEncoding(e string) bool {
	switch e {
	case encIdentity, "7bit", "8bit", "binary":
		return true
	}
	return false
}

// transferEncodings reads all Content-Transfer-Encoding fields (RFC 2045 6.1)
// and gives the different encodings named there, in order, normalised:
// comments, quotes, semicolons and the usual misspellings are seen through.
func transferEncodings(fields []Field) []string {
	var out []string
	for _, f := range fields {
		s := strings.ToLower(strings.ReplaceAll(Unfold(f.Raw), "\x00", ""))
		n := 0
		for s = skipBlank(s); s != "" && n < 4; s = skipBlank(s) {
			i := strings.IndexAny(s, " \t;,(")
			if i < 0 {
				i = len(s)
			}
			word := strings.Trim(s[:i], `"'<>`)
			s = strings.TrimLeft(s[i:], ";, \t")
			if word == "" {
				continue
			}
			n++
			if e := normalEncoding(word); !contains(out, e) {
				out = append(out, e)
			}
		}
	}
	return out
}

// normalEncoding gives one name to each encoding.
func normalEncoding(s string) string {
	switch s {
	case "7bit", "7-bit", "7bits", "7", "us-ascii", "ascii":
		return "7bit"
	case "8bit", "8-bit", "8bits", "8", "utf-8", "none", "plain", "identity", "unencoded":
		return "8bit"
	case "binary", "bin":
		return "binary"
	case "base64", "base-64", "base_64", "x-base64", "b64", "64":
		return encBase64
	case "quoted-printable", "quoted_printable", "quotedprintable", "x-quoted-printable", "qp", "quoted-print", "quoted":
		return encQP
	case "x-uuencode", "uuencode", "x-uue", "uue", "x-uuencoded", "uuencoded", "x-uu":
		return encUU
	case "x-yenc", "yenc", "x-yencode":
		return encYEnc
	}
	if len(s) > 60 {
		s = s[:60]
	}
	return s
}

func contains(l []string, s string) bool {
	for _, v := range l {
		if v == s {
			return true
		}
	}
	return false
}

// Decoded gives the part's body with the transfer encoding undone, within the
// budget; what could not be decoded or is over a limit is recorded there. A
// body without encoding is the part's own Raw and must not be changed.
func (p *Part) Decoded(b *budget.Budget) []byte {
	return decodeTransfer(b, p.Path, p.Encoding, p.Raw)
}

// Encoded reports that what Decoded gives is never a piece of the message.
func (p *Part) Encoded() bool { return p.Encoding == encBase64 || p.Encoding == encQP }

// decodeTransfer undoes an encoding. An unknown one is recorded and the bytes
// are given as they are (RFC 2045 6.2 makes such a part opaque to clients, but
// not all of them follow).
func decodeTransfer(b *budget.Budget, path, encoding string, raw []byte) []byte {
	switch encoding {
	case encBase64:
		return decodeBase64(raw, allow(b, path, len(raw)/4*3+3))
	case encQP:
		return decodeQP(raw, allow(b, path, len(raw)))
	case encUU, encYEnc:
		limit := allow(b, path, len(raw))
		in, _, ok := nextInline(raw, int64(limit))
		if !ok {
			b.Skip(budget.Skip{Part: path, Reason: budget.Corrupt, Detail: encoding + " without a begin line"})
			return raw
		}
		return in.Data
	}
	if !identityEncoding(encoding) {
		b.Skip(budget.Skip{Part: path, Reason: budget.UnknownTransferEncoding})
	}
	return raw
}

// allow asks the budget for n bytes.
func allow(b *budget.Budget, path string, n int) int {
	return int(b.Expand(path, 0, int64(n)))
}
