// Package dkim foresees what edits of a message do to the DKIM signatures it
// carries (RFC 6376). It reads each DKIM-Signature field, applies the edits
// to the fields and the body as Postfix and Sendmail would, and compares the
// signed data before and after. It asks no DNS and verifies no signature: it
// says whether an edit would break one, and whether the body hash holds.
//
// Fields that an MTA adds itself (Received) are not seen by filters and not
// known here. A blank between a field's name and its colon is lost on the way
// to a filter, so that with header canonicalisation "simple" such a field is
// compared without it, before and after alike.
package dkim

import (
	"strings"

	"labelmilter/internal/message"
	"labelmilter/internal/verdict"
)

// Limits. What lies beyond is not examined and reported as such.
const (
	maxSignatures = 10       // as many as verifiers look at, and more
	maxTagList    = 64 << 10 // bytes of one DKIM-Signature value
	maxTags       = 64
	maxSigned     = 200 // names in h=
)

// Canon is a canonicalisation (RFC 6376 3.4).
type Canon string

// The canonicalisations.
const (
	Simple  Canon = "simple"
	Relaxed Canon = "relaxed"
)

// BodyHash is the state of a signature's body hash.
type BodyHash string

// The states of a body hash.
const (
	HashUnknown  BodyHash = "unknown"  // signature or algorithm not understood
	HashMatch    BodyHash = "match"    // the body is the one that was signed
	HashMismatch BodyHash = "mismatch" // the signature is broken already
)

// Signature is one DKIM-Signature field. Texts are as the sender wrote them,
// without white space.
type Signature struct {
	Occurrence int      // among the DKIM-Signature fields, from the top, counted from 1
	Domain     string   // d=
	Selector   string   // s=
	Algorithm  string   // a=, such as "rsa-sha256"
	Header     Canon    // c=, before the slash
	Body       Canon    // c=, after the slash
	Signed     []string // h=, lower case, in order, repeated as often as listed
	Oversigned []string // names listed more often than they occur, in order of h=
	Limited    bool     // l= is present: text after Length octets is not signed
	Length     int64    // l=
	BodyHash   BodyHash
	// Problem says why the field is no signature a verifier would take, ""
	// if it is one. Edits cannot break what does not verify.
	Problem string

	listed map[string]int // name → how often in h=
	hash   []byte         // bh=
}

// Change is what one edit does to one signature, in its place among the edits.
type Change struct {
	Safe   bool
	Reason string // why it is not safe
}

// Effect is what the edits do to one signature.
type Effect struct {
	Signature Signature
	Changes   []Change // one per edit, in order
	// Breaks reports whether the signature, if it verified before, fails
	// after all edits. Edits that undo each other do not break it.
	Breaks bool
	Reason string // of the first edit that is not safe, if Breaks
}

// Preflight gives the effect of mods, sent in this order, on each
// DKIM-Signature of the header, from the top. It is a pure function. An edit
// is safe only if it is so on both Postfix and Sendmail, which place and
// count fields differently. More than ten signatures are not examined.
func Preflight(header message.Header, body []byte, mods []verdict.Modification) []Effect {
	sigs := signatures(header)
	if len(sigs) == 0 {
		return nil
	}
	bodies := newBodies(body)
	effects := make([]Effect, len(sigs))
	for i, s := range sigs {
		s.BodyHash = bodies.state(s)
		effects[i] = Effect{Signature: *s, Changes: make([]Change, len(mods))}
		for j := range mods {
			effects[i].Changes[j].Safe = true
		}
	}
	for _, m := range mtas {
		walk(m, header, mods, sigs, bodies, effects)
	}
	return effects
}

// Signs reports whether a signature covers anything that the edits touch: a
// quick look before [Preflight], which needs a hash of the body.
func Signs(header message.Header, mods []verdict.Modification) bool {
	if len(mods) == 0 {
		return false
	}
	for _, s := range signatures(header) {
		for i := range mods {
			name := strings.ToLower(mods[i].Name)
			if mods[i].Op == verdict.ReplaceBody || name == signatureName || s.listed[name] > 0 {
				return true
			}
		}
	}
	return false
}

// walk applies the edits as one MTA does and notes what each does.
func walk(m mta, header message.Header, mods []verdict.Modification, sigs []*Signature, bodies *bodies, effects []Effect) {
	f := newFields(m, header)
	old := body(bodies.first)
	now := old
	begin := make([]map[string][]*entry, len(sigs)) // of names edited, as they were
	for j := range mods {
		mod := &mods[j]
		if mod.Op == verdict.ReplaceBody {
			next := bodies.add(mod.Body)
			for i, s := range sigs {
				if s.Problem == "" && !bodies.same(s, now, next) {
					effects[i].note(j, m, "the body hash changes")
				}
			}
			now = next
			continue
		}
		name := strings.ToLower(mod.Name)
		before := make([][]*entry, len(sigs))
		for i, s := range sigs {
			if n := s.listed[name]; n > 0 && s.Problem == "" {
				before[i] = f.selected(name, n)
				if begin[i] == nil {
					begin[i] = map[string][]*entry{}
				}
				if _, ok := begin[i][name]; !ok {
					begin[i][name] = before[i]
				}
			}
		}
		f.apply(mod)
		for i, s := range sigs {
			n := s.listed[name]
			if n == 0 || s.Problem != "" {
				continue
			}
			if !same(s.Header, before[i], f.selected(name, n)) {
				effects[i].note(j, m, reason(s, mod, name))
			}
		}
		if name == signatureName {
			for i, s := range sigs {
				if s.Problem == "" && effects[i].Changes[j].Safe && !f.intact(s.Occurrence) {
					effects[i].note(j, m, "the signature itself is edited")
				}
			}
		}
	}
	for i, s := range sigs {
		if s.Problem != "" || effects[i].Breaks {
			continue
		}
		broken := !bodies.same(s, old, now) || !f.intact(s.Occurrence)
		for name, was := range begin[i] {
			broken = broken || !same(s.Header, was, f.selected(name, s.listed[name]))
		}
		if broken {
			effects[i].breaks()
		}
	}
}

func (e *Effect) note(j int, m mta, why string) {
	if c := &e.Changes[j]; c.Safe {
		*c = Change{Reason: why + " (" + m.String() + ")"}
	}
}

func (e *Effect) breaks() {
	e.Breaks = true
	for _, c := range e.Changes {
		if !c.Safe {
			e.Reason = c.Reason
			return
		}
	}
}

func reason(s *Signature, mod *verdict.Modification, name string) string {
	for _, o := range s.Oversigned {
		if o == name {
			return mod.Name + " is signed as often as it occurs and once more (h=)"
		}
	}
	return mod.Name + " is signed (h=)"
}
