package replay

import (
	"context"
	"fmt"
	"io"
	"maps"
	"os"
	"sync"
	"time"

	"labelmilter/internal/authres"
	"labelmilter/internal/facts"
	"labelmilter/internal/fixture"
	"labelmilter/internal/message"
	"labelmilter/internal/pipeline"
	"labelmilter/internal/strictyaml"
)

// Pipelines gives the pipeline for an expectation's packs, catalogue and
// organisation; w is nil for a message without expectation. It must be safe
// for concurrent use.
type Pipelines interface {
	Pipeline(w *fixture.Want) (*pipeline.Pipeline, strictyaml.Problems)
}

// Options steer a run.
type Options struct {
	Pipelines    Pipelines
	Message      message.Options
	Envelope     message.Envelope // given by flags; MailFrom and RcptTo count when GivenFrom, GivenRcpt
	GivenFrom    bool
	GivenRcpt    bool
	Now          time.Time // zero: the message's Date
	Expectations bool      // read sibling expectations
	Require      bool      // a missing expectation is a failure
	Update       bool
	Timing       bool // fill duration_us
	Jobs         int
	Stdin        io.Reader
}

// Outcome is what came of one message.
type Outcome struct {
	Item       Item
	Result     pipeline.Result
	Err        error               // it could not be read or judged
	Problems   strictyaml.Problems // of its expectation or packs
	WantFile   string              // "" if none was looked for
	Missing    bool                // the expectation is missing
	Mismatches []fixture.Mismatch
	Updated    bool
	Left       int // differences that an update could not write
	Took       time.Duration
}

// OK reports whether the message was judged and met its expectation.
func (o Outcome) OK() bool {
	return o.Err == nil && !o.Problems.HasErrors() && !o.Missing && len(o.Mismatches) == 0
}

// Run judges all items, several at a time, and calls each with the outcomes in
// the items' order.
func Run(ctx context.Context, items []Item, o Options, each func(Outcome)) {
	jobs := max(o.Jobs, 1)
	out := make([]chan Outcome, len(items))
	for i := range out {
		out[i] = make(chan Outcome, 1)
	}
	slots := make(chan struct{}, jobs*4) // results waiting to be written are bounded too
	next := make(chan int)
	var wg sync.WaitGroup
	for range jobs {
		wg.Add(1)
		go func() {
			defer wg.Done()
			for i := range next {
				out[i] <- Judge(ctx, items[i], o)
			}
		}()
	}
	go func() {
		defer close(next)
		for i := range items {
			slots <- struct{}{}
			next <- i
		}
	}()
	for i := range items {
		each(<-out[i])
		<-slots
	}
	wg.Wait()
}

// Judge judges one item. A panic becomes its error: one message must not end
// a run over many.
func Judge(ctx context.Context, it Item, o Options) (out Outcome) {
	start := time.Now()
	out.Item = it
	defer func() {
		out.Took = time.Since(start)
		if v := recover(); v != nil {
			out.Err = fmt.Errorf("judging failed: internal error (%T)", v)
		}
	}()
	if out.Err = it.err; out.Err == nil {
		out.Err = ctx.Err()
	}
	if out.Err != nil {
		return out
	}
	want := out.expectation(o)
	if out.Err != nil || out.Problems.HasErrors() {
		return out
	}
	p, problems := o.Pipelines.Pipeline(want)
	if problems.HasErrors() {
		out.Problems = problems
		return out
	}
	m, err := read(ctx, it, o, want)
	if err != nil {
		out.Err = err
		return out
	}
	defer m.Close()
	out.Result = p.Process(ctx, m, Facts(m, o.Now, want, p.Trust.Verifiers))
	out.Result.File = it.File
	if o.Timing {
		us := time.Since(start).Microseconds()
		out.Result.DurationUS = &us
	}
	if want != nil && o.Expectations {
		out.Mismatches, out.Err = want.Compare(out.Result)
		if o.Update && len(out.Mismatches) > 0 {
			out.update()
		}
	}
	return out
}

func (out *Outcome) expectation(o Options) *fixture.Want {
	out.WantFile = out.Item.WantFile()
	if !o.Expectations {
		return nil
	}
	if out.WantFile == "" {
		out.Missing = o.Require
		return nil
	}
	w, ps, ok, err := fixture.Load(out.Item.path)
	if err != nil {
		out.Err = err
		return nil
	}
	out.Problems = ps
	if !ok {
		out.Missing = o.Require
		return nil
	}
	return w
}

func (out *Outcome) update() {
	text, err := os.ReadFile(out.WantFile)
	if err != nil {
		out.Err = err
		return
	}
	text, out.Left = fixture.Update(text, out.Mismatches)
	if len(out.Mismatches) > out.Left {
		if err := os.WriteFile(out.WantFile, text, 0o644); err != nil {
			out.Err = err
			return
		}
		out.Updated = true
	}
}

func read(ctx context.Context, it Item, o Options, w *fixture.Want) (*message.Message, error) {
	r, err := it.Open(o.Stdin)
	if err != nil {
		return nil, err
	}
	defer r.Close()
	m, err := message.Read(ctx, r, message.Envelope{}, o.Message)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", it.File, err)
	}
	m.Envelope = w.Overlay(Envelope(m.Header, o))
	return m, nil
}

// Envelope gives the envelope of a stored message: what flags say, else the
// first address of From and the addresses of To, Cc and Bcc, assumed.
func Envelope(h message.Header, o Options) message.Envelope {
	env := o.Envelope
	env.Assumed = !o.GivenFrom || !o.GivenRcpt
	if !o.GivenFrom {
		if as := message.Mailboxes(h, "From"); len(as) > 0 {
			env.MailFrom = as[0]
		}
	}
	if !o.GivenRcpt {
		env.RcptTo = message.Mailboxes(h, "To", "Cc", "Bcc")
	}
	return env
}

// Facts gives the facts of a stored message: those of the expectation, and the
// results of our own verifiers, and the clock: the expectation's, else the caller's, else the Date field, else
// 2000-01-01T00:00:00Z.
func Facts(m *message.Message, now time.Time, w *fixture.Want, v authres.Verifiers) facts.Facts {
	f := facts.Facts{Now: now, Named: map[string]facts.Fact{}}
	if len(v.IDs) > 0 {
		f.Named[authres.DKIMDomains] = authres.DKIM(m.Header, v)
	}
	if w != nil {
		if !w.Now.IsZero() {
			f.Now = w.Now
		}
		maps.Copy(f.Named, w.Facts)
	}
	if f.Now.IsZero() {
		f.Now = m.Date()
	}
	if f.Now.IsZero() {
		f.Now = time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC)
	}
	f.Now = f.Now.UTC()
	return f
}
