package mtalab_test

import (
	"context"
	"fmt"
	"net"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/emersion/go-milter"

	"labelmilter/internal/mtalab"
)

// wait bounds every wait for an MTA; it is reached only when a test fails.
const wait = 20 * time.Second

// filter is a trivial milter: it adds a header that tells what it saw of the
// session, and quarantines or rejects on demand of the subject.
type filter struct {
	milter.NoOpMilter
	client, sender, subject string
}

func (f *filter) Connect(host, _ string, _ uint16, addr net.IP, m *milter.Modifier) (milter.Response, error) {
	f.client = addr.String()
	return milter.RespContinue, nil
}

func (f *filter) MailFrom(from string, m *milter.Modifier) (milter.Response, error) {
	f.sender = from
	if login := m.Macros["{auth_authen}"]; login != "" {
		f.sender += " login " + login
	}
	return milter.RespContinue, nil
}

func (f *filter) Header(name, value string, m *milter.Modifier) (milter.Response, error) {
	if strings.EqualFold(name, "Subject") {
		f.subject = value
	}
	return milter.RespContinue, nil
}

func (f *filter) Body(m *milter.Modifier) (milter.Response, error) {
	if strings.Contains(f.subject, "refuse") {
		return milter.NewResponseStr('y', "550 5.7.1 refused by test"), nil
	}
	if err := m.AddHeader("X-Seen", fmt.Sprintf("client %s sender %s", f.client, f.sender)); err != nil {
		return nil, err
	}
	if strings.Contains(f.subject, "hold") {
		if err := m.Quarantine("held by test"); err != nil {
			return nil, err
		}
	}
	return milter.RespAccept, nil
}

// startFilter serves the filter on a free port and returns the port.
func startFilter(t *testing.T) int {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	srv := &milter.Server{
		NewMilter: func() milter.Milter { return &filter{} },
		Actions:   milter.OptAddHeader | milter.OptQuarantine,
	}
	var wg sync.WaitGroup
	wg.Add(1)
	go func() { defer wg.Done(); srv.Serve(ln) }()
	t.Cleanup(func() { srv.Close(); wg.Wait() })
	return ln.Addr().(*net.TCPAddr).Port
}

func newSink(t *testing.T) *mtalab.Sink {
	t.Helper()
	s, err := mtalab.NewSink(mtalab.SinkOptions{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s
}

func mail(subject string) mtalab.Message {
	return mtalab.Message{
		From: "alice@agency.example",
		To:   []string{"bob@other.example"},
		Data: []byte("From: alice@agency.example\r\nTo: bob@other.example\r\nSubject: " + subject +
			"\r\nMessage-ID: <" + strings.ReplaceAll(subject, " ", ".") + "@agency.example>\r\n\r\n.a line with a dot\r\nlast\r\n"),
	}
}

func bySubject(subject string) func(mtalab.Delivery) bool {
	return func(d mtalab.Delivery) bool { return strings.Contains(string(d.Data), "\r\nSubject: "+subject+"\r\n") }
}

// deliver sends and waits for what arrives.
func deliver(t *testing.T, addr string, sink *mtalab.Sink, m mtalab.Message, subject string) mtalab.Delivery {
	t.Helper()
	res := mtalab.Send(t.Context(), addr, m)
	if !res.Accepted() {
		t.Fatalf("%s: not accepted: %v, %v", subject, res.Last(), res.Err)
	}
	return arrive(t, sink, subject)
}

func arrive(t *testing.T, sink *mtalab.Sink, subject string) mtalab.Delivery {
	t.Helper()
	d, err := sink.WaitFor(bySubject(subject), wait)
	if err != nil {
		t.Fatalf("%s: %v", subject, err)
	}
	return d
}

func wantHeader(t *testing.T, d mtalab.Delivery, line string) {
	t.Helper()
	if !strings.Contains(string(d.Data), "\r\n"+line+"\r\n") {
		t.Errorf("message lacks %q:\n%s", line, d.Data)
	}
}

// entryOf waits until the queue has the entry.
func entryOf(t *testing.T, list func() ([]mtalab.QueueEntry, error), ok func(mtalab.QueueEntry) bool) mtalab.QueueEntry {
	t.Helper()
	var entries []mtalab.QueueEntry
	ctx, cancel := context.WithTimeout(t.Context(), wait)
	defer cancel()
	for ctx.Err() == nil {
		var err error
		if entries, err = list(); err != nil {
			t.Fatal(err)
		}
		for _, e := range entries {
			if ok(e) {
				return e
			}
		}
		time.Sleep(20 * time.Millisecond)
	}
	t.Fatalf("no such entry in queue: %+v", entries)
	return mtalab.QueueEntry{}
}
