// Package miltertest is the MTA's side of the milter protocol for tests: raw
// frames, cut and joined in any way, and whole messages with a report of what
// the filter asked for. It shares no code with the server it tests.
package miltertest

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"time"
)

// What both Postfix 3.7 and Sendmail 8.17 offer.
const (
	OfferVersion  = 6
	OfferActions  = 0x1ff
	OfferProtocol = 0x1fffff
)

// Protocol options the client heeds (SMFIP_*).
const (
	NoReplyHeader  = 0x000080
	NoData         = 0x000200
	Skip           = 0x000400
	NoReplyConnect = 0x001000
	NoReplyHelo    = 0x002000
	NoReplyMail    = 0x004000
	NoReplyRcpt    = 0x008000
	NoReplyEOH     = 0x040000
	NoReplyBody    = 0x080000
	LeadingSpace   = 0x100000
)

// Packet is one frame without its length.
type Packet struct {
	Code byte
	Data []byte
}

// String is the code with the data, quoted, for failures and comparisons.
func (p Packet) String() string {
	if len(p.Data) == 0 {
		return string(p.Code)
	}
	return fmt.Sprintf("%c %q", p.Code, p.Data)
}

// Index is the number that begins header edits with a position.
func (p Packet) Index() uint32 {
	if len(p.Data) < 4 {
		return 0
	}
	return binary.BigEndian.Uint32(p.Data)
}

// Text is the data without NUL at its end; of a reply, the reply.
func (p Packet) Text() string { return strings.TrimSuffix(string(p.Data), "\x00") }

// Frame is a frame with its length.
func Frame(code byte, data ...string) []byte {
	d := strings.Join(data, "")
	b := binary.BigEndian.AppendUint32(nil, uint32(len(d)+1))
	return append(append(b, code), d...)
}

// OptNeg is the frame that opens a connection.
func OptNeg(version, actions, protocol uint32) []byte {
	var d []byte
	for _, v := range []uint32{version, actions, protocol} {
		d = binary.BigEndian.AppendUint32(d, v)
	}
	return Frame('O', string(d))
}

// Macro is a macro frame; kv are names, as on the wire, and values.
func Macro(cmd byte, kv ...string) []byte {
	return Frame('D', append([]string{string(cmd)}, terminated(kv)...)...)
}

// ConnectFrame is a CONNECT frame.
func ConnectFrame(host string, family byte, port uint16, addr string) []byte {
	d := host + "\x00" + string(family)
	if family != 'U' {
		d += string(binary.BigEndian.AppendUint16(nil, port)) + addr + "\x00"
	}
	return Frame('C', d)
}

// Strings is a frame of NUL-terminated strings.
func Strings(code byte, s ...string) []byte { return Frame(code, terminated(s)...) }

func terminated(s []string) []string {
	out := make([]string, 0, len(s))
	for _, v := range s {
		out = append(out, v+"\x00")
	}
	return out
}

// Client is a connection to a filter.
type Client struct {
	Conn    net.Conn
	Timeout time.Duration // for each read and write

	Version, Actions, Protocol uint32 // negotiated
	Macros                     []byte // macro requests, as sent

	br *bufio.Reader
}

// New makes a client on nc, with a timeout of ten seconds.
func New(nc net.Conn) *Client {
	return &Client{Conn: nc, Timeout: 10 * time.Second, br: bufio.NewReaderSize(nc, 64<<10)}
}

// Dial connects to a filter.
func Dial(a net.Addr) (*Client, error) {
	nc, err := net.DialTimeout(a.Network(), a.String(), 10*time.Second)
	if err != nil {
		return nil, err
	}
	return New(nc), nil
}

// Close closes the connection without QUIT.
func (c *Client) Close() error { return c.Conn.Close() }

// Quit says QUIT and closes.
func (c *Client) Quit() error {
	return errors.Join(c.Write(Frame('Q')), c.Close())
}

// Write sends bytes as they are.
func (c *Client) Write(b ...[]byte) error {
	_ = c.Conn.SetWriteDeadline(time.Now().Add(c.Timeout))
	_, err := c.Conn.Write(bytes.Join(b, nil))
	return err
}

// WriteBy sends bytes n at a time.
func (c *Client) WriteBy(n int, b []byte) error {
	for len(b) > 0 {
		k := min(n, len(b))
		if err := c.Write(b[:k]); err != nil {
			return err
		}
		b = b[k:]
	}
	return nil
}

// Read gives the next frame of the filter.
func (c *Client) Read() (Packet, error) {
	_ = c.Conn.SetReadDeadline(time.Now().Add(c.Timeout))
	var head [4]byte
	if _, err := io.ReadFull(c.br, head[:]); err != nil {
		return Packet{}, err
	}
	n := binary.BigEndian.Uint32(head[:])
	if n == 0 || n > 1<<20 {
		return Packet{}, fmt.Errorf("frame of length %d", n)
	}
	b := make([]byte, n)
	if _, err := io.ReadFull(c.br, b); err != nil {
		return Packet{}, fmt.Errorf("frame cut: %w", err)
	}
	return Packet{Code: b[0], Data: b[1:]}, nil
}

// Ask sends frames and gives the next answer.
func (c *Client) Ask(frames ...[]byte) (Packet, error) {
	if err := c.Write(frames...); err != nil {
		return Packet{}, err
	}
	return c.Read()
}

// Closed waits for the filter to close the connection and reports whether it
// did without sending anything more.
func (c *Client) Closed() error {
	_ = c.Conn.SetReadDeadline(time.Now().Add(c.Timeout))
	b, err := c.br.ReadByte()
	var t net.Error
	switch {
	case err == nil:
		return fmt.Errorf("got byte %q instead of a close", b)
	case errors.As(err, &t) && t.Timeout():
		return fmt.Errorf("connection stays open: %w", err)
	}
	return nil
}

// Negotiate opens the connection as a current MTA would.
func (c *Client) Negotiate() error {
	return c.NegotiateAs(OfferVersion, OfferActions, OfferProtocol)
}

// NegotiateAs opens the connection with an offer. Like Sendmail it fails if
// the filter wants what is not offered.
func (c *Client) NegotiateAs(version, actions, protocol uint32) error {
	p, err := c.Ask(OptNeg(version, actions, protocol))
	if err != nil {
		return err
	}
	if p.Code != 'O' || len(p.Data) < 12 {
		return fmt.Errorf("negotiation answered with %v", p)
	}
	c.Version = binary.BigEndian.Uint32(p.Data)
	c.Actions = binary.BigEndian.Uint32(p.Data[4:])
	c.Protocol = binary.BigEndian.Uint32(p.Data[8:])
	c.Macros = p.Data[12:]
	if c.Version > version || c.Actions&^actions != 0 || c.Protocol&^protocol != 0 {
		return fmt.Errorf("filter wants more than offered: version %d actions %#x protocol %#x", c.Version, c.Actions, c.Protocol)
	}
	return nil
}
