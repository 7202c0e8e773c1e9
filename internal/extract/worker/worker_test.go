package worker

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net"
	"os"
	"os/exec"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"labelmilter/internal/budget"
	"labelmilter/internal/extract"
	"labelmilter/internal/extract/testdata/gen/sample"
)

// TestMain makes the test binary its own worker, or one that misbehaves.
func TestMain(m *testing.M) {
	if len(os.Args) > 1 {
		switch os.Args[1] {
		case Command:
			os.Exit(Main())
		case "misbehave":
			os.Exit(misbehave(os.Args[2]))
		}
	}
	os.Exit(m.Run())
}

// misbehave is a worker that does what a hostile file might make it do.
func misbehave(how string) int {
	warm()
	s := confine()
	if how == "hello" {
		return 1
	}
	if err := writeFrame(os.Stdout, hello{s}, 0); err != nil {
		return 1
	}
	if _, err := readJob(os.Stdin); err != nil {
		return 0
	}
	switch how {
	case "die":
		return 3
	case "loop":
		spin()
	case "cpu":
		if err := spend(); err != nil {
			return 1
		}
		spin()
	case "memory":
		var all [][]byte
		for len(all) >= 0 {
			all = append(all, bytes.Repeat([]byte{1}, 1<<20))
		}
	case "stack":
		return deep(1)
	case "garbage":
		_, _ = os.Stdout.WriteString(strings.Repeat("\xff", 100))
	case "escape": // says what it could do
		var done []string
		if _, err := os.ReadFile("/etc/passwd"); err == nil {
			done = append(done, "read a file")
		}
		if f, err := os.CreateTemp("", "x"); err == nil {
			_ = f.Close()
			done = append(done, "wrote a file")
		}
		if _, err := net.Dial("udp", "127.0.0.1:53"); err == nil {
			done = append(done, "opened a socket")
		}
		if err := exec.Command("/bin/true").Run(); err == nil {
			done = append(done, "started a process")
		}
		if err := syscall.Kill(os.Getppid(), 0); err == nil {
			done = append(done, "signalled another process")
		}
		_ = writeFound(os.Stdout, extract.Found{Texts: []extract.Text{{Body: strings.Join(done, ", ")}}})
	}
	return 0
}

// spin uses the processor until something ends it.
func spin() {
	for n := uint64(1); n != 0; n = n*6364136223846793005 | 1 {
	}
}

// deep calls itself until the stack ends.
//
//go:noinline
func deep(n int) int {
	var a [1024]byte
	a[n%1024] = 1
	if n < 0 {
		return 0
	}
	return deep(n+1) + int(a[(n+1)%1024])
}

func pool(t testing.TB, o Options) *Pool {
	t.Helper()
	p := New(o)
	t.Cleanup(p.Close)
	return p
}

func jobOf(data []byte) extract.Job {
	return extract.Job{Path: "2", Type: "application/octet-stream", Names: []string{"n.bin"}, Where: extract.InAttachment, Data: data, Limits: budget.Default()}
}

// zipped puts files into an archive, which goes through many layers.
func zipped(n int, data []byte) []byte {
	for range n {
		data = sample.Zip([2]string{"inner.zip", string(data)}, [2]string{"a.txt", "TFN 123 456 782"})
	}
	return data
}

// A worker finds what reading in the own process finds, for every kind of
// content, and whether a limit is met or not.
func TestSameAsHere(t *testing.T) {
	t.Parallel()
	p := pool(t, Options{Workers: 2})
	jobs := map[string]extract.Job{
		"text":   jobOf([]byte("plain")),
		"broken": jobOf([]byte("PK\x03\x04 broken")),
		"nested": jobOf(zipped(5, []byte("deep inside"))),
		"deep":   jobOf(zipped(30, []byte("too deep"))),
		"bomb":   jobOf(sample.Zip([2]string{"zeros", strings.Repeat("\x00", 50<<20)})),
		"much":   jobOf(sample.Zip([2]string{"words", strings.Repeat("many words ", 5<<20)})),
	}
	for _, d := range sample.All() {
		jobs[d.Name] = jobOf(d.Data)
	}
	small := jobOf(zipped(3, sample.Docx().Data))
	small.Limits.TextTotal, small.Limits.ExpandedTotal, small.Limits.Parts = 1000, 20_000, 4
	small.Used = budget.Used{Parts: 1, Expanded: 5000, Text: 10}
	jobs["limits"] = small
	pictures := jobOf(sample.Zip([2]string{"a.gif", "GIF89a\x01\x00\x01\x00"}, [2]string{"b.txt", "words"}, [2]string{"c.gif", "GIF89a\x01\x00\x01\x00 more"}))
	pictures.Wants = []string{"image/*"}
	jobs["wanted"] = pictures
	for name, j := range jobs {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			want := j.Read(t.Context(), nil)
			got, err := p.Read(t.Context(), j)
			if err != nil {
				t.Fatal(err)
			}
			if d := cmp.Diff(want, got); d != "" {
				t.Errorf("%.2000s", d)
			}
		})
	}
}

// What a worker does wrong costs its part and nothing else.
func TestKilled(t *testing.T) {
	t.Parallel()
	for how, why := range map[string]string{"die": "exit status 3", "loop": "time", "cpu": "processor time", "memory": "memory", "stack": "stack", "garbage": "ended"} {
		t.Run(how, func(t *testing.T) {
			t.Parallel()
			if memoryFactor > 1 && (how == "memory" || how == "stack") {
				t.Skip("the race detector has limits of its own")
			}
			var mu sync.Mutex
			var said []string
			o := Options{Memory: 192 << 20, Timeout: 20 * time.Second, path: "/proc/self/exe", args: []string{"misbehave", how}, Killed: func(w string) {
				mu.Lock()
				defer mu.Unlock()
				said = append(said, w)
			}}
			if how == "stack" {
				o.Memory = DefaultMemory // its end is to come first
			}
			if how == "loop" {
				o.Timeout = 500 * time.Millisecond
			}
			p := pool(t, o)
			for range 2 {
				_, err := p.Read(t.Context(), jobOf([]byte("x")))
				if e, ok := err.(extract.ApartError); !ok || e.Reason != budget.WorkerKilled {
					t.Fatalf("%v", err)
				}
			}
			if len(said) != 2 || said[0] != why {
				t.Errorf("said %q, want %q", said, why)
			}
			if n := len(p.idle); n != 0 {
				t.Errorf("%d workers kept", n)
			}
		})
	}
}

func TestNoWorker(t *testing.T) {
	t.Parallel()
	for _, o := range []Options{{path: "/nonexistent"}, {path: "/proc/self/exe", args: []string{"misbehave", "hello"}}} {
		p := pool(t, o)
		if _, err := p.Start(t.Context()); err == nil {
			t.Error("started")
		}
		_, err := p.Read(t.Context(), jobOf([]byte("x")))
		if e, ok := err.(extract.ApartError); !ok || e.Reason != budget.Overload {
			t.Errorf("%v", err)
		}
	}
}

// The end of the message's time is no failure of the worker.
func TestTimeEnds(t *testing.T) {
	t.Parallel()
	p := pool(t, Options{path: "/proc/self/exe", args: []string{"misbehave", "loop"}, Killed: func(why string) { t.Error(why) }})
	ctx, cancel := context.WithTimeout(t.Context(), 500*time.Millisecond)
	defer cancel()
	_, err := p.Read(ctx, jobOf([]byte("x")))
	if e, ok := err.(extract.ApartError); !ok || e.Reason != budget.Time {
		t.Errorf("%v", err)
	}
}

// A worker that is taken over can do nothing.
func TestConfined(t *testing.T) {
	t.Parallel()
	p := pool(t, Options{path: "/proc/self/exe", args: []string{"misbehave", "escape"}})
	s, err := p.Start(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("%+v", s)
	if !s.Limits {
		t.Error("no limits: " + s.Missing)
	}
	if !s.Seccomp {
		t.Skip("no seccomp here: " + s.Missing)
	}
	f, err := p.Read(t.Context(), jobOf([]byte("x")))
	if err != nil {
		t.Fatal(err)
	}
	if f.Texts[0].Body != "" {
		t.Error("it could: " + f.Texts[0].Body)
	}
}

// A worker is used again, and not for ever.
func TestReused(t *testing.T) {
	t.Parallel()
	p := pool(t, Options{Workers: 1})
	seen := map[*process]int{}
	for range 20 {
		if _, err := p.Read(t.Context(), jobOf([]byte("x"))); err != nil {
			t.Fatal(err)
		}
		seen[p.idle[0]]++
	}
	if len(seen) != 1 {
		t.Errorf("%d workers", len(seen))
	}
	p.idle[0].jobs = recycleAfter
	if _, err := p.Read(t.Context(), jobOf([]byte("x"))); err != nil {
		t.Fatal(err)
	}
	if len(p.idle) != 0 {
		t.Error("kept")
	}
}

// A worker that ended while nobody needed it costs no part.
func TestIdleWorkerGone(t *testing.T) {
	t.Parallel()
	var mu sync.Mutex
	said := 0
	p := pool(t, Options{Workers: 1, Killed: func(string) { mu.Lock(); said++; mu.Unlock() }})
	for range 2 {
		if _, err := p.Read(t.Context(), jobOf([]byte("x"))); err != nil {
			t.Fatal(err)
		}
		w := p.idle[0]
		w.kill()
		if _, err := w.cmd.Process.Wait(); err != nil { // also for its last thread
			t.Fatal(err)
		}
	}
	if said != 1 {
		t.Errorf("said %d times", said)
	}
}

// Started by hand it says so.
func TestByHand(t *testing.T) {
	t.Parallel()
	f, err := os.Open(os.DevNull)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	cmd := exec.Command("/proc/self/exe", Command)
	cmd.Stdin = f
	out, err := cmd.CombinedOutput()
	var e *exec.ExitError
	if !errors.As(err, &e) || e.ExitCode() != 2 || !strings.Contains(string(out), "by the daemon only") {
		t.Errorf("%v: %s", err, out)
	}
}

func FuzzFrame(f *testing.F) {
	var b bytes.Buffer
	if err := writeFound(&b, extract.Found{Texts: []extract.Text{{Part: "1", Where: extract.InBody, Body: "abc"}, {Body: "d"}}}); err != nil {
		f.Fatal(err)
	}
	f.Add(b.Bytes())
	f.Add([]byte("\x00\x00\x00\x02\x00\x00\x00\x00{}"))
	f.Add([]byte("\xff\xff\xff\xff\xff\xff\xff\xff"))
	f.Fuzz(func(t *testing.T, in []byte) {
		got, err := readFound(bytes.NewReader(in))
		if err != nil {
			return
		}
		n := 0
		for _, x := range got.Texts {
			n += len(x.Body)
		}
		if n > len(in) {
			t.Fatalf("%d bytes out of %d", n, len(in))
		}
	})
}

// BenchmarkJob is the cost of a worker beside reading in the own process.
func BenchmarkJob(b *testing.B) {
	for name, data := range map[string][]byte{"docx": sample.Docx().Data, "4MB": bytes.Repeat([]byte("PK\x03\x04abcdefghijkl"), 1<<18)} {
		j := jobOf(data)
		b.Run(name+"/here", func(b *testing.B) {
			for range b.N {
				j.Read(b.Context(), nil)
			}
		})
		b.Run(name+"/apart", func(b *testing.B) {
			p := pool(b, Options{Workers: 1})
			if _, err := p.Start(b.Context()); err != nil {
				b.Fatal(err)
			}
			b.ResetTimer()
			for range b.N {
				if _, err := p.Read(b.Context(), j); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
	b.Run("start", func(b *testing.B) {
		for range b.N {
			p := New(Options{})
			if _, err := p.Start(b.Context()); err != nil {
				b.Fatal(err)
			}
			p.Close()
		}
	})
}

var _ io.Writer = (*tail)(nil)
