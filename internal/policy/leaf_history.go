package policy

import (
	"fmt"
	"strconv"
	"strings"

	"labelmilter/internal/facts"
)

// Names of facts that history gives.
const (
	FirstTime        = "first_time"        // recipient.first_time:<mailbox>: "true" if the sender never wrote to it before
	ThreadRecipients = "thread.recipients" // the most recipients that an earlier message of the conversation had
)

// Counted is what a sender's messages are counted by.
type Counted string

// The counts.
const (
	Messages   Counted = "messages"
	Recipients Counted = "recipients"
	Bytes      Counted = "bytes"
)

// Windows of counts, as in YAML. Each reaches back from the message.
var Windows = []string{"10m", "1h", "24h", "7d"}

// RateFact is the fact that holds what a sender sent within a window, this
// message left out.
func RateFact(of Counted, within string) string { return "sender." + string(of) + ":" + within }

// FirstTimeFact is the fact that says whether the sender never wrote to a
// recipient before.
func FirstTimeFact(recipient string) string {
	return factName("recipient", newAddress(recipient), FirstTime)
}

// PeopleFact is the fact that holds the groups or an attribute of the sender,
// or with a recipient of it.
func PeopleFact(recipient, name string) string {
	if recipient == "" {
		return factName("sender", address{}, name)
	}
	return factName("recipient", newAddress(recipient), name)
}

// Rate is `sender_rate:`: what the sender sent within a window, this message
// included.
type Rate struct {
	Of     Counted
	Within string
	Range  Range
}

func (c Rate) eval(e *Evaluation) set {
	n, ok := number(e.Facts.Get(RateFact(c.Of, c.Within)))
	if !ok {
		e.saw("unknown")
		return e.none()
	}
	switch c.Of {
	case Messages:
		n++
	case Recipients:
		n += int64(len(e.recipient))
	case Bytes:
		n += e.Message.Size
	}
	e.saw("%d", n)
	return e.whole(c.Range.Has(n))
}

// Growth is `thread_growth:`: so many more recipients than any earlier message
// of the conversation had.
type Growth struct{ Range Range }

func (c Growth) eval(e *Evaluation) set {
	n, ok := number(e.Facts.Get(ThreadRecipients))
	if !ok {
		e.saw("not a conversation known here")
		return e.none()
	}
	more := int64(len(e.recipient)) - n
	e.saw("%d more than before", more)
	return e.whole(c.Range.Has(more))
}

func number(f facts.Fact) (int64, bool) {
	if f.State != facts.Known {
		return 0, false
	}
	n, err := strconv.ParseInt(strings.TrimSpace(f.Value), 10, 64)
	return n, err == nil
}

func (c Rate) String() string {
	return fmt.Sprintf("sender_rate: {of: %s, within: %s, %s}", c.Of, c.Within, strings.Trim(c.Range.String(), "{}"))
}

func (c Growth) String() string { return "thread_growth: " + c.Range.String() }

// Needs is what the conditions of a rule set want to know beside the message:
// what nobody asks for need not be gathered.
type Needs struct {
	Attributes []string // of people, "groups" among them; sorted
	FirstTime  bool
	Rates      bool
	Growth     bool
}

// History reports whether what senders did before is asked for.
func (n Needs) History() bool { return n.FirstTime || n.Rates || n.Growth }

// Needs gives what the rules that are not off want to know.
func (s *Set) Needs() Needs {
	var n Needs
	attributes := map[string]bool{}
	look := func(c Condition) {
		walk(c, func(c Condition) { n.condition(c, attributes) })
	}
	for _, b := range s.bound {
		look(b.Scope)
		look(b.When)
		for _, r := range b.Rules {
			if b.mode(r.Mode) == Off {
				continue
			}
			look(r.When)
			look(r.Except)
			if r.Override != nil {
				attributes["language"] = true
			}
			for _, a := range r.Then {
				if len(a.Tip.Languages) > 0 {
					attributes["language"] = true
				}
				for _, to := range a.Addresses {
					if to == TheManager {
						attributes[TheManager] = true
					}
				}
			}
		}
	}
	for _, x := range s.exceptions {
		look(x.Who)
	}
	for _, r := range s.labelRules {
		look(r.When)
		look(r.Except)
	}
	n.Attributes = sortedKeys(attributes)
	return n
}

func (n *Needs) condition(c Condition, attributes map[string]bool) {
	switch c := c.(type) {
	case Sender:
		n.address(&c.Match, attributes)
	case Recipient:
		n.address(&c.Match, attributes)
	case AnyRecipient:
		n.address(&c.Match, attributes)
	case AllRecipients:
		n.address(&c.Match, attributes)
	case Rate:
		n.Rates = true
	case Growth:
		n.Growth = true
	case FactIs:
		who, name, _ := strings.Cut(strings.TrimSuffix(c.Name, ":"), ".")
		name, _, window := strings.Cut(name, ":")
		switch {
		case c.Name == ThreadRecipients:
			n.Growth = true
		case who == "recipient" && name == FirstTime:
			n.FirstTime = true
		case who == "sender" && window:
			n.Rates = true
		case who == "sender" || who == "recipient":
			attributes[name] = true
		}
	}
}

func (n *Needs) address(m *AddressMatch, attributes map[string]bool) {
	for ; m != nil; m = m.Not {
		if len(m.Group) > 0 {
			attributes["groups"] = true
		}
		for k := range m.Attribute {
			attributes[k] = true
		}
		for _, k := range m.Same {
			attributes[k] = true
		}
		if m.Manager != nil {
			attributes[TheManager] = true
		}
		n.FirstTime = n.FirstTime || m.FirstTime != nil
		for _, r := range m.Ratings {
			n.address(&r.Match, attributes)
		}
	}
}

// walk visits a condition and all below it; nil has none.
func walk(c Condition, f func(Condition)) {
	if c == nil {
		return
	}
	f(c)
	switch c := c.(type) {
	case All:
		for _, k := range c {
			walk(k, f)
		}
	case Any:
		for _, k := range c {
			walk(k, f)
		}
	case Not:
		walk(c.C, f)
	case NOf:
		for _, k := range c.Of {
			walk(k, f)
		}
	case Score:
		for _, k := range c.Of {
			walk(k.When, f)
		}
	}
}
