package rulepack

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestExplainType(t *testing.T) {
	t.Parallel()
	const pack = `
keywords:
  - {id: given, words: [Ann, Bob], case: sensitive}
  - {id: family, words: [Lee]}
  - {id: particles, words: [van, de la]}
sits:
  - id: s
    name: S
    description: name of somebody
    exclude: {suffixes: [Street]}
    patterns:
      - confidence: low
        match: {keywords: [given, family]}
        near: {words: [Mr], case: sensitive}
        proximity: 20
      - confidence: high
        match: {keywords: given}
        before:
          - {words: [Dr, Prof], min: 0, max: 2, between: [' ', '']}
        after:
          - {regex: '[A-Z]\.', min: 0}
          - {keywords: family, max: 3, between: [' ', '-', "\n"], links: [particles]}
          - {words: [Jr], min: 2, max: 2, between: [', ']}
`
	rs, ps := loadOne("rules.yaml", []byte(pack))
	if rs == nil {
		t.Fatal(ps)
	}
	const want = `S (s)
  pack p
  What it is: name of somebody
  Found with high confidence (85), pattern 2, where the text has
    - one of the 2 words of given (whole words, case as written): "Ann", "Bob"
    and right before it, as part of the match, one behind the other as seen from it:
      - if there, up to 2 times: one of the words "Dr", "Prof", with white space or nothing between
    and right behind it, as part of the match, one behind the other as seen from it:
      - if there: text of the form: a capital letter, ".", with white space between
        as a regular expression: [A-Z]\.
      - 1 to 3 times: one of the 1 words of family, with white space or "-" or a line break or one of the 2 words of particles between
      - 2 times: the word "Jr", with ", " between
  Else found with low confidence (65), pattern 1, where the text has
    - any of:
      - one of the 2 words of given (whole words, case as written): "Ann", "Bob"
      - one of the 1 words of family (whole words, any case): "Lee"
    and, within 20 characters,
      - the word "Mr" (whole word, case as written)
  Never counted: before "Street"
  A rule that names no confidence asks for at least 75 (medium).
`
	got, ok := rs.Explain("s")
	if d := cmp.Diff(want, got); !ok || d != "" {
		t.Errorf("%v: -want +got\n%s", ok, d)
	}
	if _, ok := rs.Explain("t"); ok {
		t.Error("a type that is not there is explained")
	}
}
