// Package redact holds matched mail content in a type that prints only a
// mask. Content can leave the process through Reveal alone, and each caller
// of Reveal must say why in a comment.
package redact

import (
	"encoding/json"
	"fmt"
	"log/slog"
	"unicode"
)

// Value is a piece of mail content. Every way of formatting it gives Mask.
// The zero value is the empty content.
type Value struct{ s string }

// New wraps content.
func New(s string) Value { return Value{s} }

// Reveal gives the content itself: only for redaction, for evidence sealed in
// a store, and for an operator who asked with --show-content.
func (v Value) Reveal() string { return v.s }

// Len is the content's length in bytes.
func (v Value) Len() int { return len(v.s) }

// Mask keeps the shape: letters become x, digits 9, everything else stays;
// the result is cut at 40 characters.
func (v Value) Mask() string {
	out := make([]rune, 0, len(v.s))
	for _, r := range v.s {
		if len(out) == 40 {
			out = append(out, '…')
			break
		}
		switch {
		case unicode.IsDigit(r):
			r = '9'
		case unicode.IsLetter(r):
			r = 'x'
		case unicode.IsSpace(r):
			r = ' '
		case !unicode.IsPrint(r):
			r = '?'
		}
		out = append(out, r)
	}
	return string(out)
}

// String implements fmt.Stringer with the mask.
func (v Value) String() string { return v.Mask() }

// GoString implements fmt.GoStringer with the mask.
func (v Value) GoString() string { return "redact.Value(" + v.Mask() + ")" }

// Format implements fmt.Formatter: every verb prints the mask.
func (v Value) Format(f fmt.State, _ rune) { fmt.Fprint(f, v.Mask()) }

// MarshalJSON implements json.Marshaler with the mask.
func (v Value) MarshalJSON() ([]byte, error) { return json.Marshal(v.Mask()) }

// MarshalText implements encoding.TextMarshaler with the mask.
func (v Value) MarshalText() ([]byte, error) { return []byte(v.Mask()), nil }

// LogValue implements slog.LogValuer with the mask.
func (v Value) LogValue() slog.Value { return slog.StringValue(v.Mask()) }
