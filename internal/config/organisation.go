package config

import (
	"errors"
	"net/netip"
	"strings"

	"golang.org/x/net/idna"

	"labelmilter/internal/strictyaml"
	"labelmilter/internal/tip"
)

func (k *checker) organisation() {
	o := &k.c.Organisation
	seen := map[string]int{}
	k.each(o.Domains, given(k.root, "organisation", "domains"), func(n *strictyaml.Node, value string) string {
		d := k.domain(n, value)
		if d != "" {
			k.once(seen, n, "domain", d)
		}
		return d
	})
	nets := map[string]int{}
	for i, n := range elements(given(k.root, "organisation", "networks")) {
		if i >= len(o.Networks) || !o.Networks[i].IsValid() {
			continue
		}
		p := unmap(o.Networks[i])
		o.Networks[i] = p
		k.once(nets, n, "network", p.String())
		if p.Bits() == 0 {
			k.d.Problem(n, "name the networks of the organisation", "network %s makes every client internal", p)
		}
	}
	k.languages()
	if n := given(k.root, "organisation", "tenant_id"); n != nil && o.TenantID != "" {
		o.TenantID = k.guid(n, "tenant_id", o.TenantID)
	}
}

// languages checks the languages by domain.
func (k *checker) languages() {
	o := &k.c.Organisation
	node := given(k.root, "organisation", "languages")
	if node == nil {
		return
	}
	out := make(map[string]string, len(o.Languages))
	for _, e := range node.Entries() {
		if !e.Value.IsScalar() {
			continue
		}
		k.d.OneOf(e.Value, "language", e.Value.Text(), tip.Languages())
		if d := k.domain(e.Key, e.Key.Text()); d != "" {
			out[d] = e.Value.Text()
		}
	}
	o.Languages = out
}

// unmap makes IPv4 networks out of those written as IPv4-mapped IPv6.
func unmap(p netip.Prefix) netip.Prefix {
	if p.Addr().Is4In6() && p.Bits() >= 96 {
		return netip.PrefixFrom(p.Addr().Unmap(), p.Bits()-96)
	}
	return p
}

// domain gives a domain in canonical form; "" if it is none.
func (k *checker) domain(n *strictyaml.Node, value string) string {
	d, err := canonicalDomain(value)
	if err == nil {
		return d
	}
	fix := ""
	switch {
	case strings.HasPrefix(value, "*."):
		fix = "did you mean " + value[1:] + "?"
	case strings.HasPrefix(value, "@"):
		fix = "did you mean " + value[1:] + "?"
	case strings.Contains(value, "@"):
		fix = "did you mean " + value[strings.LastIndexByte(value, '@')+1:] + "?"
	}
	k.d.Problem(n, fix, "%q is no domain: %v", short(value), err)
	return ""
}

// short keeps messages readable.
func short(s string) string {
	if r := []rune(s); len(r) > 60 {
		return string(r[:57]) + "..."
	}
	return s
}

var (
	errEmpty     = errors.New("it is empty")
	errLong      = errors.New("more than 253 bytes, or 63 between dots")
	errLabel     = errors.New("an empty name between dots")
	errCharacter = errors.New("letters, digits, hyphens and dots are allowed")
	errHyphen    = errors.New("a name between dots begins or ends with a hyphen")
)

// canonicalDomain gives a domain in lower case and A-labels (RFC 5890), without
// a dot at its end; a leading dot stays.
func canonicalDomain(s string) (string, error) {
	dot := ""
	if rest, ok := strings.CutPrefix(s, "."); ok {
		dot, s = ".", rest
	}
	s = strings.TrimSuffix(s, ".")
	if s == "" {
		return "", errEmpty
	}
	if len(s) > 1024 {
		return "", errLong
	}
	if !ascii(s) {
		a, err := idna.Lookup.ToASCII(s)
		if err != nil {
			return "", errCharacter
		}
		s = a
	}
	s = strings.ToLower(s)
	if len(s) > 253 {
		return "", errLong
	}
	for name := range strings.SplitSeq(s, ".") {
		switch {
		case name == "":
			return "", errLabel
		case len(name) > 63:
			return "", errLong
		case strings.Trim(name, "abcdefghijklmnopqrstuvwxyz0123456789-_") != "":
			return "", errCharacter
		case name[0] == '-', name[len(name)-1] == '-':
			return "", errHyphen
		}
	}
	return dot + s, nil
}

func ascii(s string) bool {
	for i := range len(s) {
		if s[i] >= 0x80 {
			return false
		}
	}
	return true
}

// guid gives a GUID in lower case, as 8-4-4-4-12 hexadecimal digits.
func (k *checker) guid(n *strictyaml.Node, what, value string) string {
	g := strings.ToLower(value)
	if isGUID(g) {
		if strings.Trim(g, "0-") == "" {
			k.d.Problem(n, "", "%s: a GUID of zeros only is a placeholder", what)
		}
		return g
	}
	fix := "such as 6f3c2a10-9b1e-4c5d-8e7f-0123456789ab"
	if inner := strings.Trim(g, "{}"); inner != g && isGUID(inner) {
		fix = "did you mean " + inner + "?"
	}
	k.d.Problem(n, fix, "%s: %q is no GUID", what, short(value))
	return ""
}

func isGUID(s string) bool {
	if len(s) != 36 {
		return false
	}
	for i := range len(s) {
		c := s[i]
		switch i {
		case 8, 13, 18, 23:
			if c != '-' {
				return false
			}
		default:
			if (c < '0' || c > '9') && (c < 'a' || c > 'f') {
				return false
			}
		}
	}
	return true
}

// IsInternalDomain reports whether a mail domain, in any spelling, is one of
// the organisation's.
func (c *Config) IsInternalDomain(domain string) bool {
	d, err := canonicalDomain(domain)
	return err == nil && d[0] != '.' && hasDomain(c.Organisation.Domains, d)
}

// hasDomain matches a canonical domain; ".x" holds what ends in it.
func hasDomain(domains []string, d string) bool {
	for _, own := range domains {
		if own == d || strings.HasPrefix(own, ".") && len(d) > len(own) && strings.HasSuffix(d, own) {
			return true
		}
	}
	return false
}

// IsInternalIP reports whether a client address is in the organisation's
// networks.
func (c *Config) IsInternalIP(addr netip.Addr) bool {
	addr = addr.Unmap().WithZone("")
	for _, p := range c.Organisation.Networks {
		if p.Contains(addr) {
			return true
		}
	}
	return false
}
