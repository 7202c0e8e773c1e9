package mtalab

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"sort"
	"strings"
	"time"
)

// defaultTimeout bounds each exchange of the client. RFC 5321 4.5.3.2 allows
// ten minutes at end of data; a test wants to know earlier.
const defaultTimeout = 30 * time.Second

// Client is one SMTP session. Its methods do no more than they say: they send
// what they are given, also what the protocol forbids, and return the reply
// whole. It is for one goroutine.
type Client struct {
	Greeting Reply         // the server's first reply; it may be a refusal
	Timeout  time.Duration // for each exchange

	conn net.Conn
	r    *bufio.Reader
}

// Dial connects and reads the greeting. A greeting that refuses (554) is not
// an error.
func Dial(ctx context.Context, addr string) (*Client, error) {
	var d net.Dialer
	conn, err := d.DialContext(ctx, "tcp", addr)
	if err != nil {
		return nil, fmt.Errorf("smtp: %w", err)
	}
	c := &Client{Timeout: defaultTimeout, conn: conn, r: bufio.NewReader(conn)}
	if c.Greeting, err = c.read(); err != nil {
		conn.Close()
		return nil, fmt.Errorf("smtp: greeting: %w", err)
	}
	return c, nil
}

// Close ends the connection without QUIT, at whatever stage it is.
func (c *Client) Close() error { return c.conn.Close() }

// Quit says goodbye and closes.
func (c *Client) Quit() (Reply, error) {
	reply, err := c.Cmd("QUIT")
	return reply, errors.Join(err, c.conn.Close())
}

// Write sends bytes as they are and reads nothing.
func (c *Client) Write(p []byte) error {
	if err := c.conn.SetWriteDeadline(time.Now().Add(c.Timeout)); err != nil {
		return err
	}
	_, err := c.conn.Write(p)
	return err
}

// Read reads the next reply, for pipelined commands.
func (c *Client) Read() (Reply, error) { return c.read() }

func (c *Client) read() (Reply, error) {
	if err := c.conn.SetReadDeadline(time.Now().Add(c.Timeout)); err != nil {
		return Reply{}, err
	}
	return ReadReply(c.r)
}

// Cmd sends a line, CRLF added, and reads the reply.
func (c *Client) Cmd(line string) (Reply, error) {
	if err := c.Write([]byte(line + "\r\n")); err != nil {
		return Reply{}, err
	}
	return c.read()
}

// Helo sends HELO.
func (c *Client) Helo(name string) (Reply, error) { return c.Cmd("HELO " + name) }

// Ehlo sends EHLO.
func (c *Client) Ehlo(name string) (Reply, error) { return c.Cmd("EHLO " + name) }

// Rset sends RSET.
func (c *Client) Rset() (Reply, error) { return c.Cmd("RSET") }

// Mail sends MAIL FROM with the address in angle brackets ("" is the null
// sender) and ESMTP parameters such as "BODY=8BITMIME".
func (c *Client) Mail(from string, params ...string) (Reply, error) {
	return c.Cmd(strings.Join(append([]string{"MAIL FROM:<" + from + ">"}, params...), " "))
}

// Rcpt sends RCPT TO.
func (c *Client) Rcpt(to string, params ...string) (Reply, error) {
	return c.Cmd(strings.Join(append([]string{"RCPT TO:<" + to + ">"}, params...), " "))
}

// XClient sends Postfix's XCLIENT, attributes in alphabetical order, such as
// ADDR=203.0.113.5, NAME, LOGIN, HELO. Values are encoded as xtext (RFC 3461
// 4). Postfix answers with a new greeting and forgets the EHLO.
func (c *Client) XClient(attrs map[string]string) (Reply, error) {
	names := make([]string, 0, len(attrs))
	for name := range attrs {
		names = append(names, name)
	}
	sort.Strings(names)
	line := "XCLIENT"
	for _, name := range names {
		line += " " + name + "=" + xtext(attrs[name])
	}
	return c.Cmd(line)
}

// Data sends DATA, the message and the final dot. Lines that begin with a dot
// get another one (RFC 5321 4.5.2); line ends are sent as they are, and a
// CRLF is added if the message does not end in one. If DATA itself is refused
// the first reply is it and the second is empty.
func (c *Client) Data(message []byte) (start, final Reply, err error) {
	if start, err = c.Cmd("DATA"); err != nil || start.Code != 354 {
		return start, Reply{}, err
	}
	final, err = c.DataRaw(dotStuff(message))
	return start, final, err
}

// DataRaw sends bytes as they are, after a DATA that was answered with 354,
// and reads the reply; the bytes must hold the final dot.
func (c *Client) DataRaw(p []byte) (Reply, error) {
	if err := c.Write(p); err != nil {
		return Reply{}, err
	}
	return c.read()
}

// AbortData sends DATA and a part of a message, then closes the connection.
func (c *Client) AbortData(part []byte) (Reply, error) {
	start, err := c.Cmd("DATA")
	if err == nil && start.Code == 354 {
		err = c.Write(part)
	}
	return start, errors.Join(err, c.conn.Close())
}

// dotStuff doubles the dot at each line's begin and appends the final dot.
func dotStuff(message []byte) []byte {
	out := make([]byte, 0, len(message)+len(message)/64+8)
	atStart := true
	for _, b := range message {
		if atStart && b == '.' {
			out = append(out, '.')
		}
		out = append(out, b)
		atStart = b == '\n'
	}
	if len(message) > 0 && !bytes.HasSuffix(message, []byte("\r\n")) {
		out = append(out, '\r', '\n')
	}
	return append(out, ".\r\n"...)
}

// xtext encodes a value as RFC 3461 4 says.
func xtext(s string) string {
	var b strings.Builder
	for i := range len(s) {
		if c := s[i]; c < '!' || c > '~' || c == '+' || c == '=' {
			fmt.Fprintf(&b, "+%02X", c)
		} else {
			b.WriteByte(c)
		}
	}
	return b.String()
}
