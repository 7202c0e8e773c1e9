package milter

import (
	"encoding/binary"
	"fmt"
)

// NoReply names the stages at which sessions never answer anything but
// Continue. The MTA then need not wait there (SMFIP_NR_*). A session that
// answers nevertheless is heard at the next stage that has a reply.
type NoReply struct {
	Connect, Helo, Mail, Rcpt, Header, EndOfHeaders, Body bool
}

// protocol is the options wished, to be cut to those offered.
func (n NoReply) protocol() uint32 {
	p := uint32(optNoUnknown | optNoData | optSkip | optLeadingSpace)
	for _, f := range []struct {
		on  bool
		bit uint32
	}{
		{n.Connect, optNoReplyConnect}, {n.Helo, optNoReplyHelo}, {n.Mail, optNoReplyMail},
		{n.Rcpt, optNoReplyRcpt}, {n.Header, optNoReplyHeader}, {n.EndOfHeaders, optNoReplyEOH}, {n.Body, optNoReplyBody},
	} {
		if f.on {
			p |= f.bit
		}
	}
	return p
}

// grant is the outcome of the option negotiation.
type grant struct {
	version  uint32
	actions  Actions
	protocol uint32
}

func (g grant) has(opt uint32) bool { return g.protocol&opt != 0 }

// replies reports whether a stage is answered.
func (g grant) replies(s stage) bool { return g.protocol&stages[s].noReply == 0 }

// negotiate reads an OPTNEG frame's data and cuts the wishes to the offer:
// Sendmail fails on actions and options it did not offer, Postfix on actions.
func negotiate(data []byte, actions Actions, protocol uint32) (grant, error) {
	if len(data) < 12 {
		return grant{}, fault("short option negotiation")
	}
	v := binary.BigEndian.Uint32(data)
	if v < minVersion {
		return grant{}, fault("protocol version too old")
	}
	return grant{
		version:  min(v, maxVersion),
		actions:  actions & Actions(binary.BigEndian.Uint32(data[4:])),
		protocol: protocol & binary.BigEndian.Uint32(data[8:]),
	}, nil
}

// appendOptNeg appends the answer frame, with macro requests if granted.
func appendOptNeg(b []byte, g grant, macros []MacroRequest) []byte {
	if len(macros) == 0 {
		g.actions &^= ActionSetMacros
	}
	start := len(b)
	b = append(b, 0, 0, 0, 0, cmdOptNeg)
	b = binary.BigEndian.AppendUint32(b, g.version)
	b = binary.BigEndian.AppendUint32(b, uint32(g.actions))
	b = binary.BigEndian.AppendUint32(b, g.protocol)
	if g.actions&ActionSetMacros != 0 {
		for _, m := range macros {
			b = binary.BigEndian.AppendUint32(b, uint32(m.Stage))
			for i, name := range m.Names {
				if i > 0 {
					b = append(b, ' ')
				}
				if len(name) > 1 {
					name = "{" + name + "}"
				}
				b = append(b, name...)
			}
			b = append(b, 0)
		}
	}
	binary.BigEndian.PutUint32(b[start:], uint32(len(b)-start-4))
	return b
}

// checkMacros refuses requests that would break the answer frame.
func checkMacros(macros []MacroRequest) error {
	for _, m := range macros {
		if m.Stage > MacrosEOH {
			return fmt.Errorf("milter: macro stage %d is unknown", m.Stage)
		}
		for _, n := range m.Names {
			if n == "" || len(n) > 64 {
				return fmt.Errorf("milter: macro name %q has no usable length", n)
			}
			for i := range len(n) {
				if c := n[i]; c <= ' ' || c >= 0x7f || c == '{' || c == '}' {
					return fmt.Errorf("milter: macro name %q has a character that is not allowed", n)
				}
			}
		}
	}
	return nil
}
