package worker

import (
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"

	"labelmilter/internal/extract"
)

// A frame is two lengths of four bytes, big endian, then as much JSON and as
// much raw data. Jobs go one way, what they found the other, the bulk of both
// (content, texts) as raw data. The worker begins with a frame that says hello.

// maxJSON bounds the structured part of a frame, maxRaw the raw one.
const (
	maxJSON = 256 << 20
	maxRaw  = 1 << 30
)

var errFrame = errors.New("bad frame")

// hello is what a worker says once its limits and its sandbox are in force.
type hello struct {
	// Sandbox are the layers in force.
	Sandbox Sandbox `json:"sandbox"`
}

// Sandbox says which layers keep a worker from everything but its pipes.
type Sandbox struct {
	Limits   bool   `json:"limits"`   // memory and processor time
	Seccomp  bool   `json:"seccomp"`  // system calls
	Landlock bool   `json:"landlock"` // files and network
	Missing  string `json:"missing"`  // why one is not there
}

// found is extract.Found with the sizes of its texts, and of the content for
// helpers, instead of them.
type found struct {
	extract.Found
	Sizes  []int `json:"sizes"`
	Wanted []int `json:"wanted_sizes"`
}

func writeFrame(w io.Writer, v any, raw ...[]byte) error {
	j, err := json.Marshal(v)
	if err != nil {
		return err
	}
	n := 0
	for _, r := range raw {
		n += len(r)
	}
	if len(j) > maxJSON || n > maxRaw {
		return errFrame
	}
	head := binary.BigEndian.AppendUint32(nil, uint32(len(j)))
	head = binary.BigEndian.AppendUint32(head, uint32(n))
	if _, err := w.Write(append(head, j...)); err != nil {
		return err
	}
	for _, r := range raw {
		if _, err := w.Write(r); err != nil {
			return err
		}
	}
	return nil
}

// readFrame reads a frame into v and gives its raw data. io.EOF means that there
// is no frame.
func readFrame(r io.Reader, v any) ([]byte, error) {
	var head [8]byte
	if _, err := io.ReadFull(r, head[:]); err != nil {
		return nil, err
	}
	n, m := binary.BigEndian.Uint32(head[:]), binary.BigEndian.Uint32(head[4:])
	if n > maxJSON || m > maxRaw {
		return nil, errFrame
	}
	b := make([]byte, int(n)+int(m))
	if _, err := io.ReadFull(r, b); err != nil {
		return nil, errors.Join(errFrame, err)
	}
	if err := json.Unmarshal(b[:n], v); err != nil {
		return nil, fmt.Errorf("%w: %w", errFrame, err)
	}
	return b[n:], nil
}

func writeFound(w io.Writer, f extract.Found) error {
	out := found{Found: f}
	if f.Texts != nil {
		out.Texts = make([]extract.Text, len(f.Texts))
	}
	var all []byte
	for i, t := range f.Texts {
		out.Sizes = append(out.Sizes, len(t.Body))
		all = append(all, t.Body...)
		t.Body = ""
		out.Texts[i] = t
	}
	raw := [][]byte{all}
	for _, x := range f.Wanted {
		out.Wanted = append(out.Wanted, len(x.Data))
		raw = append(raw, x.Data)
	}
	return writeFrame(w, out, raw...)
}

// readFound reads what a job found; the texts share one piece of memory.
func readFound(r io.Reader) (extract.Found, error) {
	var in found
	raw, err := readFrame(r, &in)
	if err != nil {
		return extract.Found{}, err
	}
	if len(in.Sizes) != len(in.Texts) || len(in.Wanted) != len(in.Found.Wanted) {
		return extract.Found{}, errFrame
	}
	texts := 0
	for _, n := range in.Sizes {
		if n < 0 || n > len(raw)-texts {
			return extract.Found{}, errFrame
		}
		texts += n
	}
	all, raw := string(raw[:texts]), raw[texts:]
	for i, n := range in.Sizes {
		in.Texts[i].Body, all = all[:n], all[n:]
	}
	for i, n := range in.Wanted {
		if n < 0 || n > len(raw) {
			return extract.Found{}, errFrame
		}
		in.Found.Wanted[i].Data, raw = raw[:n:n], raw[n:]
	}
	if len(raw) > 0 {
		return extract.Found{}, errFrame
	}
	return in.Found, nil
}
