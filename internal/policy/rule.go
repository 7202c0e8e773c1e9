package policy

import (
	"hash/fnv"
	"strings"
	"time"

	"labelmilter/internal/label"
	"labelmilter/internal/strictyaml"
	"labelmilter/internal/verdict"
)

// Mode says what a matching rule may do.
type Mode string

// The modes, from the weakest to the strongest.
const (
	Off                Mode = "off"                  // not evaluated
	Simulate           Mode = "simulate"             // evaluated and recorded, nothing else
	SimulateWithNotice Mode = "simulate-with-notice" // as simulate, but notices and incidents are carried out
	Enforce            Mode = "enforce"
)

// Modes is the closed list, weakest first.
var Modes = []Mode{Off, Simulate, SimulateWithNotice, Enforce}

func (m Mode) strength() int {
	for i, x := range Modes {
		if x == m {
			return i
		}
	}
	return len(Modes)
}

// Weaker gives the weaker of two modes; the empty mode asks for nothing.
func Weaker(a, b Mode) Mode {
	switch {
	case a == "":
		return b
	case b == "" || a.strength() <= b.strength():
		return a
	}
	return b
}

// ActionKind names an action, as in YAML.
type ActionKind string

// The actions.
const (
	ActAccept          ActionKind = "accept"
	ActReject          ActionKind = "reject"
	ActTempFail        ActionKind = "tempfail"
	ActDiscard         ActionKind = "discard"
	ActQuarantine      ActionKind = "quarantine"
	ActAddHeader       ActionKind = "add_header"
	ActChangeHeader    ActionKind = "change_header"
	ActDeleteHeader    ActionKind = "delete_header"
	ActSubjectPrefix   ActionKind = "subject_prefix"
	ActSubjectSuffix   ActionKind = "subject_suffix"
	ActAddRecipient    ActionKind = "add_recipient"
	ActDeleteRecipient ActionKind = "delete_recipient" // the recipients the rule matched
	ActSetLabel        ActionKind = "set_label"
	ActNotify          ActionKind = "notify"
	ActIncident        ActionKind = "incident"
	ActBanner          ActionKind = "banner"            // text at the top of the body
	ActDisclaimer      ActionKind = "disclaimer"        // text at the bottom of the body
	ActRedact          ActionKind = "redact"            // mask what was found
	ActRemove          ActionKind = "remove_attachment" // a notice in the place of attachments
	ActRedirect        ActionKind = "redirect"          // to others instead of the recipients matched
	ActBcc             ActionKind = "bcc"               // to others too
	ActRoute           ActionKind = "route"             // a field that the MTA chooses the way by
	ActRequireTLS      ActionKind = "require_tls"       // route by way of an encrypted connection only
	ActEncrypt         ActionKind = "encrypt"           // S/MIME to the recipients' certificates
)

// ActionKinds is the closed list.
var ActionKinds = []ActionKind{ActAccept, ActReject, ActTempFail, ActDiscard, ActQuarantine, ActAddHeader, ActChangeHeader,
	ActDeleteHeader, ActSubjectPrefix, ActSubjectSuffix, ActAddRecipient, ActDeleteRecipient, ActSetLabel, ActNotify, ActIncident,
	ActBanner, ActDisclaimer, ActRedact, ActRemove, ActRedirect, ActBcc, ActRoute, ActRequireTLS, ActEncrypt}

// Action is one thing a rule does. Which fields matter depends on Kind.
type Action struct {
	Kind      ActionKind
	Name      string        // header name
	Value     string        // header value, subject prefix or suffix
	Reply     verdict.Reply // reject and tempfail; Text may hold {{variables}}
	Reason    string        // quarantine
	Addresses []string      // add_recipient, notify, redirect, bcc: mailboxes, or People
	Otherwise []string      // notify: mailboxes, if nobody of Addresses can be written to
	Mailboxes []string      // of a matched rule: Addresses with People looked up
	Unknown   []string      // of a matched rule: the People that stand for nobody
	Label     label.ID      // set_label
	Template  string        // notify
	Severity  string        // incident
	Route     string        // route and require_tls: the name of the way
	Banner    *Banner       // banner and disclaimer
	Redact    *Redact       // redact
	Remove    *Remove       // remove_attachment
	Encrypt   *Encrypt      // encrypt
	Tip       Tip           // reject and tempfail
}

// Tip is what a reply says to people beside its text.
type Tip struct {
	Languages map[string]string // of Reply.Text, by language
	NoHint    bool              // nothing about what would have passed
}

// Disposition is the verdict an action asks for, "" if none.
func (a Action) Disposition() verdict.Disposition {
	switch a.Kind {
	case ActAccept, ActReject, ActTempFail, ActDiscard, ActQuarantine:
		return verdict.Disposition(a.Kind)
	}
	return ""
}

// Variables are the names that texts may use as {{name}}, beside the
// variables of an assignment.
var Variables = []string{"reason", "label", "recommended", "policy", "rule", "direction", "incident", "types", "severity", "organisation"}

// ReplyVariables are further ones of replies: what would have passed, and how
// to override.
var ReplyVariables = []string{"hint", "override"}

// Override says how a sender may get past a rule.
type Override struct {
	With   []string      // kinds, see package override; OverrideNever alone
	Listed bool          // only Rules and the rule itself are lifted; else all that matched
	Rules  []string      // "policy/rule" or "pack/policy/rule"
	Valid  time.Duration // of the token
}

// OverrideNever keeps a rule from being lifted with others.
const OverrideNever = "never"

// OverrideValid is how long a token is good, if the rule does not say.
const OverrideValid = 24 * time.Hour

// Rule is one rule of a policy.
type Rule struct {
	strictyaml.Pos
	ID          string
	Description string
	Severity    string // low, medium, high, or ""
	Mode        Mode   // "" = the policy's; may only be weaker
	When        Condition
	Except      Condition // nil if none
	Then        []Action
	Stop        bool
	Override    *Override
	PerPart     bool // the rule's conditions look at one component at a time
	Drop        bool // a refusal takes the matching recipients out instead, where that is possible
}

func (r *Rule) overrideWith() string {
	if r.Override == nil {
		return ""
	}
	return strings.Join(r.Override.With, ",")
}

// Policy is a group of rules with a common scope.
type Policy struct {
	strictyaml.Pos
	Pack      string
	PackOrder int
	ID        string
	Mode      Mode
	Priority  int // 0 is first and wins ties; default 100
	When      Condition
	Rules     []Rule
	Built     bool // built in: the answers to hold and block
}

// DefaultPriority of a policy that names none.
const DefaultPriority = 100

// Assignment binds a policy to a site.
type Assignment struct {
	Name      string // for the record; "" for the policy as the pack has it
	Mode      Mode   // "" = the pack's
	Priority  *int
	Scope     Condition // nil = everything
	Percent   *float64  // of senders, by a stable hash
	Variables map[string]string
}

// Bound is a policy with one assignment: what is evaluated.
type Bound struct {
	*Policy
	Assignment
}

func (b *Bound) mode(rule Mode) Mode {
	m := b.Policy.Mode
	if b.Assignment.Mode != "" {
		m = b.Assignment.Mode
	}
	return Weaker(rule, m)
}

func (b *Bound) priority() int {
	if b.Assignment.Priority != nil {
		return *b.Assignment.Priority
	}
	return b.Policy.Priority
}

// inRamp reports whether a sender is among the percentage of senders that an
// assignment covers. The hash depends on the sender and the policy alone, so
// raising the percentage only adds senders.
func (b *Bound) inRamp(sender string) bool {
	if b.Percent == nil {
		return true
	}
	h := fnv.New64a()
	h.Write([]byte(strings.ToLower(sender) + "\x00" + b.Pack + "/" + b.ID))
	return float64(h.Sum64()%10000) < *b.Percent*100
}

// Exception takes senders or recipients out of rules until a day.
type Exception struct {
	strictyaml.Pos
	ID         string
	Rules      []string // "policy/rule", "policy/*"
	Who        Condition
	Until      string // YYYY-MM-DD, inclusive, UTC
	ApprovedBy string
	Reason     string
}

func (x Exception) covers(policy, rule string) bool {
	for _, r := range x.Rules {
		if r == policy+"/"+rule || r == policy+"/*" {
			return true
		}
	}
	return false
}

// EffectiveMode is the mode a rule runs in.
func (b Bound) EffectiveMode(r Rule) Mode { return b.mode(r.Mode) }

// EffectivePriority is the priority the policy runs with.
func (b Bound) EffectivePriority() int { return b.priority() }
