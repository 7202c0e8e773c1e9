// Package bench compares the detection engine with other ways to find the
// same expressions and words: regexp2 in its versions 1 and 2 and Go's own
// regexp, one expression after the other. It is a module of its own so that
// what is only compared with is no dependency of the product.
//
//	cd internal/bench && go test -run '^$' -bench . .
package bench
