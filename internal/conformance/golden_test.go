package conformance

import (
	"flag"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"labelmilter/internal/message"
	"labelmilter/internal/milter"
	"labelmilter/internal/mtalab"
	"labelmilter/internal/rewrite"
	"labelmilter/internal/verdict"
)

var update = flag.Bool("update", false, "write the files in testdata/golden anew")

// goldens are messages and edits whose delivered form, or reply, is kept in
// testdata/golden, one file for each MTA.
var goldens = []struct {
	name   string
	head   string
	body   string
	answer milter.Final
}{
	{"untouched", "Subject: plain\r\nX-Fold: a\r\n\tb\r\n  c\r\nX-Tab:\tv\r\nX-None:v\r\nX-Empty:\r\n", "one\r\n.two\r\n\r\n", accept()},
	{"label", "Subject: plain\r\nX-Sensitivity-Label: forged\r\nX-Other: 1\r\nX-Sensitivity-Label: forged too\r\n", "text\r\n",
		accept(remove(2, "X-Sensitivity-Label"), remove(1, "X-Sensitivity-Label"), change(1, "Subject", "plain [SEC=OFFICIAL]"),
			insert(0, "X-Protective-Marking", "VER=2024.1, NS=gov.au, SEC=OFFICIAL,\n ORIGIN=alice@agency.example"),
			insert(0, "X-Sensitivity-Label", "official; name=\"OFFICIAL\""), add("X-Last", "z"))},
	{"positions", "X-A: 1\r\nX-B: 1\r\nX-A: 2\r\nSubject: s\r\n", "text\r\n",
		accept(insert(1, "X-At-1", "one"), insert(3, "X-At-3", "three"), insert(100, "X-At-100", "end"), add("X-A", "added"),
			change(2, "X-A", "second"), change(5, "X-B", "beyond"), remove(7, "X-B"))},
	{"folding", "Subject: s\r\n", "text\r\n",
		accept(add("X-Fold", "one\n two\n\tthree"), add("X-Bare", "one\ntwo"), add("X-Cr", "one\r\n two"), add("X-Nul", "a\x00b"),
			add("X-Blank", "one\n \n two"), add("X-Long", strings.Repeat("word ", 300)+"end"), add("X-8bit", "gr\u00fc\u00df"))},
	{"body", "Subject: s\r\n", "text\r\n", accept(replace("LF only\n.dot\r\n..dots\n\nno end"))},
	{"body-8bit", "Subject: s\r\n", "text\r\n", accept(rewrite.Fit(nil, false, []verdict.Modification{
		replace("gr\u00fcne Wiesen\r\n" + strings.Repeat("word ", 300) + "end\r\n")})...)},
	{"body-8bit-parts", "Subject: s\r\nMIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=b\r\n", "--b\r\n\r\ntext\r\n--b--\r\n",
		accept(rewrite.Fit(message.Header{{Name: "MIME-Version", Raw: " 1.0"}, {Name: "Content-Type", Raw: " multipart/mixed; boundary=b"}}, false, []verdict.Modification{
			replace("--b\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n\r\ngr\u00fcne Wiesen\r\n--b--\r\n")})...)},
	{"reply", "Subject: s\r\n", "text\r\n", reject(550, "5.7.1", "100% of <this> \"message\"\nis refused: gr\u00fc\u00df\ttab")},
	{"reply-later", "Subject: s\r\n", "text\r\n", reject(451, "4.7.1", "")},
	{"reply-wrong", "Subject: s\r\n", "text\r\n", milter.Final{Verdict: verdict.Verdict{Disposition: verdict.Reject,
		Reply: verdict.Reply{Code: 250, Enhanced: "2.0.0", Text: "queued"}}}},
}

func TestGolden(t *testing.T) {
	for _, name := range []string{postfix, sendmail} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			mtalab.Require(t, name)
			for _, g := range goldens {
				l := &level{name: name}
				key := play(&script{eom: always(g.answer)})
				m := mail(key)
				m.Data = []byte(text(key, g.head, g.body))
				r := mtalab.Send(t.Context(), l.smtp(t), m)
				got := r.Last().String() + "\n"
				if r.Accepted() {
					got = stable(key, arrives(t, key).Data)
				}
				file := filepath.Join("testdata", "golden", g.name+"."+name+".txt")
				if *update {
					must(t, os.MkdirAll(filepath.Dir(file), 0o755))
					must(t, os.WriteFile(file, []byte(got), 0o644))
					continue
				}
				want, err := os.ReadFile(file)
				must(t, err)
				compare(t, g.name, string(want), got)
			}
		})
	}
}

var received = regexp.MustCompile(`(?m)^Received:.*\n(?:[ \t].*\n)*`)

// stable shows line ends and takes out what differs from run to run.
func stable(key string, data []byte) string {
	s := strings.ReplaceAll(string(data), "\r\n", "\n")
	s = strings.ReplaceAll(s, "\r", "\\r")
	s = strings.ReplaceAll(s, key, "KEY")
	return received.ReplaceAllString(s, "Received: by the MTA\n")
}
