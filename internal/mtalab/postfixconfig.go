package mtalab

import (
	"fmt"
	"os"
	"path/filepath"
	"sort"
	"strconv"
	"strings"
)

// owner are the ids Postfix's queue needs.
type owner struct {
	uid      int // mail_owner, "postfix"
	gid      int
	postdrop int // setgid_group
}

func lookupOwner() (owner, error) {
	uid, gid, err := lookupUser("postfix")
	if err != nil {
		return owner{}, err
	}
	postdrop, err := lookupGroup("postdrop")
	return owner{uid, gid, postdrop}, err
}

// queueDirs are the folders of a Postfix queue as its postfix-files lists
// them. Made here because Postfix's own start script takes seconds to make
// and check them.
func queueDirs(o owner) []struct {
	name     string
	uid, gid int
	mode     os.FileMode
} {
	type dir = struct {
		name     string
		uid, gid int
		mode     os.FileMode
	}
	dirs := []dir{
		{"pid", 0, 0, 0o755},
		{"maildrop", o.uid, o.postdrop, 0o730},
		{"public", o.uid, o.postdrop, 0o710},
	}
	for _, name := range []string{"active", "bounce", "corrupt", "defer", "deferred", "flush",
		"hold", "incoming", "private", "saved", "trace"} {
		dirs = append(dirs, dir{name, o.uid, 0, 0o700})
	}
	return dirs
}

func makeQueue(dir string, o owner) error {
	for _, d := range queueDirs(o) {
		path := filepath.Join(dir, d.name)
		if err := os.MkdirAll(path, d.mode); err != nil {
			return err
		}
		if err := os.Chown(path, d.uid, d.gid); err != nil {
			return err
		}
		if err := os.Chmod(path, d.mode); err != nil {
			return err
		}
	}
	return nil
}

// masterCF is a master.cf (master(5)) with the services a relay needs, none
// in a chroot. pickup looks each second, not each minute, for mail handed in
// or requeued.
func masterCF(port int) string {
	var b strings.Builder
	row := func(f string, args ...any) { fmt.Fprintf(&b, f+"\n", args...) }
	row("127.0.0.1:%d inet n - n - - smtpd", port)
	row("pickup unix n - n 1 1 pickup")
	row("cleanup unix n - n - 0 cleanup")
	row("qmgr unix n - n 300 1 qmgr")
	row("tlsmgr unix - - n 1000? 1 tlsmgr")
	row("rewrite unix - - n - - trivial-rewrite")
	for _, name := range []string{"bounce", "defer", "trace"} {
		row("%s unix - - n - 0 bounce", name)
	}
	row("verify unix - - n - 1 verify")
	row("flush unix n - n 1000? 0 flush")
	row("proxymap unix - - n - - proxymap")
	row("proxywrite unix - - n - 1 proxymap")
	row("smtp unix - - n - - smtp")
	row("relay unix - - n - - smtp")
	row("showq unix n - n - - showq")
	for _, name := range []string{"error", "retry"} {
		row("%s unix - - n - - error", name)
	}
	row("discard unix - - n - - discard")
	row("anvil unix - - n - 1 anvil")
	row("scache unix - - n - 1 scache")
	row("postlog unix-dgram n - n - 1 postlogd")
	return b.String()
}

// mainCF are the main.cf parameters (postconf(5)) of an instance in dir.
func mainCF(dir string, paths map[string]string, o Options) (map[string]string, error) {
	p := map[string]string{
		"compatibility_level":   "3.6",
		"queue_directory":       filepath.Join(dir, "spool"),
		"data_directory":        filepath.Join(dir, "data"),
		"mail_owner":            "postfix",
		"setgid_group":          "postdrop",
		"maillog_file":          filepath.Join(dir, "log", "mail.log"),
		"maillog_file_prefixes": filepath.Join(dir, "log"), // the default refuses temporary folders

		"myhostname":           "mx." + o.domain(),
		"mydomain":             o.domain(),
		"myorigin":             o.domain(),
		"inet_interfaces":      "127.0.0.1",
		"inet_protocols":       "ipv4",
		"mynetworks":           "127.0.0.0/8",
		"mydestination":        "",
		"local_recipient_maps": "",
		"alias_maps":           "",
		"alias_database":       "",
		// All domains are relayed: everything ends at the next hop.
		"relay_domains":                      "static:ALL",
		"smtpd_relay_restrictions":           "permit_mynetworks, reject_unauth_destination",
		"disable_dns_lookups":                "yes",
		"smtp_host_lookup":                   "native",
		"smtpd_peername_lookup":              "no",
		"smtpd_tls_security_level":           "none",
		"smtp_tls_security_level":            "none",
		"smtputf8_enable":                    yesNo(!o.NoSMTPUTF8),
		"default_database_type":              "hash",
		"enable_long_queue_ids":              "yes", // short ids are used again
		"biff":                               "no",
		"in_flow_delay":                      "0",
		"message_size_limit":                 strconv.Itoa(110 << 20),
		"mailbox_size_limit":                 "0",
		"smtpd_milters":                      strings.Join(o.Milters, ", "),
		"non_smtpd_milters":                  strings.Join(o.NonSMTPDMilters, ", "),
		"milter_protocol":                    "6",
		"milter_default_action":              "tempfail",
		"smtpd_client_connection_rate_limit": "0",
	}
	for name, value := range paths {
		p[name] = value
	}
	if o.NextHop == "" {
		p["transport_maps"] = "static:discard:"
	} else {
		host, port, err := o.nextHop()
		if err != nil {
			return nil, err
		}
		p["relayhost"] = host + ":" + port
	}
	if o.XCLIENT {
		p["smtpd_authorized_xclient_hosts"] = "127.0.0.0/8"
	}
	for name, value := range o.Settings {
		p[name] = value
	}
	return p, nil
}

// formatCF writes parameters as a main.cf. A line break within a value would
// begin another parameter, so it is refused.
func formatCF(params map[string]string) (string, error) {
	names := make([]string, 0, len(params))
	for name := range params {
		names = append(names, name)
	}
	sort.Strings(names)
	var b strings.Builder
	for _, name := range names {
		if strings.ContainsAny(name+params[name], "\r\n") || name == "" {
			return "", fmt.Errorf("setting %q: empty name or line break", name)
		}
		fmt.Fprintf(&b, "%s = %s\n", name, params[name])
	}
	return b.String(), nil
}

func yesNo(b bool) string {
	if b {
		return "yes"
	}
	return "no"
}
