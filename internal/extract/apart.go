package extract

import (
	"context"
	"maps"
	"strings"

	"labelmilter/internal/budget"
	"labelmilter/internal/extract/document"
	"labelmilter/internal/extract/sniff"
)

// Apart reads content in another process. It is safe for concurrent use.
type Apart interface {
	// Read reads a job. An error says that nothing is known of the content but
	// the reason to give for it: budget.WorkerKilled, budget.Overload or, when
	// ctx has ended, budget.Time.
	Read(ctx context.Context, j Job) (Found, error)
}

// ApartError is why an Apart could not read.
type ApartError struct{ Reason budget.Reason }

func (e ApartError) Error() string { return string(e.Reason) }

// Job is one leaf of the MIME tree that holds containers or documents, to be
// read apart from the rest of its message with what is left of its limits. All
// strings are UTF-8.
type Job struct {
	Path     string            `json:"path"`
	Type     string            `json:"type"`
	Charset  string            `json:"charset"`
	Params   map[string]string `json:"params"`
	Names    []string          `json:"names"`
	Where    Where             `json:"where"`
	Depth    int               `json:"depth"`
	Data     []byte            `json:"-"`
	Limits   budget.Limits     `json:"limits"`
	Used     budget.Used       `json:"used"`
	Had      int64             `json:"had"`      // text kept of the part
	Metadata int64             `json:"metadata"` // properties kept of the message
	Wants    []string          `json:"wants"`    // media types that a helper takes
}

// Found is what a job found; Used and Metadata go on from the job's.
type Found struct {
	Texts      []Text              `json:"texts"`
	Parts      []PartInfo          `json:"parts"`
	Skips      []budget.Skip       `json:"skips"`
	Labels     []document.Label    `json:"labels"`
	Properties []document.Property `json:"properties"`
	Used       budget.Used         `json:"used"`
	Metadata   int64               `json:"metadata"`
	Late       bool                `json:"late"`   // the context has ended
	Wanted     []Wanted            `json:"wanted"` // for a helper
}

// Read reads the job in this process.
func (j Job) Read(ctx context.Context, lease *budget.Lease) Found {
	b := budget.New(j.Limits)
	b.Resume(j.Used)
	x := newExtractor(ctx, b, lease)
	x.metadata, x.had[j.Path], x.wants = j.Metadata, j.Had, j.Wants
	x.item(&item{path: j.Path, typ: j.Type, charset: j.Charset, params: j.Params, names: j.Names, where: j.Where, depth: j.Depth, data: j.Data})
	return Found{Texts: x.texts, Parts: x.parts, Skips: b.Skips(), Labels: x.labels, Properties: x.properties,
		Used: b.Used(), Metadata: x.metadata, Late: x.late, Wanted: x.wanted}
}

// leafItem reads a leaf of the MIME tree: content with a structure of its own
// as a job, in this process or apart, everything else at once.
func (x *extractor) leafItem(it *item) {
	it.kind = sniff.Of(it.data)
	if !x.reader(it).apart && !twofold(it) {
		x.item(it)
		return
	}
	j := Job{Path: it.path, Type: valid(it.typ), Charset: valid(it.charset), Params: maps.Clone(it.params), Where: it.where, Depth: it.depth,
		Data: it.data, Limits: x.b.Limits, Used: x.b.Used(), Had: x.had[it.path], Metadata: x.metadata, Wants: x.wants}
	for _, n := range it.names {
		j.Names = append(j.Names, valid(n))
	}
	for k, v := range j.Params {
		j.Params[k] = valid(v)
	}
	if x.apart == nil {
		x.take(j.Read(x.ctx, x.lease))
		return
	}
	f, err := x.apart.Read(x.ctx, j)
	if err != nil {
		x.list(it)
		if !x.expired(it.path) {
			reason := budget.WorkerKilled
			if e, ok := err.(ApartError); ok {
				reason = e.Reason
			}
			x.b.Skip(budget.Skip{Part: it.path, Reason: reason})
		}
		return
	}
	x.b.Draw(it.path, f.Used.Text-j.Used.Text)
	x.take(f)
}

func valid(s string) string { return strings.ToValidUTF8(s, "\uFFFD") }

// take adds what a job found.
func (x *extractor) take(f Found) {
	x.b.Resume(f.Used)
	x.metadata = f.Metadata
	x.late = x.late || f.Late
	for _, s := range f.Skips {
		x.b.Skip(s)
	}
	for _, t := range f.Texts {
		if x.second && x.has(t) {
			continue
		}
		x.had[t.Part] += int64(len(t.Body))
		x.texts = append(x.texts, t)
	}
	x.parts = append(x.parts, f.Parts...)
	x.wanted = append(x.wanted, f.Wanted[:min(len(f.Wanted), maxHelped-min(len(x.wanted), maxHelped))]...)
	x.labels = append(x.labels, f.Labels...)
	x.properties = append(x.properties, f.Properties...)
}
