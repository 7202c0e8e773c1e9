// Package rewrite makes a replacement body fit for transport. A filter's new
// body goes out as it is: neither Postfix nor Sendmail relabels or encodes it
// anew, and a next hop that takes 7 bits only, or cuts lines after 998
// octets, gets a broken message (RFC 5321 2.4 and 4.5.3.1.6, RFC 2045 2.7).
//
// Parts that do not fit are encoded in quoted-printable or base64 and their
// Content-Transfer-Encoding is changed with them; all other bytes stay. What
// is inside multipart/signed is left alone: a change would break it.
package rewrite

import (
	"slices"
	"strings"

	"labelmilter/internal/message"
	"labelmilter/internal/verdict"
)

// Limits.
const (
	maxLine  = 998   // RFC 5322 2.1.1, without CRLF
	maxDepth = 20    // nested multiparts and messages
	maxParts = 5_000 // of one message
)

// EightBit reports whether the arguments of MAIL let a body have 8-bit text
// (RFC 6152).
func EightBit(mailArgs []string) bool {
	return slices.ContainsFunc(mailArgs, func(a string) bool {
		return strings.EqualFold(a, "BODY=8BITMIME") || strings.EqualFold(a, "SMTPUTF8")
	})
}

// Fit gives mods with each replacement body made fit for transport, together
// with the edits of the header that go with it, which come before it. header
// is the message's as received; the new body must be in the form that it
// announces. Edits without a replacement body are returned as they are. It is
// a pure function; the modifications given are not changed.
func Fit(header message.Header, eightBit bool, mods []verdict.Modification) []verdict.Modification {
	i := slices.IndexFunc(mods, func(m verdict.Modification) bool { return m.Op == verdict.ReplaceBody })
	if i < 0 {
		return mods
	}
	body, edits := Body(header, mods[i].Body, eightBit)
	out := slices.Concat(mods[:i:i], edits, mods[i:])
	out[i+len(edits)].Body = body
	return out
}

// Body makes one body fit. The edits are those of the header: the transfer
// encoding and, where they are missing, MIME-Version and Content-Type.
func Body(header message.Header, body []byte, eightBit bool) ([]byte, []verdict.Modification) {
	f := fitter{eightBit: eightBit}
	fields := make([]field, 0, 4)
	for _, h := range header {
		if h.Is("Content-Type") || h.Is(cteName) || h.Is("MIME-Version") {
			fields = append(fields, field{name: strings.ToLower(h.Name), value: h.Value()})
		}
	}
	out, encoding := f.entity(fields, body, 0)
	if encoding == "" {
		return out, nil
	}
	var edits []verdict.Modification
	n := len(header.All(cteName))
	for i := n; i > 1; i-- {
		edits = append(edits, verdict.Modification{Op: verdict.DeleteHeader, Index: i, Name: cteName})
	}
	if n > 0 {
		edits = append(edits, verdict.Modification{Op: verdict.ChangeHeader, Index: 1, Name: cteName, Value: encoding})
	} else {
		edits = append(edits, verdict.Modification{Op: verdict.AddHeader, Name: cteName, Value: encoding})
	}
	if _, ok := header.First("MIME-Version"); !ok {
		edits = append(edits, verdict.Modification{Op: verdict.AddHeader, Name: "MIME-Version", Value: "1.0"})
	}
	if _, ok := header.First("Content-Type"); !ok {
		edits = append(edits, verdict.Modification{Op: verdict.AddHeader, Name: "Content-Type", Value: "text/plain; charset=" + charsetOf(body)})
	}
	return out, edits
}
