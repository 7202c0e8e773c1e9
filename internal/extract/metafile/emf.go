package metafile

// Records of an enhanced metafile (MS-EMF 2.1.1).
const (
	emrSetWindowExt      = 9
	emrSetViewportOrg    = 12
	emrSetTextAlign      = 22
	emrMoveTo            = 27
	emrSetWorldTransform = 35
	emrModifyTransform   = 36
	emrSelectObject      = 37
	emrComment           = 70
	emrCreateFont        = 82
	emrExtTextOutA       = 83
	emrExtTextOutW       = 84
	emrPolyTextOutA      = 96
	emrPolyTextOutW      = 97
	emrSmallTextOut      = 108
)

const (
	glyphIndex = 0x10  // ETO_GLYPH_INDEX
	noRect     = 0x100 // ETO_NO_RECT
	smallChars = 0x200 // ETO_SMALL_CHARS
)

// maxFonts bounds the fonts that are remembered.
const maxFonts = 4096

// u32 is the number at an offset, 0 outside; i32 is one with a sign.
func u32(b []byte, at int) int64 {
	if at < 0 || at+4 > len(b) {
		return 0
	}
	return int64(le.Uint32(b[at:]))
}

func i32(b []byte, at int) int64 { return int64(int32(u32(b, at))) }

func (r *reader) enhanced() {
	for b := r.b; len(b) >= 8 && r.steps >= 0; {
		typ, size := le.Uint32(b), int64(le.Uint32(b[4:]))
		if size < 8 {
			return
		}
		rec := b[:min(size, int64(len(b)))]
		b = b[len(rec):]
		r.record(typ, rec)
	}
}

func (r *reader) record(typ uint32, rec []byte) {
	switch typ {
	case emrSetWindowExt, emrSetWindowExt + 1, emrSetWindowExt + 2, emrSetViewportOrg, emrSetWorldTransform, emrModifyTransform:
		r.fresh = true
	case emrSetTextAlign:
		r.follow = u32(rec, 8)&1 != 0
	case emrMoveTo:
		r.x, r.y = i32(rec, 8), i32(rec, 12)
	case emrCreateFont:
		if len(rec) > 35 && len(r.fonts) < maxFonts {
			r.fonts[le.Uint32(rec[8:])] = int(rec[35])
		}
	case emrSelectObject:
		if set, ok := r.fonts[uint32(u32(rec, 8))]; ok {
			r.font(set)
		}
	case emrExtTextOutA, emrExtTextOutW:
		r.text(rec, 36, typ == emrExtTextOutW)
	case emrPolyTextOutA, emrPolyTextOutW:
		for i := range min(u32(rec, 36), int64(len(rec)/40)) {
			r.text(rec, 40+40*int(i), typ == emrPolyTextOutW)
		}
	case emrSmallTextOut:
		at, n, options := int64(36), u32(rec, 16), u32(rec, 20)
		if options&noRect == 0 {
			at += 16
		}
		var s string
		switch {
		case options&glyphIndex != 0:
			r.glyphs = r.glyphs || n > 0
		case options&smallChars != 0:
			s = r.narrow(rec, at, n)
		default:
			s = wide(rec, at, n)
		}
		r.draw(s, i32(rec, 8), i32(rec, 12), 0)
	case emrComment:
		if len(rec) > 16 && string(rec[12:16]) == "EMF+" {
			r.plusRecords(rec[16:max(16, min(12+u32(rec, 8), int64(len(rec))))])
		}
	}
}

// text draws an EmrText object (MS-EMF 2.2.5).
func (r *reader) text(rec []byte, at int, w bool) {
	n, from, options, dx := min(u32(rec, at+8), int64(len(rec))), u32(rec, at+12), u32(rec, at+16), u32(rec, at+36)
	if r.steps -= n; r.steps < 0 {
		return
	}
	if options&glyphIndex != 0 {
		r.glyphs = r.glyphs || n > 0
		return
	}
	var s string
	if w {
		s = wide(rec, from, n)
	} else {
		s = r.narrow(rec, from, n)
	}
	var advance int64
	if dx > 0 {
		for i := range n {
			advance += u32(rec, int(dx+4*i))
		}
	}
	r.draw(s, i32(rec, at), i32(rec, at+4), advance)
}

// plusRecords reads the records of EMF+ in a comment (MS-EMFPLUS 2.3.4).
func (r *reader) plusRecords(b []byte) {
	for len(b) >= 12 {
		typ, size := le.Uint16(b), u32(b, 4)
		if size < 12 {
			return
		}
		rec := b[:min(size, int64(len(b)))]
		b = b[len(rec):]
		switch typ {
		case 0x401c: // DrawString
			r.plus.Line()
			r.plus.String(wide(rec, 40, u32(rec, 20)))
		case 0x4036: // DrawDriverString
			if u32(rec, 16)&1 == 0 {
				r.glyphs = r.glyphs || u32(rec, 24) > 0
				continue
			}
			r.plus.Line()
			r.plus.String(wide(rec, 28, u32(rec, 24)))
		}
	}
}
