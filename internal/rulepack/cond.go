package rulepack

import (
	"reflect"
	"strings"

	"labelmilter/internal/strictyaml"
)

// Cond is a condition as written: a map with one key.
type Cond struct {
	condY
	node *strictyaml.Node
}

// condY lists every key a condition can have.
type condY struct {
	strictyaml.Pos
	All []Cond `yaml:"all" doc:"all of these conditions"`
	Any []Cond `yaml:"any" doc:"at least one of these conditions"`
	Not *Cond  `yaml:"not" doc:"the condition does not hold"`
	NOf *nOfY  `yaml:"n_of" doc:"at least n of these conditions"`

	Direction      []string         `yaml:"direction" enum:"inbound|outbound|internal" doc:"where the message goes"`
	Sender         *addressY        `yaml:"sender" doc:"the envelope sender"`
	Recipient      *addressY        `yaml:"recipient" doc:"decides which recipients the rule matches"`
	AnyRecipient   *addressY        `yaml:"any_recipient" doc:"at least one recipient fits"`
	AllRecipients  *addressY        `yaml:"all_recipients" doc:"every recipient fits"`
	RecipientCount *span            `yaml:"recipient_count" doc:"number of recipients"`
	Header         *headerY         `yaml:"header" doc:"a header field, unfolded and decoded; all fields of the name"`
	Subject        *textY           `yaml:"subject" doc:"the subject, decoded"`
	Body           *textY           `yaml:"body" doc:"text of the body parts"`
	Text           *anyTextY        `yaml:"text" doc:"any text: subject, body, attachments, names, properties, hidden text"`
	SIT            *sitCondY        `yaml:"sit" doc:"sensitive information types found"`
	EDM            *edmCondY        `yaml:"edm" doc:"rows of tables found by exact data match"`
	Classifier     *strictyaml.Node `yaml:"classifier" doc:"trained classifier"`
	Marking        *markCondY       `yaml:"marking" doc:"a protective marking read in the message"`
	Label          *labelCondY      `yaml:"label" doc:"the label decided; block, and hold without a label, rank above every label"`
	Unlabelled     *bool            `yaml:"unlabelled" doc:"no label was decided"`
	Outcome        []string         `yaml:"outcome" enum:"label|none|hold|block" doc:"what labelling came to"`
	Attachment     *attachmentY     `yaml:"attachment" doc:"one attachment fits"`
	Inspection     *inspectionY     `yaml:"inspection" doc:"what was not fully inspected"`
	Message        *messageY        `yaml:"message" doc:"properties of the message"`
	Time           *timeY           `yaml:"time" doc:"time of day and week"`
	Conflict       []string         `yaml:"conflict" doc:"a conflict found while labelling"`
	Fact           *factY           `yaml:"fact" doc:"state of a fact known beside the message"`
	SenderRate     *rateY           `yaml:"sender_rate" doc:"how much the sender sent within a time, this message included"`
	ThreadGrowth   *span            `yaml:"thread_growth" doc:"so many more recipients than any earlier message of the conversation had"`
	Score          *scoreY          `yaml:"score" doc:"the points of the conditions that hold come to enough"`
}

type nOfY struct {
	N  int    `yaml:"n,required" min:"1" doc:"how many must hold"`
	Of []Cond `yaml:"of,required" doc:"conditions"`
}

type addressY struct {
	strictyaml.Pos
	Address       *values             `yaml:"address" doc:"mailboxes; * as wildcard"`
	Domain        *values             `yaml:"domain" doc:"mail domains; .example.com for subdomains"`
	Group         []string            `yaml:"group" doc:"directory groups"`
	Attribute     map[string][]string `yaml:"attribute" doc:"directory attributes, each with alternatives; * as wildcard"`
	Words         wordsY              `yaml:"words" doc:"whole words in the address, or {keywords: id}"`
	Matches       patternsY           `yaml:"matches" doc:"regular expressions, searched in the address, case-sensitive"`
	In            string              `yaml:"in" enum:"envelope|header|either" doc:"which address (sender only): MAIL FROM, the From field, or one of the two; default envelope"`
	Network       *values             `yaml:"network" doc:"client networks (sender only)"`
	Authenticated *bool               `yaml:"authenticated" doc:"SASL login (sender only)"`
	Internal      *bool               `yaml:"internal" doc:"domain of the organisation"`
	Same          []string            `yaml:"same" doc:"attributes, or groups, of which it shares a value with the sender"`
	Rated         *bool               `yaml:"rated_below_label" doc:"the label is above what the ratings allow it"`
	FirstTime     *bool               `yaml:"first_time" doc:"the sender never wrote to it before, as far as is remembered (recipient only)"`
	Manager       *bool               `yaml:"manager_of_sender" doc:"it is the sender's manager, by the directory (recipient only)"`
	Lookalike     *lookalikeY         `yaml:"lookalike" doc:"the domain looks like one of these and is none of them"`
	Not           *addressY           `yaml:"not" doc:"does not fit this"`
}

type textY struct {
	strictyaml.Pos
	Words   wordsY    `yaml:"words" doc:"whole words or phrases, case-insensitive, or {keywords: id}"`
	Matches patternsY `yaml:"matches" doc:"regular expressions, searched, case-sensitive"`
}

// wordsY is a list of words or a reference to keyword lists.
type wordsY struct {
	Words    []string
	Keywords []string
	node     *strictyaml.Node
}

func (w *wordsY) DecodeYAML(d *strictyaml.Decoder, n *strictyaml.Node) {
	w.node = n
	if n.Kind() == strictyaml.Map {
		if d.Keys(n, "keywords") {
			d.Decode(n.Get("keywords"), &w.Keywords)
		}
		return
	}
	d.Decode(n, &w.Words)
}

// JSONSchema implements strictyaml.Schemer.
func (*wordsY) JSONSchema() map[string]any {
	str := strictyaml.ListOf(map[string]any{"type": "string"})
	return map[string]any{"anyOf": []any{str, map[string]any{"type": "object", "additionalProperties": false,
		"properties": map[string]any{"keywords": str}, "required": []any{"keywords"}}}}
}

// anyTextY is text in chosen places.
type anyTextY struct {
	textY `yaml:",inline"`
	Where []string `yaml:"where" enum:"subject|body|attachment|name|property|hidden" doc:"only in these places"`
}

// patternsY is regular expressions with their places.
type patternsY struct {
	Exprs []string
	node  *strictyaml.Node
}

func (p *patternsY) DecodeYAML(d *strictyaml.Decoder, n *strictyaml.Node) {
	p.node = n
	d.Decode(n, &p.Exprs)
}

// JSONSchema implements strictyaml.Schemer.
func (*patternsY) JSONSchema() map[string]any {
	return strictyaml.ListOf(map[string]any{"type": "string"})
}

type headerY struct {
	Name   string `yaml:"name,required" doc:"field name, any case"`
	Exists *bool  `yaml:"exists" doc:"the field is there"`
	textY  `yaml:",inline"`
}

type sitCondY struct {
	strictyaml.Pos
	Type          []string   `yaml:"type,required" doc:"ids of types; alternatives, counted together"`
	MinUnique     *int       `yaml:"min_unique" min:"0" doc:"at least so many distinct values; default 1"`
	MaxUnique     int        `yaml:"max_unique" min:"0" doc:"at most so many; 0 = no bound"`
	MinConfidence confidence `yaml:"min_confidence" doc:"default: what the type recommends, else medium"`
	Per           string     `yaml:"per" enum:"message|part" default:"message" doc:"count over the whole message, or in each part alone"`
	Where         []string   `yaml:"where" enum:"header|subject|body|attachment|name|property|hidden" doc:"count only what stands in these places"`
}

type markCondY struct {
	Scheme         []string `yaml:"scheme" doc:"marking standards"`
	Classification []string `yaml:"classification" doc:"classes in canonical spelling"`
	IMM            []string `yaml:"imm" doc:"information management markers"`
	Caveat         []string `yaml:"caveat" doc:"caveats with their type, SH:CABINET"`
	Diagnostic     []string `yaml:"diagnostic" doc:"codes of what is wrong with the marking"`
	Source         []string `yaml:"source" enum:"header|subject|body|attachment|property" doc:"where it was read; default: any, own use only"`
}

type labelCondY struct {
	Is           []string `yaml:"is" doc:"ids of labels"`
	AtLeast      string   `yaml:"at_least" doc:"this label or one that ranks higher"`
	AtMost       string   `yaml:"at_most" doc:"this label or one that ranks lower, or no label"`
	BelowContent bool     `yaml:"below_content" doc:"the label is below what content, documents or thread call for"`
}

type inspectionY struct {
	Incomplete *bool    `yaml:"incomplete" doc:"something was not fully inspected"`
	Reason     []string `yaml:"reason" doc:"one of these reasons"`
}

type messageY struct {
	Kind       []string `yaml:"kind" enum:"auto-reply|auto-forward|calendar|delivery-report|encrypted|list|read-receipt|rights-protected|signed|voicemail" doc:"kind of message"`
	Importance []string `yaml:"importance" enum:"high|normal|low" doc:"importance set by the sender"`
	Charset    []string `yaml:"charset" doc:"declared charset of any part"`
	Size       *span    `yaml:"size" doc:"bytes, header included"`
}

type timeY struct {
	Window []string `yaml:"window,required" doc:"\"Mon-Fri 08:00-18:00\", \"22:00-06:00\", \"Sat,Sun\""`
	Zone   string   `yaml:"zone" default:"UTC" doc:"IANA time zone" example:"Australia/Sydney"`
}

type factY struct {
	Name    string   `yaml:"name,required" doc:"name of the fact"`
	State   []string `yaml:"state" enum:"value|absent|unavailable" doc:"one of these states; default value"`
	Is      []string `yaml:"is" doc:"one of these values, any case"`
	AtLeast *int64   `yaml:"at_least" doc:"a number not below this"`
	AtMost  *int64   `yaml:"at_most" doc:"a number not above this"`
}

type rateY struct {
	strictyaml.Pos
	Of     string `yaml:"of" enum:"messages|recipients|bytes" default:"messages" doc:"what is counted"`
	Within string `yaml:"within,required" enum:"10m|1h|24h|7d" doc:"how far back"`
	Amount *span  `yaml:"amount,required" doc:"how many, or how many bytes"`
}

// DecodeYAML implements strictyaml.Unmarshaler.
func (c *Cond) DecodeYAML(d *strictyaml.Decoder, n *strictyaml.Node) {
	c.node = n
	if !d.Want(n, strictyaml.Map) {
		return
	}
	switch len(n.Entries()) {
	case 0:
		d.Problem(n, "leave the condition out to match always", "empty condition")
		return
	case 1:
	default:
		d.Problem(n, "put the conditions into a list under all: or any:", "a condition has one key, this has %d", len(n.Entries()))
	}
	d.Decode(n, &c.condY)
}

// BuildSchema implements strictyaml.SchemaBuilder.
func (*Cond) BuildSchema(g *strictyaml.SchemaGenerator) map[string]any {
	return map[string]any{"allOf": []any{g.Ref(condY{})}, "minProperties": 1, "maxProperties": 1}
}

// Act is an action as written: a word, or a map with one key.
type Act struct {
	actY
	kind string
	node *strictyaml.Node
}

type actY struct {
	strictyaml.Pos
	Accept          *emptyY      `yaml:"accept" doc:"let it pass"`
	Reject          *replyY      `yaml:"reject" doc:"refuse for good (5xx)"`
	TempFail        *replyY      `yaml:"tempfail" doc:"refuse for now (4xx)"`
	Discard         *emptyY      `yaml:"discard" doc:"take it and drop it"`
	Quarantine      *quarantineY `yaml:"quarantine" doc:"hold it for review"`
	AddHeader       *setHeaderY  `yaml:"add_header" doc:"add a header field"`
	ChangeHeader    *setHeaderY  `yaml:"change_header" doc:"set a header field, whatever was there"`
	DeleteHeader    *nameY       `yaml:"delete_header" doc:"remove all header fields of a name"`
	SubjectPrefix   *textActY    `yaml:"subject_prefix" doc:"put text before the subject, once"`
	SubjectSuffix   *textActY    `yaml:"subject_suffix" doc:"put text behind the subject, once"`
	AddRecipient    []string     `yaml:"add_recipient" doc:"add recipients: mailboxes, or manager"`
	DeleteRecipient *emptyY      `yaml:"delete_recipient" doc:"remove the recipients the rule matched"`
	SetLabel        string       `yaml:"set_label" doc:"raise the label that is written"`
	Notify          *notifyY     `yaml:"notify" doc:"send a notice"`
	Incident        *incidentY   `yaml:"incident" doc:"open an incident"`
	Banner          *bannerY     `yaml:"banner" doc:"put text at the top of the body, once"`
	Disclaimer      *bannerY     `yaml:"disclaimer" doc:"put text at the bottom of the body, once"`
	Redact          *redactY     `yaml:"redact" doc:"mask the values of types in subject, text, HTML and CSV; a second search must find none"`
	RemoveAtt       *removeY     `yaml:"remove_attachment" doc:"put a notice in the place of attachments"`
	Redirect        []string     `yaml:"redirect" doc:"send it to these (mailboxes, or manager) instead of the recipients the rule matched; held if nobody is known"`
	Bcc             []string     `yaml:"bcc" doc:"send it to these (mailboxes, or manager) too; nothing in the message shows it"`
	Route           string       `yaml:"route" doc:"write X-Labelmilter-Route with this name, for the MTA to choose the way by"`
	RequireTLS      *emptyY      `yaml:"require_tls" doc:"route: tls"`
	Encrypt         *encryptY    `yaml:"encrypt" doc:"encrypt it by S/MIME to the certificates of all recipients, which smime.certificates of the configuration holds"`
}

// emptyY takes no value, true, or an empty map.
type emptyY struct{}

func (*emptyY) DecodeYAML(d *strictyaml.Decoder, n *strictyaml.Node) {
	if n.Kind() == strictyaml.Null || n.Kind() == strictyaml.Bool && n.Text() == "true" || n.Kind() == strictyaml.Map && len(n.Entries()) == 0 {
		return
	}
	d.Problem(n, "write the action alone, or true", "this action takes no value")
}

// JSONSchema implements strictyaml.Schemer.
func (*emptyY) JSONSchema() map[string]any {
	return map[string]any{"anyOf": []any{map[string]any{"type": "null"}, map[string]any{"const": true},
		map[string]any{"type": "object", "maxProperties": 0}}}
}

type replyY struct {
	Text      string            `yaml:"text" doc:"text of the reply; {{reason}}, {{label}}, {{policy}}, {{rule}}, {{direction}}, {{incident}}, {{types}}, {{severity}}, {{organisation}} and variables of the assignment are filled in; {{hint}} and {{override}} choose the place of what otherwise follows the text"`
	Languages map[string]string `yaml:"languages" doc:"the text in other languages, by code; the sender's is the directory attribute language, else organisation.languages" example:"{de: \"...\"}"`
	Hint      *bool             `yaml:"hint" doc:"tell a sender of our own what would have passed; default true"`
	Code      int               `yaml:"code" min:"400" max:"599" doc:"SMTP code; default 550, for tempfail 451"`
	Enhanced  string            `yaml:"enhanced" doc:"enhanced status code (RFC 3463); default 5.7.1, for tempfail 4.7.1" example:"5.7.1"`
}

type quarantineY struct {
	Reason string `yaml:"reason" doc:"shown in the queue and the record"`
}

type setHeaderY struct {
	Name  string `yaml:"name,required" doc:"field name"`
	Value string `yaml:"value,required" doc:"field value"`
}

type nameY struct {
	Name string `yaml:"name,required" doc:"field name"`
}

type notifyY struct {
	To       []string `yaml:"to,required" doc:"mailboxes; sender; manager: the sender's manager, by the directory"`
	Or       []string `yaml:"or" doc:"mailboxes that get it if nobody of to is known"`
	Template string   `yaml:"template" default:"incident" doc:"template of the notice"`
}

type incidentY struct {
	Severity string `yaml:"severity" enum:"low|medium|high" doc:"default: the rule's"`
}

// textActY is a text alone or {text: …}.
type textActY struct{ Text string }

func (t *textActY) DecodeYAML(d *strictyaml.Decoder, n *strictyaml.Node) {
	if n.Kind() == strictyaml.Map {
		if d.Keys(n, "text") {
			t.Text = n.Get("text").Text()
		}
	} else if n.IsScalar() {
		t.Text = n.Text()
	} else {
		d.Want(n, strictyaml.String, strictyaml.Map)
	}
	if t.Text == "" {
		d.Problem(n, "", "want a text")
	}
}

// JSONSchema implements strictyaml.Schemer.
func (*textActY) JSONSchema() map[string]any {
	str := map[string]any{"type": "string"}
	return map[string]any{"anyOf": []any{str, map[string]any{"type": "object", "additionalProperties": false,
		"properties": map[string]any{"text": str}, "required": []any{"text"}}}}
}

// bare are the actions that can be written as a word alone.
var bare = []string{"accept", "reject", "tempfail", "discard", "quarantine", "delete_recipient", "incident", "require_tls", "encrypt"}

// DecodeYAML implements strictyaml.Unmarshaler.
func (a *Act) DecodeYAML(d *strictyaml.Decoder, n *strictyaml.Node) {
	a.node = n
	if n.Kind() == strictyaml.String {
		if d.OneOf(n, "action", n.Text(), bare) {
			a.kind = n.Text()
		}
		return
	}
	if !d.Want(n, strictyaml.Map, strictyaml.String) {
		return
	}
	if len(n.Entries()) != 1 {
		d.Problem(n, "write each action as its own list item", "an action has one key, this has %d", len(n.Entries()))
		return
	}
	a.kind = n.Entries()[0].Key.Text()
	d.Decode(n, &a.actY)
}

// BuildSchema implements strictyaml.SchemaBuilder.
func (*Act) BuildSchema(g *strictyaml.SchemaGenerator) map[string]any {
	words := make([]any, len(bare))
	for i, w := range bare {
		words[i] = w
	}
	return map[string]any{"anyOf": []any{map[string]any{"enum": words},
		map[string]any{"allOf": []any{g.Ref(actY{})}, "minProperties": 1, "maxProperties": 1}}}
}

// ConditionKeys gives the keys that a condition can have.
func ConditionKeys() []string { return keysOf(reflect.TypeFor[condY]()) }

// AddressKeys gives the keys of a condition on a mailbox.
func AddressKeys() []string { return keysOf(reflect.TypeFor[addressY]()) }

func keysOf(t reflect.Type) []string {
	var out []string
	for i := range t.NumField() {
		if key, _, _ := strings.Cut(t.Field(i).Tag.Get("yaml"), ","); key != "" {
			out = append(out, key)
		}
	}
	return out
}
