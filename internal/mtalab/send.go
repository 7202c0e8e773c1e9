package mtalab

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"strings"
)

// Message is one transaction for Send.
type Message struct {
	Helo       string            // "client.example" if empty
	XClient    map[string]string // sent before EHLO if not empty
	From       string            // "" is the null sender
	FromParams []string          // ESMTP parameters of MAIL
	To         []string
	ToParams   []string // ESMTP parameters of every RCPT
	Data       []byte   // sent with dots doubled, line ends as they are
}

// Result is how a transaction went. Replies not reached have Code 0.
type Result struct {
	Greeting Reply
	Helo     Reply
	Mail     Reply
	Rcpt     []Reply // one per recipient
	Data     Reply   // answer to DATA
	Final    Reply   // answer to the final dot
	Err      error   // connection broken or nonsense replied; a refusal is no error
}

// Accepted tells whether the server took the message.
func (r Result) Accepted() bool { return r.Err == nil && r.Final.Code == 250 }

// Last is the reply that decided: the final one, else the first refusal.
func (r Result) Last() Reply {
	if r.Final.Code != 0 {
		return r.Final
	}
	for _, s := range []Reply{r.Greeting, r.Helo, r.Mail} {
		if s.Code != 0 && !s.OK() {
			return s
		}
	}
	if r.Data.Code != 0 && !r.Data.OK() && r.accepted() > 0 {
		return r.Data
	}
	for _, s := range r.Rcpt {
		if !s.OK() {
			return s
		}
	}
	return r.Data
}

var queueIDPattern = regexp.MustCompile(`(?:queued as |^2\.0\.0 )([0-9A-Za-z]{6,32})\b`)

// QueueID is the MTA's name for the message, from the final reply of Postfix
// ("queued as ID") or Sendmail ("2.0.0 ID Message accepted"); "" if refused.
func (r Result) QueueID() string {
	if r.Final.Code != 250 {
		return ""
	}
	if m := queueIDPattern.FindStringSubmatch(r.Final.Text()); m != nil {
		return m[1]
	}
	return ""
}

func (r Result) accepted() int {
	n := 0
	for _, s := range r.Rcpt {
		if s.OK() {
			n++
		}
	}
	return n
}

// Send sends one message in a session of its own.
func Send(ctx context.Context, addr string, m Message) Result {
	return SendAll(ctx, addr, []Message{m})[0]
}

// SendAll sends messages one after the other in one session. EHLO and XCLIENT
// are sent again only before a message whose Helo or XClient is given; a
// refusal ends that message only (RSET follows), a broken session fails all
// that follow with its error.
func SendAll(ctx context.Context, addr string, messages []Message) []Result {
	results := make([]Result, len(messages))
	c, err := Dial(ctx, addr)
	if err != nil {
		for i := range results {
			results[i].Err = err
		}
		return results
	}
	defer c.Close()
	stop := context.AfterFunc(ctx, func() { c.Close() })
	defer stop()
	greeting := c.Greeting
	for i, m := range messages {
		results[i].Greeting = greeting
		if err != nil {
			results[i].Err = err
			continue
		}
		err = results[i].run(c, m, i == 0)
		greeting = results[i].Greeting
		results[i].Err = err
		if err == nil && results[i].Final.Code == 0 && i+1 < len(messages) {
			_, err = c.Rset()
		}
	}
	if err == nil {
		c.Quit() // the results are known; a failing goodbye changes nothing
	}
	return results
}

// run does one transaction and stops at the first refusal.
func (r *Result) run(c *Client, m Message, first bool) error {
	if !r.Greeting.OK() {
		return nil
	}
	if err := r.hello(c, m, first); err != nil || (r.Helo.Code != 0 && !r.Helo.OK()) || !r.Greeting.OK() {
		return err
	}
	var err error
	if r.Mail, err = c.Mail(m.From, m.FromParams...); err != nil || !r.Mail.OK() {
		return wrapStage("mail", err)
	}
	for _, to := range m.To {
		reply, err := c.Rcpt(to, m.ToParams...)
		if err != nil {
			return wrapStage("rcpt", err)
		}
		r.Rcpt = append(r.Rcpt, reply)
	}
	if r.accepted() == 0 {
		return nil
	}
	r.Data, r.Final, err = c.Data(m.Data)
	return wrapStage("data", err)
}

func (r *Result) hello(c *Client, m Message, first bool) error {
	var err error
	if len(m.XClient) > 0 {
		// XCLIENT is an extension, so an EHLO comes before it, and Postfix
		// expects another one after it.
		if _, err = c.Ehlo(name(m.Helo)); err != nil {
			return wrapStage("ehlo", err)
		}
		if r.Greeting, err = c.XClient(m.XClient); err != nil || !r.Greeting.OK() {
			return wrapStage("xclient", err)
		}
	} else if !first && m.Helo == "" {
		return nil
	}
	r.Helo, err = c.Ehlo(name(m.Helo))
	return wrapStage("ehlo", err)
}

func name(helo string) string {
	if strings.TrimSpace(helo) == "" {
		return "client.example"
	}
	return helo
}

func wrapStage(stage string, err error) error {
	if err == nil || errors.Is(err, context.Canceled) {
		return err
	}
	return fmt.Errorf("smtp: %s: %w", stage, err)
}
