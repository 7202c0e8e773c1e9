package output

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"labelmilter/internal/fixture"
	"labelmilter/internal/label"
	"labelmilter/internal/marking"
	"labelmilter/internal/pipeline"
	"labelmilter/internal/replay"
	"labelmilter/internal/verdict"
)

func outcome(file string) replay.Outcome {
	return replay.Outcome{Item: replay.Item{File: file}, Result: pipeline.Result{Schema: pipeline.Schema, File: file}}
}

func TestJSONLines(t *testing.T) {
	t.Parallel()
	failed := outcome("a.eml")
	failed.Err = errors.New("no such file & more")
	met := outcome("b.eml")
	met.WantFile = "b.want.yaml"
	differs := met
	differs.Mismatches = []fixture.Mismatch{{Path: "label.id", Want: "x", Got: "y"}}
	missing := outcome("c.eml")
	missing.Missing = true
	tests := []struct {
		name   string
		o      replay.Outcome
		expect bool
		want   string // the line, or what follows the result
	}{
		{"error", failed, true, `{"schema":"labelmilter.error/v1","file":"a.eml","error":"no such file & more"}`},
		{"met", met, true, `,"expectation":{"file":"b.want.yaml","ok":true,"mismatches":[]}}`},
		{"not asked for", met, false, "}"},
		{"differs", differs, true, `,"expectation":{"file":"b.want.yaml","ok":false,"mismatches":[{"path":"label.id","want":"x","got":"y"}]}}`},
		{"missing", missing, true, `,"expectation":{"file":"","ok":false,"mismatches":[{"path":"","want":"an expectation file","got":"none"}]}}`},
	}
	for _, tt := range tests {
		var b bytes.Buffer
		if err := JSON(&b, tt.o, tt.expect); err != nil {
			t.Fatal(err)
		}
		s, ok := strings.CutSuffix(b.String(), "\n")
		if !ok || strings.Contains(s, "\n") || !json.Valid([]byte(s)) || !strings.HasSuffix(s, tt.want) {
			t.Errorf("%s: %s, want … %s", tt.name, b.String(), tt.want)
		}
	}
}

// TestJUnit reads the report back as XML: counts, texts, and no character that
// XML cannot hold.
func TestJUnit(t *testing.T) {
	t.Parallel()
	var b bytes.Buffer
	err := JUnit(&b, "suite", []Test{{Class: "c", Name: "ok", Took: 1500 * time.Millisecond}, {Class: "c", Name: "bad <&> \x1b", Failure: "one\ntwo \x00\x1b[31m ]]>"}, {Class: "c", Name: "broken", Error: "could \xff not"}})
	if err != nil {
		t.Fatal(err)
	}
	var s junitSuite
	if err := xml.Unmarshal(b.Bytes(), &s); err != nil {
		t.Fatalf("%v\n%s", err, b.String())
	}
	if s.Tests != 3 || s.Failures != 1 || s.Errors != 1 || s.Time != "1.500" || s.Cases[1].Failure.Message != "one" || !strings.Contains(s.Cases[1].Failure.Text, "two ??[31m ]]>") || s.Cases[2].Error == nil {
		t.Errorf("%+v", s)
	}
	if bytes.ContainsAny(b.Bytes(), "\x00\x1b") {
		t.Error("control characters in the report")
	}
}

// TestTextIsSafe: nothing of a mail can move the cursor, colour the terminal or
// turn the reading direction.
func TestTextIsSafe(t *testing.T) {
	t.Parallel()
	evil := "x\x1b[2J\x07\u202e\u0085y"
	r := pipeline.Result{File: evil, Outcome: label.Hold, Reason: evil, Label: &pipeline.Label{ID: "a", Name: evil, Reason: evil, Recommended: label.ID(evil)},
		Markings: []marking.Marking{{Raw: evil + "\nnext", Diagnostics: []marking.Diagnostic{{Message: evil}}}}, Conflicts: []label.Conflict{{Code: "c", Kept: evil}},
		LabelMismatch: &label.Mismatch{Label: evil}, Rules: []pipeline.Rule{{Policy: evil, Note: evil}}, Verdict: pipeline.Verdict{Disposition: verdict.Reject, Reply: "550 " + evil},
		Modifications: []verdict.Modification{{Op: verdict.AddHeader, Name: evil, Value: evil}}}
	r.Inspection.Parts = nil
	var b bytes.Buffer
	p := NewPrinter(&b, false)
	p.Result(r, true)
	p.Mismatches([]fixture.Mismatch{{Path: evil, Want: evil, Got: evil}})
	if p.Err() != nil {
		t.Fatal(p.Err())
	}
	for _, bad := range []string{"\x1b", "\x07", "\u202e", "\u0085"} {
		if strings.Contains(b.String(), bad) {
			t.Errorf("%q reaches the terminal:\n%q", bad, b.String())
		}
	}
}

func TestColor(t *testing.T) {
	t.Parallel()
	if got := NewPrinter(nil, true).Good("x"); got != "\x1b[32mx\x1b[0m" {
		t.Errorf("%q", got)
	}
	if got := NewPrinter(nil, false).Bad("x"); got != "x" {
		t.Errorf("%q", got)
	}
}

type full struct{}

func (full) Write([]byte) (int, error) { return 0, errors.New("disk full") }

func TestWriteErrorIsKept(t *testing.T) {
	t.Parallel()
	p := NewPrinter(full{}, false)
	p.Line("a")
	p.Line("b")
	if p.Err() == nil {
		t.Error("a write error is lost")
	}
	if JSON(full{}, outcome("a"), false) == nil || JUnit(full{}, "s", nil) == nil {
		t.Error("a write error is lost")
	}
}

func TestModificationInWords(t *testing.T) {
	t.Parallel()
	var got []string
	for _, m := range []verdict.Modification{{Op: verdict.InsertHeader, Name: "A", Value: "b\n c"}, {Op: verdict.AddHeader, Name: "A", Value: "b"}, {Op: verdict.ChangeHeader, Index: 2, Name: "A", Value: "b"},
		{Op: verdict.DeleteHeader, Index: 1, Name: "A"}, {Op: verdict.ReplaceBody, Body: []byte("secret")}, {Op: verdict.DeleteRecipient, Address: "a@x.example"}} {
		got = append(got, Modification(m))
	}
	want := []string{"insert header at 0 A: b c", "add header A: b", "change header A (2) to: b", "delete header A (1)", "replace body, 6 bytes", "delete recipient a@x.example"}
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("(-want +got):\n%s", d)
	}
}
