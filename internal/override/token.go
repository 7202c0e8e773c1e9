// Package override is the sender's way past a rule by mail alone: the token
// that a refusal carries, how it comes back (subject, header, plus-address)
// with its justification, and to what it is bound. It computes; where tokens
// are kept and when they are spent is for others.
//
// A token is "LM" and six groups of four letters out of twenty, 103 bits:
// consonants alone, so that it spells nothing, is read out without doubt and
// is no number to any detector.
package override

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"io"
	"regexp"
	"strings"
)

const (
	letters = "BCDFGHJKLMNPQRSTVWXZ"
	groups  = 6
)

// Placeholder stands where the token will be, in a reply that is not yet on
// its way. It has the length of a token.
const Placeholder = "LM-****-****-****-****-****-****"

// Header is the field that a token may come back in. It is removed from all
// mail.
const Header = "X-Labelmilter-Override"

// New makes a token out of random bytes of r, nil for the system's.
func New(r io.Reader) (string, error) {
	if r == nil {
		r = rand.Reader
	}
	var b strings.Builder
	b.WriteString("LM")
	buf := make([]byte, 1)
	for n := 0; n < groups*4; {
		if _, err := io.ReadFull(r, buf); err != nil {
			return "", err
		}
		if int(buf[0]) >= 256/len(letters)*len(letters) {
			continue // every letter is to be as likely as any other
		}
		if n%4 == 0 {
			b.WriteByte('-')
		}
		b.WriteByte(letters[int(buf[0])%len(letters)])
		n++
	}
	return b.String(), nil
}

// Hash is what is kept of a token.
func Hash(token string) []byte {
	h := sha256.Sum256([]byte("labelmilter override\x00" + token))
	return h[:]
}

// ID is the name of a token for people and records; it says nothing about it.
func ID(token string) string { return hex.EncodeToString(Hash(token)[:6]) }

const form = `(?i:\bLM(?:-[` + letters + `]{4}){6}\b)`

var (
	tokenForm = regexp.MustCompile(form)
	// plusForm is a token as part of a mailbox's local part.
	plusForm = regexp.MustCompile(`\+(` + form + `)(@|$)`)
	// tagForm is a token as people write it into a subject, with what belongs
	// to it: brackets, the kind and a reason.
	tagForm = regexp.MustCompile(`(?i)\[\s*(?:(override|false[ -]?positive)\s*:?\s*)?(` + form + `)\s*(?:[:,;]?\s*([^\]\r\n]*))?\]|(?:\b(override|false[ -]?positive)\s*:?\s*)?(` + form + `)`)
)

// Find gives the first token in a text, in canonical form, "" if there is
// none. It is quick on text without one: every mail is asked.
func Find(text string) string {
	for at := 2; at < len(text); at++ {
		i := strings.IndexByte(text[at:], '-')
		if i < 0 {
			return ""
		}
		if at += i; text[at-1]|0x20 == 'm' && isToken(text, at-2) {
			return strings.ToUpper(text[at-2 : at-2+len(Placeholder)])
		}
	}
	return ""
}

// isToken reports a token at i that stands alone.
func isToken(text string, i int) bool {
	end := i + len(Placeholder)
	if end > len(text) || text[i]|0x20 != 'l' || i > 0 && wordByte(text[i-1]) || end < len(text) && wordByte(text[end]) {
		return false
	}
	for k := i + 2; k < end; k++ {
		if (k-i-2)%5 == 0 {
			if text[k] != '-' {
				return false
			}
		} else if strings.IndexByte(letters, text[k]&^0x20) < 0 || text[k] < 'A' {
			return false
		}
	}
	return true
}

func wordByte(c byte) bool {
	return c|0x20 >= 'a' && c|0x20 <= 'z' || c >= '0' && c <= '9' || c == '_'
}

// Has reports a token in a text.
func Has(text string) bool { return Find(text) != "" }

// Strip takes all tokens out of a text, with the brackets, the kind and the
// reason that stand around them, and out of mailboxes.
func Strip(text string) string {
	if !Has(text) {
		return text
	}
	text = plusForm.ReplaceAllString(text, "$2")
	for _, m := range reversed(tagForm.FindAllStringIndex(text, -1)) {
		before, after := strings.TrimRight(text[:m[0]], " \t"), strings.TrimLeft(text[m[1]:], " \t")
		if before != "" && after != "" {
			before += " "
		}
		text = before + after
	}
	return text
}

func reversed(in [][]int) [][]int {
	out := make([][]int, 0, len(in))
	for i := len(in) - 1; i >= 0; i-- {
		out = append(out, in[i])
	}
	return out
}

// Mask hides all tokens in a text.
func Mask(text string) string {
	if !Has(text) {
		return text
	}
	return tokenForm.ReplaceAllString(text, Placeholder)
}

// Mailbox is the local part, in any domain of the organisation, that a token
// may be sent to: "override+LM-…@agency.example". Nobody gets that mail: the
// recipient is taken out.
//
// Other mailboxes cannot carry a token: of a message with one recipient the
// MTA's Received field names it, and no filter can change that.
const Mailbox = "override"

// Address takes a token out of a mailbox: "x+LM-…@example.com" is
// "x@example.com". ok is false if there is none.
func Address(mailbox string) (plain, token string, ok bool) {
	if !strings.Contains(mailbox, "+") {
		return mailbox, "", false
	}
	m := plusForm.FindStringSubmatch(mailbox)
	if m == nil {
		return mailbox, "", false
	}
	return plusForm.ReplaceAllString(mailbox, "$2"), strings.ToUpper(m[1]), true
}

// IsMailbox reports the mailbox for tokens, without a token.
func IsMailbox(plain string, own func(domain string) bool) bool {
	local, domain, ok := strings.Cut(plain, "@")
	return ok && strings.EqualFold(local, Mailbox) && own(domain)
}

// StripAddresses takes tokens out of an address list (RFC 5322 3.4), and the
// mailbox for tokens as a whole.
func StripAddresses(list string) string {
	if !Has(list) {
		return list
	}
	var out []string
	for _, item := range split(list) {
		if plain, _, ok := Address(bare(item)); ok && strings.EqualFold(strings.SplitN(plain, "@", 2)[0], Mailbox) {
			continue
		}
		out = append(out, strings.TrimSpace(Strip(item)))
	}
	return strings.Join(out, ", ")
}

// bare is the mailbox of one address.
func bare(item string) string {
	if i := strings.LastIndexByte(item, '<'); i >= 0 {
		item, _, _ = strings.Cut(item[i+1:], ">")
	}
	return strings.TrimSpace(item)
}

// split cuts an address list at its commas that stand neither in quotes nor in
// comments.
func split(list string) []string {
	var out []string
	start, depth, quoted := 0, 0, false
	for i := 0; i < len(list); i++ {
		switch c := list[i]; {
		case c == '\\':
			i++
		case c == '"' && depth == 0:
			quoted = !quoted
		case c == '(' && !quoted:
			depth++
		case c == ')' && !quoted && depth > 0:
			depth--
		case c == ',' && !quoted && depth == 0:
			out = append(out, list[start:i])
			start = i + 1
		}
	}
	return append(out, list[start:])
}
