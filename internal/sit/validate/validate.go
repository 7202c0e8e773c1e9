// Package validate holds the named validators of sensitive information types:
// check digits, date parts, prefixes and other structure that a regular
// expression cannot test. A validator gets the text a pattern matched, with
// its delimiters, and answers whether it can be such a number. It never looks
// a number up: whether it was issued is not known here.
//
// Validators are pure: no clock, no I/O, the same answer for ever. They accept
// upper and lower case, skip only the delimiters customary for their number,
// test the length before anything else, and never panic.
package validate

import "slices"

// Func reports whether s, the match as it stands in text, passes. It is safe
// for concurrent use and for any bytes; bytes outside ASCII fail unless the
// validator's Doc says otherwise.
type Func func(s string) bool

// entry is one named validator.
type entry struct {
	name string
	doc  string
	fn   Func
}

// families lists every table; each is a constant of its own file.
func families() [][]entry {
	return [][]entry{
		genericTable, financeTable, cardTable, cryptoTable, secretTable, miscTable, dateTable, mrzTable,
		australiaTable, newZealandTable, americasTable, latinTable, britainTable,
		westEuropeTable, franceTable, spainTable, germanTable, italyTable,
		nordicTable, balticTable, centralTable, polandTable, southEastTable,
		asiaTable, chinaTable, indiaTable, africaTable,
	}
}

// Lookup returns the validator of that name.
func Lookup(name string) (Func, bool) {
	if e := find(name); e != nil {
		return e.fn, true
	}
	return nil, false
}

// Doc says in one line what the validator checks and after which source; ""
// if there is none of that name.
func Doc(name string) string {
	if e := find(name); e != nil {
		return e.doc
	}
	return ""
}

// Names lists all validators, sorted.
func Names() []string {
	var names []string
	for _, f := range families() {
		for _, e := range f {
			names = append(names, e.name)
		}
	}
	slices.Sort(names)
	return names
}

// find is linear: names are resolved when rules are compiled, never per match.
func find(name string) *entry {
	for _, f := range families() {
		for i := range f {
			if f[i].name == name {
				return &f[i]
			}
		}
	}
	return nil
}

// All is the validator that passes what each of fns passes.
func All(fns ...Func) Func {
	fns = slices.Clone(fns)
	return func(s string) bool {
		for _, f := range fns {
			if !f(s) {
				return false
			}
		}
		return true
	}
}

// Any is the validator that passes what one of fns passes.
func Any(fns ...Func) Func {
	fns = slices.Clone(fns)
	return func(s string) bool {
		for _, f := range fns {
			if f(s) {
				return true
			}
		}
		return false
	}
}
