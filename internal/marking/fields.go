package marking

import "strings"

// Field is one header field of a message.
type Field struct {
	Name string
	Raw  string // value as received, folds included
}

// maxField bounds the value of a label field of another scheme, in octets
// unfolded; a longer one is reported and not read.
const maxField = 64 << 10

// maxFields bounds the label fields of other schemes read of one message.
const maxFields = 64

// maxName bounds a class that is a customer's own word, in octets.
const maxName = 128

// Fields reads the markings in the header of a message, in order of the
// fields: X-Protective-Marking, SIO-Label and the label fields of products,
// as far as their schemes are read.
func (r *Reader) Fields(fields []Field) []Marking {
	var out []Marking
	others := 0
	add := func(f Field, read func(value string) Marking) {
		if others++; others > maxFields {
			return
		}
		v := unfoldField(f.Raw)
		if len(v) > maxField {
			m := newMarking(SourceHeader, "")
			m.Scheme = read("").Scheme
			m.Diagnostics = append(m.Diagnostics, diagnostic(MarkingTooLong, 0, "more than 64 KiB"))
			out = append(out, m)
			return
		}
		m := read(v)
		m.Raw = v[:min(len(v), maxMarking)]
		out = append(out, m)
	}
	for _, f := range fields {
		name := strings.ToLower(f.Name)
		switch {
		case name == "x-protective-marking":
			if m, ok := r.protective(f.Raw); ok {
				out = append(out, m)
			}
		case name == "sio-label" && r.Reads(SchemeSIO):
			add(f, parseSIO)
		case name == "sio-label-history" && r.Reads(SchemeSIO):
			if others++; others <= maxFields && len(f.Raw) <= maxField {
				for _, m := range parseSIOHistory(unfoldField(f.Raw)) {
					m.Raw = m.Raw[:min(len(m.Raw), maxMarking)]
					out = append(out, m)
				}
			}
		case name == "x-titus-metadata-40" && r.Reads(SchemeTitus):
			add(f, parseTitus)
		case isBoldonJames(name) && r.Reads(SchemeBoldonJames):
			add(f, parseBoldonJames)
		case name == "x-microsoft-classification" && r.Reads(SchemeExchange):
			add(f, func(v string) Marking { return exchange(v, fields) })
		case name == "x-rsa-classifications" && r.Reads(SchemeRSA):
			add(f, func(v string) Marking { return named(SchemeRSA, v) })
		case name == "dlp-reaction" && r.Reads(SchemeTrellix):
			add(f, func(v string) Marking { return named(SchemeTrellix, v) })
		case isTitusSchema(name) && r.Reads(SchemeTitus):
			add(f, func(v string) Marking {
				m := named(SchemeTitus, v)
				m.Namespace = strings.TrimSuffix(strings.TrimPrefix(name, "x-"), "classification")
				return m
			})
		}
	}
	return out
}

// protective reads an X-Protective-Marking field. One with another namespace
// is the business of the scheme that reads those; if none does it is reported
// as foreign.
func (r *Reader) protective(raw string) (Marking, bool) {
	m := ParseHeader(raw)
	switch {
	case m.Scheme == SchemeForeign && r.Reads(SchemeJanusseal):
		return janusseal(m), true
	case r.au:
		return m, true
	}
	return m, false
}

// unfoldField removes line ends and the blanks around the value.
func unfoldField(raw string) string {
	if strings.ContainsAny(raw, "\r\n") {
		raw = strings.NewReplacer("\r", "", "\n", "").Replace(raw)
	}
	return trimBlank(raw)
}

// named is a marking whose class is a word of the customer.
func named(scheme, value string) Marking {
	m := newMarking(SourceHeader, value)
	m.Scheme = scheme
	m.setName(value)
	return m
}

// setName sets a class that is free text: printable ASCII, blanks collapsed,
// at most maxName octets. Anything else cannot be compared with a table.
func (m *Marking) setName(value string) {
	r := reader{m: m}
	switch v := strings.Join(strings.Fields(value), " "); {
	case v == "":
		r.add(EmptyMarking, 0, "the class is empty")
	case len(v) > maxName:
		r.add(TextTooLong, 0, "the class is longer than 128 octets")
	case !plainASCII(v):
		r.add(NonASCIIMarking, 0, "the class is not plain printable ASCII")
	default:
		m.Classification = v
	}
}

// unreadable reports a label that is there but cannot be read.
func (m *Marking) unreadable(msg string) {
	r := reader{m: m}
	r.add(UnknownClassification, 0, msg)
}

// isTitusSchema tells x-<schema>classification of a Titus policy.
func isTitusSchema(name string) bool {
	return strings.HasPrefix(name, "x-") && strings.HasSuffix(name, "classification") &&
		len(name) > len("x-classification") && len(name) <= maxWord && name != "x-microsoft-classification" &&
		!strings.HasPrefix(name, "x-bj")
}

// exchange reads an Exchange message classification ([MS-OXCMAIL]): the name,
// and as namespace the GUID, which alone identifies it.
func exchange(v string, fields []Field) Marking {
	m := named(SchemeExchange, v)
	for _, f := range fields {
		if strings.EqualFold(f.Name, "x-microsoft-classid") && len(f.Raw) <= maxName {
			m.Namespace = strings.ToLower(strings.Trim(unfoldField(f.Raw), "{}"))
			break
		}
	}
	return m
}

// janusseal reads the class of a field whose namespace is a customer's: the
// value of its SEC element, as written.
func janusseal(m Marking) Marking {
	out := newMarking(SourceHeader, m.Raw)
	out.Scheme, out.Namespace, out.Version, out.Origin = SchemeJanusseal, m.Namespace, m.Version, m.Origin
	for _, el := range strings.Split(unfoldField(m.Raw), ",") {
		k, v, ok := strings.Cut(trimBlank(el), "=")
		if ok && strings.EqualFold(trimBlank(k), "SEC") {
			out.setName(v)
			return out
		}
	}
	r := reader{m: &out}
	r.add(MissingSec, 0, "no SEC element")
	return out
}
