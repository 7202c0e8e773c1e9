// Package facts holds everything the pipeline may know besides the message:
// directory attributes, history, the thread floor, override tokens,
// Authentication-Results, the clock. Facts are gathered before judging and
// immutable afterwards; they are part of the decision record.
package facts

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"time"
)

// State says whether a fact could be had.
type State string

// The states of a fact.
const (
	Known       State = "value"       // there is a value
	Absent      State = "absent"      // looked up, there is none; or never asked for
	Unavailable State = "unavailable" // the source did not answer
)

// Fact is one named fact.
type Fact struct {
	State  State  `json:"state" yaml:"state"`
	Value  string `json:"value" yaml:"value"`
	Source string `json:"source" yaml:"source"`
	Reason string `json:"reason" yaml:"reason"` // why unavailable
	Age    string `json:"age" yaml:"age"`       // Go duration, "" if fresh
}

// Facts is the immutable set for one message. The zero value knows nothing.
type Facts struct {
	// Now is the clock of the decision.
	Now time.Time `json:"now"`
	// Named facts by name, for example "sender.group" or "tls".
	Named map[string]Fact `json:"named"`
}

// Get gives a named fact; one that nobody gathered is Absent.
func (f Facts) Get(name string) Fact {
	if v, ok := f.Named[name]; ok {
		return v
	}
	return Fact{State: Absent}
}

// Digest is "sha256:" and the hex digest of the facts in canonical JSON.
func (f Facts) Digest() string {
	b, err := json.Marshal(f) // maps are written in key order
	if err != nil {
		panic(err) // strings and a time always marshal
	}
	s := sha256.Sum256(b)
	return "sha256:" + hex.EncodeToString(s[:])
}
