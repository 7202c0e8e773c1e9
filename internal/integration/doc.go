// Package integration tests the built binary through real mail servers: a
// private Postfix and a private Sendmail send mail through `labelmilter serve`
// and what they deliver, refuse or hold is compared with what should come out.
// It holds tests only.
package integration
