package message

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"labelmilter/internal/budget"
)

func options(t testing.TB) Options {
	return Options{Limits: budget.Default(), SpoolDir: t.TempDir()}
}

func read(t testing.TB, raw string, o Options) *Message {
	t.Helper()
	m, err := Read(context.Background(), strings.NewReader(raw), Envelope{}, o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { m.Close() })
	return m
}

// chunks cuts b at random places.
func chunks(r *rand.Rand, b []byte) [][]byte {
	var out [][]byte
	for len(b) > 0 {
		n := 1 + r.IntN(min(len(b), 40))
		out = append(out, b[:n])
		b = b[n:]
	}
	return out
}

type chunkReader struct{ chunks [][]byte }

func (c *chunkReader) Read(p []byte) (int, error) {
	if len(c.chunks) == 0 {
		return 0, io.EOF
	}
	n := copy(p, c.chunks[0])
	if c.chunks[0] = c.chunks[0][n:]; len(c.chunks[0]) == 0 {
		c.chunks = c.chunks[1:]
	}
	return n, nil
}

// A message is the same through the milter and from a file, whatever its line
// ends and however it is cut, in memory or in a spool file.
func TestBuilderEqualsRead(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(1, 2))
	names := []string{"Subject", "X-Test", "Content-Type", "received", "To", "X-\xfc"}
	values := []string{" hello", " a\n b", "x", "", " multipart/mixed; boundary=b", "\t=?utf-8?q?a?=", " a\n\tb\n c"}
	pieces := []string{"text", "\r\n", "\n", "\r", "\r\r\n", "--b", "--b--", "Content-Type: text/plain", "\r\n\r\n", ".", "\x00", "=\r\n", "é", ": "}
	dir := t.TempDir()
	for range 3000 {
		var fields [][2]string
		for range 1 + r.IntN(6) {
			fields = append(fields, [2]string{names[r.IntN(len(names))], values[r.IntN(len(values))]})
		}
		var body strings.Builder
		for range r.IntN(60) {
			body.WriteString(pieces[r.IntN(len(pieces))])
		}
		o := Options{Limits: budget.Default(), SpoolDir: dir}
		o.Limits.SpoolAbove = int64(r.IntN(200))
		eol := []string{"\n", "\r\n", "\r\r\n"}[r.IntN(3)]

		b := NewBuilder(o)
		var file strings.Builder
		for _, f := range fields {
			b.AddField(f[0], f[1])
			file.WriteString(f[0] + ":" + strings.ReplaceAll(f[1], "\n", eol) + eol)
		}
		file.WriteString(eol + body.String())
		for _, c := range chunks(r, []byte(body.String())) {
			if _, err := b.Write(c); err != nil {
				t.Fatal(err)
			}
		}
		m1, err := b.Finish(context.Background(), Envelope{})
		if err != nil {
			t.Fatal(err)
		}
		m2, err := Read(context.Background(), &chunkReader{chunks(r, []byte(file.String()))}, Envelope{}, o)
		if err != nil {
			t.Fatal(err)
		}
		if m1.Digest != m2.Digest || m1.Size != m2.Size {
			t.Fatalf("digest %s %s, size %d %d of %q", m1.Digest, m2.Digest, m1.Size, m2.Size, file.String())
		}
		if diff := cmp.Diff(m1.Root, m2.Root); diff != "" {
			t.Fatalf("%q: %s", file.String(), diff)
		}
		if diff := cmp.Diff(m1.Header, m2.Header); diff != "" {
			t.Fatal(diff)
		}
		if !bytes.Equal(m1.Body, m2.Body) || !normal(m1.Body) {
			t.Fatalf("bodies differ or have other line ends: %q %q", m1.Body, m2.Body)
		}
		if err := errors.Join(m1.Close(), m2.Close()); err != nil {
			t.Fatal(err)
		}
	}
}

// The normaliser against a naive one.
func TestNormalise(t *testing.T) {
	t.Parallel()
	naive := func(s string) string {
		for strings.Contains(s, "\r\r\n") {
			s = strings.ReplaceAll(s, "\r\r\n", "\r\n")
		}
		s = strings.ReplaceAll(s, "\r\n", "\n")
		return strings.ReplaceAll(strings.ReplaceAll(s, "\r", "\n"), "\n", "\r\n")
	}
	r := rand.New(rand.NewPCG(3, 4))
	for range 100_000 {
		b := make([]byte, r.IntN(24))
		for i := range b {
			b[i] = "\r\r\n\nab"[r.IntN(6)]
		}
		var n normaliser
		for _, c := range chunks(r, b) {
			n.feed(c)
		}
		n.flush()
		if want := naive(string(b)); string(n.out) != want || string(normalise(b)) != want {
			t.Fatalf("%q: got %q and %q, want %q", b, n.out, normalise(b), want)
		}
	}
	if got := len(normalise(bytes.Repeat([]byte("\r"), 3*maxPendingCR))); got != 6*maxPendingCR {
		t.Errorf("many CRs: %d bytes", got)
	}
}

func TestDigest(t *testing.T) {
	t.Parallel()
	sum := sha256.Sum256([]byte("Subject: a\r\n b\r\nTo:x\r\n\r\nline\r\nlast"))
	want := "sha256:" + hex.EncodeToString(sum[:])
	for _, raw := range []string{
		"Subject: a\n b\nTo:x\n\nline\nlast",
		"Subject: a\r\n b\r\nTo:x\r\n\r\nline\r\nlast",
		"From a@b\nSubject: a\r\n b\nTo:x\r\n\nline\rlast",
		"\xef\xbb\xbfSubject: a\r b\rTo:x\r\rline\rlast",
	} {
		m := read(t, raw, options(t))
		if m.Digest != want {
			t.Errorf("%q: got %s, want %s", raw, m.Digest, want)
		}
		if m.Size != 34 {
			t.Errorf("%q: size %d", raw, m.Size)
		}
	}
	other := read(t, "Subject: a\n b\nTo:x\ngarbage\n\nline\nlast", options(t))
	if other.Digest == want {
		t.Error("garbage in the header is not in the digest")
	}
}

func TestMessageLimits(t *testing.T) {
	t.Parallel()
	o := options(t)
	o.Limits.MessageBytes, o.Limits.SpoolAbove = 10_000, 100
	raw := "Subject: x\r\n\r\n" + strings.Repeat("0123456789", 3000)
	m := read(t, raw, o)
	if len(m.Body) != 10_000-14 || m.Size != int64(len(raw)) {
		t.Errorf("body %d, size %d", len(m.Body), m.Size)
	}
	want := []budget.Skip{{Reason: budget.MessageTooLarge, Limit: 10_000, Value: int64(len(raw))}}
	if diff := cmp.Diff(want, m.Skips); diff != "" {
		t.Error(diff)
	}
	if m2 := read(t, raw+"x", o); m2.Digest == m.Digest {
		t.Error("what is beyond the limit is not in the digest")
	}

	o = options(t)
	b := NewBuilder(o)
	for range 1000 {
		b.AddField("X", strings.Repeat("x", 997))
	}
	b.AddField("Subject", " still there")
	m, err := b.Finish(context.Background(), Envelope{})
	if err != nil {
		t.Fatal(err)
	}
	if len(m.Header) != 262+1 || m.Subject() != "still there" {
		t.Errorf("%d fields, subject %q", len(m.Header), m.Subject())
	}
	if len(m.Skips) != 1 || m.Skips[0].Reason != budget.HeaderLimit || m.Skips[0].Limit != o.Limits.HeaderBytes {
		t.Errorf("skips %v", m.Skips)
	}
	small := read(t, "X: "+strings.Repeat("x", 59_000)+"\n\n", options(t))
	if len(small.Skips) != 0 {
		t.Errorf("skips %v", small.Skips)
	}
}

// The heap does not grow with the body.
func TestMemory(t *testing.T) {
	chunk := bytes.Repeat([]byte("The quick brown fox jumps over the lazy dog, all day, all night.\r\n"), 1000)[:64<<10]
	o := options(t)
	o.Limits.MessageBytes = 200 << 20
	heap := func() uint64 {
		var s runtime.MemStats
		runtime.ReadMemStats(&s)
		return s.HeapAlloc
	}
	runtime.GC()
	before, peak := heap(), uint64(0)
	b := NewBuilder(o)
	b.AddField("Content-Type", " multipart/mixed; boundary=b")
	if _, err := b.Write([]byte("--b\r\nContent-Transfer-Encoding: base64\r\n\r\n")); err != nil {
		t.Fatal(err)
	}
	for i := range 1600 {
		if _, err := b.Write(chunk); err != nil {
			t.Fatal(err)
		}
		if i%100 == 0 {
			peak = max(peak, heap())
		}
	}
	m, err := b.Finish(context.Background(), Envelope{})
	if err != nil {
		t.Fatal(err)
	}
	peak = max(peak, heap())
	if len(m.Body) < 100<<20 || len(m.Root.Children) != 1 {
		t.Fatalf("body %d, %d parts", len(m.Body), len(m.Root.Children))
	}
	if grown := int64(peak) - int64(before); grown > 64<<20 {
		t.Errorf("heap grew by %d MB", grown>>20)
	} else {
		t.Logf("heap grew by %d KB for %d MB", grown>>10, len(m.Body)>>20)
	}
	if err := m.Close(); err != nil {
		t.Fatal(err)
	}
	if err := m.Close(); err != nil {
		t.Errorf("second Close: %v", err)
	}
}

func TestSpool(t *testing.T) {
	t.Parallel()
	o := options(t)
	o.Limits.SpoolAbove = 10
	b := NewBuilder(o)
	b.Write([]byte(strings.Repeat("x", 100)))
	if left, _ := filepath.Glob(filepath.Join(o.SpoolDir, "*")); len(left) != 0 {
		t.Errorf("the spool file has a name: %v", left)
	}
	b.Discard()
	b.Discard()

	o.SpoolDir = filepath.Join(o.SpoolDir, "missing")
	b = NewBuilder(o)
	if _, err := b.Write([]byte(strings.Repeat("x", 100))); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("got %v", err)
	}
	if _, err := b.Finish(context.Background(), Envelope{}); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("Finish: got %v", err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := NewBuilder(options(t)).Finish(ctx, Envelope{}); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: got %v", err)
	}
	if _, err := Read(ctx, strings.NewReader("x"), Envelope{}, options(t)); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled Read: got %v", err)
	}
	broken := io.MultiReader(strings.NewReader("Subject: x\n\n"), errReader{})
	if _, err := Read(context.Background(), broken, Envelope{}, options(t)); !errors.Is(err, errBroken) {
		t.Errorf("broken reader: got %v", err)
	}
}

// TestReuse: the memory of a closed message goes to one other message, and of
// one that is not closed to none; no message sees bytes of another.
func TestReuse(t *testing.T) {
	o := options(t)
	o.Reuse = true
	build := func(c byte, n int) *Message {
		t.Helper()
		b := NewBuilder(o)
		for range n {
			if _, err := b.Write(bytes.Repeat([]byte{c}, 40<<10)); err != nil {
				t.Fatal(err)
			}
		}
		m, err := b.Finish(context.Background(), Envelope{})
		if err != nil {
			t.Fatal(err)
		}
		return m
	}
	whole := func(m *Message, c byte, n int) {
		t.Helper()
		if len(m.Body) != n*40<<10 || bytes.Count(m.Body, []byte{c}) != len(m.Body) {
			t.Errorf("the body of %q is not its own", c)
		}
	}
	var reused bool
	for range 50 { // a pool promises nothing
		a := build('a', 5)
		whole(a, 'a', 5)
		was := &a.Body[0]
		twin := *a
		if err := errors.Join(a.Close(), twin.Close()); err != nil {
			t.Fatal(err)
		}
		b, c := build('b', 2), build('c', 9)
		whole(b, 'b', 2)
		whole(c, 'c', 9)
		if &b.Body[0] == &c.Body[0] {
			t.Fatal("two messages share memory")
		}
		reused = reused || &b.Body[0] == was
		NewBuilder(o).Discard()
		if err := errors.Join(b.Close(), c.Close()); err != nil {
			t.Fatal(err)
		}
	}
	if !reused {
		t.Error("no memory was used again")
	}
	o.Reuse = false
	a := build('a', 5)
	kept := a.Body
	a.Close()
	build('b', 5)
	if kept[0] != 'a' {
		t.Error("memory was reused unasked")
	}
}

var errBroken = errors.New("broken")

type errReader struct{}

func (errReader) Read([]byte) (int, error) { return 0, errBroken }
