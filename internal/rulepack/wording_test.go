package rulepack

import "testing"

func TestWording(t *testing.T) {
	t.Parallel()
	for expr, want := range map[string]string{
		`\b\d{4}[ -]?\d{6}[ -]?\d{4,5}\b`:    "4 digits, optionally a space or hyphen, 6 digits, optionally a space or hyphen, 4 to 5 digits",
		`\b(?:ABN|ACN)-\d{8}-\d\b`:           `("ABN" or "ACN"), "-", 8 digits, "-", a digit`,
		`\b(?:AB|CD)-\d{8}-\d\b`:             `("AB" or "CD"), "-", 8 digits, "-", a digit`,
		`(?i)\b\d{7}[A-W][A-IW]?\b`:          "7 digits, one of A-W, optionally one of A-I W",
		`(?i)\b[a-z]{2}#\b`:                  `2 letters, "#"`,
		`\b[A-Z]{3}\d{4}\b`:                  "3 capital letters, 4 digits",
		`\b[A-Za-z0-9]{9}\b`:                 "9 letters or digits",
		`\b[0-9a-f/]{32}\b`:                  "32 digits or slashes or characters of a-f",
		`\b756\.?\d{4}(?:\.\d{4}){2}\b`:      `"756", optionally ".", 4 digits, 2 times (".", 4 digits)`,
		`(?=x)y`:                             "",
		`key=[^\s"]{6,64}`:                   "",
		`\b(?:[XYZ]\d{7}|[KLM]\d{7})[A-Z]\b`: "(one of X Y Z, 7 digits or one of K L M, 7 digits), a capital letter",
	} {
		if got := wording(expr); got != want {
			t.Errorf("%s:\n got %q\nwant %q", expr, got, want)
		}
	}
}
