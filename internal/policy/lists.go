package policy

import (
	"math"
	"net/netip"
	"slices"
	"strings"

	"labelmilter/internal/directory"
)

// Lists are the named lists of the rule set, and its directory of people.
type Lists struct {
	m      map[string]*List
	people *directory.Map
}

// List is one named list. It holds its values in one piece of text, as lists
// of a million domains are in use.
type List struct {
	ID      string
	text    string   // all values, in lower case, sorted, each once
	ends    []uint32 // where each ends in text
	suffix  bool     // some are ".example", which matches subdomains
	network []netip.Prefix
	Len     int
}

// NewLists makes lists out of their values.
func NewLists(values map[string][]string) *Lists {
	l := &Lists{m: make(map[string]*List, len(values))}
	for id, vs := range values {
		l.m[id] = NewList(id, vs)
	}
	return l
}

// WithPeople gives the lists together with a directory.
func (l *Lists) WithPeople(m *directory.Map) *Lists { return &Lists{m: l.m, people: m} }

// values gives what the directory says of a mailbox.
func (l *Lists) values(address, name string) []string {
	if l == nil {
		return nil
	}
	return l.people.Values(address, name)
}

// NewList makes one list.
func NewList(id string, values []string) *List {
	l := &List{ID: id, Len: len(values)}
	exact := make([]string, 0, len(values))
	size := 0
	for _, v := range values {
		v = strings.ToLower(strings.TrimSpace(v))
		if p, err := ParsePrefix(v); err == nil {
			l.network = append(l.network, p)
		}
		if strings.HasPrefix(v, "*.") {
			v = v[1:]
		}
		if strings.HasPrefix(v, ".") {
			l.suffix = true
		}
		if size += len(v); size > math.MaxInt32 {
			break // more than any configuration can hold
		}
		exact = append(exact, v)
	}
	slices.Sort(exact)
	exact = slices.Compact(exact)
	var b strings.Builder
	b.Grow(size)
	l.ends = make([]uint32, 0, len(exact))
	for _, v := range exact {
		b.WriteString(v)
		l.ends = append(l.ends, uint32(b.Len()))
	}
	l.text = b.String()
	return l
}

// Get gives a list; an unknown one is empty.
func (l *Lists) Get(id string) *List {
	if l == nil || l.m[id] == nil {
		return &List{ID: id}
	}
	return l.m[id]
}

// at gives an exact value.
func (l *List) at(i int) string {
	from := uint32(0)
	if i > 0 {
		from = l.ends[i-1]
	}
	return l.text[from:l.ends[i]]
}

// Exact gives the values that are no pattern, in order.
func (l *List) Exact() []string {
	out := make([]string, 0, len(l.ends))
	for i := range l.ends {
		if v := l.at(i); !strings.HasPrefix(v, ".") {
			out = append(out, v)
		}
	}
	return out
}

// Has reports whether v is in the list as it stands or as a subdomain. It
// takes time in the logarithm of the list's length.
func (l *List) Has(v string) bool {
	v = strings.ToLower(v)
	if strings.HasPrefix(v, ".") {
		return false
	}
	if l.find(v) {
		return true
	}
	if !l.suffix {
		return false
	}
	for i := 1; i < len(v); i++ {
		if v[i] == '.' && l.find(v[i:]) {
			return true
		}
	}
	return false
}

// find reports whether a value is there as it stands.
func (l *List) find(v string) bool {
	lo, hi := 0, len(l.ends)
	for lo < hi {
		mid := int(uint(lo+hi) >> 1)
		switch x := l.at(mid); {
		case x == v:
			return true
		case x < v:
			lo = mid + 1
		default:
			hi = mid
		}
	}
	return false
}

// HasAddr reports whether ip is in one of the list's networks.
func (l *List) HasAddr(ip netip.Addr) bool {
	for _, p := range l.network {
		if p.Contains(ip) {
			return true
		}
	}
	return false
}
