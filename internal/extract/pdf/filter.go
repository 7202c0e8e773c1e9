package pdf

import (
	"bytes"
	"io"

	"github.com/klauspost/compress/flate"

	"labelmilter/internal/budget"
)

const (
	maxFilters  = 8        // in a row for one stream
	maxDataKept = 16 << 20 // decoded streams kept for the next use
	maxColumns  = 1 << 20  // bytes in a row of a predictor
)

// images are the filters that only images have; their data are no text.
func imageFilter(n name) bool {
	switch n {
	case "DCTDecode", "DCT", "JPXDecode", "CCITTFaxDecode", "CCF", "JBIG2Decode":
		return true
	}
	return false
}

// filters gives the filters of a stream and their parameters.
func (f *file) filters(d dict) ([]name, []dict) {
	get := func(long, short name) object {
		if o := f.resolve(d[long]); o != nil {
			return o
		}
		return f.resolve(d[short])
	}
	var names []name
	var parms []dict
	p := get("DecodeParms", "DP")
	switch o := get("Filter", "F").(type) {
	case name:
		names = []name{o}
		parms = []dict{f.dict(p)}
		if a, ok := p.(array); ok && len(a) > 0 {
			parms[0] = f.dict(a[0])
		}
	case array:
		a, _ := p.(array)
		for i, e := range o {
			if i >= maxFilters {
				f.Skip(budget.UnsupportedMethod, "filters")
				break
			}
			names = append(names, f.name(e))
			switch {
			case i < len(a):
				parms = append(parms, f.dict(a[i]))
			case len(o) == 1:
				parms = append(parms, f.dict(p))
			default:
				parms = append(parms, nil)
			}
		}
	}
	return names, parms
}

// decode gives the data of a stream, or as much as can be had; recent ones are
// kept.
func (f *file) decode(s *stream) []byte {
	if s == nil {
		return nil
	}
	if b, ok := f.data[s]; ok {
		return b
	}
	b, _ := f.unfilter(s)
	if f.dataSize += len(b); f.dataSize > maxDataKept {
		clear(f.data)
		f.dataSize = len(b)
	}
	f.data[s] = b
	return b
}

// unfilter undoes encryption and filters. It stops at the filter of an image and
// names it.
func (f *file) unfilter(s *stream) ([]byte, name) {
	names, parms := f.filters(s.dict)
	b := s.raw
	if f.crypt != nil {
		if b = f.crypt.stream(f, s, names, parms); len(b) == 0 {
			return nil, ""
		}
	}
	for i, n := range names {
		if imageFilter(n) {
			return b, n
		}
		var ok bool
		if b, ok = f.filter(n, parms[i], b); !ok {
			return b, ""
		}
	}
	return b, ""
}

// filter undoes one filter; it reports false when nothing can follow.
func (f *file) filter(n name, parms dict, b []byte) ([]byte, bool) {
	var r io.Reader
	switch n {
	case "FlateDecode", "Fl":
		if b = f.inflate(b); parms != nil {
			return f.predict(b, parms), true
		}
		return b, true
	case "LZWDecode", "LZW":
		early := f.integer(parms["EarlyChange"], 0, 1, 1)
		if b = f.unpack(&lzwReader{b: b, early: early, width: 9}, len(b), "LZW"); parms != nil {
			return f.predict(b, parms), true
		}
		return b, true
	case "ASCII85Decode", "A85":
		r = &ascii85Reader{b: b}
	case "ASCIIHexDecode", "AHx":
		r = &hexReader{b: b}
	case "RunLengthDecode", "RL":
		r = &runLengthReader{b: b}
	case "Crypt", "":
		return b, true
	default:
		f.Skip(budget.UnsupportedMethod, "filter")
		return nil, false
	}
	return f.unpack(r, len(b), string(n)), true
}

// unpack reads what a filter gives within the budget.
func (f *file) unpack(r io.Reader, packed int, what string) []byte {
	b, err := f.Unpack(r, int64(packed))
	if err != nil && len(b) == 0 && packed > 0 {
		f.Damaged(what)
	}
	return b
}

// inflate undoes Flate, also without its header and with a damaged end.
func (f *file) inflate(b []byte) []byte {
	for len(b) > 0 && (b[0] == '\r' || b[0] == '\n') { // QUIRK: a line end too many
		b = b[1:]
	}
	if len(b) < 2 {
		return nil
	}
	body := b
	if b[0]&15 == 8 && (int(b[0])<<8|int(b[1]))%31 == 0 {
		body = b[2:]
	}
	r := flate.NewReader(bytes.NewReader(body))
	return f.unpack(r, len(b), "Flate")
}

// predict undoes a predictor (ISO 32000-2 7.4.4.4).
func (f *file) predict(b []byte, parms dict) []byte {
	kind := f.integer(parms["Predictor"], 0, 255, 1)
	if kind < 2 {
		return b
	}
	colors := f.integer(parms["Colors"], 1, 32, 1)
	bits := f.integer(parms["BitsPerComponent"], 1, 16, 8)
	columns := f.integer(parms["Columns"], 1, maxColumns, 1)
	pixel := max(1, (colors*bits+7)/8)
	row := (columns*colors*bits + 7) / 8
	if row > maxColumns {
		f.Damaged("predictor")
		return b
	}
	if kind == 2 {
		return tiff(b, row, colors, bits)
	}
	out := make([]byte, 0, len(b))
	prev := make([]byte, row)
	for len(b) > 1 {
		method := b[0]
		cur := append([]byte(nil), b[1:min(len(b), row+1)]...)
		b = b[min(len(b), row+1):]
		unpredict(method, cur, prev, pixel)
		out = append(out, cur...)
		prev = cur
	}
	return out
}

// unpredict undoes one row of a PNG predictor (PNG 9.2).
func unpredict(method byte, cur, prev []byte, pixel int) {
	for i := range cur {
		var left, up, corner byte
		if i >= pixel {
			left = cur[i-pixel]
			if i < len(prev)+pixel {
				corner = prev[i-pixel]
			}
		}
		if i < len(prev) {
			up = prev[i]
		}
		switch method {
		case 1:
			cur[i] += left
		case 2:
			cur[i] += up
		case 3:
			cur[i] += byte((int(left) + int(up)) / 2)
		case 4:
			cur[i] += paeth(left, up, corner)
		}
	}
}

func paeth(a, b, c byte) byte {
	p := int(a) + int(b) - int(c)
	pa, pb, pc := abs(p-int(a)), abs(p-int(b)), abs(p-int(c))
	switch {
	case pa <= pb && pa <= pc:
		return a
	case pb <= pc:
		return b
	}
	return c
}

func abs(x int) int {
	if x < 0 {
		return -x
	}
	return x
}

// tiff undoes the TIFF predictor for whole bytes; other depths only images have.
func tiff(b []byte, row, colors, bits int) []byte {
	if bits != 8 {
		return b
	}
	out := append([]byte(nil), b...)
	for at := 0; at < len(out); at += row {
		r := out[at:min(at+row, len(out))]
		for i := colors; i < len(r); i++ {
			r[i] += r[i-colors]
		}
	}
	return out
}
