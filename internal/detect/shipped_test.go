package detect_test

import (
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"labelmilter/internal/assemble"
	"labelmilter/internal/detect"
	"labelmilter/internal/mtabench/corpus"
	"labelmilter/internal/rulepack"
)

// shipped are the packs that are on by default.
var shipped = sync.OnceValue(func() *rulepack.Ruleset {
	rs, ps := assemble.Rules(assemble.Options{})
	if rs == nil {
		panic(ps)
	}
	return rs
})

// ordinaryMail is generated mail, with and without identifiers.
func ordinaryMail(size int) (out []string) {
	for _, s := range corpus.Sets() {
		for i := range 2 {
			if t := s.Text(uint64(i), i); len(t) > size {
				out = append(out, strings.ToValidUTF8(t[:size], ""))
			}
		}
	}
	return out
}

// The shipped packs must find the same with the engine, without its shortcuts
// and with the straightforward evaluation: in the examples of their types, in
// generated mail, in text that nobody here wrote, and in what is none of it.
func TestShippedPacks(t *testing.T) {
	t.Parallel()
	rs := shipped()
	rnd := rand.New(rand.NewPCG(3, 9))
	var examples, texts []string
	for _, ty := range rs.Types {
		examples = append(examples, ty.Match...)
		examples = append(examples, ty.NoMatch...)
	}
	rnd.Shuffle(len(examples), func(i, j int) { examples[i], examples[j] = examples[j], examples[i] })
	share := len(examples) / 6
	if testing.Short() || detect.RaceEnabled {
		share /= 8
	}
	for list := examples[:share]; len(list) > 0; {
		n := min(12, len(list))
		texts = append(texts, strings.Join(list[:n], []string{" ", "\n", ", "}[rnd.IntN(3)]))
		list = list[n:]
	}
	found := detect.Same(t, rs.Engine, texts...)
	if found < share/2 {
		t.Errorf("only %d found in %d examples", found, share)
	}
	texts = ordinaryMail(1500)
	texts = append(texts, strings.Repeat("password=a1b2c3d4 ", 40), strings.Repeat("1.2.3.4:5 ", 60), strings.Repeat("AB12 3456 7890 ", 40), strings.Repeat("12 March St, ", 40))
	if b, err := documentation(t); err == nil {
		texts = append(texts, b...)
	}
	more := detect.Same(t, rs.Engine, texts...)
	t.Logf("%d found in %d examples, %d in %d other texts", found, share, more, len(texts))
}

// documentation gives pieces of the documentation of the system.
func documentation(t *testing.T) (out []string, err error) {
	err = filepath.WalkDir("/usr/share/doc", func(path string, d fs.DirEntry, err error) error {
		if len(out) == 5 {
			return fs.SkipAll
		}
		if err != nil || !d.Type().IsRegular() || filepath.Ext(path) == ".gz" {
			return nil
		}
		if b, err := os.ReadFile(path); err == nil && len(b) > 4000 {
			out = append(out, strings.ToValidUTF8(string(b[1000:2500]), ""))
		}
		return nil
	})
	return out, err
}

// A text made to be slow for the shipped packs may take at most 60 times the
// steps of ordinary mail of the same size.
func TestShippedHostile(t *testing.T) {
	t.Parallel()
	rs := shipped()
	var ordinary int64
	mails := ordinaryMail(8 << 10)
	for _, m := range mails {
		ordinary += rs.Engine.Steps(m) / int64(len(mails))
	}
	var words []string
	for _, ty := range rs.Types {
		if len(ty.Match) > 0 && len(ty.Match[0]) < 80 {
			words = append(words, ty.Match[0]+" ")
		}
	}
	detect.Costliest(t, rs.Engine, ordinary, 1500, []string{"7 7 7 ", "-7-7", "12 March St, ", "password=a1b2c3d4;", "user id=a;pwd=bcdefgh\"", "https://a:b", "1.1.1.1", "a:b:", "Maria ", "Wilson, ", "A. ", "James A. ", "Server=x;database.windows.net", "AB"}, words)
}
