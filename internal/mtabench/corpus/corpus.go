// Package corpus makes the mail that performance is measured on. It is made,
// not collected: a generator with a fixed seed gives the same messages on
// every machine. Nothing in it is anybody's: names are syllables, identifiers
// are random digits with a correct check digit.
//
// A message has what mail of today brings along through two relays: about
// twenty header fields, among them Received, DKIM-Signature and
// Authentication-Results.
package corpus

import (
	"fmt"
	"math/rand/v2"
	"strings"
)

// Message is one mail to be sent.
type Message struct {
	From string // envelope addresses, without angle brackets
	To   string
	Data []byte // header and body, lines end in CRLF
	// Planted counts the identifiers with a correct check digit, and the
	// protective markings, by name. Decoys, in which the check digit is
	// wrong, are not counted.
	Planted map[string]int
}

// Set is a kind of message.
type Set struct {
	Name string // short, for flags and tables
	Note string // what it is
	make func(*gen) body
}

// Sets gives all kinds of message in the order of the tables.
func Sets() []Set {
	return []Set{
		{"clean", "text, 10 kB", clean},
		{"hits", "text, 10 kB, with identifiers, decoys and a protective marking", hits},
		{"html", "HTML, 50 kB", html},
		{"prose", "multipart/alternative, 50 kB", prose},
		{"attachment", "base64 text attachment, 200 kB", attachment},
	}
}

// Messages makes n different messages of a set.
func (s Set) Messages(seed uint64, n int) []Message {
	out := make([]Message, n)
	for i := range out {
		g := newGen(seed, s.Name, i)
		b := s.make(g)
		out[i] = g.message(b)
	}
	return out
}

// Text gives the text of a message of this set before it is encoded, for
// measurements without mail around it.
func (s Set) Text(seed uint64, i int) string { return s.make(newGen(seed, s.Name, i)).text }

// body is a message without its general header fields.
type body struct {
	subject string
	marking string // value of X-Protective-Marking, "" for none
	fields  string // MIME header fields, each with its line end
	data    string
	text    string // the text behind data
}

// gen is the source of everything random in one message.
type gen struct {
	*rand.Rand
	common, syllables []string
	planted           map[string]int
}

func newGen(seed uint64, set string, i int) *gen {
	h := seed
	for _, c := range []byte(set) {
		h = h*1099511628211 ^ uint64(c)
	}
	return &gen{Rand: rand.New(rand.NewPCG(h, uint64(i))), common: strings.Fields(common), syllables: strings.Fields(syllables), planted: map[string]int{}}
}

// message puts the header before a body.
func (g *gen) message(b body) Message {
	from := g.word() + "." + g.word() + "@sender.example"
	to := g.word() + "@agency.gov.au"
	id := fmt.Sprintf("<%016x.%08x@desk.sender.example>", g.Uint64(), g.Uint32())
	var h strings.Builder
	field := func(name, value string) { h.WriteString(name + ": " + value + "\r\n") }
	field("Return-Path", "<"+from+">")
	field("Received", fmt.Sprintf("from mail.sender.example (mail.sender.example [192.0.2.%d])\r\n\tby mx.agency.gov.au (Postfix) with ESMTPS id %010X\r\n\tfor <%s>; Mon, 2 Nov 2026 10:%02d:%02d +1100 (AEDT)", 1+g.IntN(250), g.Uint32(), to, g.IntN(60), g.IntN(60)))
	field("Received", fmt.Sprintf("from desk%d.sender.example (unknown [10.1.%d.%d])\r\n\tby mail.sender.example (Postfix) with ESMTPSA id %010X;\r\n\tMon, 2 Nov 2026 10:%02d:%02d +1100 (AEDT)", g.IntN(100), g.IntN(250), g.IntN(250), g.Uint32(), g.IntN(60), g.IntN(60)))
	field("Authentication-Results", "mx.agency.gov.au; dkim=pass header.d=sender.example\r\n\theader.s=s2026; spf=pass smtp.mailfrom=sender.example;\r\n\tdmarc=pass header.from=sender.example")
	field("DKIM-Signature", "v=1; a=rsa-sha256; c=relaxed/relaxed; d=sender.example;\r\n\ts=s2026; t=1793577600; h=from:to:subject:date:message-id:mime-version;\r\n\tbh="+g.base64(43)+"=;\r\n\tb="+g.base64(64)+"\r\n\t "+g.base64(72)+"\r\n\t "+g.base64(72)+"\r\n\t "+g.base64(72)+"\r\n\t "+g.base64(60)+"==")
	field("From", g.title(g.word())+" "+g.title(g.word())+" <"+from+">")
	field("To", g.title(g.word())+" <"+to+">")
	field("Subject", b.subject)
	field("Date", fmt.Sprintf("Mon, 2 Nov 2026 10:%02d:%02d +1100", g.IntN(60), g.IntN(60)))
	field("Message-ID", id)
	field("In-Reply-To", fmt.Sprintf("<%016x@mx.agency.gov.au>", g.Uint64()))
	field("References", fmt.Sprintf("<%016x@mx.agency.gov.au>\r\n\t<%016x@desk.sender.example>", g.Uint64(), g.Uint64()))
	field("X-Mailer", "Example Mail 16.0")
	field("X-Originating-IP", fmt.Sprintf("[10.1.%d.%d]", g.IntN(250), g.IntN(250)))
	field("Thread-Index", g.base64(30)+"==")
	field("Accept-Language", "en-AU, en-US")
	field("Content-Language", "en-AU")
	if b.marking != "" {
		field("X-Protective-Marking", b.marking)
	}
	field("MIME-Version", "1.0")
	h.WriteString(b.fields)
	h.WriteString("\r\n")
	return Message{From: from, To: to, Data: []byte(h.String() + b.data), Planted: g.planted}
}

const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"

// base64 gives n random characters of the alphabet of base64.
func (g *gen) base64(n int) string {
	b := make([]byte, n)
	for i := range b {
		b[i] = alphabet[g.IntN(len(alphabet))]
	}
	return string(b)
}
