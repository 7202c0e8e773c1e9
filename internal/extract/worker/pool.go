// Package worker reads containers and documents in processes of their own, so
// that what a hostile file does to its reader (memory without end, a stack that
// overflows, a loop) ends that process and not the daemon. A worker is the same
// program started anew; it has a limit of memory and of processor time, and
// where the kernel can it may open no file, no socket and no process. Workers
// are kept and used again. What ends a worker costs the one part that it had in
// hand, with reason worker-killed.
//
// The result is that of reading in the own process: the same code reads the
// same job.
package worker

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"sync"
	"time"

	"labelmilter/internal/budget"
	"labelmilter/internal/extract"
)

// Options of a Pool.
type Options struct {
	Workers int           // at most at once; at least 1
	Memory  int64         // bytes for one worker
	Timeout time.Duration // for one job, of the clock; it is only a net
	// Killed is told of each worker that did not end by itself, in fixed words.
	Killed func(why string)

	// For tests.
	path string
	args []string
}

// Defaults of the configuration.
const (
	DefaultMemory  = 512 << 20
	DefaultTimeout = 30 * time.Second
)

const (
	// memoryVariable tells a worker its limit.
	memoryVariable = "LABELMILTER_WORKER_MEMORY"
	// exitTime is the exit code of a worker that has spent its processor time.
	exitTime = 75
	// recycleAfter is how many jobs a worker reads.
	recycleAfter = 2000
	// idleFor is how long a worker that nobody needs is kept; one always is.
	idleFor = time.Minute
	// startFor bounds the start of a worker.
	startFor = 10 * time.Second
)

// Pool is a set of workers. It implements extract.Apart.
type Pool struct {
	o    Options
	turn chan struct{} // holds as many as may work at once

	mu     sync.Mutex
	idle   []*process // the last one was used last
	closed bool
	tick   *time.Timer
}

var _ extract.Apart = (*Pool)(nil)

// New gives a pool. It starts nothing yet.
func New(o Options) *Pool {
	o.Workers = max(o.Workers, 1)
	if o.Memory <= 0 {
		o.Memory = DefaultMemory
	}
	if o.Timeout <= 0 {
		o.Timeout = DefaultTimeout
	}
	if o.Killed == nil {
		o.Killed = func(string) {}
	}
	if o.path == "" {
		// The file that runs, also when another one has taken its name.
		o.path, o.args = "/proc/self/exe", []string{Command}
		if _, err := os.Stat(o.path); err != nil {
			if p, err := os.Executable(); err == nil {
				o.path = p
			}
		}
	}
	return &Pool{o: o, turn: make(chan struct{}, o.Workers)}
}

// Start starts one worker, to see that it can be done, and says what confines
// it.
func (p *Pool) Start(ctx context.Context) (Sandbox, error) {
	w, err := p.take(ctx)
	if err != nil {
		return Sandbox{}, err
	}
	p.put(w)
	return w.sandbox, nil
}

// Read implements extract.Apart.
func (p *Pool) Read(ctx context.Context, j extract.Job) (extract.Found, error) {
	select {
	case p.turn <- struct{}{}:
	case <-ctx.Done():
		return extract.Found{}, extract.ApartError{Reason: budget.Time}
	}
	defer func() { <-p.turn }()
	limit, cancel := context.WithTimeout(ctx, p.o.Timeout)
	defer cancel()
	var w *process
	var f extract.Found
	var err error
	for {
		if w, err = p.take(ctx); err != nil {
			return extract.Found{}, extract.ApartError{Reason: budget.Overload}
		}
		if f, err = w.read(limit, j); err == nil || !errors.Is(err, errGone) || w.jobs == 0 || limit.Err() != nil {
			break
		}
		// It ended while idle, which is not this job's doing: the next one.
		p.o.Killed(w.end())
	}
	if err == nil {
		p.put(w)
		return f, nil
	}
	why := w.end()
	if ctx.Err() != nil {
		return extract.Found{}, extract.ApartError{Reason: budget.Time}
	}
	if limit.Err() != nil {
		why = "time"
	}
	p.o.Killed(why)
	return extract.Found{}, extract.ApartError{Reason: budget.WorkerKilled}
}

// take gives an idle worker or a new one.
func (p *Pool) take(ctx context.Context) (*process, error) {
	p.mu.Lock()
	if n := len(p.idle); n > 0 {
		w := p.idle[n-1]
		p.idle = p.idle[:n-1]
		p.mu.Unlock()
		return w, nil
	}
	closed := p.closed
	p.mu.Unlock()
	if closed {
		return nil, errors.New("the pool is closed")
	}
	return p.start(ctx)
}

// put takes a worker back.
func (p *Pool) put(w *process) {
	w.jobs++
	w.since = time.Now()
	p.mu.Lock()
	if p.closed || w.jobs > recycleAfter {
		p.mu.Unlock()
		w.finish()
		return
	}
	p.idle = append(p.idle, w)
	if p.tick == nil {
		p.tick = time.AfterFunc(idleFor, p.sweep)
	}
	p.mu.Unlock()
}

// sweep ends workers that nobody needed for a while, but for one.
func (p *Pool) sweep() {
	p.mu.Lock()
	var old []*process
	for len(p.idle) > 1 && time.Since(p.idle[0].since) > idleFor {
		old = append(old, p.idle[0])
		p.idle = p.idle[1:]
	}
	p.tick = nil
	if !p.closed && len(p.idle) > 1 {
		p.tick = time.AfterFunc(idleFor, p.sweep)
	}
	p.mu.Unlock()
	for _, w := range old {
		w.finish()
	}
}

// Close ends the idle workers and lets no new one begin. Jobs in hand end by
// themselves.
func (p *Pool) Close() {
	p.mu.Lock()
	p.closed = true
	idle := p.idle
	p.idle = nil
	if p.tick != nil {
		p.tick.Stop()
	}
	p.mu.Unlock()
	for _, w := range idle {
		w.finish()
	}
}

// process is a running worker.
type process struct {
	cmd     *exec.Cmd
	in      io.WriteCloser
	out     *bufio.Reader
	err     *tail
	sandbox Sandbox
	jobs    int
	since   time.Time
}

func (p *Pool) start(ctx context.Context) (*process, error) {
	if os.Getenv(memoryVariable) != "" {
		return nil, errors.New("a worker starts no workers")
	}
	cmd := exec.Command(p.o.path, p.o.args...)
	cmd.Args[0] = os.Args[0]
	cmd.Dir = "/"
	cmd.SysProcAttr = attributes()
	// The garbage collector is to work hard before the limit is met.
	cmd.Env = []string{memoryVariable + "=" + strconv.FormatInt(p.o.Memory, 10), "GOMEMLIMIT=" + strconv.FormatInt(p.o.Memory*3/4, 10), "GOTRACEBACK=none"}
	w := &process{cmd: cmd, err: &tail{}}
	cmd.Stderr = w.err
	in, err := cmd.StdinPipe()
	if err != nil {
		return nil, err
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	w.in, w.out = in, bufio.NewReaderSize(out, 64<<10)
	if err := cmd.Start(); err != nil {
		return nil, fmt.Errorf("starting a worker: %w", err)
	}
	ctx, cancel := context.WithTimeout(ctx, startFor)
	defer cancel()
	stop := context.AfterFunc(ctx, w.kill)
	defer stop()
	var h hello
	if _, err := readFrame(w.out, &h); err != nil {
		return nil, fmt.Errorf("starting a worker: %s: %w", w.end(), err)
	}
	w.sandbox = h.Sandbox
	return w, nil
}

// errGone is a worker that did not take a job.
var errGone = errors.New("the worker is gone")

// read has the worker read a job; after an error the worker is of no use.
func (w *process) read(ctx context.Context, j extract.Job) (extract.Found, error) {
	stop := context.AfterFunc(ctx, w.kill)
	if err := writeJob(w.in, j); err != nil {
		stop()
		return extract.Found{}, errors.Join(errGone, err)
	}
	f, err := readFound(w.out)
	if !stop() { // killed, if perhaps too late
		return extract.Found{}, context.Cause(ctx)
	}
	return f, err
}

func (w *process) kill() { _ = w.cmd.Process.Kill() } // it may have ended

// lastWords is how long a worker that broke off has to end by itself, so that
// it can be said why.
const lastWords = time.Second

// end ends the worker and says why it is of no use.
func (w *process) end() string {
	_ = w.in.Close() // it may have ended
	t := time.AfterFunc(lastWords, w.kill)
	err := w.cmd.Wait()
	t.Stop()
	var e *exec.ExitError
	switch {
	case w.cmd.ProcessState.ExitCode() == exitTime:
		return "processor time"
	case bytes.Contains(w.err.b, []byte("out of memory")) || bytes.Contains(w.err.b, []byte("cannot allocate memory")):
		return "memory"
	case bytes.Contains(w.err.b, []byte("stack overflow")) || bytes.Contains(w.err.b, []byte("stack exceeds")):
		return "stack"
	case errors.As(err, &e):
		return strings.ToLower(e.String())
	}
	return "ended"
}

// finish lets an idle worker end by itself.
func (w *process) finish() {
	_ = w.in.Close() // the end of the input is its end
	t := time.AfterFunc(time.Second, w.kill)
	_ = w.cmd.Wait() // how an idle worker ends is of no interest
	t.Stop()
}

// tail keeps the first part of what a worker says when it dies, in which the
// runtime names the cause. It is looked at for known words only.
type tail struct{ b []byte }

func (t *tail) Write(p []byte) (int, error) {
	t.b = append(t.b, p[:min(len(p), 4096-len(t.b))]...)
	return len(p), nil
}
