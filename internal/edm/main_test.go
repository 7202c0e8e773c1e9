package edm

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"strconv"
	"testing"

	"golang.org/x/sys/unix"
)

// TestMain makes the test binary its own child: with LABELMILTER_EDM_CHILD it
// is a build that a test measures or kills.
func TestMain(m *testing.M) {
	if spec := os.Getenv("LABELMILTER_EDM_CHILD"); spec != "" {
		os.Exit(child(spec))
	}
	os.Exit(m.Run())
}

// childSpec is what a child is to build.
type childSpec struct {
	Schema     Schema
	Secret     string // of ImportKey
	Input      string // "-": standard input
	Output     string
	Workers    int
	Checkpoint int64
	Chunk      int
	Kill       string // failpoint to be killed at
	Skip       int    // after so many visits of it; "*" counts all points
	TagBits    int
}

func child(spec string) int {
	var s childSpec
	if err := json.Unmarshal([]byte(spec), &s); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 2
	}
	k, err := ImportKey(stringsReader(s.Secret))
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 2
	}
	visits := 0
	o := Options{Schema: s.Schema, Key: k, Input: s.Input, Stdin: os.Stdin, Output: s.Output, Workers: s.Workers, TagBits: s.TagBits, checkpoint: s.Checkpoint, chunk: s.Chunk}
	o.fail = func(point string) {
		if s.Kill == "" || s.Kill != "*" && s.Kill != point {
			return
		}
		if visits++; visits > s.Skip {
			_ = unix.Kill(os.Getpid(), unix.SIGKILL)
			select {} // the signal is on its way
		}
	}
	rep, err := Build(context.Background(), o)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	fmt.Println(strconv.FormatInt(rep.Rows, 10), rep.Digest, rep.Resumed)
	return 0
}
