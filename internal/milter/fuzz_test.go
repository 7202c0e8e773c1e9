package milter

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"runtime"
	"strings"
	"testing"
	"time"

	"go.uber.org/zap"

	"labelmilter/internal/milter/miltertest"
	"labelmilter/internal/verdict"
)

// fuzzed checks that all of a message carries the tag of its MAIL.
type fuzzed struct {
	t     *testing.T
	tag   string // of the message in hand
	conn  string // of the SMTP session
	phase int    // 0 outside, 1 envelope, 2 header, 3 body
}

func (f *fuzzed) NewSession(Conn) Session { return &fuzzed{t: f.t} }

func (f *fuzzed) check(m Macros, want string) {
	if v, ok := m["fuzztag"]; ok && v != want {
		f.t.Errorf("macro of message %q in message %q", v, want)
	}
	if v, ok := m["fuzzconn"]; ok && f.conn != "" && v != f.conn {
		f.t.Errorf("macro of session %q in session %q", v, f.conn)
	}
}

func (f *fuzzed) order(min, max, next int) {
	if f.phase < min || f.phase > max {
		f.t.Errorf("phase %d, want %d to %d", f.phase, min, max)
	}
	f.phase = next
}

func (f *fuzzed) Connect(_ context.Context, c Connect, m Macros) Answer {
	f.conn = c.Host
	f.check(m, "")
	return Answer{}
}

func (f *fuzzed) Helo(_ context.Context, _ string, m Macros) Answer {
	f.order(0, 0, 0)
	f.check(m, "")
	return Answer{}
}

func (f *fuzzed) MailFrom(_ context.Context, a string, _ []string, m Macros) Answer {
	f.order(0, 0, 1)
	f.tag = a
	f.check(m, a)
	return answerFor(a)
}

func (f *fuzzed) RcptTo(_ context.Context, a string, _ []string, m Macros) Answer {
	f.order(1, 1, 1)
	f.check(m, f.tag)
	return answerFor(a)
}

func (f *fuzzed) Header(_ context.Context, name, raw string, m Macros) Answer {
	f.order(1, 2, 2)
	f.check(m, f.tag)
	if v := strings.TrimPrefix(raw, " "); name == "Fuzztag" && v != f.tag {
		f.t.Errorf("header of message %q in message %q", v, f.tag)
	}
	return answerFor(name)
}

func (f *fuzzed) EndOfHeaders(_ context.Context, m Macros) Answer {
	f.order(1, 2, 3)
	f.check(m, f.tag)
	return Answer{}
}

func (f *fuzzed) Body(_ context.Context, b []byte, m Macros) Answer {
	f.order(3, 3, 3)
	f.check(m, f.tag)
	return answerFor(string(b[:min(len(b), 4)]))
}

func (f *fuzzed) EndOfMessage(_ context.Context, m Macros) Final {
	f.order(3, 3, 0)
	f.check(m, f.tag)
	if f.tag == "panic" {
		panic("asked for")
	}
	return Final{Modifications: []verdict.Modification{{Op: verdict.AddHeader, Name: "X", Value: f.tag}, {Op: verdict.ReplaceBody, Body: []byte(f.tag)}},
		Verdict: accept.Verdict}
}

func (f *fuzzed) Sent(error) {}
func (f *fuzzed) Abort()     { f.phase, f.tag = 0, "" }
func (f *fuzzed) Close()     { f.phase = -1 }

// answerFor lets the input choose answers.
func answerFor(s string) Answer {
	switch {
	case strings.HasPrefix(s, "rf"):
		return refuse(550, "5.7.1", s)
	case strings.HasPrefix(s, "ac"):
		return Answer{Kind: AcceptAll}
	case strings.HasPrefix(s, "dr"):
		return Answer{Kind: Drop}
	case strings.HasPrefix(s, "sk"):
		return Answer{Kind: SkipBody}
	}
	return Answer{}
}

// program turns fuzz input into frames: an operation byte, then for raw
// frames a length byte and data. Tags tell messages and sessions apart.
func program(in []byte) []byte {
	var out bytes.Buffer
	mail, conn := 0, 0
	for len(in) > 0 && out.Len() < 8<<10 {
		op := in[0]
		in = in[1:]
		tag := fmt.Sprintf("m%d", mail)
		switch op % 20 {
		case 0:
			out.Write(miltertest.OptNeg(6, 0x1ff, 0x1fffff))
		case 1:
			out.Write(miltertest.OptNeg(2, uint32(op), 0x7f))
		case 2:
			conn++
			sess := fmt.Sprint("s", conn)
			out.Write(miltertest.Macro('C', "{fuzzconn}", sess))
			out.Write(miltertest.ConnectFrame(sess, '4', 1, "192.0.2.1"))
		case 3:
			out.Write(miltertest.Strings('H', "h"))
		case 4:
			mail++
			tag = fmt.Sprint("m", mail)
			out.Write(miltertest.Macro('M', "{fuzztag}", tag))
			out.Write(miltertest.Strings('M', "<"+tag+">"))
		case 5: // no macros with this one
			mail++
			out.Write(miltertest.Strings('M', fmt.Sprint("<m", mail, ">")))
		case 6:
			out.Write(miltertest.Macro('R', "{fuzztag}", tag, "{rcpt_addr}", "x"))
			out.Write(miltertest.Strings('R', "<r>"))
		case 7:
			out.Write(miltertest.Strings('L', "Fuzztag", tag))
		case 8:
			out.Write(miltertest.Frame('N'))
		case 9:
			out.Write(miltertest.Frame('B', tag))
		case 10:
			out.Write(miltertest.Macro('E', "{fuzztag}", tag))
			out.Write(miltertest.Frame('E'))
		case 11:
			out.Write(miltertest.Frame('A'))
		case 12:
			out.Write(miltertest.Frame('K'))
		case 13:
			out.Write(miltertest.Frame('U', "x\x00"))
		case 14:
			out.Write(miltertest.Frame('T'))
		case 15, 16, 17: // a raw frame
			n := 0
			if len(in) > 0 {
				n = min(int(in[0]), len(in)-1)
				in = in[1:]
			}
			raw := in[:n]
			in = in[n:]
			if n == 0 || bytes.Contains(bytes.ToLower(raw), []byte("fuzz")) || raw[0] == 'C' || raw[0] == 'M' {
				continue
			}
			_ = binary.Write(&out, binary.BigEndian, uint32(n))
			out.Write(raw)
		case 18: // MAIL that chooses answers
			n := min(6, len(in))
			mail++
			out.Write(miltertest.Strings('M', "<"+strings.ReplaceAll(string(in[:n]), "\x00", "")+">"))
			in = in[n:]
			out.Write(miltertest.Strings('M', fmt.Sprint("<m", mail, ">")))
		case 19: // bytes without a frame
			n := min(int(op), len(in))
			out.Write(in[:n])
			in = in[n:]
		}
	}
	return out.Bytes()
}

func FuzzSession(f *testing.F) {
	whole := []byte{0, 2, 3, 4, 6, 7, 8, 9, 10}
	for _, seed := range [][]byte{
		whole, append(whole, 4, 6, 7, 7, 8, 10, 11, 11, 5, 7, 10), append(whole, 12, 2, 3, 4, 10), {0, 2, 2, 4, 4, 7, 10},
		{1, 4, 9, 10}, {0, 4, 15, 3, 'L', 'a', 0}, {0, 4, 15, 2, 'Z', 0}, {0, 4, 19, 0, 0, 0, 0},
		{0, 18, 'r', 'f', 'x', 0, 0, 0, 7, 10}, {0, 4, 15, 5, 'B', 's', 'k', 'i', 'p', 9, 9, 10},
		{0, 4, 15, 4, 'R', 'r', 'f', 0, 6, 7, 10}, {0, 4, 7, 10, 3, 4, 13, 14, 10}, []byte("GET / HTTP/1.1\r\n\r\n"),
	} {
		f.Add(seed, byte(len(seed)))
	}
	base := runtime.NumGoroutine()
	f.Fuzz(func(t *testing.T, in []byte, cuts byte) {
		panics := 0
		s, err := New(Options{Handler: &fuzzed{t: t}, Listeners: []Listener{{}}, Timeouts: Timeouts{Frame: 5 * time.Second},
			Logger: zap.NewNop(), NoReply: NoReply{Header: cuts&1 != 0, EndOfHeaders: cuts&2 != 0, Mail: cuts&4 != 0, Rcpt: cuts&8 != 0, Body: cuts&16 != 0},
			OnPanic: func(string, any) Final { panics++; return *tempFail() }})
		if err != nil {
			t.Fatal(err)
		}
		nc := pipe(s)
		read := make(chan struct{})
		go func() { // frames of the server are whole
			defer close(read)
			c := miltertest.New(nc)
			for {
				if _, err := c.Read(); err != nil {
					if strings.Contains(err.Error(), "frame") {
						t.Errorf("server's frames: %v", err)
					}
					return
				}
			}
		}()
		_ = nc.SetWriteDeadline(time.Now().Add(10 * time.Second))
		b := program(in)
		for step := max(1, int(cuts)*7); len(b) > 0; {
			n := min(step, len(b))
			if _, err := nc.Write(b[:n]); err != nil {
				if errors.Is(err, os.ErrDeadlineExceeded) {
					t.Error("the server does not read")
				}
				break // refused
			}
			b = b[n:]
		}
		_ = nc.Close()
		<-read
		ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
		defer cancel()
		if err := s.Shutdown(ctx); err != nil || s.Open() != 0 {
			t.Errorf("not ended: %v", err)
		}
		if panics > 0 && !bytes.Contains(in, []byte("panic")) {
			t.Errorf("%d panics", panics)
		}
	})
	if n := runtime.NumGoroutine(); n > base+10 {
		f.Errorf("%d goroutines, %d before", n, base)
	}
}

// FuzzParse has the parsers keep what they are given, or refuse it.
func FuzzParse(f *testing.F) {
	for _, s := range []string{"", "\x00", "host\x004\x00\x19192.0.2.1\x00", "h\x006\x00\x00IPv6:::1\x00", "a\x00b\x00", "a\x00\x00", "M{i}\x00x\x00i\x00", "<a>\x00SIZE=1\x00"} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		if c, err := parseConnect(b); err == nil && !bytes.HasPrefix(b, []byte(c.Host+"\x00")) {
			t.Errorf("host %q", c.Host)
		}
		if n, err := parseHelo(b); err == nil && n+"\x00" != string(b) {
			t.Errorf("helo %q", n)
		}
		if n, v, err := parseHeader(b, true); err == nil && n+"\x00"+v+"\x00" != string(b) {
			t.Errorf("header %q %q", n, v)
		}
		if a, args, err := parsePath(b); err == nil {
			if whole := strings.Join(append([]string{a}, args...), "\x00") + "\x00"; whole != string(b) && !strings.HasPrefix(string(b), "<"+a+">\x00") {
				t.Errorf("path %q %q", a, args)
			}
		}
		if _, pairs, err := parseMacros(b); err == nil && len(pairs)%2 != 0 {
			t.Errorf("pairs %q", pairs)
		}
		if g, err := negotiate(b, AllActions, optSkip); err == nil && (g.version < minVersion || g.version > maxVersion) {
			t.Errorf("version %d", g.version)
		}
	})
}
