package mtalab

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"time"
)

// Limits of a sink session.
const (
	sinkMaxCommand = 16 << 10        // bytes in a command line
	sinkMaxSize    = 128 << 20       // bytes in a message, announced by SIZE (RFC 1870)
	sinkMaxRcpts   = 10_000          // recipients of a message
	sinkMaxErrors  = 100             // refused commands before the session is ended
	sinkIdle       = 5 * time.Minute // RFC 5321 4.5.3.2.7
)

// sinkSession is one connection to the sink.
type sinkSession struct {
	sink *Sink
	conn net.Conn
	r    *bufio.Reader
	w    *bufio.Writer

	errors  int
	helo    string
	inMail  bool
	message Delivery
}

func (t *sinkSession) run() {
	t.reply("220 sink.example ESMTP")
	for {
		// RFC 2920 3.2: while commands wait in the buffer, replies may too.
		if t.r.Buffered() == 0 {
			if t.w.Flush() != nil {
				return
			}
		}
		if t.conn.SetDeadline(time.Now().Add(sinkIdle)) != nil {
			return
		}
		line, err := readLine(t.r, sinkMaxCommand)
		if err != nil {
			t.w.Flush()
			return
		}
		if !t.command(line) || t.errors > sinkMaxErrors {
			t.w.Flush()
			return
		}
	}
}

// reply queues a reply; a write error shows at the next flush.
func (t *sinkSession) reply(line string) {
	if strings.HasPrefix(line, "5") {
		t.errors++
	}
	t.w.WriteString(line)
	t.w.WriteString("\r\n")
}

// command does one command and tells whether the session goes on.
func (t *sinkSession) command(line string) bool {
	verb, arg, _ := strings.Cut(line, " ")
	switch strings.ToUpper(verb) {
	case "HELO":
		t.hello(arg)
		t.reply("250 sink.example")
	case "EHLO":
		t.hello(arg)
		t.reply("250-sink.example")
		t.reply("250-PIPELINING")
		t.reply(fmt.Sprintf("250-SIZE %d", sinkMaxSize))
		t.reply("250-8BITMIME")
		t.reply("250-SMTPUTF8")
		t.reply("250 ENHANCEDSTATUSCODES")
	case "MAIL":
		t.mail(arg)
	case "RCPT":
		t.rcpt(arg)
	case "DATA":
		return t.data()
	case "RSET":
		t.reset()
		t.reply("250 2.0.0 Ok")
	case "NOOP":
		t.reply("250 2.0.0 Ok")
	case "QUIT":
		t.reply("221 2.0.0 Bye")
		return false
	default:
		t.reply("500 5.5.2 Unknown command")
	}
	return true
}

func (t *sinkSession) reset() { t.inMail, t.message = false, Delivery{} }

func (t *sinkSession) hello(name string) {
	t.reset()
	t.helo = strings.TrimSpace(name)
}

func (t *sinkSession) mail(arg string) {
	addr, params, ok := parsePath(arg, "FROM:")
	switch {
	case !ok:
		t.reply("501 5.5.4 Syntax: MAIL FROM:<address>")
	case t.inMail:
		t.reply("503 5.5.1 Nested MAIL")
	default:
		t.inMail = true
		t.message = Delivery{Helo: t.helo, From: addr, FromParams: params}
		t.reply("250 2.1.0 Ok")
	}
}

func (t *sinkSession) rcpt(arg string) {
	addr, _, ok := parsePath(arg, "TO:")
	switch {
	case !ok || addr == "":
		t.reply("501 5.5.4 Syntax: RCPT TO:<address>")
		return
	case !t.inMail:
		t.reply("503 5.5.1 MAIL first")
		return
	case len(t.message.To) >= sinkMaxRcpts:
		t.reply("452 4.5.3 Too many recipients")
		return
	}
	if f := t.sink.opt.RcptReply; f != nil {
		if answer := f(addr); answer != "" && !strings.HasPrefix(answer, "2") {
			t.reply(answer)
			return
		}
	}
	t.message.To = append(t.message.To, addr)
	t.reply("250 2.1.5 Ok")
}

func (t *sinkSession) data() bool {
	if !t.inMail || len(t.message.To) == 0 {
		t.reply("503 5.5.1 RCPT first")
		return true
	}
	t.reply("354 End data with <CR><LF>.<CR><LF>")
	if t.w.Flush() != nil {
		return false
	}
	body, size, err := readData(t.r, t.sink.opt.Discard)
	if errors.Is(err, errTooBig) {
		t.reset()
		t.reply("552 5.3.4 Message too big")
		return true
	}
	if err != nil {
		return false
	}
	t.message.Data, t.message.Size, t.message.Received = body, size, time.Now()
	t.sink.store(t.message)
	t.reset()
	t.reply("250 2.0.0 Ok")
	return true
}

var errTooBig = errors.New("message too big")

// readData reads up to the line "." and undoes the doubled dots (RFC 5321
// 4.5.2). Only CRLF "." CRLF ends the message. A message over sinkMaxSize is
// read to its end and refused with errTooBig.
func readData(r *bufio.Reader, discard bool) (body []byte, size int, err error) {
	var buf bytes.Buffer
	lineStart, tooBig := true, false // lineStart: what comes follows CRLF
	cr := false                      // the piece before ended in CR
	for {
		part, err := r.ReadSlice('\n')
		if err != nil && !errors.Is(err, bufio.ErrBufferFull) {
			if errors.Is(err, io.EOF) {
				err = io.ErrUnexpectedEOF
			}
			return nil, 0, err
		}
		if lineStart && string(part) == ".\r\n" {
			if tooBig {
				return nil, 0, errTooBig
			}
			if discard {
				return nil, size, nil
			}
			return bytes.Clone(buf.Bytes()), size, nil
		}
		ends := bytes.HasSuffix(part, []byte("\r\n")) || cr && string(part) == "\n"
		cr = part[len(part)-1] == '\r'
		if lineStart && part[0] == '.' {
			part = part[1:]
		}
		if size += len(part); size > sinkMaxSize {
			tooBig, size = true, sinkMaxSize
			buf = bytes.Buffer{}
		}
		if !discard && !tooBig {
			buf.Write(part)
		}
		lineStart = ends
	}
}

// parsePath reads `FROM:<address> params` without looking into the address;
// a ">" within a quoted local part does not end it.
func parsePath(arg, keyword string) (addr string, params []string, ok bool) {
	if len(arg) < len(keyword) || !strings.EqualFold(arg[:len(keyword)], keyword) {
		return "", nil, false
	}
	rest := strings.TrimLeft(arg[len(keyword):], " ")
	if !strings.HasPrefix(rest, "<") {
		return "", nil, false
	}
	quoted := false
	for i := 1; i < len(rest); i++ {
		switch c := rest[i]; {
		case quoted && c == '\\':
			i++
		case c == '"':
			quoted = !quoted
		case c == '>' && !quoted:
			return rest[1:i], strings.Fields(rest[i+1:]), true
		}
	}
	return "", nil, false
}
