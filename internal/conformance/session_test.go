package conformance

import (
	"bytes"
	"crypto/sha256"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"labelmilter/internal/milter"
	"labelmilter/internal/milter/miltertest"
	"labelmilter/internal/mtalab"
)

// A message must keep the session's client and HELO, and nothing of another
// message.
func TestCase01ThreeMessages(t *testing.T) {
	run(t, 1, func(t *testing.T, l *level) {
		s := &script{}
		key := play(s)
		var messages []mtalab.Message
		for i := range 3 {
			m := mail(key)
			m.From = fmt.Sprintf("sender%d@agency.example", i)
			m.Data = []byte(text(fmt.Sprint(key, "m", i), fmt.Sprintf("Subject: s%d\r\nX-Only-%d: yes\r\n", i, i), fmt.Sprintf("body %d\r\n", i)))
			if i > 0 {
				m.Helo = ""
			}
			messages = append(messages, m)
		}
		if l.name == frame {
			c := client(t, lab.filter(t), key)
			for _, m := range messages {
				if r := send(t, c, asFrames(m)); r.Decision.Code != 'a' {
					t.Fatalf("decision %v", r.Decision)
				}
			}
		} else {
			for _, r := range mtalab.SendAll(t.Context(), l.smtp(t), messages) {
				if !r.Accepted() {
					t.Fatalf("not accepted: %v, %v", r.Last(), r.Err)
				}
			}
		}
		got := s.messages()
		if len(got) != 3 {
			t.Fatalf("%d messages seen", len(got))
		}
		for i, m := range got {
			if m.helo != key+".client.example" || m.connect.Addr == "" || m.session != got[0].session {
				t.Errorf("message %d: HELO %q client %+v session %s", i, m.helo, m.connect, m.session)
			}
			if m.from != messages[i].From || string(m.body) != fmt.Sprintf("body %d\r\n", i) {
				t.Errorf("message %d: sender %q body %q", i, m.from, m.body)
			}
			var only []string
			for _, h := range m.header {
				if strings.HasPrefix(h[0], "X-Only") {
					only = append(only, h[0])
				}
			}
			if want := []string{fmt.Sprintf("X-Only-%d", i)}; !slices.Equal(only, want) {
				t.Errorf("message %d: fields %q, want %q", i, only, want)
			}
			if l.name != frame && m.macros["i"] == "" || i > 0 && l.name != frame && m.macros["i"] == got[0].macros["i"] {
				t.Errorf("message %d: queue id %q", i, m.macros["i"])
			}
		}
	})
}

func TestCase02RefuseOneRecipient(t *testing.T) {
	run(t, 2, func(t *testing.T, l *level) {
		s := &script{rcpt: func(to string) milter.Answer {
			if strings.HasPrefix(to, "no") {
				return refuse(550, "5.7.1", "not to this one")
			}
			return milter.Answer{}
		}}
		key := play(s)
		m := mail(key)
		m.To = []string{"one@other.example", "no@other.example", "three@other.example"}
		if l.name == frame {
			r := send(t, client(t, lab.filter(t), key), asFrames(m))
			if got, want := texts(r.Rcpt), []string{"c", `y "550 5.7.1 not to this one\x00"`, "c"}; !slices.Equal(got, want) {
				t.Errorf("got %q, want %q", got, want)
			}
		} else {
			r := mtalab.Send(t.Context(), l.smtp(t), m)
			if !r.Accepted() || r.Rcpt[1].Code != 550 || !strings.Contains(r.Rcpt[1].Text(), "5.7.1") || !strings.Contains(r.Rcpt[1].Text(), "not to this one") {
				t.Fatalf("result %+v", r)
			}
			d := arrives(t, key)
			slices.Sort(d.To) // Sendmail delivers in an order of its own
			if got, want := d.To, []string{"one@other.example", "three@other.example"}; !slices.Equal(got, want) {
				t.Errorf("delivered to %q, want %q", got, want)
			}
		}
		if got, want := s.only(t).rcpts, []string{"one@other.example", "three@other.example"}; !slices.Equal(got, want) {
			t.Errorf("recipients %q, want %q", got, want)
		}
		if s.only(t).from != m.From {
			t.Error("the sender is lost")
		}
	})
}

func TestCase03Resets(t *testing.T) {
	run(t, 3, func(t *testing.T, l *level) {
		s := &script{}
		key := play(s)
		m := mail(key)
		if l.name == frame {
			c := client(t, lab.filter(t), key)
			for _, again := range [][]byte{miltertest.Frame('A'), nil} {
				for _, f := range [][]byte{miltertest.Strings('M', "<first@x.example>"), miltertest.Strings('R', "<lost@x.example>")} {
					if p, err := c.Ask(f); err != nil || p.Code != 'c' {
						t.Fatalf("%v, %v", p, err)
					}
				}
				must(t, c.Write(again))
				if p, err := c.Ask(miltertest.Strings('H', key+".client.example")); err != nil || p.Code != 'c' {
					t.Fatalf("HELO: %v, %v", p, err)
				}
			}
			send(t, c, asFrames(m))
		} else {
			c := l.session(t, key)
			for _, again := range []func() (mtalab.Reply, error){c.Rset, func() (mtalab.Reply, error) { return c.Ehlo(key + ".client.example") }} {
				want(t, 250)(c.Mail("first@x.example"))
				want(t, 250)(c.Rcpt("lost@x.example"))
				want(t, 250)(again())
			}
			want(t, 250)(c.Mail(m.From))
			want(t, 250)(c.Rcpt(m.To[0]))
			_, final, err := c.Data(m.Data)
			want(t, 250)(final, err)
			if d := arrives(t, key); d.From != m.From || !slices.Equal(d.To, m.To) {
				t.Errorf("delivered %q to %q", d.From, d.To)
			}
		}
		if got := s.only(t); got.from != m.From || !slices.Equal(got.rcpts, m.To) {
			t.Errorf("seen %q to %q", got.from, got.rcpts)
		}
		if n := s.aborted(); n != 2 {
			t.Errorf("%d aborts, want 2", n)
		}
	})
}

// A client that goes away at any stage must leave nothing behind.
func TestCase04Aborts(t *testing.T) {
	run(t, 4, func(t *testing.T, l *level) {
		s := &script{}
		key := play(s)
		if l.name == frame {
			c := client(t, lab.filter(t), key)
			steps := [][]byte{miltertest.Strings('M', "<a@x.example>"), miltertest.Strings('R', "<b@x.example>"),
				miltertest.Strings('L', "Subject", " x"), miltertest.Frame('N'), miltertest.Frame('B', "x\r\n")}
			for n := range len(steps) + 1 {
				for _, f := range steps[:n] {
					if p, err := c.Ask(f); err != nil || p.Code != 'c' {
						t.Fatalf("%v, %v", p, err)
					}
				}
				must(t, c.Write(miltertest.Frame('A'), miltertest.Frame('A')))
			}
			send(t, c, asFrames(mail(key)))
			must(t, c.Write(miltertest.Frame('A'), miltertest.Frame('A')))
			send(t, c, asFrames(mail(key)))
		} else {
			for _, stage := range []string{"helo", "mail", "rcpt", "data"} {
				c := l.session(t, key)
				if stage != "helo" {
					want(t, 250)(c.Mail("lost@agency.example"))
				}
				if stage == "rcpt" || stage == "data" {
					want(t, 250)(c.Rcpt("bob@other.example"))
				}
				if stage == "data" {
					want(t, 354)(c.AbortData([]byte("Subject: lost\r\n\r\nhalf a li")))
				}
				must(t, ignoreClosed(c.Close()))
			}
			l.deliver(t, mail(key), key)
			m := mail(key)
			m.Data = []byte(text(key+"b", "", "again\r\n"))
			l.deliver(t, m, key+"b")
		}
		for _, m := range s.messages() {
			if m.from != "alice@agency.example" || !slices.Equal(m.rcpts, []string{"bob@other.example"}) {
				t.Errorf("seen %q to %q", m.from, m.rcpts)
			}
		}
		if n := len(s.messages()); n != 2 {
			t.Errorf("%d messages came to their end", n)
		}
	})
}

func ignoreClosed(err error) error {
	if err != nil && strings.Contains(err.Error(), "use of closed") {
		return nil
	}
	return err
}

func TestCase05EmptyBody(t *testing.T) {
	run(t, 5, func(t *testing.T, l *level) {
		s := &script{eom: always(accept(replace("a body\n")))}
		key := play(s)
		m := mail(key)
		m.Data = []byte(text(key, "", ""))
		if l.name == frame {
			r := send(t, client(t, lab.filter(t), key), asFrames(m))
			if got, want := texts(r.Edits), []string{`b "a body\n"`}; !slices.Equal(got, want) {
				t.Errorf("edits %q", got)
			}
		} else if d := l.deliver(t, m, key); bodyOf(d) != "a body\r\n" {
			t.Errorf("body %q", bodyOf(d))
		}
		if got := s.only(t); got.size != 0 {
			t.Errorf("%d bytes in %d chunks of an empty body", got.size, got.chunks)
		}
		// And the other way: a body taken away.
		s = &script{eom: always(accept(replace("")))}
		key = play(s)
		if l.name == frame {
			r := send(t, client(t, lab.filter(t), key), asFrames(mail(key)))
			if got, want := texts(r.Edits), []string{"b"}; !slices.Equal(got, want) {
				t.Errorf("edits %q", got)
			}
		} else if d := l.deliver(t, mail(key), key); strings.Trim(bodyOf(d), "\r\n") != "" {
			t.Errorf("body %q, want none", bodyOf(d))
		}
	})
}

func bodyOf(d mtalab.Delivery) string {
	_, body, _ := strings.Cut(string(d.Data), "\r\n\r\n")
	return body
}

func headOf(d mtalab.Delivery) string {
	head, _, _ := strings.Cut(string(d.Data), "\r\n\r\n")
	return head + "\r\n"
}

// Chunks are cut without regard to what the bytes mean.
func TestCase06BodyCuts(t *testing.T) {
	run(t, 6, func(t *testing.T, l *level) {
		s := &script{}
		key := play(s)
		var all strings.Builder
		for all.Len() < 200_000 { // 65535 falls on each kind of place
			all.WriteString("gr\u00fc\u00df Gott \u20ac \U0001f600 QmFzZTY0IGlzIGhlcmU=\r\n")
		}
		body := all.String()
		m := mail(key)
		if l.name != frame {
			for shift := range 4 {
				b := strings.Repeat("x", shift) + body
				token := fmt.Sprint(key, "s", shift)
				m.FromParams = []string{"BODY=8BITMIME"}
				m.Data = []byte(text(token, "MIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n", b))
				d := l.deliver(t, m, token)
				if bodyOf(d) != b {
					t.Errorf("shift %d: delivered body differs", shift)
				}
				seen := s.messages()
				if got := seen[len(seen)-1]; string(got.body) != b || got.chunks < 4 {
					t.Errorf("shift %d: seen %d bytes of %d in %d chunks", shift, got.size, len(b), got.chunks)
				}
			}
			return
		}
		c := client(t, lab.filter(t), key)
		f := asFrames(m)
		f.Body = []byte(body[:3000])
		for _, n := range []int{1, 2, 3, 7, 49, 64, 65535} {
			f.Chunk = n
			send(t, c, f)
		}
		for _, m := range s.messages() {
			if string(m.body) != body[:3000] {
				t.Errorf("in %d chunks: body differs", m.chunks)
			}
		}
	})
}

func TestCase07LargeBody(t *testing.T) {
	run(t, 7, func(t *testing.T, l *level) {
		line := strings.Repeat("0123456789abcdef", 4) + "\r\n"
		body := strings.Repeat(line, 20<<20/len(line))
		reply := strings.Repeat("fedcba9876543210fedcba9876543210\r\n", 20<<20/34)
		s := &script{eom: always(accept(replace(reply)))}
		key := play(s)
		m := mail(key)
		m.Data = []byte(text(key, "", body))
		if l.name == frame {
			c := client(t, lab.filter(t), key)
			r := send(t, c, asFrames(m))
			var got []byte
			for _, p := range r.Edits {
				if len(p.Data) > 65535 {
					t.Errorf("chunk of %d bytes", len(p.Data))
				}
				got = append(got, p.Data...)
			}
			if string(got) != reply {
				t.Error("the replacement differs")
			}
			// Memory does not grow with the message: a process of its own, whose
			// session keeps nothing.
			ch := startChild(t, childConfig{Discard: true})
			cl := ch.client(t)
			must(t, begin(cl, key))
			send(t, cl, asFrames(mail(key)))
			before := ch.memory(t, "VmHWM")
			for range 3 {
				send(t, cl, asFrames(m))
			}
			grown := ch.memory(t, "VmHWM") - before
			t.Logf("three bodies of 20 MiB: %d KiB more at most", grown)
			if grown > 24<<10 && !raceDetector {
				t.Errorf("grown by %d KiB", grown)
			}
		} else if d := l.deliver(t, m, key); bodyOf(d) != reply {
			t.Errorf("delivered %d bytes, want %d", len(bodyOf(d)), len(reply))
		}
		got := s.only(t)
		if got.size != len(body) || !bytes.Equal(got.sum.Sum(nil), sum(body)) || got.chunks < len(body)/65535 {
			t.Errorf("seen %d bytes of %d in %d chunks", got.size, len(body), got.chunks)
		}
	})
}

func sum(s string) []byte {
	h := sha256.Sum256([]byte(s))
	return h[:]
}

func TestCase08SkipThenEdits(t *testing.T) {
	run(t, 8, func(t *testing.T, l *level) {
		s := &script{body: func([]byte) milter.Answer { return milter.Answer{Kind: milter.SkipBody} },
			eom: always(accept(add("X-Added", "after skip"), replace("short\r\n")))}
		key := play(s)
		m := mail(key)
		m.Data = []byte(text(key, "Subject: test\r\n", strings.Repeat("0123456789\r\n", 40_000)))
		if l.name == frame {
			r := send(t, client(t, lab.filter(t), key), asFrames(m))
			if got, want := texts(r.Edits), []string{`h "X-Added\x00 after skip\x00"`, `b "short\r\n"`}; !r.Skipped || !slices.Equal(got, want) {
				t.Errorf("skipped %v, edits %q", r.Skipped, got)
			}
		} else {
			d := l.deliver(t, m, key)
			if bodyOf(d) != "short\r\n" || !strings.Contains(headOf(d), "\r\nX-Added: after skip\r\n") {
				t.Errorf("delivered\n%.2000s", d.Data)
			}
		}
		if got := s.only(t); got.chunks != 1 {
			t.Errorf("%d chunks after SKIP, want 1", got.chunks)
		}
	})
}

// compare shows two texts' difference.
func compare(t *testing.T, what, want, got string) {
	t.Helper()
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("%s (-want +got):\n%s", what, d)
	}
}
