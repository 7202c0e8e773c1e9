// Package failpoint holds the named places at which tests make things go
// wrong: a panic in a stage, a full disk, a source that is slow. Nothing but a
// test arms one; unarmed, a place costs one load.
package failpoint

import (
	"maps"
	"sync"
	"sync/atomic"
)

// Name names a place.
type Name string

// The places.
const (
	Spool     Name = "spool"     // the message is put together
	Thread    Name = "thread"    // the mark of the conversation is read
	History   Name = "history"   // what senders did before is read
	Directory Name = "directory" // people are asked for
	Extract   Name = "extract"
	Detect    Name = "detect"
	Marking   Name = "marking"
	LabelRule Name = "label-rule" // conditions of label rules
	Label     Name = "label"
	Condition Name = "condition" // a rule is matched
	Action    Name = "action"    // the actions of a matched rule are filled in
	Plan      Name = "plan"
	Edit      Name = "edit"    // the body is edited
	Seal      Name = "seal"    // the body is encrypted
	Intent    Name = "intent"  // the decision is made durable
	Append    Name = "append"  // the record is written
	Journal   Name = "journal" // the record is put on disk
	Marks     Name = "marks"   // marks of conversations go to the database
	Outcome   Name = "outcome"
)

// Names are all places.
var Names = []Name{Spool, Thread, History, Directory, Extract, Detect, Marking, LabelRule, Label, Condition, Action, Plan, Edit, Seal, Intent, Append, Journal, Marks, Outcome}

var (
	mu    sync.Mutex
	armed atomic.Pointer[map[Name]func() error]
)

// Here does what the place is armed with: it may panic or take its time. An
// error means nothing here.
func Here(n Name) { _ = Err(n) }

// Err does what the place is armed with and gives its error.
func Err(n Name) error {
	m := armed.Load()
	if m == nil {
		return nil
	}
	if f := (*m)[n]; f != nil {
		return f()
	}
	return nil
}

// Arm arms a place until disarm is called. It is for tests that run alone.
func Arm(n Name, f func() error) (disarm func()) {
	set(n, f)
	return func() { set(n, nil) }
}

func set(n Name, f func() error) {
	mu.Lock()
	defer mu.Unlock()
	next := map[Name]func() error{}
	if m := armed.Load(); m != nil {
		maps.Copy(next, *m)
	}
	if f == nil {
		delete(next, n)
	} else {
		next[n] = f
	}
	if len(next) == 0 {
		armed.Store(nil)
		return
	}
	armed.Store(&next)
}
