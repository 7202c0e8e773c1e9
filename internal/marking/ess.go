package marking

import (
	"bytes"
	"strconv"
)

// The security label of RFC 2634 3.2, and that of X.411 it was made after:
//
//	SET { security-policy-identifier OBJECT IDENTIFIER,
//	      security-classification INTEGER OPTIONAL,
//	      privacy-mark PrintableString or UTF8String OPTIONAL,
//	      security-categories SET OPTIONAL }
//
// The signature around it is not checked: the label is a claim.

// oidSecurityLabel is id-aa-securityLabel, 1.2.840.113549.1.9.16.2.2.
var oidSecurityLabel = []byte{0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x09, 0x10, 0x02, 0x02}

// oidSignedData is 1.2.840.113549.1.7.2.
var oidSignedData = []byte{0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x07, 0x02}

// essClasses are the values 0 to 5 of RFC 2634 3.2, lowest first.
func essClasses() []string {
	return []string{"unmarked", "unclassified", "restricted", "confidential", "secret", "top-secret"}
}

// ESSClass names a security-classification: the words of RFC 2634 3.2, or the
// number itself for a value of the policy's own.
func ESSClass(n int) string {
	if c := essClasses(); n >= 0 && n < len(c) {
		return c[n]
	}
	return strconv.Itoa(n)
}

// maxCategories bounds the categories counted in one label.
const maxCategories = 64

type securityLabel struct {
	policy     string // dotted
	class      int    // -1 if absent
	mark       string
	categories int
}

// fill writes the label into m.
func (l securityLabel) fill(m *Marking) {
	m.Namespace = l.policy
	if l.class < 0 {
		m.unreadable("the label has no classification")
	} else {
		m.Classification = ESSClass(l.class)
	}
	if l.categories > 0 {
		m.Caveats = append(m.Caveats, "categories")
	}
	if len(l.mark) <= maxName && plainASCII(l.mark) {
		m.Note = l.mark
	}
}

// parseSecurityLabel reads the DER or BER of one label.
func parseSecurityLabel(b []byte) (securityLabel, bool) {
	l := securityLabel{class: -1}
	set, rest, ok := readTLV(b, 0)
	if !ok || set.tag != 0x31 || len(rest) > 0 {
		return l, false
	}
	seen := map[byte]bool{}
	for in := set.body; len(in) > 0; {
		var e tlv
		if e, in, ok = readTLV(in, 0); !ok || seen[e.tag] {
			return l, false
		}
		seen[e.tag] = true
		switch e.tag {
		case 0x06:
			if l.policy, ok = dottedOID(e.body); !ok {
				return l, false
			}
		case 0x02:
			// 0 to 256 (RFC 2634 ub-integer-options)
			if len(e.body) == 0 || len(e.body) > 2 || e.body[0]&0x80 != 0 {
				return l, false
			}
			l.class = 0
			for _, c := range e.body {
				l.class = l.class<<8 | int(c)
			}
			if l.class > 256 {
				return l, false
			}
		case 0x13, 0x0c:
			l.mark = string(e.body)
		case 0x31:
			for c := e.body; len(c) > 0 && l.categories < maxCategories; l.categories++ {
				if _, c, ok = readTLV(c, 0); !ok {
					return l, false
				}
			}
		default:
			return l, false
		}
	}
	return l, l.policy != "" || l.class >= 0
}

// dottedOID writes an object identifier in dotted form.
func dottedOID(b []byte) (string, bool) {
	if len(b) == 0 || len(b) > 64 || b[len(b)-1]&0x80 != 0 {
		return "", false
	}
	var out []byte
	v, n, first := uint64(0), 0, true
	for _, c := range b {
		if n++; n > 9 {
			return "", false
		}
		v = v<<7 | uint64(c&0x7f)
		if c&0x80 != 0 {
			continue
		}
		if first {
			top := min(v/40, 2)
			out = strconv.AppendUint(out, top, 10)
			v -= top * 40
			first = false
		}
		out = append(out, '.')
		out = strconv.AppendUint(out, v, 10)
		v, n = 0, 0
	}
	return string(out), true
}

// ParseCMS reads the security labels in the signed attributes of a CMS
// SignedData (RFC 5652 5.3), in DER or BER: one for each signer that gave
// one. Content that is something else has none. The signature is not checked.
func ParseCMS(b []byte) []Marking {
	info, _, ok := readTLV(b, 0)
	if !ok || info.tag != 0x30 {
		return nil
	}
	oid, rest, ok := readTLV(info.body, 1)
	if !ok || oid.tag != 0x06 || !bytes.Equal(oid.body, oidSignedData) {
		return nil
	}
	outer, _, ok := readTLV(rest, 1)
	if !ok || outer.tag != 0xa0 {
		return nil
	}
	data, _, ok := readTLV(outer.body, 2)
	if !ok || data.tag != 0x30 {
		return nil
	}
	// version, digestAlgorithms SET, encapContentInfo SEQUENCE, [0] [1], then
	// signerInfos: the last SET.
	var signers []byte
	for in := data.body; len(in) > 0; {
		var e tlv
		if e, in, ok = readTLV(in, 3); !ok {
			return nil
		}
		if e.tag == 0x31 {
			signers = e.body
		}
	}
	var out []Marking
	for n := 0; len(signers) > 0 && n < maxFields; n++ {
		var s tlv
		if s, signers, ok = readTLV(signers, 4); !ok {
			return out
		}
		out = append(out, signerLabels(s.body)...)
	}
	return out
}

// signerLabels reads the labels among the signed attributes of a SignerInfo.
func signerLabels(in []byte) []Marking {
	var out []Marking
	for len(in) > 0 {
		var e tlv
		var ok bool
		if e, in, ok = readTLV(in, 5); !ok {
			return out
		}
		if e.tag != 0xa0 {
			continue
		}
		for attrs := e.body; len(attrs) > 0; {
			var a tlv
			if a, attrs, ok = readTLV(attrs, 6); !ok {
				return out
			}
			oid, values, ok := readTLV(a.body, 7)
			if !ok || oid.tag != 0x06 || !bytes.Equal(oid.body, oidSecurityLabel) {
				continue
			}
			m := newMarking(SourceHeader, "")
			m.Scheme = SchemeESS
			set, _, ok := readTLV(values, 7)
			l, good := securityLabel{}, false
			if ok && set.tag == 0x31 {
				l, good = parseSecurityLabel(set.body)
			}
			if good {
				l.fill(&m)
			} else {
				m.unreadable("the label cannot be read")
			}
			out = append(out, m)
		}
	}
	return out
}
