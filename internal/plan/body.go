package plan

import (
	"context"
	"errors"
	"slices"
	"strings"

	"labelmilter/internal/bodyedit"
	"labelmilter/internal/budget"
	"labelmilter/internal/detect"
	"labelmilter/internal/dkim"
	"labelmilter/internal/failpoint"
	"labelmilter/internal/label"
	"labelmilter/internal/message"
	"labelmilter/internal/policy"
	"labelmilter/internal/verdict"
)

// rounds is how often a redacted message is searched again for what more
// there is: a finding lists a bounded number of values.
const rounds = 4

// refusal is the answer that takes the place of an edit that cannot be made.
type refusal struct {
	rule int // index into the decision's rules
	verdict.Verdict
}

// bodyEdits collects what the effective rules want of the body.
type bodyEdits struct {
	edit    bodyedit.Edit
	banners []wanted // parallel to the first of edit.Banners
	redacts []wanted // parallel to edit.Redact
	removes []wanted
}

// wanted is an action and the rule that wants it.
type wanted struct {
	rule   int
	owner  string
	action policy.Action
}

// body edits the body as effective rules ask. A refusal is given if an edit
// that protects something cannot be made.
func (e *editor) body(in Input, only int) *refusal {
	w := e.wantedOf(in.Decision, only)
	w.edit.Banners = append(w.edit.Banners, e.banners...)
	strips := in.Strip.body(&w.edit)
	if len(w.edit.Banners)+len(w.redacts)+len(w.removes) == 0 && !strips {
		return nil
	}
	limits := budget.Default()
	if in.Decision.Seen != nil {
		limits = in.Decision.Seen.Limits
	}
	for i, r := range w.redacts { // those of Strip follow them
		if in.Decision.Seen != nil {
			w.edit.Redact[i].Values = values(in.Decision.Seen.Findings, r.action.Redact.Types, nil)
		}
	}
	failpoint.Here(failpoint.Edit)
	res, err := bodyedit.Apply(in.Message, w.edit, limits)
	for n := 0; err == nil && len(w.redacts) > 0; n++ {
		var more bool
		if more, err = w.searchAgain(in, res); !more || err != nil {
			break
		}
		if n == rounds {
			err = errLeft
			break
		}
		res, err = bodyedit.Apply(in.Message, w.edit, limits)
	}
	if err != nil {
		return w.fallback(err)
	}
	if res.Banner != nil {
		for _, b := range w.banners {
			if errors.Is(res.Banner, bodyedit.ErrProtected) && b.action.Banner.WhenSigned == policy.SignedReject {
				return &refusal{b.rule, verdict.Verdict{Disposition: verdict.Reject, Reply: verdict.Reply{Code: 550, Enhanced: "5.7.1",
					Text: "a required notice cannot be put into this message: it is signed or encrypted"}}}
			}
			e.conflicts = append(e.conflicts, label.Conflict{Code: label.ModificationOverridden, Kept: "message", Lost: []string{b.owner}, Detail: "body: " + res.Banner.Error()})
		}
		if len(e.banners) > 0 {
			e.conflicts = append(e.conflicts, label.Conflict{Code: label.ModificationOverridden, Kept: "message", Lost: []string{ourselves}, Detail: BannerRegion + ": " + res.Banner.Error()})
		}
	}
	if again, ok := e.keepSignatures(in, w, res, limits); ok {
		res = again
	}
	e.maskSubject(w.edit.Redact)
	if res.Body == nil {
		return nil
	}
	e.changes = append(e.changes, ofOp(res.Headers, verdict.ChangeHeader)...)
	e.deletes = append(e.deletes, ofOp(res.Headers, verdict.DeleteHeader)...)
	e.adds = append(e.adds, ofOp(res.Headers, verdict.AddHeader)...)
	e.bodies = append(e.bodies, verdict.Modification{Op: verdict.ReplaceBody, Body: res.Body})
	return nil
}

func ofOp(mods []verdict.Modification, op verdict.Op) []verdict.Modification {
	return slices.DeleteFunc(slices.Clone(mods), func(m verdict.Modification) bool { return m.Op != op })
}

// wantedOf gathers the body actions of effective rules; only one rule's if the
// message is held.
func (e *editor) wantedOf(d policy.Decision, only int) *bodyEdits {
	w := &bodyEdits{}
	for i, r := range d.Rules {
		if !r.Effective || only >= 0 && i != only {
			continue
		}
		for _, a := range r.Actions {
			x := wanted{i, r.Name(), a}
			switch {
			case a.Banner != nil:
				region := "body:top"
				if a.Banner.Bottom {
					region = "body:bottom"
				}
				if e.claim(region, x.owner) {
					w.banners = append(w.banners, x)
					w.edit.Banners = append(w.edit.Banners, bodyedit.Banner{Text: a.Banner.Text, HTML: a.Banner.HTML, Bottom: a.Banner.Bottom,
						Wrap: a.Banner.WhenSigned == policy.SignedWrap})
				}
			case a.Redact != nil:
				w.redacts = append(w.redacts, x)
				w.edit.Redact = append(w.edit.Redact, bodyedit.Redaction{Mask: a.Redact.Mask, Keep: a.Redact.Keep})
			case a.Remove != nil:
				w.removes = append(w.removes, x)
				w.edit.Remove = append(w.edit.Remove, bodyedit.Removal{Match: a.Remove.Fits, Notice: a.Remove.Notice})
			}
		}
	}
	return w
}

// values gives the distinct values of the findings of some types, in the form
// that is masked, without those in had.
func values(found []detect.Finding, types []policy.SITType, had []string) []string {
	seen := map[string]bool{}
	for _, v := range had {
		seen[v] = true
	}
	var out []string
	for _, f := range found {
		for _, t := range types {
			if f.Type != t.ID {
				continue
			}
			for _, i := range f.Instances {
				v := bodyedit.Key(i.Value.Reveal()) // to be masked
				if i.Confidence >= t.MinConfidence && v != "" && !seen[v] {
					seen[v] = true
					out = append(out, v)
				}
			}
		}
	}
	return out
}

// errLeft: the second search finds what was to be masked.
var errLeft = errors.New("something that was to be masked is still found")

// searchAgain looks for what is left in the message as it would go out. New
// values are added to the edit; a value that was masked and is still there is
// an error.
func (w *bodyEdits) searchAgain(in Input, res bodyedit.Result) (more bool, err error) {
	m, err := rebuilt(in, res, w.edit.Redact)
	if err != nil {
		return false, errLeft
	}
	defer m.Close()
	found, ok := in.Decision.Seen.Again(m)
	if !ok && len(in.Reasons) == 0 {
		return false, errLeft
	}
	for i, r := range w.redacts {
		fresh := values(found, r.action.Redact.Types, w.edit.Redact[i].Values)
		if len(fresh) == 0 && len(values(found, r.action.Redact.Types, nil)) > 0 {
			return false, errLeft
		}
		if len(fresh) > 0 {
			w.edit.Redact[i].Values = append(w.edit.Redact[i].Values, fresh...)
			more = true
		}
	}
	return more, nil
}

// rebuilt is the message as it would go out, as far as content goes.
func rebuilt(in Input, res bodyedit.Result, masks []bodyedit.Redaction) (*message.Message, error) {
	h := slices.Clone(in.Message.Header)
	for i, f := range h {
		if f.Is("Subject") {
			if s := message.DecodeField(f.Raw); bodyedit.Mask(masks, s) != s {
				h[i].Raw = " " + encode(bodyedit.Mask(masks, s))
			}
		}
	}
	h = edited(h, res.Headers)
	b := message.NewBuilder(message.Options{Limits: in.Decision.Seen.Limits})
	for _, f := range h {
		b.AddField(f.Name, f.Raw)
	}
	body := res.Body
	if body == nil {
		body = in.Message.Body
	}
	if _, err := b.Write(body); err != nil {
		b.Discard()
		return nil, err
	}
	return b.Finish(context.Background(), in.Message.Envelope)
}

// fallback is the answer in place of an edit that failed: the strictest that
// one of the rules names.
func (w *bodyEdits) fallback(err error) *refusal {
	var out *refusal
	try := func(rule int, d verdict.Disposition) {
		if d == "" {
			d = verdict.Quarantine
		}
		if out == nil || d.Restrictiveness() > out.Disposition.Restrictiveness() {
			out = &refusal{rule, verdict.Verdict{Disposition: d, Reason: "content could not be taken out: " + err.Error()}}
			if d == verdict.Reject {
				out.Reply = verdict.Reply{Code: 550, Enhanced: "5.7.1", Text: "content that may not be sent could not be taken out of this message"}
			}
		}
	}
	for _, r := range w.redacts {
		try(r.rule, r.action.Redact.Fallback)
	}
	for _, r := range w.removes {
		try(r.rule, r.action.Remove.Fallback)
	}
	return out
}

// keepSignatures leaves out banners that would break a DKIM signature whose
// body hash holds, where their rules ask for it (RFC 6376 3.7).
func (e *editor) keepSignatures(in Input, w *bodyEdits, res bodyedit.Result, l budget.Limits) (bodyedit.Result, bool) {
	if res.Body == nil || !slices.ContainsFunc(w.banners, func(b wanted) bool { return b.action.Banner.KeepDKIM }) {
		return res, false
	}
	breaks := slices.ContainsFunc(dkim.Preflight(in.Message.Header, in.Message.Body, append(slices.Clone(res.Headers), verdict.Modification{Op: verdict.ReplaceBody, Body: res.Body})),
		func(x dkim.Effect) bool { return x.Breaks && x.Signature.BodyHash == dkim.HashMatch })
	if !breaks {
		return res, false
	}
	edit := w.edit
	edit.Banners = slices.Clone(e.banners)
	for i, b := range w.banners {
		if !b.action.Banner.KeepDKIM {
			edit.Banners = append(edit.Banners, w.edit.Banners[i])
			continue
		}
		e.conflicts = append(e.conflicts, label.Conflict{Code: label.ModificationOverridden, Kept: "dkim-signature", Lost: []string{b.owner}, Detail: "body"})
	}
	again, err := bodyedit.Apply(in.Message, edit, l)
	return again, err == nil
}

// maskSubject masks values in the subject that is written.
func (e *editor) maskSubject(masks []bodyedit.Redaction) {
	if len(masks) == 0 {
		return
	}
	for i, m := range e.changes {
		if strings.EqualFold(m.Name, "Subject") {
			if s := message.DecodeField(m.Value); bodyedit.Mask(masks, s) != s {
				e.changes[i].Value = encode(bodyedit.Mask(masks, s))
			}
			return
		}
	}
	for i, f := range e.msg.Header.All("Subject") {
		if s := message.DecodeField(f.Raw); bodyedit.Mask(masks, s) != s {
			e.changes = append(e.changes, verdict.Modification{Op: verdict.ChangeHeader, Index: i + 1, Name: f.Name, Value: encode(bodyedit.Mask(masks, s))})
		}
	}
}
