package pdf

import (
	"bytes"
	"strings"
)

const maxRevisions = 2000 // earlier versions of pages and contents looked at

// revisions gives as hidden text what earlier versions of pages showed and the
// last ones do not (ISO 32000-2 7.5.6): text that was taken out of a document is
// still in the file.
func (r *reader) revisions() {
	type old struct {
		content   func() []byte
		resources dict
	}
	var olds []old
	for i, e := range r.entries {
		if r.at[e.num] == int32(i) || len(olds) >= maxRevisions {
			continue
		}
		if s := e.stream; s != nil {
			if resources, ok := r.shown[e.num]; ok {
				olds = append(olds, old{func() []byte { return r.decode(s) }, resources})
			}
			continue
		}
		if e.pos > e.end || !bytes.Contains(r.source(e)[e.pos:e.end], []byte("/Contents")) {
			continue
		}
		o, _ := r.read(e)
		d, _ := o.(dict)
		if r.name(d["Type"]) != "Page" || r.known(d["Contents"]) {
			continue
		}
		resources := r.dict(d["Resources"])
		olds = append(olds, old{func() []byte { return r.contents(d["Contents"], resources) }, resources})
	}
	if len(olds) == 0 {
		return
	}
	for _, l := range strings.Split(string(r.out.Bytes()), "\n") {
		if len(r.seen) < maxAside {
			r.seen[strings.TrimSpace(l)] = true
		}
	}
	in, p := r.in, r.in.page
	for _, o := range olds {
		if in.over || r.Ended() {
			return
		}
		p.reset(r.hidden.Left())
		in.start()
		in.run(o.content(), o.resources)
		for len(in.marks) > 0 {
			in.end()
		}
		for _, l := range strings.Split(string(p.finish()), "\n") {
			r.aside(l)
		}
	}
}

// known reports that all of a page's content was shown.
func (r *reader) known(o object) bool {
	if s := r.stream(o); s != nil {
		_, ok := r.shown[s.num]
		return ok
	}
	for _, e := range r.array(o) {
		if s := r.stream(e); s != nil {
			if _, ok := r.shown[s.num]; !ok {
				return false
			}
		}
	}
	return true
}
