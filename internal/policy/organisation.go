package policy

import (
	"cmp"
	"net/netip"
	"slices"
	"strings"

	"labelmilter/internal/message"
)

// Organisation is whose mail is judged.
type Organisation struct {
	Domains  []string // lower case; ".example" for subdomains
	Networks []netip.Prefix
	TenantID string // Purview tenant GUID, "" if none
	Name     string // in texts to senders
	// Language of texts to senders, "" for English; Languages by mail domain,
	// ".example" for subdomains.
	Language  string
	Languages map[string]string
}

// HasDomain reports whether a mail domain is the organisation's.
func (o *Organisation) HasDomain(domain string) bool {
	return o != nil && domain != "" && anyDomain(o.Domains, strings.ToLower(domain))
}

// HasAddress reports whether a mailbox is of one of the organisation's domains.
func (o *Organisation) HasAddress(box string) bool { return o.HasDomain(newAddress(box).domain) }

// HasAddr reports whether a client address is in the organisation's networks.
func (o *Organisation) HasAddr(addr string) bool {
	ip, err := netip.ParseAddr(addr)
	return o != nil && err == nil && inNetworks(o.Networks, ip.Unmap())
}

// Trusted reports whether the sender is internal and known to be so:
// authenticated, from one of the organisation's networks, or handed in
// locally. The From field never decides it.
func (o *Organisation) Trusted(env message.Envelope) bool {
	return env.AuthUser != "" || env.Local || o.HasAddr(env.ClientIP)
}

// Direction derives where a message goes when neither listener nor caller
// fixed it: internal sender with an external recipient outbound, all internal
// internal, external sender or nothing known inbound.
func (o *Organisation) Direction(env message.Envelope) message.Direction {
	if env.Direction != "" {
		return env.Direction
	}
	if !o.Trusted(env) {
		return message.Inbound
	}
	if len(env.RcptTo) == 0 {
		return message.Inbound
	}
	for _, r := range env.RcptTo {
		if !o.HasDomain(newAddress(r).domain) {
			return message.Outbound
		}
	}
	return message.Internal
}

func sortedKeys[K cmp.Ordered, V any](m map[K]V) []K {
	ks := make([]K, 0, len(m))
	for k := range m {
		ks = append(ks, k)
	}
	slices.Sort(ks)
	return ks
}
