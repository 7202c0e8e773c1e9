package plan

import (
	"bytes"
	"crypto/x509"
	"slices"
	"strings"

	"labelmilter/internal/label"
	"labelmilter/internal/message"
	"labelmilter/internal/policy"
	"labelmilter/internal/smime"
	"labelmilter/internal/verdict"
)

// encrypt encrypts the message, with all edits of its body made, to everyone
// who gets it (RFC 8551 3.3). It gives the certificates' mailboxes, or a
// refusal if one is missing and the rule wants that.
func (e *editor) encrypt(in Input, only int, o Options) ([]string, string, *refusal) {
	rule, a := encryption(in.Decision, only)
	if a == nil {
		return nil, "", nil
	}
	owner := in.Decision.Rules[rule].Name()
	if slices.ContainsFunc(message.Kinds(in.Message), func(k string) bool { return k == "encrypted" || k == "rights-protected" }) {
		e.conflicts = append(e.conflicts, label.Conflict{Code: label.ModificationOverridden, Kept: "message", Lost: []string{owner}, Detail: "body: it is encrypted already"})
		return nil, "", nil
	}
	boxes := e.recipients()
	var certs []*x509.Certificate
	for _, box := range boxes {
		c := o.Certificates.For(box, in.Now)
		if c == nil {
			return nil, "", e.withoutCertificate(rule, owner, a)
		}
		if !slices.ContainsFunc(certs, c.Equal) {
			certs = append(certs, c)
		}
	}
	if len(certs) == 0 { // nobody gets it; keepOneRecipient says so
		return nil, "", nil
	}
	e.seal(in, certs)
	return boxes, owner, nil
}

// encryption is the first effective rule that encrypts.
func encryption(d policy.Decision, only int) (int, *policy.Encrypt) {
	for i, r := range d.Rules {
		if !r.Effective || only >= 0 && i != only {
			continue
		}
		for _, a := range r.Actions {
			if a.Encrypt != nil {
				return i, a.Encrypt
			}
		}
	}
	return -1, nil
}

// withoutCertificate does what a rule says for a recipient that nothing can be
// encrypted to. The recipient is not named: it may have been added by policy.
func (e *editor) withoutCertificate(rule int, owner string, a *policy.Encrypt) *refusal {
	switch {
	case a.Route != "":
		if !e.claim("route", owner) {
			// Another rule has sent it another way, which is not known to encrypt.
			return &refusal{rule, verdict.Verdict{Disposition: verdict.Quarantine, Reason: "no certificate for a recipient, and another way is taken already"}}
		}
		e.inserts = append(e.inserts, verdict.Modification{Op: verdict.InsertHeader, Index: 0, Name: RouteHeader, Value: a.Route})
		return nil
	case a.Missing == verdict.Quarantine:
		return &refusal{rule, verdict.Verdict{Disposition: verdict.Quarantine, Reason: "no certificate for a recipient"}}
	}
	return &refusal{rule, verdict.Verdict{Disposition: verdict.Reject, Reply: verdict.Reply{Code: 550, Enhanced: "5.7.10", // RFC 7372, RFC 5248: encryption needed
		Text: "this message must be encrypted, and a recipient has no certificate that is known here"}}}
}

// recipients are those that get the message.
func (e *editor) recipients() []string {
	var out []string
	add := func(box string) {
		if !slices.ContainsFunc(out, func(x string) bool { return strings.EqualFold(x, box) }) {
			out = append(out, box)
		}
	}
	for _, rc := range e.msg.Envelope.RcptTo {
		if !slices.ContainsFunc(e.rcpts, func(m verdict.Modification) bool { return m.Op == verdict.DeleteRecipient && m.Address == rc }) {
			add(rc)
		}
	}
	for _, m := range e.rcpts {
		if m.Op == verdict.AddRecipient {
			add(m.Address)
		}
	}
	return out
}

// describesContent reports a field that goes with the content.
func describesContent(name string) bool {
	return len(name) > len("content-") && strings.EqualFold(name[:len("content-")], "content-")
}

// seal puts content and the fields that describe it into an encrypted part.
func (e *editor) seal(in Input, certs []*x509.Certificate) {
	edits := slices.Concat(e.deletes, e.changes, e.adds)
	body := in.Message.Body
	for _, m := range e.bodies {
		body = m.Body
	}
	var entity bytes.Buffer
	for _, f := range edited(in.Message.Header, slices.DeleteFunc(edits, func(m verdict.Modification) bool { return !describesContent(m.Name) })) {
		if describesContent(f.Name) {
			entity.WriteString(f.Name + ":" + strings.ReplaceAll(strings.ReplaceAll(f.Raw, "\r\n", "\n"), "\n", "\r\n") + "\r\n")
		}
	}
	entity.WriteString("\r\n")
	entity.Write(body)

	keep := func(ms []verdict.Modification) []verdict.Modification {
		return slices.DeleteFunc(ms, func(m verdict.Modification) bool { return describesContent(m.Name) })
	}
	e.deletes, e.changes, e.adds = keep(e.deletes), keep(e.changes), keep(e.adds)
	have := map[string]int{}
	for _, f := range in.Message.Header {
		if describesContent(f.Name) {
			have[strings.ToLower(f.Name)]++
		}
	}
	for i := len(in.Message.Header) - 1; i >= 0; i-- {
		f := in.Message.Header[i]
		if n := have[strings.ToLower(f.Name)]; n > 0 {
			e.deletes = append(e.deletes, verdict.Modification{Op: verdict.DeleteHeader, Index: n, Name: f.Name})
			have[strings.ToLower(f.Name)]--
		}
	}
	add := func(name, value string) {
		e.adds = append(e.adds, verdict.Modification{Op: verdict.AddHeader, Name: name, Value: value})
	}
	if _, ok := in.Message.Header.First("MIME-Version"); !ok {
		add("MIME-Version", "1.0")
	}
	add("Content-Type", `application/pkcs7-mime; smime-type=enveloped-data; name="smime.p7m"`)
	add("Content-Transfer-Encoding", "base64")
	add("Content-Disposition", `attachment; filename="smime.p7m"`)
	e.bodies = []verdict.Modification{{Op: verdict.ReplaceBody, Seal: &smime.Letter{Entity: entity.Bytes(), To: certs}}}
}

// edited is a header with edits made, as far as their order matters here.
func edited(h message.Header, mods []verdict.Modification) message.Header {
	out := slices.Clone(h)
	for _, m := range mods {
		at := -1
		for i, f := range out {
			if f.Is(m.Name) {
				if at = i; m.Index <= 1 {
					break
				}
				m.Index--
			}
		}
		switch {
		case m.Op == verdict.AddHeader || at < 0:
			out = append(out, message.Field{Name: m.Name, Raw: " " + m.Value})
		case m.Op == verdict.DeleteHeader:
			out = slices.Delete(out, at, at+1)
		default:
			out[at].Raw = " " + m.Value
		}
	}
	return out
}

// sealedEffect is the encryption for the record.
func sealedEffect(in Input, rule string, boxes []string) Effect {
	return Effect{Type: Encrypt, Rule: rule, To: boxes, Mailboxes: []string{}, Unknown: []string{}, Incident: policy.IncidentID(in.Message.Digest), Recipients: []string{}}
}
