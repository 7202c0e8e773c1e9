// Package glyph knows what glyphs are called and numbered: the Adobe Glyph List,
// and the characters of Adobe's CJK character collections. The tables are made by
// the command in gen; LICENSE.adobe says under which terms they are used.
package glyph

import (
	"bytes"
	"compress/flate"
	"embed"
	"encoding/binary"
	"io"
	"strconv"
	"strings"
	"sync"
)

//go:embed names.txt
var names string

//go:embed *.bin
var tables embed.FS

// Name gives the text of a glyph name in the Adobe Glyph List, "" if it is not
// there.
func Name(n string) string {
	low, high := 0, len(names) // both at the beginning of a line
	for low < high {
		mid := strings.LastIndexByte(names[:(low+high)/2], '\n') + 1
		mid = max(mid, low)
		end := mid + strings.IndexByte(names[mid:], '\n')
		key, value, _ := strings.Cut(names[mid:end], ";")
		switch strings.Compare(n, key) {
		case 0:
			return text(value)
		case -1:
			high = mid
		default:
			low = end + 1
		}
	}
	return ""
}

// text reads code points in hexadecimal digits.
func text(s string) string {
	var b strings.Builder
	for _, f := range strings.Fields(s) {
		v, err := strconv.ParseUint(f, 16, 32)
		if err != nil {
			return ""
		}
		b.WriteRune(rune(v))
	}
	return b.String()
}

// Collection is one of Adobe's character collections: the character of each CID,
// 0 where there is none.
type Collection []rune

var collections sync.Map // ordering → Collection

// Of gives the collection with the given ordering ("Japan1", "GB1", "CNS1",
// "Korea1", "KR"), nil if it is not known.
func Of(ordering string) Collection {
	file := strings.ToLower(ordering)
	switch file {
	case "japan1", "gb1", "cns1", "korea1", "kr":
	default:
		return nil
	}
	if c, ok := collections.Load(file); ok {
		return c.(Collection)
	}
	z, err := tables.ReadFile(file + ".bin")
	if err != nil {
		return nil
	}
	raw, err := io.ReadAll(flate.NewReader(bytes.NewReader(z)))
	if err != nil {
		return nil
	}
	var c Collection
	last := int64(0)
	for len(raw) > 0 {
		d, n := binary.Varint(raw)
		if n <= 0 {
			return nil
		}
		raw = raw[n:]
		last += d
		c = append(c, rune(last))
	}
	collections.Store(file, c)
	return c
}

// Rune gives the character of a CID, 0 if there is none.
func (c Collection) Rune(cid uint32) rune {
	if int64(cid) >= int64(len(c)) {
		return 0
	}
	return c[cid]
}
