package cli

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"labelmilter/internal/store"
)

// log show prints every record that can be read, tells of the one that cannot,
// where it is, and exits 1.
func TestLogShowDamaged(t *testing.T) {
	t.Parallel()
	ctx, dir := context.Background(), t.TempDir()
	s, err := store.Open(ctx, store.Options{Dir: dir})
	if err != nil {
		t.Fatal(err)
	}
	for _, id := range []string{"first", "second", "third"} {
		if _, err := s.Append(ctx, store.Record{QueueID: id + "-queue", MessageID: "<" + id + "@x>", Fail: "time"}); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	show := func(args ...string) (code int, out, errs string) {
		var stdout, stderr bytes.Buffer
		code = Main(append([]string{"log", "show", "--state-dir", dir}, args...), strings.NewReader(""), &stdout, &stderr)
		return code, stdout.String(), stderr.String()
	}
	if code, out, errs := show(); code != exitOK || strings.Count(out, "-queue") != 3 || errs != "" {
		t.Fatalf("exit %d\n%s%s", code, out, errs)
	}
	files, err := filepath.Glob(filepath.Join(dir, store.DecisionsDir, "*.log"))
	if err != nil || len(files) != 1 {
		t.Fatal(files, err)
	}
	data, err := os.ReadFile(files[0])
	if err != nil {
		t.Fatal(err)
	}
	data[bytes.Index(data, []byte("second-queue"))] ^= 1
	if err := os.WriteFile(files[0], data, 0o640); err != nil {
		t.Fatal(err)
	}
	for _, format := range []string{"text", "json"} {
		code, out, errs := show("--format", format)
		if code != exitFailed || strings.Count(out, "first-queue") != 1 || strings.Count(out, "third-queue") != 1 || strings.Contains(out, "econd-queue") ||
			!strings.Contains(errs, filepath.Base(files[0])+", offset ") {
			t.Errorf("%s: exit %d\n%s%s", format, code, out, errs)
		}
	}
	if code, _, errs := show("first-queue"); code != exitOK {
		t.Errorf("one that is whole: exit %d, %s", code, errs)
	}
	if code, _, errs := show("second-queue"); code != exitFailed || !strings.Contains(errs, "offset ") {
		t.Errorf("the damaged one: exit %d, %s", code, errs)
	}
}
