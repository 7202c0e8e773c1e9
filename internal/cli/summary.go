package cli

import (
	"fmt"

	"labelmilter/internal/output"
	"labelmilter/internal/replay"
)

// summary writes outcomes as they come and counts them.
type summary struct {
	a     *command
	j     *judgeFlags
	o     replay.Options
	pipes *pipelines
	text  *output.Printer
	tests []output.Test

	judged, ok, differ, missing, broken, hits, updated int
	err                                                error
}

func (s *summary) add(o replay.Outcome) {
	switch {
	case o.Err != nil || o.Problems.HasErrors():
		s.broken++
	default:
		s.judged++
		switch {
		case o.Missing:
			s.missing++
		case len(o.Mismatches) > 0:
			s.differ++
		default:
			s.ok++
		}
		if o.Updated {
			s.updated++
		}
		if p, _ := s.pipes.Pipeline(nil); s.j.failOn != "" && s.j.failsOn(p, o.Result) {
			s.hits++
		}
	}
	if s.err != nil {
		return
	}
	switch s.j.format {
	case "json":
		s.err = output.JSON(s.a.stdout, o, s.o.Expectations)
	case "junit":
		t := output.OutcomeTest(o)
		if s.j.failOn != "" && t.Failure == "" && t.Error == "" {
			if p, _ := s.pipes.Pipeline(nil); s.j.failsOn(p, o.Result) {
				t.Failure = "matched --fail-on " + s.j.failOn
			}
		}
		s.tests = append(s.tests, t)
	default:
		s.printText(o)
	}
}

// printText writes one outcome for people: everything for check, one line
// each with differences for replay.
func (s *summary) printText(o replay.Outcome) {
	if o.Err != nil {
		fmt.Fprintf(s.a.stderr, "labelmilter: error: %s\n", o.Err)
		return
	}
	if o.Problems.HasErrors() {
		for _, p := range o.Problems {
			fmt.Fprintln(s.a.stderr, problemText(p))
		}
		return
	}
	if !s.o.Expectations {
		s.text.Result(o.Result, s.j.showParts)
		return
	}
	word := s.text.Good("ok  ")
	switch {
	case o.Missing:
		word = s.text.Bad("none")
	case len(o.Mismatches) > 0:
		word = s.text.Bad("FAIL")
	case o.WantFile == "":
		word = "    "
	}
	label := "no label"
	if o.Result.Label != nil && o.Result.Label.ID != "" {
		label = string(o.Result.Label.ID)
	}
	s.text.Line("%s %s: %s, %s", word, o.Item.File, label, o.Result.Verdict.Disposition)
	switch {
	case o.Missing:
		s.text.Line("    no expectation beside the message (write %s, or use --no-expectations)", o.WantFile)
	case len(o.Mismatches) > 0:
		s.text.Mismatches(o.Mismatches)
		if o.Updated {
			s.text.Line("    updated %s, %d differences left", o.WantFile, o.Left)
		}
	}
	if s.j.explain {
		s.text.Result(o.Result, s.j.showParts)
	}
}

// finish writes what stands at the end and gives the exit code.
func (s *summary) finish(empty bool) error {
	if s.err == nil {
		s.err = s.text.Err()
	}
	if s.j.format == "junit" && s.err == nil {
		s.err = output.JUnit(s.a.stdout, "labelmilter", s.tests)
	}
	switch {
	case s.err != nil:
		return fmt.Errorf("writing results: %w", s.err)
	case empty:
		return &exit{exitFailed, "no messages found", "name .eml files, Maildir or mbox"}
	case s.broken > 0:
		return &exit{exitFailed, fmt.Sprintf("%d of %d could not be judged", s.broken, s.broken+s.judged), ""}
	case s.differ > 0 && s.updated == 0, s.missing > 0:
		return &exit{code: exitFindings}
	case s.differ > 0:
		return nil // all that differed was updated, or reported as left
	case s.hits > 0:
		return &exit{code: exitFindings}
	}
	return nil
}
