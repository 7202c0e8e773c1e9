// Package archive lists and opens the members of containers: zip with all its
// methods and with members that only a local header names, gzip, bzip2, xz,
// lzma, zstd, tar, 7z, rar, cabinets and ISO 9660. It unpacks nothing by itself: a member
// is a reader, and the caller counts what comes out of it. Names are given in
// every spelling that the container or a guess has for them.
//
// What cannot be read is an error of four kinds: ErrEncrypted, ErrMethod,
// ErrCorrupt and ErrStop; Reason gives the word of the inspection receipt.
package archive

import (
	"errors"
	"io"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/encoding/charmap"

	"labelmilter/internal/budget"
	"labelmilter/internal/charset"
)

// The kinds of failure.
var (
	ErrEncrypted = errors.New("encrypted")
	ErrMethod    = errors.New("unsupported compression method")
	ErrCorrupt   = errors.New("corrupt")
	// ErrStop is what a visitor returns to end the visit; Walk functions give
	// it back.
	ErrStop = errors.New("stopped")
)

// Reason is the reason of the closed list that an error stands for.
func Reason(err error) budget.Reason {
	switch {
	case errors.Is(err, ErrEncrypted):
		return budget.Encrypted
	case errors.Is(err, ErrMethod):
		return budget.UnsupportedMethod
	}
	return budget.Corrupt
}

// Member is one member of a container, valid during the visit.
type Member struct {
	Names  []string // UTF-8, the likeliest first; may be empty
	Packed int64    // bytes it takes in the container, 0 if unknown or shared
	// Open starts reading. The reader may end in ErrEncrypted, and then what
	// came before is noise, or ErrCorrupt, and then it is not.
	Open func() (io.Reader, error)
	// Solid is set where the next member can only be had by unpacking the
	// rest of this one.
	Solid bool
}

// Visit takes one member; an error ends the walk.
type Visit func(Member) error

// names gives the spellings of a stored name: as UTF-8 if it is that, else as
// its bytes look to be, and as code page 437, the classic of zip.
func names(raw string, more ...string) []string {
	var out []string
	add := func(s string) {
		s = strings.ReplaceAll(strings.ToValidUTF8(s, "\uFFFD"), "\x00", "")
		for _, o := range out {
			if o == s {
				return
			}
		}
		if s != "" {
			out = append(out, s)
		}
	}
	for _, m := range more {
		if utf8.ValidString(m) {
			add(m)
		}
	}
	if utf8.ValidString(raw) {
		add(raw)
		return out
	}
	t := charset.Decode([]byte(raw), "")
	add(t.UTF8)
	add(t.Other)
	if s, err := charmap.CodePage437.NewDecoder().String(raw); err == nil {
		add(s)
	}
	return out
}

// strict turns the errors of a library's reader into ours.
type strict struct {
	r    io.Reader
	kind error
}

func (s strict) Read(p []byte) (int, error) {
	n, err := s.r.Read(p)
	if err != nil && err != io.EOF && !errors.Is(err, ErrEncrypted) && !errors.Is(err, ErrMethod) {
		err = errors.Join(s.kind, err)
	}
	return n, err
}
