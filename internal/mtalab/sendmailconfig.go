package mtalab

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// m4Text puts a text into m4 quotes, which cannot hold quotes of their own.
func m4Text(s string) (string, error) {
	if strings.ContainsAny(s, "`'\r\n") {
		return "", fmt.Errorf("sendmail: %q: quote or line break", s)
	}
	return "`" + s + "'", nil
}

// mc builds an m4 configuration (cf/README of the Sendmail sources).
type mc struct {
	b   strings.Builder
	err error
}

func (m *mc) macro(name string, args ...string) {
	quoted := make([]string, len(args))
	for i, a := range args {
		q, err := m4Text(a)
		if err != nil && m.err == nil {
			m.err = err
		}
		quoted[i] = q
	}
	fmt.Fprintf(&m.b, "%s(%s)dnl\n", name, strings.Join(quoted, ", "))
}

func (m *mc) define(name, value string) { m.macro("define", name, value) }

func (m *mc) begin(cf, domain string) {
	m.b.WriteString("divert(-1)\n")
	m.define("_CF_DIR_", cf+"/")
	m.b.WriteString("divert(0)dnl\n")
	m.macro("include", filepath.Join(cf, "m4/cf.m4"))
	m.macro("VERSIONID", "mtalab")
	m.macro("OSTYPE", "linux")
	m.define("confDOMAIN_NAME", "sm."+domain)
	m.define("HELP_FILE", "")
	m.define("confDONT_PROBE_INTERFACES", "True")
	m.define("confTO_IDENT", "0s")
	// The folder lies in a temporary one that others may write to.
	m.define("confDONT_BLAME_SENDMAIL", "GroupWritableDirPathSafe,AssumeSafeChown,ClassFileInUnsafeDirPath,"+
		"ErrorHeaderInUnsafeDirPath,MapInUnsafeDirPath,FileDeliveryToHardLink,WriteStatsToHardLink,"+
		"LinkedAliasFileInWritableDir,TrustStickyBit")
	m.define("confLOG_LEVEL", "14")
	// A loaded machine must not make tests fail: no limits by load average.
	for _, name := range []string{"confQUEUE_LA", "confREFUSE_LA", "confDELAY_LA"} {
		m.define(name, "10000")
	}
}

// daemonMC configures the daemon.
func (s *Sendmail) daemonMC() (string, error) {
	host, nextPort, err := s.opt.nextHop()
	if err != nil {
		return "", err
	}
	var m mc
	m.begin(s.files.cf, s.opt.domain())
	m.define("QUEUE_DIR", s.path("mqueue"))
	m.define("confPID_FILE", s.path("sendmail.pid"))
	m.define("STATUS_FILE", s.path("statistics"))
	m.define("ALIAS_FILE", "")
	m.define("confSERVICE_SWITCH_FILE", s.path("etc/service.switch"))
	m.define("confHOSTS_FILE", "/etc/hosts")
	m.define("confTO_INITIAL", "20s")
	m.define("confPRIVACY_FLAGS", "novrfy,noexpn")
	m.define("confMILTER_LOG_LEVEL", "14")
	m.define("confMAX_MESSAGE_SIZE", fmt.Sprint(110<<20))
	for _, mailer := range []string{"RELAY", "ESMTP", "SMTP"} {
		m.define(mailer+"_MAILER_ARGS", "TCP $h "+nextPort)
	}
	m.define("SMART_HOST", "esmtp:"+host)
	for _, feature := range []string{"nocanonify", "no_default_msa", "accept_unresolvable_domains",
		"accept_unqualified_senders", "promiscuous_relay"} {
		m.macro("FEATURE", feature)
	}
	m.macro("DAEMON_OPTIONS", fmt.Sprintf("Port=%d,Addr=127.0.0.1,Name=MTA,Family=inet", s.port))
	for i, spec := range s.opt.Milters {
		m.macro("INPUT_MAIL_FILTER", fmt.Sprintf("filter%d", i), spec)
	}
	m.macro("MAILER", "smtp")
	return m.b.String(), m.err
}

// The submission program's user and group, which every Debian has; the usual
// smmsp comes with the installed package only.
const (
	submitUser  = "nobody"
	submitGroup = "nogroup"
)

// submitMC configures the submission program: mail handed in by local
// programs goes to the daemon by SMTP.
func (s *Sendmail) submitMC() (string, error) {
	var m mc
	m.begin(s.files.cf, s.opt.domain())
	m.define("confRUN_AS_USER", submitUser+":"+submitGroup) // it refuses to be root
	m.define("confTRUSTED_USER", "root")
	m.define("MSP_QUEUE_DIR", s.path("clientmqueue"))
	m.define("confPID_FILE", s.path("sm-client.pid"))
	m.define("STATUS_FILE", s.path("statistics"))
	m.define("confSERVICE_SWITCH_FILE", s.path("etc/service.switch"))
	m.define("RELAY_MAILER_ARGS", fmt.Sprintf("TCP $h %d", s.port))
	m.macro("FEATURE", "msp", "[127.0.0.1]")
	return m.b.String(), m.err
}

// writeConfig makes sendmail.cf and submit.cf.
func (s *Sendmail) writeConfig(ctx context.Context) error {
	daemon, err := s.daemonMC()
	if err != nil {
		return err
	}
	settings := make(map[string]string, len(s.opt.Settings))
	for name, value := range s.opt.Settings {
		settings["O "+name] = value
	}
	options, err := formatCF(settings)
	if err != nil {
		return err
	}
	options = strings.ReplaceAll(options, " = ", "=")
	if err := s.m4(ctx, "sendmail", daemon, options); err != nil {
		return err
	}
	submit, err := s.submitMC()
	if err != nil {
		return err
	}
	return s.m4(ctx, "submit", submit, "")
}

func (s *Sendmail) m4(ctx context.Context, name, text, options string) error {
	mcFile := s.path("etc/" + name + ".mc")
	if err := os.WriteFile(mcFile, []byte(text), 0o644); err != nil {
		return err
	}
	out, err := runTool(exec.CommandContext(ctx, "m4", "-D_CF_DIR_="+s.files.cf+"/", mcFile))
	if err != nil {
		return err
	}
	return os.WriteFile(s.path("etc/"+name+".cf"), append(out, options...), 0o644)
}

// submitIDs are the ids the submission program runs as.
func submitIDs() (uid, gid int, err error) {
	if uid, _, err = lookupUser(submitUser); err != nil {
		return 0, 0, err
	}
	gid, err = lookupGroup(submitGroup)
	return uid, gid, err
}
