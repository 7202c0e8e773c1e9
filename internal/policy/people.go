package policy

import (
	"slices"
	"strings"
)

// Words that stand for people in the addresses of actions.
const (
	TheSender  = "sender"  // the envelope sender, where it may be written to
	TheManager = "manager" // the sender's attribute manager in the directory
)

// People is the closed list of these words.
var People = []string{TheSender, TheManager}

// lookUp fills in whom the addresses of an action stand for. Words that stand
// for nobody are kept by name: a notice that nobody gets must not look sent.
func (s *Set) lookUp(e *Evaluation, a *Action) {
	a.Mailboxes, a.Unknown = nil, nil
	add := func(box string) {
		if !slices.ContainsFunc(a.Mailboxes, func(x string) bool { return strings.EqualFold(x, box) }) {
			a.Mailboxes = append(a.Mailboxes, box)
		}
	}
	for _, to := range a.Addresses {
		box := to
		switch to {
		case TheSender:
			box = ""
			if s.mayWriteTo(e) {
				box = e.Message.Envelope.MailFrom
			}
		case TheManager:
			box = s.manager(e)
		}
		if box == "" {
			a.Unknown = append(a.Unknown, to)
			continue
		}
		add(box)
	}
	if len(a.Mailboxes) == 0 {
		for _, box := range a.Otherwise {
			add(box)
		}
	}
}

// manager is the mailbox of the sender's manager, "" if the directory knows
// none or the sender is not known to be who the envelope says: anyone can
// write a stranger's address into MAIL FROM.
func (s *Set) manager(e *Evaluation) string {
	if !s.mayWriteTo(e) {
		return ""
	}
	for _, v := range e.values(TheSender, e.sender, TheManager) {
		v = strings.TrimSpace(v)
		local, domain, ok := strings.Cut(v, "@")
		if ok && local != "" && domain != "" && !strings.ContainsAny(v, " \t\r\n<>,\x00") {
			return v
		}
	}
	return ""
}

// people looks up whom the actions of a matched rule are for. A redirection to
// somebody who is not known holds the message: it must not go where it was
// kept from, nor nowhere.
func (s *Set) people(e *Evaluation, res *RuleResult) {
	for i := range res.Actions {
		a := &res.Actions[i]
		if len(a.Addresses) == 0 {
			continue
		}
		s.lookUp(e, a)
		if len(a.Unknown) > 0 {
			res.remark(string(a.Kind) + ": nobody is known as " + strings.Join(a.Unknown, ", "))
		}
		if a.Kind == ActRedirect && len(a.Mailboxes) == 0 {
			*a = Action{Kind: ActQuarantine, Reason: "nobody is known to send it to instead"}
		}
	}
}

// remark adds to the note of a rule.
func (r *RuleResult) remark(text string) {
	if r.Note != "" {
		r.Note += "; "
	}
	r.Note += text
}
