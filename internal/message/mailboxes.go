package message

import (
	"net/mail"
	"strings"
)

// maxMailboxes bounds the mailboxes taken from address fields.
const maxMailboxes = 10_000

// Mailboxes gives the mailboxes of address fields (RFC 5322 3.4), each once.
func Mailboxes(h Header, names ...string) []string {
	out := []string{}
	seen := map[string]bool{}
	for _, n := range names {
		for _, f := range h.All(n) {
			for _, a := range parseAddresses(f.Value()) {
				if !seen[a] && len(out) < maxMailboxes {
					seen[a] = true
					out = append(out, a)
				}
			}
		}
	}
	return out
}

// parseAddresses reads an address list; of one that does not parse it takes
// whatever looks like a mailbox.
func parseAddresses(s string) []string {
	var out []string
	if list, err := mail.ParseAddressList(s); err == nil {
		for _, a := range list {
			out = append(out, a.Address)
		}
		return out
	}
	for _, w := range strings.FieldsFunc(s, func(r rune) bool { return strings.ContainsRune(" \t,;<>\"()", r) }) {
		if i := strings.IndexByte(w, '@'); i > 0 && i < len(w)-1 {
			out = append(out, w)
		}
	}
	return out
}
