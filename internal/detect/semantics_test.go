package detect

import (
	"strings"
	"testing"

	"labelmilter/internal/budget"
	"labelmilter/internal/extract"
	"labelmilter/internal/sit"

	"github.com/google/go-cmp/cmp"
)

// detectors are run over every case of this file.
var detectors = map[string]func([]sit.Type, []sit.KeywordList, Options) (detector, []CompileError){
	"engine": func(t []sit.Type, k []sit.KeywordList, o Options) (detector, []CompileError) {
		e, errs := CompileWith(t, k, o)
		return e, errs
	},
	"reference": func(t []sit.Type, k []sit.KeywordList, o Options) (detector, []CompileError) {
		r, errs := NewReference(t, k, o)
		return r, errs
	},
}

type detector interface {
	Detect([]extract.Text, budget.Limits) Output
}

func rx(expr string) sit.Element { return sit.Element{Regex: expr} }

func lists(ids ...string) *sit.Element { return &sit.Element{Keywords: ids} }

func near(e *sit.Element) sit.Need { return sit.Need{Element: e} }

var testLists = []sit.KeywordList{
	{ID: "tfn", Words: []string{"tfn", "tax file number"}},
	{ID: "test", Words: []string{"test", "sample"}},
	{ID: "inner", Words: []string{"pass"}, String: true},
	{ID: "cased", Words: []string{"ABN"}, CaseSensitive: true},
	{ID: "chinese", Words: []string{"身份证"}},
	{ID: "sick", Words: []string{"heart", "heart attack", "gout"}},
}

var nine = rx(`\b\d{3}[ -]?\d{3}[ -]?\d{3}\b`)

func types(p ...sit.Pattern) []sit.Type { return []sit.Type{{ID: "t", Patterns: p}} }

func TestSemantics(t *testing.T) {
	t.Parallel()
	pad := func(n int) string { return strings.Repeat(".", n) }
	tfnNear := &sit.Need{All: []sit.Need{near(lists("tfn"))}}
	card := sit.Element{Regex: `\b\d(?:[ -]?\d){12,18}\b`, Validate: []string{"luhn"}}
	for _, c := range []struct {
		name  string
		types []sit.Type
		text  string
		want  string // type/confidence/count/unique:[values]:evidence, by finding
	}{
		{"alone", types(sit.Pattern{Confidence: 65, Match: nine}), "123 456 789 and 123456789", "t/65/2/1:123 456 789|123456789:"},
		{"word boundary", types(sit.Pattern{Confidence: 65, Match: nine}), "1234567890 é123456789 身123456789", "t/65/1/1:123456789:"},
		{"evidence before", types(sit.Pattern{Confidence: 85, Match: nine, Near: tfnNear}), "TFN: 123456789", "t/85/1/1:123456789:tfn"},
		{"evidence after", types(sit.Pattern{Confidence: 85, Match: nine, Near: tfnNear}), "123456789 Tax\r\n File number", "t/85/1/1:123456789:tfn"},
		{"no evidence", types(sit.Pattern{Confidence: 85, Match: nine, Near: tfnNear}), "123456789 tfns", ""},
		{"at the proximity", types(sit.Pattern{Confidence: 85, Match: nine, Near: tfnNear}), "tfn" + pad(300) + "123456789", "t/85/1/1:123456789:tfn"},
		{"beyond", types(sit.Pattern{Confidence: 85, Match: nine, Near: tfnNear}), "tfn" + pad(301) + "123456789", ""},
		{"at the proximity in characters", types(sit.Pattern{Confidence: 85, Match: nine, Near: tfnNear, Proximity: 10}), "123456789" + strings.Repeat("€", 9) + " tfn", "t/85/1/1:123456789:tfn"},
		{"unlimited", types(sit.Pattern{Confidence: 85, Match: nine, Near: tfnNear, Proximity: sit.Unlimited}), "tfn" + pad(5000) + "123456789", "t/85/1/1:123456789:tfn"},
		{"highest wins, the rest stays", types(sit.Pattern{Confidence: 65, Match: nine}, sit.Pattern{Confidence: 85, Match: nine, Near: tfnNear, Proximity: 20}),
			"tfn 123456789" + pad(40) + "987654321", "t/85/1/1:123456789:tfn t/65/1/1:987654321:"},
		{"any two of three", types(sit.Pattern{Confidence: 75, Match: nine, Near: &sit.Need{Min: 2, Any: []sit.Need{near(lists("tfn")), near(lists("test")), near(lists("cased"))}}}),
			"tfn sample 123456789", "t/75/1/1:123456789:test,tfn"},
		{"any, too few", types(sit.Pattern{Confidence: 75, Match: nine, Near: &sit.Need{Min: 2, Any: []sit.Need{near(lists("tfn")), near(lists("test")), near(lists("cased"))}}}), "tfn abn 123456789", ""},
		{"any, too many", types(sit.Pattern{Confidence: 75, Match: nine, Near: &sit.Need{Max: 1, Any: []sit.Need{near(lists("tfn")), near(lists("test"))}}}), "tfn test 123456789", ""},
		{"one element of several lists", types(sit.Pattern{Confidence: 75, Match: nine, Near: &sit.Need{Element: lists("tfn", "test")}}), "test 123456789", "t/75/1/1:123456789:test"},
		{"none", types(sit.Pattern{Confidence: 75, Match: nine, Near: &sit.Need{None: []sit.Need{near(lists("test"))}, All: []sit.Need{near(lists("tfn"))}}}), "tfn 123456789", "t/75/1/1:123456789:tfn"},
		{"none, there", types(sit.Pattern{Confidence: 75, Match: nine, Near: &sit.Need{None: []sit.Need{near(lists("test"))}, All: []sit.Need{near(lists("tfn"))}}}), "test tfn 123456789", ""},
		{"regex evidence", types(sit.Pattern{Confidence: 75, Match: nine, Near: &sit.Need{Element: &sit.Element{Regex: `\b\d\d/\d\d\b`}}}), "123456789 12/26", "t/75/1/1:123456789:patterns[0].near"},
		{"regex evidence may not overlap", types(sit.Pattern{Confidence: 75, Match: nine, Near: &sit.Need{Element: &sit.Element{Regex: `\d\d`}}}), "x 123456789", ""},
		{"words in place", types(sit.Pattern{Confidence: 75, Match: nine, Near: &sit.Need{Element: &sit.Element{Words: []string{"no."}}}}), "No. 123456789", "t/75/1/1:123456789:patterns[0].near"},
		{"words may overlap", types(sit.Pattern{Confidence: 75, Match: rx(`(?i)tfn \d{3}`), Near: &sit.Need{Element: lists("tfn")}}), "TFN 123", "t/75/1/1:TFN 123:tfn"},
		{"every start and every end", types(sit.Pattern{Confidence: 85, Match: card}), "1 4111 1111 1111 1111 2", "t/85/1/1:4111 1111 1111 1111:"},
		{"card", types(sit.Pattern{Confidence: 85, Match: card}), "４１１１-1111-1111-1111, 4111 1111 1111 1112", "t/85/1/1:４１１１-1111-1111-1111:"},
		{"keywords as primary", types(sit.Pattern{Confidence: 75, Match: *lists("sick")}), "Heart Attack, gout, heart", "t/75/3/3:Heart Attack|gout|heart:"},
		{"a word is not its own evidence", types(sit.Pattern{Confidence: 75, Match: *lists("sick"), Near: &sit.Need{Element: lists("sick")}}), "gout", ""},
		{"another is", types(sit.Pattern{Confidence: 75, Match: *lists("sick"), Near: &sit.Need{Element: lists("sick")}}), "gout gout", "t/75/2/1:gout|gout:sick"},
		{"two primary lists", types(sit.Pattern{Confidence: 75, Match: *lists("sick", "tfn")}), "gout tfn", "t/75/2/2:gout|tfn:"},
		{"inside words", types(sit.Pattern{Confidence: 75, Match: *lists("inner")}), "compassion", "t/75/1/1:pass:"},
		{"case", types(sit.Pattern{Confidence: 75, Match: *lists("cased")}), "abn ABN", "t/75/1/1:ABN:"},
		{"chinese", types(sit.Pattern{Confidence: 75, Match: rx(`\d{4}`), Near: &sit.Need{Element: lists("chinese")}}), "我的身份证号1234", "t/75/1/1:1234:chinese"},
		{"cyrillic regex", types(sit.Pattern{Confidence: 75, Match: rx(`(?i)\bпаспорт \d{4}\b`)}), "Паспорт 1234, паспoрт 1234", "t/75/1/1:Паспорт 1234:"},
		{"boundary word", types(sit.Pattern{Confidence: 75, Match: sit.Element{Regex: `\d{4}`, Boundary: sit.BoundaryWord}}), "1234 x1234 _1234_ 12345", "t/75/2/1:1234|1234:"},
		{"boundary nothing", types(sit.Pattern{Confidence: 75, Match: sit.Element{Regex: `\d{4}`, Boundary: sit.BoundaryNothing}}), "x12345678", "t/75/2/2:1234|5678:"},
		{"look-around", types(sit.Pattern{Confidence: 75, Match: rx(`(?<!\d)(?!000)\d{3}(?!\d)`)}), "000 123 4567 789", "t/75/2/2:123|789:"},
		{"look-around with a boundary", types(sit.Pattern{Confidence: 75, Match: sit.Element{Regex: `(?!000)\d{3}`, Boundary: sit.BoundaryWord}}), "000 123 4567 a789", "t/75/1/1:123:"},
		{"backreference", types(sit.Pattern{Confidence: 75, Match: rx(`\b\d\d([ -])\d\d\1\d\d\b`)}), "12-34 56, 12-34-56", "t/75/1/1:12-34-56:"},
		{"excluded values", types(sit.Pattern{Confidence: 75, Match: sit.Element{Regex: nine.Regex, Exclude: sit.Exclude{Values: []string{"123 456 789"}}}}), "123-456-789 123456780", "t/75/1/1:123456780:"},
		{"excluded by the type", []sit.Type{{ID: "t", Exclude: sit.Exclude{Repeated: true}, Patterns: []sit.Pattern{{Confidence: 75, Match: nine}}}}, "111-111-111 123456780", "t/75/1/1:123456780:"},
		{"excluded prefix", types(sit.Pattern{Confidence: 75, Match: sit.Element{Regex: nine.Regex, Exclude: sit.Exclude{Prefixes: []string{"order no"}}}}), "Order No 123456789 no 123456780", "t/75/1/1:123456780:"},
		{"excluded suffix", types(sit.Pattern{Confidence: 75, Match: sit.Element{Regex: nine.Regex, Exclude: sit.Exclude{Suffixes: []string{"kg"}}}}), "123456789 kg 123456780", "t/75/1/1:123456780:"},
		{"excluded start and end", types(sit.Pattern{Confidence: 75, Match: sit.Element{Regex: nine.Regex, Exclude: sit.Exclude{StartsWith: []string{"00"}, EndsWith: []string{"99"}}}}), "001234567 123456799 123456780", "t/75/1/1:123456780:"},
		{"excluded regex", types(sit.Pattern{Confidence: 75, Match: sit.Element{Regex: nine.Regex, Exclude: sit.Exclude{Regex: `123.*`}}}), "123456789 213456780", "t/75/1/1:213456780:"},
		{"excluded behind", types(sit.Pattern{Confidence: 75, Match: sit.Element{Regex: nine.Regex, Exclude: sit.Exclude{PrecededBy: `\d\.`}}}), "0.123456789 1980. 123456780 2.\n123456781 No.123456782", "t/75/3/3:123456780|123456781|123456782:"},
		{"excluded before", types(sit.Pattern{Confidence: 75, Match: sit.Element{Regex: nine.Regex, Exclude: sit.Exclude{FollowedBy: `\.\d|\*\w`}}}), "123456789.5 123456788*x 123456780. 5 123456781.", "t/75/2/2:123456780|123456781:"},
		{"excluded behind a boundary", types(sit.Pattern{Confidence: 75, Match: sit.Element{Regex: nine.Regex, Exclude: sit.Exclude{PrecededBy: `\b0,|(?m)^#`}}}), "0,123456789 10,123456780\n#123456781 #123456782", "t/75/2/2:123456780|123456782:"},
		{"excluded with an accent", types(sit.Pattern{Confidence: 75, Match: sit.Element{Regex: nine.Regex, Exclude: sit.Exclude{PrecededBy: `é=|ß:`}}}), "e=123456789 ss:123456788 f=123456780 \u0435=123456781", "t/75/2/2:123456780|123456781:"},
		{"excluded behind, longest first", types(sit.Pattern{Confidence: 75, Match: sit.Element{Regex: `\b\d{3,6}`, Exclude: sit.Exclude{FollowedBy: `x`}}}), "123456x", "t/75/1/1:12345:"},
		{"bundle", append(types(sit.Pattern{Confidence: 75, Match: nine}), sit.Type{ID: "u", Patterns: []sit.Pattern{{Confidence: 65, Match: rx(`[A-Z]{2}\d{2}`)}}}, sit.Type{ID: "v", Members: []string{"t", "u"}}, sit.Type{ID: "w", Members: []string{"v", "u"}}),
			"123456789 AB12", "t/75/1/1:123456789: u/65/1/1:AB12: v/75/1/1:123456789: v/65/1/1:AB12: w/75/1/1:123456789: w/65/1/1:AB12:"},
		{"e-mail address", types(sit.Pattern{Confidence: 75, Match: rx(`\b[A-Za-z0-9._%+-]+@[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+\b`)}), "to a.b@x.gov.au, c@d", "t/75/1/1:a.b@x.gov.au:"},
		{"lines", types(sit.Pattern{Confidence: 75, Match: rx(`(?m)^-----BEGIN [A-Z ]+-----$`)}), "x\n-----BEGIN RSA KEY-----\ny -----BEGIN B-----", "t/75/1/1:-----BEGIN RSA KEY-----:"},
	} {
		for name, compile := range detectors {
			d, errs := compile(c.types, testLists, Options{})
			if errs != nil {
				t.Errorf("%s: %s: %+v", c.name, name, errs)
				continue
			}
			out := d.Detect([]extract.Text{{Part: "1", Where: extract.InBody, Body: c.text}}, budget.Default())
			if got := brief(c.text, out); got != c.want || len(out.Skipped) > 0 {
				t.Errorf("%s: %s:\n got %s\nwant %s", c.name, name, got, c.want)
			}
		}
	}
}

// brief writes findings in one line.
func brief(text string, out Output) string {
	var all []string
	for _, f := range out.Findings {
		var values []string
		for _, in := range f.Instances {
			values = append(values, text[in.Start:in.End])
		}
		all = append(all, f.Type+"/"+itoa(f.Confidence)+"/"+itoa(f.Count)+"/"+itoa(f.Unique)+":"+strings.Join(values, "|")+":"+strings.Join(f.Evidence, ","))
	}
	return strings.Join(all, " ")
}

func TestTexts(t *testing.T) {
	t.Parallel()
	ts := types(sit.Pattern{Confidence: 85, Match: nine, Near: &sit.Need{Element: lists("tfn")}}, sit.Pattern{Confidence: 65, Match: nine})
	for name, compile := range detectors {
		d, errs := compile(ts, testLists, Options{Allow: func(typ, normal string) bool { return typ == "t" && normal == "999999999" }})
		if errs != nil {
			t.Fatal(errs)
		}
		out := d.Detect([]extract.Text{
			{Part: "1", Where: extract.InBody, Body: "tfn"},
			{Part: "2", Where: extract.InAttachment, Body: "123456789 999999999"},
			{Part: "2", Where: extract.InAttachment, Body: "x tfn 123-456-789, 123456780"},
			{Part: "1", Where: extract.InBody, Body: ""},
		}, budget.Default())
		var got []string
		for _, f := range out.Findings {
			for _, in := range f.Instances {
				got = append(got, f.Part+" "+string(f.Where)+" "+f.Level+" "+itoa(in.Text)+" "+itoa(in.Start)+"-"+itoa(in.End)+" "+in.Normal.Reveal()+" "+itoa(in.Pattern))
			}
		}
		if d := cmp.Diff([]string{
			"2 attachment high 2 6-17 123456789 0",
			"2 attachment high 2 19-28 123456780 0",
			"2 attachment low 1 0-9 123456789 1",
		}, got); d != "" {
			t.Errorf("%s: %s", name, d)
		}
	}
}

func TestWorkBudget(t *testing.T) {
	t.Parallel()
	for name, compile := range detectors {
		d, errs := compile(types(sit.Pattern{Confidence: 65, Match: nine}), nil, Options{})
		if errs != nil {
			t.Fatal(errs)
		}
		l := budget.Default()
		l.Work = 1000
		out := d.Detect([]extract.Text{{Part: "1", Body: strings.Repeat("123 ", 10_000)}}, l)
		if len(out.Skipped) != 1 || out.Skipped[0].Reason != budget.WorkBudget || out.Skipped[0].Part != "1" {
			t.Errorf("%s: %+v", name, out.Skipped)
		}
	}
}

func TestManyInstances(t *testing.T) {
	t.Parallel()
	for name, compile := range detectors {
		d, errs := compile(types(sit.Pattern{Confidence: 65, Match: rx(`\b\d{3}\b`)}), nil, Options{})
		if errs != nil {
			t.Fatal(errs)
		}
		out := d.Detect([]extract.Text{{Part: "1", Body: strings.Repeat("123 456 ", 400)}}, budget.Default())
		if f := out.Findings[0]; f.Count != 800 || f.Unique != 2 || len(f.Instances) != MaxInstances {
			t.Errorf("%s: %d %d %d", name, f.Count, f.Unique, len(f.Instances))
		}
	}
}
