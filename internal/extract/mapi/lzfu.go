package mapi

import (
	"encoding/binary"
	"errors"

	"labelmilter/internal/extract/document"
)

// preset is what the dictionary holds at the start (MS-OXRTFCP 2.1.2.1).
const preset = `{\rtf1\ansi\mac\deff0\deftab720{\fonttbl;}{\f0\fnil \froman \fswiss \fmodern \fscript \fdecor MS Sans SerifSymbolArialTimes New RomanCourier{\colortbl\red0\green0\blue0` + "\r\n" + `\par \pard\plain\f0\fs20\b\i\u\tab\tx`

var errLZFu = errors.New("mapi: no compressed RTF")

// RTF undoes the compression of RTF bodies (MS-OXRTFCP) within the budget. What
// came before an error is given with it.
func RTF(b []byte, s document.Sink) ([]byte, error) {
	le := binary.LittleEndian
	if len(b) < 16 {
		return nil, errLZFu
	}
	want := int64(le.Uint32(b[4:]))
	body := b[16:]
	switch string(b[8:12]) {
	case "MELA":
		return body[:min(want, int64(len(body)))], nil
	case "LZFu":
	default:
		return nil, errLZFu
	}
	// A reference of two bytes makes up to 17: no ratio to speak of, but not
	// nothing either.
	var out []byte
	var dict [4096]byte
	at := copy(dict[:], preset)
	put := func(c byte) {
		out = append(out, c)
		dict[at] = c
		at = (at + 1) & 4095
	}
	paid := int64(0)
	for len(body) > 0 && int64(len(out)) < want {
		flags := body[0]
		body = body[1:]
		if need := int64(len(out)) + 8*17; need > paid {
			if s.Expand(paid, 4096) < 4096 {
				return out, document.ErrCut
			}
			paid += 4096
		}
		for i := 0; i < 8; i++ {
			if flags>>i&1 == 0 {
				if len(body) < 1 {
					return out, nil
				}
				put(body[0])
				body = body[1:]
				continue
			}
			if len(body) < 2 {
				return out, errLZFu
			}
			ref := int(body[0])<<8 | int(body[1])
			body = body[2:]
			from, n := ref>>4, ref&15+2
			if from == at {
				return out, nil // the end
			}
			for range n {
				put(dict[from])
				from = (from + 1) & 4095
			}
		}
	}
	if int64(len(out)) < want {
		return out, errLZFu
	}
	return out, nil
}
