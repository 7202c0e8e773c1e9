// Package internal is the map of labelmilter. It holds no code.
//
// # One message, one way
//
//	MTA ── milter packets ──▶ milter        bytes → events; knows no policy
//	                            ▼
//	                          filter ─▶ message.Message   envelope, ordered header, MIME tree; immutable
//	                            │ facts.Facts              everything else that may be known; gathered before
//	       replay, check ───────────────▶ │
//	  ┌───────── pipeline.Process(ctx, message, facts) ▼ pure, deterministic; no I/O but the spool ─────┐
//	  │ extract   texts with their place; what was skipped and why (budget)                             │
//	  │ detect    findings: sensitive information types (sit, match) with evidence and confidence       │
//	  │ marking   protective markings read in header, subject, body                                     │
//	  │ label     one assignment, with its reason                                                       │
//	  │ policy    decision: which rules matched, for whom, to what effect                               │
//	  │ plan      verdict, modifications in sending order, effects                                      │
//	  └──────────────────────────── pipeline.Result (JSON; carries digests) ────────────────────────────┘
//	                            ▼ serve only
//	                          enforce ─▶ store     the record is on disk before the answer is given
//	                            ▼
//	                          filter ─▶ milter ─▶ MTA
//
// # Rules of the flow
//
// A stage takes earlier values and returns a new one; nothing later writes into
// anything earlier. Everything known beside the message is in Facts. The same
// message, facts, rule set and limits give the same Result to the byte. Limits
// that decide are counts, never time. Durable effects are on disk before the
// answer that depends on them. A reload builds everything anew and swaps one
// pointer; a message in hand keeps the snapshot it started with.
//
// # Where things are
//
//	leaves    failpoint (where tests make things go wrong) slack (of timers) redact smime verdict budget facts strictyaml charset marking tip (texts to senders, by language); authres (facts out of Authentication-Results)
//	message   message, bodyedit, extract, and under it: htmltext, document, ooxml, odf, pdf, archive, sniff, xmlscan, worker (confined processes)
//	          formats of old: cfb, ole (what a compound file holds), oleps, officeart, metafile, doc, xls, ppt; oleobject, rtf; mapi, msg, tnef; offcrypto, cms; numfmt
//	finding   match (expressions, words), sit (definitions), sit/validate, detect (engine over detect/automaton), edm (tables of exact data match)
//	deciding  label, directory (files, and under it ldap), policy, override (tokens to get past a rule), plan; for plan: dkim (what edits do to signatures), rewrite (bodies fit for transport)
//	rules     rulepack (YAML packs → Ruleset), assemble (packs + site → Ruleset), ../rules (shipped packs)
//	judging   pipeline; offline: replay, fixture (expectations), ruletest and prove (tests of packs), output
//	daemon    milter, filter, enforce, journal (entries in segment files), store, notify (mail of our own), admin, app, config
//	front     cli, manual, ../cmd/labelmilter
//	tests     mtalab (private Postfix and Sendmail), conformance, integration, demo, mtabench, eval, fuzzrun
//
// Imports go one way, from the front to the leaves; TestImports holds the
// exact rule for every package.
package internal
