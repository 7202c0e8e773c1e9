package override

import (
	"crypto/sha256"
	"encoding/hex"
	"slices"
	"strings"
	"unicode"

	"labelmilter/internal/budget"
	"labelmilter/internal/detect"
	"labelmilter/internal/extract"
	"labelmilter/internal/message"
	"labelmilter/internal/redact"
)

// Content is what a message says, in a form in which two versions of it can be
// compared: a sample of its pairs of words, the files nobody can read, and the
// values found. It is never written anywhere as it is; Offer.Bind keys it.
type Content struct {
	pairs   []uint64 // the smallest distinct hashes of pairs of words, ascending
	opaque  []string // digests of parts without text
	reasons []string // why parts were not fully inspected
	found   map[string]map[redact.Value]bool
	unique  map[string]int
}

// maxPairs is the size of the sample; below it the comparison is exact.
const maxPairs = 512

// Read gives the content of a message. texts, found and skipped are those of
// the same message.
func Read(m *message.Message, ex extract.Result, found []detect.Finding, skipped []budget.Skip, l budget.Limits) *Content {
	c := &Content{found: map[string]map[redact.Value]bool{}, unique: map[string]int{}}
	c.text(ex.Texts)
	c.files(m, ex, skipped, l)
	for _, s := range skipped {
		if r := string(s.Reason); !slices.Contains(c.reasons, r) {
			c.reasons = append(c.reasons, r)
		}
	}
	slices.Sort(c.reasons)
	for _, f := range found {
		if c.found[f.Type] == nil {
			c.found[f.Type] = map[redact.Value]bool{}
		}
		for _, i := range f.Instances {
			c.found[f.Type][i.Normal] = true
		}
		if len(f.Instances) == 0 || f.Unique > len(f.Instances) {
			c.unique[f.Type] += f.Unique // a finding lists a bounded number of values
		}
	}
	for t, vs := range c.found {
		c.unique[t] += len(vs)
	}
	return c
}

// text samples the pairs of words. What changes by itself from one sending to
// the next (header fields, hidden text of editors) does not count.
func (c *Content) text(texts []extract.Text) {
	seen := map[uint64]bool{}
	limit := ^uint64(0)
	cut := func() {
		c.pairs = c.pairs[:0]
		for h := range seen {
			c.pairs = append(c.pairs, h)
		}
		slices.Sort(c.pairs)
		if len(c.pairs) > maxPairs {
			c.pairs = slices.Clone(c.pairs[:maxPairs])
			limit = c.pairs[maxPairs-1]
		}
		clear(seen)
		for _, h := range c.pairs {
			seen[h] = true
		}
	}
	for _, t := range texts {
		switch t.Where {
		case extract.InSubject, extract.InBody, extract.InAttachment, extract.InName, extract.InProperty:
		default:
			continue
		}
		body := t.Body
		if t.Where == extract.InBody {
			if first := firstLine(body); IsLine(first) {
				at := strings.Index(body, first)
				body = body[at+len(first):]
			}
		}
		last := uint64(0)
		words(Strip(body), func(w uint64) {
			h := mix(last, w)
			last = w
			if h > limit || seen[h] {
				return
			}
			if seen[h] = true; len(seen) > 8*maxPairs {
				cut()
			}
		})
	}
	cut()
}

const (
	fnvOffset = 14695981039346656037
	fnvPrime  = 1099511628211
)

// words gives a hash (FNV-1a) of each run of letters and digits, lower case.
func words(s string, f func(uint64)) {
	h, in := uint64(fnvOffset), false
	for _, r := range s {
		if !unicode.IsLetter(r) && !unicode.IsDigit(r) {
			if in {
				f(h)
			}
			h, in = fnvOffset, false
			continue
		}
		in = true
		for r = unicode.ToLower(r); ; r >>= 8 {
			h = (h ^ uint64(r&0xff)) * fnvPrime
			if r < 0x100 {
				break
			}
		}
	}
	if in {
		f(h)
	}
}

// mix joins two hashes; its bits are spread so that the smallest are a sample.
func mix(a, b uint64) uint64 {
	x := a*0x9E3779B97F4A7C15 ^ b
	x ^= x >> 30
	x *= 0xBF58476D1CE4E5B9
	x ^= x >> 27
	x *= 0x94D049BB133111EB
	return x ^ x>>31
}

// files digests the parts of which not everything was read as text: they may
// be left out of the new version, not exchanged.
func (c *Content) files(m *message.Message, ex extract.Result, skipped []budget.Skip, l budget.Limits) {
	if m.Root == nil {
		return
	}
	read, doubt := map[string]bool{}, map[string]bool{}
	top := func(part string) string { p, _, _ := strings.Cut(part, "/"); return p }
	for _, t := range ex.Texts {
		if t.Where == extract.InBody || t.Where == extract.InAttachment {
			read[top(t.Part)] = true
		}
	}
	for _, s := range skipped {
		doubt[top(s.Part)] = true
	}
	b := budget.New(l)
	for _, p := range m.Leaves() {
		if p.Alternative || read[p.Path] && !doubt[p.Path] {
			continue
		}
		data := p.Decoded(b)
		if len(data) == 0 {
			data = p.Raw
		}
		if len(strings.TrimSpace(string(data[:min(len(data), 256)]))) == 0 {
			continue
		}
		h := sha256.Sum256(data)
		if d := hex.EncodeToString(h[:]); !slices.Contains(c.opaque, d) {
			c.opaque = append(c.opaque, d)
		}
	}
	slices.Sort(c.opaque)
}
