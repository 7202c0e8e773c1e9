package mtalab

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"time"
)

// Slapd is a private OpenLDAP server on 127.0.0.1 with people under
// dc=example. Anybody may read it.
type Slapd struct {
	URL     string
	AdminDN string // may do everything, with AdminPassword
	port    int
	conf    string
	d       *daemon
}

// AdminPassword is the password of a Slapd's AdminDN.
const AdminPassword = "admin"

const slapdConf = `include /etc/ldap/schema/core.schema
include /etc/ldap/schema/cosine.schema
include /etc/ldap/schema/inetorgperson.schema
modulepath /usr/lib/ldap
moduleload back_mdb
pidfile %[1]s/slapd.pid
database mdb
maxsize 16777216
suffix "dc=example"
rootdn "cn=admin,dc=example"
rootpw ` + AdminPassword + `
directory %[1]s/db
`

// StartSlapd starts a server that holds the entries of an LDIF (RFC 2849). It
// ends with the test.
func StartSlapd(t T, ldif string) *Slapd {
	t.Helper()
	Require(t, "slapd", "slapadd")
	dir, err := os.MkdirTemp("", "slapd-")
	if err != nil {
		t.Fatalf("%v", err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	s := &Slapd{AdminDN: "cn=admin,dc=example", conf: filepath.Join(dir, "slapd.conf")}
	for name, text := range map[string]string{"slapd.conf": fmt.Sprintf(slapdConf, dir), "data.ldif": ldif} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatalf("%v", err)
		}
	}
	if err := os.Mkdir(filepath.Join(dir, "db"), 0o700); err != nil {
		t.Fatalf("%v", err)
	}
	slapadd, _ := findProgram("slapadd")
	if _, err := runTool(exec.Command(slapadd, "-q", "-f", s.conf, "-l", filepath.Join(dir, "data.ldif"))); err != nil {
		t.Fatalf("%v", err)
	}
	for range 5 {
		if s.port, err = freePort(); err == nil {
			s.URL = fmt.Sprintf("ldap://127.0.0.1:%d", s.port)
			if err = s.Start(); err == nil {
				t.Cleanup(func() { _ = s.Stop() })
				return s
			}
		}
	}
	t.Fatalf("slapd does not start: %v", err)
	return nil
}

// Start starts a server that was stopped, on the same port.
func (s *Slapd) Start() error {
	slapd, err := findProgram("slapd")
	if err != nil {
		return err
	}
	if s.d, err = startDaemon(exec.Command(slapd, "-d", "0", "-f", s.conf, "-h", s.URL)); err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()
	return poll(ctx, func() (bool, error) {
		if s.d.ended() {
			return false, fmt.Errorf("slapd ended: %v", s.d.err)
		}
		return listensOn(s.d.pid, s.port), nil
	})
}

// Stop ends the server; nobody listens on its port then.
func (s *Slapd) Stop() error { return s.d.stop(5 * time.Second) }

// Freeze stops the server from answering: its port still takes connections.
// Thaw lets it go on.
func (s *Slapd) Freeze() error {
	if err := syscall.Kill(-s.d.pid, syscall.SIGSTOP); err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	return poll(ctx, func() (bool, error) { return s.stopped() })
}

// stopped reports whether every thread of the server is stopped (proc(5)).
func (s *Slapd) stopped() (bool, error) {
	tasks, err := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/stat", s.d.pid))
	if err != nil {
		return false, err
	}
	for _, name := range tasks {
		text, err := os.ReadFile(name)
		if err != nil {
			return false, err
		}
		if i := bytes.LastIndexByte(text, ')'); i < 0 || len(text) < i+3 || text[i+2] != 'T' {
			return false, nil
		}
	}
	return len(tasks) > 0, nil
}

// Thaw ends Freeze.
func (s *Slapd) Thaw() error { return syscall.Kill(-s.d.pid, syscall.SIGCONT) }
