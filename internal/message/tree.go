package message

// IsLeaf reports a part that has content of its own to read: one without
// children other than second readings.
func (p *Part) IsLeaf() bool {
	for _, c := range p.Children {
		if !c.Alternative || p.Alternative {
			return false
		}
	}
	return true
}

// Walk calls f for p and all parts below it in order, second readings
// included.
func (p *Part) Walk(f func(*Part)) {
	if p == nil {
		return
	}
	f(p)
	for _, c := range p.Children {
		c.Walk(f)
	}
}

// Leaves gives all parts with content of their own, in order, second readings
// included.
func (m *Message) Leaves() []*Part {
	var out []*Part
	m.Root.Walk(func(p *Part) {
		if p.IsLeaf() {
			out = append(out, p)
		}
	})
	return out
}
