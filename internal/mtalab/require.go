package mtalab

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"time"
)

// SkipsEnv names the file to which Skip appends one line for each skipped
// test, so that the command that runs the tests can count them.
const SkipsEnv = "LABELMILTER_SKIPS"

// T is the part of *testing.T used here, so that programs other than tests
// do not link the testing package.
type T interface {
	Helper()
	Name() string
	Logf(format string, args ...any)
	Skipf(format string, args ...any)
	Fatalf(format string, args ...any)
	Failed() bool
	Cleanup(func())
}

// Skip skips a test with a reason and records it in the file named by
// SkipsEnv, one line "test<TAB>reason".
func Skip(t T, reason string) {
	t.Helper()
	if file := os.Getenv(SkipsEnv); file != "" {
		if err := appendLine(file, t.Name()+"\t"+reason); err != nil {
			t.Fatalf("record skipped test: %v", err)
		}
	}
	t.Skipf("%s", reason)
}

// appendLine writes a line in one call: with O_APPEND lines of several
// processes do not mix.
func appendLine(file, line string) error {
	f, err := os.OpenFile(file, os.O_WRONLY|os.O_APPEND|os.O_CREATE, 0o644)
	if err != nil {
		return err
	}
	if _, err := f.WriteString(line + "\n"); err != nil {
		f.Close()
		return err
	}
	return f.Close()
}

// Require skips the test if one of the named things ("postfix", "sendmail",
// or any program looked up in PATH) cannot be had on this machine.
func Require(t T, names ...string) {
	t.Helper()
	for _, name := range names {
		if reason := Missing(name); reason != "" {
			Skip(t, reason)
		}
	}
}

// Missing says why the named thing cannot be used here: "postfix" and
// "sendmail" are the servers, any other name is a program. "" means it can.
func Missing(name string) (reason string) {
	switch name {
	case "postfix":
		return missingPostfix()
	case "sendmail":
		return missingSendmail()
	}
	if _, err := findProgram(name); err != nil {
		return fmt.Sprintf("%s is not installed", name)
	}
	return ""
}

func missingPostfix() string {
	if os.Geteuid() != 0 {
		return "postfix: not root"
	}
	for _, program := range []string{"postconf", "postqueue", "postsuper", "postcat", "sendmail"} {
		if _, err := findProgram(program); err != nil {
			return "postfix: " + program + " is not installed"
		}
	}
	if _, err := lookupOwner(); err != nil {
		return "postfix: " + err.Error()
	}
	return ""
}

func missingSendmail() string {
	if os.Geteuid() != 0 {
		return "sendmail: not root"
	}
	if _, ok := findSendmail(); !ok {
		return "sendmail: not unpacked in " + SendmailRoot()
	}
	if _, err := findProgram("m4"); err != nil {
		return "sendmail: m4 is not installed"
	}
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	cmd := exec.CommandContext(ctx, "/bin/sh", "-c", "mount --bind /dev/null /dev/null && hostname mtalab.example")
	cmd.SysProcAttr = namespaces()
	if err := cmd.Run(); err != nil {
		return "sendmail: no private mount and UTS namespace: " + err.Error()
	}
	return ""
}

// findProgram looks in PATH and in the system folders that an ordinary PATH
// lacks.
func findProgram(name string) (string, error) {
	if path, err := exec.LookPath(name); err == nil {
		return path, nil
	}
	for _, dir := range []string{"/usr/sbin", "/sbin", "/usr/local/sbin"} {
		path := filepath.Join(dir, name)
		if st, err := os.Stat(path); err == nil && st.Mode().IsRegular() && st.Mode()&0o111 != 0 {
			return path, nil
		}
	}
	return "", fmt.Errorf("%s: %w", name, exec.ErrNotFound)
}
