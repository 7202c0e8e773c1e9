// Package helper asks programs of the site for the text of content that the own
// readers cannot read: pictures (OCR), formats without a reader, documents whose
// text cannot be decoded. A program gets the content on standard input and
// writes text in UTF-8 to standard output. It runs with limits of memory and
// time, without rights that it could gain, and where the kernel can without
// writing files and, unless it is asked for, without network.
package helper

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path"
	"strconv"
	"strings"
	"sync"
	"time"
	"unicode/utf8"

	"labelmilter/internal/extract"
)

// Program is one program.
type Program struct {
	Types   []string      // media types, by the bytes or declared, lower case; * as wildcard
	Command []string      // program and arguments
	Timeout time.Duration // for one piece of content
	Memory  int64         // bytes of address space
	Network bool          // it may use the network
}

// maxText bounds what is taken of a program's answer; the budget of the message
// comes after it.
const maxText = 32 << 20

// Programs are the programs of a site, in order: the first whose types fit is
// asked. It implements extract.Helper.
type Programs struct {
	list []Program
	turn chan struct{}

	// For tests: what starts a program under its limits.
	path string
	args []string
}

var _ extract.Helper = (*Programs)(nil)

// New gives the programs; at most so many run at once.
func New(list []Program, atOnce int) *Programs {
	p := &Programs{list: list, turn: make(chan struct{}, max(atOnce, 1)), path: "/proc/self/exe", args: []string{Command}}
	if _, err := os.Stat(p.path); err != nil {
		if exe, err := os.Executable(); err == nil {
			p.path = exe
		}
	}
	return p
}

// Wants implements extract.Helper.
func (p *Programs) Wants() []string {
	var out []string
	for _, x := range p.list {
		out = append(out, x.Types...)
	}
	return out
}

// Text implements extract.Helper.
func (p *Programs) Text(ctx context.Context, w extract.Wanted) (string, error) {
	for _, x := range p.list {
		if !fits(x.Types, w.TrueType, w.Type) {
			continue
		}
		select {
		case p.turn <- struct{}{}:
		case <-ctx.Done():
			return "", ctx.Err()
		}
		defer func() { <-p.turn }()
		return p.run(ctx, x, w.Data)
	}
	return "", errors.New("no program for the type")
}

func fits(globs []string, types ...string) bool {
	for _, g := range globs {
		for _, t := range types {
			if ok, err := path.Match(g, t); ok && err == nil {
				return true
			}
		}
	}
	return false
}

// run asks one program.
func (p *Programs) run(ctx context.Context, x Program, data []byte) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, x.Timeout)
	defer cancel()
	args := append(append([]string{}, p.args...), strconv.FormatInt(x.Memory, 10), strconv.FormatInt(int64(x.Timeout/time.Second)+1, 10), strconv.FormatBool(x.Network))
	cmd := exec.CommandContext(ctx, p.path, append(args, x.Command...)...)
	cmd.Args[0] = os.Args[0]
	cmd.Dir = "/"
	cmd.Env = []string{"PATH=/usr/local/bin:/usr/bin:/bin", "LC_ALL=C.UTF-8", "OMP_THREAD_LIMIT=1", "HOME=/nonexistent"}
	cmd.SysProcAttr = attributes()
	cmd.Cancel = func() error { return stop(cmd.Process) }
	cmd.WaitDelay = time.Second
	cmd.Stdin = bytes.NewReader(data)
	out := &bounded{stop: cancel}
	cmd.Stdout = out
	err := cmd.Run()
	switch {
	case out.over:
		return "", errors.New("too much text")
	case ctx.Err() != nil:
		return "", ctx.Err()
	case err != nil:
		return "", fmt.Errorf("program failed: %w", err) // its words may hold content
	}
	s := string(out.b)
	if !utf8.ValidString(s) {
		s = strings.ToValidUTF8(s, "\uFFFD")
	}
	return s, nil
}

// bounded takes so much and no more.
type bounded struct {
	mu   sync.Mutex
	b    []byte
	over bool
	stop func()
}

func (w *bounded) Write(p []byte) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if len(w.b)+len(p) > maxText {
		w.over = true
		w.stop()
		return 0, errors.New("too much text")
	}
	w.b = append(w.b, p...)
	return len(p), nil
}
