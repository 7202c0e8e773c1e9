package mtalab

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"strings"
)

// Limits of what the client reads: a server that talks without end is a
// broken server, not a reason to use up memory.
const (
	maxReplyLine  = 64 << 10 // bytes in one reply line; RFC 5321 4.5.3.1.5 asks for 512
	maxReplyLines = 1000     // lines in one reply
)

// Errors of reading a reply.
var (
	ErrReplySyntax = errors.New("malformed SMTP reply")
	ErrReplyLimit  = errors.New("SMTP reply too long")
)

// Reply is one SMTP reply (RFC 5321 4.2), all its lines.
type Reply struct {
	Code  int      // 200 to 599; 0: no reply was read
	Lines []string // text of each line without code, separator and line end
}

// OK tells whether the reply is positive (2xx or 3xx).
func (r Reply) OK() bool { return r.Code >= 200 && r.Code < 400 }

// Text is the text of all lines, joined by LF.
func (r Reply) Text() string { return strings.Join(r.Lines, "\n") }

// Enhanced is the enhanced status code that begins the first line (RFC 2034),
// or "".
func (r Reply) Enhanced() string {
	if len(r.Lines) == 0 {
		return ""
	}
	code, _, _ := strings.Cut(r.Lines[0], " ")
	fields := strings.Split(code, ".")
	if len(fields) != 3 {
		return ""
	}
	for _, f := range fields {
		if f == "" || len(f) > 3 || strings.Trim(f, "0123456789") != "" {
			return ""
		}
	}
	return code
}

// String is the reply as it was sent, with LF between lines.
func (r Reply) String() string {
	if r.Code == 0 {
		return "no reply"
	}
	var b strings.Builder
	for i, line := range r.Lines {
		sep := "-"
		if i == len(r.Lines)-1 {
			sep = " "
		}
		if i > 0 {
			b.WriteByte('\n')
		}
		fmt.Fprintf(&b, "%d%s%s", r.Code, sep, line)
	}
	return b.String()
}

// ReadReply reads one reply, however many lines it has. Lines may end in LF
// alone. It fails with ErrReplySyntax when a line does not begin with a code
// or the code changes within a reply, and with ErrReplyLimit.
func ReadReply(r *bufio.Reader) (Reply, error) {
	var reply Reply
	for {
		line, err := readLine(r, maxReplyLine)
		if errors.Is(err, errLineTooLong) {
			return reply, ErrReplyLimit
		}
		if err != nil {
			return reply, err
		}
		code, more, text, err := parseReplyLine(line)
		if err != nil {
			return reply, err
		}
		if reply.Code != 0 && reply.Code != code {
			return reply, fmt.Errorf("%w: code changes from %d to %d", ErrReplySyntax, reply.Code, code)
		}
		reply.Code = code
		reply.Lines = append(reply.Lines, text)
		if !more {
			return reply, nil
		}
		if len(reply.Lines) >= maxReplyLines {
			return reply, ErrReplyLimit
		}
	}
}

// parseReplyLine takes a line without its line end apart.
func parseReplyLine(line string) (code int, more bool, text string, err error) {
	if len(line) < 3 {
		return 0, false, "", fmt.Errorf("%w: line of %d bytes", ErrReplySyntax, len(line))
	}
	for i := range 3 {
		c := line[i]
		if c < '0' || c > '9' {
			return 0, false, "", fmt.Errorf("%w: no code", ErrReplySyntax)
		}
		code = code*10 + int(c-'0')
	}
	if code < 200 || code > 599 {
		return 0, false, "", fmt.Errorf("%w: code %d", ErrReplySyntax, code)
	}
	if len(line) == 3 {
		return code, false, "", nil
	}
	switch line[3] {
	case ' ':
		return code, false, line[4:], nil
	case '-':
		return code, true, line[4:], nil
	}
	return 0, false, "", fmt.Errorf("%w: separator after code", ErrReplySyntax)
}

var errLineTooLong = errors.New("line too long")

// readLine reads up to and including LF and returns the line without LF and
// one CR before it. A line of more than limit bytes is errLineTooLong, the
// end of input within a line io.ErrUnexpectedEOF.
func readLine(r *bufio.Reader, limit int) (string, error) {
	line, err := readLineEnd(r, limit)
	if err != nil {
		return "", err
	}
	line = line[:len(line)-1]
	return strings.TrimSuffix(string(line), "\r"), nil
}

// readLineEnd is readLine with the line end kept.
func readLineEnd(r *bufio.Reader, limit int) ([]byte, error) {
	var line []byte
	for {
		part, err := r.ReadSlice('\n')
		if len(line)+len(part) > limit {
			return nil, errLineTooLong
		}
		line = append(line, part...)
		switch {
		case err == nil:
			return line, nil
		case errors.Is(err, bufio.ErrBufferFull):
		case errors.Is(err, io.EOF) && len(line) > 0:
			return nil, io.ErrUnexpectedEOF
		default:
			return nil, err
		}
	}
}
