package tip

import (
	"reflect"
	"strings"
	"testing"
	"time"

	"labelmilter/internal/verdict"
)

// TestWords: every language has every text, and each survives as ASCII.
func TestWords(t *testing.T) {
	t.Parallel()
	until := time.Date(2026, 11, 30, 10, 0, 0, 0, time.UTC)
	for _, lang := range Languages() {
		l := words[lang]
		v := reflect.ValueOf(*l)
		for i := range v.NumField() {
			if v.Field(i).IsZero() {
				t.Errorf("%s: %s is missing", lang, v.Type().Field(i).Name)
			}
		}
		for why := range words["en"].refused {
			if l.refused[why] == "" {
				t.Errorf("%s: refused %s is missing", lang, why)
			}
		}
		all := []string{Hint(lang, []Change{{Kind: External, Have: 2}, {Kind: Fewer, Types: "Credit card number", Have: 6, Most: 5}}),
			Hint(lang, []Change{{Kind: Fewer, Types: "Credit card number", Have: 1}, {Kind: Recipients, Have: 1}, {Kind: Attachments, Have: 3}, {Kind: Unreadable}})}
		for _, with := range [][]string{{"justification"}, {"none"}, {"false-positive"}, {"justification", "false-positive"}, {"none", "false-positive"}} {
			how := How(lang, "LM-TOKEN", with, until)
			if !strings.Contains(how, "LM-TOKEN") || !strings.Contains(how, "2026-11-30 10:00 UTC") {
				t.Errorf("%s %v: %s", lang, with, how)
			}
			all = append(all, how)
		}
		for why := range l.refused {
			all = append(all, Refused(lang, why))
		}
		for _, s := range all {
			if strings.ContainsAny(s, "%") {
				t.Errorf("%s: left over: %s", lang, s)
			}
			if got := strings.Join((verdict.Reply{Code: 550, Text: s}).Lines(), " "); strings.Contains(got, "?") {
				t.Errorf("%s: not ASCII: %s", lang, got)
			}
		}
	}
}

func TestLanguage(t *testing.T) {
	t.Parallel()
	for tag, want := range map[string]string{"de-AT": "de", "SV": "sv", "en_AU": "en", "ja": "", "": ""} {
		got, ok := Language(tag)
		if ok != (want != "") || ok && got != want {
			t.Errorf("%q: %q %v", tag, got, ok)
		}
	}
	if Hint("ja", nil) != "" || Hint("ja", []Change{{Kind: Attachments, Have: 1}}) != "It would pass without the attachment." {
		t.Error("default language")
	}
}
