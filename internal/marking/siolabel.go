package marking

import (
	"bytes"
	"encoding/asn1"
	"encoding/base64"
	"encoding/xml"
	"errors"
	"io"
	"mime"
	"slices"
	"strings"
)

// parseSIO reads an SIO-Label field (RFC 7444 2): parameters in the form of
// RFC 2045 and RFC 2231, among them marking (the words shown to people), type
// (the syntax of the label) and label (base64). Labels of the types :ess,
// :x411 and :xml (ADatP-4774) are read; of other types, and without a label,
// the words shown are the class.
func parseSIO(value string) Marking {
	m := newMarking(SourceHeader, value)
	m.Scheme = SchemeSIO
	if value == "" {
		r := reader{m: &m}
		r.add(EmptyMarking, 0, "the field is empty")
		return m
	}
	params, ok := sioParameters(value)
	if !ok {
		m.unreadable("the parameters cannot be read")
		return m
	}
	m.fillSIO(params, "")
	return m
}

// parseSIOHistory reads an SIO-Label-History field (RFC 7444 3): the label
// before a change, and after it under names with new- in front. They say what
// the message once was: quoted, never own.
func parseSIOHistory(value string) []Marking {
	params, ok := sioParameters(value)
	if !ok {
		return nil
	}
	var out []Marking
	for _, prefix := range []string{"", "new-"} {
		if params[prefix+"marking"] == "" && params[prefix+"label"] == "" {
			continue
		}
		m := newMarking(SourceHeader, value)
		m.Scheme, m.Use = SchemeSIO, Quoted
		m.fillSIO(params, prefix)
		out = append(out, m)
	}
	return out
}

func sioParameters(value string) (map[string]string, bool) {
	_, params, err := mime.ParseMediaType("label/sio; " + strings.TrimRight(value, "; \t"))
	return params, err == nil
}

// fillSIO writes the label that parameters give, under names with a prefix.
func (m *Marking) fillSIO(params map[string]string, prefix string) {
	shown, typ := params[prefix+"marking"], strings.ToLower(trimBlank(params[prefix+"type"]))
	b64 := params[prefix+"label"]
	if b64 == "" || typ != ":ess" && typ != ":x411" && typ != ":xml" {
		m.setName(shown)
		return
	}
	data, err := base64.StdEncoding.DecodeString(strings.Join(strings.Fields(b64), ""))
	switch {
	case err != nil:
		m.unreadable("the label in the field cannot be read")
		return
	case typ == ":xml":
		if !m.fillXML(data) {
			m.unreadable("the XML label in the field cannot be read")
			return
		}
	default:
		l, ok := parseSecurityLabel(data)
		if !ok {
			m.unreadable("the label in the field cannot be read")
			return
		}
		l.fill(m)
	}
	if m.Note == "" && len(shown) <= maxName && plainASCII(shown) {
		m.Note = shown
	}
}

// xmlNamespace is that of confidentiality metadata labels (ADatP-4774).
const xmlNamespace = "urn:nato:stanag:4774:confidentialitymetadatalabel:1:0"

// maxXMLTokens bounds the reading of one label.
const maxXMLTokens = 4096

// fillXML reads a label of ADatP-4774: its policy, classification, privacy
// mark, and whether it has categories. Entities beside the five of XML, and
// anything that is no such label, make it unreadable.
func (m *Marking) fillXML(data []byte) bool {
	d := xml.NewDecoder(bytes.NewReader(data))
	d.CharsetReader = func(string, io.Reader) (io.Reader, error) { return nil, errors.New("not UTF-8") }
	var path []string
	text := map[string]string{}
	policy, categories := "", false
	for range maxXMLTokens {
		t, err := d.Token()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return false
		}
		switch t := t.(type) {
		case xml.Directive:
			return false
		case xml.StartElement:
			if t.Name.Space != xmlNamespace || len(path) == 16 {
				return false
			}
			path = append(path, t.Name.Local)
			categories = categories || t.Name.Local == "Category"
			for _, a := range t.Attr {
				if t.Name.Local == "PolicyIdentifier" && a.Name.Local == "URI" && policy == "" {
					policy = a.Value
				}
			}
		case xml.EndElement:
			path = path[:len(path)-1]
		case xml.CharData:
			if n := len(path); n > 0 && slices.Contains([]string{"PolicyIdentifier", "Classification", "PrivacyMark"}, path[n-1]) {
				if text[path[n-1]] += string(t); len(text[path[n-1]]) > maxMarking {
					return false
				}
			}
		}
	}
	if policy == "" {
		policy = strings.Join(strings.Fields(text["PolicyIdentifier"]), " ")
	}
	if len(path) > 0 || policy == "" || len(policy) > maxName || !plainASCII(policy) {
		return false
	}
	m.Namespace = policy
	m.setName(text["Classification"])
	if categories {
		m.Caveats = append(m.Caveats, "categories")
	}
	if note := strings.Join(strings.Fields(text["PrivacyMark"]), " "); len(note) <= maxName && plainASCII(note) {
		m.Note = note
	}
	return true
}

// SIO is what is written into an SIO-Label field.
type SIO struct {
	Shown  string // the words shown to people, printable ASCII
	Policy string // object identifier of the security policy, "" for no label
	Class  int    // security-classification of the policy, 0 to 256 (RFC 2634 3.2)
}

// ErrSIO is returned for a label that cannot be written.
var ErrSIO = errors.New("marking: no SIO-Label can be written of this")

// FormatSIO writes the parameters of a label as SIO-Label has them (RFC 7444
// 2): the words shown, and with a policy a label of the type :ess. prefix goes
// before each name, "" or "new-". Lines are divided by eol.
func FormatSIO(s SIO, prefix, eol string) (string, error) {
	if s.Shown == "" || len(s.Shown) > maxName || !plainASCII(s.Shown) || strings.ContainsAny(s.Shown, "\r\n") || s.Class < 0 || s.Class > 256 {
		return "", ErrSIO
	}
	out := prefix + `marking="` + strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(s.Shown) + `"`
	want := newMarking(SourceHeader, "")
	if s.Policy != "" {
		oid, ok := ParseOID(s.Policy)
		if !ok {
			return "", ErrSIO
		}
		der, err := asn1.MarshalWithParams(struct {
			Policy asn1.ObjectIdentifier
			Class  int
		}{oid, s.Class}, "set")
		if err != nil {
			return "", ErrSIO
		}
		out += ";" + eol + " " + prefix + `type=":ess"; ` + prefix + `label="` + base64.StdEncoding.EncodeToString(der) + `"`
		securityLabel{policy: s.Policy, class: s.Class}.fill(&want)
	} else {
		want.setName(s.Shown)
	}
	params, ok := sioParameters(unfoldField(out))
	got := newMarking(SourceHeader, "")
	got.fillSIO(params, prefix)
	if !ok || len(got.Diagnostics) > 0 || got.Classification != want.Classification || got.Namespace != want.Namespace {
		return "", ErrSIO
	}
	return out, nil
}

// ParseOID reads an object identifier in dotted form.
func ParseOID(s string) (asn1.ObjectIdentifier, bool) {
	var oid asn1.ObjectIdentifier
	if len(s) > maxName {
		return nil, false
	}
	for _, p := range strings.Split(s, ".") {
		n := 0
		if p == "" || len(p) > 9 || len(p) > 1 && p[0] == '0' {
			return nil, false
		}
		for _, c := range []byte(p) {
			if c < '0' || c > '9' {
				return nil, false
			}
			n = n*10 + int(c-'0')
		}
		oid = append(oid, n)
	}
	if len(oid) < 2 || len(oid) > 32 || oid[0] > 2 || oid[0] < 2 && oid[1] > 39 {
		return nil, false
	}
	return oid, true
}
