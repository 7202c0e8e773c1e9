// Package marking reads and writes protective markings by their grammar.
//
// The scheme is the Australian Government Email Protective Marking Standard
// (EPMS): the X-Protective-Marking field, the tag in the subject, and the
// banner lines and paragraph marks people put into text. Releases 2018.1 to
// 2025.1 are read as present markings, 2012.3 (with its DLM element) and the
// forms of 2005 and 2011 as history.
//
// Reading is tolerant and never fails: every deviation becomes a [Diagnostic]
// with a code, a severity and a place, and whatever class can be read stays
// readable. No tolerance ever lowers a class. Writing is strict: [Format]
// refuses whatever its own reader would remark upon.
//
// The package does not decide what a marking means for a message: labels,
// equivalence tables and the answer to a bad marking are made elsewhere. It
// does no I/O, keeps no state and depends on nothing but the standard
// library. Time and memory are linear in the input.
package marking
