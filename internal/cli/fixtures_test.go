package cli

import (
	"bytes"
	"context"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"labelmilter/internal/authres"
	"labelmilter/internal/budget"
	"labelmilter/internal/fixture"
	"labelmilter/internal/label"
	"labelmilter/internal/message"
	"labelmilter/internal/replay"
	"labelmilter/internal/verdict"
)

const fixtures = "../../testdata/replay"

// shared are the pipelines of all tests: compiling every type takes a while.
var shared = sync.OnceValues(func() (*pipelines, error) {
	a := &command{stdout: io.Discard, stderr: os.Stderr, quiet: true}
	return a.pipelines(&judgeFlags{})
})

func fixtureOptions(t *testing.T) replay.Options {
	t.Helper()
	ps, err := shared()
	if err != nil {
		t.Fatal(err)
	}
	return replay.Options{Pipelines: ps, Message: message.Options{Limits: budget.Default(), SpoolDir: t.TempDir()}, Expectations: true, Require: true, Jobs: 2}
}

// TestFixtures judges every message of testdata/replay and compares.
func TestFixtures(t *testing.T) {
	t.Parallel()
	o := fixtureOptions(t)
	items := replay.Walk([]string{fixtures})
	folders := map[string]int{}
	replay.Run(context.Background(), items, o, func(out replay.Outcome) {
		folders[filepath.Base(filepath.Dir(out.Item.File))]++
		switch {
		case out.Err != nil:
			t.Errorf("%s: %v", out.Item.File, out.Err)
		case out.Problems.HasErrors():
			t.Errorf("%s: %s", out.Item.File, out.Problems)
		case !out.OK():
			t.Errorf("%s: missing %v, %v", out.Item.File, out.Missing, out.Mismatches)
		}
	})
	for _, f := range []string{"mime", "markings", "labels", "policy", "hostile"} {
		if folders[f] < 12 {
			t.Errorf("folder %s has %d messages", f, folders[f])
		}
	}
	if orphans := replay.Orphans([]string{fixtures}); len(orphans) > 0 {
		t.Errorf("expectations without a message: %v", orphans)
	}
}

// TestDeterminism judges everything with one worker and with eight, each with
// rules loaded anew, and compares the output byte for byte.
func TestDeterminism(t *testing.T) {
	t.Parallel()
	run := func(args ...string) string {
		var out bytes.Buffer
		code := Main(append([]string{"replay", "--format", "json", "--explain"}, args...), strings.NewReader(""), &out, io.Discard)
		if code != 0 {
			t.Fatalf("exit code %d", code)
		}
		return out.String()
	}
	first := run("--jobs", "1", fixtures)
	for _, args := range [][]string{{"--jobs", "8", fixtures}} {
		if again := run(args...); again != first {
			a, b := strings.Split(first, "\n"), strings.Split(again, "\n")
			for i := range min(len(a), len(b)) {
				if a[i] != b[i] {
					t.Fatalf("%v: line %d differs:\n%s\n%s", args, i+1, a[i], b[i])
				}
			}
			t.Fatalf("%v: %d lines, then %d", args, len(a), len(b))
		}
	}
	names := make([]string, 0, 200)
	for line := range strings.SplitSeq(strings.TrimSpace(first), "\n") {
		_, rest, _ := strings.Cut(line, `"file":"`)
		name, _, _ := strings.Cut(rest, `"`)
		names = append(names, name)
	}
	if !slices.IsSorted(names) || len(names) < 60 {
		t.Errorf("%d lines, sorted: %v", len(names), slices.IsSorted(names))
	}
}

// TestSecondPass carries out the edits to header and recipients of every accepted
// message and judges the result: nothing is left to edit, and the label stays.
func TestSecondPass(t *testing.T) {
	t.Parallel()
	o := fixtureOptions(t)
	items := replay.Walk([]string{fixtures})
	edited := 0
	for _, it := range items {
		w, _, _, err := fixture.Load(it.File)
		if err != nil {
			t.Fatal(err)
		}
		data, err := os.ReadFile(it.File)
		if err != nil {
			t.Fatal(err)
		}
		p, ps := o.Pipelines.Pipeline(w)
		if ps.HasErrors() {
			t.Fatal(ps)
		}
		m, err := message.Read(context.Background(), bytes.NewReader(data), message.Envelope{}, o.Message)
		if err != nil {
			t.Fatal(err)
		}
		m.Envelope = w.Overlay(replay.Envelope(m.Header, replay.Options{}))
		first := p.Process(context.Background(), m, replay.Facts(m, w.Clock(), w, authres.Verifiers{}))
		if first.Verdict.Disposition != verdict.Accept || len(first.Modifications) == 0 || slices.Contains(reasons(first.Inspection.Skipped), budget.HeaderLimit) {
			m.Close()
			continue
		}
		if slices.ContainsFunc(first.Modifications, func(m verdict.Modification) bool { return m.Op == verdict.ReplaceBody }) {
			m.Close()
			continue // another body: what is inspected and found differs by intent
		}
		edited++
		mail, env := apply(t, m, first.Modifications)
		m.Close()
		again, err := message.Read(context.Background(), bytes.NewReader(mail), env, o.Message)
		if err != nil {
			t.Fatal(err)
		}
		second := p.Process(context.Background(), again, replay.Facts(again, w.Clock(), w, authres.Verifiers{}))
		again.Close()
		if len(second.Modifications) > 0 || second.Verdict.Disposition != verdict.Accept {
			t.Errorf("%s: the second pass gives %s and %+v\nafter %+v", it.File, second.Verdict.Disposition, second.Modifications, first.Modifications)
		}
		if labelID(first) != labelID(second) && (first.Label == nil || first.Label.Source != label.FromRule) {
			t.Errorf("%s: label %s, then %s", it.File, labelID(first), labelID(second))
		}
	}
	if edited < 30 {
		t.Errorf("only %d messages were edited", edited)
	}
}

func reasons(skips []budget.Skip) (out []budget.Reason) {
	for _, s := range skips {
		out = append(out, s.Reason)
	}
	return out
}

// apply carries out edits as an MTA does.
func apply(t *testing.T, m *message.Message, mods []verdict.Modification) ([]byte, message.Envelope) {
	t.Helper()
	h := slices.Clone(m.Header)
	nth := func(name string, n int) int {
		for i, f := range h {
			if f.Is(name) {
				if n--; n == 0 {
					return i
				}
			}
		}
		t.Fatalf("no such field %s", name)
		return -1
	}
	env := m.Envelope
	env.RcptTo = slices.Clone(env.RcptTo)
	for _, x := range mods {
		f := message.Field{Name: x.Name, Raw: " " + x.Value}
		switch x.Op {
		case verdict.InsertHeader:
			h = slices.Insert(h, x.Index, f)
		case verdict.AddHeader:
			h = append(h, f)
		case verdict.ChangeHeader:
			h[nth(x.Name, x.Index)] = f
		case verdict.DeleteHeader:
			i := nth(x.Name, x.Index)
			h = slices.Delete(h, i, i+1)
		case verdict.AddRecipient:
			env.RcptTo = append(env.RcptTo, x.Address)
		case verdict.ChangeSender:
			env.MailFrom = x.Address
		case verdict.DeleteRecipient:
			env.RcptTo = slices.DeleteFunc(env.RcptTo, func(r string) bool { return r == x.Address })
		default:
			t.Fatalf("edit %s", x.Op)
		}
	}
	var b bytes.Buffer
	for _, f := range h {
		b.WriteString(f.Name + ":" + f.Raw + "\n")
	}
	b.WriteByte('\n')
	b.Write(m.Body)
	return b.Bytes(), env
}
