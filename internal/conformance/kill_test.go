package conformance

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"labelmilter/internal/milter/miltertest"
	"labelmilter/internal/mtalab"
)

// whole checks that a child's edits are all there.
func whole(t *testing.T, d mtalab.Delivery, body int) {
	t.Helper()
	if got := edited(d, body); got != "all" {
		t.Errorf("edited: %s\n%.500s", got, d.Data)
	}
}

// edited tells which of a child's edits a delivery has: "all", "none" or "half".
func edited(d mtalab.Delivery, body int) string {
	n := 0
	for _, ok := range []bool{
		strings.Contains(headOf(d), "\r\nSubject: edited\r\n"),
		len(fieldsOf(headOf(d), "X-Edited")) == 1,
		body == 0 || bodyOf(d) == childBody(body),
	} {
		if ok {
			n++
		}
	}
	switch {
	case n == 3:
		return "all"
	case n == 0 && bodyOf(d) == "body\r\n", n == 1 && body == 0:
		return "none"
	}
	return "half"
}

func TestCase45Kill(t *testing.T) {
	run(t, 45, func(t *testing.T, l *level) {
		const body = 4 << 20 // more than any socket takes at once
		stages := []string{"connect", "helo", "mail", "rcpt", "header", "eoh", "body", "eom", "edits"}
		if l.name == frame {
			for _, stage := range stages {
				c := startChild(t, childConfig{DieAt: stage, DieIn: 300_000, Body: body})
				cl := c.client(t)
				err := begin(cl, "x")
				var r miltertest.Result
				if err == nil {
					r, err = cl.Send(asFrames(mail("x")))
				}
				if err == nil {
					t.Errorf("%s: decision %v, %v", stage, r.Decision, err)
				}
				if stage == "edits" && len(r.Edits) < 3 {
					t.Errorf("%d edits before the end", len(r.Edits))
				}
				_ = c.wait(t)
			}
			return
		}
		key := play(&script{})
		first := startChild(t, childConfig{Body: body})
		l.own(t, nil, l.filterAt(first.port))
		tempfail := l.addr
		if l.name == postfix {
			l.own(t, nil, fmt.Sprintf("{ inet:127.0.0.1:%d, default_action=accept }", first.port))
		} else { // without F= Sendmail goes on without the filter
			l.own(t, nil, fmt.Sprintf("S=inet:%d@127.0.0.1, T=C:10s;S:30s;R:30s;E:2m", first.port))
		}
		accepts, log := l.addr, l.log
		first.kill()
		for _, stage := range stages {
			for action, addr := range map[string]string{"tempfail": tempfail, "accept": accepts} {
				c := startChild(t, childConfig{Port: first.port, DieAt: stage, DieIn: 300_000, Body: body})
				token := key + stage + action
				r := mtalab.Send(t.Context(), addr, marker(key, stage+action))
				_ = c.wait(t)
				switch {
				case action == "tempfail":
					if r.Accepted() || r.Last().Code != 451 && r.Last().Code != 421 {
						t.Errorf("%s: %v, %v", token, r.Last(), r.Err)
					}
				case stage == "edits" && l.name == postfix:
					// QUIRK: Postfix 3.7 answers 250 and then finds its queue
					// file damaged, as the body it was writing has no end. The
					// message stays in the queue "corrupt".
					eventually(t, "Postfix puts the message away", func() bool { return strings.Contains(log(), "saving corrupt file") })
					if delivered(t, token) != 0 {
						t.Errorf("%s: delivered half-edited", token)
					}
					table.note(45, l.name, "with default_action=accept a filter killed in the middle of an answer too large for the socket leaves the message in the queue \"corrupt\"; the shipped tempfail is needed")
				case stage == "edits":
					// QUIRK: Sendmail 8.17 goes on with the edits it has, or
					// fails because it cannot go back to the old body.
					if r.Accepted() {
						t.Logf("without F=: edits delivered: %s", edited(arrives(t, token), body))
					}
					table.note(45, l.name, "without F= a filter killed in the middle of an answer too large for the socket can leave half of its edits; the shipped F=T is needed")
				case !r.Accepted():
					t.Errorf("%s: %v, %v", token, r.Last(), r.Err)
				default:
					if got := edited(arrives(t, token), body); got != "none" {
						t.Errorf("%s: edited: %s", token, got)
					}
				}
			}
			c := startChild(t, childConfig{Port: first.port, Body: 1000})
			for action, addr := range map[string]string{"tempfail": tempfail, "accept": accepts} {
				l.addr = addr
				whole(t, l.deliver(t, marker(key, stage+action+"next"), key+stage+action+"next"), 1000)
			}
			c.kill()
		}
		// An answer that the socket takes at once is sent by one call: killed
		// around it, all edits are there or none.
		for i := range 8 {
			c := startChild(t, childConfig{Port: first.port, Slow: 20 * time.Millisecond, Body: 10_000})
			token := fmt.Sprint(key, "around", i)
			go func() {
				<-c.lines
				time.Sleep(time.Duration(16+i) * time.Millisecond)
				_ = c.cmd.Process.Kill()
			}()
			if r := mtalab.Send(t.Context(), accepts, marker(key, fmt.Sprint("around", i))); !r.Accepted() {
				t.Errorf("%s: %v, %v", token, r.Last(), r.Err)
				continue
			}
			if got := edited(arrives(t, token), 10_000); got == "half" {
				t.Errorf("%s: delivered half-edited", token)
			}
			_ = c.wait(t)
		}
		for _, stage := range stages {
			if n := delivered(t, key+stage+"tempfail"); n != 0 {
				t.Errorf("%s: delivered %d times although told to come again", stage, n)
			}
		}
	})
}
