package edm

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

// table writes the synthetic table into a file.
func table(t testing.TB, rows int64) string {
	t.Helper()
	data, err := io.ReadAll(&synthetic{rows: rows})
	if err != nil {
		t.Fatal(err)
	}
	return writeFile(t, "table.csv", string(data))
}

// run runs a child and reports whether it was killed, and what it printed.
func (s childSpec) run(t *testing.T) (killed bool, out string) {
	t.Helper()
	cmd, buf, err := s.start(nil)
	if err != nil {
		t.Fatal(err)
	}
	err = cmd.Wait()
	var exit *exec.ExitError
	if errors.As(err, &exit) && exit.Sys() != nil && !exit.Exited() {
		return true, buf.String()
	}
	if err != nil {
		t.Fatalf("%v: %s", err, buf)
	}
	return false, buf.String()
}

// TestKilled kills builds at every named point, and at twenty others drawn by
// lot. After each the store of before is in service, or the whole new one; and
// the build, started again, comes to the same store as one that was left alone.
func TestKilled(t *testing.T) {
	t.Parallel()
	const rows = 3000
	in := table(t, rows)
	spec := childSpec{Schema: generated, Secret: benchSecret, Input: in, Workers: 2, Checkpoint: 24 << 10, Chunk: 8 << 10}
	sums := func(path string) (string, string) {
		s := opened(t, path)
		if err := Verify(context.Background(), path, nil); err != nil {
			t.Fatal(err)
		}
		return s.head.Sums, s.digest
	}
	whole := spec
	whole.Output = filepath.Join(t.TempDir(), "whole.edm")
	whole.run(t)
	want, _ := sums(whole.Output)
	old := spec
	old.Input, old.Output = table(t, 500), filepath.Join(t.TempDir(), "old.edm")
	old.run(t)
	before, oldDigest := sums(old.Output)
	oldBytes, err := os.ReadFile(old.Output)
	if err != nil {
		t.Fatal(err)
	}
	type place struct {
		point string
		skip  int
	}
	var places []place
	for _, p := range failpoints {
		places = append(places, place{p, 0})
	}
	r := rand.New(rand.NewPCG(11, 20))
	for range 20 {
		places = append(places, place{"*", r.IntN(50)})
	}
	for _, p := range places {
		t.Run(fmt.Sprintf("%s/%d", p.point, p.skip), func(t *testing.T) {
			t.Parallel()
			c := spec
			c.Output, c.Kill, c.Skip = filepath.Join(t.TempDir(), "store.edm"), p.point, p.skip
			if err := os.WriteFile(c.Output, oldBytes, 0o640); err != nil {
				t.Fatal(err)
			}
			killed, out := c.run(t)
			if p.point != "*" && !killed {
				t.Fatalf("the point is never reached: %s", out)
			}
			got, digest := sums(c.Output)
			switch {
			case p.point == "renamed" || p.point == "cleaned" || !killed || p.point == "*" && got == want:
				if got != want {
					t.Error("the new store is not whole")
				}
			case got != before || digest != oldDigest:
				t.Error("the old store is not in service any more")
			}
			c.Kill = ""
			_, out = c.run(t)
			if got, _ := sums(c.Output); got != want {
				t.Errorf("the build that was started again made another store: %s", out)
			}
			resumes := map[string]bool{"noted": true, "read": true, "sorted": true, "indexed": true, "summed": true, "headed": true, "synced": true, "renamed": true}
			if fields := strings.Fields(out); len(fields) != 3 || (fields[2] != "0") != resumes[p.point] && p.point != "*" {
				t.Errorf("started again after %s: %q", p.point, out)
			}
			if _, err := os.Stat(c.Output + ".build"); !errors.Is(err, os.ErrNotExist) {
				t.Errorf("the folder of the build is left: %v", err)
			}
		})
	}
}

func TestTwoBuilds(t *testing.T) {
	t.Parallel()
	o := Options{Schema: people, Key: testKey(t, "a"), Input: writeFile(t, "t.csv", peopleTable), Output: filepath.Join(t.TempDir(), "s.edm")}
	started, goOn := make(chan struct{}), make(chan struct{})
	first := o
	first.fail = func(p string) {
		if p == "locked" {
			close(started)
			<-goOn
		}
	}
	done := make(chan error)
	go func() { _, err := Build(context.Background(), first); done <- err }()
	<-started
	if _, err := Build(context.Background(), o); !errors.Is(err, ErrBusy) {
		t.Errorf("second build: %v", err)
	}
	close(goOn)
	if err := <-done; err != nil {
		t.Error(err)
	}
	if _, err := Build(context.Background(), o); err != nil {
		t.Errorf("after the first: %v", err)
	}
}

// TestDiskFull builds on a disk of three megabytes.
func TestDiskFull(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	if err := unix.Mount("tmpfs", dir, "tmpfs", 0, "size=3m"); err != nil {
		t.Skipf("a small disk cannot be mounted: %v", err)
	}
	defer func() { _ = unix.Unmount(dir, unix.MNT_DETACH) }()
	out := filepath.Join(dir, "store.edm")
	o := Options{Schema: generated, Key: testKey(t, "a"), Input: "-", Stdin: &synthetic{rows: 2000}, Output: out}
	if _, err := Build(context.Background(), o); err != nil {
		t.Fatal(err)
	}
	s := opened2(t, out, o.Key)
	for _, in := range []string{"-", table(t, 200_000)} { // the size of the first is not known beforehand
		o.Input, o.Stdin = in, &synthetic{rows: 200_000}
		_, err := Build(context.Background(), o)
		if err == nil || !strings.Contains(err.Error(), "no space left") && !strings.Contains(err.Error(), "are free") {
			t.Errorf("%s: %v", in, err)
		}
		if again := opened2(t, out, o.Key); again.Digest() != s.Digest() {
			t.Error("another store is in service")
		}
		if err := Verify(context.Background(), out, nil); err != nil {
			t.Error(err)
		}
	}
}

func opened2(t testing.TB, path string, k Key) *Store {
	t.Helper()
	s, err := Open(path, k)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// TestFlippedBit flips one bit after the other.
func TestFlippedBit(t *testing.T) {
	t.Parallel()
	s, _ := built(t, people, peopleTable)
	data, err := os.ReadFile(s.Path())
	if err != nil {
		t.Fatal(err)
	}
	path := writeFile(t, "flipped.edm", string(data))
	f, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	r := rand.New(rand.NewPCG(3, 4))
	for at := 0; at < len(data); at += 1 + r.IntN(60) {
		bit := byte(1) << r.IntN(8)
		if _, err := f.WriteAt([]byte{data[at] ^ bit}, int64(at)); err != nil {
			t.Fatal(err)
		}
		if err := Verify(context.Background(), path, nil); err == nil {
			t.Fatalf("bit %#x of byte %d was flipped and not found", bit, at)
		}
		if _, err := f.WriteAt(data[at:at+1], int64(at)); err != nil {
			t.Fatal(err)
		}
	}
	if err := Verify(context.Background(), path, nil); err != nil {
		t.Error(err)
	}
	// Cut short, or longer: refused when opened.
	for _, size := range []int64{0, 7, 100, headerSize - 1, headerSize, int64(len(data)) - 1, int64(len(data)) + 1} {
		if err := f.Truncate(size); err != nil {
			t.Fatal(err)
		}
		if _, err := Open(path, testKey(t, "a")); !errors.Is(err, ErrUnavailable) {
			t.Errorf("%d bytes: %v", size, err)
		}
		if err := Verify(context.Background(), path, nil); err == nil {
			t.Errorf("%d bytes: sound", size)
		}
	}
}

// TestForgedHeader holds that who has no key cannot make a header that opens.
func TestForgedHeader(t *testing.T) {
	t.Parallel()
	s, _ := built(t, people, peopleTable)
	data, err := os.ReadFile(s.Path())
	if err != nil {
		t.Fatal(err)
	}
	h := s.head
	h.Indexes = []index{{Bits: 9, Values: h.Rows}}
	other := newKeys(testKey(t, "another"))
	other.check = s.keys.check
	raw, err := encodeHeader(&h, other) // checksums are right, the MAC is not
	if err != nil {
		t.Fatal(err)
	}
	copy(data, raw)
	if _, err := Open(writeFile(t, "forged.edm", string(data)), testKey(t, "a")); !errors.Is(err, ErrDamaged) {
		t.Errorf("%v", err)
	}
	if _, err := Open(s.Path(), testKey(t, "b")); !errors.Is(err, ErrWrongKey) || !errors.Is(err, ErrUnavailable) {
		t.Errorf("wrong key: %v", err)
	}
}
