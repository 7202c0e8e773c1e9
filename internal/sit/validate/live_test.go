package validate

import (
	"bytes"
	"context"
	"errors"
	"flag"
	"os/exec"
	"runtime"
	"slices"
	"strconv"
	"sync"
	"testing"
	"time"
)

// liveValues is how many random values of each number are compared.
const liveValues = 10_000

var liveSeed = flag.Int("seed", 1, "seed of the values compared with python-stdnum")

// TestAgainstStdnum compares with python-stdnum on random values of the seed,
// if Debian's python3-stdnum is installed. It takes about 25 seconds of CPU.
func TestAgainstStdnum(t *testing.T) {
	if testing.Short() {
		t.Skip("a million values in -short mode")
	}
	t.Parallel()
	python := "/usr/bin/python3"
	if err := exec.Command(python, "-c", "import stdnum").Run(); err != nil {
		t.Skipf("%s has no module stdnum (apt-get install python3-stdnum): %v", python, err)
	}
	seed := strconv.Itoa(*liveSeed)
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Minute)
	defer cancel()
	names := Names()
	var mu sync.Mutex
	var wg sync.WaitGroup
	total, differ := 0, 0
	for chunk := range slices.Chunk(names, len(names)/runtime.GOMAXPROCS(0)+1) {
		wg.Go(func() {
			args := append([]string{"testdata/gen_vectors.py", "--live", "--count", strconv.Itoa(liveValues), "--seed", seed}, chunk...)
			cmd := exec.CommandContext(ctx, python, args...)
			var stderr bytes.Buffer
			cmd.Stderr = &stderr
			out, err := cmd.Output()
			mu.Lock()
			defer mu.Unlock()
			if err != nil {
				t.Errorf("generator: %v", errors.Join(err, errors.New(stderr.String())))
				return
			}
			for name, c := range compare(t, bytes.NewReader(out)) {
				total, differ = total+c.total, differ+c.differ
				// The address of a wallet has few mutations that differ.
				if c.total < liveValues {
					t.Errorf("%s: %d values, want %d", name, c.total, liveValues)
				}
			}
		})
	}
	wg.Wait()
	t.Logf("%d values, %d listed differences", total, differ)
}
