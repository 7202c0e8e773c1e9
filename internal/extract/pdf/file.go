package pdf

import (
	"bytes"

	"labelmilter/internal/budget"
	"labelmilter/internal/extract/document"
)

const (
	maxObjects  = 500_000    // looked at in one document
	maxNumber   = 99_999_999 // object numbers above are no objects
	maxChain    = 32         // references to references
	maxCached   = 1_000_000  // values of parsed objects kept
	maxTrailers = 1000
	maxStreams  = 200_000
	maxPacked   = 64 << 20 // bytes of object streams kept
)

// entry is where an object stands.
type entry struct {
	num, gen int
	pos      int     // behind "obj", or in the data of the object stream
	end      int     // where its text ends at the latest; its data follow for a stream
	stream   *stream // of a stream object
	within   int     // 1 + index of the object stream, 0 for none
}

// file finds the objects of a document without its cross-reference table: the
// whole file is searched for "n g obj", and of several the last counts. So the
// table cannot lie, and what is left of a damaged file is found.
type file struct {
	document.Sink
	b          []byte
	entries    []entry
	at         map[int]int32 // object number → index in entries
	packed     [][]byte      // data of the object streams
	packedSize int
	trailers   []dict // of trailers and cross-reference streams, in order
	crypt      *crypt
	cache      map[ref]object
	cached     int
	data       map[*stream][]byte
	dataSize   int
	streams    int
	noEnd      bool // no "endstream" follows any more
	work       int  // beside operators: bytes of fonts and maps read, in units of workUnit
}

// workUnit is how many bytes of fonts and other tables cost as much as an operator.
const workUnit = 8

// spend counts work beside operators.
func (f *file) spend(bytes int) { f.work += bytes/workUnit + 1 }

// open finds the objects of b.
func open(b []byte, s document.Sink) *file {
	f := &file{Sink: s, b: b, at: map[int]int32{}, cache: map[ref]object{}, data: map[*stream][]byte{}}
	f.scan()
	f.findTrailers()
	f.index()
	f.openCrypt()
	f.openObjectStreams()
	return f
}

// scan collects the objects that stand in the file itself.
func (f *file) scan() {
	b := f.b
	nextStream := -1
	find := func(from int) { // the keyword "stream" from there on
		if nextStream >= from {
			return
		}
		for from < len(b) {
			i := bytes.Index(b[from:], []byte("stream"))
			if i < 0 {
				break
			}
			at := from + i
			if from = at + 6; isStream(b, at) {
				nextStream = at
				return
			}
		}
		nextStream = len(b)
	}
	for pos := 0; pos < len(b); {
		i := bytes.Index(b[pos:], []byte("obj"))
		if i < 0 {
			break
		}
		i += pos
		pos = i + 3
		num, gen, ok := header(b, i)
		if !ok {
			continue
		}
		if len(f.entries) >= maxObjects {
			f.Skip(budget.Parts, "objects")
			break
		}
		e := entry{num: num, gen: gen, pos: pos}
		find(pos)
		e.end = nextObject(b, pos)
		if nextStream < e.end {
			e.end = nextStream
			e.stream, pos = f.streamAt(e, nextStream)
		} else {
			pos = e.end
		}
		f.entries = append(f.entries, e)
	}
}

// isStream reports the keyword "stream" at position at: it follows a dictionary.
func isStream(b []byte, at int) bool {
	for at > 0 && class[b[at-1]] == white {
		at--
	}
	return at > 1 && b[at-1] == '>' && b[at-2] == '>'
}

// nextObject gives where the next "endobj" or head of an object stands.
func nextObject(b []byte, from int) int {
	for at := from; at < len(b); {
		i := bytes.Index(b[at:], []byte("obj"))
		if i < 0 {
			break
		}
		at += i
		if at-3 >= from && string(b[at-3:at]) == "end" {
			return at - 3
		}
		if _, _, ok := header(b, at); ok {
			return at
		}
		at += 3
	}
	return len(b)
}

// header reads "n g" before position i.
func header(b []byte, i int) (num, gen int, ok bool) {
	back := func(i int) (v, at int) {
		for i > 0 && class[b[i-1]] == white {
			i--
		}
		at = i
		for scale := 1; at > 0 && b[at-1] >= '0' && b[at-1] <= '9'; scale *= 10 {
			if i-at > 9 {
				return 0, i
			}
			at--
			v += int(b[at]-'0') * scale
		}
		if at == i {
			return 0, -1
		}
		return v, at
	}
	gen, at := back(i)
	if at <= 0 || class[b[at-1]] != white {
		return 0, 0, false
	}
	num, at = back(at)
	if at < 0 || num > maxNumber {
		return 0, 0, false
	}
	return num, gen, true
}

// streamAt reads the stream object whose keyword "stream" stands at at. It gives
// where the search goes on.
func (f *file) streamAt(e entry, at int) (*stream, int) {
	p := parser{lexer: lexer{b: f.b[e.pos:at]}}
	o, _ := p.object(0)
	d, ok := o.(dict)
	if !ok {
		return nil, at + 6
	}
	start := at + 6
	if start < len(f.b) && f.b[start] == '\r' {
		start++
	}
	if start < len(f.b) && f.b[start] == '\n' {
		start++
	}
	if f.streams++; f.streams > maxStreams {
		if f.streams == maxStreams+1 {
			f.Skip(budget.Parts, "streams")
		}
		return nil, start
	}
	s := &stream{dict: d, num: e.num, gen: e.gen}
	if n, ok := d["Length"].(float64); ok {
		if end, ok := f.ends(start, n); ok {
			s.raw = f.b[start:end]
			return s, end
		}
	}
	// A length that is an object of its own mostly follows, but for
	// one-pass writers also comes before.
	end := nextObject(f.b, start)
	if !f.noEnd {
		if i := bytes.Index(f.b[start:], []byte("endstream")); i >= 0 {
			end = start + i
		} else {
			f.noEnd = true
			f.Damaged("stream")
		}
	}
	s.raw = f.b[start:end]
	return s, end
}

// ends gives the end of n bytes of data from start, if "endstream" follows.
func (f *file) ends(start int, n float64) (int, bool) {
	if n < 0 || n > float64(len(f.b)-start) {
		return 0, false
	}
	end := start + int(n)
	return end, bytes.HasPrefix(f.b[skipWhite(f.b, end):], []byte("endstream"))
}

// lengths corrects streams whose length is an object of its own: data may hold
// the word "endstream", and whole documents. What was taken for objects within
// them is dropped.
func (f *file) lengths() {
	inside := -1
	kept := f.entries[:0]
	for _, e := range f.entries {
		if e.pos < inside {
			continue
		}
		if s := e.stream; s != nil {
			if r, ok := s.dict["Length"].(ref); ok {
				if n, ok := f.plainNumber(r); ok && n > float64(len(s.raw)) {
					start := cap(f.b) - cap(s.raw)
					if end, ok := f.ends(start, n); ok {
						s.raw = f.b[start:end]
						inside = end
					}
				}
			}
		}
		kept = append(kept, e)
	}
	f.entries = kept
}

// plainNumber reads a number object that stands in the file itself.
func (f *file) plainNumber(r ref) (float64, bool) {
	i, ok := f.at[int(r)]
	if !ok {
		return 0, false
	}
	e := f.entries[i]
	p := parser{lexer: lexer{b: f.b[e.pos:e.end]}}
	o, _ := p.object(0)
	n, ok := o.(float64)
	return n, ok
}

// findTrailers collects the trailer dictionaries.
func (f *file) findTrailers() {
	for pos := 0; len(f.trailers) < maxTrailers; {
		i := bytes.Index(f.b[pos:], []byte("trailer"))
		if i < 0 {
			break
		}
		pos += i + 7
		p := parser{lexer: lexer{b: f.b, pos: pos}}
		if o, _ := p.object(0); o != nil {
			if d, ok := o.(dict); ok {
				f.trailers = append(f.trailers, d)
				pos = max(pos, p.pos)
			}
		}
	}
	for _, e := range f.entries {
		if e.stream != nil && e.stream.dict["Type"] == name("XRef") && len(f.trailers) < 2*maxTrailers {
			f.trailers = append(f.trailers, e.stream.dict)
		}
	}
}

// trailer gives the last value of a trailer key.
func (f *file) trailer(k name) object {
	for i := len(f.trailers) - 1; i >= 0; i-- {
		if o := f.trailers[i][k]; o != nil {
			return o
		}
	}
	return nil
}

// index builds the table of objects.
func (f *file) index() {
	table := func() {
		clear(f.at)
		for i, e := range f.entries {
			f.at[e.num] = int32(i)
		}
	}
	table()
	n := len(f.entries)
	if f.lengths(); len(f.entries) != n {
		table()
	}
}

// openObjectStreams adds the objects in object streams (ISO 32000-2 7.5.7) where
// their stream stands, so that here too the last counts.
func (f *file) openObjectStreams() {
	var all []entry
	found := false
	for i, e := range f.entries {
		s := e.stream
		if s == nil || s.dict["Type"] != name("ObjStm") {
			if found {
				all = append(all, e)
			}
			continue
		}
		if !found {
			found = true
			all = append(all, f.entries[:i]...)
		}
		all = append(all, e)
		if f.Ended() {
			continue
		}
		all = f.objectStream(s, all)
	}
	if !found {
		return
	}
	f.entries = all
	clear(f.at)
	clear(f.cache)
	for i, e := range f.entries {
		f.at[e.num] = int32(i)
	}
}

func (f *file) objectStream(s *stream, all []entry) []entry {
	b := f.decode(s)
	if len(b) == 0 {
		return all // for a reason that is recorded
	}
	first, _ := f.resolve(s.dict["First"]).(float64)
	if first < 0 || first > float64(len(b)) {
		f.Damaged("object stream")
		return all
	}
	if f.packedSize += len(b); f.packedSize > maxPacked {
		f.Skip(budget.ExpandedTotal, "object streams")
		return all
	}
	f.packed = append(f.packed, b)
	l := lexer{b: b[:int(first)]}
	from := len(all)
	for len(all) < maxObjects {
		if l.next() != tokNumber || l.num > maxNumber || l.num < 0 {
			break
		}
		num := int(l.num)
		if l.next() != tokNumber {
			break
		}
		if at := first + l.num; at >= 0 && at < float64(len(b)) {
			all = append(all, entry{num: num, pos: int(at), end: len(b), within: len(f.packed)})
		}
	}
	if len(all) >= maxObjects {
		f.Skip(budget.Parts, "objects")
	}
	for i := from; i+1 < len(all); i++ {
		if all[i+1].pos > all[i].pos {
			all[i].end = all[i+1].pos
		}
	}
	return all
}

// source is the bytes in which the entry stands.
func (f *file) source(e entry) []byte {
	if e.within > 0 {
		return f.packed[e.within-1]
	}
	return f.b
}

// resolve follows references to an object.
func (f *file) resolve(o object) object {
	for range maxChain {
		r, ok := o.(ref)
		if !ok {
			return o
		}
		o = f.object(r)
	}
	return nil
}

// object reads the object with the number r, nil if there is none.
func (f *file) object(r ref) object {
	if o, ok := f.cache[r]; ok {
		return o
	}
	i, ok := f.at[int(r)]
	if !ok {
		return nil
	}
	o, values := f.read(f.entries[i])
	if f.cached += values; f.cached > maxCached {
		clear(f.cache)
		f.cached = values
	}
	f.cache[r] = o
	return o
}

// read parses an entry.
func (f *file) read(e entry) (object, int) {
	if e.stream != nil {
		if f.crypt != nil && !e.stream.clear {
			f.crypt.dict(e.stream.dict, e.num, e.gen)
			e.stream.clear = true
		}
		return e.stream, 16
	}
	b := f.source(e)
	p := parser{lexer: lexer{b: b, pos: e.pos}}
	if f.crypt != nil && e.within == 0 {
		p.crypt = func(s []byte) []byte { return f.crypt.text(s, e.num, e.gen) }
	}
	o, _ := p.object(0)
	switch {
	case p.values > maxValues:
		f.Skip(budget.Parts, "values of an object")
	case p.bad:
		f.Damaged("object")
	}
	return o, p.values
}

// The typed views of an object; the zero value for another type.

func (f *file) dict(o object) dict {
	switch o := f.resolve(o).(type) {
	case dict:
		return o
	case *stream:
		return o.dict
	}
	return nil
}

func (f *file) array(o object) array {
	a, _ := f.resolve(o).(array)
	return a
}

func (f *file) name(o object) name {
	n, _ := f.resolve(o).(name)
	return n
}

func (f *file) stream(o object) *stream {
	s, _ := f.resolve(o).(*stream)
	return s
}

func (f *file) number(o object) (float64, bool) {
	n, ok := f.resolve(o).(float64)
	return n, ok
}

// integer gives a number between low and high, or otherwise.
func (f *file) integer(o object, low, high, otherwise int) int {
	n, ok := f.number(o)
	if !ok || n < float64(low) || n > float64(high) {
		return otherwise
	}
	return int(n)
}
