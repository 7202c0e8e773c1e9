package miltertest

import (
	"fmt"
	"slices"
)

// Message is a message to run through a filter.
type Message struct {
	From     string // as on the wire, with angle brackets
	FromArgs []string
	To       []string // as on the wire
	// Header has names and values, these as everything after the colon.
	Header [][2]string
	Body   []byte
	Chunk  int // body bytes a frame, 0 = 65535
	// Macros to send before a command, by its code: names and values.
	Macros map[byte][]string
	// RcptMacros go before each RCPT.
	RcptMacros [][]string
	Data       bool // send DATA
}

// Result is what the filter said to a message.
type Result struct {
	Stage    byte     // the command that was decided at: 'E', or an earlier one
	Rcpt     []Packet // answers to RCPT
	Edits    []Packet // in order
	Progress int
	Skipped  bool // the filter wanted no more body
	Decision Packet
}

// Session opens an SMTP session for 192.0.2.1.
func (c *Client) Session() error {
	if _, err := c.Step('C', NoReplyConnect, ConnectFrame("client.example", '4', 4711, "192.0.2.1")); err != nil {
		return err
	}
	_, err := c.Step('H', NoReplyHelo, Strings('H', "client.example"))
	return err
}

// Step sends a command and gives its answer, 'c' if none is due because the
// option noReply is negotiated.
func (c *Client) Step(cmd byte, noReply uint32, frames ...[]byte) (Packet, error) {
	if err := c.Write(frames...); err != nil {
		return Packet{}, fmt.Errorf("send %c: %w", cmd, err)
	}
	if c.Protocol&noReply != 0 {
		return Packet{Code: 'c'}, nil
	}
	p, err := c.Read()
	if err != nil {
		return p, fmt.Errorf("answer to %c: %w", cmd, err)
	}
	if !slices.Contains([]byte("carytds"), p.Code) {
		return p, fmt.Errorf("answer to %c is %v", cmd, p)
	}
	return p, nil
}

// Send runs a message as an MTA does: it stops at the first decision and
// says nothing afterwards, no ABORT either.
func (c *Client) Send(m Message) (r Result, err error) {
	step := func(cmd byte, noReply uint32, macros []string, frame []byte) (Packet, error) {
		var pre []byte
		if macros != nil {
			pre = Macro(cmd, macros...)
		}
		return c.Step(cmd, noReply, pre, frame)
	}
	decided := func(cmd byte, p Packet, err error) bool {
		r.Stage, r.Decision = cmd, p
		return err != nil || p.Code != 'c'
	}
	p, err := step('M', NoReplyMail, m.Macros['M'], Strings('M', append([]string{m.From}, m.FromArgs...)...))
	if decided('M', p, err) {
		return r, err
	}
	left := 0
	for i, to := range m.To {
		macros := m.Macros['R']
		if i < len(m.RcptMacros) {
			macros = m.RcptMacros[i]
		}
		p, err := step('R', NoReplyRcpt, macros, Strings('R', to))
		r.Rcpt = append(r.Rcpt, p)
		if err != nil || p.Code == 'a' || p.Code == 'd' {
			r.Stage, r.Decision = 'R', p
			return r, err
		}
		if p.Code == 'c' {
			left++
		}
	}
	if left == 0 && len(m.To) > 0 {
		r.Stage, r.Decision = 'R', r.Rcpt[len(r.Rcpt)-1]
		return r, nil
	}
	if m.Data && c.Protocol&NoData == 0 {
		if p, err := step('T', 0, m.Macros['T'], Frame('T')); decided('T', p, err) {
			return r, err
		}
	}
	for _, h := range m.Header {
		v := h[1]
		if c.Protocol&LeadingSpace == 0 && v != "" && v[0] == ' ' {
			v = v[1:]
		}
		if p, err := step('L', NoReplyHeader, m.Macros['L'], Strings('L', h[0], v)); decided('L', p, err) {
			return r, err
		}
	}
	if p, err := step('N', NoReplyEOH, m.Macros['N'], Frame('N')); decided('N', p, err) {
		return r, err
	}
	n := m.Chunk
	if n == 0 {
		n = 65535
	}
	for chunk := range slices.Chunk(m.Body, n) {
		p, err := step('B', NoReplyBody, m.Macros['B'], Frame('B', string(chunk)))
		if p.Code == 's' && err == nil && c.Protocol&Skip != 0 {
			r.Skipped = true
			break
		}
		if decided('B', p, err) {
			return r, err
		}
	}
	var pre []byte
	if macros := m.Macros['E']; macros != nil {
		pre = Macro('E', macros...)
	}
	if err := c.Write(pre, Frame('E')); err != nil {
		return r, err
	}
	err = c.end(&r)
	return r, err
}

// End reads the answer to an end of message sent by hand.
func (c *Client) End() (r Result, err error) {
	err = c.end(&r)
	return r, err
}

// end reads edits up to the decision.
func (c *Client) end(r *Result) error {
	r.Stage = 'E'
	for {
		p, err := c.Read()
		if err != nil {
			return fmt.Errorf("answer to E: %w", err)
		}
		switch {
		case p.Code == 'p':
			r.Progress++
		case slices.Contains([]byte("ihmb+-eq"), p.Code):
			r.Edits = append(r.Edits, p)
		case slices.Contains([]byte("carytd"), p.Code):
			r.Decision = p
			return nil
		default:
			return fmt.Errorf("answer to E is %v", p)
		}
	}
}
