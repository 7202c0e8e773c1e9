package conformance

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"labelmilter/internal/milter"
	"labelmilter/internal/mtalab"
)

func TestCase20Progress(t *testing.T) {
	run(t, 20, func(t *testing.T, l *level) {
		short := func(o *milter.Options) {
			o.Timeouts.ProgressFirst, o.Timeouts.ProgressEvery = 200*time.Millisecond, 500*time.Millisecond
			o.Timeouts.Message = 6 * time.Second
		}
		srv := serve(t, short)
		slow := &script{eom: func(ctx context.Context, _ *seen) milter.Final {
			select {
			case <-time.After(5 * time.Second):
			case <-ctx.Done():
			}
			return accept(add("X-Slow", "done"))
		}}
		spent := &script{eom: func(ctx context.Context, _ *seen) milter.Final {
			<-ctx.Done() // the budget
			return reject(451, "4.7.1", "not judged in time")
		}}
		keySlow, keySpent := play(slow), play(spent)
		if l.name == frame {
			c := client(t, srv, keySlow)
			if r := send(t, c, asFrames(mail(keySlow))); r.Decision.Code != 'a' || r.Progress < 4 || len(r.Edits) != 1 {
				t.Errorf("decision %v after %d PROGRESS", r.Decision, r.Progress)
			}
			c = client(t, srv, keySpent)
			if r := send(t, c, asFrames(mail(keySpent))); r.Decision.Text() != "451 4.7.1 not judged in time" {
				t.Errorf("decision %v", r.Decision)
			}
			return
		}
		// The MTA's patience without PROGRESS is less than the time taken.
		if l.name == postfix {
			l.own(t, map[string]string{"milter_content_timeout": "3s"}, postfixFilter(port(srv)))
		} else {
			l.own(t, nil, fmt.Sprintf("S=inet:%d@127.0.0.1, F=T, T=C:10s;S:10s;R:3s;E:2m", port(srv)))
		}
		if d := l.deliver(t, mail(keySlow), keySlow); !strings.Contains(headOf(d), "X-Slow: done") {
			t.Error("edits of the slow judgement are lost")
		}
		if r := mtalab.Send(t.Context(), l.smtp(t), mail(keySpent)); r.Final.String() != "451 4.7.1 not judged in time" {
			t.Errorf("reply %v, %v", r.Last(), r.Err)
		}
	})
}

func TestCase39Panic(t *testing.T) {
	run(t, 39, func(t *testing.T, l *level) {
		policy := func(o *milter.Options) {
			o.OnPanic = func(string, any) milter.Final { return reject(450, "4.3.2", "policy for failures") }
		}
		srv := serve(t, policy)
		l.own(t, nil, l.filterAt(port(srv)))
		answer := func() milter.Answer { panic("asked for") }
		for stage, s := range map[string]*script{
			"mail": {mail: func(string) milter.Answer { return answer() }},
			"rcpt": {rcpt: func(string) milter.Answer { return answer() }},
			"head": {header: func(string, string) milter.Answer { return answer() }},
			"eoh":  {eoh: answer},
			"body": {body: func([]byte) milter.Answer { return answer() }},
			"eom":  {eom: func(context.Context, *seen) milter.Final { panic("asked for") }},
		} {
			key := play(s)
			if l.name == frame {
				c := client(t, srv, key)
				if r := send(t, c, asFrames(mail(key))); r.Decision.Text() != "450 4.3.2 policy for failures" {
					t.Errorf("%s: %v", stage, r.Decision)
				}
				must(t, c.Close())
				continue
			}
			r := mtalab.Send(t.Context(), l.smtp(t), mail(key))
			if r.Last().Code != 450 || !strings.Contains(r.Last().Text(), "policy for failures") {
				t.Errorf("%s: %v, %v", stage, r.Last(), r.Err)
			}
		}
		ok := &script{}
		key := play(ok)
		if l.name == frame {
			send(t, client(t, srv, key), asFrames(mail(key)))
		} else {
			l.deliver(t, mail(key), key)
		}
		ok.only(t)
	})
}
