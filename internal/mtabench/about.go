package main

import (
	"bytes"
	"context"
	"debug/buildinfo"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"time"
)

// about says on what was measured: date, commit, Go, machine.
func about(ctx context.Context, o options) string {
	commit, version := built(o.binary)
	if commit == "" { // built without: that of the folder is the best guess
		commit = output(ctx, "git", "rev-parse", "--short=12", "HEAD")
		if output(ctx, "git", "status", "--porcelain", "--untracked-files=no") != "" {
			commit += " with changes"
		}
	}
	return fmt.Sprintf("Measured %s at commit %s, binary built with %s, on %d × %s, Linux %s, Postfix %s.",
		time.Now().UTC().Format("2 January 2006"), commit, version, runtime.NumCPU(), processor(),
		output(ctx, "uname", "-r"), strings.TrimPrefix(output(ctx, "postconf", "-dh", "mail_version"), "mail_version = "))
}

// built gives the commit, "" if unknown, and the Go version a binary was built
// with.
func built(binary string) (commit, version string) {
	info, err := buildinfo.ReadFile(binary)
	if err != nil {
		return "", runtime.Version()
	}
	modified := false
	for _, s := range info.Settings {
		switch s.Key {
		case "vcs.revision":
			commit = s.Value[:min(len(s.Value), 12)]
		case "vcs.modified":
			modified = s.Value == "true"
		}
	}
	if commit != "" && modified {
		commit += " with changes"
	}
	return commit, info.GoVersion
}

// output is what a program prints, on one line; "" if it fails.
func output(ctx context.Context, name string, args ...string) string {
	out, err := exec.CommandContext(ctx, name, args...).Output()
	if err != nil {
		return ""
	}
	return strings.TrimSpace(string(out))
}

// processor is the processor's name.
func processor() string {
	data, err := os.ReadFile("/proc/cpuinfo")
	if err == nil {
		for line := range bytes.Lines(data) {
			if k, v, ok := bytes.Cut(line, []byte(":")); ok && string(bytes.TrimSpace(k)) == "model name" {
				return string(bytes.TrimSpace(v))
			}
		}
	}
	return runtime.GOARCH
}
