package mtalab

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"regexp"
	"time"
)

var postfixID = regexp.MustCompile(`^[0-9A-Za-z]{5,32}$`)

// errQueueID is returned for a queue id that is none, before any tool sees it:
// "ALL" and options have meanings of their own there.
var errQueueID = errors.New("not a queue id")

func checkPostfixID(id string) error {
	if !postfixID.MatchString(id) || id == "ALL" {
		return errQueueID
	}
	return nil
}

// tool runs one of Postfix's commands on this instance. MAIL_CONFIG is set as
// well as -c, for the programs they start.
func (p *Postfix) tool(ctx context.Context, name string, args ...string) ([]byte, error) {
	cmd, err := tool(ctx, name, append([]string{"-c", p.etc()}, args...)...)
	if err != nil {
		return nil, err
	}
	cmd.Env = p.env()
	return runTool(cmd)
}

// Queue lists the messages in all queues (postqueue -j).
func (p *Postfix) Queue(ctx context.Context) ([]QueueEntry, error) {
	out, err := p.tool(ctx, "postqueue", "-j")
	if err != nil {
		return nil, err
	}
	return parsePostqueue(bytes.NewReader(out))
}

// parsePostqueue reads postqueue(1)'s JSON, one object per line.
func parsePostqueue(r io.Reader) ([]QueueEntry, error) {
	var entries []QueueEntry
	sc := bufio.NewScanner(r)
	sc.Buffer(nil, 16<<20)
	for sc.Scan() {
		var row struct {
			Queue      string `json:"queue_name"`
			ID         string `json:"queue_id"`
			Arrival    int64  `json:"arrival_time"`
			Size       int64  `json:"message_size"`
			Sender     string `json:"sender"`
			Recipients []struct {
				Address string `json:"address"`
				Reason  string `json:"delay_reason"`
			} `json:"recipients"`
		}
		if len(bytes.TrimSpace(sc.Bytes())) == 0 {
			continue
		}
		if err := json.Unmarshal(sc.Bytes(), &row); err != nil {
			return nil, fmt.Errorf("postqueue: %w", err)
		}
		e := QueueEntry{Queue: row.Queue, ID: row.ID, Sender: row.Sender, Size: row.Size,
			Arrival: time.Unix(row.Arrival, 0).UTC()}
		if e.Sender == "MAILER-DAEMON" { // postqueue's way to show the null sender
			e.Sender = ""
		}
		for _, rcpt := range row.Recipients {
			e.Recipients = append(e.Recipients, rcpt.Address)
			if e.Reason == "" {
				e.Reason = rcpt.Reason
			}
		}
		entries = append(entries, e)
	}
	return entries, sc.Err()
}

// Release takes a message off hold and has it delivered at once. Postfix does
// not filter it again.
func (p *Postfix) Release(ctx context.Context, id string) error {
	if err := p.super(ctx, "-H", id); err != nil {
		return err
	}
	_, err := p.tool(ctx, "postqueue", "-i", id)
	return err
}

// Hold puts a queued message on hold.
func (p *Postfix) Hold(ctx context.Context, id string) error { return p.super(ctx, "-h", id) }

// Requeue has a message taken in anew, within a second or two, under a new
// queue id (postsuper -r). A message on hold leaves it thereby.
func (p *Postfix) Requeue(ctx context.Context, id string) error { return p.super(ctx, "-r", id) }

// Delete removes a message.
func (p *Postfix) Delete(ctx context.Context, id string) error { return p.super(ctx, "-d", id) }

// super runs postsuper, which succeeds also when there is no such message: it
// reports how many it moved on standard error only, so the queue is asked
// before.
func (p *Postfix) super(ctx context.Context, option, id string) error {
	if err := checkPostfixID(id); err != nil {
		return err
	}
	entries, err := p.Queue(ctx)
	if err != nil {
		return err
	}
	for _, e := range entries {
		if e.ID == id {
			_, err := p.tool(ctx, "postsuper", option, id)
			return err
		}
	}
	return fmt.Errorf("postfix: no message %s in the queue", id)
}

// Flush tries all deferred mail now.
func (p *Postfix) Flush(ctx context.Context) error {
	_, err := p.tool(ctx, "postqueue", "-f")
	return err
}

// Message is the header and body of a queued message as stored, lines ended by
// LF (postcat -hb).
func (p *Postfix) Message(ctx context.Context, id string) ([]byte, error) {
	if err := checkPostfixID(id); err != nil {
		return nil, err
	}
	return p.tool(ctx, "postcat", "-q", "-h", "-b", id)
}

// Sendmail hands a message in as a local program does: sendmail(1) with the
// given arguments, the message on standard input.
func (p *Postfix) Sendmail(ctx context.Context, args []string, message []byte) error {
	cmd, err := tool(ctx, p.paths["sendmail_path"], append([]string{"-C", p.etc()}, args...)...)
	if err != nil {
		return err
	}
	cmd.Env = p.env()
	cmd.Stdin = bytes.NewReader(message)
	_, err = runTool(cmd)
	return err
}
