package slack

import (
	"encoding/json"
	"os"
	"os/exec"
	"runtime"
	"slices"
	"strings"
	"testing"
)

// childEnv makes this test program do what the daemon does first.
const childEnv = "SLACK_TEST_CHILD"

// child is what a process says of itself.
type child struct {
	PID   int
	Args  []string
	Again bool // the marker is in its environment still
	Slack []string
}

func TestMain(m *testing.M) {
	if os.Getenv(childEnv) == "" {
		os.Exit(m.Run())
	}
	Restart()
	c := child{PID: os.Getpid(), Args: os.Args[1:]}
	_, c.Again = os.LookupEnv(marker)
	tasks, _ := os.ReadDir("/proc/self/task")
	for _, t := range tasks {
		b, _ := os.ReadFile("/proc/" + t.Name() + "/timerslack_ns")
		c.Slack = append(c.Slack, strings.TrimSpace(string(b)))
	}
	_ = json.NewEncoder(os.Stdout).Encode(c)
}

// All threads have the slack, in the same process with the same arguments.
func TestRestart(t *testing.T) {
	t.Parallel()
	if runtime.GOOS != "linux" {
		t.Skip("there is a slack on Linux alone")
	}
	for _, env := range [][]string{{childEnv + "=1"}, {childEnv + "=1", marker + "=1"}} {
		cmd := exec.Command(os.Args[0], "serve", "--config", "a b")
		cmd.Env = append(os.Environ(), env...)
		cmd.Stderr = os.Stderr
		out, err := cmd.Output()
		if err != nil {
			t.Fatal(err)
		}
		var c child
		if err := json.Unmarshal(out, &c); err != nil {
			t.Fatalf("%v in %q", err, out)
		}
		if c.PID != cmd.Process.Pid || !slices.Equal(c.Args, cmd.Args[1:]) || c.Again {
			t.Errorf("%+v of process %d", c, cmd.Process.Pid)
		}
		// Reading that of another thread takes a right that not everybody has.
		want := !slices.Contains(env, marker+"=1")
		for _, s := range c.Slack {
			if s != "" && (s == "1000000") != want {
				t.Errorf("slack %s of a thread of a process that was started again: %v", s, want)
			}
		}
		if !slices.ContainsFunc(c.Slack, func(s string) bool { return s != "" }) {
			t.Error("no slack can be read")
		}
	}
}
