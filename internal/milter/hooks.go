package milter

import (
	"time"

	"labelmilter/internal/verdict"
)

// Hooks are told what metrics count. Each may be nil, must be quick, and may
// be called from several goroutines at once.
type Hooks struct {
	Opened      func(listener string)
	Closed      func(listener string, open time.Duration)
	Waited      func(listener string) // a connection had to wait for MaxConns
	AcceptError func(listener string)
	Fault       func(what string) // protocol error of a peer; a constant text
	Panic       func(stage string)
	Progress    func()
	// Message follows each EndOfMessage with what the MTA was told, which
	// is "" if the answer did not go out.
	Message func(told verdict.Disposition)
}

func (h *Hooks) opened(l string) {
	if h.Opened != nil {
		h.Opened(l)
	}
}

func (h *Hooks) closed(l string, d time.Duration) {
	if h.Closed != nil {
		h.Closed(l, d)
	}
}

func (h *Hooks) waited(l string) {
	if h.Waited != nil {
		h.Waited(l)
	}
}

func (h *Hooks) acceptError(l string) {
	if h.AcceptError != nil {
		h.AcceptError(l)
	}
}

func (h *Hooks) fault(what string) {
	if h.Fault != nil {
		h.Fault(what)
	}
}

func (h *Hooks) panicked(stage string) {
	if h.Panic != nil {
		h.Panic(stage)
	}
}

func (h *Hooks) progress() {
	if h.Progress != nil {
		h.Progress()
	}
}

func (h *Hooks) message(told verdict.Disposition) {
	if h.Message != nil {
		h.Message(told)
	}
}
