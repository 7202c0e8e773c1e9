// Package bodyedit edits the body of a message: it puts a banner into the text
// that people see, masks values in text, HTML and tables, and replaces
// attachments by a notice. Everything it does not have to touch keeps its
// bytes. It computes a new body and the changes of the message's own Content
// fields; it does nothing, knows no policy and does not find what is masked.
//
// What cannot be edited without harm is left alone and reported: parts that
// are signed or encrypted (RFC 1847, RFC 8551, RFC 9580), and bytes that mail
// programs read in different ways.
package bodyedit

import (
	"bytes"
	"errors"
	"slices"

	"labelmilter/internal/budget"
	"labelmilter/internal/message"
	"labelmilter/internal/verdict"
)

// Reasons why an edit was not made.
var (
	// ErrProtected: the edit would change a signed or encrypted part.
	ErrProtected = errors.New("the part is signed or encrypted")
	// ErrAmbiguous: mail programs read the bytes to be edited in different
	// ways, or they do not stand in the body as they are read.
	ErrAmbiguous = errors.New("the structure of the part is ambiguous")
	// ErrLimit: a limit keeps the part from being read as a whole.
	ErrLimit = errors.New("a limit keeps the part from being read")
	// ErrNoText: there is no text for a banner to stand in.
	ErrNoText = errors.New("the message has no text part")
)

// MaxBanner is the longest text or HTML of one banner, in bytes.
const MaxBanner = 64 << 10

// MaxValues is the largest number of values that are masked in one message.
const MaxValues = 20_000

// Banner is text put into the body.
type Banner struct {
	Text   string // plain text, UTF-8, lines divided by LF
	HTML   string // the same for HTML; made of Text if empty
	Bottom bool   // below the text, else above it
	// Once leaves it out where the first (last) line of the text says the
	// same already.
	Once bool
	// Wrap puts a message whose text is signed or encrypted into a
	// multipart/mixed with the banner before it; else it gets no banner.
	Wrap bool
}

// Redaction masks values.
type Redaction struct {
	// Values as Key gives them: letters and digits in upper case. They are
	// found whatever else stands between.
	Values []string
	// Mask stands for each letter and digit; see ValidMask.
	Mask rune
	// Keep is how many letters and digits at the end of each value stay.
	Keep int
}

// Removal replaces parts.
type Removal struct {
	Match  func(*message.Part) bool // no multipart container
	Notice string                   // text that stands in the place of the attachment
}

// Edit is everything that is wanted of one message.
type Edit struct {
	Banners []Banner
	Redact  []Redaction
	Remove  []Removal
	// FirstLine, if not nil, takes the first line of the text that people
	// see out, where it says so. It is given the line without line end.
	FirstLine func(line string) bool
}

// Result is the message as it becomes.
type Result struct {
	// Body is the new body with CRLF line ends, nil if it stays as it is.
	Body []byte
	// Headers are the edits of the message's own Content fields.
	Headers []verdict.Modification
	// Banner is why banners were left out, nil if all are there.
	Banner error
	// Removed counts the attachments that were replaced.
	Removed int
	// Masked counts the values that were masked.
	Masked int
	// Cut counts the texts whose first line was taken out.
	Cut int
}

// Apply makes the edits. An error means that removing or masking could not be
// done as a whole; there is no partial result then. It is a pure function and
// linear in the size of the body for each value.
func Apply(m *message.Message, e Edit, l budget.Limits) (Result, error) {
	if m.Root == nil {
		return Result{}, nil
	}
	values := 0
	for _, r := range e.Redact {
		values += len(r.Values)
	}
	if values > MaxValues {
		return Result{}, ErrLimit
	}
	w := &writer{m: m, edit: e, budget: budget.New(l)}
	w.tree(m.Root, nil, state{})
	if w.err != nil {
		return Result{}, w.err
	}
	w.banners()
	if w.err != nil {
		return Result{}, w.err
	}
	if w.res.Body == nil && len(w.pieces) > 0 {
		w.res.Body = w.assemble()
	}
	if w.res.Body != nil && bytes.Equal(w.res.Body, m.Body) {
		w.res.Body = nil
	}
	return w.res, nil
}

// state is what the ancestors of a part say about it.
type state struct {
	protected bool // signed or encrypted
	ambiguous bool // read in several ways
	inner     bool // within a message that is attached
}

// piece replaces a range of the body.
type piece struct {
	from, to int
	data     []byte
}

// writer is the state of one Apply.
type writer struct {
	m      *message.Message
	edit   Edit
	budget *budget.Budget
	pieces []piece
	bodies []body // text that people see, where a banner may stand
	locked bool   // some text that people see is protected
	res    Result
	err    error
}

// body is a text part that a banner may stand in, with its masked text.
type body struct {
	part *message.Part
	spot spot
	text text
}

func (w *writer) fail(err error) {
	if w.err == nil {
		w.err = err
	}
}

// tree edits p and what is below it: removes attachments and masks values.
func (w *writer) tree(p, parent *message.Part, s state) {
	if w.err != nil {
		return
	}
	if p.Alternative {
		// Another reading of bytes that stand in a part already: nothing of
		// it can be taken out alone.
		p.Walk(func(q *message.Part) {
			if slices.ContainsFunc(w.edit.Remove, func(r Removal) bool { return r.Match(q) }) {
				w.fail(ErrAmbiguous)
			}
		})
		return
	}
	for _, c := range p.Children {
		if c.Alternative {
			s.ambiguous = true
		}
	}
	for _, x := range p.Extra {
		if x.Kind == message.LooseUnparsed || x.Kind == message.LooseAfterClose {
			s.ambiguous = true
		}
	}
	for _, r := range w.edit.Remove {
		if (parent != nil || p.IsLeaf()) && r.Match(p) {
			w.remove(p, parent, s, r)
			return
		}
	}
	s.protected = s.protected || protects(p)
	if p.IsLeaf() {
		w.leaf(p, parent, s)
		return
	}
	s.inner = s.inner || p.Type == "message/rfc822" || p.Type == "message/global"
	for _, c := range p.Children {
		w.tree(c, p, s)
	}
}

// protects reports a part whose inside is signed or encrypted.
func protects(p *message.Part) bool {
	switch p.Type {
	case "multipart/signed", "multipart/encrypted", "application/pkcs7-mime", "application/x-pkcs7-mime",
		"application/pgp-encrypted", "application/x-microsoft-rpmsg-message":
		return true
	}
	return false
}

// assemble gives the body with all pieces in their places.
func (w *writer) assemble() []byte {
	slices.SortStableFunc(w.pieces, func(a, b piece) int { return a.from - b.from })
	var out bytes.Buffer
	at := 0
	for _, p := range w.pieces {
		if p.from < at {
			continue // inside one that was replaced as a whole
		}
		out.Write(w.m.Body[at:p.from])
		out.Write(p.data)
		at = p.to
	}
	out.Write(w.m.Body[at:])
	return out.Bytes()
}
