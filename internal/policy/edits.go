package policy

import (
	"context"
	"html"
	"slices"
	"strings"

	"labelmilter/internal/budget"
	"labelmilter/internal/detect"
	"labelmilter/internal/extract"
	"labelmilter/internal/message"
	"labelmilter/internal/verdict"
)

// WhenSigned says what becomes of a banner that would have to stand in signed
// or encrypted text.
type WhenSigned string

// The answers.
const (
	SignedIgnore WhenSigned = "ignore" // the message goes without banner
	SignedWrap   WhenSigned = "wrap"   // the banner stands before the message, in a multipart around it
	SignedReject WhenSigned = "reject" // the message is refused
)

// Banner is text put into the body, once.
type Banner struct {
	Text, HTML string // HTML is made of Text if empty; both may hold {{variables}}
	Bottom     bool
	WhenSigned WhenSigned
	KeepDKIM   bool // leave it out if it would break a valid DKIM signature
}

// Redact masks the values of findings.
type Redact struct {
	Types    []SITType
	Mask     rune
	Keep     int                 // letters and digits at the end that stay
	Fallback verdict.Disposition // when something would be left
}

// Remove replaces attachments by a notice.
type Remove struct {
	Match    Attachment
	Parts    []string // of a matched rule: the parts of the message that fit
	Notice   string
	Fallback verdict.Disposition // when one cannot be removed
}

// Encrypt encrypts the message to all its recipients, those added too.
type Encrypt struct {
	Missing verdict.Disposition // when a recipient has no certificate; "" if Route
	Route   string              // the way the message takes then, in clear, to be encrypted elsewhere
}

// Seen is what a decision rests on, for actions that edit what was found.
type Seen struct {
	Findings []detect.Finding
	Limits   budget.Limits
	read     extract.Options
	engine   *detect.Engine
	stores   detect.Stores
}

// Again finds in another form of the message. ok is false if not everything
// could be read or searched that was before.
func (s *Seen) Again(m *message.Message) (found []detect.Finding, ok bool) {
	if s == nil || s.engine == nil {
		return nil, false
	}
	read := s.read
	read.Limits = s.Limits
	ex := read.Extract(context.Background(), m)
	out := s.engine.DetectIn(ex.Texts, s.Limits, s.stores)
	return out.Findings, len(out.Skipped) == 0
}

// IncidentID is the short name of what happened to a message. It follows from
// the message alone, so that replay gives the same.
func IncidentID(digest string) string {
	_, hex, _ := strings.Cut(digest, ":")
	return hex[:min(len(hex), 16)]
}

// With gives the set with what actions need beside policies: the engine that
// looks again after redaction, and whose mail it is.
func (s *Set) With(engine *detect.Engine, site *Organisation) *Set {
	out := *s
	out.engine, out.site = engine, site
	return &out
}

// in gives the removal with the parts that it is about. Of something within a
// document or an archive the whole is removed.
func (r *Remove) in(e *Evaluation) *Remove {
	if r == nil {
		return nil
	}
	out := *r
	for _, a := range e.attachments() {
		part, _, _ := strings.Cut(a.path, "/")
		if r.Match.fits(e, a) && !slices.Contains(out.Parts, part) {
			out.Parts = append(out.Parts, part)
		}
	}
	return &out
}

// Fits reports whether a part is one to be removed.
func (r *Remove) Fits(p *message.Part) bool { return slices.Contains(r.Parts, p.Path) }

// fillBanner replaces variables; in HTML what they stand for is text.
func fillBanner(b *Banner, rep *strings.Replacer, pairs []string) *Banner {
	if b == nil {
		return nil
	}
	escaped := slices.Clone(pairs)
	for i := 1; i < len(escaped); i += 2 {
		escaped[i] = html.EscapeString(escaped[i])
	}
	out := *b
	out.Text = rep.Replace(b.Text)
	out.HTML = strings.NewReplacer(escaped...).Replace(b.HTML)
	return &out
}

// RecipientsRemoved is the template of the notice to a sender that some
// recipients did not get the message.
const RecipientsRemoved = "recipients-removed"

// drop turns a refusal that only some recipients brought about into their
// removal with a notice to the sender. A milter gives one answer for all
// recipients (RFC 5321 has none for each after DATA). If nobody may be told,
// the whole message is refused: nothing disappears without a word.
func (s *Set) drop(e *Evaluation, res *RuleResult, r *Rule, hit set) {
	if !r.Drop || hit.full(e.n) || len(e.recipient) == 0 {
		return
	}
	i := slices.IndexFunc(res.Actions, func(a Action) bool { return a.Kind == ActReject })
	if i < 0 {
		return
	}
	if !s.mayWriteTo(e) {
		res.remark("the sender may not be written to: the whole message is refused")
		return
	}
	refusal := res.Actions[i]
	res.Actions = slices.Concat(res.Actions[:i], []Action{
		{Kind: ActDeleteRecipient, Reply: refusal.Reply},
		{Kind: ActNotify, Addresses: []string{TheSender}, Mailboxes: []string{e.Message.Envelope.MailFrom}, Template: RecipientsRemoved},
	}, res.Actions[i+1:])
}

// mayWriteTo reports whether mail of ours may go to the envelope sender: it is
// internal and known to be so, or its domain answers for the message with a
// valid signature.
func (s *Set) mayWriteTo(e *Evaluation) bool {
	if e.sender.domain == "" {
		return false
	}
	if s.site.Trusted(e.Message.Envelope) {
		return s.site.HasDomain(e.sender.domain)
	}
	return slices.Contains(strings.Fields(e.Facts.Get("dkim.domains").Value), e.sender.domain)
}
