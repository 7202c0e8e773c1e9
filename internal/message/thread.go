package message

import "strings"

// maxThreadIDs bounds the Message-IDs taken of one message.
const maxThreadIDs = 32

// ThreadIDs gives the Message-IDs of the conversation a message belongs to
// (RFC 5322 3.6.4): those of References and In-Reply-To, oldest first, its own
// last. Of many the last are taken. own tells whether the last one is its own.
func (m *Message) ThreadIDs() (ids []string, own bool) {
	add := func(s string) {
		for _, w := range strings.FieldsFunc(s, func(r rune) bool { return r == ' ' || r == '\t' || r == ',' || r == '\n' || r == '\r' }) {
			if len(w) > 2 && len(w) <= 998 && strings.HasPrefix(w, "<") && strings.HasSuffix(w, ">") {
				ids = append(ids, w)
			}
		}
	}
	for _, name := range []string{"References", "In-Reply-To"} {
		for _, f := range m.Header.All(name) {
			add(f.Value())
		}
	}
	n := len(ids)
	add(m.MessageID())
	own = len(ids) > n
	if len(ids) > maxThreadIDs {
		ids = ids[len(ids)-maxThreadIDs:]
	}
	return ids, own
}

// Before gives the Message-IDs of the messages before this one.
func (m *Message) Before() []string {
	ids, own := m.ThreadIDs()
	if own {
		ids = ids[:len(ids)-1]
	}
	return ids
}
