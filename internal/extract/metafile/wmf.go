package metafile

import "slices"

// Records of a metafile of Windows (MS-WMF 2.1.1.1).
const (
	metaSetWindowExt  = 0x020c
	metaSetWindowOrg  = 0x020b
	metaSetTextAlign  = 0x012e
	metaMoveTo        = 0x0214
	metaSelectObject  = 0x012d
	metaDeleteObject  = 0x01f0
	metaCreateFont    = 0x02fb
	metaTextOut       = 0x0521
	metaExtTextOut    = 0x0a32
	metaCreatePen     = 0x02fa
	metaCreateBrush   = 0x02fc
	metaCreatePalette = 0x00f7
	metaCreatePattern = 0x01f9
	metaDIBPattern    = 0x0142
	metaCreateRegion  = 0x06ff
)

func u16(b []byte, at int) int64 {
	if at < 0 || at+2 > len(b) {
		return 0
	}
	return int64(le.Uint16(b[at:]))
}

func i16(b []byte, at int) int64 { return int64(int16(u16(b, at))) }

func (r *reader) windows() {
	b := r.b
	if len(b) >= 4 && le.Uint32(b) == 0x9ac6cdd7 { // a placeable one
		b = b[min(22, len(b)):]
	}
	for b = b[min(18, len(b)):]; len(b) >= 6 && r.steps >= 0; {
		size := 2 * u32(b, 0)
		if size < 6 {
			return
		}
		rec := b[:min(size, int64(len(b)))]
		b = b[len(rec):]
		r.old(u16(rec, 4), rec[6:])
	}
}

func (r *reader) old(function int64, p []byte) {
	switch function {
	case metaSetWindowExt, metaSetWindowOrg:
		r.fresh = true
	case metaSetTextAlign:
		r.follow = u16(p, 0)&1 != 0
	case metaMoveTo:
		r.y, r.x = i16(p, 0), i16(p, 2)
	case metaCreateFont:
		if i := r.slot(); i >= 0 && len(p) > 13 {
			r.fonts[uint32(i)] = int(p[13])
		}
	case metaCreatePen, metaCreateBrush, metaCreatePalette, metaCreatePattern, metaDIBPattern, metaCreateRegion:
		r.slot()
	case metaSelectObject:
		if set, ok := r.fonts[uint32(u16(p, 0))]; ok {
			r.font(set)
		}
	case metaDeleteObject:
		if i := int(u16(p, 0)); i < len(r.used) {
			r.used[i] = false
			delete(r.fonts, uint32(i))
		}
	case metaTextOut:
		n := u16(p, 0)
		at := int(2 + (n+1)&^1)
		r.draw(r.narrow(p, 2, n), i16(p, at+2), i16(p, at), 0)
	case metaExtTextOut:
		at, n, options := int64(8), u16(p, 4), u16(p, 6)
		if options&6 != 0 {
			at += 8
		}
		if options&glyphIndex != 0 {
			r.glyphs = r.glyphs || n > 0
			return
		}
		var advance int64
		for i := range min(n, int64(len(p)/2)) {
			advance += i16(p, int(at+(n+1)&^1+2*i))
		}
		r.draw(r.narrow(p, at, n), i16(p, 2), i16(p, 0), advance)
	}
}

// slot takes the first free slot of the table of objects, -1 if there is none.
func (r *reader) slot() int {
	i := slices.Index(r.used, false)
	if r.steps -= int64(len(r.used) / 64); i < 0 && len(r.used) < maxFonts {
		i = len(r.used)
		r.used = append(r.used, true)
	} else if i >= 0 {
		r.used[i] = true
	}
	return i
}
