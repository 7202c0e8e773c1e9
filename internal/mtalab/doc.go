// Package mtalab runs private mail servers for tests and for the demo: a
// Postfix and a Sendmail instance that use nothing of the system but its
// installed programs, an SMTP sink that keeps what they deliver, and an SMTP
// client with full control of the dialogue.
//
// Every instance lives in a temporary folder, listens on a loopback port of
// its own, writes its own log and sends nothing beyond the next hop it is
// given. Several instances may run at the same time. Starting one needs root
// (Postfix drops privileges, Sendmail gets a private mount namespace); where
// that is not possible Missing says why and tests skip.
//
// The package is not a mail server, and its SMTP sink and client speak only
// what tests need (RFC 5321, RFC 6152, RFC 6531, RFC 1870, RFC 2920, and
// Postfix's XCLIENT); there is no TLS and no authentication.
package mtalab
