package bodyedit

import (
	"strings"
	"testing"
)

func TestCutFirst(t *testing.T) {
	t.Parallel()
	match := func(s string) bool { return strings.HasPrefix(s, "Justification:") }
	for _, tt := range []struct {
		name, in, want string
		html, flowed   bool
	}{
		{name: "plain", in: "Justification: asked for\r\n\r\nHello\r\n", want: "Hello\r\n"},
		{name: "blank lines before, none behind", in: "\r\n \r\nJustification: x\r\nHello\r\n", want: "Hello\r\n"},
		{name: "not the first", in: "Hello\r\nJustification: x\r\n", want: "Hello\r\nJustification: x\r\n"},
		{name: "nothing else", in: "Justification: x", want: ""},
		{name: "only blank", in: "\r\n\r\n", want: "\r\n\r\n"},
		{name: "flowed", in: "Justification: a long \r\nreason\r\nHello \r\nyou\r\n", want: "Hello \r\nyou\r\n", flowed: true},
		{name: "flowed signature mark", in: "Justification: x\r\n-- \r\nme\r\n", want: "-- \r\nme\r\n", flowed: true},
		{name: "paragraphs", in: "<html><body><p>Justification: <b>asked</b> for</p><p>Hello</p></body></html>", want: "<html><body><p><b></b></p><p>Hello</p></body></html>", html: true},
		{name: "breaks", in: "<div>Justification:&nbsp;x<br>Hello</div>", want: "<div>Hello</div>", html: true},
		{name: "style and title before", in: "<head><title>Justification: no</title><style>p{}</style></head><body>\r\n<div>Justification: x</div><div>Hello</div>",
			want: "<head><title>Justification: no</title><style>p{}</style></head><body>\r\n<div></div><div>Hello</div>", html: true},
		{name: "html, not the first", in: "<p>Hello</p><p>Justification: x</p>", want: "<p>Hello</p><p>Justification: x</p>", html: true},
	} {
		got := cutFirst(text{was: tt.in, now: tt.in, html: tt.html, flowed: tt.flowed}, match)
		if got != tt.want {
			t.Errorf("%s: %q, want %q", tt.name, got, tt.want)
		}
	}
}
