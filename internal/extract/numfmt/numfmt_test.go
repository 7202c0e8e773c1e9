package numfmt

import "testing"

func TestNumberFormats(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		code string
		v    float64
		want string
	}{
		{"General", 12.5, ""}, {"", 12.5, ""}, {"@", 12.5, ""}, {";;;", 12.5, ""},
		{"0", 12.5, "12"}, {"0.00", 12.5, "12.50"}, {"0.0#", 12.5, "12.5"}, {"#.##", 0.5, ".5"}, {"#", 0, ""},
		{"#,##0", 1234567, "1,234,567"}, {"#,##0.00", -1234.5, "-1,234.50"}, {"0,", 1234567, "1235"}, {"0%", 0.256, "26%"},
		{`000\-00\-0000`, 123456789, "123-45-6789"}, {`000\-00\-0000`, 1234567, "001-23-4567"}, {"000-000-000", 123456782, "123-456-782"},
		{`0000" "0000" "0000" "0000`, 4111111111111111, "4111 1111 1111 1111"}, {"(000) 000-0000", 5551234567, "(555) 123-4567"},
		{`"TFN "000 000 000`, 123456782, "TFN 123 456 782"}, {"00000", 42, "00042"},
		{"0.00;(0.00)", -1.5, "(1.50)"}, {"0;-0;\"zero\"", 0, "zero"}, {"[Red]0", 5, "5"}, {"[>100]0.0;0", 5, "5"}, {"[<100]0.0;0", 5, "5.0"},
		{"[$€-407] #,##0.00", 1234.5, "€ 1,234.50"}, {"0.00E+00", 12345, "1.23E+04"}, {"# ?/?", 0.5, ""}, {"$#,##0_);($#,##0)", 5, "$5"},
		{"yyyy-mm-dd", 43159, "2018-02-28"}, {"dd/mm/yyyy", 43159, "28/02/2018"}, {"d-mmm-yy", 43159, "28-Feb-18"}, {"dddd, d mmmm yyyy", 43159, "Wednesday, 28 February 2018"},
		{"m/d/yyyy h:mm", 43159.75, "2/28/2018 18:00"}, {"h:mm:ss AM/PM", 0.75, "6:00:00 PM"}, {"hh:mm", 0.5 + 1.0/1440, "12:01"}, {"[h]:mm", 1.5, "36:00"}, {"mm:ss", 0.000694444444444444, "01:00"}, {"mm:ss.0", 1.0 / 86400 * 1.5, "00:01.5"},
		{"yyyy-mm-dd", 1, "1900-01-01"}, {"yyyy-mm-dd", 59, "1900-02-28"}, {"yyyy-mm-dd", 60, "1900-02-29"}, {"yyyy-mm-dd", 61, "1900-03-01"}, {"yyyy-mm-dd", -1, ""}, {"yyyy-mm-dd", 4e15, ""},
		{"yyyy-mm-dd hh:mm", 43158.9999999, "2018-02-28 00:00"},
		{`"open`, 1, "open"}, {"[", 1, ""}, {`\`, 1, ""}, {"0.", 3, "3"},
	} {
		if got := Parse(c.code).Show(c.v, false); got != c.want {
			t.Errorf("%q of %v: got %q, want %q", c.code, c.v, got, c.want)
		}
	}
	if got := Parse("yyyy-mm-dd").Show(0, true); got != "1904-01-01" {
		t.Errorf("1904: got %q", got)
	}
}

func TestPlain(t *testing.T) {
	t.Parallel()
	for raw, want := range map[string]string{"4.111111111111111E15": "4111111111111111", "0.10000000000000001": "0.1", "41111111111111111234": "41111111111111111234", "-5": "-5", "1E300": "1E300"} {
		v := 0.0
		switch raw {
		case "4.111111111111111E15":
			v = 4.111111111111111e15
		case "0.10000000000000001":
			v = 0.1
		case "-5":
			v = -5
		case "1E300":
			v = 1e300
		}
		if got := Plain(raw, v); got != want {
			t.Errorf("%s: got %s, want %s", raw, got, want)
		}
	}
}

func TestCell(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		code string
		v    float64
		want string
	}{
		{"General", 2.0 / 3, "0.666666666666667"}, {"0.00", 1.5, "1.50 (1.5)"}, {"yyyy-mm-dd", 43159, "2018-02-28"}, {"mm/dd/yyyy", 43159, "02/28/2018"},
		{"d-mmm-yy", 43159, "28-Feb-18 (2018-02-28)"}, {"m/d/yyyy", 43159.5, "2/28/2018 (2018-02-28 12:00:00)"}, {"h:mm", 43159.5, "12:00 (2018-02-28 12:00:00)"}, {"h:mm", 0.5, "12:00 (12:00:00)"},
		{"000-00-0000", 123456789, "123-45-6789 (123456789)"}, {"General", 4111111111111111, "4111111111111111"},
	} {
		if got := Parse(c.code).Cell("", c.v, false); got != c.want {
			t.Errorf("%q of %v: got %q, want %q", c.code, c.v, got, c.want)
		}
	}
	if got := (*Format)(nil).Cell("", 5, false); got != "5" {
		t.Errorf("no format: %q", got)
	}
}

func FuzzFormat(f *testing.F) {
	for _, s := range []string{"0.00", "yyyy-mm-dd hh:mm:ss.000", `[$€-407]#,##0.00;[Red]-0`, "# ?/?", `"x`, "[h]:mm", "_", "*", "[>"} {
		f.Add(s, 43159.75)
	}
	f.Fuzz(func(t *testing.T, code string, v float64) {
		p := Parse(code)
		if s := p.Show(v, false); len(s) > 20*len(code)+400 {
			t.Fatalf("%d bytes from a code of %d", len(s), len(code))
		}
		p.Show(v, true)
		p.Date(v)
		p.Cell("", v, false)
	})
}
