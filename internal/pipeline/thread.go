package pipeline

import (
	"slices"
	"strings"
	"time"

	"labelmilter/internal/facts"
	"labelmilter/internal/label"
	"labelmilter/internal/marking"
	"labelmilter/internal/message"
	"labelmilter/internal/plan"
)

// ThreadMode says what happens when a message is labelled below its thread.
type ThreadMode string

// The thread modes.
const (
	ThreadAllow     ThreadMode = "allow"     // nothing
	ThreadRecommend ThreadMode = "recommend" // the mismatch is recorded
	ThreadRaise     ThreadMode = "raise"     // the thread's label is the floor
	ThreadHold      ThreadMode = "hold"      // the outcome is hold, the thread's label its floor
)

// Thread says how a reply is kept from falling below its thread, and who may
// lower it all the same.
type Thread struct {
	Ledger        ThreadMode // by the high-water mark of the conversation; default raise
	Quoted        ThreadMode // by markings in quoted text; default recommend
	Declassifiers []string   // directory groups whose members may lower a label
	Justify       bool       // JustificationHeader from an authenticated internal sender lowers it
}

// JustificationHeader is the field by which a sender justifies a change of
// label. It is removed before delivery.
const JustificationHeader = plan.JustificationHeader

// FactThreadFloor is the fact with the label of the conversation's mark,
// FactSenderGroups that with the sender's directory groups.
const (
	FactThreadFloor  = "thread.floor"
	FactSenderGroups = "sender.groups"
)

// thread adds what the conversation says to the evidence.
func (p *Pipeline) thread(m *message.Message, f facts.Facts, s markingSet, e *label.Evidence) {
	down := p.mayLower(m, f) != ""
	for _, q := range s.quoted {
		if q.Outcome == label.Block && !down && (p.Thread.Quoted == ThreadHold || p.Thread.Quoted == ThreadRaise) && e.Held == "" {
			e.Held = "quoted text is " + q.Reason
		}
		if q.Label != "" {
			p.threadCandidate(e, p.Thread.Quoted, ThreadRecommend, down, label.Candidate{Label: q.Label, Source: label.FromThread, Reason: "quoted text is " + q.Reason})
		}
	}
	floor := f.Get(FactThreadFloor)
	l, ok := p.Rules.Catalogue.Get(label.ID(floor.Value))
	if floor.State != facts.Known || !ok {
		return
	}
	p.threadCandidate(e, p.Thread.Ledger, ThreadRaise, down, label.Candidate{Label: l.ID, Source: label.FromThread,
		Reason: "an earlier message of this conversation was " + l.Name})
	if len(s.header) == 0 && len(s.subject) == 0 {
		e.Conflicts = append(e.Conflicts, label.Conflict{Code: label.HeaderStripped, Kept: string(l.ID), Lost: []string{},
			Detail: "the conversation was marked, this message has neither header nor subject marking"})
	}
}

// threadCandidate puts a candidate where the mode wants it. With leave to
// lower it only remains as a recommendation.
func (p *Pipeline) threadCandidate(e *label.Evidence, mode, def ThreadMode, down bool, c label.Candidate) {
	if mode == "" {
		mode = def
	}
	if down && mode != ThreadAllow {
		mode = ThreadRecommend
	}
	switch mode {
	case ThreadRecommend:
		c.Recommend = true
		e.Rules = append(e.Rules, c)
	case ThreadRaise:
		e.Floor = append(e.Floor, c)
	case ThreadHold:
		l, _ := p.Rules.Catalogue.Get(c.Label)
		if e.Held == "" && p.topFloor(e) < l.Rank {
			e.Held = "labelled below its conversation: " + c.Reason
		}
		e.Floor = append(e.Floor, c)
	}
}

func (p *Pipeline) topFloor(e *label.Evidence) int {
	top := 0
	for _, c := range e.Floor {
		l, _ := p.Rules.Catalogue.Get(c.Label)
		top = max(top, l.Rank)
	}
	return top
}

// By what right a label is below its conversation.
const (
	ByDeclassifier  = "declassifier"
	ByJustification = "justification"
)

// mayLower says by what right the sender may go below the thread, "" for
// none: internal and known to be so, and either a declassifier or giving a
// justification.
func (p *Pipeline) mayLower(m *message.Message, f facts.Facts) string {
	if !p.Rules.Site.Trusted(m.Envelope) {
		return ""
	}
	if p.Thread.Justify && m.Envelope.AuthUser != "" && justification(m) != "" {
		return ByJustification
	}
	g := f.Get(FactSenderGroups)
	if g.State == facts.Known && slices.ContainsFunc(strings.Split(g.Value, ","), func(x string) bool {
		return slices.ContainsFunc(p.Thread.Declassifiers, func(d string) bool { return strings.EqualFold(strings.TrimSpace(x), d) })
	}) {
		return ByDeclassifier
	}
	return ""
}

func justification(m *message.Message) string {
	v, _ := m.Header.First(JustificationHeader)
	return strings.TrimSpace(message.DecodeField(v))
}

// lowered records by what right the label is below its conversation.
func (p *Pipeline) lowered(m *message.Message, f facts.Facts, a label.Assignment, l *Label) {
	if l == nil || a.Mismatch == nil || a.Mismatch.By != string(label.FromThread) {
		return
	}
	if l.LoweredBy = p.mayLower(m, f); l.LoweredBy == ByJustification {
		l.Justification = reason(justification(m))
	}
}

// quotedAbove records that quoted text is above the ceiling: no label stands
// for it, so that it can only show as a mismatch.
func quotedAbove(s markingSet, a *label.Assignment) {
	if a.Outcome == label.Block || a.Mismatch != nil {
		return
	}
	for _, q := range s.quoted {
		if q.Outcome == label.Block {
			a.Mismatch = &label.Mismatch{Wanted: string(label.Block), By: string(label.FromThread)}
			if a.Label != nil {
				a.Mismatch.Label = string(a.Label.ID)
			}
			return
		}
	}
}

// threadMark is the mark that the conversation gets of this message. Anyone
// who knows a Message-ID can refer to it: mail of senders who are not believed
// marks what answers it, never the conversation it claims to be part of.
func (p *Pipeline) threadMark(m *message.Message, f facts.Facts, s markingSet, a label.Assignment) *plan.ThreadMark {
	if a.Label == nil {
		return nil
	}
	ids, own := m.ThreadIDs()
	t := &plan.ThreadMark{IDs: ids, Label: a.Label.ID, Rank: a.Label.Rank, Lower: p.mayLower(m, f) != ""}
	if !p.Rules.Site.Trusted(m.Envelope) && !p.peer(m, f) {
		t.New = true
		t.IDs = nil
		if own {
			t.IDs = ids[len(ids)-1:]
		}
	}
	if len(t.IDs) == 0 {
		return nil
	}
	p.markFalls(s, t)
	return t
}

// markFalls notes when the mark falls: if every marking that calls for the
// label has an EXPIRES date, at the last of them.
func (p *Pipeline) markFalls(s markingSet, t *plan.ThreadMark) {
	if !p.Expire {
		return
	}
	for _, r := range s.reads {
		if r.x.Use != marking.Own || r.Label != t.Label {
			continue
		}
		at, dated := r.x.ExpiresAt()
		if !dated || r.fell || r.x.HasErrors() {
			t.Until, t.Then, t.ThenRank = time.Time{}, "", 0
			return
		}
		if after, ok := r.x.Released(at); ok {
			l, known := p.Rules.Catalogue.Get(p.Rules.Markings.Mapping.Map(after).Label)
			if known && l.Rank >= t.ThenRank {
				t.Then, t.ThenRank = l.ID, l.Rank
			}
			if at.After(t.Until) {
				t.Until = at
			}
		}
	}
	if t.Then == "" {
		t.Until = time.Time{}
	}
}
