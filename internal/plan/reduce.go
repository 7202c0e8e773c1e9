package plan

import (
	"slices"
	"strings"

	"labelmilter/internal/label"
	"labelmilter/internal/marking"
	"labelmilter/internal/message"
)

// singleIMM gives the one marker that a marking may carry to these recipients:
// that of the label, else the first; none if there is nothing to reduce.
func (e *editor) singleIMM(in Input, m marking.Marking, want label.Marking, o Options) []string {
	if in.Direction != message.Outbound || !slices.ContainsFunc(in.Message.Envelope.RcptTo, func(r string) bool { return domainIn(o.Marking.SingleIMM, r) }) {
		return nil
	}
	all := slices.Clone(want.IMMs)
	for _, x := range m.IMMs {
		if !slices.Contains(all, x) {
			all = append(all, x)
		}
	}
	if len(all) < 2 {
		return nil
	}
	return all[:1]
}

// reduce leaves one marker and says in NOTE and in the result which were lost.
func (e *editor) reduce(m marking.Marking, single []string) marking.Marking {
	if len(single) == 0 {
		return m
	}
	var lost []string
	for _, x := range m.IMMs {
		if x != single[0] {
			lost = append(lost, x)
		}
	}
	if len(lost) == 0 {
		return m
	}
	m.IMMs = slices.Clone(single)
	note := "also " + strings.Join(lost, " and ")
	if m.Note != "" {
		note = m.Note + "; " + note
	}
	if written := len(note) + strings.Count(note, ",") + strings.Count(note, `\`); written <= maxNote && !strings.Contains(m.Note, "also "+lost[0]) {
		m.Note = note
	}
	c := label.Conflict{Code: label.IMMsReduced, Kept: single[0], Lost: lost, Detail: "a recipient's readers take one information management marker"}
	if !slices.ContainsFunc(e.conflicts, func(x label.Conflict) bool { return x.Code == c.Code }) {
		e.conflicts = append(e.conflicts, c)
	}
	return m
}

// maxNote is the longest NOTE in octets as written (EPMS 2024 Table 14).
const maxNote = 128

// domainIn reports whether the domain of an address is in a list of domains;
// one with a leading dot stands for its subdomains.
func domainIn(domains []string, address string) bool {
	i := strings.LastIndexByte(address, '@')
	if i < 0 {
		return false
	}
	d := strings.ToLower(address[i+1:])
	return slices.ContainsFunc(domains, func(x string) bool {
		x = strings.ToLower(x)
		return x == d || strings.HasPrefix(x, ".") && strings.HasSuffix(d, x)
	})
}
