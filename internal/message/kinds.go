package message

import "strings"

// KindNames is the closed list of message kinds.
var KindNames = []string{"auto-reply", "auto-forward", "calendar", "delivery-report", "encrypted", "list", "read-receipt", "rights-protected", "signed"}

// Kinds tells what kind of message m is, in the order of KindNames; an
// ordinary message has none.
func Kinds(m *Message) []string {
	has := map[string]bool{}
	if v, ok := m.Header.First("Auto-Submitted"); ok { // RFC 3834 5
		switch v = strings.ToLower(v); {
		case strings.HasPrefix(v, "auto-replied"):
			has["auto-reply"] = true
		case strings.HasPrefix(v, "auto-forwarded"):
			has["auto-forward"] = true
		}
	}
	if _, ok := m.Header.First("X-Autoreply"); ok {
		has["auto-reply"] = true
	}
	if _, ok := m.Header.First("X-MS-Exchange-Generated-Message-Source"); ok {
		has["auto-forward"] = true
	}
	if _, ok := m.Header.First("List-Id"); ok { // RFC 2919
		has["list"] = true
	}
	walk(m.Root, func(p *Part) {
		switch p.Type {
		case "text/calendar", "application/ics":
			has["calendar"] = true
		case "multipart/signed":
			has["signed"] = true
		case "multipart/encrypted", "application/pgp-encrypted":
			has["encrypted"] = true
		case "application/pkcs7-mime", "application/x-pkcs7-mime": // RFC 8551 3.2
			if strings.EqualFold(p.Params["smime-type"], "signed-data") {
				has["signed"] = true
			} else {
				has["encrypted"] = true
			}
		case "application/x-microsoft-rpmsg-message":
			has["rights-protected"] = true
		case "multipart/report": // RFC 6522
			switch strings.ToLower(p.Params["report-type"]) {
			case "disposition-notification":
				has["read-receipt"] = true
			default:
				has["delivery-report"] = true
			}
		}
		for _, n := range p.Names {
			if strings.EqualFold(n, "message.rpmsg") {
				has["rights-protected"] = true
			}
		}
	})
	var out []string
	for _, k := range KindNames {
		if has[k] {
			out = append(out, k)
		}
	}
	return out
}

// Importance is "high", "normal" or "low" by Importance (RFC 4021),
// X-Priority and X-MSMail-Priority.
func Importance(m *Message) string {
	if v, ok := m.Header.First("Importance"); ok {
		switch v = strings.ToLower(v); v {
		case "high", "low", "normal":
			return v
		}
	}
	if v, ok := m.Header.First("X-Priority"); ok && v != "" {
		switch v[0] {
		case '1', '2':
			return "high"
		case '4', '5':
			return "low"
		}
	}
	if v, ok := m.Header.First("X-MSMail-Priority"); ok {
		switch v = strings.ToLower(v); v {
		case "high", "low":
			return v
		}
	}
	return "normal"
}

// walk visits a part and all below it, parents first.
func walk(p *Part, f func(*Part)) {
	if p == nil {
		return
	}
	f(p)
	for _, k := range p.Children {
		walk(k, f)
	}
}
