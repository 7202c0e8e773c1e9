package mtalab

import (
	"fmt"
	"net"
	"os"
	"path/filepath"
	"time"
)

// Options of a private mail server. The zero value is a server without a
// filter that discards everything it accepts.
type Options struct {
	// Dir is an empty folder to use, reachable by the user postfix; "" makes
	// one under the system's temporary folder. Stop removes only the latter.
	Dir string

	// Milters filter mail that comes by SMTP, in this order. Postfix:
	// "inet:127.0.0.1:8891", "unix:/path", or with settings of its own
	// "{ inet:127.0.0.1:8891, default_action=accept }". Sendmail: the text of
	// an INPUT_MAIL_FILTER, "S=inet:8891@127.0.0.1, F=T, T=R:10s".
	Milters []string

	// NonSMTPDMilters filter mail handed in with sendmail(1). Postfix only:
	// Sendmail's submission program hands such mail in by SMTP.
	NonSMTPDMilters []string

	// NextHop is the host:port all mail is delivered to; "" discards it.
	NextHop string

	// Settings are main.cf parameters, or sendmail.cf options by their long
	// names; they win over those chosen here.
	Settings map[string]string

	// XCLIENT lets every loopback client appear as another one (Postfix only).
	XCLIENT bool

	// NoSMTPUTF8 turns RFC 6531 off, which Postfix has on by default.
	NoSMTPUTF8 bool

	// Domain is the server's own: it is "mx." + Domain; "lab.example" if
	// empty. No mail is delivered to it locally.
	Domain string
}

func (o Options) domain() string {
	if o.Domain == "" {
		return "lab.example"
	}
	return o.Domain
}

// nextHop is NextHop taken apart, with the host in brackets so that no MX
// record is asked for.
func (o Options) nextHop() (host, port string, err error) {
	host, port, err = net.SplitHostPort(o.NextHop)
	if err != nil {
		return "", "", fmt.Errorf("next hop: %w", err)
	}
	return "[" + host + "]", port, nil
}

// QueueEntry is one message in a server's queue.
type QueueEntry struct {
	Queue      string // Postfix: its queue's name; Sendmail: "queue" or "quarantine"
	ID         string
	Sender     string
	Recipients []string
	Size       int64 // bytes; 0 if unknown
	Arrival    time.Time
	Reason     string // why it was quarantined (Sendmail) or delayed
}

// makeDir makes the instance's folder, or checks the one given: user postfix
// must be able to enter it and every folder above.
func makeDir(given, name string) (dir string, own bool, err error) {
	dir = given
	if dir == "" {
		if dir, err = os.MkdirTemp("", "mtalab-"+name+"-"); err != nil {
			return "", false, err
		}
		own = true
	} else if dir, err = filepath.Abs(dir); err != nil {
		return "", false, err
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return "", false, err
	}
	if err := os.Chmod(dir, 0o755); err != nil {
		return "", false, err
	}
	for d := dir; ; d = filepath.Dir(d) {
		st, err := os.Stat(d)
		if err != nil {
			return "", false, err
		}
		if st.Mode()&0o001 == 0 {
			if own {
				os.Remove(dir)
			}
			return "", false, fmt.Errorf("folder %s cannot be entered by other users", d)
		}
		if d == filepath.Dir(d) {
			return dir, own, nil
		}
	}
}
