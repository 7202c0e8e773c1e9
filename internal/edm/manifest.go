package edm

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// manifest is the note of a build's progress, written so that a build which
// was killed goes on. The files it speaks of are not synced: after a restart
// of the machine (another boot id) the build begins anew.
type manifest struct {
	Identity string  `json:"identity"` // of table, schema, key and settings
	Boot     string  `json:"boot"`
	Offset   int64   `json:"offset"` // bytes of decoded input read
	Line     int64   `json:"line"`   // number of the next line
	Sizes    []int64 `json:"sizes"`  // of the spill files
	Bad      int64   `json:"bad"`    // size of the list of bad lines
	Tally    tally   `json:"tally"`
	Read     bool    `json:"read"` // all input is read
}

// tally counts what workers see. Lengths and counts only, no values.
type tally struct {
	Rows    int64            `json:"rows"`
	Bad     int64            `json:"bad"`
	Reasons map[Reason]int64 `json:"reasons"`
	Columns []columnTally    `json:"columns"`
}

type columnTally struct {
	Used    int64            `json:"used"`
	Reasons map[Reason]int64 `json:"reasons"`
	Lengths uint64           `json:"lengths"`
	Sampled int64            `json:"sampled"`
	Missed  int64            `json:"missed"`
	Why     map[string]int64 `json:"why"`
}

func newTally(columns int) tally {
	t := tally{Reasons: map[Reason]int64{}, Columns: make([]columnTally, columns)}
	for i := range t.Columns {
		t.Columns[i].Reasons, t.Columns[i].Why = map[Reason]int64{}, map[string]int64{}
	}
	return t
}

func (t *tally) add(o *tally) {
	t.Rows += o.Rows
	t.Bad += o.Bad
	addCounts(t.Reasons, o.Reasons)
	for i := range t.Columns {
		a, b := &t.Columns[i], &o.Columns[i]
		a.Used += b.Used
		a.Lengths |= b.Lengths
		a.Sampled += b.Sampled
		a.Missed += b.Missed
		addCounts(a.Reasons, b.Reasons)
		addCounts(a.Why, b.Why)
	}
}

// reset empties t and keeps its memory.
func (t *tally) reset() {
	t.Rows, t.Bad = 0, 0
	clear(t.Reasons)
	for i := range t.Columns {
		c := &t.Columns[i]
		clear(c.Reasons)
		clear(c.Why)
		*c = columnTally{Reasons: c.Reasons, Why: c.Why}
	}
}

func addCounts[K comparable](dst, src map[K]int64) {
	for k, n := range src {
		dst[k] += n
	}
}

// SortedReasons gives the reasons of a count, most common first.
func SortedReasons(m map[Reason]int64) []Reason {
	return slices.SortedFunc(maps.Keys(m), func(a, b Reason) int { return cmp.Or(cmp.Compare(m[b], m[a]), cmp.Compare(a, b)) })
}

func bootID() string {
	b, err := os.ReadFile("/proc/sys/kernel/random/boot_id")
	if err != nil {
		return "" // not Linux: files are as safe as those of any program that was killed
	}
	return strings.TrimSpace(string(b))
}

// identity is what must be the same for a build to go on.
func (b *builder) identity(source string) string {
	text, err := json.Marshal(struct {
		Format  int
		Source  string
		Schema  Schema
		Key     string
		TagBits int
		Text    string
		Enc     string
		Columns []int
	}{formatNow, source, b.o.Schema, b.keys.check, b.o.TagBits, b.name, b.enc, b.columns})
	if err != nil {
		return "" // plain data: it can be written
	}
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:])
}

func (b *builder) notePath() string { return filepath.Join(b.dir, "progress.json") }

// loadNote reads the note of an earlier build; it is zero if there is none
// that fits.
func (b *builder) loadNote(identity string) {
	b.note = manifest{Identity: identity, Boot: bootID()}
	data, err := os.ReadFile(b.notePath())
	if err != nil || identity == "" {
		return
	}
	var m manifest
	if json.Unmarshal(data, &m) == nil && m.Identity == identity && m.Boot == b.note.Boot && len(m.Sizes) == partitions &&
		len(m.Tally.Columns) == len(b.o.Schema.Columns) {
		b.note = m
	}
}

// saveNote writes the note in place of the one before.
func (b *builder) saveNote() error {
	data, err := json.Marshal(b.note)
	if err != nil {
		return err
	}
	tmp := b.notePath() + ".new"
	if err := os.WriteFile(tmp, data, 0o600); err != nil {
		return err
	}
	return os.Rename(tmp, b.notePath())
}
