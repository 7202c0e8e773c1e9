package ruletest

import (
	"bytes"
	"cmp"
	"compress/gzip"
	"context"
	"fmt"
	"hash/fnv"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"unicode/utf8"

	"labelmilter/internal/pipeline"
	"labelmilter/internal/sit"
)

// NeutralDirs hold text on every Debian that is about nobody.
var NeutralDirs = []string{"/usr/share/common-licenses", "/usr/share/doc", "/usr/share/man"}

const (
	// windowBytes is the text of one message of neutral text.
	windowBytes = 50_000
	// fileBytes is how much of one file is read.
	fileBytes = 2 << 20
)

// Neutral is what was read as neutral text.
type Neutral struct {
	Files   int
	Bytes   int64
	Windows int
	Hits    []Hit // findings with high confidence, sorted by type and file
}

// Hit is a type found with high confidence in a file of neutral text. The value
// is not kept.
type Hit struct {
	Type, File string
}

// MeasureNeutral reads the text files below dirs, to about limit bytes and
// evenly over all of them, as messages of 50,000 bytes, and counts in rows the
// messages in which a type is found with high confidence. A message holds each
// file as a part of its own, so that nothing is combined across files; a file
// NAME.eml is a message itself. Files that are no UTF-8 text are left out.
func MeasureNeutral(ctx context.Context, p *pipeline.Pipeline, dirs []string, limit int64, rows []Measure) (Neutral, error) {
	files, err := textFiles(dirs)
	if err != nil {
		return Neutral{}, err
	}
	at := make(map[string]int, len(rows))
	for i := range rows {
		at[rows[i].Type] = i
	}
	var out Neutral
	var windows []window
	var w window
	for _, name := range files {
		text := readText(name)
		if text == "" {
			continue
		}
		out.Files++
		if filepath.Ext(name) == ".eml" {
			windows = append(windows, window{names: []string{name}, raw: text})
			out.Bytes += int64(len(text))
			text = ""
		}
		for text != "" {
			n := cut(text, windowBytes-w.size)
			w.add(name, text[:n])
			out.Bytes += int64(n)
			if text = text[n:]; w.size >= windowBytes-utf8.UTFMax {
				windows, w = append(windows, w), window{}
			}
		}
		if out.Bytes >= limit {
			break
		}
	}
	if w.size > 0 {
		windows = append(windows, w)
	}
	out.Windows = len(windows)
	seen := map[Hit]bool{}
	var mu sync.Mutex
	err = each(ctx, len(windows), func(i int) error {
		res, err := judge(ctx, p, windows[i].mail(), nil)
		if err != nil {
			return err
		}
		mu.Lock()
		defer mu.Unlock()
		counted := map[string]bool{}
		for _, f := range res.Findings {
			k, ok := at[f.Type]
			if !ok || f.Confidence < sit.High {
				continue
			}
			if !counted[f.Type] {
				counted[f.Type] = true
				rows[k].Neutral++
			}
			seen[Hit{f.Type, windows[i].file(f.Part)}] = true
		}
		return nil
	})
	for h := range seen {
		out.Hits = append(out.Hits, h)
	}
	slices.SortFunc(out.Hits, func(a, b Hit) int { return cmp.Or(strings.Compare(a.Type, b.Type), strings.Compare(a.File, b.File)) })
	return out, err
}

// window is the text of one message: pieces of files.
type window struct {
	names, texts []string
	size         int
	raw          string // a message as it stands
}

func (w *window) add(name, text string) {
	w.names, w.texts = append(w.names, name), append(w.texts, text)
	w.size += len(text)
}

// mail is the message of a window. The boundary is a line no text file has.
func (w *window) mail() string {
	if w.raw != "" {
		return w.raw
	}
	const boundary = "=_neutral_8f14e45fceea167a5a36dedd4bea2543"
	var b strings.Builder
	b.WriteString("From: test@example.com\nSubject: test\nMIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=\"" + boundary + "\"\n\n")
	for _, s := range w.texts {
		b.WriteString("--" + boundary + "\nContent-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: 8bit\n\n" + s + "\n")
	}
	b.WriteString("--" + boundary + "--\n")
	return b.String()
}

// file is the file of part "1", "2" …
func (w *window) file(part string) string {
	if w.raw != "" {
		return w.names[0]
	}
	n := 0
	if _, err := fmt.Sscanf(part, "%d", &n); err != nil || n < 1 || n > len(w.names) {
		return ""
	}
	return w.names[n-1]
}

// cut is the largest number of bytes up to n that ends a character, at least
// one character.
func cut(s string, n int) int {
	if n >= len(s) {
		return len(s)
	}
	for n > 0 && !utf8.RuneStart(s[n]) {
		n--
	}
	if n == 0 {
		_, n = utf8.DecodeRuneInString(s)
	}
	return n
}

// textFiles lists the regular files below dirs that exist, in an order that has
// nothing to do with their names.
func textFiles(dirs []string) ([]string, error) {
	type file struct {
		key  uint64
		name string
	}
	var files []file
	for _, dir := range dirs {
		err := filepath.WalkDir(dir, func(name string, d fs.DirEntry, err error) error {
			switch {
			case os.IsNotExist(err) || os.IsPermission(err):
				return nil
			case err != nil:
				return err
			case d.Type().IsRegular():
				h := fnv.New64a()
				h.Write([]byte(name))
				files = append(files, file{h.Sum64(), name})
			}
			return nil
		})
		if err != nil {
			return nil, fmt.Errorf("neutral text: %w", err)
		}
	}
	slices.SortFunc(files, func(a, b file) int { return cmp.Or(cmp.Compare(a.key, b.key), strings.Compare(a.name, b.name)) })
	out := make([]string, len(files))
	for i, f := range files {
		out[i] = f.name
	}
	return out, nil
}

// readText gives the text of a file, unpacked, "" if it is none or cannot be
// read.
func readText(name string) string {
	f, err := os.Open(name)
	if err != nil {
		return ""
	}
	defer f.Close()
	var r io.Reader = f
	if filepath.Ext(name) == ".gz" {
		if r, err = gzip.NewReader(f); err != nil {
			return ""
		}
	}
	data, err := io.ReadAll(io.LimitReader(r, fileBytes))
	if err != nil || bytes.IndexByte(data, 0) >= 0 {
		return ""
	}
	for n := 0; n < utf8.UTFMax && len(data) == fileBytes && !utf8.Valid(data); n++ {
		data = data[:len(data)-1] // cut inside a character
	}
	if !utf8.Valid(data) {
		return ""
	}
	return string(data)
}
