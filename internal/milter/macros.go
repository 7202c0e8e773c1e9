package milter

import "strings"

// bag is a set of macros with its size in bytes of names and values.
type bag struct {
	m    Macros
	size int
}

// set stores name, value pairs within the limits.
func (b *bag) set(pairs []string) error {
	if b.m == nil {
		b.m = make(Macros, 16)
	}
	for i := 0; i+1 < len(pairs); i += 2 {
		k, v := pairs[i], pairs[i+1]
		if k == "" {
			continue
		}
		b.drop(k)
		if b.size += len(k) + len(v); b.size > maxMacroBytes {
			return fault("macros too long")
		}
		if b.m[k] = v; len(b.m) > maxMacros {
			return fault("too many macros")
		}
	}
	return nil
}

func (b *bag) drop(k string) {
	if old, ok := b.m[k]; ok {
		b.size -= len(k) + len(old)
		delete(b.m, k)
	}
}

// become makes b a copy of o.
func (b *bag) become(o bag) {
	if b.m == nil {
		b.m = make(Macros, 16)
	}
	clear(b.m)
	for k, v := range o.m {
		b.m[k] = v
	}
	b.size = o.size
}

// macroStore merges the macros of a connection with those of the message in
// hand. MACRO frames come before the command they belong to, so those of
// CONNECT and MAIL wait until the command starts the new state.
type macroStore struct {
	conn bag  // from CONNECT and HELO
	all  bag  // conn overlaid with the message's; what sessions see
	rcpt bool // all has macros of a recipient

	nextConn, nextMail []string // name, value pairs
}

// add takes a MACRO frame for cmd. Frames for commands of a message are
// dropped outside one.
func (m *macroStore) add(cmd byte, pairs []string, inMessage bool) error {
	switch cmd {
	case cmdConnect:
		m.nextConn = pairs
		return nil
	case cmdMail:
		m.nextMail = pairs
		return nil
	case cmdHelo:
		if err := m.conn.set(pairs); err != nil {
			return err
		}
	case cmdRcpt, cmdData, cmdHeader, cmdEOH, cmdBody, cmdEOM:
		if !inMessage {
			return nil
		}
		m.dropRcpt()
		m.rcpt = cmd == cmdRcpt
	default:
		return nil
	}
	return m.all.set(pairs)
}

// startConn begins a new SMTP session with the macros waiting for it.
func (m *macroStore) startConn() error {
	pairs := m.nextConn
	m.reset()
	if err := m.conn.set(pairs); err != nil {
		return err
	}
	m.endMessage()
	return nil
}

// startMail begins a message with the macros waiting for it.
func (m *macroStore) startMail() error {
	pairs := m.nextMail
	m.nextMail = nil
	m.endMessage()
	return m.all.set(pairs)
}

// endMessage forgets the macros of the message.
func (m *macroStore) endMessage() {
	m.all.become(m.conn)
	m.rcpt = false
}

// reset forgets all.
func (m *macroStore) reset() { *m = macroStore{} }

// at gives the macros for a stage. Those of the last recipient are not left
// standing for what concerns the whole message.
func (m *macroStore) at(s stage) Macros {
	if s > stageRcpt {
		m.dropRcpt()
	}
	if m.all.m == nil {
		m.all.m = make(Macros)
	}
	return m.all.m
}

func (m *macroStore) dropRcpt() {
	if !m.rcpt {
		return
	}
	m.rcpt = false
	for k := range m.all.m {
		if strings.HasPrefix(k, "rcpt_") {
			m.all.drop(k)
		}
	}
}
