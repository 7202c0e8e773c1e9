package conformance

// The levels.
const (
	frame    = "frame"
	postfix  = "postfix"
	sendmail = "sendmail"
)

var levels = []string{postfix, sendmail, frame}

// caseInfo is one row of the table. none gives the reason why a level does
// not have the case.
type caseInfo struct {
	title string
	none  map[string]string
}

const (
	onlyFrames = "an MTA sends no such frames"
	onlySocket = "concerns the socket, not what an MTA sends"
)

func frames(reason string) map[string]string {
	return map[string]string{postfix: reason, sendmail: reason}
}

// cases are numbered from 1 in this order: 25 of conformance, 20 faults.
var cases = []caseInfo{
	{"three messages in one session", nil},
	{"one of three recipients refused", nil},
	{"RSET and second EHLO in a transaction", nil},
	{"ABORT twice and at every stage", nil},
	{"empty body", nil},
	{"body cut in CRLF, UTF-8, base64", nil},
	{"20 MB body, memory bound", nil},
	{"SKIP, then edits", nil},
	{"odd header values, 5000 fields", nil},
	{"header deletion, descending", nil},
	{"leading space, with and without LEADSPC", nil},
	{"edit order, body contiguous", nil},
	{"reply text", nil},
	{"percent signs in replies", nil},
	{"envelope addresses", nil},
	{"client addresses", nil},
	{"odd, empty and missing macros", nil},
	{"mail not from SMTP", nil},
	{"quarantine, release, record", nil},
	{"PROGRESS and budget", nil},
	{"no-reply flags, granted and not", nil},
	{"version 2, missing actions", map[string]string{sendmail: "Sendmail has no setting for the version it offers"}},
	{"reload in the middle of a message", nil},
	{"two filters in a row", map[string]string{frame: "needs an MTA that carries out edits"}},
	{"ESMTP arguments", nil},

	{"frame lengths 0, 1 MiB+1, 4 GiB", frames(onlyFrames)},
	{"HTTP and TLS on the port", frames(onlyFrames)},
	{"frames byte by byte", frames(onlyFrames)},
	{"stop inside a frame", frames(onlyFrames)},
	{"idle, then a message", nil},
	{"half-close", frames(onlyFrames)},
	{"broken negotiation", frames(onlyFrames)},
	{"strings without NUL, too few, too many", frames(onlyFrames)},
	{"unknown commands, QUIT_NC", nil},
	{"E with data, B or E outside a message", frames(onlyFrames)},
	{"peer never reads", frames("both read what they are sent")},
	{"whole session in one segment", frames("both wait for each answer they negotiated")},
	{"reset during the answer", frames("neither resets a connection it waits on")},
	{"panic in a session", nil},
	{"thousands of idle connections, EMFILE", frames(onlySocket)},
	{"10,000 scanners", nil},
	{"spool folder gone", nil},
	{"SIGTERM with a message in flight", nil},
	{"stale unix socket, wrong owner", nil},
	{"kill -9 at each stage and amid edits", nil},
}
