package enforce

import (
	"context"
	"time"

	"labelmilter/internal/message"
	"labelmilter/internal/notify"
	"labelmilter/internal/plan"
)

// Own reports mail of our own on its way to the MTA: signed by us, the first
// time it comes by. Anything else, and all mail if the store does not answer,
// is judged like mail of others.
func (e *Enforcer) Own(ctx context.Context, m *message.Message, now time.Time) bool {
	if len(m.Header.All(plan.NoticeHeader)) != 1 || m.Envelope.MailFrom != "" {
		return false
	}
	ctx, cancel := context.WithTimeout(ctx, threadWait)
	defer cancel()
	key, err := e.store.NoticeKey(ctx)
	if err != nil {
		return false
	}
	nonce, ok := notify.Signed(key, m, now)
	if !ok {
		return false
	}
	first, err := e.store.Pass(ctx, nonce)
	return err == nil && first
}
