package main

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"labelmilter/internal/mtabench/corpus"
	"labelmilter/internal/mtalab"
)

// sent is how a turn went, as the sender saw it.
type sent struct {
	elapsed time.Duration
	times   []time.Duration // of each message from MAIL to the final reply
}

// sendAll sends n messages over several connections; each takes the next
// message that nobody has taken. Every message must be accepted.
func sendAll(ctx context.Context, addr string, messages []corpus.Message, n, connections int) (sent, error) {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	var next atomic.Int64
	times := make([]time.Duration, n)
	var wg sync.WaitGroup
	start := time.Now()
	for range connections {
		wg.Go(func() {
			if err := sendSome(ctx, addr, messages, times, &next); err != nil {
				cancel(err)
			}
		})
	}
	wg.Wait()
	elapsed := time.Since(start)
	if err := context.Cause(ctx); err != nil {
		return sent{}, err
	}
	return sent{elapsed, times}, nil
}

func sendSome(ctx context.Context, addr string, messages []corpus.Message, times []time.Duration, next *atomic.Int64) error {
	c, err := mtalab.Dial(ctx, addr)
	if err != nil {
		return err
	}
	defer c.Close()
	stop := context.AfterFunc(ctx, func() { c.Close() })
	defer stop()
	if _, err := c.Ehlo("client.example"); err != nil {
		return err
	}
	for {
		i := int(next.Add(1)) - 1
		if i >= len(times) {
			_, err := c.Quit()
			return err
		}
		m := messages[i%len(messages)]
		start := time.Now()
		if _, err := c.Mail(m.From); err != nil {
			return err
		}
		if _, err := c.Rcpt(m.To); err != nil {
			return err
		}
		first, last, err := c.Data(m.Data)
		if err != nil {
			return err
		}
		if last.Code != 250 {
			return errors.New("a message was not accepted: " + fmt.Sprint(first, " / ", last))
		}
		times[i] = time.Since(start)
	}
}
