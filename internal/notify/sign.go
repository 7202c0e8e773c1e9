package notify

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"strconv"
	"strings"
	"time"

	"labelmilter/internal/message"
	"labelmilter/internal/plan"
)

// The field by which our own filter knows mail of ours:
//
//	X-Labelmilter-Notice: v=1; n=<nonce>; t=<seconds since 1970>; h=<base64url>
//
// h is HMAC-SHA-256, with a key that never leaves the store, over nonce, time,
// recipient, Message-ID, Subject and body. The filter takes it once, from the
// null sender to that one recipient, within passFor, and removes it: it is
// good for one hop.

// passFor is how long after it was signed mail of ours may pass.
const passFor = 10 * time.Minute

// skew is how far the clocks of signing and passing may be apart: a restart
// with a clock set back must not lose notices.
const skew = time.Minute

func tag(key []byte, nonce string, at int64, recipient, id, subject string, body []byte) string {
	h := hmac.New(sha256.New, key)
	sum := sha256.Sum256(body)
	fmt.Fprintf(h, "labelmilter notice v1\x00%s\x00%d\x00%s\x00%s\x00%s\x00%x", nonce, at, strings.ToLower(recipient), id, subject, sum)
	return base64.RawURLEncoding.EncodeToString(h.Sum(nil))
}

// signature is the value of the field.
func signature(key []byte, nonce string, at time.Time, recipient, id, subject string, body []byte) string {
	t := at.Unix()
	return fmt.Sprintf("v=1; n=%s; t=%d; h=%s", nonce, t, tag(key, nonce, t, recipient, id, subject, body))
}

// Signed reports mail that this key signed, and its nonce, which must not have
// come by before. A message without the field is none.
func Signed(key []byte, m *message.Message, now time.Time) (nonce string, ok bool) {
	fields := m.Header.All(plan.NoticeHeader)
	env := m.Envelope
	if len(fields) != 1 || len(key) == 0 || env.MailFrom != "" || env.Assumed || len(env.RcptTo) != 1 {
		return "", false
	}
	v := map[string]string{}
	for part := range strings.SplitSeq(fields[0].Value(), ";") {
		k, x, _ := strings.Cut(strings.TrimSpace(part), "=")
		v[k] = x
	}
	at, err := strconv.ParseInt(v["t"], 10, 64)
	if err != nil || v["v"] != "1" || v["n"] == "" || len(v["n"]) > 64 {
		return "", false
	}
	if age := now.Sub(time.Unix(at, 0)); age < -skew || age > passFor {
		return "", false
	}
	subject, _ := m.Header.First("Subject")
	want := tag(key, v["n"], at, env.RcptTo[0], m.MessageID(), subject, m.Body)
	return v["n"], hmac.Equal([]byte(want), []byte(v["h"]))
}
