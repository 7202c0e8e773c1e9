package assemble_test

import (
	"context"
	"encoding/base64"
	"flag"
	"fmt"
	"html"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"golang.org/x/text/encoding/htmlindex"

	"labelmilter/internal/assemble"
	"labelmilter/internal/budget"
	"labelmilter/internal/facts"
	"labelmilter/internal/message"
	"labelmilter/internal/pipeline"
	"labelmilter/internal/rulepack"
	"labelmilter/internal/strictyaml"
	"labelmilter/internal/verdict"
	"labelmilter/rules"
)

// redactEvery takes each n-th positive:
// go test ./internal/assemble -run TestRedactionOfPositives -redact-every 1
var redactEvery = flag.Int("redact-every", 11, "each n-th positive of the packs is redacted")

// charsets of fixtures and those that mail is written in; each positive takes
// the next one that can hold it.
var charsets = []string{"utf-8", "iso-8859-1", "windows-1252", "utf-16le", "utf-16be", "us-ascii", "iso-8859-2", "iso-8859-15", "koi8-r", "gb18030", "shift_jis", "iso-2022-jp", "euc-kr", "big5"}

// redactionRules redacts every type at any confidence.
func redactionRules(t *testing.T) *pipeline.Pipeline {
	t.Helper()
	listed, ps := assemble.Rules(assemble.Options{Packs: []string{"au-pspf", "sit"}})
	if listed == nil {
		t.Fatal(ps)
	}
	var types []string
	for _, x := range listed.Types {
		types = append(types, x.ID)
	}
	dir := t.TempDir()
	own := filepath.Join(dir, "own")
	if err := os.Mkdir(own, 0o755); err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string]string{"pack.yaml": "id: own\nversion: 1.0.0\ndescription: d\n",
		"rules.yaml": "policies: [{id: p, rules: [{id: r, then: [{redact: {types: [" + strings.Join(types, ", ") + "], min_confidence: 1, fallback: reject}}]}]}]\n"} {
		if err := os.WriteFile(filepath.Join(own, name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	rs, ps := assemble.Rules(assemble.Options{Packs: []string{"au-pspf", "sit"}, Dirs: []string{dir}})
	if rs == nil {
		t.Fatal(ps)
	}
	return &pipeline.Pipeline{Rules: rs, Limits: budget.Default()}
}

// TestRedactionOfPositives redacts what the packs say must be found, as plain
// text, HTML and CSV. A second search finds nothing, or the rule's other
// answer is given: nothing that it names goes out.
func TestRedactionOfPositives(t *testing.T) {
	t.Parallel()
	p := redactionRules(t)
	forms := map[string]func(string) (typ, text string){
		"text": func(s string) (string, string) { return "text/plain", s + "\n" },
		"html": func(s string) (string, string) {
			return "text/html", "<html><body><p>" + strings.ReplaceAll(html.EscapeString(s), "\n", "<br>\n") + "</p></body></html>\n"
		},
		"csv": func(s string) (string, string) {
			return "text/csv; header=present", "\"field\"\n\"" + strings.ReplaceAll(s, `"`, `""`) + "\"\n"
		},
	}
	at := 0
	stats := map[string][3]int{} // form → tried, redacted, refused
	var refused []string
	examples := positives(t, p.Rules.Types)
	n := len(examples)
	for i := *redactEvery - 1; i < n; i += *redactEvery {
		name, text := examples[i][0], examples[i][1]
		for _, form := range []string{"text", "html", "csv"} {
			at++
			typ, body := forms[form](text)
			raw, label := encoded(body, at)
			head := "From: a@b.example\r\nSubject: s\r\nMIME-Version: 1.0\r\nContent-Type: " + typ + "; charset=" + label + "\r\nContent-Transfer-Encoding: base64\r\n"
			if form == "csv" {
				head += "Content-Disposition: attachment; filename=t.csv\r\n"
			}
			mail := head + "\r\n" + lines(base64.StdEncoding.EncodeToString(raw))
			s := stats[form]
			r := judged(t, p, mail)
			if len(r.Findings) == 0 {
				stats[form] = s
				continue // a form in which it is none; the packs' own tests are of plain text
			}
			s[0]++
			switch r.Verdict.Disposition {
			case verdict.Reject:
				s[2]++
				refused = append(refused, name+"/"+form+"/"+label)
			case verdict.Accept:
				s[1]++
				again := judged(t, p, applied(t, p, mail, r.Modifications))
				for _, f := range again.Findings {
					if !slices.ContainsFunc(p.Rules.Types, func(y rulepack.TypeInfo) bool { return y.ID == f.Type }) {
						continue
					}
					t.Errorf("%s as %s in %s: %s is still found", name, form, label, f.Type)
				}
			default:
				t.Errorf("%s: %s", name, r.Verdict.Disposition)
			}
			stats[form] = s
		}
	}
	t.Logf("every %d. of %d examples", *redactEvery, n)
	for _, form := range []string{"text", "html", "csv"} {
		s := stats[form]
		t.Logf("%s: %d tried, %d redacted, %d refused", form, s[0], s[1], s[2])
		if s[0] < n / *redactEvery / 2 || s[2] > s[0]/20 {
			t.Errorf("%s: %d tried, %d refused: %v", form, s[0], s[2], refused)
		}
	}
	t.Logf("refused: %v", refused)
}

// positives are the texts in which the packs' tests find something, with the
// name of their test.
func positives(t *testing.T, types []rulepack.TypeInfo) [][2]string {
	t.Helper()
	var out [][2]string
	for _, x := range types {
		for i, text := range x.Match {
			out = append(out, [2]string{fmt.Sprint(x.ID, " ", i+1), text})
		}
	}
	names, err := fs.Glob(rules.FS, "sit/*/*_test.yaml")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range names {
		data, err := fs.ReadFile(rules.FS, name)
		if err != nil {
			t.Fatal(err)
		}
		n, _ := strictyaml.Parse(name, data)
		tests := n.Get("tests")
		if tests == nil {
			continue
		}
		for _, x := range tests.Items() {
			mail, found := x.Get("mail"), x.Get("findings")
			if mail == nil || found == nil || len(found.Items()) == 0 {
				continue
			}
			if _, body, ok := strings.Cut(mail.Text(), "\n\n"); ok {
				out = append(out, [2]string{x.Get("name").Text(), body})
			}
		}
	}
	return out
}

// encoded writes a text in the next charset that can hold it.
func encoded(text string, at int) ([]byte, string) {
	for k := range charsets {
		label := charsets[(at+k)%len(charsets)]
		if label == "us-ascii" {
			if strings.ContainsFunc(text, func(r rune) bool { return r > 126 }) {
				continue
			}
			return []byte(text), label
		}
		enc, err := htmlindex.Get(label)
		if err != nil {
			continue
		}
		raw, err := enc.NewEncoder().Bytes([]byte(text))
		if err != nil {
			continue
		}
		if back, err := enc.NewDecoder().Bytes(raw); err == nil && string(back) == text {
			return raw, label
		}
	}
	return []byte(text), "utf-8"
}

func lines(s string) string {
	var b strings.Builder
	for len(s) > 76 {
		b.WriteString(s[:76] + "\r\n")
		s = s[76:]
	}
	b.WriteString(s + "\r\n")
	return b.String()
}

func judged(t *testing.T, p *pipeline.Pipeline, mail string) pipeline.Result {
	t.Helper()
	m := parsed(t, p, mail)
	defer m.Close()
	return p.Process(context.Background(), m, facts.Facts{})
}

func parsed(t *testing.T, p *pipeline.Pipeline, mail string) *message.Message {
	t.Helper()
	m, err := message.Read(context.Background(), strings.NewReader(mail), message.Envelope{MailFrom: "a@b.example", RcptTo: []string{"c@d.example"}}, message.Options{Limits: p.Limits})
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// applied is a mail with modifications made, as an MTA makes them.
func applied(t *testing.T, p *pipeline.Pipeline, mail string, mods []verdict.Modification) string {
	t.Helper()
	m := parsed(t, p, mail)
	defer m.Close()
	h, body := slices.Clone(m.Header), m.Body
	for _, x := range mods {
		at := -1
		for i, k := 0, 0; i < len(h); i++ {
			if h[i].Is(x.Name) {
				if k++; k == x.Index || x.Index == 0 {
					at = i
					break
				}
			}
		}
		f := message.Field{Name: x.Name, Raw: " " + x.Value}
		switch x.Op {
		case verdict.ReplaceBody:
			body = x.Body
		case verdict.InsertHeader:
			h = slices.Insert(h, min(x.Index, len(h)), f)
		case verdict.AddHeader:
			h = append(h, f)
		case verdict.ChangeHeader:
			if at < 0 {
				h = append(h, f)
			} else {
				h[at].Raw = f.Raw
			}
		case verdict.DeleteHeader:
			if at >= 0 {
				h = slices.Delete(h, at, at+1)
			}
		}
	}
	var b strings.Builder
	for _, f := range h {
		b.WriteString(f.Name + ":" + strings.ReplaceAll(f.Raw, "\n", "\r\n") + "\r\n")
	}
	b.WriteString("\r\n")
	b.Write(body)
	return b.String()
}

// A name is masked whole: nothing of it is left in the mail.
func TestRedactionOfNames(t *testing.T) {
	t.Parallel()
	p := redactionRules(t)
	for in, want := range map[string]string{
		"Please call Maria Fernandez Lopez tomorrow.": "Please call ***** ********* ***** tomorrow.",
		"Dear Dr John A. Smith, come in.":             "Dear ** **** *. *****, come in.",
		"Row: Smith, John; Wilson, O.P.":              "Row: *****, ****; ******, *.*.",
		"Ask Patrick O'Neill or Jan van der Berg.":    "Ask ******* *'***** or *** *** *** ****.",
		"From Jean-Pierre Dupont to Maria Lopez.":     "From ****-****** ****** to ***** *****.",
		"Maria went to see Maria Lopez.":              "Maria went to see ***** *****.",
	} {
		mail := "From: a@b.example\r\nSubject: s\r\nMIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n" + in + "\r\n"
		r := judged(t, p, mail)
		if r.Verdict.Disposition != verdict.Accept {
			t.Errorf("%q: %s", in, r.Verdict.Disposition)
			continue
		}
		_, body, _ := strings.Cut(applied(t, p, mail, r.Modifications), "\r\n\r\n")
		if got := strings.TrimRight(body, "\r\n"); got != want {
			t.Errorf("%q: got %q, want %q", in, got, want)
		}
	}
}
