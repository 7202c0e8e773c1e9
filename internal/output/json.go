package output

import (
	"encoding/json"
	"encoding/xml"
	"fmt"
	"io"
	"strings"
	"time"

	"labelmilter/internal/fixture"
	"labelmilter/internal/replay"
)

// ErrorLine is the JSON line of a file that could not be judged.
type ErrorLine struct {
	Schema string `json:"schema"`
	File   string `json:"file"`
	Error  string `json:"error"`
}

// ErrorSchema names the version of ErrorLine.
const ErrorSchema = "labelmilter.error/v1"

// expectation is what a result with an expectation has beside it.
type expectation struct {
	File       string             `json:"file"`
	OK         bool               `json:"ok"`
	Mismatches []fixture.Mismatch `json:"mismatches"`
}

// JSON writes one line for an outcome.
func JSON(w io.Writer, o replay.Outcome, expect bool) error {
	if err := failure(o); err != "" {
		return line(w, ErrorLine{ErrorSchema, o.Item.File, err})
	}
	b, err := o.Result.JSON()
	if err != nil {
		return err
	}
	if !expect || o.WantFile == "" && !o.Missing {
		_, err = fmt.Fprintf(w, "%s\n", b)
		return err
	}
	x := expectation{File: o.WantFile, OK: o.OK(), Mismatches: o.Mismatches}
	if o.Missing {
		x.Mismatches = []fixture.Mismatch{{Path: "", Want: "an expectation file", Got: "none"}}
	}
	if x.Mismatches == nil {
		x.Mismatches = []fixture.Mismatch{}
	}
	e, err := json.Marshal(x)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(w, "%s,\"expectation\":%s}\n", b[:len(b)-1], e)
	return err
}

// failure says why an outcome has no result, "" if it has one.
func failure(o replay.Outcome) string {
	switch {
	case o.Err != nil:
		return o.Err.Error()
	case o.Problems.HasErrors():
		return o.Problems.String()
	}
	return ""
}

func line(w io.Writer, v any) error {
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	return enc.Encode(v)
}

// Test is one test for JUnit.
type Test struct {
	Class, Name string
	Took        time.Duration
	Failure     string // it ran and differs
	Error       string // it could not run
}

type junitSuite struct {
	XMLName  xml.Name    `xml:"testsuite"`
	Name     string      `xml:"name,attr"`
	Tests    int         `xml:"tests,attr"`
	Failures int         `xml:"failures,attr"`
	Errors   int         `xml:"errors,attr"`
	Time     string      `xml:"time,attr"`
	Cases    []junitCase `xml:"testcase"`
}

type junitCase struct {
	Class   string       `xml:"classname,attr"`
	Name    string       `xml:"name,attr"`
	Time    string       `xml:"time,attr"`
	Failure *junitDetail `xml:"failure"`
	Error   *junitDetail `xml:"error"`
}

type junitDetail struct {
	Message string `xml:"message,attr"`
	Text    string `xml:",chardata"`
}

// JUnit writes tests as one JUnit suite.
func JUnit(w io.Writer, suite string, tests []Test) error {
	s := junitSuite{Name: suite, Tests: len(tests)}
	var total time.Duration
	for _, t := range tests {
		total += t.Took
		c := junitCase{Class: t.Class, Name: t.Name, Time: seconds(t.Took)}
		if t.Failure != "" {
			s.Failures++
			c.Failure = &junitDetail{Message: first(t.Failure), Text: printableXML(t.Failure)}
		}
		if t.Error != "" {
			s.Errors++
			c.Error = &junitDetail{Message: first(t.Error), Text: printableXML(t.Error)}
		}
		s.Cases = append(s.Cases, c)
	}
	s.Time = seconds(total)
	if _, err := io.WriteString(w, xml.Header); err != nil {
		return err
	}
	enc := xml.NewEncoder(w)
	enc.Indent("", "  ")
	if err := enc.Encode(s); err != nil {
		return err
	}
	_, err := io.WriteString(w, "\n")
	return err
}

func seconds(d time.Duration) string { return fmt.Sprintf("%.3f", d.Seconds()) }

func first(s string) string {
	l, _, _ := strings.Cut(s, "\n")
	return printableXML(l)
}

func printableXML(s string) string { return Clean(s) }

// Differences writes mismatches as plain text.
func Differences(ms []fixture.Mismatch) string {
	var b strings.Builder
	for _, m := range ms {
		fmt.Fprintf(&b, "%s: want %s, got %s\n", m.Path, oneLine(m.Want), oneLine(m.Got))
	}
	return strings.TrimRight(b.String(), "\n")
}

// OutcomeTest turns an outcome into a test.
func OutcomeTest(o replay.Outcome) Test {
	t := Test{Class: "labelmilter.replay", Name: o.Item.File, Took: o.Took, Error: failure(o)}
	switch {
	case t.Error != "":
	case o.Missing:
		t.Failure = "no expectation beside the message"
	case len(o.Mismatches) > 0:
		t.Failure = Differences(o.Mismatches)
	}
	return t
}
