package mtalab_test

import (
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"labelmilter/internal/mtalab"
)

func TestSinkKeepsMessages(t *testing.T) {
	t.Parallel()
	sink := newSink(t)
	m := mtalab.Message{
		Helo:       "host.example",
		From:       `"odd>one"@a.example`,
		FromParams: []string{"SIZE=100", "BODY=8BITMIME"},
		To:         []string{"b@b.example", "ç@c.example"},
		Data:       []byte("Subject: x\r\n\r\n.\r\n..two\r\nbare\n.lf\x00\xff\r\nno end"),
	}
	if res := mtalab.Send(t.Context(), sink.Addr(), m); !res.Accepted() {
		t.Fatalf("%v, %v", res.Last(), res.Err)
	}
	got := sink.Messages()
	if len(got) != 1 || got[0].Received.IsZero() {
		t.Fatalf("got %+v", got)
	}
	got[0].Received = time.Time{}
	// The dot after the bare LF was doubled and is not undone: only CRLF ends
	// a line (RFC 5321 2.3.8).
	data := "Subject: x\r\n\r\n.\r\n..two\r\nbare\n..lf\x00\xff\r\nno end\r\n"
	want := mtalab.Delivery{Helo: m.Helo, From: m.From, FromParams: m.FromParams, To: m.To, Data: []byte(data), Size: len(data)}
	if diff := cmp.Diff(want, got[0]); diff != "" {
		t.Error(diff)
	}
	sink.Reset()
	if n, bytes := sink.Count(); n != 0 || bytes != 0 || len(sink.Messages()) != 0 {
		t.Errorf("after Reset: %d, %d", n, bytes)
	}
}

func TestSinkProtocol(t *testing.T) {
	t.Parallel()
	sink, err := mtalab.NewSink(mtalab.SinkOptions{RcptReply: func(addr string) string {
		if strings.HasPrefix(addr, "later@") {
			return "451 4.3.0 try later"
		}
		return ""
	}})
	if err != nil {
		t.Fatal(err)
	}
	defer sink.Close()
	c, err := mtalab.Dial(t.Context(), sink.Addr())
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	ehlo := "250-sink.example\n250-PIPELINING\n250-SIZE 134217728\n250-8BITMIME\n250-SMTPUTF8\n250 ENHANCEDSTATUSCODES"
	for _, step := range []struct{ send, want string }{
		{"EHLO x", ehlo},
		{"RCPT TO:<a@b>", "503 5.5.1 MAIL first"},
		{"DATA", "503 5.5.1 RCPT first"},
		{"MAIL FROM:a@b", "501 5.5.4 Syntax: MAIL FROM:<address>"},
		{"MAIL", "501 5.5.4 Syntax: MAIL FROM:<address>"},
		{"mail from: <>", "250 2.1.0 Ok"},
		{"MAIL FROM:<>", "503 5.5.1 Nested MAIL"},
		{"RCPT TO:<>", "501 5.5.4 Syntax: RCPT TO:<address>"},
		{"RCPT TO:<later@b>", "451 4.3.0 try later"},
		{"DATA", "503 5.5.1 RCPT first"},
		{"RCPT TO:<now@b>", "250 2.1.5 Ok"},
		{"RSET", "250 2.0.0 Ok"},
		{"DATA", "503 5.5.1 RCPT first"},
		{"HELP", "500 5.5.2 Unknown command"},
	} {
		reply, err := c.Cmd(step.send)
		if err != nil {
			t.Fatalf("%s: %v", step.send, err)
		}
		if got := reply.String(); got != step.want {
			t.Errorf("%s: got %q, want %q", step.send, got, step.want)
		}
	}
	// A pipelined transaction in one write.
	if err := c.Write([]byte("MAIL FROM:<a@b>\r\nRCPT TO:<now@b>\r\nDATA\r\n")); err != nil {
		t.Fatal(err)
	}
	var codes []int
	for range 3 {
		r, err := c.Read()
		if err != nil {
			t.Fatal(err)
		}
		codes = append(codes, r.Code)
	}
	if diff := cmp.Diff([]int{250, 250, 354}, codes); diff != "" {
		t.Error(diff)
	}
	if r, err := c.DataRaw([]byte("x\r\n.\r\n")); err != nil || r.Code != 250 {
		t.Errorf("%v, %v", r, err)
	}
	if r, err := c.Quit(); err != nil || r.Code != 221 {
		t.Errorf("%v, %v", r, err)
	}
}

func TestSinkAbortedData(t *testing.T) {
	t.Parallel()
	sink := newSink(t)
	c, err := mtalab.Dial(t.Context(), sink.Addr())
	if err != nil {
		t.Fatal(err)
	}
	for _, step := range []func() (mtalab.Reply, error){
		func() (mtalab.Reply, error) { return c.Helo("x") },
		func() (mtalab.Reply, error) { return c.Mail("a@b") },
		func() (mtalab.Reply, error) { return c.Rcpt("c@d") },
		func() (mtalab.Reply, error) { return c.AbortData([]byte("Subject: half\r\n.")) },
	} {
		if r, err := step(); err != nil || !r.OK() {
			t.Fatalf("%v, %v", r, err)
		}
	}
	if _, err := sink.Wait(1, 100*time.Millisecond); !errors.Is(err, mtalab.ErrWait) {
		t.Errorf("half a message was kept: %v", err)
	}
	if err := sink.Close(); err != nil {
		t.Error(err)
	}
	if _, err := mtalab.Dial(t.Context(), sink.Addr()); err == nil {
		t.Error("listens after Close")
	}
}

// Many messages over several sessions at once, kept and discarded.
func TestSinkTakesMany(t *testing.T) {
	t.Parallel()
	const sessions, each = 8, 250
	for _, discard := range []bool{false, true} {
		t.Run(fmt.Sprintf("discard %v", discard), func(t *testing.T) {
			sink, err := mtalab.NewSink(mtalab.SinkOptions{Discard: discard})
			if err != nil {
				t.Fatal(err)
			}
			defer sink.Close()
			body := strings.Repeat(strings.Repeat("x", 76)+"\r\n", 128)
			var wg sync.WaitGroup
			for s := range sessions {
				wg.Go(func() {
					messages := make([]mtalab.Message, each)
					for i := range messages {
						messages[i] = mtalab.Message{From: fmt.Sprintf("%d.%d@a", s, i), To: []string{"b@b"}, Data: []byte(body)}
					}
					for _, r := range mtalab.SendAll(t.Context(), sink.Addr(), messages) {
						if !r.Accepted() {
							t.Errorf("%v, %v", r.Last(), r.Err)
							return
						}
					}
				})
			}
			kept, err := sink.Wait(sessions*each, wait)
			if err != nil {
				t.Error(err)
			}
			wg.Wait()
			seen := map[string]bool{}
			for _, d := range kept {
				seen[d.From] = string(d.Data) == body
			}
			want := sessions * each
			if discard {
				want = 0
			}
			if len(seen) != want {
				t.Errorf("kept %d different messages, want %d", len(seen), want)
			}
			if n, bytes := sink.Count(); n != sessions*each || bytes != int64(n*len(body)) {
				t.Errorf("counted %d messages, %d bytes", n, bytes)
			}
		})
	}
}

func BenchmarkSink(b *testing.B) {
	sink, err := mtalab.NewSink(mtalab.SinkOptions{Discard: true})
	if err != nil {
		b.Fatal(err)
	}
	defer sink.Close()
	messages := make([]mtalab.Message, 100)
	for i := range messages {
		messages[i] = mtalab.Message{From: "a@a", To: []string{"b@b"}, Data: []byte(strings.Repeat("0123456789\r\n", 850))}
	}
	for b.Loop() {
		for _, r := range mtalab.SendAll(b.Context(), sink.Addr(), messages) {
			if !r.Accepted() {
				b.Fatal(r.Err)
			}
		}
	}
	b.ReportMetric(float64(b.N*len(messages))/b.Elapsed().Seconds(), "msg/s")
}
