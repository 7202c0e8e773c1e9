package mtalab

import (
	"bufio"
	"bytes"
	"io"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestParsePostqueue(t *testing.T) {
	t.Parallel()
	in := `{"queue_name": "hold", "queue_id": "4jX8y", "arrival_time": 1000, "message_size": 395, "forced_expire": false, "sender": "a@b", "recipients": [{"address": "c@d"}, {"address": "e@f", "delay_reason": "later"}]}

{"queue_name": "deferred", "queue_id": "5jX8y", "arrival_time": 2000, "message_size": 1, "sender": "MAILER-DAEMON", "recipients": []}
`
	got, err := parsePostqueue(strings.NewReader(in))
	if err != nil {
		t.Fatal(err)
	}
	want := []QueueEntry{
		{Queue: "hold", ID: "4jX8y", Sender: "a@b", Recipients: []string{"c@d", "e@f"}, Size: 395, Arrival: time.Unix(1000, 0).UTC(), Reason: "later"},
		{Queue: "deferred", ID: "5jX8y", Size: 1, Arrival: time.Unix(2000, 0).UTC()},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if _, err := parsePostqueue(strings.NewReader("Mail queue is empty\n")); err == nil {
		t.Error("text taken for JSON")
	}
}

func TestParseQueueFile(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, in string
		want     QueueEntry
	}{
		{"quarantined", "V8\nT1000\nqheld by test\nMdeferred\nS<a@b>\nrRFC822; c@d\nRPFD:<c@d>\nRPFD:e@f\nH??Subject: x\n\tRPFD:<no@x>\n.\nS<after@end>\n",
			QueueEntry{Sender: "a@b", Recipients: []string{"c@d", "e@f"}, Arrival: time.Unix(1000, 0).UTC(), Reason: "held by test"}},
		{"deferred", "MDeferred: refused\nS<>\n.\n", QueueEntry{Reason: "Deferred: refused"}},
		{"cut", "S<a@b>\nRPFD:<c", QueueEntry{Sender: "a@b"}},
		{"empty", "", QueueEntry{}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := parseQueueFile(strings.NewReader(tt.in))
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func FuzzParseQueueFile(f *testing.F) {
	f.Add([]byte("V8\nT1000\nqx\nS<a@b>\nRPFD:<c@d>\n.\n"))
	f.Add([]byte("R\nR:\nS<\nT-\n\n"))
	f.Fuzz(func(t *testing.T, in []byte) {
		e, err := parseQueueFile(bytes.NewReader(in))
		if err == nil && len(e.Recipients) > bytes.Count(in, []byte("R")) {
			t.Errorf("%d recipients", len(e.Recipients))
		}
	})
}

func TestParsePath(t *testing.T) {
	t.Parallel()
	tests := []struct {
		arg    string
		addr   string
		params []string
		ok     bool
	}{
		{"FROM:<a@b>", "a@b", nil, true},
		{"from: <a@b> SIZE=1  BODY=8BITMIME", "a@b", []string{"SIZE=1", "BODY=8BITMIME"}, true},
		{`FROM:<"a>\">b"@c>`, `"a>\">b"@c`, nil, true},
		{"FROM:<>", "", nil, true},
		{"FROM:<a@b", "", nil, false},
		{`FROM:<"a>`, "", nil, false},
		{`FROM:<"a\`, "", nil, false},
		{"TO:<a@b>", "", nil, false},
		{"", "", nil, false},
	}
	for _, tt := range tests {
		addr, params, ok := parsePath(tt.arg, "FROM:")
		if len(params) == 0 {
			params = nil
		}
		if addr != tt.addr || ok != tt.ok || !cmp.Equal(params, tt.params) {
			t.Errorf("%q: got %q %q %v", tt.arg, addr, params, ok)
		}
	}
}

func TestReadData(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("x", 40)
	tests := []struct{ name, in, want string }{
		{"empty", ".\r\n", ""},
		{"dots", "..a\r\n.b\r\n...\r\n.\r\n", ".a\r\nb\r\n..\r\n"},
		{"bare LF does not end it", "a\n.\nb\r\n.\r\n", "a\n.\nb\r\n"},
		{"dot LF after CRLF does not end it", "a\r\n.\nb\r\n.\r\n", "a\r\n\nb\r\n"},
		{"long lines", long + "\r\n." + long + "\r\n.\r\n", long + "\r\n" + long + "\r\n"},
		// With a buffer of 16 bytes the CR is the last of one piece.
		{"CR at the buffer's end", strings.Repeat("x", 15) + "\r\n.\r\n", strings.Repeat("x", 15) + "\r\n"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			for _, size := range []int{16, 4096} {
				r := bufio.NewReaderSize(strings.NewReader(tt.in+"QUIT"), size)
				got, n, err := readData(r, false)
				if err != nil || string(got) != tt.want || n != len(tt.want) {
					t.Errorf("buffer %d: got %q, %d, %v; want %q", size, got, n, err, tt.want)
				}
				if rest, _ := io.ReadAll(r); string(rest) != "QUIT" {
					t.Errorf("buffer %d: left %q", size, rest)
				}
			}
		})
	}
	if _, _, err := readData(bufio.NewReader(strings.NewReader("a\r\n")), false); err != io.ErrUnexpectedEOF {
		t.Errorf("cut message: %v", err)
	}
}

// FuzzSink feeds a session of arbitrary bytes: it must end when they do, and
// whatever it keeps must have come in.
func FuzzSink(f *testing.F) {
	f.Add([]byte("EHLO x\r\nMAIL FROM:<a@b>\r\nRCPT TO:<c@d>\r\nDATA\r\nx\r\n.\r\nQUIT\r\n"))
	f.Add([]byte("MAIL FROM:<\"\\\r\nRCPT TO:<\r\nDATA\r\n\r\n.\r\n\x00"))
	f.Add(bytes.Repeat([]byte("X\r\n"), sinkMaxErrors+10))
	f.Fuzz(func(t *testing.T, in []byte) {
		s := &Sink{changed: make(chan struct{}), conns: map[net.Conn]struct{}{}}
		client, server := net.Pipe()
		go io.Copy(io.Discard, client)
		go func() { client.Write(in); client.Close() }()
		newSinkSession(s, server).run()
		server.Close()
		for _, d := range s.Messages() {
			if len(d.To) == 0 || len(d.Data) > len(in) || d.Size != len(d.Data) {
				t.Errorf("kept %d bytes for %d recipients", len(d.Data), len(d.To))
			}
		}
	})
}

func TestSyslog(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"<22>Nov 22 00:26:17 sendmail[1]: text": "Nov 22 00:26:17 sendmail[1]: text",
		"<22>two\nlines\n\x00":                  "two lines",
		"<1234>x":                               "<1234>x",
		"<x>y":                                  "<x>y",
		"<":                                     "<",
		"":                                      "",
	} {
		if got := syslogLine(in); got != want {
			t.Errorf("%q: got %q, want %q", in, got, want)
		}
	}
	dir := t.TempDir()
	s, err := newSyslogd(filepath.Join(dir, "s"), filepath.Join(dir, "f"))
	if err != nil {
		t.Fatal(err)
	}
	conn, err := net.Dial("unixgram", filepath.Join(dir, "s"))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	conn.Write([]byte("<22>hello\x00"))
	if line, err := waitLog(func() string { return readText(filepath.Join(dir, "f")) }, "hello", 5*time.Second); err != nil || line != "hello" {
		t.Errorf("%q, %v", line, err)
	}
	if err := s.Close(); err != nil {
		t.Error(err)
	}
}

func TestListenInode(t *testing.T) {
	t.Parallel()
	const table = "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n" +
		"   0: 0100007F:2EE0 00000000:0000 01 00000000:00000000 00:00000000 00000000     0        0 111 1 0\n" +
		"   1: 0200007F:2EE0 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 222 1 0\n" +
		"   2: 0100007F:2EE0 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 333 1 0\n"
	if got := listenInode(table, 12000); got != "333" {
		t.Errorf("got %q", got)
	}
	if got := listenInode(table, 12001); got != "" {
		t.Errorf("got %q", got)
	}
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	port := ln.Addr().(*net.TCPAddr).Port
	if !listensOn(os.Getpid(), port) {
		t.Error("own listener not seen")
	}
	ln.Close()
	if listensOn(os.Getpid(), port) {
		t.Error("closed listener seen")
	}
}

func TestFormatCF(t *testing.T) {
	t.Parallel()
	got, err := formatCF(map[string]string{"b": "2", "a": ""})
	if err != nil || got != "a = \nb = 2\n" {
		t.Errorf("%q, %v", got, err)
	}
	for _, bad := range []map[string]string{{"a\nb": ""}, {"a": "x\r"}, {"": "x"}} {
		if _, err := formatCF(bad); err == nil {
			t.Errorf("%q accepted", bad)
		}
	}
}
