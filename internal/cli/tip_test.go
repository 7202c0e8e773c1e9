package cli

import (
	"context"
	"os"
	"path"
	"path/filepath"
	"strings"
	"testing"
	"time"
	"unicode"

	"labelmilter/internal/assemble"
	"labelmilter/internal/budget"
	"labelmilter/internal/facts"
	"labelmilter/internal/message"
	"labelmilter/internal/notify"
	"labelmilter/internal/pipeline"
	"labelmilter/internal/policy"
	"labelmilter/internal/strictyaml"
	"labelmilter/internal/verdict"
	"labelmilter/rules"
)

// letters gives a text as letters and digits, lower case, so that no way of
// writing a value hides it.
func letters(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsLetter(r) || unicode.IsDigit(r) {
			return unicode.ToLower(r)
		}
		return -1
	}, s)
}

// positives are texts in which the shipped packs find something: the examples
// of all types, and some of the generated ones.
func positives(t *testing.T, p *pipeline.Pipeline) []string {
	t.Helper()
	var out []string
	for _, x := range p.Rules.Types {
		out = append(out, x.Match...)
	}
	all, err := assemble.Embedded()
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range all {
		data, err := rules.FS.ReadFile(path.Join(s.Dir, "generated_test.yaml"))
		if err != nil || !strings.HasPrefix(s.Dir, "sit/") {
			continue
		}
		n, ps := strictyaml.Parse(s.Dir, data)
		if ps.HasErrors() {
			t.Fatal(ps)
		}
		for i, c := range n.Get("tests").Items() {
			if i%5 == 0 && c.Get("findings") != nil {
				_, body, _ := strings.Cut(c.Get("mail").Text(), "\n\n")
				out = append(out, body)
			}
		}
	}
	return out
}

// TestTipsHoldNoContent: whatever is found, neither the refusal nor a notice
// holds any of it, in any language, and the reply is one that SMTP can carry.
func TestTipsHoldNoContent(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	base, ps := assemble.Rules(assemble.Options{})
	if ps.HasErrors() {
		t.Fatal(ps)
	}
	var ids []string
	for _, x := range base.Types {
		ids = append(ids, x.ID)
	}
	pack := "policies:\n  - id: p\n    rules:\n      - id: r\n        severity: high\n        when: {sit: {type: [" + strings.Join(ids, ", ") + "], min_confidence: low}}\n        then:\n" +
		"          - reject:\n              text: \"no {{types}} {{reason}} {{label}} {{policy}} {{rule}} {{direction}} {{incident}} {{severity}} {{organisation}} {{hint}} {{override}}\"\n" +
		"              languages: {de: \"keine {{types}}: {{hint}}\"}\n          - incident\n          - notify: {to: [sender], template: policy-tip}\n" +
		"        override: {with: [justification, false-positive]}\n"
	for name, text := range map[string]string{"pack.yaml": "id: tips\nversion: 1.0.0\ndescription: d\n", "p.yaml": pack} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	site := &policy.Organisation{Domains: []string{"own.example", "eigene.example"}, Languages: map[string]string{"eigene.example": "de"}}
	rs, ps := assemble.Rules(assemble.Options{Dirs: []string{dir}, Site: site})
	if ps.HasErrors() {
		t.Fatal(ps)
	}
	p := &pipeline.Pipeline{Rules: rs, Limits: budget.Default(), ShowContent: true}
	composer := notify.Composer{Site: site, Incidents: []string{"sec@own.example"}}
	refused, values := 0, 0
	for i, text := range positives(t, p) {
		from := []string{"carol@own.example", "karl@eigene.example"}[i%2]
		m, err := message.Read(context.Background(), strings.NewReader("Subject: "+strings.ReplaceAll(text, "\n", " ")+"\nContent-Type: text/plain; charset=utf-8\n\n"+text+"\n"),
			message.Envelope{MailFrom: from, AuthUser: "u", RcptTo: []string{"x@other.example", "b@own.example"}}, message.Options{Limits: p.Limits})
		if err != nil {
			t.Fatal(err)
		}
		now := time.Date(2026, 11, 29, 10, 0, 0, 0, time.UTC)
		r := p.Process(context.Background(), m, facts.Facts{Now: now})
		if r.Verdict.Disposition != verdict.Reject || len(r.Findings) == 0 {
			continue // found at a confidence below low
		}
		refused++
		told := []string{r.Verdict.Reply}
		for _, n := range composer.Compose(r, now) {
			told = append(told, n.Subject+"\n"+n.Text)
		}
		for _, s := range told {
			flat := letters(s)
			for _, f := range r.Findings {
				for _, v := range f.Values {
					// A short word, or one of the type's name, may stand in any text.
					k := letters(v)
					own := strings.Contains(letters(f.Name), k) || !strings.ContainsAny(k, "0123456789") && len(k) < 10
					if len(k) >= 6 && !own && strings.Contains(flat, k) {
						t.Errorf("%s: a value stands in %q", f.Type, s)
					}
				}
			}
		}
		for _, f := range r.Findings {
			values += len(f.Values)
		}
		lines := strings.Split(r.Verdict.Reply, "\r\n")
		if len(lines) > 10 {
			t.Errorf("%d lines", len(lines))
		}
		for _, l := range lines {
			if len(l) > 512 || strings.ContainsFunc(l, func(c rune) bool { return c < 0x20 || c > 0x7e }) {
				t.Errorf("line %q", l)
			}
		}
		_ = m.Close()
	}
	if refused < 1000 || values < 1500 {
		t.Errorf("only %d refused, %d values", refused, values)
	}
}
