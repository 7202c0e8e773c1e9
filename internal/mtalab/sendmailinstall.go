package mtalab

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
)

// SendmailRootEnv names a folder to unpack Sendmail in, instead of the default.
const SendmailRootEnv = "LABELMILTER_SENDMAIL_ROOT"

// defaultSendmailRoot is a place of root's own: what is run as root must not
// lie where others can write.
const defaultSendmailRoot = "/var/cache/labelmilter/sendmail"

// sendmailDebs are unpacked, not installed: as packages Postfix and Sendmail
// exclude each other.
func sendmailDebs() []string { return []string{"sendmail-bin", "sendmail-base", "sendmail-cf"} }

// SendmailRoot is the folder into which Sendmail is unpacked.
func SendmailRoot() string {
	if dir := os.Getenv(SendmailRootEnv); dir != "" {
		return dir
	}
	return defaultSendmailRoot
}

// sendmailFiles are the parts of an installed or unpacked Sendmail.
type sendmailFiles struct {
	binary string
	cf     string // folder of the m4 configuration sources
}

func sendmailIn(root string) (sendmailFiles, bool) {
	f := sendmailFiles{
		binary: filepath.Join(root, "usr/libexec/sendmail/sendmail"),
		cf:     filepath.Join(root, "usr/share/sendmail/cf"),
	}
	for _, path := range []string{f.binary, filepath.Join(f.cf, "m4/cf.m4"), filepath.Join(f.cf, "feature/msp.m4")} {
		if st, err := os.Stat(path); err != nil || !st.Mode().IsRegular() {
			return sendmailFiles{}, false
		}
	}
	return f, true
}

// findSendmail prefers the unpacked Sendmail to an installed one.
func findSendmail() (sendmailFiles, bool) {
	if f, ok := sendmailIn(SendmailRoot()); ok {
		return f, true
	}
	return sendmailIn("/")
}

// InstallSendmail downloads Sendmail's Debian packages and unpacks them in
// dir, and installs the libraries they need. If Sendmail is there already it
// does nothing. What it does it says on w.
func InstallSendmail(ctx context.Context, dir string, w io.Writer) error {
	if _, ok := sendmailIn(dir); ok {
		return nil
	}
	if err := os.MkdirAll(filepath.Dir(dir), 0o755); err != nil {
		return err
	}
	temp, err := os.MkdirTemp(filepath.Dir(dir), "unpack-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(temp)
	if err := os.Chmod(temp, 0o755); err != nil {
		return err
	}
	root := filepath.Join(temp, "root")
	fmt.Fprintf(w, "unpacking %s in %s\n", strings.Join(sendmailDebs(), " "), dir)
	cmd := aptGet(ctx, append([]string{"download"}, sendmailDebs()...)...)
	cmd.Dir = temp
	if _, err := runTool(cmd); err != nil {
		return err
	}
	debs, err := filepath.Glob(filepath.Join(temp, "*.deb"))
	if err != nil {
		return err
	}
	var libs []string
	for _, deb := range debs {
		if _, err := runTool(exec.CommandContext(ctx, "dpkg", "-x", deb, root)); err != nil {
			return err
		}
		depends, err := runTool(exec.CommandContext(ctx, "dpkg-deb", "-f", deb, "Depends"))
		if err != nil {
			return err
		}
		libs = append(libs, libraries(string(depends))...)
	}
	if _, ok := sendmailIn(root); !ok {
		return errors.New("sendmail: the packages lack a part that is needed")
	}
	if err := installMissing(ctx, libs, w); err != nil {
		return err
	}
	// Nothing here needs it to be setgid.
	if err := os.Chmod(filepath.Join(root, "usr/libexec/sendmail/sendmail"), 0o755); err != nil {
		return err
	}
	if err := os.RemoveAll(dir); err != nil {
		return err
	}
	return os.Rename(root, dir)
}

var packageName = regexp.MustCompile(`^[a-z0-9][a-z0-9+.-]+$`)

// libraries are the shared libraries in a Debian Depends field (Debian Policy
// 7.1): the first alternative of each entry that begins with "lib".
func libraries(depends string) []string {
	var libs []string
	for entry := range strings.SplitSeq(depends, ",") {
		entry, _, _ = strings.Cut(entry, "|")
		fields := strings.Fields(entry)
		if len(fields) == 0 {
			continue
		}
		name, _, _ := strings.Cut(fields[0], ":")
		if strings.HasPrefix(name, "lib") && packageName.MatchString(name) {
			libs = append(libs, name)
		}
	}
	return libs
}
