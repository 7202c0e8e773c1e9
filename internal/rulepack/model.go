// Package rulepack reads rule packs: folders of YAML that define keywords,
// named lists, sensitive information types, labels, label rules, policies and
// exceptions. It checks everything, reports all problems at once with place
// and fix, and gives an immutable, compiled Ruleset with a digest.
package rulepack

import (
	"time"

	"labelmilter/internal/strictyaml"
)

// packMeta is pack.yaml.
type packMeta struct {
	strictyaml.Pos
	ID          string   `yaml:"id,required" doc:"unique name of the pack: lower case letters, digits and hyphens; the name of its folder"`
	Version     string   `yaml:"version,required" doc:"version of the pack, for people and the decision record" example:"1.0.0"`
	Description string   `yaml:"description,required" doc:"one line: what the pack is for"`
	Requires    []string `yaml:"requires" doc:"ids of packs that must be loaded too"`
	License     string   `yaml:"license" doc:"SPDX id of the licence" example:"Apache-2.0"`
	Attribution string   `yaml:"attribution" doc:"whose data the pack holds and under which terms"`
	Catalogue   string   `yaml:"catalogue" doc:"id of the label catalogue that the pack's labels form; default the pack's id"`
}

// fileY is any other YAML file of a pack.
type fileY struct {
	Keywords    []keywordsY    `yaml:"keywords" doc:"named keyword lists"`
	Lists       []listY        `yaml:"lists" doc:"named lists of domains, mailboxes or networks; a site replaces them with rules.lists"`
	SITs        []sitY         `yaml:"sits" doc:"sensitive information types"`
	EDMs        []edmY         `yaml:"edms" doc:"tables for exact data match; a site says with edm.stores where the store of each is"`
	Markings    *markingsY     `yaml:"markings" doc:"which protective marking schemes are read and what they mean"`
	Equivalence []equivalenceY `yaml:"equivalence" doc:"what classes of other marking schemes come to; a row of a later pack replaces an earlier one"`
	Labels      []labelY       `yaml:"labels" doc:"sensitivity labels; the labels of a pack form a catalogue"`
	LabelRules  []labelRuleY   `yaml:"label_rules" doc:"rules that set or recommend a label from conditions"`
	Policies    []policyY      `yaml:"policies" doc:"DLP policies"`
	Exceptions  []exceptionY   `yaml:"exceptions" doc:"exceptions to rules, with an end"`
	Templates   []templateY    `yaml:"templates" doc:"texts of notices, beside those that are built in"`
	Scopes      []scopeY       `yaml:"scopes" doc:"tables of who may get mail with which label; each becomes a policy"`
	Ratings     []ratingY      `yaml:"ratings" doc:"the highest label that domains and mailboxes may be sent, for rated_below_label"`
	Directories []directoryY   `yaml:"directories" doc:"files with people, their groups and attributes"`
}

type keywordsY struct {
	strictyaml.Pos
	ID    string   `yaml:"id,required" doc:"unique in the pack"`
	Words []string `yaml:"words,required" doc:"words or phrases"`
	Match string   `yaml:"match" enum:"word|string" default:"word" doc:"word: whole words; string: also inside words"`
	Case  string   `yaml:"case" enum:"insensitive|sensitive|capitals" default:"insensitive" doc:"whether case counts; capitals: as written or all in capitals"`
}

type listY struct {
	strictyaml.Pos
	ID          string   `yaml:"id,required" doc:"unique in the pack; conditions use it as {list: id}"`
	Description string   `yaml:"description" doc:"what belongs in the list"`
	Values      []string `yaml:"values" doc:"domains (\".example.com\" for subdomains), mailboxes or networks"`
}

type sitY struct {
	strictyaml.Pos
	ID          string     `yaml:"id,required" doc:"unique over all packs: the catalogue's slug"`
	Name        string     `yaml:"name,required" doc:"name shown to people"`
	Description string     `yaml:"description" doc:"what is detected, in plain words"`
	PurviewID   string     `yaml:"purview_id" doc:"GUID of the Purview type, for exchange with Purview"`
	Category    string     `yaml:"category" doc:"financial, tax, national-id, health, credentials …"`
	Country     string     `yaml:"country" doc:"ISO 3166-1 alpha-2 code"`
	Status      string     `yaml:"status" enum:"full|partial" default:"full" doc:"partial: something about the type is not known"`
	StatusWhy   string     `yaml:"status_reason" doc:"what is missing of a partial type"`
	Recommended confidence `yaml:"recommended_confidence" doc:"confidence that a condition asks for when it names none"`
	EDM         string     `yaml:"edm" doc:"exact data match: id of the table that what is found is looked up in"`
	Members     []string   `yaml:"members" doc:"bundle: the types it is the union of"`
	Patterns    []patternY `yaml:"patterns" doc:"ways to find it; the highest confidence that holds wins"`
	Exclude     *excludeY  `yaml:"exclude" doc:"values that never count"`
	Tests       *sitTestsY `yaml:"tests" doc:"texts that must and must not match"`
	References  []string   `yaml:"references" doc:"where the format is published"`
}

type sitTestsY struct {
	Match   []string `yaml:"match" doc:"texts in which the type is found"`
	NoMatch []string `yaml:"no_match" doc:"near misses: texts in which it is not found"`
}

type patternY struct {
	strictyaml.Pos
	Confidence confidence `yaml:"confidence,required" doc:"high (85), medium (75), low (65) or a number from 1 to 100"`
	Match      elementY   `yaml:"match,required" doc:"the primary element"`
	Before     []stepY    `yaml:"before" doc:"what stands before the primary element and joins it to be the match with it: steps from it outwards; matches are sought from left to right, and what joined one begins no other"`
	After      []stepY    `yaml:"after" doc:"what stands behind the primary element and joins it to be the match with it: steps from it outwards"`
	Near       *needY     `yaml:"near" doc:"supporting elements near the primary one"`
	Proximity  proximity  `yaml:"proximity" doc:"distance in characters for near; default 300; unlimited for anywhere in the text"`
}

// stepY is one step of what joins a primary element.
type stepY struct {
	strictyaml.Pos
	elementY `yaml:",inline"`
	Min      int      `yaml:"min" default:"1" min:"0" doc:"at least so many, one behind the other; 0: it may be missing"`
	Max      int      `yaml:"max" min:"0" max:"8" doc:"at most so many; default min, at least 1"`
	Between  []string `yaml:"between" doc:"texts that may stand before each of them, any case; a blank stands for white space within a line, \\n for white space with one line break; default one blank"`
	Links    []string `yaml:"links" doc:"ids of keyword lists: their words may stand between too, with a blank on either side"`
}

type elementY struct {
	strictyaml.Pos
	ID       string     `yaml:"id" doc:"what stands near or joins: what it is called as evidence; default for keywords their lists, else its place"`
	Regex    string     `yaml:"regex" doc:"regular expression (RE2 syntax; look-around is run by a bounded engine)"`
	Keywords []string   `yaml:"keywords" doc:"ids of keyword lists"`
	Words    []string   `yaml:"words" doc:"words or phrases given here"`
	Column   string     `yaml:"column" doc:"type with edm: column of the table; in near the value that the row has there"`
	Case     string     `yaml:"case" enum:"insensitive|sensitive" doc:"whether case counts; default for regex sensitive, for words insensitive"`
	Boundary string     `yaml:"boundary" enum:"word|regex|nothing" doc:"what must stand around a match; default for regex: regex (it says itself), for words: word"`
	SIT      string     `yaml:"sit" doc:"with column, in match: the type that finds the value; default: the column's found_by"`
	Least    confidence `yaml:"min_confidence" doc:"with column, in match: confidence with which the type must find it; default: any"`
	Validate []string   `yaml:"validate" doc:"checksum or format functions that must hold"`
	Exclude  *excludeY  `yaml:"exclude" doc:"values that do not count"`
}

type excludeY struct {
	Values     []string `yaml:"values" doc:"exact values after normalisation"`
	Prefixes   []string `yaml:"prefixes" doc:"text before the match, white space aside"`
	Suffixes   []string `yaml:"suffixes" doc:"text after the match, white space aside"`
	StartsWith []string `yaml:"starts_with" doc:"beginning of the value"`
	EndsWith   []string `yaml:"ends_with" doc:"end of the value"`
	Repeated   bool     `yaml:"repeated" doc:"values of one repeated digit"`
	Regex      string   `yaml:"regex" doc:"values of at most 256 characters that this matches as a whole"`
	PrecededBy string   `yaml:"preceded_by" doc:"regular expression for at most 32 characters that end where the match begins"`
	FollowedBy string   `yaml:"followed_by" doc:"regular expression for at most 32 characters that begin where the match ends"`
	Fields     []string `yaml:"fields" doc:"header fields of the message in which the type never counts; at a type only"`
}

// needY is a tree: all, any (with min and max), none, or one element.
type needY struct {
	strictyaml.Pos
	All      []needY `yaml:"all" doc:"all of these"`
	Any      []needY `yaml:"any" doc:"at least min (default 1) and at most max of these"`
	Min      int     `yaml:"min" min:"0" doc:"of any: at least so many"`
	Max      int     `yaml:"max" min:"0" doc:"of any: at most so many; 0 = no bound"`
	None     []needY `yaml:"none" doc:"none of these"`
	elementY `yaml:",inline"`
}

type labelY struct {
	strictyaml.Pos
	ID          string         `yaml:"id,required" doc:"unique in the catalogue"`
	Name        string         `yaml:"name,required" doc:"name of the label; Purview allows no colon"`
	DisplayName string         `yaml:"display_name" doc:"name shown to people"`
	Parent      string         `yaml:"parent" doc:"id of the label this is a sublabel of"`
	Rank        int            `yaml:"rank,required" min:"0" max:"1000000" doc:"higher is more sensitive"`
	GUID        string         `yaml:"guid" doc:"label id in Purview; set per site with labels.guids"`
	Published   bool           `yaml:"published" default:"true" doc:"false for a label kept for old mail only"`
	Marking     *labelMarkingY `yaml:"marking" doc:"the protective marking that stands for the label"`
	Banner      string         `yaml:"banner" doc:"text at the top of documents and bodies"`
	Description string         `yaml:"description" doc:"when to use it"`
}

type labelMarkingY struct {
	Classification string   `yaml:"classification,required" doc:"canonical spelling of the standard" example:"OFFICIAL:Sensitive"`
	Caveats        []string `yaml:"caveats" doc:"with their type" example:"[\"SH:CABINET\"]"`
	IMMs           []string `yaml:"imms" doc:"information management markers" example:"[Legal-Privilege]"`
}

type labelRuleY struct {
	strictyaml.Pos
	ID          string `yaml:"id,required" doc:"unique in the pack"`
	Label       string `yaml:"label,required" doc:"id of the label"`
	Description string `yaml:"description" doc:"the reason given for the label"`
	Apply       string `yaml:"apply" enum:"set|recommend" default:"set" doc:"set the label, or only recommend it"`
	Mode        string `yaml:"mode" enum:"off|simulate|simulate-with-notice|enforce" default:"enforce" doc:"a rule that is not enforced only recommends"`
	Replace     string `yaml:"replace" enum:"never|same-or-lower|always" default:"same-or-lower" doc:"which earlier automatic label it may replace"`
	When        *Cond  `yaml:"when,required" doc:"condition"`
	Except      *Cond  `yaml:"except" doc:"exception"`
}

type policyY struct {
	strictyaml.Pos
	ID          string  `yaml:"id,required" doc:"unique in the pack"`
	Description string  `yaml:"description" doc:"what it is for"`
	Mode        string  `yaml:"mode" enum:"off|simulate|simulate-with-notice|enforce" default:"enforce" doc:"what matching rules may do; a site changes it with rules.assign"`
	Priority    int     `yaml:"priority" default:"100" min:"0" max:"1000000" doc:"0 is first and wins ties"`
	When        *Cond   `yaml:"when" doc:"condition for all rules"`
	Rules       []ruleY `yaml:"rules,required" doc:"rules, all evaluated"`
}

type ruleY struct {
	strictyaml.Pos
	ID          string     `yaml:"id,required" doc:"unique in the policy"`
	Description string     `yaml:"description" doc:"what it is for"`
	Severity    string     `yaml:"severity" enum:"low|medium|high" doc:"for incidents and reports"`
	Mode        string     `yaml:"mode" enum:"off|simulate|simulate-with-notice|enforce" doc:"may only be weaker than the policy's"`
	When        *Cond      `yaml:"when" doc:"condition; none: always"`
	Except      *Cond      `yaml:"except" doc:"exception"`
	Then        []Act      `yaml:"then,required" doc:"actions, in order"`
	Stop        bool       `yaml:"stop" doc:"when effective, policies with a larger priority number are not evaluated"`
	Per         string     `yaml:"per" enum:"message|part" default:"message" doc:"part: conditions on content look at one component at a time, the message without its attachments or one attachment with all that is in it"`
	Override    *overrideY `yaml:"override" doc:"how a sender may get past the rule"`
	Recipients  string     `yaml:"recipients" enum:"all|drop" default:"all" doc:"what reject refuses: the whole message, or (drop) only the recipients the rule matched, with a notice to the sender; the whole message if the sender may not be written to"`
}

type overrideY struct {
	strictyaml.Pos
	With   []string      `yaml:"with,required" enum:"justification|none|false-positive|never" doc:"what is open to the sender: to justify, to send again without, to report a false positive; never: not lifted with other rules either"`
	Covers string        `yaml:"covers" enum:"all|listed" default:"all" doc:"what an override of this rule lifts: all rules that matched, or this one and those in rules"`
	Rules  []string      `yaml:"rules" doc:"policy/rule, for covers: listed"`
	Valid  time.Duration `yaml:"valid" min:"1m" max:"30d" default:"1d" doc:"how long the token in the reply is good"`
}

type exceptionY struct {
	strictyaml.Pos
	ID         string   `yaml:"id,required" doc:"unique in the pack"`
	Rules      []string `yaml:"rules,required" doc:"policy/rule or policy/*"`
	Who        *Cond    `yaml:"who,required" doc:"condition on sender or recipients"`
	Until      string   `yaml:"until,required" doc:"last day, YYYY-MM-DD (UTC)"`
	ApprovedBy string   `yaml:"approved_by,required" doc:"who allowed it"`
	Reason     string   `yaml:"reason,required" doc:"why"`
}
