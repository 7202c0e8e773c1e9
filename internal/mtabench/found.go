package main

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"

	"labelmilter/internal/mtabench/corpus"
	"labelmilter/internal/store"
)

// found counts what was planted in the messages of decision records and what
// the records say was found of it.
type found struct{ planted, found, messages int }

// String is the count for the table, "" if nothing was planted.
func (f found) String() string {
	if f.planted == 0 {
		return ""
	}
	return fmt.Sprintf("Found %d of %d planted identifiers and markings in %d messages.", f.found, f.planted, f.messages)
}

// found reads the last n records of labelmilter and compares them with the
// mail that was sent, by Message-ID.
func (s *setUp) found(ctx context.Context, mail []corpus.Message, n int) (f found, err error) {
	planted := map[string]map[string]int{}
	for _, m := range mail {
		planted[messageID(m.Data)] = m.Planted
	}
	var records []store.Record
	if err := s.reading(ctx, func(r *store.Reader) (err error) {
		records, err = r.Recent(ctx, min(n, store.MaxFound))
		return err
	}); err != nil {
		return f, err
	}
	for _, rec := range records {
		want, ok := planted[rec.MessageID]
		if !ok {
			return f, fmt.Errorf("a record of a message that was not sent, or without its Message-ID")
		}
		if err := f.add(want, rec.Result); err != nil {
			return f, err
		}
	}
	return f, nil
}

// add compares one record.
func (f *found) add(want map[string]int, result []byte) error {
	var r struct {
		Findings []struct {
			Type  string
			Count int
		}
		Markings []struct{ Source string }
	}
	if err := json.Unmarshal(result, &r); err != nil {
		return err
	}
	got := map[string]int{}
	for _, x := range r.Findings {
		got[x.Type] += x.Count
	}
	for _, x := range r.Markings {
		if x.Source == "header" {
			got[corpus.Marking]++
		}
	}
	f.messages++
	for typ, n := range want {
		f.planted += n
		f.found += min(n, got[typ])
	}
	return nil
}

// messageID is the Message-ID of a message of the corpus.
func messageID(data []byte) string {
	_, rest, _ := strings.Cut(string(data[:min(len(data), 8192)]), "\r\nMessage-ID: ")
	id, _, _ := strings.Cut(rest, "\r\n")
	return id
}
