package extract

import (
	"bytes"
	"strings"

	"labelmilter/internal/extract/sniff"
)

// isMbox reports a file of mails (RFC 4155): the line that begins a mail stands
// first, and a header field behind it.
func isMbox(it *item) bool {
	if it.kind != sniff.Unknown || it.where == InBody || !textual(it.data) {
		return false
	}
	line, rest, _ := bytes.Cut(it.data[:min(len(it.data), 4096)], []byte("\n"))
	if !separator(line) {
		return false
	}
	name, _, found := bytes.Cut(rest, []byte(":"))
	return found && len(name) > 0 && !bytes.ContainsAny(bytes.TrimPrefix(name, []byte(">From ")), " \t\r\n")
}

// separator reports the line that begins a mail: "From ", an address and a date
// with a time of day.
func separator(line []byte) bool {
	if len(line) > 512 || !bytes.HasPrefix(line, []byte("From ")) {
		return false
	}
	i := bytes.IndexByte(line, ':')
	return i > 6 && i+2 < len(line) && digit(line[i-1]) && digit(line[i+1]) && digit(line[i+2])
}

func digit(c byte) bool { return c >= '0' && c <= '9' }

// readMbox reads each mail as a member. Where a mail says how long it is
// (Content-Length) nothing is trusted: a separator behind an empty line divides.
func readMbox(x *extractor, it *item) {
	b := it.data
	_, b, _ = bytes.Cut(b, []byte("\n"))
	for len(b) > 0 && !x.expired(it.path) {
		end, next := len(b), len(b)
		for at := 0; at < len(b); {
			i := bytes.Index(b[at:], []byte("\nFrom "))
			if i < 0 {
				break
			}
			at += i + 1
			line, _, _ := bytes.Cut(b[at:], []byte("\n"))
			before := strings.TrimRight(string(b[max(0, at-3):at-1]), "\r")
			if separator(bytes.TrimRight(line, "\r")) && (before == "" || strings.HasSuffix(before, "\n")) {
				end, next = at, min(at+len(line)+1, len(b))
				break
			}
		}
		if mail := b[:end]; len(bytes.TrimSpace(mail)) > 0 {
			if bytes.Contains(mail, []byte("\n>From ")) {
				mail = bytes.ReplaceAll(mail, []byte("\n>From "), []byte("\nFrom "))
			}
			x.member(it, "message/rfc822", "", "", mail)
		}
		b = b[next:]
	}
}
