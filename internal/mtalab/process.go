package mtalab

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// daemon is a child process that leads a process group of its own, which ends
// when this process ends, however that happens.
type daemon struct {
	pid   int
	guard *os.File      // the guard's standard input
	done  chan struct{} // closed when it has ended
	err   error         // of Wait; read after done
}

// guardScript waits for a line. If its input ends without one, the process
// that held the other end is gone, and the group given is ended. (Linux's
// parent-death signal does not serve: it is lost when a daemon changes its
// user.)
const guardScript = `read line || kill -s TERM -- "-$1"`

// startDaemon starts cmd and its guard.
func startDaemon(cmd *exec.Cmd) (*daemon, error) {
	if cmd.SysProcAttr == nil {
		cmd.SysProcAttr = &syscall.SysProcAttr{}
	}
	cmd.SysProcAttr.Setpgid = true
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	d := &daemon{pid: cmd.Process.Pid, done: make(chan struct{})}
	guard, err := startGuard(d)
	if err != nil {
		syscall.Kill(-d.pid, syscall.SIGKILL)
		cmd.Wait()
		return nil, err
	}
	go func() {
		d.err = cmd.Wait()
		d.guard.WriteString("ended\n")
		d.guard.Close()
		guard.Wait()
		close(d.done)
	}()
	return d, nil
}

func startGuard(d *daemon) (*exec.Cmd, error) {
	r, w, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	defer r.Close()
	guard := exec.Command("/bin/sh", "-c", guardScript, "guard", strconv.Itoa(d.pid))
	guard.Stdin = r
	// An interrupt at the terminal must not reach the guard first.
	guard.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if err := guard.Start(); err != nil {
		w.Close()
		return nil, err
	}
	d.guard = w
	return guard, nil
}

// ended tells whether the process has ended.
func (d *daemon) ended() bool {
	select {
	case <-d.done:
		return true
	default:
		return false
	}
}

// stop ends the process and its group politely and, after the grace period, by
// force. It may be called again.
func (d *daemon) stop(grace time.Duration) error {
	if d.ended() {
		return nil
	}
	// It was alive a moment ago, so its id cannot have been given away yet.
	if err := syscall.Kill(-d.pid, syscall.SIGTERM); err != nil && !errors.Is(err, syscall.ESRCH) {
		return err
	}
	select {
	case <-d.done:
	case <-time.After(grace):
		syscall.Kill(-d.pid, syscall.SIGKILL)
		<-d.done
		return fmt.Errorf("process %d had to be killed", d.pid)
	}
	return nil
}

// maxOutput bounds what of a tool's output an error shows.
const maxOutput = 2000

// runTool runs a program to its end and returns its standard output. The error
// holds the end of what it wrote to standard error, or else to standard output.
func runTool(cmd *exec.Cmd) ([]byte, error) {
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	cmd.WaitDelay = 2 * time.Second
	if err := cmd.Run(); err != nil {
		text := strings.TrimSpace(stderr.String())
		if text == "" {
			text = strings.TrimSpace(stdout.String())
		}
		if len(text) > maxOutput {
			text = "…" + text[len(text)-maxOutput:]
		}
		return stdout.Bytes(), fmt.Errorf("%s: %w: %s", cmd.Args[0], err, text)
	}
	return stdout.Bytes(), nil
}

// Ports are taken below Linux's usual range for outgoing connections (32768
// and up), so that no client socket can be in the way.
const (
	firstPort = 12000
	lastPort  = 31999
)

// freePort finds a TCP port on 127.0.0.1 nobody listens on. Another process
// may take it before the server does; the caller then tries again.
func freePort() (int, error) {
	var last error
	for range 200 {
		port := firstPort + rand.IntN(lastPort-firstPort+1)
		ln, err := net.Listen("tcp", fmt.Sprintf("127.0.0.1:%d", port))
		if err == nil {
			return port, ln.Close()
		}
		last = err
	}
	return 0, fmt.Errorf("no free port: %w", last)
}

// poll calls ok every few milliseconds until it is true, fails, or ctx ends.
func poll(ctx context.Context, ok func() (bool, error)) error {
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for {
		if done, err := ok(); done || err != nil {
			return err
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}
