package notify

import (
	"bytes"
	"context"
	"crypto/rand"
	"crypto/sha256"
	"crypto/tls"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"net"
	"net/textproto"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/wneessen/go-mail"
	"go.uber.org/zap"

	"labelmilter/internal/plan"
	"labelmilter/internal/store"
)

// Settings say how mail of ours is sent.
type Settings struct {
	Server   string // HOST:PORT, "" to send nothing
	TLS      string // "off", "opportunistic", "required" or "implicit"
	Hello    string // "" = the machine's name
	User     string // "" = no login
	Password string
	From     string // mailbox in From
	Name     string // beside it
	Rate     int    // mails an hour to one recipient; more wait and go together
}

// Store keeps the queue. *store.Store is one.
type Store interface {
	DueNotices(ctx context.Context, now time.Time, limit int) ([]store.Notice, error)
	MailsSince(ctx context.Context, recipient string, since time.Time) (int, time.Time, error)
	EndNotices(ctx context.Context, ids []int64, state, mail, detail string) error
	DeferNotices(ctx context.Context, ids []int64, due time.Time, tried bool, detail string) error
	NoticeKey(ctx context.Context) ([]byte, error)
}

var _ Store = (*store.Store)(nil)

// Options of a Sender. Store and Settings are needed.
type Options struct {
	Store    Store
	Settings func() Settings // read before each round
	Now      func() time.Time
	Logger   *zap.Logger
	// Count is told of mails: "sent", "deferred", "failed", and of notices
	// that went with others: "merged". nil = nobody.
	Count func(result string, n int)
	Every time.Duration // between rounds, 0 = 2 s
}

// Bounds of sending.
const (
	maxRound  = 500                // notices looked at in one round
	maxMerged = 20                 // notices in one mail; of more the mail has the number
	giveUp    = 5 * 24 * time.Hour // as MTAs do (RFC 5321 4.5.4.1)
	firstWait = time.Minute
	maxWait   = time.Hour
	dialWait  = 30 * time.Second
)

// Sender sends notices.
type Sender struct {
	o   Options
	log *zap.Logger
}

// NewSender gives a ready sender.
func NewSender(o Options) *Sender {
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Logger == nil {
		o.Logger = zap.NewNop()
	}
	if o.Count == nil {
		o.Count = func(string, int) {}
	}
	if o.Every <= 0 {
		o.Every = 2 * time.Second
	}
	return &Sender{o: o, log: o.Logger}
}

// Run sends until ctx ends.
func (s *Sender) Run(ctx context.Context) {
	tick := time.NewTicker(s.o.Every)
	defer tick.Stop()
	for {
		if err := s.Round(ctx); err != nil && ctx.Err() == nil {
			s.log.Error("notices cannot be sent", zap.Error(err))
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return
		}
	}
}

// Round sends what is due. Its error is of the store.
func (s *Sender) Round(ctx context.Context) error {
	set := s.o.Settings()
	if set.Server == "" {
		return nil
	}
	now := s.o.Now()
	due, err := s.o.Store.DueNotices(ctx, now, maxRound)
	if err != nil || len(due) == 0 {
		return err
	}
	key, err := s.o.Store.NoticeKey(ctx)
	if err != nil {
		return err
	}
	for _, group := range groups(due) {
		if ctx.Err() != nil {
			return nil
		}
		if err := s.group(ctx, set, key, group, now); err != nil {
			return err
		}
	}
	return nil
}

// groups puts together what goes as one mail, in the order of the queue.
func groups(due []store.Notice) [][]store.Notice {
	var out [][]store.Notice
	at := map[[2]string]int{}
	for _, n := range due {
		k := [2]string{strings.ToLower(n.Recipient), n.Merge}
		if i, ok := at[k]; ok {
			out[i] = append(out[i], n)
			continue
		}
		at[k] = len(out)
		out = append(out, []store.Notice{n})
	}
	return out
}

func (s *Sender) group(ctx context.Context, set Settings, key []byte, group []store.Notice, now time.Time) error {
	ids := make([]int64, len(group))
	for i, n := range group {
		ids[i] = n.ID
	}
	to := group[0].Recipient
	if set.Rate > 0 {
		n, first, err := s.o.Store.MailsSince(ctx, to, now.Add(-time.Hour))
		if err != nil {
			return err
		}
		if n >= set.Rate {
			s.o.Count("deferred", 1)
			return s.o.Store.DeferNotices(ctx, ids, first.Add(time.Hour+time.Second), false, "too many mails to this recipient")
		}
	}
	id, data, err := s.mail(set, key, group, now)
	if err == nil {
		err = deliver(ctx, set, to, data)
	}
	switch {
	case err == nil:
		s.o.Count("sent", 1)
		if len(ids) > 1 {
			s.o.Count("merged", len(ids)-1)
		}
		s.log.Info("notice sent", zap.String("message_id", id), zap.String("template", group[0].Template), zap.Int("notices", len(ids)))
		return s.o.Store.EndNotices(ctx, ids, store.NoticeSent, id, "")
	case permanent(err) || now.Sub(group[0].At) > giveUp:
		s.o.Count("failed", 1)
		s.log.Error("notice given up", zap.String("template", group[0].Template), zap.Int("notices", len(ids)), zap.Error(err))
		return s.o.Store.EndNotices(ctx, ids, store.NoticeFailed, id, err.Error())
	}
	s.o.Count("deferred", 1)
	wait := min(firstWait<<min(group[0].Tries, 10), maxWait)
	s.log.Warn("notice put off", zap.String("template", group[0].Template), zap.Int("tries", group[0].Tries+1), zap.Duration("wait", wait), zap.Error(err))
	return s.o.Store.DeferNotices(ctx, ids, now.Add(wait), true, err.Error())
}

// permanent reports an answer of the server that will not change.
func permanent(err error) bool {
	var p *textproto.Error
	return errors.As(err, &p) && p.Code >= 500 && p.Code <= 599 && p.Code != 530 && p.Code != 535
}

// mail writes the mail for some notices.
func (s *Sender) mail(set Settings, key []byte, group []store.Notice, now time.Time) (id string, data []byte, err error) {
	first := group[0]
	subject, text := first.Subject, first.Text
	if len(group) > 1 {
		subject = fmt.Sprintf("%s (and %d more)", subject, len(group)-1)
		var b strings.Builder
		b.WriteString(text)
		for i, n := range group[1:] {
			if i+1 == maxMerged {
				fmt.Fprintf(&b, "\n%s\n\nand %d more.\n", rule, len(group)-maxMerged)
				break
			}
			fmt.Fprintf(&b, "\n%s\n\n%s", rule, n.Text)
		}
		text = b.String()
	}
	nonce := make([]byte, 18)
	if _, err := rand.Read(nonce); err != nil {
		return "", nil, err
	}
	id = "<" + messageID(group) + "@" + domainOf(set.From) + ">"
	m := mail.NewMsg(mail.WithNoDefaultUserAgent(), mail.WithEncoding(mail.EncodingQP))
	if err := m.FromFormat(set.Name, set.From); err != nil {
		return id, nil, err
	}
	if err := m.To(first.Recipient); err != nil {
		return id, nil, fmt.Errorf("%q is no mailbox: %w", first.Recipient, &textproto.Error{Code: 553, Msg: "5.1.3 bad address"})
	}
	m.Subject(subject)
	m.SetDateWithValue(now)
	m.SetMessageIDWithValue(strings.Trim(id, "<>"))
	m.SetGenHeader("Auto-Submitted", "auto-generated") // RFC 3834 5
	m.SetGenHeader("X-Auto-Response-Suppress", "All")  // [MS-OXCMAIL] 2.2.3.2.14
	m.SetBodyString(mail.TypeTextPlain, strings.ReplaceAll(text, "\n", "\r\n"))
	var b bytes.Buffer
	if _, err := m.WriteTo(&b); err != nil {
		return id, nil, err
	}
	raw := b.Bytes()
	if !bytes.HasSuffix(raw, []byte("\r\n")) {
		raw = append(raw, '\r', '\n')
	}
	head, body, ok := bytes.Cut(raw, []byte("\r\n\r\n"))
	if !ok {
		return id, nil, errors.New("a mail without body")
	}
	sig := signature(key, base64.RawURLEncoding.EncodeToString(nonce), now, first.Recipient, id, headerValue(head, "Subject"), body)
	return id, slices.Concat([]byte(plan.NoticeHeader+": "+sig+"\r\n"), raw), nil
}

const rule = "------------------------------------------------------------"

// messageID follows from the notices, so that a mail sent twice can be known.
func messageID(group []store.Notice) string {
	h := sha256.New()
	for _, n := range group {
		fmt.Fprintf(h, "%d %d %s\x00", n.ID, n.At.UnixMicro(), n.Recipient)
	}
	return "notice." + hex.EncodeToString(h.Sum(nil)[:12])
}

// headerValue is the unfolded value of a field as our filter will read it.
func headerValue(head []byte, name string) string {
	unfolded := strings.ReplaceAll(string(head), "\r\n ", " ")
	for line := range strings.SplitSeq(unfolded, "\r\n") {
		if n, v, ok := strings.Cut(line, ":"); ok && strings.EqualFold(n, name) {
			return strings.TrimSpace(v)
		}
	}
	return ""
}

// deliver hands one mail to the server.
func deliver(ctx context.Context, set Settings, to string, data []byte) (err error) {
	host, port, err := net.SplitHostPort(set.Server)
	if err != nil {
		return err
	}
	number, err := strconv.Atoi(port)
	if err != nil {
		return err
	}
	opts := []mail.Option{mail.WithPort(number), mail.WithTimeout(dialWait), mail.WithoutSMTPUTF8(), mail.WithTLSConfig(&tls.Config{ServerName: host, MinVersion: tls.VersionTLS12})}
	switch set.TLS {
	case "implicit":
		opts = append(opts, mail.WithSSL())
	case "required":
		opts = append(opts, mail.WithTLSPolicy(mail.TLSMandatory))
	case "opportunistic":
		// A certificate that cannot be verified is as good as none.
		opts = append(opts, mail.WithTLSPolicy(mail.TLSOpportunistic), mail.WithTLSConfig(&tls.Config{ServerName: host, InsecureSkipVerify: true, MinVersion: tls.VersionTLS12})) //nolint:gosec
	default:
		opts = append(opts, mail.WithTLSPolicy(mail.NoTLS))
	}
	if set.Hello != "" {
		opts = append(opts, mail.WithHELO(set.Hello))
	}
	if set.User != "" {
		opts = append(opts, mail.WithSMTPAuth(mail.SMTPAuthAutoDiscover), mail.WithUsername(set.User), mail.WithPassword(set.Password))
	}
	c, err := mail.NewClient(host, opts...)
	if err != nil {
		return err
	}
	sc, err := c.DialToSMTPClientWithContext(ctx)
	if err != nil {
		return err
	}
	defer func() { _ = c.CloseWithSMTPClient(sc) }()
	// The null reverse-path: nothing comes back (RFC 5321 4.5.5).
	if err := sc.Mail("<>"); err != nil {
		return err
	}
	if err := sc.Rcpt("<" + to + ">"); err != nil {
		return err
	}
	w, err := sc.Data()
	if err != nil {
		return err
	}
	if _, err := w.Write(data); err != nil {
		return err
	}
	return w.Close()
}
