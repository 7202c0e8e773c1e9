// Package authres reads what our own verifiers found about a message out of
// Authentication-Results fields (RFC 8601) and gives it as facts. It verifies
// nothing itself, and believes only fields under the names of our verifiers:
// the MTA has to remove fields of these names that come from outside.
package authres

import (
	"slices"
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

// Verifiers are whose word is believed.
type Verifiers struct {
	// IDs are the authserv-ids of our own.
	IDs []string
	// ARCSealers are the domains of forwarders whose ARC seals are believed.
	ARCSealers []string
}

// DKIM gives the fact DKIMDomains: absent if no field of one of our own
// verifiers is there. If our verifier says that the ARC chain holds, and all
// its seals are of forwarders that are believed, what they verified counts
// too (RFC 8617 7.2).
func DKIM(h message.Header, v Verifiers) facts.Fact {
	var domains []string
	seen, arc := false, false
	add := func(rs []authres.Result) {
		for _, r := range rs {
			d, ok := r.(*authres.DKIMResult)
			if ok && d.Value == authres.ResultPass && hostname(d.Domain) && len(domains) < maxDomains {
				if d := strings.ToLower(d.Domain); !slices.Contains(domains, d) {
					domains = append(domains, d)
				}
			}
		}
	}
	if len(v.IDs) > 0 {
		for i, f := range h.All("Authentication-Results") {
			if i == maxFields || len(f.Raw) > maxField {
				break
			}
			id, results, err := authres.Parse(f.Value())
			if err != nil || !ours(v.IDs, id) {
				continue
			}
			seen = true
			add(results)
			for _, r := range results {
				if g, ok := r.(*authres.ARCResult); ok && g.Value == authres.ResultPass {
					arc = true
				}
			}
		}
	}
	if !seen {
		return facts.Fact{State: facts.Absent, Source: "authentication-results"}
	}
	if arc && len(v.ARCSealers) > 0 && sealed(h, v.ARCSealers) {
		for _, f := range h.All("ARC-Authentication-Results") {
			_, rest, ok := strings.Cut(f.Value(), ";") // i=1
			if _, results, err := authres.Parse(strings.TrimSpace(rest)); ok && err == nil && len(f.Raw) <= maxField {
				add(results)
			}
		}
	}
	return facts.Fact{State: facts.Known, Value: strings.Join(domains, " "), Source: "authentication-results"}
}

// sealed reports whether there are ARC seals and all are of these domains.
func sealed(h message.Header, sealers []string) bool {
	seals := h.All("ARC-Seal")
	if len(seals) == 0 || len(seals) > maxFields || len(h.All("ARC-Authentication-Results")) != len(seals) {
		return false // RFC 8617 4.2: one of each for every instance
	}
	for _, f := range seals {
		if len(f.Raw) > maxField {
			return false
		}
		domain := ""
		for tag := range strings.SplitSeq(f.Value(), ";") {
			if k, v, ok := strings.Cut(strings.TrimSpace(tag), "="); ok && strings.TrimSpace(k) == "d" {
				domain = strings.ToLower(strings.TrimSpace(v))
			}
		}
		if !slices.ContainsFunc(sealers, func(s string) bool {
			return s == domain || strings.HasPrefix(s, ".") && strings.HasSuffix(domain, s)
		}) {
			return false
		}
	}
	return true
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
