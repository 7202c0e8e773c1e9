package mtalab

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestReadReply(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, in string
		want     Reply
		err      error
	}{
		{"one line", "250 2.1.0 Ok\r\n", Reply{250, []string{"2.1.0 Ok"}}, nil},
		{"several lines", "550-5.7.1 a\r\n550-b\n550 \r\n", Reply{550, []string{"5.7.1 a", "b", ""}}, nil},
		{"code only", "354\r\n", Reply{354, []string{""}}, nil},
		{"code changes", "250-a\r\n251 b\r\n", Reply{250, []string{"a"}}, ErrReplySyntax},
		{"no code", "hello\r\n", Reply{}, ErrReplySyntax},
		{"too small", "199 x\r\n", Reply{}, ErrReplySyntax},
		{"too large", "600 x\r\n", Reply{}, ErrReplySyntax},
		{"wrong separator", "250_x\r\n", Reply{}, ErrReplySyntax},
		{"short", "25\r\n", Reply{}, ErrReplySyntax},
		{"end", "", Reply{}, io.EOF},
		{"end within", "250-a\r\n250", Reply{250, []string{"a"}}, io.ErrUnexpectedEOF},
		{"long line", "250 " + strings.Repeat("x", maxReplyLine) + "\r\n", Reply{}, ErrReplyLimit},
		{"endless", strings.Repeat("250-x\r\n", maxReplyLines+1), Reply{250, slicesRepeat("x", maxReplyLines)}, ErrReplyLimit},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := ReadReply(bufio.NewReader(strings.NewReader(tt.in)))
			if !errors.Is(err, tt.err) {
				t.Errorf("error %v, want %v", err, tt.err)
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func slicesRepeat(s string, n int) []string {
	return strings.Split(strings.TrimSuffix(strings.Repeat(s+"\n", n), "\n"), "\n")
}

func TestReplyEnhanced(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"5.7.1 no":     "5.7.1",
		"2.0.0":        "2.0.0",
		"5.7.1000 no":  "",
		"5.7 no":       "",
		"a.b.c no":     "",
		"127.0.0.1 no": "",
		"":             "",
	} {
		if got := (Reply{550, []string{text}}).Enhanced(); got != want {
			t.Errorf("%q: got %q, want %q", text, got, want)
		}
	}
}

func TestQueueID(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"2.0.0 Ok: queued as 4jX8y46XB5z1SGtX":               "4jX8y46XB5z1SGtX",
		"2.0.0 6AM0QHRd023596 Message accepted for delivery": "6AM0QHRd023596",
		"2.0.0 Ok":                   "",
		"ok queued as <b@c.example>": "",
	} {
		if got := (Result{Final: Reply{250, []string{text}}}).QueueID(); got != want {
			t.Errorf("%q: got %q, want %q", text, got, want)
		}
	}
	if got := (Result{Final: Reply{550, []string{"queued as 4jX8y46XB5z1SGtX"}}}).QueueID(); got != "" {
		t.Errorf("refused message has id %q", got)
	}
}

func TestDotStuff(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"":              ".\r\n",
		".":             "..\r\n.\r\n",
		"a\r\n.b\r\n":   "a\r\n..b\r\n.\r\n",
		"a\n.\n":        "a\n..\n\r\n.\r\n",
		"a.b\r\n..\r\n": "a.b\r\n...\r\n.\r\n",
	} {
		if got := string(dotStuff([]byte(in))); got != want {
			t.Errorf("%q: got %q, want %q", in, got, want)
		}
	}
}

func TestXText(t *testing.T) {
	t.Parallel()
	if got, want := xtext("a+b=c d\xff"), "a+2Bb+3Dc+20d+FF"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

// script is an SMTP server that says what it is told to, whatever it reads,
// and shows what it read.
func script(t *testing.T, replies ...string) (addr string, heard func() []string) {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { ln.Close() })
	lines := make(chan string, 100)
	go func() {
		defer close(lines)
		conn, err := ln.Accept()
		if err != nil {
			return
		}
		defer conn.Close()
		r := bufio.NewReader(conn)
		for i, reply := range replies {
			if i > 0 {
				line, err := readLine(r, 1000)
				if err != nil {
					return
				}
				lines <- line
			}
			fmt.Fprint(conn, reply)
		}
	}()
	return ln.Addr().String(), func() []string {
		var all []string
		for l := range lines {
			all = append(all, l)
		}
		return all
	}
}

func TestSendStopsAtRefusal(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name    string
		replies []string
		heard   []string
		last    string
	}{
		{"greeting", []string{"554 5.7.1 no\r\n", "221 bye\r\n"}, []string{"QUIT"}, "554 5.7.1 no"},
		{"ehlo", []string{"220 x\r\n", "502 no\r\n", "221 bye\r\n"}, []string{"EHLO client.example", "QUIT"}, "502 no"},
		{"mail", []string{"220 x\r\n", "250-x\r\n250 PIPELINING\r\n", "451 4.7.1 not\r\n", "221 bye\r\n"},
			[]string{"EHLO client.example", "MAIL FROM:<a@a>", "QUIT"}, "451 4.7.1 not"},
		{"all recipients", []string{"220 x\r\n", "250 x\r\n", "250 x\r\n", "550-5.1.1 one\r\n550 5.1.1 two\r\n", "452 no\r\n", "221 bye\r\n"},
			[]string{"EHLO client.example", "MAIL FROM:<a@a>", "RCPT TO:<b@b>", "RCPT TO:<c@c>", "QUIT"}, "550-5.1.1 one\n550 5.1.1 two"},
		{"data", []string{"220 x\r\n", "250 x\r\n", "250 x\r\n", "250 x\r\n", "550 no\r\n", "554 5.5.1 none\r\n", "221 bye\r\n"},
			[]string{"EHLO client.example", "MAIL FROM:<a@a>", "RCPT TO:<b@b>", "RCPT TO:<c@c>", "DATA", "QUIT"}, "554 5.5.1 none"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			addr, heard := script(t, tt.replies...)
			res := Send(t.Context(), addr, Message{From: "a@a", To: []string{"b@b", "c@c"}, Data: []byte("x")})
			if res.Err != nil || res.Accepted() {
				t.Errorf("error %v, accepted %v", res.Err, res.Accepted())
			}
			if got := res.Last().String(); got != tt.last {
				t.Errorf("last reply %q, want %q", got, tt.last)
			}
			if diff := cmp.Diff(tt.heard, heard()); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestSendAllBrokenSession(t *testing.T) {
	t.Parallel()
	addr, _ := script(t, "220 x\r\n", "250 x\r\n", "421 4.3.2 closing\r\n")
	m := Message{From: "a@a", To: []string{"b@b"}, Data: []byte("x")}
	got := SendAll(t.Context(), addr, []Message{m, m})
	if got[0].Mail.Code != 421 || got[1].Err == nil {
		t.Errorf("got %+v", got)
	}
}

func FuzzReadReply(f *testing.F) {
	for _, s := range []string{"250 ok\r\n", "550-a\r\n550 b\r\n", "250-a\r\n", "999 x\r\n", "\n", "250"} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, in []byte) {
		r, err := ReadReply(bufio.NewReaderSize(strings.NewReader(string(in)), 16))
		if err != nil {
			return
		}
		again, err := ReadReply(bufio.NewReader(strings.NewReader(r.String() + "\n")))
		if err != nil {
			t.Fatalf("own writing not read: %v", err)
		}
		// A CR before the line end belongs to it and is gone the first time.
		if diff := cmp.Diff(r.String(), again.String()); diff != "" && !strings.Contains(r.String(), "\r") {
			t.Error(diff)
		}
	})
}
