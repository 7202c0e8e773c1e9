package detect

import (
	"cmp"
	"math/bits"
	"slices"

	"labelmilter/internal/detect/automaton"
	"labelmilter/internal/detect/bitmap"
	"labelmilter/internal/match/fold"
)

// channels tell from a few look-ups at a place where a word or number begins
// which expressions can match from it. Each channel is a bit and stands for
// expressions of like shape: what a look-up gives are the channels that the
// character there, the length of the run, the distance of the next digit and
// so on allow, and what they all allow is left. So one pass over the text
// holds back the starts of all expressions at once, from a few kilobytes of
// tables.
type channels struct {
	bitmap.Tables
	before [automaton.ShapeBefore][256]uint64

	always   uint64 // channels that need no keywords
	short    uint64 // those that do, of bounded matches
	long     uint64 // and of long ones
	anywhere uint64 // those of matchers that keywords anywhere enable
	// Where channels can leave anything: at words with a digit within digits,
	// at those that begin a run of tokenLength solid characters, at those of
	// certain lengths, and these at any word.
	digits   int
	lengths  uint64
	listed   *bitmap.Lengths
	every    uint64
	feeds    [64][]int32 // channel → lists of starts
	matchers [][]uint64  // channel → matchers
}

// Bitmaps and automata tell the same lengths and places apart, and lines looks
// as far as line breaks need.
var (
	_ = [1]struct{}{}[bitmap.Longest-automaton.ShapeRun]
	_ = [1]struct{}{}[len(bitmap.Tables{}.At)-automaton.ShapeLength]
	_ = [1]struct{}{}[len(bitmap.Tables{}.After)-automaton.ShapeAfter]
	_ = [1]struct{}{}[fold.Before-5]
)

// channel is what goes into one channel.
type channel struct {
	shape automaton.Shape
	need  filter
	needy bool
	memo  bool
	feeds []int32
	any   []uint64 // matchers
	open  float64  // share of all starts that it lets through, roughly
}

// maxChannels is the number of channels, closeChannels up to how many
// expressions with one list of starts are compared each with each.
const (
	maxChannels   = 64
	closeChannels = 160
)

// nearDigits is how far before its first digit nearly every expression with
// one begins at most.
const nearDigits = 6

// merge adds what o lets through.
func (c *channel) merge(o *channel) {
	c.shape.Or(&o.shape)
	c.need = c.need.either(o.need)
	c.needy = c.needy && o.needy
	c.memo = c.memo || o.memo
	c.any = slices.Clone(c.any)
	for w := range c.any {
		c.any[w] |= o.any[w]
	}
	for _, f := range o.feeds {
		if !slices.Contains(c.feeds, f) {
			c.feeds = append(slices.Clip(c.feeds), f)
		}
	}
	c.open = c.openness()
}

// joint is the cost of two channels when they are one, less what they cost
// apart.
func (c *channel) joint(o *channel) float64 {
	both := channel{shape: c.shape, need: c.need.either(o.need)}
	both.shape.Or(&o.shape)
	lists := len(c.feeds)
	for _, f := range o.feeds {
		if !slices.Contains(c.feeds, f) {
			lists++
		}
	}
	return both.openness()*float64(lists) - c.open*float64(len(c.feeds)) - o.open*float64(len(o.feeds))
}

// frequencies are the shares of characters in mail by kind, for openness;
// runsOf those of lengths of words and numbers.
var frequencies = [...]struct {
	kind  automaton.Set
	share float64 // of each
}{
	{automaton.Set{0, 0x07fffffe << 32}, 0.55 / 26},       // small letters
	{automaton.Set{0, 0x07fffffe}, 0.08 / 26},             // capital letters
	{automaton.Set{0x03ff << 48}, 0.12 / 10},              // digits
	{automaton.Set{1<<' ' | 1<<'\n' | 1<<'\r'}, 0.14 / 3}, // between words
	{automaton.Set{0xfc00fffe << 32, 0xf8000001<<32 | 0xf8000001}, 0.1 / 32},
}

var runsOf = [...]float64{0, 0.11, 0.17, 0.17, 0.16, 0.1, 0.08, 0.07, 0.05, 0.03, 0.02, 0.015, 0.01, 0.005}

// openness estimates the share of starts that a channel lets through.
func (c *channel) openness() float64 {
	p := 1.0
	for k := range c.shape.At {
		p *= share(&c.shape.At[k])
	}
	for k := range c.shape.Before {
		p *= share(&c.shape.Before[k])
	}
	for k := range c.shape.After {
		p *= share(&c.shape.After[k])
	}
	run := 0.0
	for n := range 64 {
		if c.shape.Run>>n&1 != 0 {
			if n < len(runsOf) {
				run += runsOf[n]
			} else {
				run += 0.0002
			}
		}
	}
	p *= run
	if d := c.need.digit; d >= 0 {
		p *= min(1, 0.03*float64(d+1))
	}
	for range min(c.need.many, 12) {
		p *= 0.8
	}
	for range min(c.need.solid, 30) {
		p *= 0.9
	}
	return p
}

func share(s *automaton.Set) (p float64) {
	for i := range frequencies {
		f := &frequencies[i]
		n := 0
		for k := range s {
			n += bits.OnesCount64(s[k] & f.kind[k])
		}
		p += float64(n) * f.share
	}
	return 0.01 + p
}

// newChannels merges what there is to as many channels as there are.
func newChannels(list []channel) *channels {
	for i := range list {
		list[i].open = list[i].openness()
	}
	list = thin(list)
	for len(list) > maxChannels {
		list = mergeClosest(list, len(list)-maxChannels)
	}
	x := &channels{matchers: make([][]uint64, len(list))}
	x.Kinds = automaton.Kinds()
	for k := range list {
		x.set(k, &list[k])
	}
	if x.every&x.always != 0 {
		x.lengths = ^uint64(0)
	}
	x.listed = bitmap.NewLengths(x.lengths)
	return x
}

// thin merges channels of one list of starts until they are few enough to
// compare each with each.
func thin(list []channel) []channel {
	by := map[int32][]channel{}
	var order []int32
	for _, c := range list {
		f := c.feeds[0]
		if by[f] == nil {
			order = append(order, f)
		}
		by[f] = append(by[f], c)
	}
	var out []channel
	for _, f := range order {
		l := by[f]
		if len(l) > closeChannels {
			slices.SortStableFunc(l, func(a, b channel) int { return compareShapes(&a, &b) })
			for k := range closeChannels {
				lo, hi := k*len(l)/closeChannels, (k+1)*len(l)/closeChannels
				c := l[lo]
				for i := lo + 1; i < hi; i++ {
					c.merge(&l[i])
				}
				l[k] = c
			}
			l = l[:closeChannels]
		}
		out = append(out, l...)
	}
	return out
}

// compareShapes orders like shapes near each other.
func compareShapes(a, b *channel) int {
	c := cmp.Compare(a.shape.Run, b.shape.Run)
	for k := 0; c == 0 && k < len(a.shape.At); k++ {
		c = slices.Compare(a.shape.At[k][:], b.shape.At[k][:])
	}
	return c
}

// mergeClosest merges n times the two channels that lose least by it. Those of
// one list of starts come first.
func mergeClosest(list []channel, n int) []channel {
	cost := make([][]float64, len(list))
	const never = 1e300
	costOf := func(a, b *channel) float64 {
		c := a.joint(b)
		if len(a.feeds) != 1 || len(b.feeds) != 1 || a.feeds[0] != b.feeds[0] {
			c += 100 // only when nothing else is left
		}
		return c
	}
	// Lists of starts are merged with each other only if there are more of
	// them than channels; if very many, without looking for the closest.
	lists := map[int32]bool{}
	for i := range list {
		lists[list[i].feeds[0]] = true
	}
	apart := len(lists) <= maxChannels || len(list) > 4*closeChannels
	for i := range list {
		cost[i] = make([]float64, i)
		for k := range i {
			if apart && list[i].feeds[0] != list[k].feeds[0] {
				cost[i][k] = never
				continue
			}
			cost[i][k] = costOf(&list[i], &list[k])
		}
	}
	gone := make([]bool, len(list))
	for ; n > 0; n-- {
		bi, bk, best := -1, -1, never
		for i := range list {
			if gone[i] {
				continue
			}
			for k, c := range cost[i] {
				if c < best && !gone[k] {
					bi, bk, best = i, k, c
				}
			}
		}
		if bi < 0 {
			break
		}
		list[bk].merge(&list[bi])
		gone[bi] = true
		for k := range list {
			switch {
			case gone[k] || k == bk:
			case k < bk && cost[bk][k] < never:
				cost[bk][k] = costOf(&list[bk], &list[k])
			case k > bk && cost[k][bk] < never:
				cost[k][bk] = costOf(&list[bk], &list[k])
			}
		}
	}
	var out []channel
	for i := range list {
		if !gone[i] {
			out = append(out, list[i])
		}
	}
	if len(out) > maxChannels && n > 0 { // what is left has lists of its own
		for len(out) > maxChannels {
			last := len(out) - 1
			out[last%maxChannels].merge(&out[last])
			out = out[:last]
		}
	}
	return out
}

// set fills the tables for one channel.
func (x *channels) set(k int, c *channel) {
	bit := uint64(1) << k
	for d := range c.shape.At {
		fill(&x.At[d], &c.shape.At[d], bit)
	}
	for d := range c.shape.After {
		fill(&x.After[d], &c.shape.After[d], bit)
	}
	for d := range c.shape.Before {
		fill(&x.before[d], &c.shape.Before[d], bit)
	}
	fill(&x.Pairs, &c.shape.Pairs, bit)
	for n := range x.Run {
		if c.shape.Run>>n&1 != 0 {
			x.Run[n] |= bit
		}
	}
	for d := range x.Digit {
		if c.need.digit < 0 || d <= c.need.digit {
			x.Digit[d] |= bit
		}
	}
	for n := range x.Many {
		if n >= c.need.many || c.need.digit < 0 {
			x.Many[n] |= bit
		}
	}
	for n := range x.Solid {
		if n >= c.need.solid {
			x.Solid[n] |= bit
		}
	}
	switch {
	case !c.needy:
		x.always |= bit
	case c.memo:
		x.long |= bit
	default:
		x.short |= bit
	}
	run := bits.TrailingZeros64(c.shape.Run | 1<<maxFilter)
	switch {
	case c.need.solid >= tokenLength:
	case run >= longWordLength && (c.need.digit < 0 || c.need.digit > 8):
		x.lengths |= c.shape.Run
	case c.need.digit >= 0 && (!c.needy || c.need.digit <= nearDigits):
		x.digits = max(x.digits, c.need.digit)
	default:
		x.every |= bit
	}
	x.feeds[k] = c.feeds
	x.matchers[k] = c.any
}

func fill(table *[256]uint64, s *automaton.Set, bit uint64) {
	for b := range 256 {
		if s.Has(byte(b)) {
			table[b] |= bit
		}
	}
}

// enabledBy gives the channels that stand for some of the matchers.
func (x *channels) enabledBy(matchers []uint64) (out uint64) {
	for k, m := range x.matchers {
		if meet(m, matchers) {
			out |= 1 << k
		}
	}
	return out
}
