package mtalab

import (
	"bufio"
	"context"
	"errors"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

// orphanEnv makes the test binary a process that starts a daemon, says its id
// and is killed.
const orphanEnv = "MTALAB_TEST_ORPHAN"

// A daemon must not outlive the process that started it, even if that is
// killed.
func TestDaemonEndsWithParent(t *testing.T) {
	if os.Getenv(orphanEnv) != "" {
		d, err := startDaemon(exec.Command("sleep", "600"))
		if err != nil {
			t.Fatal(err)
		}
		os.Stdout.WriteString("pid " + strconv.Itoa(d.pid) + "\n")
		time.Sleep(time.Minute)
	}
	t.Parallel()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(self, "-test.run=^TestDaemonEndsWithParent$")
	cmd.Env = append(os.Environ(), orphanEnv+"=1")
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	pid := 0
	for sc := bufio.NewScanner(out); pid == 0 && sc.Scan(); {
		if text, ok := strings.CutPrefix(sc.Text(), "pid "); ok {
			pid, err = strconv.Atoi(text)
		}
	}
	if pid == 0 || err != nil {
		t.Fatalf("no process id: %v", err)
	}
	if err := syscall.Kill(pid, 0); err != nil {
		t.Fatalf("daemon does not run: %v", err)
	}
	cmd.Process.Kill()
	cmd.Wait()
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	err = poll(ctx, func() (bool, error) {
		// A zombie waits for whoever adopted it: it has ended.
		stat := readText("/proc/" + strconv.Itoa(pid) + "/stat")
		return errors.Is(syscall.Kill(pid, 0), syscall.ESRCH) || strings.Contains(stat, ") Z "), nil
	})
	if err != nil {
		syscall.Kill(pid, syscall.SIGKILL)
		t.Errorf("daemon still runs: %v", err)
	}
}

func TestDaemonStop(t *testing.T) {
	t.Parallel()
	d, err := startDaemon(exec.Command("sleep", "600"))
	if err != nil {
		t.Fatal(err)
	}
	if d.ended() {
		t.Fatal("ended at once")
	}
	if err := d.stop(5 * time.Second); err != nil || !d.ended() {
		t.Errorf("%v, ended %v", err, d.ended())
	}
	if err := d.stop(time.Second); err != nil {
		t.Errorf("second stop: %v", err)
	}
	// One that does not listen to SIGTERM; "ready" tells that it will not.
	ready := t.TempDir() + "/ready"
	d, err = startDaemon(exec.Command("sh", "-c", `trap "" TERM; : >"$1"; while :; do sleep 0.1; done`, "sh", ready))
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	if err := poll(ctx, func() (bool, error) { _, err := os.Stat(ready); return err == nil, nil }); err != nil {
		t.Fatal(err)
	}
	if err := d.stop(100 * time.Millisecond); err == nil || !d.ended() {
		t.Errorf("%v, ended %v", err, d.ended())
	}
	if _, err := startDaemon(exec.Command("/no/such/program")); err == nil {
		t.Error("nothing started")
	}
}
