// Package prove takes a rule set through every protective marking there can
// be, within stated bounds, and looks for one that it does not bring to
// exactly one outcome, brings below its class, or of which it loses what a
// label could say. Every case is a message that goes through the whole
// pipeline, so that packs which label by regular expressions are judged by
// the same measure as packs that read markings by grammar.
//
// What the outcome should be is worked out here from the label table alone,
// without the code under proof.
package prove

import (
	"cmp"
	"context"
	"fmt"
	"runtime"
	"slices"
	"strings"
	"sync"

	"labelmilter/internal/budget"
	"labelmilter/internal/facts"
	"labelmilter/internal/label"
	"labelmilter/internal/message"
	"labelmilter/internal/pipeline"
	"labelmilter/internal/rulepack"
)

// Form is where a case has its marking.
type Form string

// The forms.
const (
	InHeader  Form = "header"
	InSubject Form = "subject"
	InBody    Form = "body"
)

// Case is one marking in one place.
type Case struct {
	Form    Form
	Variant string   // how it is written, "" for the canonical way
	Scheme  string   // its scheme
	Class   string   // the class meant, canonical; "" for one that means nothing
	Written string   // the class as written
	Caveats []string // canonical, in order
	IMMs    []string
	DLM     string
	Text    string // the marking as it stands in the message
	mail    string
	// malformed: a part of it is not of the scheme, or not permitted.
	malformed bool
	past      bool // the class is historical
}

// size orders cases: fewest elements first, then the shortest text.
func (c *Case) size() int {
	n := len(c.Caveats) + len(c.IMMs)
	if c.DLM != "" {
		n++
	}
	if c.Variant != "" {
		n++
	}
	return n*1000 + len(c.Text)
}

// Got is what a case came to.
type Got struct {
	Outcome label.Outcome `json:"outcome"`
	Label   label.ID      `json:"label"`  // "" if none
	Others  []string      `json:"others"` // further labels that rules called for
}

// Example is a counterexample.
type Example struct {
	Form    Form   `json:"form"`
	Variant string `json:"variant"`
	Marking string `json:"marking"`
	Got     Got    `json:"got"`
	Want    string `json:"want"`
	at      int
	parts   []string
}

// Fault is one kind of counterexample.
type Fault struct {
	Code     string    `json:"code"`
	Meaning  string    `json:"meaning"`
	Count    int       `json:"count"`
	Examples []Example `json:"examples"` // minimal ones, the smallest first
}

// Report is what a proof came to.
type Report struct {
	Packs    []string              `json:"packs"`
	Scheme   string                `json:"scheme"`
	Cases    int                   `json:"cases"`
	Outcomes map[label.Outcome]int `json:"outcomes"`
	Failed   int                   `json:"failed"` // cases with at least one fault
	Faults   []Fault               `json:"faults"`
}

// OK reports whether the proof holds.
func (r Report) OK() bool { return r.Failed == 0 }

// Smallest is the smallest counterexample, if there is one.
func (r Report) Smallest() (Fault, Example, bool) {
	var f Fault
	var best Example
	ok := false
	for _, x := range r.Faults {
		if len(x.Examples) > 0 && (!ok || x.Examples[0].at < best.at) {
			f, best, ok = x, x.Examples[0], true
		}
	}
	return f, best, ok
}

// maxExamples bounds the counterexamples kept of one kind.
const maxExamples = 200

// Run proves a rule set. It fails only if a case cannot be judged at all.
func Run(ctx context.Context, rs *rulepack.Ruleset) (Report, error) {
	w := newWorld(rs)
	rep := Report{Scheme: w.scheme.ID, Outcomes: map[label.Outcome]int{}, Packs: []string{}, Faults: []Fault{}}
	for _, p := range rs.Packs {
		rep.Packs = append(rep.Packs, p.ID)
	}
	if len(rs.Catalogue.Labels()) == 0 {
		return rep, fmt.Errorf("prove: no loaded pack has labels")
	}
	cases := w.cases()
	got, err := judgeAll(ctx, rs, cases)
	if err != nil {
		return rep, err
	}
	rep.Cases = len(cases)
	kinds := map[string]*collector{}
	for i := range cases {
		rep.Outcomes[got[i].Outcome]++
		bad := w.check(&cases[i], got[i])
		if len(bad) > 0 {
			rep.Failed++
		}
		for _, b := range bad {
			k := kinds[b.code]
			if k == nil {
				k = &collector{}
				kinds[b.code] = k
			}
			k.add(&cases[i], got[i], b.want)
		}
	}
	for _, m := range meanings {
		if k := kinds[m.code]; k != nil {
			rep.Faults = append(rep.Faults, Fault{Code: m.code, Meaning: m.text, Count: k.n, Examples: k.minimal()})
		}
	}
	return rep, nil
}

// collector gathers the counterexamples of one kind.
type collector struct {
	n   int
	all []Example
}

func (k *collector) add(c *Case, g Got, want string) {
	k.n++
	parts := slices.Concat([]string{string(c.Form), "class " + c.Written}, c.Caveats, c.IMMs)
	if c.DLM != "" {
		parts = append(parts, "dlm "+c.DLM)
	}
	if c.Variant != "" {
		parts = append(parts, "variant "+c.Variant)
	}
	k.all = append(k.all, Example{Form: c.Form, Variant: c.Variant, Marking: c.Text, Got: g, Want: want, at: c.size(), parts: parts})
}

// minimal keeps the counterexamples that do not contain another one.
func (k *collector) minimal() []Example {
	slices.SortStableFunc(k.all, func(a, b Example) int { return cmp.Or(cmp.Compare(a.at, b.at), cmp.Compare(a.Marking, b.Marking)) })
	out := []Example{}
next:
	for _, e := range k.all {
		for _, o := range out {
			if subset(o.parts, e.parts) {
				continue next
			}
		}
		if out = append(out, e); len(out) == maxExamples {
			break
		}
	}
	return out
}

func subset(a, b []string) bool {
	for _, x := range a {
		if !slices.Contains(b, x) {
			return false
		}
	}
	return true
}

// judgeAll sends all cases through the pipeline.
func judgeAll(ctx context.Context, rs *rulepack.Ruleset, cases []Case) ([]Got, error) {
	p := &pipeline.Pipeline{Rules: rs, Limits: budget.Default()}
	got := make([]Got, len(cases))
	var wg sync.WaitGroup
	var once sync.Once
	var failed error
	n := runtime.GOMAXPROCS(0)
	for w := range n {
		wg.Go(func() {
			for i := w; i < len(cases) && ctx.Err() == nil; i += n {
				g, err := judge(ctx, p, cases[i].mail)
				if err != nil {
					once.Do(func() { failed = fmt.Errorf("prove: case %d: %w", i, err) })
					return
				}
				got[i] = g
			}
		})
	}
	wg.Wait()
	if failed == nil {
		failed = ctx.Err()
	}
	return got, failed
}

func judge(ctx context.Context, p *pipeline.Pipeline, mail string) (Got, error) {
	env := message.Envelope{MailFrom: "a@agency.gov.au", RcptTo: []string{"b@partner.gov.au"}, Direction: message.Inbound}
	m, err := message.Read(ctx, strings.NewReader(mail), env, message.Options{Limits: p.Limits})
	if err != nil {
		return Got{}, err
	}
	defer m.Close()
	r := p.Process(ctx, m, facts.Facts{})
	g := Got{Outcome: r.Outcome, Others: []string{}}
	if r.Label != nil {
		g.Label = r.Label.ID
	}
	for _, c := range r.Conflicts {
		if c.Code == label.SeveralLabelRules || c.Code == label.IncomparableLabels {
			for _, l := range c.Lost {
				id, _, _ := strings.Cut(l, " by ")
				if id != string(g.Label) && !slices.Contains(g.Others, id) {
					g.Others = append(g.Others, id)
				}
			}
		}
	}
	return g, nil
}
