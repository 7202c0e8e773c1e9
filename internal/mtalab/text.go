package mtalab

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"time"
)

// set merges name, value pairs into a copy of the settings.
func (o *Options) set(pairs []string) error {
	if len(pairs)%2 != 0 {
		return errors.New("settings: odd number of names and values")
	}
	settings := maps.Clone(o.Settings)
	if settings == nil {
		settings = map[string]string{}
	}
	for i := 0; i < len(pairs); i += 2 {
		settings[pairs[i]] = pairs[i+1]
	}
	o.Settings = settings
	return nil
}

// readText is a file's content, "" if it cannot be read.
func readText(file string) string {
	b, err := os.ReadFile(file)
	if err != nil {
		return ""
	}
	return string(b)
}

// tail is the last n lines of text.
func tail(text string, n int) string {
	lines := strings.Split(strings.TrimRight(text, "\n"), "\n")
	return strings.Join(lines[max(0, len(lines)-n):], "\n")
}

func waitLog(log func() string, text string, timeout time.Duration) (string, error) {
	ctx, cancel := context.WithTimeout(context.Background(), timeout)
	defer cancel()
	var found string
	err := poll(ctx, func() (bool, error) {
		for line := range strings.Lines(log()) {
			if strings.Contains(line, text) {
				found = strings.TrimRight(line, "\n")
				return true, nil
			}
		}
		return false, nil
	})
	if err != nil {
		return "", fmt.Errorf("log has no %q: %w", text, err)
	}
	return found, nil
}

// tool is a command of the given installed program.
func tool(ctx context.Context, name string, args ...string) (*exec.Cmd, error) {
	path, err := findProgram(name)
	if err != nil {
		return nil, err
	}
	return exec.CommandContext(ctx, path, args...), nil
}

// signalReload sends SIGHUP if the process is still there.
func signalReload(d *daemon) error {
	if d.ended() {
		return errors.New("server has ended")
	}
	return syscall.Kill(d.pid, syscall.SIGHUP)
}
