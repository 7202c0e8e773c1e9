// Package authres reads what our own verifiers found about a message out of
// Authentication-Results fields (RFC 8601) and gives it as facts. It verifies
// nothing itself, and believes only fields under the names of our verifiers:
// the MTA has to remove fields of these names that come from outside.
package authres

import (
	"strings"

	"github.com/emersion/go-msgauth/authres"

	"labelmilter/internal/facts"
	"labelmilter/internal/message"
)

// DKIMDomains names the fact with the domains, divided by blanks, that have a
// valid DKIM signature on the message.
const DKIMDomains = "dkim.domains"

// Bounds of what is read of one message.
const (
	maxFields  = 20
	maxField   = 16 << 10
	maxDomains = 50
)

// DKIM gives the fact DKIMDomains: absent if no field of one of our verifiers,
// named by their authserv-ids, is there.
func DKIM(h message.Header, ids []string) facts.Fact {
	var domains []string
	seen := false
	if len(ids) > 0 {
		for i, f := range h.All("Authentication-Results") {
			if i == maxFields || len(f.Raw) > maxField {
				break
			}
			id, results, err := authres.Parse(f.Value())
			if err != nil || !ours(ids, id) {
				continue
			}
			seen = true
			for _, r := range results {
				d, ok := r.(*authres.DKIMResult)
				if ok && d.Value == authres.ResultPass && hostname(d.Domain) && len(domains) < maxDomains {
					domains = append(domains, strings.ToLower(d.Domain))
				}
			}
		}
	}
	if !seen {
		return facts.Fact{State: facts.Absent, Source: "authentication-results"}
	}
	return facts.Fact{State: facts.Known, Value: strings.Join(domains, " "), Source: "authentication-results"}
}

func ours(ids []string, id string) bool {
	id, _, _ = strings.Cut(strings.TrimSpace(id), " ") // a version may follow
	for _, x := range ids {
		if strings.EqualFold(x, id) {
			return true
		}
	}
	return false
}

// hostname keeps anything but letters, digits, dots and hyphens out.
func hostname(s string) bool {
	for i := range len(s) {
		c := s[i] | 0x20
		if !(c >= 'a' && c <= 'z' || s[i] >= '0' && s[i] <= '9' || s[i] == '.' || s[i] == '-') {
			return false
		}
	}
	return s != "" && len(s) <= 255
}
