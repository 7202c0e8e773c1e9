package policy

import (
	"fmt"
	"strings"
	"testing"

	"golang.org/x/net/idna"

	"labelmilter/internal/directory"
	"labelmilter/internal/facts"
	"labelmilter/internal/label"
	"labelmilter/internal/message"
)

func TestLookalike(t *testing.T) {
	t.Parallel()
	l := Lookalike{Domains: []string{"agency.gov.au", "example.org", "abc.au"}}
	puny, err := idna.Punycode.ToASCII("agenсy.gov.au")
	if err != nil || !strings.HasPrefix(puny, "xn--") {
		t.Fatal(puny, err)
	}
	for domain, want := range map[string]bool{
		"agency.gov.au": false, "mail.agency.gov.au": false, "other.gov.au": false, "": false,
		"agenсy.gov.au": true, // Cyrillic с
		puny:            true, "agency-gov.au": true, "agncy.gov.au": true, "agecny.gov.au": true, "agency.gov.au.evil.example": true,
		"examp1e.org": true, "exarnple.org": true, "ex-ample.org": true, "example.org-login.net": true, "abd.au": false,
	} {
		if got := l.fits(domain); got != want {
			t.Errorf("%q: %v, want %v (%q)", domain, got, want, skeleton(domain))
		}
	}
}

func relEval(t *testing.T, from string, to []string, lab *label.Label, f map[string]facts.Fact) *Evaluation {
	t.Helper()
	m, err := directory.Parse("p.csv", []byte("address,groups,team\na@x.example,staff,red\nb@x.example,,red\nc@x.example,,blue\n"))
	if err != nil {
		t.Fatal(err)
	}
	a := label.Assignment{Outcome: label.None}
	if lab != nil {
		a = label.Assignment{Outcome: label.Labelled, Label: lab}
	}
	return NewEvaluation(Input{Message: &message.Message{Envelope: message.Envelope{MailFrom: from, RcptTo: to}}, Label: a,
		Lists: NewLists(nil).WithPeople(m), Facts: facts.Facts{Named: f}})
}

func TestPeople(t *testing.T) {
	t.Parallel()
	to := []string{"b@x.example", "c@x.example", "nobody@y.example"}
	e := relEval(t, "A@x.example", to, nil, nil)
	same := Recipient{Match: AddressMatch{Same: []string{"team"}}}
	if got := e.names(same.eval(e)); len(got) != 1 || got[0] != "b@x.example" {
		t.Errorf("same team: %v", got)
	}
	staff := Sender{Match: AddressMatch{Group: []string{"staff"}}}
	if staff.eval(e).empty() {
		t.Error("the directory's group is not seen")
	}
	// A fact beats the directory; one that cannot be had is no member of anything.
	for _, f := range []facts.Fact{{State: facts.Known, Value: "guests"}, {State: facts.Unavailable, Reason: "timeout"}} {
		e := relEval(t, "a@x.example", to, nil, map[string]facts.Fact{"sender.groups": f})
		if !staff.eval(e).empty() {
			t.Errorf("%v: the directory speaks in place of the fact", f)
		}
	}
	// People without the attribute share nothing.
	e = relEval(t, "nobody@y.example", to, nil, nil)
	if !same.eval(e).empty() {
		t.Error("two without a team are in the same team")
	}
}

func TestRatings(t *testing.T) {
	t.Parallel()
	low, high := label.Label{ID: "low", Rank: 1}, label.Label{ID: "high", Rank: 2}
	yes := true
	below := Recipient{Match: AddressMatch{Rated: &yes, Ratings: Ratings{
		{low, AddressMatch{Domain: []string{"y.example"}}}, {high, AddressMatch{Address: []string{"b@x.example"}}}}}}
	to := []string{"b@x.example", "z@y.example", "u@unrated.example"}
	for _, tt := range []struct {
		lab  *label.Label
		want string
	}{{nil, ""}, {&low, "u@unrated.example"}, {&high, "z@y.example u@unrated.example"}} {
		e := relEval(t, "a@x.example", to, tt.lab, nil)
		if got := strings.Join(e.names(below.eval(e)), " "); got != tt.want {
			t.Errorf("%v: %q, want %q", tt.lab, got, tt.want)
		}
	}
	e := relEval(t, "a@x.example", to, nil, nil)
	e.Label = label.Assignment{Outcome: label.Block}
	if got := e.names(below.eval(e)); len(got) != 3 {
		t.Errorf("what is blocked is above every rating: %v", got)
	}
}

func TestScore(t *testing.T) {
	t.Parallel()
	e := relEval(t, "a@x.example", []string{"b@x.example", "z@y.example"}, nil, nil)
	internal := Recipient{Match: AddressMatch{Domain: []string{"x.example"}}}
	c := Score{AtLeast: 3, Of: []Scored{{3, All{}}, {2, Any{}}, {-1, internal}}}
	if got := e.names(c.eval(e)); len(got) != 1 || got[0] != "z@y.example" {
		t.Errorf("%v", got)
	}
}

func TestList(t *testing.T) {
	t.Parallel()
	l := NewList("l", []string{"B.example", "a.example", " b.example ", "*.c.example", ".d.example", "10.0.0.0/8", "*odd"})
	for v, want := range map[string]bool{"a.example": true, "B.EXAMPLE": true, "c.example": false, "x.c.example": true, "x.y.d.example": true, "": false, "*odd": true, "odd": false, "zz": false} {
		if l.Has(v) != want {
			t.Errorf("%q: %v", v, !want)
		}
	}
	if l.Len != 7 || len(l.Exact()) != 4 {
		t.Errorf("%d values, exact %q", l.Len, l.Exact())
	}
}

// BenchmarkLargeList reports the memory of a list of a million domains.
func BenchmarkLargeList(b *testing.B) {
	values := make([]string, 1_000_000)
	for i := range values {
		values[i] = fmt.Sprintf("mail-%d.customer.example", i*7919%1_000_003)
		if i%2 == 0 { // and its subdomains
			values[i] = "." + values[i]
		}
	}
	l := NewList("l", values)

	b.ReportAllocs()
	for b.Loop() {
		if !l.Has("mail-7919.customer.example") || !l.Has("a.mail-15838.customer.example") || l.Has("mail-x.customer.example") {
			b.Fatal("wrong")
		}
	}
	b.ReportMetric(float64(cap(l.ends)*4+len(l.text))/1e6, "MB")
}
