package edm

import (
	"slices"
	"strings"

	"labelmilter/internal/match/fold"
)

// Reason says why a value of the table is not compared.
type Reason string

// The closed list of reasons.
const (
	Empty        Reason = "empty"
	Placeholder  Reason = "stands for no value" // N/A, NULL …
	TooShort     Reason = "too short"
	TooLong      Reason = "too long"
	SeveralWords Reason = "several words in a column of single words"
	NotDigits    Reason = "not a number"
	NotCode      Reason = "no letters or digits of the Latin alphabet"
	NotDate      Reason = "not a date"
	NotPhone     Reason = "not a telephone number"
	NotEmail     Reason = "not a mailbox"
)

// placeholders are what exports write for no value, in lower case.
var placeholders = []string{"n/a", "#n/a", "null", "(null)", `\n`, "none", "(none)", "unknown", "nil", "nan", "not available", "-", "--", "."}

const maxPlaceholder = 13

// cells normalises the values of one table, in reading and in searching it.
type cells struct {
	*hasher
	schema *Schema
	tok    []tokenizer // per column of words
	text   fold.Text
	form   []byte
}

func newCells(k *keys, s *Schema) *cells {
	c := &cells{hasher: newHasher(k), schema: s, tok: make([]tokenizer, len(s.Columns))}
	for i := range s.Columns {
		c.tok[i] = tokenizer{k: k, class: s.Columns[i].class(), keep: s.Columns[i].Searchable}
	}
	return c
}

func (c *Column) words() bool { return c.Type == Text || c.Type == Name }

func (c *Column) class() wordClass {
	return wordClass{cased: c.CaseSensitive, marks: c.KeepMarks, ignore: c.Ignore}
}

// value is a normalised value.
type value struct {
	hash uint64
	n    int    // tokens, or characters of a typed value: 1 to 64
	form []byte // normalised, for searchable columns and typed ones; overwritten by the next
}

// of normalises a cell.
func (c *cells) of(column int, cell string) (v value, why Reason) {
	col := &c.schema.Columns[column]
	if why := blank(cell); why != "" {
		return v, why
	}
	if col.words() {
		return c.ofWords(col, &c.tok[column], cell)
	}
	if c.form, why = c.ofTyped(col, cell); why != "" {
		return v, why
	}
	return value{c.typedHash(c.form), length(c.form), c.form}, ""
}

// typedHash is the hash of a typed value.
func (h *hasher) typedHash(form []byte) uint64 { return h.word(form) }

// length is what Search knows of a typed value beforehand.
func length(form []byte) int { return min(len(form), maxWeight) }

func blank(cell string) Reason {
	if len(cell) > maxPlaceholder+8 {
		if strings.TrimSpace(cell) == "" {
			return Empty
		}
		return ""
	}
	s := strings.TrimSpace(cell)
	if s == "" {
		return Empty
	}
	if len(s) <= maxPlaceholder && strings.IndexByte("nN#(\\uU-.", s[0]) >= 0 && slices.Contains(placeholders, strings.ToLower(s)) {
		return Placeholder
	}
	return ""
}

func (c *cells) ofWords(col *Column, t *tokenizer, cell string) (value, Reason) {
	t.run(cell)
	v := value{n: len(t.out), form: t.text}
	weight := 0
	for i := range t.out {
		weight += int(t.out[i].weight)
		v.hash = c.extend(col.Type, v.hash, t.out[i].hash)
	}
	switch {
	case v.n == 0:
		return v, Empty
	case weight > maxWeight:
		return v, TooLong
	case v.n > 1 && col.SingleWord && !unspacedRun(t.out):
		return v, SeveralWords
	case v.n == 1 && t.out[0].weight == wordWeight && t.out[0].end-t.out[0].start == 1:
		return v, TooShort
	}
	if col.Type == Name && col.Searchable {
		v.form = sorted(v.form)
	}
	return v, ""
}

// extend adds a token to the hash of a run: for text the polynomial of the
// tokens, for names their sum, which is the same in any order.
func (k *keys) extend(t Type, h, token uint64) uint64 {
	if t == Name {
		return add(h, token)
	}
	return mulAdd(h, k.base, token)
}

// unspacedRun reports that tokens are characters, not words: one word, then.
func unspacedRun(ts []token) bool {
	return !slices.ContainsFunc(ts, func(t token) bool { return t.weight != 1 })
}

// sorted gives the words of a form in bytewise order.
func sorted(form []byte) []byte {
	w := strings.Fields(string(form))
	slices.Sort(w)
	return []byte(strings.Join(w, " "))
}

func (c *cells) ofTyped(col *Column, cell string) ([]byte, Reason) {
	if len(cell) > 1024 {
		return nil, TooLong
	}
	fold.Standard().Fold(&c.text, cell)
	b := c.text.Shadow
	out := c.form[:0]
	switch col.Type {
	case Digits, Code:
		return joinedForm(col.Type, out, b)
	case Phone:
		return phoneForm(col, out, b)
	case Date:
		return dateForm(col, out, b)
	}
	at := slices.Index(b, '@')
	if at < 0 {
		return nil, NotEmail
	}
	start, end := mailbox(b, 0, len(b), at)
	if end == 0 {
		return nil, NotEmail
	}
	return lowered(out, b[start:end]), ""
}

func joinedForm(t Type, out, b []byte) ([]byte, Reason) {
	for _, x := range b {
		switch {
		case !fold.Alnum(x):
			if x == fold.Ideograph {
				return nil, NotCode
			}
			continue
		case t == Digits && x-'0' >= 10:
			return nil, NotDigits
		case x >= 0x80:
			return nil, NotCode
		}
		out = append(out, upper(x))
	}
	switch {
	case len(out) == 0 && t == Digits:
		return nil, NotDigits
	case len(out) == 0:
		return nil, NotCode
	case len(out) < 2:
		return nil, TooShort
	case len(out) > maxValue:
		return nil, TooLong
	}
	return out, ""
}

func phoneForm(col *Column, out, b []byte) ([]byte, Reason) {
	plus := false
	for i, x := range b {
		switch {
		case x-'0' < 10:
			if plus && x == '0' && i > 0 && b[i-1] == '(' && i+1 < len(b) && b[i+1] == ')' {
				continue
			}
			out = append(out, x)
		case x == '+' && len(out) == 0:
			plus = true
		case fold.Alnum(x) && len(out) >= minPhone:
			goto done // ext. 12
		case fold.Alnum(x):
			return nil, NotPhone
		}
	}
done:
	if len(out) > maxPhone+4 {
		return nil, TooLong
	}
	var form []byte
	phoneForms(col, slices.Clone(out), plus, false, func(f []byte) { form = append(out[:0], f...) })
	if form == nil {
		return nil, NotPhone
	}
	return form, ""
}

func dateForm(col *Column, out, b []byte) ([]byte, Reason) {
	i := 0
	for i < len(b) && !fold.Alnum(b[i]) {
		i++
	}
	if i == len(b) {
		return nil, NotDate
	}
	var buf [maxReadings]reading
	rs, end := dateAt(buf[:0], b, i)
	for _, x := range b[max(end, 0):] { // at most a time of day may follow
		if !(x-'0' < 10 || fold.Space(x) || slices.Contains([]byte("tTzZ:.+-aApPmM,"), x)) {
			return nil, NotDate
		}
	}
	var forms [maxReadings][8]byte
	if dates(col, rs, false, &forms) == 0 {
		return nil, NotDate
	}
	return append(out, forms[0][:]...), "" // the most likely reading of a year of two digits comes first
}
