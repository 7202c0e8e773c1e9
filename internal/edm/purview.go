package edm

import (
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"regexp"
	"strconv"
	"strings"
	"unicode/utf8"

	"golang.org/x/net/html/charset"
)

// maxXML bounds an imported file.
const maxXML = 16 << 20

// xmlSchema is Purview's EDM schema (EdmSchema in the namespace
// http://schemas.microsoft.com/office/2018/edm; other namespaces are taken
// too).
type xmlSchema struct {
	XMLName xml.Name `xml:"EdmSchema"`
	Stores  []struct {
		Name        string     `xml:"name,attr"`
		Description string     `xml:"description,attr"`
		Version     string     `xml:"version,attr"`
		Fields      []xmlField `xml:"Field"`
	} `xml:"DataStore"`
}

type xmlField struct {
	Attrs []xml.Attr `xml:",any,attr"`
}

// IsXML reports whether data looks like XML.
func IsXML(data []byte) bool {
	data = bytes.TrimPrefix(data, []byte("\xef\xbb\xbf"))
	data = bytes.TrimLeft(data, " \t\r\n")
	return bytes.HasPrefix(data, []byte("<")) || bytes.HasPrefix(data, []byte("\xff\xfe")) || bytes.HasPrefix(data, []byte("\xfe\xff"))
}

func decodeXML(data []byte, v any) error {
	if len(data) > maxXML {
		return fmt.Errorf("more than %d bytes", maxXML)
	}
	utf8Text, _, err := decoder(bytes.NewReader(data), data[:min(len(data), 4)], "utf-8")
	if err != nil {
		return err
	}
	text, err := io.ReadAll(io.LimitReader(utf8Text, 2*maxXML))
	if err != nil {
		return err
	}
	d := xml.NewDecoder(bytes.NewReader(text))
	d.CharsetReader = func(label string, in io.Reader) (io.Reader, error) {
		if utf8.Valid(text) { // what the declaration says was undone above, or never true
			return in, nil
		}
		return charset.NewReaderLabel(label, in)
	}
	if err := d.Decode(v); err != nil {
		var s *xml.SyntaxError
		if errors.As(err, &s) {
			return fmt.Errorf("line %d: %s", s.Line, s.Msg)
		}
		return err
	}
	return nil
}

var notID = regexp.MustCompile(`[^a-z0-9]+`)

// SlugOf makes an id of a name: lower case words joined by hyphens.
func SlugOf(name string) string {
	var b strings.Builder
	prev := rune(0)
	for _, r := range name {
		if r >= 'A' && r <= 'Z' && (prev >= 'a' && prev <= 'z' || prev >= '0' && prev <= '9') {
			b.WriteByte('-')
		}
		b.WriteRune(r)
		prev = r
	}
	return strings.Trim(notID.ReplaceAllString(strings.ToLower(b.String()), "-"), "-")
}

// ImportSchema reads Purview's EDM schema XML. Values are compared as Purview
// does: words in their order, case as caseInsensitive says, the characters of
// ignoredDelimiters dropped. In two things more is found: marks are no
// difference, and values of several words are compared (Purview asks for that
// in the portal) unless the field says multiToken="false". notes say what was
// passed over.
func ImportSchema(data []byte) (s Schema, notes []string, err error) {
	var x xmlSchema
	if err := decodeXML(data, &x); err != nil {
		return s, nil, fmt.Errorf("EDM schema: %w", err)
	}
	if len(x.Stores) != 1 {
		return s, nil, fmt.Errorf("EDM schema: %d data stores, one is wanted", len(x.Stores))
	}
	st := x.Stores[0]
	if st.Name == "" {
		return s, nil, errors.New("EDM schema: DataStore has no name")
	}
	s = Schema{ID: SlugOf(st.Name), Name: st.Name, Description: st.Description, Version: st.Version}
	for i, f := range st.Fields {
		c := Column{Type: Text, CaseSensitive: true}
		for _, a := range f.Attrs {
			switch v := strings.TrimSpace(a.Value); strings.ToLower(a.Name.Local) {
			case "name":
				c.Name = v
			case "searchable":
				c.Searchable = isTrue(v)
			case "caseinsensitive":
				c.CaseSensitive = !isTrue(v)
			case "ignoreddelimiters":
				c.Ignore = delimiters(a.Value)
			case "multitoken", "multitokenmatch", "ismultitoken", "enablemultitoken":
				c.SingleWord = !isTrue(v)
			case "unique":
				notes = append(notes, fmt.Sprintf("field %s: unique says nothing about matching and is not needed", nameOf(c.Name, i)))
			default:
				notes = append(notes, fmt.Sprintf("field %s: attribute %s is not known and was passed over", nameOf(c.Name, i), a.Name.Local))
			}
		}
		s.Columns = append(s.Columns, c)
	}
	if err := s.check(); err != nil {
		return s, notes, fmt.Errorf("EDM schema: %w", err)
	}
	return s, notes, nil
}

func nameOf(name string, i int) string {
	if name == "" {
		return strconv.Itoa(i + 1)
	}
	return name
}

func isTrue(v string) bool { return strings.EqualFold(v, "true") || v == "1" }

// delimiters reads a list of single characters separated by commas. Letters
// and digits cannot be ignored, nor can what separates words in any case.
func delimiters(list string) string {
	var b strings.Builder
	for _, d := range strings.Split(list, ",") {
		if d != " " {
			d = strings.TrimSpace(d)
		}
		r, n := utf8.DecodeRuneInString(d)
		if n == len(d) && n > 0 && r != '"' && !wordRune(r) && !strings.ContainsRune(b.String(), r) {
			b.WriteRune(r)
		}
	}
	return b.String()
}

// xmlRules is Purview's rule package with ExactMatch elements.
type xmlRules struct {
	XMLName xml.Name `xml:"RulePackage"`
	Rules   struct {
		Exact   []xmlExact `xml:"ExactMatch"`
		Strings []struct {
			Resources []xmlResource `xml:"Resource"`
		} `xml:"LocalizedStrings"`
	} `xml:"Rules"`
}

type xmlExact struct {
	ID          string       `xml:"id,attr"`
	Proximity   string       `xml:"patternsProximity,attr"`
	Store       string       `xml:"dataStore,attr"`
	Recommended string       `xml:"recommendedConfidence,attr"`
	Patterns    []xmlPattern `xml:"Pattern"`
}

type xmlPattern struct {
	Confidence string     `xml:"confidenceLevel,attr"`
	Proximity  string     `xml:"proximity,attr"`
	Primary    []xmlMatch `xml:"idMatch"`
	xmlGroup
}

type xmlGroup struct {
	Matches []xmlMatch `xml:"match"`
	Any     []xmlAny   `xml:"Any"`
}

type xmlAny struct {
	Min string `xml:"minMatches,attr"`
	Max string `xml:"maxMatches,attr"`
	xmlGroup
}

type xmlMatch struct {
	Column         string `xml:"matches,attr"`
	Classification string `xml:"classification,attr"`
}

type xmlResource struct {
	ID    string `xml:"idRef,attr"`
	Names []struct {
		Default string `xml:"default,attr"`
		Text    string `xml:",chardata"`
	} `xml:"Name"`
	Descriptions []struct {
		Default string `xml:"default,attr"`
		Text    string `xml:",chardata"`
	} `xml:"Description"`
}

// ExactType is a type of an imported rule package.
type ExactType struct {
	ID, GUID, Name, Description string
	Store                       string // name of the data store
	Proximity, Recommended      int
	Patterns                    []ExactPattern
}

// ExactPattern is a pattern of an imported type.
type ExactPattern struct {
	Confidence, Proximity int
	Column                string
	Classification        string // name or GUID of the type that finds the value
	Near                  []ExactNeed
}

// ExactNeed is a column, or a group of which some must be near.
type ExactNeed struct {
	Column   string
	Any      []ExactNeed
	None     bool // none of Any
	Min, Max int
}

// ImportRules reads the ExactMatch types of a Purview rule package.
func ImportRules(data []byte) (types []ExactType, notes []string, err error) {
	var x xmlRules
	if err := decodeXML(data, &x); err != nil {
		return nil, nil, fmt.Errorf("rule package: %w", err)
	}
	if len(x.Rules.Exact) == 0 {
		return nil, nil, errors.New("rule package: it has no ExactMatch element")
	}
	names := map[string]xmlResource{}
	for _, s := range x.Rules.Strings {
		for _, r := range s.Resources {
			names[strings.ToLower(r.ID)] = r
		}
	}
	seen := map[string]bool{}
	for _, e := range x.Rules.Exact {
		t := ExactType{GUID: strings.ToLower(strings.Trim(e.ID, "{} ")), Store: e.Store, Proximity: number0(e.Proximity), Recommended: number0(e.Recommended)}
		r := names[strings.ToLower(e.ID)]
		for i, n := range r.Names {
			if i == 0 || isTrue(n.Default) {
				t.Name = strings.TrimSuffix(strings.TrimSpace(n.Text), ".")
			}
		}
		for i, n := range r.Descriptions {
			if i == 0 || isTrue(n.Default) {
				t.Description = strings.TrimSpace(n.Text)
			}
		}
		if t.Name == "" {
			t.Name = "Exact match " + t.GUID
		}
		for t.ID = SlugOf(t.Name); t.ID == "" || seen[t.ID]; t.ID += "-2" {
			if t.ID == "" {
				t.ID = "exact-match"
			}
		}
		seen[t.ID] = true
		for i, p := range e.Patterns {
			q, why := p.pattern()
			if why != "" {
				return nil, notes, fmt.Errorf("rule package: %s, pattern %d: %s", t.Name, i+1, why)
			}
			for _, n := range p.classified() {
				notes = append(notes, fmt.Sprintf("%s, pattern %d: the column %s is compared by its words, not by the type %s", t.Name, i+1, n.Column, n.Classification))
			}
			t.Patterns = append(t.Patterns, q)
		}
		if len(t.Patterns) == 0 {
			return nil, notes, fmt.Errorf("rule package: %s has no pattern", t.Name)
		}
		types = append(types, t)
	}
	return types, notes, nil
}

func number0(s string) int {
	n, err := strconv.Atoi(strings.TrimSpace(s))
	if err != nil {
		return 0 // not given: the default
	}
	return n
}

func (p *xmlPattern) pattern() (q ExactPattern, why string) {
	q.Confidence, q.Proximity = number0(p.Confidence), number0(p.Proximity)
	if len(p.Primary) != 1 {
		return q, fmt.Sprintf("%d idMatch elements, one is wanted", len(p.Primary))
	}
	if q.Confidence < 1 || q.Confidence > 100 {
		return q, fmt.Sprintf("confidenceLevel %q is not between 1 and 100", p.Confidence)
	}
	q.Column, q.Classification = p.Primary[0].Column, p.Primary[0].Classification
	if q.Column == "" || q.Classification == "" {
		return q, "idMatch needs matches and classification"
	}
	q.Near, why = p.needs(0)
	return q, why
}

func (g *xmlGroup) needs(depth int) (out []ExactNeed, why string) {
	if depth > 10 {
		return nil, "nested too deeply"
	}
	for _, m := range g.Matches {
		out = append(out, ExactNeed{Column: m.Column})
	}
	for _, a := range g.Any {
		subs, why := a.needs(depth + 1)
		if why != "" {
			return nil, why
		}
		n := ExactNeed{Any: subs, Min: 1, Max: number0(a.Max)}
		if a.Min != "" {
			n.Min = number0(a.Min)
		}
		if n.Min == 0 { // none of them, or any number of them
			switch {
			case a.Max == "0":
				out = append(out, ExactNeed{Any: subs, None: true})
			case n.Max > 0 && n.Max < len(subs):
				return nil, fmt.Sprintf("minMatches 0 and maxMatches %d of %d: at most so many cannot be asked for alone", n.Max, len(subs))
			}
			continue
		}
		if n.Max >= len(subs) {
			n.Max = 0
		}
		if n.Min > len(subs) || n.Max > 0 && n.Max < n.Min {
			return nil, fmt.Sprintf("minMatches %d and maxMatches %d of %d", n.Min, n.Max, len(subs))
		}
		out = append(out, n)
	}
	return out, ""
}

// classified gives the supporting matches that name a type.
func (g *xmlGroup) classified() (out []xmlMatch) {
	for _, m := range g.Matches {
		if m.Classification != "" {
			out = append(out, m)
		}
	}
	for _, a := range g.Any {
		out = append(out, a.classified()...)
	}
	return out
}
