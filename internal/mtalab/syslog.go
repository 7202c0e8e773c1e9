package mtalab

import (
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"strings"
	"sync"
)

// maxDatagram is more than glibc's syslog(3) sends at once.
const maxDatagram = 64 << 10

// syslogd takes what programs say to syslog(3) (RFC 3164 as glibc writes it)
// from a datagram socket and appends it to a file, one line each.
type syslogd struct {
	conn *net.UnixConn
	wg   sync.WaitGroup
}

// newSyslogd listens at the path, which every user may write to.
func newSyslogd(path, file string) (*syslogd, error) {
	conn, err := net.ListenUnixgram("unixgram", &net.UnixAddr{Name: path, Net: "unixgram"})
	if err != nil {
		return nil, fmt.Errorf("syslog: %w", err)
	}
	if err := os.Chmod(path, 0o666); err != nil {
		conn.Close()
		return nil, fmt.Errorf("syslog: %w", err)
	}
	f, err := os.OpenFile(file, os.O_WRONLY|os.O_APPEND|os.O_CREATE, 0o644)
	if err != nil {
		conn.Close()
		return nil, fmt.Errorf("syslog: %w", err)
	}
	s := &syslogd{conn: conn}
	s.wg.Add(1)
	go func() {
		defer s.wg.Done()
		defer f.Close()
		s.copy(f)
	}()
	return s, nil
}

func (s *syslogd) copy(w io.Writer) {
	buf := make([]byte, maxDatagram)
	for {
		n, err := s.conn.Read(buf)
		if errors.Is(err, net.ErrClosed) {
			return
		}
		if err == nil {
			io.WriteString(w, syslogLine(string(buf[:n]))+"\n")
		}
	}
}

// Close stops taking messages; what was sent before is written.
func (s *syslogd) Close() error {
	err := s.conn.Close()
	s.wg.Wait()
	return err
}

// syslogLine is a datagram without its priority and final NUL, on one line.
func syslogLine(datagram string) string {
	if rest, ok := strings.CutPrefix(datagram, "<"); ok {
		if end := strings.IndexByte(rest, '>'); end > 0 && end <= 3 && strings.Trim(rest[:end], "0123456789") == "" {
			datagram = rest[end+1:]
		}
	}
	datagram = strings.TrimRight(datagram, "\x00\n")
	return strings.NewReplacer("\n", " ", "\x00", " ").Replace(datagram)
}
