package mtalab

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"time"
)

// InstallPackages are the Debian packages that the tests, the race detector
// and the demo use. Sendmail is not among them: InstallSendmail unpacks it.
func InstallPackages() []string {
	return []string{
		"ca-certificates", "git", "make", "gcc", "libc6-dev", // build, and cgo for -race
		"postfix", "postfix-pcre", // the first MTA
		"m4",                                                // Sendmail's configuration
		"swaks", "miltertest", "opendkim", "opendkim-tools", // independent clients and filters
		"python3", "python3-stdnum", // independent check digits
		"slapd",   // a directory server
		"openssl", // an independent reader of what is encrypted
	}
}

// Install installs what of InstallPackages is missing, and unpacks Sendmail,
// without asking anything and without starting any service. It calls no apt
// when nothing is missing. What it does it says on w.
func Install(ctx context.Context, w io.Writer) error {
	_, haveSendmail := findSendmail()
	missing, err := missingPackages(ctx, InstallPackages())
	if err != nil {
		return err
	}
	if len(missing) == 0 && haveSendmail {
		fmt.Fprintln(w, "all packages are installed")
		return nil
	}
	if os.Geteuid() != 0 {
		return fmt.Errorf("only root can install packages; missing: %s", strings.Join(named(missing, haveSendmail), " "))
	}
	if _, err := exec.LookPath("apt-get"); err != nil {
		return fmt.Errorf("no apt-get here; install by hand: %s", strings.Join(named(missing, haveSendmail), " "))
	}
	fmt.Fprintln(w, "reading the package lists")
	if _, err := runTool(aptGet(ctx, "update")); err != nil {
		return err
	}
	if err := installMissing(ctx, missing, w); err != nil {
		return err
	}
	if haveSendmail {
		return nil
	}
	return InstallSendmail(ctx, SendmailRoot(), w)
}

// named adds the packages to be unpacked to those missing, for messages.
func named(missing []string, haveSendmail bool) []string {
	if haveSendmail {
		return missing
	}
	return append(missing[:len(missing):len(missing)], sendmailDebs()...)
}

// installMissing installs those of the packages that are not there.
func installMissing(ctx context.Context, packages []string, w io.Writer) error {
	missing, err := missingPackages(ctx, packages)
	if err != nil || len(missing) == 0 {
		return err
	}
	if err := preseedPostfix(ctx); err != nil {
		return err
	}
	fmt.Fprintln(w, "installing", strings.Join(missing, " "))
	args := append([]string{"install", "-y", "--no-install-recommends", "-o", "Dpkg::Options::=--force-confold"}, missing...)
	_, err = runTool(aptGet(ctx, args...))
	return err
}

// missingPackages are those not fully installed, as dpkg says.
func missingPackages(ctx context.Context, packages []string) ([]string, error) {
	if _, err := exec.LookPath("dpkg-query"); err != nil {
		return nil, errors.New("no dpkg here: this is not a Debian system")
	}
	args := append([]string{"-W", "-f", "${Package} ${db:Status-Status}\n"}, packages...)
	cmd := exec.CommandContext(ctx, "dpkg-query", args...)
	cmd.Env = append(os.Environ(), "LC_ALL=C")
	// It fails when one is unknown, and lists the others all the same.
	out, err := cmd.Output()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		return nil, err
	}
	return notInstalled(packages, string(out)), nil
}

// notInstalled are the packages that the lines "name status" do not report as
// installed.
func notInstalled(packages []string, lines string) []string {
	have := map[string]bool{}
	for line := range strings.Lines(lines) {
		if f := strings.Fields(line); len(f) == 2 && f[1] == "installed" {
			have[f[0]] = true
		}
	}
	var missing []string
	for _, p := range packages {
		if !have[p] {
			missing = append(missing, p)
		}
	}
	return missing
}

// preseedPostfix answers the package's questions: no configuration is made,
// so its installation starts nothing. It waits for other package managers.
func preseedPostfix(ctx context.Context) error {
	if _, err := exec.LookPath("debconf-set-selections"); err != nil {
		return nil // without debconf nothing asks
	}
	const answers = "postfix postfix/main_mailer_type select No configuration\n" +
		"postfix postfix/mailname string lab.example\n"
	var err error
	for range 60 {
		cmd := exec.CommandContext(ctx, "debconf-set-selections")
		cmd.Stdin = strings.NewReader(answers)
		if _, err = runTool(cmd); err == nil || !strings.Contains(err.Error(), "locked") {
			return err
		}
		select {
		case <-time.After(time.Second):
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	return err
}

// aptGet is an apt-get call that asks nothing and waits for another one's
// lock. RUNLEVEL=1 makes invoke-rc.d leave services alone.
func aptGet(ctx context.Context, args ...string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, "apt-get", append([]string{"-q", "-o", "DPkg::Lock::Timeout=300"}, args...)...)
	cmd.Env = append(os.Environ(), "DEBIAN_FRONTEND=noninteractive", "RUNLEVEL=1", "LC_ALL=C")
	return cmd
}
