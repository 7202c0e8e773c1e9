package policy

import (
	"fmt"
	"net/netip"
	"strings"

	"labelmilter/internal/budget"
	"labelmilter/internal/detect"
	"labelmilter/internal/extract"
	"labelmilter/internal/facts"
	"labelmilter/internal/label"
	"labelmilter/internal/marking"
	"labelmilter/internal/match"
	"labelmilter/internal/message"
)

// Input is everything conditions may look at.
type Input struct {
	Message   *message.Message
	Direction message.Direction
	Extract   extract.Result
	Skipped   []budget.Skip // everything not fully inspected, detection's too
	Findings  []detect.Finding
	Markings  []marking.Marking
	Carried   []Carried        // labels of attachments
	Label     label.Assignment // the zero Assignment while label rules run
	Catalogue *label.Catalogue
	Facts     facts.Facts
	Lists     *Lists
	Limits    budget.Limits
	Read      extract.Options // how the message was read, to read edited forms of it
	Stores    detect.Stores   // of exact data match
	// Lifted are the rules that the sender has overridden, by full name.
	Lifted map[string]bool
	Site   *Organisation // whose mail it is
}

// Carried is a label that an attachment carries, in its properties or as a
// marking in its text. A marking above the ceiling has outcome block.
type Carried struct {
	Part  string
	Label label.Assignment
}

// Evaluation is one run of conditions over one message. It is not safe for
// concurrent use.
type Evaluation struct {
	Input
	n         int
	allSet    set
	noneSet   set
	work      *match.Work
	trace     *traceBuilder
	types     map[string][]int    // findings by type
	fields    map[string][]string // decoded header values by lower-case name
	skips     []budget.Skip       // work-budget met while matching
	recipient []address
	sender    address
	fromList  []address
	fromSet   bool // fromList is filled in
	attached  []attached
	listed    bool // attached is filled in
	parted    []component
	inPart    bool // one attachment alone is looked at
}

// NewEvaluation prepares an evaluation.
func NewEvaluation(in Input) *Evaluation {
	e := &Evaluation{Input: in, work: match.NewWork(in.Limits), fields: map[string][]string{}}
	for _, r := range in.Message.Envelope.RcptTo {
		e.recipient = append(e.recipient, newAddress(r))
	}
	e.sender = newAddress(in.Message.Envelope.MailFrom)
	e.n = max(len(e.recipient), 1)
	e.noneSet = newSet(e.n)
	e.allSet = e.noneSet.not(e.n)
	return e
}

// Skipped gives what matching itself could not finish.
func (e *Evaluation) Skips() []budget.Skip { return e.skips }

func (e *Evaluation) all() set  { return e.allSet }
func (e *Evaluation) none() set { return e.noneSet }

func (e *Evaluation) whole(ok bool) set {
	if ok {
		return e.allSet
	}
	return e.noneSet
}

func (e *Evaluation) each(f func(i int) bool) set {
	out := newSet(e.n)
	for i := range e.n {
		if f(i) {
			out.add(i)
		}
	}
	return out
}

func (e *Evaluation) tracing() bool { return e.trace != nil }

// run evaluates a child, tracing it if asked.
func (e *Evaluation) run(c Condition) set {
	if e.trace == nil {
		return c.eval(e)
	}
	e.trace.open(c)
	s := c.eval(e)
	e.trace.close(s, e.n)
	return s
}

// saw notes the value that decided a leaf, for the trace.
func (e *Evaluation) saw(format string, args ...any) {
	if e.trace != nil {
		e.trace.saw(format, args...)
	}
}

// matches runs a matcher; a bound that is met is recorded and counts as a
// match, so that a condition never fails open.
func (e *Evaluation) matches(m Matcher, text string) bool {
	r := m.Match(text, e.work)
	if r.Exhausted {
		s := budget.Skip{Reason: budget.WorkBudget, Limit: e.Limits.Work, Detail: "a policy condition met the work limit and counts as matched"}
		if len(e.skips) == 0 || e.skips[len(e.skips)-1] != s {
			e.skips = append(e.skips, s)
		}
	}
	return r.Matched
}

// Matcher is a compiled regular expression or word list.
type Matcher interface {
	Match(text string, w *match.Work) match.Result
	String() string
}

// header gives the decoded values of all fields of a name, lower case name.
func (e *Evaluation) header(name string) []string {
	if v, ok := e.fields[name]; ok {
		return v
	}
	var out []string
	for _, f := range e.Message.Header.All(name) {
		out = append(out, message.DecodeField(f.Raw))
	}
	e.fields[name] = out
	return out
}

// from gives the mailboxes of the From fields.
func (e *Evaluation) from() []address {
	if e.fromSet {
		return e.fromList
	}
	e.fromSet = true
	for _, box := range message.Mailboxes(e.Message.Header, "From") {
		e.fromList = append(e.fromList, newAddress(box))
	}
	return e.fromList
}

// address is a mailbox split for matching. Both parts are lower case: domains
// are case-insensitive (RFC 5321 2.3.11) and no mail system in use tells
// local parts apart by case.
type address struct {
	raw, full, local, domain string
}

func newAddress(s string) address {
	a := address{raw: s, full: strings.ToLower(s)}
	if i := strings.LastIndexByte(a.full, '@'); i >= 0 {
		a.local, a.domain = a.full[:i], strings.TrimSuffix(a.full[i+1:], ".")
	}
	return a
}

// ParseRange reads a network, a single address, or a range FIRST-LAST, as
// networks.
func ParseRange(s string) ([]netip.Prefix, error) {
	from, to, ok := strings.Cut(s, "-")
	if !ok {
		p, err := ParsePrefix(s)
		return []netip.Prefix{p}, err
	}
	a, err := netip.ParseAddr(strings.TrimSpace(from))
	if err != nil {
		return nil, err
	}
	b, err := netip.ParseAddr(strings.TrimSpace(to))
	if err != nil {
		return nil, err
	}
	if a.BitLen() != b.BitLen() || b.Less(a) {
		return nil, fmt.Errorf("%s is not before %s", a, b)
	}
	var out []netip.Prefix
	for a.IsValid() && !b.Less(a) {
		// The largest network that begins here and does not go beyond.
		p := netip.PrefixFrom(a, a.BitLen())
		for p.Bits() > 0 {
			wider := netip.PrefixFrom(a, p.Bits()-1)
			if wider.Masked().Addr() != a || b.Less(last(wider)) {
				break
			}
			p = wider
		}
		out = append(out, p)
		a = last(p).Next()
	}
	return out, nil
}

// last is the last address of a network.
func last(p netip.Prefix) netip.Addr {
	b := p.Addr().AsSlice()
	for i := p.Bits(); i < len(b)*8; i++ {
		b[i/8] |= 0x80 >> (i % 8)
	}
	a, _ := netip.AddrFromSlice(b)
	return a
}

// ParsePrefix reads a network or a single address.
func ParsePrefix(s string) (netip.Prefix, error) {
	if p, err := netip.ParsePrefix(s); err == nil {
		return p.Masked(), nil
	}
	a, err := netip.ParseAddr(s)
	if err != nil {
		return netip.Prefix{}, err
	}
	return netip.PrefixFrom(a, a.BitLen()), nil
}
