package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"slices"
	"strings"
	"time"

	"labelmilter/internal/milter/miltertest"
	"labelmilter/internal/mtalab"
)

// lab is the private Postfix with the sink it delivers to.
type lab struct {
	pf   *mtalab.Postfix
	sink *mtalab.Sink
}

func startPostfix(ctx context.Context, d *daemon) (*lab, error) {
	sink, err := mtalab.NewSink(mtalab.SinkOptions{})
	if err != nil {
		return nil, err
	}
	pf, err := mtalab.StartPostfix(ctx, mtalab.Options{
		Milters: []string{"{ unix:" + d.socket + ", default_action=tempfail }"},
		NextHop: sink.Addr(),
		XCLIENT: true, // some mails come from inside, most from outside
	})
	if err != nil {
		return nil, fmt.Errorf("starting Postfix: %w", err)
	}
	return &lab{pf, sink}, nil
}

func (l *lab) stop() error {
	return errors.Join(l.pf.Stop(), l.sink.Close())
}

// deliver sends a mail and waits for where it ends up.
func (l *lab) deliver(ctx context.Context, s sample) (outcome, error) {
	m := mtalab.Message{From: s.from, To: s.to, Data: s.data, XClient: map[string]string{"ADDR": "203.0.113.7", "NAME": "mail.example.net"}}
	if s.inside {
		m.XClient = map[string]string{"ADDR": "127.0.0.9", "NAME": "desk.agency.gov.au"}
	}
	before := len(l.sink.Messages())
	res := mtalab.Send(ctx, l.pf.SMTPAddr(), m)
	if res.Err != nil {
		return outcome{}, res.Err
	}
	o := outcome{reply: res.Last().String()}
	if !res.Accepted() {
		return o, nil
	}
	for range 100 {
		if got := l.sink.Messages(); len(got) > before {
			o.added, o.gone = compare(s.data, got[before].Data)
			return o, nil
		}
		if q, err := l.pf.Queue(ctx); err == nil && slices.ContainsFunc(q, func(e mtalab.QueueEntry) bool { return e.Queue == "hold" && e.ID == res.QueueID() }) {
			raw, err := l.pf.Message(ctx, res.QueueID())
			if err != nil {
				return o, err
			}
			o.held = true
			o.added, o.gone = compare(s.data, raw)
			return o, nil
		}
		time.Sleep(50 * time.Millisecond)
	}
	return o, fmt.Errorf("neither delivered nor on hold")
}

// header gives the unfolded header lines of a message.
func header(data []byte) []string {
	head, _, _ := strings.Cut(strings.ReplaceAll(string(data), "\r\n", "\n"), "\n\n")
	var out []string
	for _, l := range strings.Split(head, "\n") {
		if len(out) > 0 && strings.HasPrefix(l, " ") || strings.HasPrefix(l, "\t") {
			out[len(out)-1] += " " + strings.TrimSpace(l)
			continue
		}
		out = append(out, l)
	}
	return out
}

// compare gives the header lines that are in only one of two copies, less what
// Postfix itself adds.
func compare(sent, got []byte) (added, gone []string) {
	a, b := header(sent), header(got)
	for _, l := range b {
		if i := slices.Index(a, l); i >= 0 {
			a = slices.Delete(a, i, i+1)
		} else if !strings.HasPrefix(l, "Received:") && !strings.HasPrefix(l, "Return-Path:") {
			added = append(added, l)
		}
	}
	return added, a
}

// speak runs a mail through the milter without an MTA.
func (d *daemon) speak(_ context.Context, s sample) (outcome, error) {
	c, err := miltertest.Dial(&net.UnixAddr{Name: d.socket, Net: "unix"})
	if err != nil {
		return outcome{}, err
	}
	defer func() { _ = c.Close() }()
	if err := c.Negotiate(); err != nil {
		return outcome{}, err
	}
	ip := "203.0.113.7"
	if s.inside {
		ip = "127.0.0.9"
	}
	connect := miltertest.ConnectFrame("client.example", '4', 4711, ip)
	if _, err := c.Step('C', miltertest.NoReplyConnect, miltertest.Macro('C', "{client_addr}", ip), connect); err != nil {
		return outcome{}, err
	}
	m := miltertest.Message{From: "<" + s.from + ">", Macros: map[byte][]string{'E': {"i", "DEMO" + s.name[:2]}}}
	for _, to := range s.to {
		m.To = append(m.To, "<"+to+">")
	}
	head, body, _ := strings.Cut(string(s.data), "\r\n\r\n")
	for _, l := range strings.Split(strings.ReplaceAll(head, "\r\n ", "\n "), "\r\n") {
		name, value, _ := strings.Cut(l, ":")
		m.Header = append(m.Header, [2]string{name, value})
	}
	m.Body = []byte(body)
	res, err := c.Send(m)
	if err != nil {
		return outcome{}, err
	}
	o := outcome{reply: "milter answer " + res.Decision.String()}
	for _, e := range res.Edits {
		switch e.Code {
		case 'i', 'h':
			o.added = append(o.added, strings.ReplaceAll(strings.TrimLeft(string(e.Data[min(4, len(e.Data)):]), "\x00"), "\x00", " "))
		case 'm':
			o.gone = append(o.gone, strings.ReplaceAll(string(e.Data[min(4, len(e.Data)):]), "\x00", " "))
		case 'q':
			o.held = true
		}
	}
	return o, c.Quit()
}
