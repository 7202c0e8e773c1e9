package milter

// remaining follows the recipients through edits. DELRCPT takes away all
// equal ones, matched byte by byte.
type remaining struct {
	base    map[string]struct{}
	gone    map[string]struct{}
	added   map[string]struct{}
	deleted bool
}

func newRemaining(base map[string]struct{}) *remaining { return &remaining{base: base} }

func (r *remaining) add(a string) {
	if r.added == nil {
		r.added = map[string]struct{}{}
	}
	r.added[a] = struct{}{}
}

func (r *remaining) del(a string) {
	r.deleted = true
	delete(r.added, a)
	if _, ok := r.base[a]; !ok {
		return
	}
	if r.gone == nil {
		r.gone = map[string]struct{}{}
	}
	r.gone[a] = struct{}{}
}

// none reports whether deletions leave nobody. An address deleted and added
// again counts as left.
func (r *remaining) none() bool {
	return r.deleted && len(r.gone) == len(r.base) && len(r.added) == 0
}
