// Package notify writes and sends mail of our own: notices to people that
// rules name, to senders who may be written to, and incident reports. A notice
// is composed when the message is judged and kept in the store with the
// decision record; a Sender sends what is kept until it is gone.
//
// Mail of ours has the null reverse-path (RFC 5321 4.5.5), Auto-Submitted:
// auto-generated (RFC 3834), and a signature by which our own filter knows it,
// once, and does not judge it. It holds nothing of the content of mail:
// subjects are masked, findings are named by type and number.
package notify

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"labelmilter/internal/override"
	"labelmilter/internal/pipeline"
	"labelmilter/internal/plan"
	"labelmilter/internal/policy"
	"labelmilter/internal/store"
)

// Composer makes notices of results. It is immutable.
type Composer struct {
	Site      *policy.Organisation
	Templates []policy.Template // of packs; they go before those built in
	Incidents []string          // mailboxes that get a report of each incident
	Merge     time.Duration     // how long reports wait for others of the same rule
}

// Compose gives the notices that a message calls for, one for each recipient.
func (c *Composer) Compose(r pipeline.Result, at time.Time) []store.Notice {
	var out []store.Notice
	for i := range r.Effects {
		e := &r.Effects[i]
		if e.Suppressed != "" {
			continue
		}
		switch e.Type {
		case plan.Notify:
			for _, to := range e.Mailboxes {
				n := c.notice(r, *e, e.Template, to, at)
				if !strings.EqualFold(to, r.Envelope.MailFrom) {
					n.Due = at.Add(c.Merge)
				}
				out = append(out, n)
			}
		case plan.Incident:
			for _, to := range c.Incidents {
				n := c.notice(r, *e, "incident", to, at)
				n.Due = at.Add(c.Merge)
				out = append(out, n)
			}
		}
	}
	// A rule that reports an incident to somebody and asks for a notice to the
	// same mailbox wants one mail.
	seen := map[string]bool{}
	return slices.DeleteFunc(out, func(n store.Notice) bool {
		k := strings.ToLower(n.Recipient) + "\x00" + n.Merge
		had := seen[k]
		seen[k] = true
		return had
	})
}

// notice renders one notice.
func (c *Composer) notice(r pipeline.Result, e plan.Effect, template, to string, at time.Time) store.Notice {
	t := c.template(template, c.Site.LanguageOf(domainOf(to)))
	v := c.variables(r, e, at)
	return store.Notice{At: at, Due: at, Recipient: to, Merge: template + " " + e.Rule, Template: template, Incident: e.Incident,
		Subject: oneLine(v.Replace(t.Subject)), Text: strings.TrimSpace(v.Replace(t.Text)) + "\n"}
}

func (c *Composer) template(id, lang string) policy.Template {
	find := func(list []policy.Template, lang string) (policy.Template, bool) {
		i := slices.IndexFunc(list, func(t policy.Template) bool { return t.ID == id && t.Language == lang })
		if i < 0 {
			return policy.Template{}, false
		}
		return list[i], true
	}
	for _, l := range []string{lang, "en"} {
		for _, list := range [][]policy.Template{c.Templates, builtIn} {
			if t, ok := find(list, l); ok {
				return t
			}
		}
	}
	t, _ := find(builtIn, "en")
	if t.ID == "" {
		t = policy.Template{ID: id, Subject: "{{rule}}: {{verdict}}", Text: "{{report}}"}
	}
	return t
}

// variables are those of notices.
func (c *Composer) variables(r pipeline.Result, e plan.Effect, at time.Time) *strings.Replacer {
	pol, rule, _ := strings.Cut(e.Rule, "/")
	lab, recommended := "none", "none"
	if r.Label != nil && r.Label.ID != "" {
		lab = r.Label.Name
	}
	if r.Label != nil && r.Label.Recommended != "" {
		recommended = string(r.Label.Recommended)
	}
	name := c.Site.Name
	if name == "" {
		name = "the organisation"
	}
	reason := r.Reason
	if r.Label != nil {
		reason = r.Label.Reason
	}
	return strings.NewReplacer("{{reason}}", reason, "{{label}}", lab, "{{recommended}}", recommended, "{{policy}}", pol, "{{rule}}", rule,
		"{{direction}}", r.Direction, "{{incident}}", e.Incident, "{{types}}", types(r), "{{severity}}", e.Severity, "{{organisation}}", name,
		"{{report}}", report(r, e, at), "{{verdict}}", string(r.Verdict.Disposition), "{{recipients}}", listed(e.Recipients),
		"{{subject}}", r.Message.SubjectMasked, "{{message_id}}", oneLine(r.MessageID), "{{hint}}", r.Hint)
}

// maxListed is how many recipients a report names.
const maxListed = 10

func listed(boxes []string) string {
	if len(boxes) > maxListed {
		return strings.Join(boxes[:maxListed], ", ") + fmt.Sprintf(" and %d more", len(boxes)-maxListed)
	}
	return strings.Join(boxes, ", ")
}

// types names what was found, with the number of distinct values.
func types(r pipeline.Result) string {
	var out []string
	count := map[string]int{}
	for _, f := range r.Findings {
		if count[f.Name] == 0 {
			out = append(out, f.Name)
		}
		count[f.Name] += f.Unique
	}
	for i, n := range out {
		out[i] = fmt.Sprintf("%s (%d)", n, count[n])
	}
	return strings.Join(out, ", ")
}

// maxReason is how much of a justification a report holds, in characters.
const maxReason = 100

// report says what happened, a line for each fact.
func report(r pipeline.Result, e plan.Effect, at time.Time) string {
	var b strings.Builder
	line := func(name, format string, args ...any) {
		if text := oneLine(fmt.Sprintf(format, args...)); text != "" {
			fmt.Fprintf(&b, "%-15s %s\n", name+":", text)
		}
	}
	line("Incident", "%s", e.Incident)
	line("Severity", "%s", e.Severity)
	line("Time", "%s", at.UTC().Format("2006-01-02 15:04:05 UTC"))
	verdict := string(r.Verdict.Disposition)
	if e.Simulated {
		verdict += " (the rule is simulated)"
	}
	line("Verdict", "%s", verdict)
	if r.Verdict.WinningRule != "" {
		line("Decided by", "%s", r.Verdict.WinningRule)
	}
	line("Direction", "%s", r.Direction)
	sender := r.Envelope.MailFrom
	if r.Envelope.AuthUser != "" {
		sender += " (login " + r.Envelope.AuthUser + ")"
	}
	line("Sender", "%s", sender)
	line("Recipients", "%s", listed(r.Envelope.RcptTo))
	line("Subject", "%s", r.Message.SubjectMasked)
	line("Message-ID", "%s", r.MessageID)
	line("Queue id", "%s", r.Envelope.QueueID)
	if r.Label != nil && r.Label.ID != "" {
		line("Label", "%s", r.Label.Name)
	}
	for _, x := range r.Rules {
		if !x.Matched {
			continue
		}
		state := string(x.Mode)
		if x.Note != "" {
			state += "; " + x.Note
		}
		line("Rule", "%s/%s (%s)", x.Policy, x.Rule, state)
	}
	for _, f := range r.Findings {
		where := string(f.Where)
		if f.Part != "" {
			where += " of part " + f.Part
		}
		line("Found", "%s: %d distinct, %s confidence, in %s", f.Name, f.Unique, f.Level, where)
	}
	for _, s := range r.Inspection.Skipped {
		line("Not inspected", "%s %s", s.Reason, s.Part)
	}
	if c := r.Override.Claim; c != nil && c.Accepted {
		line("Override", "%s", c.Kind)
		if c.Kind == override.FalsePositive {
			line("False positive", "reported by the sender")
		}
		reason := []rune(c.Justification)
		if len(reason) > maxReason {
			reason = append(reason[:maxReason:maxReason], []rune("...")...)
		}
		line("Reason", "%s", string(reason))
	}
	return b.String()
}

// oneLine makes text from outside fit for one line of a mail.
func oneLine(s string) string {
	s = strings.Map(func(r rune) rune {
		if r < ' ' || r >= 0x7f && r < 0xa0 || r == 0x2028 || r == 0x2029 {
			return ' '
		}
		return r
	}, s)
	if r := []rune(s); len(r) > 500 {
		s = string(r[:500]) + "..."
	}
	return strings.TrimSpace(s)
}

func domainOf(box string) string {
	if i := strings.LastIndexByte(box, '@'); i >= 0 {
		return strings.ToLower(box[i+1:])
	}
	return ""
}
