package policy

import (
	"fmt"
	"testing"

	"labelmilter/internal/budget"
	"labelmilter/internal/detect"
	"labelmilter/internal/extract"
	"labelmilter/internal/message"
)

// BenchmarkDecide decides 500 policies of 20 rules on a message with 50
// findings and 5 recipients; a fiftieth of the rules match.
func BenchmarkDecide(b *testing.B) {
	in := Input{Message: &message.Message{Envelope: message.Envelope{MailFrom: "kim@agency.example", RcptTo: []string{
		"a@x.example", "b@y.example", "c@agency.example", "d@z.example", "e@x.example"}}}, Direction: message.Outbound, Limits: budget.Default(),
		Lists: NewLists(map[string][]string{"cleared": {"x.example", "y.example"}})}
	for i := range 50 {
		f := detect.Finding{Type: fmt.Sprintf("type-%d", i), Kind: "sit", Confidence: 85, Count: 1, Unique: 1, Part: "1", Where: extract.InBody,
			Instances: []detect.Instance{{Confidence: 85}}}
		in.Findings = append(in.Findings, f)
	}
	var bound []Bound
	for p := range 500 {
		pol := &Policy{Pack: "b", ID: fmt.Sprintf("p%d", p), Mode: Enforce, Priority: p, When: DirectionIs{Of: []message.Direction{message.Outbound}}}
		for r := range 20 {
			n := p*20 + r
			least := 3
			if n%50 == 0 {
				least = 1
			}
			pol.Rules = append(pol.Rules, Rule{ID: fmt.Sprintf("r%d", r), When: All{
				SIT{Types: []SITType{{ID: fmt.Sprintf("type-%d", n%100), MinConfidence: 75}}, MinUnique: least},
				Recipient{Match: AddressMatch{Not: &AddressMatch{DomainList: "cleared"}}},
			}, Then: []Action{{Kind: ActIncident}}})
		}
		bound = append(bound, Bound{Policy: pol})
	}
	s := NewSet(bound, nil, nil)
	b.ReportAllocs()
	matched := 0
	for b.Loop() {
		d := s.Decide(NewEvaluation(in), false)
		matched = 0
		for _, r := range d.Rules {
			if r.Matched {
				matched++
			}
		}
	}
	b.ReportMetric(float64(matched), "matched")
}

// BenchmarkDecideParts decides 100 rules that look at each part alone on a
// message with 5,000 attachments, the most there can be.
func BenchmarkDecideParts(b *testing.B) {
	in := Input{Message: &message.Message{Envelope: message.Envelope{MailFrom: "kim@agency.example", RcptTo: []string{"a@x.example"}},
		Root: &message.Part{Type: "multipart/mixed"}}, Limits: budget.Default()}
	for i := range 5_000 {
		path := fmt.Sprint(i + 1)
		in.Message.Root.Children = append(in.Message.Root.Children, &message.Part{Path: path, Type: "application/pdf", Disp: "attachment"})
		in.Extract.Parts = append(in.Extract.Parts, extract.PartInfo{Part: path, Type: "application/pdf"})
		in.Extract.Texts = append(in.Extract.Texts, extract.Text{Part: path, Where: extract.InAttachment, Body: "x"})
		in.Findings = append(in.Findings, detect.Finding{Type: "card", Confidence: 85, Unique: 1, Part: path, Where: extract.InAttachment, Instances: []detect.Instance{{Confidence: 85}}})
	}
	p := &Policy{ID: "p", Mode: Enforce}
	for r := range 100 {
		p.Rules = append(p.Rules, Rule{ID: fmt.Sprint("r", r), PerPart: true, When: All{SIT{Types: []SITType{{ID: "card", MinConfidence: 75}}, MinUnique: 1}, Attachment{Extension: []string{"exe"}}}, Then: []Action{{Kind: ActIncident}}})
	}
	s := NewSet([]Bound{{Policy: p}}, nil, nil)
	b.ReportAllocs()
	for b.Loop() {
		s.Decide(NewEvaluation(in), false)
	}
}
