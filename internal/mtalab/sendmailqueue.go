package mtalab

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"time"
)

var sendmailID = regexp.MustCompile(`^[0-9A-Za-z]{8,32}$`)

// Limits of a queue file.
const (
	maxQueueLine = 1 << 20
	maxQueueFile = 64 << 20
)

// Queue lists the messages of the daemon's queue from its queue files, in
// order of their ids. Size is that of the body only.
func (s *Sendmail) Queue() ([]QueueEntry, error) {
	files, err := os.ReadDir(s.path("mqueue"))
	if err != nil {
		return nil, err
	}
	var entries []QueueEntry
	for _, f := range files {
		kind, id := f.Name()[:min(2, len(f.Name()))], f.Name()[min(2, len(f.Name())):]
		// qf: waits; hf: quarantined.
		queue, ok := map[string]string{"qf": "queue", "hf": "quarantine"}[kind]
		if !ok {
			continue
		}
		e, err := readQueueFile(s.path(filepath.Join("mqueue", f.Name())))
		if errors.Is(err, fs.ErrNotExist) {
			continue // delivered meanwhile
		}
		if err != nil {
			return nil, fmt.Errorf("sendmail: queue file %s: %w", f.Name(), err)
		}
		e.Queue, e.ID = queue, id
		if st, err := os.Stat(s.path(filepath.Join("mqueue", "df"+id))); err == nil {
			e.Size = st.Size()
		}
		entries = append(entries, e)
	}
	return entries, nil
}

func readQueueFile(path string) (QueueEntry, error) {
	f, err := os.Open(path)
	if err != nil {
		return QueueEntry{}, err
	}
	defer f.Close()
	return parseQueueFile(io.LimitReader(f, maxQueueFile))
}

// parseQueueFile reads a control file of Sendmail's queue, version 8 (Sendmail
// Installation and Operation Guide, appendix B): a letter says what a line
// holds, lines that begin with white space continue the one before, a dot ends
// the file. Of R lines the flags up to the first colon are dropped.
func parseQueueFile(r io.Reader) (QueueEntry, error) {
	var e QueueEntry
	br := bufio.NewReader(r)
	for {
		line, err := readLine(br, maxQueueLine)
		if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
			return e, nil // being written just now
		}
		if err != nil {
			return e, err
		}
		if line == "" || line[0] == ' ' || line[0] == '\t' {
			continue
		}
		switch value := line[1:]; line[0] {
		case '.':
			return e, nil
		case 'T':
			if sec, err := strconv.ParseInt(value, 10, 64); err == nil {
				e.Arrival = time.Unix(sec, 0).UTC()
			}
		case 'S':
			e.Sender = bare(value)
		case 'R':
			if _, addr, ok := strings.Cut(value, ":"); ok {
				e.Recipients = append(e.Recipients, bare(addr))
			}
		case 'q':
			e.Reason = value
		case 'M':
			if e.Reason == "" {
				e.Reason = value
			}
		}
	}
}

// bare is an address without the angle brackets around it.
func bare(addr string) string {
	if in, ok := strings.CutPrefix(addr, "<"); ok {
		if in, ok = strings.CutSuffix(in, ">"); ok {
			return in
		}
	}
	return addr
}

// Release takes a message out of quarantine and has it delivered at once.
// Sendmail does not filter it again.
func (s *Sendmail) Release(ctx context.Context, id string) error {
	if err := s.known(id); err != nil {
		return err
	}
	// -Q without a reason unquarantines; -qQ looks at quarantined mail.
	if _, err := s.run(ctx, "-Q", "-qQ", "-qI"+id); err != nil {
		return err
	}
	_, err := s.run(ctx, "-qI"+id)
	return err
}

// Hold quarantines a queued message with a reason.
func (s *Sendmail) Hold(ctx context.Context, id, reason string) error {
	if err := s.known(id); err != nil {
		return err
	}
	_, err := s.run(ctx, "-Q"+reason, "-qI"+id)
	return err
}

// Flush tries all queued mail now and returns when it has been tried.
func (s *Sendmail) Flush(ctx context.Context) error {
	_, err := s.run(ctx, "-q")
	return err
}

// known fails unless a message with this id is queued.
func (s *Sendmail) known(id string) error {
	if !sendmailID.MatchString(id) {
		return errQueueID
	}
	entries, err := s.Queue()
	if err != nil {
		return err
	}
	for _, e := range entries {
		if e.ID == id {
			return nil
		}
	}
	return fmt.Errorf("sendmail: no message %s in the queue", id)
}

func (s *Sendmail) run(ctx context.Context, args ...string) ([]byte, error) {
	return runTool(s.command(ctx, "sendmail.cf", args...))
}
