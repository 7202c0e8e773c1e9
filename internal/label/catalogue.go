// Package label holds sensitivity labels: the catalogue with its ranks, the
// decision which one label a message gets and why, and the label headers that
// are read and written (X-Sensitivity-Label, msip_labels).
package label

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// ID names a label within a catalogue: lower case letters, digits, hyphens.
type ID string

// Label is one sensitivity label.
type Label struct {
	ID          ID
	Name        string
	DisplayName string // shown to people, Name if empty
	Parent      ID     // "" for a top label
	Rank        int    // higher is more sensitive; different labels of one rank can't be compared
	GUID        string // Purview label id in the configured tenant, "" if none
	Published   bool   // false: kept for old mail, offered to nobody
	Marking     Marking
	Banner      string
	Description string
}

// Marking is the protective marking that stands for a label.
type Marking struct {
	Classification string
	Caveats        []string
	IMMs           []string
}

// Catalogue is an immutable set of labels with ranks.
type Catalogue struct {
	ID     string
	labels []Label // by rank, then in the order given
	byID   map[ID]int
}

// NewCatalogue checks the labels and makes a catalogue. All problems are
// given, each with the index of the label it is about.
func NewCatalogue(id string, labels []Label) (*Catalogue, []Problem) {
	c := &Catalogue{ID: id, labels: slices.Clone(labels), byID: make(map[ID]int, len(labels))}
	var ps []Problem
	seen := make(map[ID]int)
	guid := make(map[string]ID)
	for i, l := range labels {
		if first, dup := seen[l.ID]; dup {
			ps = append(ps, Problem{i, fmt.Sprintf("label %q is defined twice in catalogue %q (also as entry %d)", l.ID, id, first+1)})
			continue
		}
		seen[l.ID] = i
		if g := strings.ToLower(l.GUID); g != "" {
			if other, dup := guid[g]; dup {
				ps = append(ps, Problem{i, fmt.Sprintf("labels %q and %q have the same GUID", other, l.ID)})
			}
			guid[g] = l.ID
		}
	}
	for i, l := range labels {
		if l.Parent == "" {
			continue
		}
		p, ok := seen[l.Parent]
		switch {
		case !ok:
			ps = append(ps, Problem{i, fmt.Sprintf("label %q: unknown parent %q", l.ID, l.Parent)})
		case labels[p].Rank > l.Rank:
			ps = append(ps, Problem{i, fmt.Sprintf("label %q has rank %d, below its parent %q with %d", l.ID, l.Rank, l.Parent, labels[p].Rank)})
		}
	}
	slices.SortStableFunc(c.labels, func(a, b Label) int { return cmp.Compare(a.Rank, b.Rank) })
	for i, l := range c.labels {
		c.byID[l.ID] = i
	}
	return c, ps
}

// Problem is one thing wrong with the labels given.
type Problem struct {
	Index   int
	Message string
}

// Get gives a label by id.
func (c *Catalogue) Get(id ID) (Label, bool) {
	if l := c.find(id); l != nil {
		return *l, true
	}
	return Label{}, false
}

// find gives the catalogue's own label, which must not be changed; nil for
// none.
func (c *Catalogue) find(id ID) *Label {
	if c == nil {
		return nil
	}
	i, ok := c.byID[id]
	if !ok {
		return nil
	}
	return &c.labels[i]
}

// ByGUID gives the label with that Purview id, in any case.
func (c *Catalogue) ByGUID(guid string) (Label, bool) {
	if c == nil || guid == "" {
		return Label{}, false
	}
	for _, l := range c.labels {
		if strings.EqualFold(l.GUID, guid) {
			return l, true
		}
	}
	return Label{}, false
}

// Labels gives all labels by rising rank. The slice must not be changed.
func (c *Catalogue) Labels() []Label {
	if c == nil {
		return nil
	}
	return c.labels
}

// IDs gives the ids of all labels by rising rank.
func (c *Catalogue) IDs() []string {
	var out []string
	for _, l := range c.Labels() {
		out = append(out, string(l.ID))
	}
	return out
}

// WithGUIDs gives a copy of the catalogue with the GUIDs of a tenant set.
// Unknown ids are returned.
func (c *Catalogue) WithGUIDs(guids map[string]string) (*Catalogue, []string) {
	n := &Catalogue{ID: c.ID, labels: slices.Clone(c.labels), byID: c.byID}
	var unknown []string
	for id, g := range guids {
		i, ok := n.byID[ID(id)]
		if !ok {
			unknown = append(unknown, id)
			continue
		}
		n.labels[i].GUID = strings.ToLower(g)
	}
	slices.Sort(unknown)
	return n, unknown
}
