package config

import (
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"labelmilter/internal/strictyaml"
)

// maxSocket is the longest path of a unix socket (sun_path on Linux, without
// its NUL).
const maxSocket = 107

func (k *checker) listeners() {
	nodes := elements(given(k.root, "milter", "listen"))
	places, names := map[string]int{}, map[string]int{}
	for i := range k.c.Milter.Listen {
		l := &k.c.Milter.Listen[i]
		if i >= len(nodes) || given(nodes[i], "addr") == nil {
			continue // reported when it was decoded
		}
		n := nodes[i].Get("addr")
		if !k.address(n, l) {
			continue
		}
		k.once(places, n, "listener", l.Network+":"+l.Address)
		if l.Name != "" {
			k.once(names, nodes[i].Get("name"), "name", l.Name)
		}
		k.socketMode(nodes[i], l)
	}
}

// address reads the forms that MTAs use for milters: Postfix
// (smtpd_milters) has inet:HOST:PORT and unix:PATH, Sendmail
// (INPUT_MAIL_FILTER) inet:PORT@HOST and local:PATH.
func (k *checker) address(n *strictyaml.Node, l *Listener) bool {
	kind, rest, ok := strings.Cut(l.Addr, ":")
	known := []string{"inet", "inet6", "unix", "local", "systemd"}
	if !ok {
		fix := "such as inet:127.0.0.1:8891 or unix:/run/labelmilter/in.sock"
		if strings.HasPrefix(l.Addr, "/") {
			fix = "did you mean unix:" + l.Addr + "?"
		}
		k.d.Problem(n, fix, "addr: %q has no kind of socket", l.Addr)
		return false
	}
	switch kind {
	case "inet", "inet6":
		return k.inet(n, l, kind, rest)
	case "unix", "local":
		l.Network, l.Address = "unix", k.socketPath(n, rest)
		l.Addr = "unix:" + l.Address
		return l.Address != ""
	case "systemd":
		if rest == "" || strings.ContainsAny(rest, ": /\t\n") {
			k.d.Problem(n, "systemd:NAME, as in FileDescriptorName=", "addr: %q is no name of a socket", rest)
			return false
		}
		l.Network, l.Address = "systemd", rest
		return true
	}
	if near, ok := strictyaml.Nearest(kind, known); ok {
		k.d.Problem(n, "did you mean "+near+":"+rest+"?", "addr: unknown kind of socket %q", kind)
	} else if host, port, err := net.SplitHostPort(l.Addr); err == nil && validHost(host) && validPort(port) {
		k.d.Problem(n, "did you mean inet:"+l.Addr+"?", "addr: %q has no kind of socket", l.Addr)
	} else {
		k.d.Problem(n, "known: "+strings.Join(known, ", "), "addr: unknown kind of socket %q", kind)
	}
	return false
}

func (k *checker) inet(n *strictyaml.Node, l *Listener, kind, rest string) bool {
	host, port, err := net.SplitHostPort(rest)
	if p, h, sendmail := strings.Cut(rest, "@"); sendmail {
		host, port, err = strings.Trim(h, "[]"), p, nil
	}
	l.Network = map[string]string{"inet": "tcp", "inet6": "tcp6"}[kind]
	switch {
	case err != nil:
		k.d.Problem(n, "such as inet:127.0.0.1:8891 or inet6:[::1]:8891", "addr: %q is not HOST:PORT", rest)
		return false
	case !validPort(port):
		k.d.Problem(n, "1 to 65535", "addr: %q is no port", port)
		return false
	case !validHost(host):
		k.d.Problem(n, "127.0.0.1 for this machine only", "addr: %q is no host", host)
		return false
	}
	if ip, err := netip.ParseAddr(host); err == nil {
		if kind == "inet6" && ip.Is4() {
			k.d.Problem(n, "did you mean inet:"+rest+"?", "addr: %s is no IPv6 address", host)
			return false
		}
		if ip.IsUnspecified() {
			k.d.Warn(n, "listen on the address the MTA uses, or shut others out", "addr: everybody who reaches port %s can use this milter", port)
		}
		host = ip.String()
	}
	number, _ := strconv.Atoi(port)
	l.Address = net.JoinHostPort(strings.ToLower(host), strconv.Itoa(number))
	l.Addr = kind + ":" + l.Address
	return true
}

// socketPath checks the path of a unix socket; "" if it is of no use.
func (k *checker) socketPath(n *strictyaml.Node, p string) string {
	if p == "" || strings.HasSuffix(p, "/") {
		k.d.Problem(n, "such as unix:/run/labelmilter/in.sock", "%q is no path of a socket", p)
		return ""
	}
	p = k.path(n, p)
	if p != "" && !filepath.IsAbs(p) {
		k.d.Problem(n, "", "the path of a socket, %q, is not absolute", p)
		return ""
	}
	if len(p) > maxSocket {
		k.d.Problem(n, "shorten it", "the path of a socket has %d bytes, more than %d", len(p), maxSocket)
		return ""
	}
	return p
}

// socketMode checks what only unix sockets have.
func (k *checker) socketMode(n *strictyaml.Node, l *Listener) {
	if l.Network != "unix" {
		for _, key := range []string{"mode", "group"} {
			if x := given(n, key); x != nil {
				k.d.Problem(x, "remove it", "%s is for unix sockets only", key)
			}
		}
		return
	}
	m := given(n, "mode")
	if m == nil {
		return
	}
	bits, err := strconv.ParseUint(strings.TrimPrefix(l.Mode, "0o"), 8, 32)
	if err != nil || len(strings.TrimPrefix(l.Mode, "0o")) < 3 || bits > uint64(os.ModePerm) {
		k.d.Problem(m, "such as 0660", "mode: want octal permissions, found %q", l.Mode)
		return
	}
	if l.FileMode = uint32(bits); bits&0o600 != 0o600 {
		k.d.Problem(m, "such as 0660", "mode: we ourselves could not use a socket with %s", l.Mode)
	} else if bits&0o002 != 0 {
		k.d.Warn(m, "use group, and 0660", "mode: everybody on this machine can use this milter")
	}
}

func (k *checker) admin() {
	n, a := k.at("admin", "listen"), &k.c.Admin
	if a.Off() {
		return
	}
	if p, unix := strings.CutPrefix(a.Listen, "unix:"); unix {
		if p = k.socketPath(n, p); p != "" {
			a.Listen = "unix:" + p
		}
		return
	}
	host, port, err := net.SplitHostPort(a.Listen)
	if err != nil || !validHost(host) || !validPort(port) {
		k.d.Problem(n, "such as 127.0.0.1:8892, or off", "admin: listen: %q is not HOST:PORT", a.Listen)
		return
	}
	if ip, err := netip.ParseAddr(host); host != "localhost" && (err != nil || !ip.IsLoopback()) {
		k.d.Warn(n, "put a proxy with authentication before it", "admin: %s can be reached from other machines without authentication", a.Listen)
	}
	for _, l := range k.c.Milter.Listen {
		if l.Network != "unix" && l.Address == a.Listen {
			k.d.Problem(n, "use another port", "admin: %s is a milter listener already", a.Listen)
		}
	}
}

func validPort(s string) bool {
	n, err := strconv.ParseUint(s, 10, 16)
	return err == nil && n > 0
}

// validHost takes addresses without zone and host names.
func validHost(s string) bool {
	if ip, err := netip.ParseAddr(s); err == nil {
		return ip.Zone() == ""
	}
	if strings.Trim(s, "0123456789.") == "" {
		return false // neither an address nor a name
	}
	_, err := canonicalDomain(s)
	return err == nil && !strings.HasPrefix(s, ".")
}
