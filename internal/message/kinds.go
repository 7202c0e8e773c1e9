package message

import (
	"bytes"
	"encoding/base64"
	"strings"
)

// KindNames is the closed list of message kinds.
var KindNames = []string{"auto-reply", "auto-forward", "calendar", "delivery-report", "encrypted", "list", "read-receipt", "rights-protected", "signed", "voicemail"}

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
	if v, ok := m.Header.First("Message-Context"); ok && strings.EqualFold(strings.TrimSpace(v), "voice-message") { // RFC 3458 4
		has["voicemail"] = true
	}
	walk(m.Root, func(p *Part) {
		switch p.Type {
		case "multipart/voice-message": // RFC 3801 4.4.1
			has["voicemail"] = true
		case "text/calendar", "application/ics":
			has["calendar"] = true
		case "multipart/signed":
			has["signed"] = true
		case "multipart/encrypted", "application/pgp-encrypted":
			has["encrypted"] = true
		case "application/pkcs7-mime", "application/x-pkcs7-mime": // RFC 8551 3.2
			switch t := strings.ToLower(p.Params["smime-type"]); {
			case t == "signed-data" || t == "certs-only" || t == "" && signedCMS(p.Raw):
				has["signed"] = true
			case t != "compressed-data":
				has["encrypted"] = true
			}
		case "text/plain": // RFC 9580 6.2, 7
			if bytes.Contains(p.Raw, []byte("-----BEGIN PGP MESSAGE-----")) {
				has["encrypted"] = true
			}
			if bytes.Contains(p.Raw, []byte("-----BEGIN PGP SIGNED MESSAGE-----")) {
				has["signed"] = true
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
		if bytes.HasPrefix(bytes.TrimLeft(p.Raw, "\r\n"), []byte("dugEYMQR44Y")) { // MS-OXORMMS 2.2.3, in base64
			has["rights-protected"] = true
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

// signedCMS reports base64 of a CMS message that is signed (RFC 5652 5.1), by its
// first octets.
func signedCMS(raw []byte) bool {
	head := bytes.Map(func(r rune) rune {
		if r <= ' ' {
			return -1
		}
		return r
	}, raw[:min(len(raw), 128)])
	out := make([]byte, 96)
	n, _ := base64.StdEncoding.Decode(out, head[:len(head)/4*4]) // as much as is base64
	return bytes.Contains(out[:n], []byte("\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x07\x02"))
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
