package pipeline

import (
	"net/netip"
	"strings"

	"labelmilter/internal/authres"
	"labelmilter/internal/facts"
	"labelmilter/internal/label"
	"labelmilter/internal/marking"
	"labelmilter/internal/message"
)

// Trust says whose markings are believed. Without peers everyone's are; own
// senders' always are.
type Trust struct {
	Peers []Peer
	// Claims is what a marking of anyone else comes to: ClaimsBelieve,
	// ClaimsHold.
	Claims string
	// Verifiers are whose Authentication-Results the fact FactDKIM is gathered
	// from.
	Verifiers authres.Verifiers
}

// What claims come to.
const (
	ClaimsBelieve = "believe"
	ClaimsHold    = "hold"
)

// Peer is a set of senders whose markings are believed up to a class.
type Peer struct {
	Domains  []string       // verified by DKIM; ".example" for subdomains
	Networks []netip.Prefix // of the SMTP client
	UpTo     string         // highest class, "" = the ceiling
}

// trust holds markings that the sender is not trusted to make. The label they
// call for stays as the floor.
func (p *Pipeline) trust(m *message.Message, f facts.Facts, s markingSet, e *label.Evidence) {
	if len(p.Trust.Peers) == 0 || p.Rules.Markings == nil || e.Held != "" || p.Rules.Site.Trusted(m.Envelope) {
		return
	}
	allowed, peer := p.upTo(m, f)
	for _, x := range s.all() {
		if x.Use != marking.Own || x.Source != marking.SourceHeader && x.Source != marking.SourceSubject {
			continue
		}
		rank, ok := marking.ClassRank(p.Rules.Markings.Mapping.Home(), x.Classification)
		switch {
		case !peer && p.Trust.Claims == ClaimsHold:
			e.Held = "the sender is no peer whose markings are believed"
			return
		case peer && ok && rank > allowed:
			e.Held = "the sender is not trusted to mark mail " + x.Classification
			return
		}
	}
}

// peer reports a sender whose markings are believed.
func (p *Pipeline) peer(m *message.Message, f facts.Facts) bool {
	if len(p.Trust.Peers) == 0 || p.Rules.Markings == nil {
		return false
	}
	_, ok := p.upTo(m, f)
	return ok
}

// upTo gives the rank of the highest class that the sender is believed for.
func (p *Pipeline) upTo(m *message.Message, f facts.Facts) (rank int, peer bool) {
	domains := strings.Fields(f.Get(FactDKIM).Value)
	ip, err := netip.ParseAddr(m.Envelope.ClientIP)
	for _, x := range p.Trust.Peers {
		hit := false
		for _, n := range x.Networks {
			hit = hit || err == nil && n.Contains(ip.Unmap())
		}
		for _, d := range domains {
			hit = hit || domainIn(x.Domains, d)
		}
		if !hit {
			continue
		}
		class := x.UpTo
		if class == "" {
			class = p.Rules.Markings.Ceiling
		}
		if r, ok := marking.ClassRank(p.Rules.Markings.Mapping.Home(), class); ok {
			rank = max(rank, r)
		}
		peer = true
	}
	return rank, peer
}

func domainIn(list []string, d string) bool {
	for _, x := range list {
		x = strings.ToLower(x)
		if x == d || strings.HasPrefix(x, ".") && strings.HasSuffix(d, x) {
			return true
		}
	}
	return false
}
