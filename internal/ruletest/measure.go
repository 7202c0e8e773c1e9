package ruletest

import (
	"cmp"
	"context"
	"io/fs"
	"path"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"

	"labelmilter/internal/pipeline"
	"labelmilter/internal/rulepack"
	"labelmilter/internal/sit"
	"labelmilter/internal/strictyaml"
)

// Sample is the message of a test with what the test says about types.
type Sample struct {
	Mail   string
	Has    map[string]int  // type → confidence its evidence gives, 0 if the test leaves that open
	HasNot map[string]bool // near misses of these types
}

// Measure is how well one type is found: with the confidence that a condition
// asks for by default, in texts whose evidence gives that.
type Measure struct {
	Type        string
	Name        string
	Pack        string
	Confidence  int // asked for
	Texts       int // texts that hold it
	Found       int // of those
	Misses      int // near misses: texts made to look like it
	FoundMisses int // of those
	Kin         int // texts about types of its category, its country or a bundle with it
	FoundKin    int // of those: often the same number has several names
	Others      int // texts about other types
	FoundOthers int // of those
	Neutral     int // windows of neutral text in which it was found with high confidence
}

// Precision is the share of right ones among the texts in which the type was
// found, 1 if there are none.
func (m Measure) Precision() float64 {
	return share(m.Found, m.Found+m.FoundMisses+m.FoundOthers)
}

// Recall is the share of the texts that hold it in which it was found.
func (m Measure) Recall() float64 { return share(m.Found, m.Texts) }

// F2 weighs recall twice as much as precision: what is overlooked has left.
func (m Measure) F2() float64 {
	p, r := m.Precision(), m.Recall()
	if p+r == 0 {
		return 0
	}
	return 5 * p * r / (4*p + r)
}

func share(part, whole int) float64 {
	if whole == 0 {
		return 1
	}
	return float64(part) / float64(whole)
}

// Samples gives the tests of packs that say whether a type is in a message:
// the examples of types, and the cases of *_test.yaml with findings or absent
// findings. Files with settings of their own, such as allow, are left out.
func Samples(all []rulepack.Source, types []rulepack.TypeInfo) ([]Sample, error) {
	var out []Sample
	for _, t := range types {
		for _, s := range t.Match {
			out = append(out, Sample{Mail: plainMail(s), Has: map[string]int{t.ID: 0}})
		}
		for _, s := range t.NoMatch {
			out = append(out, Sample{Mail: plainMail(s), HasNot: map[string]bool{t.ID: true}})
		}
	}
	for _, s := range all {
		names, err := fs.Glob(s.FS, path.Join(s.Dir, "*_test.yaml"))
		if err != nil {
			return nil, err
		}
		for _, name := range names {
			data, err := fs.ReadFile(s.FS, name)
			if err != nil {
				return nil, err
			}
			n, ps := strictyaml.Parse(name, data)
			if ps.HasErrors() {
				return nil, ps.Err()
			}
			if n.Get("allow") != nil || n.Get("lists") != nil {
				continue
			}
			for _, c := range n.Get("tests").Items() {
				if x, ok := sample(c); ok {
					out = append(out, x)
				}
			}
		}
	}
	return out, nil
}

// CountTests notes at every type how many examples and near misses of it there
// are, those in the test files of packs included.
func CountTests(all []rulepack.Source, types []rulepack.TypeInfo) error {
	samples, err := Samples(all, types)
	if err != nil {
		return err
	}
	counts := make(map[string]rulepack.ListedTests, len(types))
	for _, s := range samples {
		for typ := range s.Has {
			c := counts[typ]
			c.Match++
			counts[typ] = c
		}
		for typ := range s.HasNot {
			c := counts[typ]
			c.NoMatch++
			counts[typ] = c
		}
	}
	for i := range types {
		types[i].Tests = counts[types[i].ID]
	}
	return nil
}

// sample reads one test case; false if it says nothing about types.
func sample(c *strictyaml.Node) (Sample, bool) {
	mail := c.Get("mail")
	if mail == nil {
		return Sample{}, false
	}
	s := Sample{Mail: mail.Text(), Has: map[string]int{}, HasNot: map[string]bool{}}
	if f := c.Get("findings"); f != nil {
		for _, x := range f.Items() {
			if typ := x.Get("type"); typ != nil {
				confidence := 0
				if y := x.Get("confidence"); y != nil {
					confidence, _ = strconv.Atoi(y.Text()) // 0 if it is none: left open
				}
				s.Has[typ.Text()] = confidence
			}
		}
	}
	if a := c.Get("absent"); a != nil {
		for _, x := range a.Items() {
			if typ, ok := strings.CutPrefix(x.Text(), "findings."); ok {
				s.HasNot[typ] = true
			}
		}
	}
	return s, len(s.Has)+len(s.HasNot) > 0
}

// plainMail is a message with a text.
func plainMail(text string) string {
	return "From: test@example.com\nSubject: test\nMIME-Version: 1.0\nContent-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: 8bit\n\n" + text + "\n"
}

// MeasureSamples judges every sample by all rules and counts for every type.
func MeasureSamples(ctx context.Context, p *pipeline.Pipeline, samples []Sample) ([]Measure, error) {
	rows, at := newRows(p.Rules)
	stated := map[string]bool{} // types of which a text states enough confidence
	for _, s := range samples {
		for typ, c := range s.Has {
			if i, ok := at[typ]; ok && c >= rows[i].Confidence {
				stated[typ] = true
			}
		}
	}
	k := relatives(p.Rules.Types)
	var mu sync.Mutex
	err := each(ctx, len(samples), func(i int) error {
		s := &samples[i]
		best, err := found(ctx, p, s.Mail)
		if err != nil {
			return err
		}
		mu.Lock()
		defer mu.Unlock()
		for j := range rows {
			rows[j].count(s, best[rows[j].Type], stated[rows[j].Type], k)
		}
		return nil
	})
	return rows, err
}

// count takes one sample into account. Where no text states its confidence, any
// will do for a text that holds the type.
func (m *Measure) count(s *Sample, best int, stated bool, k kin) {
	hit := 0
	if best >= m.Confidence {
		hit = 1
	}
	c, has := s.Has[m.Type]
	switch {
	case has && !stated:
		m.Texts++
		m.Found += min(best, 1)
	case has && c >= m.Confidence:
		m.Texts++
		m.Found += hit
	case has:
	case s.HasNot[m.Type]:
		m.Misses++
		m.FoundMisses += hit
	case len(s.Has) == 0:
	case k.about(s, m.Type):
		m.Kin++
		m.FoundKin += hit
	default:
		m.Others++
		m.FoundOthers += hit
	}
}

// newRows gives an empty row for each type, sorted by id.
func newRows(rs *rulepack.Ruleset) ([]Measure, map[string]int) {
	rows := make([]Measure, len(rs.Types))
	for i, t := range rs.Types {
		rows[i] = Measure{Type: t.ID, Name: t.Name, Pack: t.Pack, Confidence: cmp.Or(t.Recommended, sit.Medium)}
	}
	slices.SortFunc(rows, func(a, b Measure) int { return strings.Compare(a.Type, b.Type) })
	at := make(map[string]int, len(rows))
	for i := range rows {
		at[rows[i].Type] = i
	}
	return rows, at
}

// kin says for each type in which groups it is: its category, its country, the
// bundles it is a member of.
type kin map[string]map[string]bool

func relatives(types []rulepack.TypeInfo) kin {
	k := kin{}
	join := func(typ, group string) {
		if k[typ] == nil {
			k[typ] = map[string]bool{}
		}
		k[typ][group] = true
	}
	for _, t := range types {
		join(t.ID, "category "+t.Category)
		if t.Country != "" {
			join(t.ID, "country "+t.Country)
		}
		for _, m := range t.Members {
			join(m, "bundle "+t.ID)
			join(t.ID, "bundle "+t.ID)
		}
	}
	// What is kin to a member is kin to the bundle.
	for _, t := range types {
		for _, m := range t.Members {
			for group := range k[m] {
				join(t.ID, group)
			}
		}
	}
	return k
}

// about reports whether a text holds a type that shares a group with typ.
func (k kin) about(s *Sample, typ string) bool {
	for x := range s.Has {
		for group := range k[x] {
			if k[typ][group] {
				return true
			}
		}
	}
	return false
}

// found gives the highest confidence of each type in a message.
func found(ctx context.Context, p *pipeline.Pipeline, mail string) (map[string]int, error) {
	res, err := judge(ctx, p, mail, nil)
	if err != nil {
		return nil, err
	}
	best := make(map[string]int, len(res.Findings))
	for _, f := range res.Findings {
		best[f.Type] = max(best[f.Type], f.Confidence)
	}
	return best, nil
}

// each calls f for 0 to n-1 on all processors and gives the first error.
func each(ctx context.Context, n int, f func(int) error) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	var next atomic.Int64
	var wg sync.WaitGroup
	for range runtime.GOMAXPROCS(0) {
		wg.Go(func() {
			for ctx.Err() == nil {
				i := int(next.Add(1)) - 1
				if i >= n {
					return
				}
				if err := f(i); err != nil {
					cancel(err)
				}
			}
		})
	}
	wg.Wait()
	return context.Cause(ctx)
}
