// Package conformance holds tests only: the cases a mail system's own milter
// must pass, run on three levels. "Frame" is a client that speaks raw frames
// to the server; "Postfix" and "Sendmail" are private instances of the real
// servers (package mtalab) with real SMTP clients before and an SMTP server
// behind them. What a filter answers is scripted per message; package milter
// below is the real one, and so is package filter where a case is about it.
//
// The cases and the reasons why one does not apply to a level are in
// cases_test.go. Each run ends with the table of cases and levels, which is
// also written to the file named by LABELMILTER_CONFORMANCE. A run of all
// tests fails if a cell of the table is empty.
package conformance
