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

// writeFrame writes the head of a frame and its JSON; size bytes of raw data are
// to follow.
func writeFrame(w io.Writer, v any, size int) error {
	j, err := json.Marshal(v)
	if err != nil {
		return err
	}
	if len(j) > maxJSON || size > maxRaw {
		return errFrame
	}
	head := binary.BigEndian.AppendUint32(nil, uint32(len(j)))
	head = binary.BigEndian.AppendUint32(head, uint32(size))
	if _, err := w.Write(head); err != nil {
		return err
	}
	_, err = w.Write(j)
	return err
}

// readFrame reads the head of a frame and its JSON into v, and gives how many bytes
// of raw data follow. io.EOF means that there is no frame.
func readFrame(r io.Reader, v any) (int, error) {
	var head [8]byte
	if _, err := io.ReadFull(r, head[:]); err != nil {
		return 0, err
	}
	n, m := binary.BigEndian.Uint32(head[:]), binary.BigEndian.Uint32(head[4:])
	if n > maxJSON || m > maxRaw {
		return 0, errFrame
	}
	j, err := readRaw(r, int(n))
	if err != nil {
		return 0, err
	}
	if err := json.Unmarshal(j, v); err != nil {
		return 0, fmt.Errorf("%w: %w", errFrame, err)
	}
	return int(m), nil
}

// readStep is how much is made room for before it is there: what the head of a
// frame claims may be a lie.
const readStep = 1 << 20

// readRaw reads n bytes.
func readRaw(r io.Reader, n int) ([]byte, error) {
	b := make([]byte, 0, min(n, readStep))
	for len(b) < n {
		if len(b) == cap(b) { // half of it is there: the rest will be too
			b = append(make([]byte, 0, min(n, 8*cap(b))), b...)
		}
		k, err := io.ReadFull(r, b[len(b):min(cap(b), n)])
		b = b[:len(b)+k]
		if err != nil {
			return nil, errors.Join(errFrame, err)
		}
	}
	return b, nil
}

func writeJob(w io.Writer, j extract.Job) error {
	if err := writeFrame(w, j, len(j.Data)); err != nil {
		return err
	}
	_, err := w.Write(j.Data)
	return err
}

func readJob(r io.Reader) (j extract.Job, err error) {
	n, err := readFrame(r, &j)
	if err != nil {
		return j, err
	}
	j.Data, err = readRaw(r, n)
	return j, err
}

func writeFound(w io.Writer, f extract.Found) error {
	out := found{Found: f}
	if f.Texts != nil {
		out.Texts = make([]extract.Text, len(f.Texts))
	}
	size := 0
	for i, t := range f.Texts {
		out.Sizes = append(out.Sizes, len(t.Body))
		size += len(t.Body)
		t.Body = ""
		out.Texts[i] = t
	}
	for _, x := range f.Wanted {
		out.Wanted = append(out.Wanted, len(x.Data))
		size += len(x.Data)
	}
	if err := writeFrame(w, out, size); err != nil {
		return err
	}
	for _, t := range f.Texts {
		if _, err := io.WriteString(w, t.Body); err != nil {
			return err
		}
	}
	for _, x := range f.Wanted {
		if _, err := w.Write(x.Data); err != nil {
			return err
		}
	}
	return nil
}

// readFound reads what a job found.
func readFound(r io.Reader) (extract.Found, error) {
	var in found
	left, err := readFrame(r, &in)
	if err != nil {
		return extract.Found{}, err
	}
	if len(in.Sizes) != len(in.Texts) || len(in.Wanted) != len(in.Found.Wanted) {
		return extract.Found{}, errFrame
	}
	take := func(n int) ([]byte, error) {
		if n < 0 || n > left {
			return nil, errFrame
		}
		left -= n
		return readRaw(r, n)
	}
	for i, n := range in.Sizes {
		b, err := take(n)
		if err != nil {
			return extract.Found{}, err
		}
		in.Texts[i].Body = string(b)
	}
	for i, n := range in.Wanted {
		if in.Found.Wanted[i].Data, err = take(n); err != nil {
			return extract.Found{}, err
		}
	}
	if left > 0 {
		return extract.Found{}, errFrame
	}
	return in.Found, nil
}
