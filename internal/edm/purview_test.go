package edm

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/text/encoding/unicode"
)

const schemaXML = `<?xml version="1.0" encoding="utf-8"?>
<EdmSchema xmlns="http://schemas.microsoft.com/office/2018/edm">
  <DataStore name="PatientRecords" description="Schema for patients" version="1">
    <Field name="PatientID" searchable="true" caseInsensitive="true" ignoredDelimiters="-,/,*,#,^" />
    <Field name="MRN" searchable="true" unique="false" />
    <Field name="FirstName" />
    <Field name="Address" multiToken="true" caseInsensitive="true" />
    <Field name="Ward" multiToken="false" colour="blue" />
  </DataStore>
</EdmSchema>`

const rulesXML = `<RulePackage xmlns="http://schemas.microsoft.com/office/2018/edm">
  <Rules>
    <ExactMatch id="E1CC861E-3FE9-4A58-82DF-4BD259EAB371" patternsProximity="300" dataStore="PatientRecords" recommendedConfidence="65">
      <Pattern confidenceLevel="65"><idMatch matches="MRN" classification="Medical record"/></Pattern>
      <Pattern confidenceLevel="75">
        <idMatch matches="MRN" classification="Medical record"/>
        <match matches="PatientID" classification="Patient"/>
        <Any minMatches="1" maxMatches="1"><match matches="FirstName"/><match matches="Address"/></Any>
        <Any minMatches="0" maxMatches="0"><match matches="Ward"/></Any>
        <Any minMatches="0"><match matches="Ward"/></Any>
      </Pattern>
    </ExactMatch>
    <LocalizedStrings><Resource idRef="e1cc861e-3fe9-4a58-82df-4bd259eab371">
      <Name langcode="fr">Dossier</Name><Name default="true" langcode="en-us">Patient MRN.</Name>
      <Description default="true" langcode="en-us">Records</Description>
    </Resource></LocalizedStrings>
  </Rules>
</RulePackage>`

func TestImportSchema(t *testing.T) {
	t.Parallel()
	want := Schema{ID: "patient-records", Name: "PatientRecords", Description: "Schema for patients", Version: "1", Columns: []Column{
		{Name: "PatientID", Type: Text, Searchable: true, Ignore: "-/*#^"},
		{Name: "MRN", Type: Text, Searchable: true, CaseSensitive: true},
		{Name: "FirstName", Type: Text, CaseSensitive: true},
		{Name: "Address", Type: Text},
		{Name: "Ward", Type: Text, CaseSensitive: true, SingleWord: true},
	}}
	utf16, err := unicode.UTF16(unicode.LittleEndian, unicode.UseBOM).NewEncoder().String(strings.Replace(schemaXML, "utf-8", "utf-16", 1))
	if err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string]string{"utf-8": schemaXML, "mark": "\xef\xbb\xbf" + schemaXML, "utf-16": utf16, "crlf": strings.ReplaceAll(schemaXML, "\n", "\r\n")} {
		got, notes, err := ImportSchema([]byte(text))
		if d := cmp.Diff(want, got); err != nil || d != "" || len(notes) != 2 || !IsXML([]byte(text)) {
			t.Errorf("%s: %v, notes %q\n%s", name, err, notes, d)
		}
	}
	for _, tt := range []struct{ text, want string }{
		{"", "EOF"},
		{"<EdmSchema>", "line 1"},
		{"<Other/>", "expected element type <EdmSchema>"},
		{"<EdmSchema/>", "0 data stores"},
		{`<EdmSchema><DataStore name="x"><Field name="a"/></DataStore></EdmSchema>`, "no column is searchable"},
		{`<EdmSchema><DataStore name="x"/></EdmSchema>`, "without columns"},
		{`<EdmSchema><DataStore><Field name="a" searchable="true"/></DataStore></EdmSchema>`, "has no name"},
		{`<EdmSchema><DataStore name="x">` + strings.Repeat(`<Field name="a" searchable="true"/>`, 40) + `</DataStore></EdmSchema>`, "at most 32"},
	} {
		if _, _, err := ImportSchema([]byte(tt.text)); err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%.60q: %v, want %q", tt.text, err, tt.want)
		}
	}
}

func TestImportRules(t *testing.T) {
	t.Parallel()
	got, notes, err := ImportRules([]byte(rulesXML))
	want := []ExactType{{ID: "patient-mrn", GUID: "e1cc861e-3fe9-4a58-82df-4bd259eab371", Name: "Patient MRN", Description: "Records", Store: "PatientRecords",
		Proximity: 300, Recommended: 65, Patterns: []ExactPattern{
			{Confidence: 65, Column: "MRN", Classification: "Medical record"},
			{Confidence: 75, Column: "MRN", Classification: "Medical record", Near: []ExactNeed{
				{Column: "PatientID"}, {Any: []ExactNeed{{Column: "FirstName"}, {Column: "Address"}}, Min: 1, Max: 1}, {Any: []ExactNeed{{Column: "Ward"}}, None: true}}},
		}}}
	if d := cmp.Diff(want, got); err != nil || d != "" || len(notes) != 1 {
		t.Errorf("%v, notes %q\n%s", err, notes, d)
	}
	for _, tt := range []struct{ old, new, want string }{
		{`<Pattern confidenceLevel="65"><idMatch matches="MRN" classification="Medical record"/></Pattern>`, `<Pattern confidenceLevel="65"/>`, "pattern 1: 0 idMatch"},
		{`confidenceLevel="65"`, `confidenceLevel="165"`, "between 1 and 100"},
		{`matches="MRN" classification="Medical record"`, `matches="MRN"`, "needs matches and classification"},
		{`minMatches="1" maxMatches="1"`, `minMatches="3" maxMatches="1"`, "minMatches 3"},
		{`ExactMatch`, `Entity`, "no ExactMatch"},
	} {
		if _, _, err := ImportRules([]byte(strings.ReplaceAll(rulesXML, tt.old, tt.new))); err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s: %v, want %q", tt.new, err, tt.want)
		}
	}
}
