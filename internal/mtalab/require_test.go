package mtalab

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// recorder is a T that notes what is done to it.
type recorder struct{ said []string }

func (r *recorder) Helper()                   {}
func (r *recorder) Name() string              { return "TestX/case" }
func (r *recorder) Failed() bool              { return false }
func (r *recorder) Cleanup(func())            {}
func (r *recorder) Logf(f string, a ...any)   { r.said = append(r.said, "log "+fmt.Sprintf(f, a...)) }
func (r *recorder) Skipf(f string, a ...any)  { r.said = append(r.said, "skip "+fmt.Sprintf(f, a...)) }
func (r *recorder) Fatalf(f string, a ...any) { r.said = append(r.said, "fatal "+fmt.Sprintf(f, a...)) }

func TestSkipIsCounted(t *testing.T) {
	file := filepath.Join(t.TempDir(), "skips")
	t.Setenv(SkipsEnv, file)
	var r recorder
	Require(&r, "no-such-program-here", "sh", "no-other-program")
	want := []string{"skip no-such-program-here is not installed", "skip no-other-program is not installed"}
	if diff := cmp.Diff(want, r.said); diff != "" {
		t.Error(diff)
	}
	got, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if want := "TestX/case\tno-such-program-here is not installed\nTestX/case\tno-other-program is not installed\n"; string(got) != want {
		t.Errorf("got %q, want %q", got, want)
	}
	t.Setenv(SkipsEnv, t.TempDir())
	r.said = nil
	Skip(&r, "reason")
	if len(r.said) == 0 || !strings.HasPrefix(r.said[0], "fatal ") {
		t.Errorf("a skip that cannot be counted passed: %q", r.said)
	}
}

func TestNotInstalled(t *testing.T) {
	t.Parallel()
	got := notInstalled([]string{"a", "b", "c", "d"}, "a installed\nb config-files\nc unpacked\n\nodd line here\n")
	if diff := cmp.Diff([]string{"b", "c", "d"}, got); diff != "" {
		t.Error(diff)
	}
}

func TestLibraries(t *testing.T) {
	t.Parallel()
	got := libraries("sendmail-base (= 8.17), procps, libc6 (>= 2.34), libldap-2.5-0:any (>= 2.5.4) | libldap2, lib/../x, , libdb5.3\n")
	if diff := cmp.Diff([]string{"libc6", "libldap-2.5-0", "libdb5.3"}, got); diff != "" {
		t.Error(diff)
	}
}

// With everything there Install does nothing, so it calls no apt: PATH has
// only dpkg-query.
func TestInstallIsIdempotent(t *testing.T) {
	query, err := findProgram("dpkg-query")
	if err != nil {
		Skip(t, "no dpkg-query: not a Debian system")
	}
	missing, err := missingPackages(t.Context(), InstallPackages())
	if err != nil {
		t.Fatal(err)
	}
	if _, ok := findSendmail(); !ok || len(missing) > 0 {
		Skip(t, "packages are missing: run the installer")
	}
	bin := t.TempDir()
	if err := os.Symlink(query, filepath.Join(bin, "dpkg-query")); err != nil {
		t.Fatal(err)
	}
	t.Setenv("PATH", bin)
	var out bytes.Buffer
	if err := Install(context.Background(), &out); err != nil {
		t.Fatal(err)
	}
	if got := out.String(); got != "all packages are installed\n" {
		t.Errorf("said %q", got)
	}
	t.Setenv(SendmailRootEnv, filepath.Join(t.TempDir(), "none"))
	if _, ok := sendmailIn("/"); ok {
		return
	}
	if err := Install(context.Background(), &out); err == nil || !strings.Contains(err.Error(), "sendmail-bin") {
		t.Errorf("without apt-get: %v", err)
	}
}

func TestMakeDirRefusesClosedParent(t *testing.T) {
	t.Parallel()
	closed := filepath.Join(t.TempDir(), "closed")
	if err := os.Mkdir(closed, 0o700); err != nil {
		t.Fatal(err)
	}
	if _, _, err := makeDir(filepath.Join(closed, "in"), "x"); err == nil || !strings.Contains(err.Error(), closed) {
		t.Errorf("got %v", err)
	}
}

func TestFreePort(t *testing.T) {
	t.Parallel()
	port, err := freePort()
	if err != nil || port < firstPort || port > lastPort {
		t.Errorf("%d, %v", port, err)
	}
}
