package dkim

import (
	"encoding/base64"
	"strconv"
	"strings"

	"labelmilter/internal/message"
)

const signatureName = "dkim-signature"

// signatures reads the DKIM-Signature fields from the top.
func signatures(header message.Header) []*Signature {
	var out []*Signature
	var count map[string]int
	for _, f := range header {
		if !f.Is(signatureName) {
			continue
		}
		if len(out) == maxSignatures {
			break
		}
		if count == nil {
			count = make(map[string]int, len(header))
			for _, g := range header {
				count[strings.ToLower(g.Name)]++
			}
		}
		s := parseSignature(f.Raw)
		s.Occurrence = len(out) + 1
		seen := map[string]bool{}
		for _, n := range s.Signed {
			if !seen[n] && s.listed[n] > count[n] {
				s.Oversigned = append(s.Oversigned, n)
			}
			seen[n] = true
		}
		out = append(out, s)
	}
	return out
}

// parseSignature reads a DKIM-Signature value (RFC 6376 3.5).
func parseSignature(raw string) *Signature {
	s := &Signature{BodyHash: HashUnknown, Header: Simple, Body: Simple}
	tags, problem := tagList(raw)
	s.Domain, s.Selector, s.Algorithm = tags["d"], tags["s"], strings.ToLower(tags["a"])
	s.Problem = problem
	fail := func(why string) {
		if s.Problem == "" {
			s.Problem = why
		}
	}
	if c, ok := tags["c"]; ok {
		head, body, both := strings.Cut(strings.ToLower(c), "/")
		s.Header = Canon(head)
		if both {
			s.Body = Canon(body)
		}
		if !s.Header.known() || !s.Body.known() {
			fail("canonicalisation is unknown")
		}
	}
	names := strings.Split(tags["h"], ":")
	if len(names) > maxSigned {
		fail("too many names in h=")
		names = nil
	}
	s.listed = make(map[string]int, len(names))
	for _, n := range names {
		if n = strings.ToLower(n); n != "" {
			s.Signed = append(s.Signed, n)
			s.listed[n]++
		}
	}
	for _, t := range []string{"v", "a", "b", "bh", "d", "s", "h"} {
		if tags[t] == "" {
			fail("tag " + t + "= is missing")
		}
	}
	if tags["v"] != "1" {
		fail("version is not 1")
	}
	if s.listed["from"] == 0 {
		fail("From is not signed") // RFC 6376 5.4: h= must include it
	}
	if l, ok := tags["l"]; ok {
		n, err := strconv.ParseInt(l, 10, 64)
		if err != nil || n < 0 {
			fail("l= is no number")
		} else {
			s.Limited, s.Length = true, n
		}
	}
	var err error
	if s.hash, err = base64.StdEncoding.DecodeString(tags["bh"]); err != nil {
		fail("bh= is not base64")
	}
	if hashOf(s.Algorithm) == nil {
		fail("algorithm is unknown")
	}
	return s
}

func (c Canon) known() bool { return c == Simple || c == Relaxed }

// tagList reads tag=value pairs (RFC 6376 3.2). White space is dropped, also
// within values: none of the tags read here may have any that counts.
func tagList(raw string) (tags map[string]string, problem string) {
	if len(raw) > maxTagList {
		return nil, "signature too long"
	}
	raw = strings.Map(func(r rune) rune {
		switch r {
		case ' ', '\t', '\r', '\n':
			return -1
		}
		return r
	}, raw)
	parts := strings.Split(raw, ";")
	if len(parts) > maxTags {
		return nil, "too many tags"
	}
	tags = make(map[string]string, len(parts))
	for i, p := range parts {
		if p == "" && i == len(parts)-1 {
			break
		}
		name, value, ok := strings.Cut(p, "=")
		if !ok || name == "" {
			return tags, "not a list of tags"
		}
		if _, twice := tags[name]; twice {
			return tags, "a tag occurs twice"
		}
		tags[name] = value
	}
	return tags, ""
}
