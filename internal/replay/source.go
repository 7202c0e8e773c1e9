// Package replay judges stored messages: .eml trees, Maildir, mbox. It reads
// them, overlays the envelope that an expectation or the caller gives, calls
// the pipeline and compares the results with expectations. It changes nothing.
package replay

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"labelmilter/internal/fixture"
)

// Item is one stored message.
type Item struct {
	File  string // as shown: the argument as typed joined with the path below
	path  string // file to read, "-" for stdin
	index int    // message number in an mbox from 1, 0 otherwise
	from  int64  // byte range of the message in an mbox
	to    int64
	err   error // it cannot be listed; judging gives this error
}

// maxItems bounds one run.
const maxItems = 5_000_000

// Walk lists the messages at the given paths, in bytewise order of File. A
// path that cannot be read is an item too, whose judging fails.
func Walk(paths []string) []Item {
	var out []Item
	for _, p := range paths {
		items, err := walkOne(p)
		out = append(out, items...)
		if err != nil {
			out = append(out, Item{File: p, path: p, err: err})
		}
	}
	slices.SortStableFunc(out, func(a, b Item) int {
		if c := strings.Compare(baseName(a), baseName(b)); c != 0 {
			return c
		}
		return a.index - b.index
	})
	return out
}

func baseName(i Item) string {
	if i.index > 0 {
		return i.path
	}
	return i.File
}

func walkOne(p string) ([]Item, error) {
	if p == "-" {
		return []Item{{File: "-", path: "-"}}, nil
	}
	info, err := os.Stat(p)
	if err != nil {
		return nil, err
	}
	if !info.IsDir() {
		return file(p, p)
	}
	var out []Item
	err = filepath.WalkDir(p, func(f string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() || !d.Type().IsRegular() {
			return nil
		}
		switch {
		case strings.HasSuffix(f, ".eml"), inMaildir(f):
			out = append(out, Item{File: shown(p, f), path: f})
		case strings.HasSuffix(f, ".mbox"):
			items, err := file(shown(p, f), f)
			if err != nil {
				return err
			}
			out = append(out, items...)
		}
		if len(out) > maxItems {
			return fmt.Errorf("%s: more than %d messages", p, maxItems)
		}
		return nil
	})
	return out, err
}

// shown joins the argument as typed with the path below it.
func shown(arg, f string) string {
	rel, err := filepath.Rel(arg, f)
	if err != nil {
		return f
	}
	return strings.TrimSuffix(arg, "/") + "/" + filepath.ToSlash(rel)
}

// inMaildir reports whether a file lies in cur or new of a Maildir.
func inMaildir(f string) bool {
	dir := filepath.Dir(f)
	switch filepath.Base(dir) {
	case "cur", "new":
		sib, err := os.Stat(filepath.Join(filepath.Dir(dir), "tmp"))
		return err == nil && sib.IsDir() && !strings.HasSuffix(f, ".yaml")
	}
	return false
}

// file gives the one message of a file, or the messages of an mbox.
func file(name, path string) ([]Item, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	head := make([]byte, 5)
	n, err := io.ReadFull(f, head)
	if err != nil && !errors.Is(err, io.ErrUnexpectedEOF) && !errors.Is(err, io.EOF) {
		return nil, err
	}
	if string(head[:n]) != "From " || strings.HasSuffix(path, ".eml") {
		return []Item{{File: name, path: path}}, nil
	}
	return mbox(name, path, f)
}

// mbox finds the messages of an mbox file: each starts with a "From " line
// after an empty line (RFC 4155).
func mbox(name, path string, f *os.File) ([]Item, error) {
	if _, err := f.Seek(0, io.SeekStart); err != nil {
		return nil, err
	}
	var out []Item
	r := bufio.NewReaderSize(f, 1<<16)
	var at int64
	blank, atStart := true, true
	for {
		line, err := r.ReadSlice('\n')
		if atStart && blank && bytes.HasPrefix(line, []byte("From ")) {
			if len(out) > 0 {
				out[len(out)-1].to = at
			}
			out = append(out, Item{File: fmt.Sprintf("%s#%d", name, len(out)+1), path: path, index: len(out) + 1, from: at})
		}
		if atStart {
			blank = len(bytes.TrimRight(line, "\r\n")) == 0
		}
		at += int64(len(line))
		atStart = err == nil
		if err != nil && !errors.Is(err, bufio.ErrBufferFull) {
			if len(out) > 0 {
				out[len(out)-1].to = at
			}
			if errors.Is(err, io.EOF) {
				return out, nil
			}
			return out, err
		}
		if len(out) > maxItems {
			return out, fmt.Errorf("%s: more than %d messages", path, maxItems)
		}
	}
}

// Open gives the bytes of the message.
func (i Item) Open(stdin io.Reader) (io.ReadCloser, error) {
	if i.path == "-" {
		return io.NopCloser(stdin), nil
	}
	f, err := os.Open(i.path)
	if err != nil || i.index == 0 {
		return f, err
	}
	return mboxMessage{unquoteFrom(io.NewSectionReader(f, i.from, i.to-i.from)), f}, nil
}

// mboxMessage is one message of an open mbox.
type mboxMessage struct {
	*io.PipeReader
	file *os.File
}

// Close ends the reader of the file too, read to the end or not.
func (m mboxMessage) Close() error {
	return errors.Join(m.PipeReader.Close(), m.file.Close())
}

// unquoteFrom undoes the ">From " quoting of mbox lines.
func unquoteFrom(r io.Reader) *io.PipeReader {
	pr, pw := io.Pipe()
	go func() {
		br := bufio.NewReaderSize(r, 1<<16)
		start := true
		for {
			line, err := br.ReadSlice('\n')
			if start {
				if t := bytes.TrimLeft(line, ">"); len(t) < len(line) && bytes.HasPrefix(t, []byte("From ")) {
					line = line[1:]
				}
			}
			if _, werr := pw.Write(line); werr != nil {
				return
			}
			start = err == nil
			if err != nil && !errors.Is(err, bufio.ErrBufferFull) {
				pw.CloseWithError(err)
				return
			}
		}
	}()
	return pr
}

// WantFile is the name of the expectation beside the message, "" if there can
// be none.
func (i Item) WantFile() string {
	if i.path == "-" || i.index > 0 {
		return ""
	}
	return fixture.Sibling(i.path)
}

// Orphans lists expectations below the paths that have no message beside them.
func Orphans(paths []string) []string {
	var out []string
	for _, p := range paths {
		_ = filepath.WalkDir(p, func(f string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() || !strings.HasSuffix(f, ".want.yaml") {
				return nil // unreadable folders are reported by Walk
			}
			base := strings.TrimSuffix(f, ".want.yaml")
			if _, err := os.Stat(base + ".eml"); err == nil {
				return nil
			}
			if _, err := os.Stat(base); err == nil {
				return nil
			}
			out = append(out, shown(p, f))
			return nil
		})
	}
	slices.Sort(out)
	return out
}
