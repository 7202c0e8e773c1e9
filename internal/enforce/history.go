package enforce

import (
	"context"
	"strconv"
	"time"

	"labelmilter/internal/facts"
	"labelmilter/internal/failpoint"
	"labelmilter/internal/policy"
)

// windows are how far back policy.Windows reach.
var windows = map[string]time.Duration{"10m": 10 * time.Minute, "1h": time.Hour, "24h": 24 * time.Hour, "7d": 7 * 24 * time.Hour}

const historySource = "history"

// History gives what is remembered of a sender and a conversation as facts, as
// far as rules ask for it. What the store does not say within three seconds is
// unavailable. A bounce has no sender: nothing is known of it.
func (e *Enforcer) History(ctx context.Context, needs policy.Needs, from string, to, thread []string, now time.Time) map[string]facts.Fact {
	out := map[string]facts.Fact{}
	if from == "" || !needs.History() {
		return out
	}
	ctx, cancel := context.WithTimeout(ctx, historyWait)
	defer cancel()
	down := func(err error) facts.Fact {
		return facts.Fact{State: facts.Unavailable, Source: historySource, Reason: err.Error()}
	}
	if err := failpoint.Err(failpoint.History); err != nil {
		cancel() // as if nothing answered in time
	}
	if needs.Rates {
		since := make([]time.Time, len(policy.Windows))
		for i, w := range policy.Windows {
			since[i] = now.Add(-windows[w])
		}
		sent, err := e.store.SentSince(ctx, from, since)
		for i, w := range policy.Windows {
			for _, of := range []policy.Counted{policy.Messages, policy.Recipients, policy.Bytes} {
				if err != nil {
					out[policy.RateFact(of, w)] = down(err)
					continue
				}
				n := map[policy.Counted]int64{policy.Messages: sent[i].Messages, policy.Recipients: sent[i].Recipients, policy.Bytes: sent[i].Bytes}[of]
				out[policy.RateFact(of, w)] = known(strconv.FormatInt(n, 10))
			}
		}
	}
	if needs.FirstTime {
		wrote, err := e.store.Wrote(ctx, from, to)
		for i, rc := range to {
			f := facts.Fact{}
			if err != nil {
				f = down(err)
			} else {
				f = known(strconv.FormatBool(!wrote[i]))
			}
			out[policy.FirstTimeFact(rc)] = f
		}
	}
	if needs.Growth && len(thread) > 0 {
		n, ok, err := e.store.MostRecipients(ctx, thread)
		switch {
		case err != nil:
			out[policy.ThreadRecipients] = down(err)
		case ok:
			out[policy.ThreadRecipients] = known(strconv.Itoa(n))
		}
	}
	return out
}

func known(v string) facts.Fact {
	return facts.Fact{State: facts.Known, Value: v, Source: historySource}
}
