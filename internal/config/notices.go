package config

import (
	"net"
	"strings"

	"labelmilter/internal/strictyaml"
)

// notices checks how mail of our own is sent, and fills in the sender.
func (k *checker) notices() {
	n := &k.c.Notices
	if n.Server != "" {
		host, port, err := net.SplitHostPort(n.Server)
		if err != nil || !validHost(host) || !validPort(port) {
			k.d.Problem(k.at("notices", "server"), "such as 127.0.0.1:25", "notices: server: %q is not HOST:PORT", short(n.Server))
		}
	}
	if n.User != "" && n.TLS == "off" && !strings.HasPrefix(n.Server, "127.") && !strings.HasPrefix(n.Server, "[::1]") && !strings.HasPrefix(n.Server, "localhost:") {
		k.d.Problem(k.at("notices", "tls"), "use required or implicit", "notices: the password would go out unencrypted")
	}
	if n.User != "" && n.PasswordFile == "" {
		k.d.Problem(k.at("notices", "user"), "add password_file", "notices: a login without password")
	}
	if n.PasswordFile != "" {
		n.PasswordFile = k.path(k.at("notices", "password_file"), n.PasswordFile)
	}
	if n.From != "" && !mailbox(n.From) {
		k.d.Problem(k.at("notices", "from"), "use the form name@example.com", "notices: from: %q is not a mailbox", short(n.From))
	}
	k.each(n.Incidents, given(k.root, "notices", "incidents"), func(node *strictyaml.Node, v string) string {
		if !mailbox(v) {
			k.d.Problem(node, "use the form name@example.com", "%q is not a mailbox", short(v))
		}
		return v
	})
	if n.Server == "" {
		if len(n.Incidents) > 0 {
			k.d.Warn(k.at("notices", "incidents"), "add server: 127.0.0.1:25", "notices: nothing is sent without a server")
		}
		return
	}
	if n.From == "" {
		for _, d := range k.c.Organisation.Domains {
			if d != "" && !strings.HasPrefix(d, ".") {
				n.From = "labelmilter@" + d
				return
			}
		}
		k.d.Problem(k.at("notices", "server"), "add from, or organisation.domains", "notices: mail of ours has no sender")
	}
}

func mailbox(s string) bool {
	local, domain, ok := strings.Cut(s, "@")
	if !ok || local == "" || len(s) > 320 || strings.ContainsAny(s, " \t\r\n<>,;\x00") {
		return false
	}
	_, err := canonicalDomain(domain)
	return err == nil && !strings.HasPrefix(domain, ".")
}
