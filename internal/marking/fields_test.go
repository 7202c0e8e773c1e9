package marking

import (
	"encoding/asn1"
	"encoding/base64"
	"strings"
	"testing"
)

// der wraps content in an element of definite length.
func der(tag byte, content ...[]byte) []byte {
	var body []byte
	for _, c := range content {
		body = append(body, c...)
	}
	switch n := len(body); {
	case n < 0x80:
		return append([]byte{tag, byte(n)}, body...)
	case n < 0x100:
		return append([]byte{tag, 0x81, byte(n)}, body...)
	default:
		return append([]byte{tag, 0x82, byte(n >> 8), byte(n)}, body...)
	}
}

// ber wraps content in an element of indefinite length.
func ber(tag byte, content ...[]byte) []byte {
	out := []byte{tag, 0x80}
	for _, c := range content {
		out = append(out, c...)
	}
	return append(out, 0, 0)
}

func oid(t testing.TB, arcs ...int) []byte {
	t.Helper()
	b, err := asn1.Marshal(asn1.ObjectIdentifier(arcs))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// essLabel is a label of policy 1.2.3.4 with a class.
func essLabel(t testing.TB, class byte, more ...[]byte) []byte {
	t.Helper()
	return der(0x31, append([][]byte{oid(t, 1, 2, 3, 4), {2, 1, class}}, more...)...)
}

// cms is a SignedData whose one signer gives the attributes.
func cms(t testing.TB, wrap func(byte, ...[]byte) []byte, attrs ...[]byte) []byte {
	t.Helper()
	signer := wrap(0x30, []byte{2, 1, 1}, der(0x30, der(0x30), []byte{2, 1, 7}), der(0x30, oid(t, 2, 16, 840, 1, 101, 3, 4, 2, 1)),
		wrap(0xa0, attrs...), der(0x30, oid(t, 1, 2, 840, 113549, 1, 1, 1)), der(0x04, make([]byte, 200)))
	data := wrap(0x30, []byte{2, 1, 1}, der(0x31, der(0x30, oid(t, 2, 16, 840, 1, 101, 3, 4, 2, 1))),
		wrap(0x30, oid(t, 1, 2, 840, 113549, 1, 7, 1), wrap(0xa0, wrap(0x24, der(0x04, []byte("text\x00\x00")), der(0x04, []byte("more"))))),
		der(0x31, signer))
	return wrap(0x30, oid(t, 1, 2, 840, 113549, 1, 7, 2), wrap(0xa0, data))
}

func labelAttr(t testing.TB, label []byte) []byte {
	t.Helper()
	return der(0x30, oid(t, 1, 2, 840, 113549, 1, 9, 16, 2, 2), der(0x31, label))
}

func TestParseCMS(t *testing.T) {
	t.Parallel()
	other := der(0x30, oid(t, 1, 2, 840, 113549, 1, 9, 3), der(0x31, oid(t, 1, 2, 840, 113549, 1, 7, 1)))
	secret := labelAttr(t, essLabel(t, 4))
	for _, c := range []struct {
		name string
		in   []byte
		want string
	}{
		{"definite", cms(t, der, other, secret), "ess secret"},
		{"indefinite", cms(t, ber, other, secret), "ess secret"},
		{"no label", cms(t, der, other), ""},
		{"two labels", cms(t, der, secret, labelAttr(t, essLabel(t, 1))), "ess secret; ess unclassified"},
		{"unmarked", cms(t, der, labelAttr(t, essLabel(t, 0))), "ess unmarked"},
		{"value of the policy", cms(t, der, labelAttr(t, essLabel(t, 99))), "ess 99"},
		{"categories", cms(t, der, labelAttr(t, essLabel(t, 2, der(0x31, der(0x30))))), "ess restricted {categories}"},
		{"no class", cms(t, der, labelAttr(t, der(0x31, oid(t, 1, 2, 3)))), "ess  !unknown-classification"},
		{"negative class", cms(t, der, labelAttr(t, essLabel(t, 0x80))), "ess  !unknown-classification"},
		{"two classes", cms(t, der, labelAttr(t, essLabel(t, 1, []byte{2, 1, 4}))), "ess  !unknown-classification"},
		{"not a set", cms(t, der, labelAttr(t, der(0x30))), "ess  !unknown-classification"},
		{"label words in the content only", cms(t, der, other, []byte{}), ""},
		{"cut", cms(t, der, secret)[:60], ""},
		{"empty", nil, ""},
		{"garbage", []byte("0\x80\xff\xff\xff"), ""},
		{"nested without end", []byte(strings.Repeat("\x30\x80", 200000)), ""},
	} {
		var got []string
		for _, m := range ParseCMS(c.in) {
			got = append(got, short(m))
			if m.Classification != "" && m.Namespace != "1.2.3.4" {
				t.Errorf("%s: policy %q", c.name, m.Namespace)
			}
		}
		if g := strings.Join(got, "; "); g != c.want {
			t.Errorf("%s: got %q, want %q", c.name, g, c.want)
		}
	}
}

func TestFields(t *testing.T) {
	t.Parallel()
	b64 := func(s string) string { return base64.StdEncoding.EncodeToString([]byte(s)) }
	ess := base64.StdEncoding.EncodeToString(essLabel(t, 3, der(0x13, []byte("WORDS"))))
	titus := b64(`{"CategoryLabels":"","Metadata":{"ns":"http:\/\/www.titus.com\/ns\/Customer","id":"6b4d","props":[` +
		`{"n":"CustomerClassification","vals":[{"value":"Customer Internal"}]},{"n":"Audience","vals":[{"value":"Staff"}]}]},"SubjectLabels":[],"TMCVersion":"17.8"}`)
	sisl := func(elements string) string {
		return `<?xml version="1.0" encoding="us-ascii"?><sisl xmlns:xsd="http://www.w3.org/2001/XMLSchema" sislVersion="0" policy="AB12" origin="userSelected" xmlns="http://www.boldonjames.com/2008/01/sie/internal/label">` + elements + `</sisl>`
	}
	all := SchemeIDs(false)
	for _, c := range []struct{ field, want string }{
		{`SIO-Label: marking="SECRET"; fgcolor=red; type=":ess"; label="` + ess + `"`, "sio-label confidential (1.2.3.4)"},
		{`SIO-Label: marking="SECRET"; type=":ess"; label*0="` + ess[:8] + `"; label*1="` + ess[8:] + `"`, "sio-label confidential (1.2.3.4)"},
		{"SIO-Label: marking=\"SECRET\";\n fgcolor=red; type=\":ess\";\n label=\"" + ess[:4] + "\n " + ess[4:] + "\"", "sio-label confidential (1.2.3.4)"},
		{`SIO-Label: marking="PRIVATE"; type=":x411"; label="` + ess + `"`, "sio-label confidential (1.2.3.4)"},
		{`SIO-Label: marking="TOP SECRET"`, "sio-label TOP SECRET"},
		{`sio-label: marking=SECRET;`, "sio-label SECRET"},
		{`SIO-Label: marking="SECRET"; type=":xml"; label="PGE+"`, "sio-label  !unknown-classification"},
		{`SIO-Label: marking="shown"; type=":xml"; label="` + base64.StdEncoding.EncodeToString([]byte(xml4774)) + `"`, "sio-label RESTRICTED {categories} (urn:example:policy)"},
		{`SIO-Label: marking="shown"; type=":other"; label="AAAA"`, "sio-label shown"},
		{`SIO-Label: marking*=utf-8''SE%43RET`, "sio-label SECRET"},
		{`SIO-Label: marking="SECRET"; type=":ess"; label="AAAA"`, "sio-label  !unknown-classification"},
		{`SIO-Label: marking="SECRET"; type=":ess"; label="***"`, "sio-label  !unknown-classification"},
		{`SIO-Label: marking="A"; marking="B"`, "sio-label  !unknown-classification"},
		{`SIO-Label: fgcolor=red`, "sio-label  !empty-marking"},
		{`SIO-Label: `, "sio-label  !empty-marking"},
		{`SIO-Label: marking="SÉCRET"`, "sio-label  !non-ascii-marking"},
		{`SIO-Label: ;;;=`, "sio-label  !unknown-classification"},
		{`SIO-Label-History: marking="SECRET"; new-marking="OFFICIAL"; change=replace`, "sio-label SECRET quoted; sio-label OFFICIAL quoted"},
		{`SIO-Label-History: new-marking="SECRET"; change=add`, "sio-label SECRET quoted"},
		{`SIO-Label-History: marking="A"; new-type=":ess"; new-label="` + ess + `"; change=replace`, "sio-label A quoted; sio-label confidential quoted (1.2.3.4)"},
		{`SIO-Label-History: change=delete`, ""},
		{"x-titus-metadata-40: " + titus, "titus Customer Internal {Audience=Staff} (http://www.titus.com/ns/Customer)"},
		{"x-titus-metadata-40: " + titus[:76] + "\n\t" + titus[76:], "titus Customer Internal {Audience=Staff} (http://www.titus.com/ns/Customer)"},
		{"x-titus-metadata-40: " + b64(`{"Metadata":{"props":[{"n":"X","vals":[{"value":"One"}]}]}}`), "titus One"},
		{"x-titus-metadata-40: " + b64(`{"Metadata":{"props":[{"n":"X","vals":[{"value":"One"}]},{"n":"Y","vals":[{"value":"Two"}]}]}}`), "titus  {X=One, Y=Two} !unknown-classification"},
		{"x-titus-metadata-40: " + b64(`{"Metadata":{}}`), "titus  !unknown-classification"},
		{"x-titus-metadata-40: not base64", "titus  !unknown-classification"},
		{"x-titus-metadata-40: " + b64("{"), "titus  !unknown-classification"},
		{"x-titus-metadata-40: " + b64(strings.Repeat("[", 30000)), "titus  !unknown-classification"},
		{"X-AcmeClassification: CTP_NT", "titus CTP_NT (acme)"},
		{"X-Classification: secret", ""},
		{"x-bjprotectivemarking: " + sisl(`<element uid="id_classification_x" value="Secret" />`), "boldon-james Secret (ab12)"},
		{"x-bjprotectivemarking: " + sisl(`<element uid="id_classification_nonbusiness" value="" />`), "boldon-james id_classification_nonbusiness (ab12)"},
		{"x-bjprotectivemarking: " + sisl(`<element uid="u1" value="A" /><element uid="id_classification_x" value="B" />`), "boldon-james B {u1=A} (ab12)"},
		{"x-bjprotectivemarking: " + sisl(`<element uid="u1" value="A" /><element uid="u2" value="B" />`), "boldon-james  {u1=A, u2=B} (ab12) !unknown-classification"},
		{"x-bjprotectivemarking: " + sisl(``), "boldon-james  (ab12) !unknown-classification"},
		{"x-bjprotectivemarking: <!DOCTYPE a [<!ENTITY b 'c'>]>" + sisl(`<element uid="u" value="&b;"/>`), "boldon-james  !unknown-classification"},
		{"x-bjprotectivemarking: " + sisl(`<element uid="u" value="&b;"/>`), "boldon-james  !unknown-classification"},
		{"x-bjprotectivemarking: <sisl", "boldon-james  !unknown-classification"},
		{"x-bjprotectivemarking: <other/>", "boldon-james  !unknown-classification"},
		{"x-bjprotectivemarking: " + strings.Repeat("<a>", 500), "boldon-james  !unknown-classification"},
		{"bjclassification: Official - Internal", "boldon-james Official - Internal"},
		{"X-Microsoft-Classification: Company  Internal", "exchange Company Internal"},
		{"X-Microsoft-Classification: Internal|X-Microsoft-ClassID: {A1B2}", "exchange Internal (a1b2)"},
		{"X-RSA-Classifications: public", "rsa-dlp public"},
		{"dlp-reaction: report", "trellix-dlp report"},
		{"dlp-reaction: ", "trellix-dlp  !empty-marking"},
		{"X-RSA-Classifications: " + strings.Repeat("x", 129), "rsa-dlp  !text-too-long"},
		{"X-RSA-Classifications: " + strings.Repeat("x ", 40000), "rsa-dlp  !marking-too-long"},
		{"X-Protective-Marking: VER=1.0, NS=acme.example, SEC=Acme Secret, ORIGIN=a@b", "janusseal Acme Secret (acme.example)"},
		{"X-Protective-Marking: VER=1.0, NS=acme.example, ORIGIN=a@b", "janusseal  (acme.example) !missing-sec"},
		{"X-Protective-Marking: VER=2024.1, NS=gov.au, SEC=PROTECTED, ORIGIN=a@b.gov.au", "au-epms PROTECTED (gov.au)"},
		{"Subject: SECRET", ""},
	} {
		var fields []Field
		for _, f := range strings.Split(c.field, "|") {
			name, value, _ := strings.Cut(f, ": ")
			fields = append(fields, Field{name, value})
		}
		var got []string
		for _, m := range reader2(t, SchemeAU, all...).Fields(fields) {
			s := short(m)
			if m.Namespace != "" {
				i := strings.Index(s+" !", " !")
				s = s[:i] + " (" + m.Namespace + ")" + s[i:]
			}
			got = append(got, s)
			if len(m.Raw) > maxMarking && m.Scheme != SchemeAU {
				t.Errorf("%.60q: raw of %d octets", c.field, len(m.Raw))
			}
		}
		if g := strings.Join(got, "; "); g != c.want {
			t.Errorf("%.80q:\n got %s\nwant %s", c.field, g, c.want)
		}
		// Without the scheme, nothing but the Australian field is read.
		for _, m := range reader2(t, SchemeAU).Fields(fields) {
			if m.Scheme != SchemeAU && m.Scheme != SchemeForeign {
				t.Errorf("%.60q was read as %s, which is not enabled", c.field, m.Scheme)
			}
		}
	}
}

// xml4774 is a label in the form of ADatP-4774.
const xml4774 = `<?xml version="1.0" encoding="UTF-8"?>
<slab:originatorConfidentialityLabel xmlns:slab="urn:nato:stanag:4774:confidentialitymetadatalabel:1:0" ReviewDateTime="2030-01-01T00:00:00Z">
 <slab:ConfidentialityInformation>
  <slab:PolicyIdentifier URI="urn:example:policy">Example</slab:PolicyIdentifier>
  <slab:Classification>RESTRICTED</slab:Classification>
  <slab:PrivacyMark>staff only</slab:PrivacyMark>
  <slab:Category TagName="Releasable" Type="PERMISSIVE"><slab:GenericValue>AUS</slab:GenericValue></slab:Category>
 </slab:ConfidentialityInformation>
 <slab:CreationDateTime>2026-01-01T00:00:00Z</slab:CreationDateTime>
</slab:originatorConfidentialityLabel>`

func TestXMLLabel(t *testing.T) {
	t.Parallel()
	read := func(s string) Marking {
		return parseSIO(`marking="shown"; type=":xml"; label="` + base64.StdEncoding.EncodeToString([]byte(s)) + `"`)
	}
	m := read(xml4774)
	if m.Classification != "RESTRICTED" || m.Namespace != "urn:example:policy" || m.Note != "staff only" || len(m.Caveats) != 1 || len(m.Diagnostics) != 0 {
		t.Errorf("read as %+v", m)
	}
	for name, bad := range map[string]string{
		"entities":   strings.Replace(xml4774, "?>", "?><!DOCTYPE x [<!ENTITY a \"b\">]>", 1),
		"namespace":  strings.Replace(xml4774, "4774:conf", "9999:conf", 1),
		"no policy":  strings.Replace(xml4774, ` URI="urn:example:policy">Example`, ">", 1),
		"truncated":  xml4774[:len(xml4774)-20],
		"deep":       strings.Replace(xml4774, "staff only", strings.Repeat("<slab:PrivacyMark>", 50), 1),
		"not UTF-8":  strings.Replace(xml4774, "UTF-8", "UTF-16", 1),
		"no class":   strings.Replace(xml4774, "RESTRICTED", "", 1),
		"many parts": strings.Replace(xml4774, "staff only", strings.Repeat("<slab:PrivacyMark/>", 5000), 1),
	} {
		if m := read(bad); !m.HasErrors() {
			t.Errorf("%s: read as %s without an error", name, short(m))
		}
	}
}

func TestFormatSIO(t *testing.T) {
	t.Parallel()
	for _, s := range []SIO{{Shown: "OFFICIAL: Sensitive//Personal Privacy"}, {Shown: `a "b" \ c`, Policy: "1.2.36.1.5", Class: 3},
		{Shown: "x", Policy: "2.999.1", Class: 256}, {Shown: "x", Policy: "1.2.3", Class: 0}} {
		v, err := FormatSIO(s, "", "\n")
		if err != nil {
			t.Errorf("%+v: %v", s, err)
			continue
		}
		m := parseSIO(unfoldField(v))
		if len(m.Diagnostics) > 0 || m.Namespace != s.Policy || s.Policy == "" && m.Classification != s.Shown || s.Policy != "" && m.Classification != ESSClass(s.Class) {
			t.Errorf("%+v reads back as %+v", s, m)
		}
		if h, err := FormatSIO(s, "new-", "\n"); err != nil || len(parseSIOHistory(unfoldField(h))) != 1 {
			t.Errorf("%+v: history %q, %v", s, h, err)
		}
	}
	for _, s := range []SIO{{}, {Shown: "é"}, {Shown: "a\nb"}, {Shown: "x", Policy: "1"}, {Shown: "x", Policy: "1.2.x"}, {Shown: "x", Policy: "1.40"},
		{Shown: "x", Policy: "1.2", Class: 257}, {Shown: "x", Policy: "1.02"}, {Shown: strings.Repeat("x", 200)}} {
		if v, err := FormatSIO(s, "", "\n"); err == nil {
			t.Errorf("%+v was written as %q", s, v)
		}
	}
}

// TestManyFields holds the bound on label fields of one message.
func TestManyFields(t *testing.T) {
	t.Parallel()
	fields := make([]Field, 5000)
	for i := range fields {
		fields[i] = Field{"X-RSA-Classifications", "public"}
	}
	if n := len(reader2(t, SchemeAU, SchemeRSA).Fields(fields)); n != maxFields {
		t.Errorf("%d markings, want %d", n, maxFields)
	}
}

func TestNewReader(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		home  string
		other []string
		ok    bool
	}{
		{SchemeAU, nil, true}, {"", []string{SchemeTitus}, true}, {SchemeNATO, nil, false}, {"x", nil, false}, {SchemeUK, []string{"x"}, false},
		{SchemeUK, []string{SchemeUK, SchemeAU, SchemeAU}, true},
	} {
		if _, err := NewReader(c.home, c.other...); (err == nil) != c.ok {
			t.Errorf("NewReader(%q, %q): %v", c.home, c.other, err)
		}
	}
}

func TestSecrecyUnnamed(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]bool{
		"Disclosure is an offence under the Taxation Administration Act 1953.": true,
		"OFFICIAL: Sensitive//Legislative Secrecy (Example Act)":               true,
		"Census and Statistics\nAct 1905":                                      true,
		"see the Privacy (Market and Social Research) Code":                    true,
		"Defence Regulation 2016":                                              true,
		"The Act applies.":                                                     false,
		"Act now!":                                                             false,
		"please Act":                                                           false,
		"Activities of the Department":                                         false,
		"":                                                                     false,
		"(Act":                                                                 false,
		") Act":                                                                false,
	} {
		if got := NamesProvision(text); got != want {
			t.Errorf("%q: %v, want %v", text, got, want)
		}
	}
	m := ParseHeader("VER=2024.1, NS=gov.au, SEC=OFFICIAL:Sensitive, ACCESS=Legislative-Secrecy, ORIGIN=a@b.gov.au")
	if !m.WithoutProvision().Has(SecrecyUnnamed) || m.Has(SecrecyUnnamed) || m.WithoutProvision().HasErrors() {
		t.Error("the remark is a warning on a copy")
	}
	m = ParseHeader("VER=2024.1, NS=gov.au, SEC=OFFICIAL:Sensitive, ACCESS=Legislative-Secrecy, NOTE=Example Act 1999, ORIGIN=a@b.gov.au")
	if m.WithoutProvision().Has(SecrecyUnnamed) {
		t.Error("the note names the provision")
	}
}
