package marking

import (
	"bufio"
	"encoding/json"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

type vector struct {
	ID       string         `json:"id"`
	Kind     string         `json:"kind"`
	Input    string         `json:"input"`
	Fields   map[string]any `json:"fields"`
	Errors   []string       `json:"errors"`
	Warnings []string       `json:"warnings"`
}

func (v vector) str(key string) string {
	s, _ := v.Fields[key].(string)
	return s
}

func (v vector) list(key string) []string {
	out := []string{}
	l, _ := v.Fields[key].([]any)
	for _, x := range l {
		out = append(out, x.(string))
	}
	return out
}

func readVectors(tb testing.TB) []vector {
	tb.Helper()
	f, err := os.Open("testdata/vectors.jsonl")
	if err != nil {
		tb.Fatal(err)
	}
	defer f.Close()
	var vs []vector
	sc := bufio.NewScanner(f)
	sc.Buffer(nil, 1<<20)
	for sc.Scan() {
		var v vector
		if err := json.Unmarshal(sc.Bytes(), &v); err != nil {
			tb.Fatal(err)
		}
		vs = append(vs, v)
	}
	if err := sc.Err(); err != nil {
		tb.Fatal(err)
	}
	if len(vs) < 50 {
		tb.Fatalf("only %d vectors", len(vs))
	}
	return vs
}

// codeOf maps the names of the vector set to diagnostic codes.
func codeOf(tb testing.TB, name string) Code {
	tb.Helper()
	name, arg, _ := strings.Cut(name, ":")
	switch name + ":" + arg {
	case "BAD_VALUE:SEC":
		return UnknownClassification
	case "BAD_VALUE:ACCESS":
		return UnknownIMM
	case "DUP:ACCESS":
		return DuplicateIMM
	case "DUP:CAVEAT":
		return DuplicateCaveat
	}
	code, ok := map[string]Code{
		"NO_SEC": MissingSec, "EMPTY": EmptyMarking, "UNKNOWN_KEY": UnknownElement,
		"DUP": DuplicateElement, "EXPIRES_DOWNTO_PAIR": ExpiresDowntoPair,
		"DOWNTO_NOT_LOWER": DowntoNotLower, "LEN": TextTooLong, "KEY_CASE": ElementCase,
		"VALUE_CASE": ValueCase, "VALUE_VARIANT": ValueVariant,
		"NO_SPACE_AFTER_COMMA": MissingSpace, "ORDER": ElementOrder,
		"SPACE_IN_VALUE": SpaceInValue, "MULTIPLE_MARKINGS": SeveralSubjectTags,
		"BAD_CAVEAT": UnknownCaveat, "IMM_BELOW_OS": IMMNotPermitted,
		"CAVEAT_BELOW_MIN": CaveatNotPermitted, "UNTERMINATED": UnterminatedTag,
		"FOREIGN_NS": UnknownNamespace,
	}[name]
	if name == "MISSING" {
		code, ok = Code("missing-"+strings.ToLower(arg)), true
	}
	if !ok {
		tb.Fatalf("vector code %q:%q has no mapping", name, arg)
	}
	return code
}

func codes(m Marking, s Severity) []string {
	out := []string{}
	for _, d := range m.Diagnostics {
		// The vector set does not remark on historical vocabulary as such.
		if d.Severity == s && d.Code != HistoricalMarking {
			out = append(out, string(d.Code))
		}
	}
	slices.Sort(out)
	return out
}

func TestVectors(t *testing.T) {
	t.Parallel()
	for _, v := range readVectors(t) {
		t.Run(v.ID, func(t *testing.T) {
			t.Parallel()
			var m Marking
			if v.Kind == "header" {
				m = ParseHeader(v.Input)
			} else {
				tags := FindSubject(v.Input)
				if slices.Contains(v.Errors, "NO_MARKING") {
					if len(tags) != 0 {
						t.Fatalf("got %d tags, want none", len(tags))
					}
					return
				}
				if len(tags) == 0 {
					t.Fatal("no tag found")
				}
				m = tags[0].Marking
			}
			wantSec := v.str("SEC")
			if readClass(wantSec).name == "" {
				wantSec = ""
			}
			type fields struct {
				VER, NS, SEC, DLM, EXPIRES, DOWNTO, NOTE, ORIGIN string
				Caveats, IMMs                                    []string
				Errors, Warnings                                 []string
			}
			want := fields{v.str("VER"), v.str("NS"), wantSec, v.str("DLM"), v.str("EXPIRES"),
				v.str("DOWNTO"), v.str("NOTE"), v.str("ORIGIN"), v.list("caveats"), v.list("access"),
				[]string{}, []string{}}
			for _, e := range v.Errors {
				want.Errors = append(want.Errors, string(codeOf(t, e)))
			}
			for _, w := range v.Warnings {
				want.Warnings = append(want.Warnings, string(codeOf(t, w)))
			}
			slices.Sort(want.Errors)
			slices.Sort(want.Warnings)
			got := fields{m.Version, m.Namespace, m.Classification, m.DLM, m.Expires, m.Downto,
				m.Note, m.Origin, m.Caveats, m.IMMs, codes(m, Error), codes(m, Warning)}
			if d := cmp.Diff(want, got); d != "" {
				t.Errorf("%s: -want +got\n%s", v.Input, d)
			}
		})
	}
}
