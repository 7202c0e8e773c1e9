package dkimtest

import (
	"bytes"
	"context"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"time"
)

// OpenDKIM is a running opendkim(8).
type OpenDKIM struct {
	Port int // on 127.0.0.1

	cmd *exec.Cmd
	dir string
}

// StartOpenDKIM runs opendkim in mode "s" (sign) or "v" (verify), with other
// lines of opendkim.conf(5) in extra.
func StartOpenDKIM(ctx context.Context, k Key, mode string, extra ...string) (*OpenDKIM, error) {
	path, err := exec.LookPath("opendkim")
	if err != nil {
		path = "/usr/sbin/opendkim"
	}
	o := &OpenDKIM{}
	if o.dir, err = os.MkdirTemp("", "opendkim-"); err != nil {
		return nil, err
	}
	if err = k.writePublic(o.file("public")); err == nil {
		err = k.writePrivate(o.file("private.pem"))
	}
	if err == nil {
		o.Port, err = freePort()
	}
	if err != nil {
		_ = os.RemoveAll(o.dir)
		return nil, err
	}
	conf := append([]string{
		"Mode " + mode, "Domain " + Domain, "Selector " + Selector, "KeyFile " + o.file("private.pem"),
		"TestPublicKeys " + o.file("public"), "RequireSafeKeys no", "Syslog no", "Background no",
		"AuthservID verifier.example", "AlwaysAddARHeader yes",
	}, extra...)
	if mode == "v" {
		conf = append(conf, "InternalHosts 192.0.2.254") // verify also what comes from this machine
	}
	if err := os.WriteFile(o.file("conf"), []byte(strings.Join(conf, "\n")+"\n"), 0o644); err != nil {
		_ = os.RemoveAll(o.dir)
		return nil, err
	}
	var stderr bytes.Buffer
	o.cmd = exec.Command(path, "-f", "-x", o.file("conf"), "-p", fmt.Sprintf("inet:%d@127.0.0.1", o.Port))
	o.cmd.Stderr = &stderr
	o.cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	if err := o.cmd.Start(); err != nil {
		_ = os.RemoveAll(o.dir)
		return nil, err
	}
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	for {
		c, err := net.Dial("tcp", fmt.Sprintf("127.0.0.1:%d", o.Port))
		if err == nil {
			return o, c.Close()
		}
		select {
		case <-ctx.Done():
			o.Stop()
			return nil, fmt.Errorf("opendkim does not listen: %s", stderr.String())
		case <-time.After(10 * time.Millisecond):
		}
	}
}

// Stop ends the process.
func (o *OpenDKIM) Stop() {
	_ = o.cmd.Process.Kill()
	_ = o.cmd.Wait()
	_ = os.RemoveAll(o.dir)
}

func (o *OpenDKIM) file(name string) string { return filepath.Join(o.dir, name) }

func freePort() (int, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return 0, err
	}
	defer l.Close()
	return l.Addr().(*net.TCPAddr).Port, nil
}
