package marking

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"encoding/xml"
	"errors"
	"io"
	"slices"
	"strings"
)

// Labels of products in the header. Their words are the customer's: what they
// mean is a table of the rule pack.

// maxProps bounds the properties kept of one product label.
const maxProps = 32

// titusJSON is the content of x-titus-metadata-40.
type titusJSON struct {
	Metadata struct {
		NS    string `json:"ns"`
		ID    string `json:"id"`
		Props []struct {
			N    string `json:"n"`
			Vals []struct {
				Value string `json:"value"`
			} `json:"vals"`
		} `json:"props"`
	} `json:"Metadata"`
}

// parseTitus reads base64 JSON: the property whose name ends in
// "classification" is the class, or the only property if there is one; the
// others are kept as "name=value".
func parseTitus(value string) Marking {
	m := newMarking(SourceHeader, value)
	m.Scheme = SchemeTitus
	data, err := base64.StdEncoding.DecodeString(strings.Join(strings.Fields(value), ""))
	var t titusJSON
	if err != nil || json.Unmarshal(data, &t) != nil {
		m.unreadable("the metadata cannot be read")
		return m
	}
	if len(t.Metadata.NS) <= maxName && plainASCII(t.Metadata.NS) {
		m.Namespace = t.Metadata.NS
	}
	var ps []prop
	for _, p := range t.Metadata.Props {
		for _, v := range p.Vals {
			ps = append(ps, prop{p.N, v.Value})
		}
		if len(ps) > maxProps {
			break
		}
	}
	m.setProps(ps)
	return m
}

// prop is one property of a product label.
type prop struct{ name, value string }

// setProps takes the class from the properties and keeps the rest.
func (m *Marking) setProps(ps []prop) {
	class := -1
	for i, p := range ps {
		if strings.HasSuffix(strings.ToLower(p.name), "classification") {
			class = i
			break
		}
	}
	if class < 0 && len(ps) == 1 {
		class = 0
	}
	if class < 0 {
		m.unreadable("no property is the classification")
	} else {
		m.setName(ps[class].value)
	}
	for i, p := range ps[:min(len(ps), maxProps)] {
		s := p.name + "=" + p.value
		if i != class && len(s) <= maxName && plainASCII(s) {
			m.Caveats = addOnce(m.Caveats, s)
		}
	}
}

func isBoldonJames(name string) bool {
	return slices.Contains([]string{"x-bjprotectivemarking", "x-bj-protectivemarking", "x-bjclassification", "x-bj-classification",
		"bjclassification", "bjdocumentsecuritylabel", "bjdocumentlabelxml"}, name)
}

var errXML = errors.New("marking: not a label in XML")

// parseBoldonJames reads <sisl policy="guid"><element uid value/></sisl>, or a
// class in plain words.
func parseBoldonJames(value string) Marking {
	m := newMarking(SourceHeader, value)
	m.Scheme = SchemeBoldonJames
	if !strings.Contains(value, "<") {
		m.setName(value)
		return m
	}
	policy, ps, err := readSISL([]byte(value))
	if err != nil {
		m.unreadable("the label cannot be read")
		return m
	}
	if len(policy) <= maxName && plainASCII(policy) {
		m.Namespace = strings.ToLower(policy)
	}
	// The identifier of an element says what it is of: id_classification_….
	// With an empty value it says the class too.
	class := -1
	for i, p := range ps {
		if strings.Contains(strings.ToLower(p.name), "classification") {
			class = i
			break
		}
	}
	if class < 0 && len(ps) == 1 {
		class = 0
	}
	switch {
	case class < 0:
		m.unreadable("no element is the classification")
	case trimBlank(ps[class].value) == "":
		m.setName(ps[class].name)
	default:
		m.setName(ps[class].value)
	}
	for i, p := range ps {
		s := p.name + "=" + p.value
		if i != class && len(s) <= maxName && plainASCII(s) {
			m.Caveats = addOnce(m.Caveats, s)
		}
	}
	return m
}

// readSISL walks over the XML. Document types, and entities with them, are
// refused.
func readSISL(data []byte) (policy string, ps []prop, err error) {
	d := xml.NewDecoder(bytes.NewReader(data))
	// The declared charset is that of a file; here it is a header field, and
	// what is not ASCII in it is no class.
	d.CharsetReader = func(_ string, in io.Reader) (io.Reader, error) { return in, nil }
	depth, root := 0, false
	for {
		tok, err := d.Token()
		if err == io.EOF {
			break
		}
		if err != nil {
			return "", nil, errXML
		}
		switch t := tok.(type) {
		case xml.Directive:
			return "", nil, errXML
		case xml.StartElement:
			if depth++; depth > 8 {
				return "", nil, errXML
			}
			attr := func(name string) string {
				for _, a := range t.Attr {
					if a.Name.Local == name {
						return a.Value
					}
				}
				return ""
			}
			switch t.Name.Local {
			case "sisl":
				root = true
				policy = attr("policy")
			case "element":
				if len(ps) < maxProps {
					ps = append(ps, prop{attr("uid"), attr("value")})
				}
			}
		case xml.EndElement:
			depth--
		}
	}
	if !root || depth != 0 {
		return "", nil, errXML
	}
	return policy, ps, nil
}
