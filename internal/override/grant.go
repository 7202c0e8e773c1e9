package override

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"slices"
	"strings"
	"time"

	"labelmilter/internal/message"
)

// Offer is what a refusal holds out to its sender. It is made without a token;
// Bind makes the grant that stands for one.
type Offer struct {
	Rule    string    `json:"rule"`    // that refused, "<pack>/<policy>/<rule>"
	Rules   []string  `json:"rules"`   // that the override lifts
	With    []string  `json:"with"`    // kinds that are open to the sender
	Expires time.Time `json:"expires"` // UTC

	Sender, Auth string   `json:"-"`
	Recipients   []string `json:"-"`
	Content      *Content `json:"-"`
}

// Grant is what is kept of a token: what it lifts and, keyed with the token
// itself, the message it stands for. Nothing of the message can be read or
// guessed from it without the token.
type Grant struct {
	ID         string           `json:"id"`
	Rules      []string         `json:"rules"`
	With       []string         `json:"with"`
	Expires    time.Time        `json:"expires"`
	Used       bool             `json:"used"`
	Sender     string           `json:"sender"`
	Auth       string           `json:"auth"`
	Recipients []string         `json:"recipients"`
	Pairs      string           `json:"pairs"`
	Opaque     []string         `json:"opaque"`
	Reasons    []string         `json:"reasons"`
	Found      map[string]Found `json:"found"`
	// AnyContent lets any content pass, for fixtures, which have no token
	// to key content with. No grant that was made by Bind has it.
	AnyContent bool `json:"any_content,omitempty"`
}

// Found are the values of one type.
type Found struct {
	Unique int      `json:"unique"`
	Values []string `json:"values"`
}

// key makes keyed hashes of what a grant is bound to.
type key []byte

func (k key) hash(kind, s string) string {
	h := hmac.New(sha256.New, k)
	h.Write([]byte(kind + "\x00" + s))
	return base64.RawURLEncoding.EncodeToString(h.Sum(nil)[:12])
}

func (k key) all(kind string, list []string) []string {
	out := make([]string, 0, len(list))
	for _, s := range list {
		out = append(out, k.hash(kind, s))
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// pairSize is how many bytes of a keyed hash stand for a pair of words.
const pairSize = 5

func (k key) pairs(list []uint64) string {
	buf := make([]byte, 0, len(list)*pairSize)
	var in [8]byte
	for _, x := range list {
		binary.BigEndian.PutUint64(in[:], x)
		h := hmac.New(sha256.New, k)
		h.Write([]byte("pair\x00"))
		h.Write(in[:])
		buf = append(buf, h.Sum(nil)[:pairSize]...)
	}
	return base64.RawStdEncoding.EncodeToString(buf)
}

// Bind gives the grant for a token.
func (o *Offer) Bind(token string) Grant {
	k := key(token)
	g := Grant{ID: ID(token), Rules: o.Rules, With: o.With, Expires: o.Expires, Sender: k.hash("sender", fold(o.Sender)),
		Recipients: k.all("recipient", folded(o.Recipients)), Opaque: []string{}, Reasons: []string{}, Found: map[string]Found{}}
	if o.Auth != "" {
		g.Auth = k.hash("auth", o.Auth)
	}
	if c := o.Content; c != nil {
		g.Pairs, g.Opaque, g.Reasons = k.pairs(c.pairs), k.all("opaque", c.opaque), slices.Clone(c.reasons)
		for t := range c.unique {
			g.Found[t] = Found{c.unique[t], c.values(k, t)}
		}
	}
	return g
}

// values gives the keyed values of a type. Reveal: they are hashed at once.
func (c *Content) values(k key, t string) []string {
	var list []string
	for v := range c.found[t] {
		list = append(list, v.Reveal())
	}
	return k.all("value "+t, list)
}

func fold(s string) string { return strings.ToLower(s) }

func folded(list []string) []string {
	out := make([]string, 0, len(list))
	for _, s := range list {
		plain, _, _ := Address(s)
		out = append(out, fold(plain))
	}
	return out
}

// Why a token that was presented does not open anything.
const (
	Unknown     = "unknown"       // never given out, or forgotten
	Unavailable = "unavailable"   // it cannot be looked up now
	Used        = "used"          // it was used before
	Expired     = "expired"       //
	Sender      = "sender"        // it was given to another sender
	Recipients  = "recipients"    // there are others than before
	Changed     = "content"       // the message is another
	Findings    = "findings"      // there is more in it than before
	NoReason    = "justification" // the justification is missing
	NotOffered  = "kind"          // as a false positive only, or not as one
	Stuck       = "stuck"         // token or reason cannot be taken out of the message
)

// Check compares a message with a grant: "" if the token is good for it.
func (g Grant) Check(p Presented, now time.Time, env message.Envelope, c *Content) string {
	k := key(p.Token)
	switch {
	case g.Used:
		return Used
	case !now.Before(g.Expires):
		return Expired
	case g.Sender != "" && g.Sender != k.hash("sender", fold(env.MailFrom)) && !g.AnyContent,
		g.Auth != "" && g.Auth != k.hash("auth", env.AuthUser):
		return Sender
	}
	if !g.AnyContent {
		for _, r := range k.all("recipient", folded(env.RcptTo)) {
			if _, ok := slices.BinarySearch(g.Recipients, r); !ok {
				return Recipients
			}
		}
		if why := g.content(k, c); why != "" {
			return why
		}
	}
	return g.kind(p)
}

func (g Grant) kind(p Presented) string {
	switch {
	case p.Kind == FalsePositive && !slices.Contains(g.With, FalsePositive):
		return NotOffered
	case p.Kind == FalsePositive, slices.Contains(g.With, None):
	case !slices.Contains(g.With, Justification):
		return "" // as a false positive only: any use is one
	case p.Reason == "":
		return NoReason
	}
	return ""
}

// KindOf is what the use of a grant counts as.
func (g Grant) KindOf(p Presented) string {
	switch {
	case p.Kind == FalsePositive || !slices.Contains(g.With, None) && !slices.Contains(g.With, Justification):
		return FalsePositive
	case p.Reason != "":
		return Justification
	}
	return None
}

// The bounds of what still is the same message: so many pairs of words may be
// new or gone, or this part of all. A word that is mended changes four.
const (
	slackPairs = 16
	slackPart  = 0.15
)

func (g Grant) content(k key, c *Content) string {
	for t, n := range c.unique {
		have := g.Found[t]
		if n > have.Unique {
			return Findings
		}
		if have.Unique > len(have.Values) { // more than were listed
			continue
		}
		for _, v := range c.values(k, t) {
			if _, ok := slices.BinarySearch(have.Values, v); !ok {
				return Findings
			}
		}
	}
	for _, r := range c.reasons {
		if !slices.Contains(g.Reasons, r) {
			return Changed
		}
	}
	for _, d := range k.all("opaque", c.opaque) {
		if _, ok := slices.BinarySearch(g.Opaque, d); !ok {
			return Changed
		}
	}
	then, err := base64.RawStdEncoding.DecodeString(g.Pairs)
	if err != nil {
		return Changed
	}
	now, _ := base64.RawStdEncoding.DecodeString(k.pairs(c.pairs)) // just encoded
	known := map[string]bool{}
	for i := 0; i+pairSize <= len(then); i += pairSize {
		known[string(then[i:i+pairSize])] = true
	}
	common := 0
	for i := 0; i+pairSize <= len(now); i += pairSize {
		if known[string(now[i:i+pairSize])] {
			common++
		}
	}
	a, b := len(then)/pairSize, len(now)/pairSize
	if diff := a + b - 2*common; diff > slackPairs && float64(diff) > slackPart*float64(a+b) {
		return Changed
	}
	return ""
}

// JSON is the form in which a grant is a fact.
func (g Grant) JSON() string {
	b, err := json.Marshal(g)
	if err != nil {
		panic(err) // strings, numbers and a time always marshal
	}
	return string(b)
}

// ParseGrant reads a grant.
func ParseGrant(s string) (Grant, error) {
	var g Grant
	err := json.Unmarshal([]byte(s), &g)
	return g, err
}

// Fact names the fact with the grant of the token that a message presents.
const Fact = "override.grant"
