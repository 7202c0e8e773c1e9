package pipeline

import (
	"testing"

	"labelmilter/internal/extract"
	"labelmilter/internal/extract/document"
	"labelmilter/internal/label"
	"labelmilter/internal/marking"
	"labelmilter/internal/policy"
	"labelmilter/internal/rulepack"
)

func TestDocumentLabelsJoinTheFloor(t *testing.T) {
	const tenant, guid = "aaaaaaaa-bbbb-cccc-dddd-eeeeeeeeeeee", "11111111-2222-3333-4444-555555555555"
	c, _ := label.NewCatalogue("c", []label.Label{{ID: "low", Name: "Low", Rank: 1}, {ID: "high", Name: "High", Rank: 9, GUID: guid}})
	p := &Pipeline{Rules: &rulepack.Ruleset{Catalogue: c, Site: &policy.Organisation{TenantID: tenant}}}
	for _, x := range []struct {
		name string
		doc  document.Label
		want int
	}{
		{"ours", document.Label{ID: guid, SiteID: tenant, Enabled: true}, 1},
		{"ours in braces", document.Label{ID: guid, SiteID: "{" + tenant + "}", Enabled: true}, 1},
		{"another tenant's", document.Label{ID: guid, SiteID: "ffffffff-bbbb-cccc-dddd-eeeeeeeeeeee", Enabled: true}, 0},
		{"removed", document.Label{ID: guid, SiteID: tenant, Enabled: true, Removed: true}, 0},
		{"not enabled", document.Label{ID: guid, SiteID: tenant}, 0},
		{"unknown", document.Label{ID: "99999999-2222-3333-4444-555555555555", SiteID: tenant, Enabled: true}, 0},
	} {
		t.Run(x.name, func(t *testing.T) {
			e := label.Evidence{Floor: []label.Candidate{{Label: "low", Source: label.FromHeader}}}
			p.documents(extract.Result{Labels: []document.Label{x.doc}}, &e)
			if got := len(e.Floor) - 1; got != x.want {
				t.Fatalf("%d candidates, want %d", got, x.want)
			}
			a := label.Decide(c, e)
			if wantID := map[int]label.ID{0: "low", 1: "high"}[x.want]; a.Label.ID != wantID {
				t.Errorf("label %s", a.Label.ID)
			}
		})
	}
}

func TestMarkingInAProperty(t *testing.T) {
	var s markingSet
	reader, err := marking.NewReader(marking.SchemeAU, marking.SchemeBoldonJames)
	if err != nil {
		t.Fatal(err)
	}
	s.properties(reader, extract.Result{Properties: []document.Property{{Part: "2", Source: "custom", Name: "x-protective-marking", Value: "VER=2018.4, NS=gov.au, SEC=PROTECTED, ORIGIN=a@b.gov.au"},
		{Part: "2", Source: "custom", Name: "Author", Value: "SEC=SECRET"}}})
	if len(s.reads) != 1 || s.reads[0].x.Classification != marking.Protected || s.reads[0].x.Source != marking.SourceProperty || s.reads[0].x.Part != "2" {
		t.Errorf("read %+v", s.reads)
	}
}

// Tags and banners in what people fill in, and the label fields of products,
// which are cut into pieces.
func TestMarkingsInOtherProperties(t *testing.T) {
	var s markingSet
	reader, err := marking.NewReader(marking.SchemeAU, marking.SchemeBoldonJames)
	if err != nil {
		t.Fatal(err)
	}
	prop := func(part, name, value string) document.Property {
		return document.Property{Part: part, Source: "custom", Name: name, Value: value}
	}
	s.properties(reader, extract.Result{Properties: []document.Property{
		prop("2", "keywords", "[SEC=OFFICIAL:Sensitive, ACCESS=Legal-Privilege]"),
		prop("3", "Classification", "PROTECTED"),
		prop("4", "title", "How to handle PROTECTED information"),
		prop("5", "bjDocumentLabelXML", `<?xml version="1.0" encoding="us-ascii"?><sisl sislVersion="0" policy="p" xmlns="http://www.boldonjames.com/2008/01/sie/in`),
		prop("5", "bjDocumentLabelXML-0", `ternal/label"><element uid="id_classification_x" value="Company Secret" /></sisl>`),
		prop("6", "bjDocumentSecurityLabel", "Company Public"),
		prop("7", "MSIP_Label_x_Name", "PROTECTED"),
	}})
	want := map[string]string{"2": "au-epms OFFICIAL:Sensitive", "3": "au-epms PROTECTED", "5": "boldon-james Company Secret", "6": "boldon-james Company Public"}
	for _, r := range s.reads {
		if r.x.Source != marking.SourceProperty {
			t.Errorf("source %s", r.x.Source)
		}
		if r.x.Use != marking.Own {
			continue
		}
		got := r.x.Scheme + " " + r.x.Classification
		if want[r.x.Part] != got {
			t.Errorf("part %s: %s, want %q", r.x.Part, got, want[r.x.Part])
		}
		delete(want, r.x.Part)
	}
	if len(want) > 0 {
		t.Errorf("not read: %v", want)
	}
}

func TestMarkingsInCells(t *testing.T) {
	reader, err := marking.NewReader(marking.SchemeAU)
	if err != nil {
		t.Fatal(err)
	}
	for text, want := range map[string]string{
		"Classification\tPROTECTED\nAuthor\tA. B.":            "own",
		"a\tOFFICIAL: Sensitive//Legal Privilege\tb":          "own",
		"file 1\tPROTECTED\nfile 2\tOFFICIAL: Sensitive\n":    "mention",
		"file 1\tPROTECTED\nfile 2\tPROTECTED\n":              "own",
		"PROTECTED\n\na\tb\nfile 1\tOFFICIAL: Sensitive\tx\n": "own",
		"a\twe handle PROTECTED files\tb":                     "",
	} {
		use := ""
		for _, m := range cells(reader, text) {
			if m.Marking.Use == marking.Own || use == "" && m.Marking.Use == marking.Mention {
				use = string(m.Marking.Use)
			}
		}
		if use != want {
			t.Errorf("%q: %s, want %s", text, use, want)
		}
	}
}
