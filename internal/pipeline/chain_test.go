package pipeline_test

import (
	"context"
	"encoding/base64"
	"fmt"
	"math/rand/v2"
	"mime"
	"strings"
	"testing"
	"time"

	"labelmilter/internal/assemble"
	"labelmilter/internal/budget"
	"labelmilter/internal/facts"
	"labelmilter/internal/label"
	"labelmilter/internal/marking"
	"labelmilter/internal/message"
	"labelmilter/internal/pipeline"
	"labelmilter/internal/policy"
	"labelmilter/internal/verdict"
)

// conversation plays the part of mail clients, of the ledger and of the MTA
// that carries out modifications.
type conversation struct {
	r      *rand.Rand
	p      *pipeline.Pipeline
	ledger map[string]label.Label
	n      int
	refs   []string
	head   message.Header // as delivered last
	body   string
}

var chainClasses = []string{"UNOFFICIAL", "OFFICIAL", "OFFICIAL:Sensitive", "OFFICIAL:Sensitive, ACCESS=Legal-Privilege",
	"OFFICIAL:Sensitive, ACCESS=Personal-Privacy", "PROTECTED", "PROTECTED, CAVEAT=SH:CABINET"}

// reply writes the next message as some client would: the subject prefixed,
// folded, re-encoded, its tags kept, doubled, changed or lost; the marking
// field dropped as clients do; the text quoted.
func (c *conversation) reply() (message.Header, string, string) {
	subject := "the budget"
	for _, f := range c.head {
		if f.Is("Subject") {
			subject = message.DecodeField(f.Raw)
		}
	}
	text := strings.TrimSpace(marking.StripSubject(subject))
	switch c.r.IntN(5) {
	case 0: // a tag of the sender's own choice
		subject = text + " [SEC=" + chainClasses[c.r.IntN(len(chainClasses))] + "]"
	case 1: // lost
		subject = text
	case 2: // one more
		subject += " [SEC=" + chainClasses[c.r.IntN(len(chainClasses))] + "]"
	}
	if c.n > 0 {
		subject = []string{"Re: ", "RE: ", "AW: ", "Fwd: ", ""}[c.r.IntN(5)] + subject
	}
	if c.r.IntN(4) == 0 {
		subject += " é"
	}
	id := fmt.Sprintf("<%d.%d@agency.gov.au>", c.n, c.r.Uint32())
	h := message.Header{
		{Name: "From", Raw: " carol@agency.gov.au"}, {Name: "To", Raw: " ben@entity.gov.au"},
		{Name: "Date", Raw: " Mon, 02 Nov 2026 09:14:00 +1100"}, {Name: "Message-ID", Raw: " " + id},
		{Name: "Subject", Raw: " " + c.encode(subject)},
	}
	if len(c.refs) > 0 && c.r.IntN(10) > 0 {
		h = append(h, message.Field{Name: "References", Raw: " " + strings.Join(c.refs[max(0, len(c.refs)-5):], "\n ")})
	}
	body := "my answer\n"
	if c.r.IntN(2) == 0 {
		body += "> " + strings.ReplaceAll(c.body, "\n", "\n> ") + "\n"
	}
	c.n++
	return h, body, id
}

func (c *conversation) encode(s string) string {
	switch c.r.IntN(4) {
	case 0:
		return mime.QEncoding.Encode("utf-8", s)
	case 1:
		return mime.BEncoding.Encode("utf-8", s)
	case 2: // split in the middle of everything, as some clients do
		var out []string
		for len(s) > 0 {
			n := min(len(s), 10+c.r.IntN(20))
			out = append(out, "=?utf-8?b?"+base64.StdEncoding.EncodeToString([]byte(s[:n]))+"?=")
			s = s[n:]
		}
		return strings.Join(out, "\n ")
	}
	if strings.ContainsFunc(s, func(r rune) bool { return r > '~' }) {
		return mime.QEncoding.Encode("utf-8", s)
	}
	if i := strings.LastIndexByte(s, ' '); i > 0 && c.r.IntN(2) == 0 {
		return s[:i] + "\n" + s[i:] // folded before the last word
	}
	return s
}

// apply carries out header modifications as an MTA does.
func apply(h message.Header, mods []verdict.Modification) message.Header {
	out := append(message.Header{}, h...)
	at := func(name string, index int) int {
		for i, f := range out {
			if f.Is(name) {
				if index--; index <= 0 {
					return i
				}
			}
		}
		return -1
	}
	for _, m := range mods {
		f := message.Field{Name: m.Name, Raw: " " + m.Value}
		switch m.Op {
		case verdict.InsertHeader:
			out = append(out[:m.Index:m.Index], append(message.Header{f}, out[m.Index:]...)...)
		case verdict.AddHeader:
			out = append(out, f)
		case verdict.ChangeHeader:
			if i := at(m.Name, m.Index); i >= 0 {
				out[i] = f
			} else {
				out = append(out, f)
			}
		case verdict.DeleteHeader:
			if i := at(m.Name, m.Index); i >= 0 {
				out = append(out[:i], out[i+1:]...)
			}
		}
	}
	return out
}

func (c *conversation) send(t *testing.T, h message.Header, body string) pipeline.Result {
	t.Helper()
	b := message.NewBuilder(message.Options{Limits: budget.Default()})
	for _, f := range h {
		b.AddField(f.Name, f.Raw)
	}
	if _, err := b.Write([]byte(body)); err != nil {
		t.Fatal(err)
	}
	m, err := b.Finish(context.Background(), message.Envelope{MailFrom: "carol@agency.gov.au", RcptTo: []string{"ben@entity.gov.au"}, AuthUser: "carol"})
	if err != nil {
		t.Fatal(err)
	}
	defer m.Close()
	floor := facts.Fact{State: facts.Absent}
	top := -1
	for _, id := range m.Before() {
		if l, ok := c.ledger[id]; ok && l.Rank > top {
			top, floor = l.Rank, facts.Fact{State: facts.Known, Value: string(l.ID)}
		}
	}
	r := c.p.Process(context.Background(), m, facts.Facts{Now: time.Date(2026, 11, 2, 0, 0, 0, 0, time.UTC),
		Named: map[string]facts.Fact{pipeline.FactThreadFloor: floor}})
	if r.Plan.Thread != nil {
		for _, id := range r.Plan.Thread.IDs {
			if l, ok := c.ledger[id]; !ok || l.Rank <= r.Plan.Thread.Rank {
				lab, _ := c.p.Rules.Catalogue.Get(r.Plan.Thread.Label)
				c.ledger[id] = lab
			}
		}
	}
	if floor.State == facts.Known && r.Verdict.Disposition == verdict.Accept {
		if r.Label == nil || r.Label.Rank < top {
			t.Fatalf("below the thread's %s: %+v", floor.Value, r.Label)
		}
	}
	return r
}

// TestReplyChains: conversations of any depth through clients of all kinds end
// with exactly one tag in every subject that is delivered, that of the label,
// and never below what an earlier message of the conversation was.
func TestReplyChains(t *testing.T) {
	site := &policy.Organisation{Domains: []string{"agency.gov.au"}}
	rs, ps := assemble.Rules(assemble.Options{Packs: []string{"au-pspf"}, Site: site})
	if ps.HasErrors() {
		t.Fatal(ps)
	}
	p := &pipeline.Pipeline{Rules: rs, Limits: budget.Default(), Write: []string{"X-Sensitivity-Label", "X-Protective-Marking", "subject"}}
	for seed := range uint64(1000) {
		c := &conversation{r: rand.New(rand.NewPCG(seed, 7)), p: p, ledger: map[string]label.Label{}}
		for range 1 + c.r.IntN(8) {
			h, body, id := c.reply()
			r := c.send(t, h, body)
			if r.Verdict.Disposition != verdict.Accept {
				continue // held or refused: not delivered, recorded
			}
			out := apply(h, r.Modifications)
			c.head, c.body = out, body
			c.refs = append(c.refs, id)
			if r.Label == nil || r.Label.ID == "" {
				continue
			}
			var subject string
			var fields []marking.Marking
			for _, f := range out {
				if f.Is("Subject") {
					subject = message.DecodeField(f.Raw)
				}
				if f.Is("X-Protective-Marking") {
					fields = append(fields, marking.ParseHeader(f.Raw))
				}
			}
			tags := marking.FindSubject(subject)
			if len(tags) != 1 {
				t.Fatalf("seed %d, step %d: %d tags in %q", seed, c.n, len(tags), subject)
			}
			l, _ := rs.Catalogue.Get(r.Label.ID)
			if got := tags[0].Marking.Classification; got != l.Marking.Classification {
				t.Fatalf("seed %d, step %d: tag %s, label %s, subject %q", seed, c.n, got, r.Label.ID, subject)
			}
			if len(fields) != 1 || fields[0].Classification != l.Marking.Classification || len(fields[0].Diagnostics) > 0 {
				t.Fatalf("seed %d, step %d: fields %+v, label %s", seed, c.n, fields, r.Label.ID)
			}
			// What goes out is not touched again.
			again := c.send(t, out, body)
			if len(again.Modifications) > 0 || again.Label.ID != r.Label.ID {
				t.Fatalf("seed %d, step %d: second pass changes %+v, label %s after %s", seed, c.n, again.Modifications, again.Label.ID, r.Label.ID)
			}
		}
	}
}
