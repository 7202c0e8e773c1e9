// Command eval measures what extraction gets out of real files that are not
// shipped: recall against the text that another program reads in them, time,
// and how often each reason is given.
//
//	go run ./internal/eval [-missing] [-text] DIR…
//
// Every file below the folders whose name has a known extension is read as an
// attachment. Its reference is FILE.txt beside it; without one, what pdftotext
// reads in a PDF and "soffice --convert-to txt" in other documents, where they are
// installed. Recall is the share of the reference's words (letters and digits, two
// or more) that the extracted text has, each word counted as often as it stands
// there. Names of what is in the file are text as well. Both texts are in NFKC, as matching is. -missing lists the words that were
// not found, -text prints what was.
package main

import (
	"bytes"
	"cmp"
	"context"
	"encoding/base64"
	"flag"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"time"
	"unicode"

	"golang.org/x/text/unicode/norm"

	"labelmilter/internal/budget"
	"labelmilter/internal/extract"
	"labelmilter/internal/extract/sniff"
	"labelmilter/internal/message"
)

func main() {
	one := flag.String("read", "", "read this file and say nothing: for the cost with the start of a process")
	missing := flag.Bool("missing", false, "list the words that were not found")
	show := flag.Bool("text", false, "print the text that was found")
	flag.Parse()
	if flag.NArg() == 0 && *one == "" {
		fmt.Fprintln(os.Stderr, "usage: eval [-missing] [-text] DIR…")
		os.Exit(2)
	}
	if *one != "" {
		data, err := os.ReadFile(*one)
		if err == nil {
			_, _, err = read(filepath.Base(*one), data)
		}
		if err != nil {
			fmt.Fprintln(os.Stderr, "eval:", err)
			os.Exit(1)
		}
		return
	}
	totals := map[string]*total{}
	for _, dir := range flag.Args() {
		err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() {
				return err
			}
			ext := sniff.Extension(path)
			if !slices.Contains(strings.Fields(known), ext) {
				return nil
			}
			t := totals[ext]
			if t == nil {
				t = &total{reasons: map[budget.Reason]int{}, missing: *missing, show: *show}
				totals[ext] = t
			}
			return t.file(path)
		})
		if err != nil {
			fmt.Fprintln(os.Stderr, "eval:", err)
			os.Exit(1)
		}
	}
	report(totals)
}

// known are the extensions that are measured.
const known = "docx docm dotx dotm xlsx xlsm xlsb xltx pptx pptm ppsx potx odt ods odp odg ott doc dot xls xlt xla ppt pps pot msg rtf tnef pdf zip 7z rar gz bz2 xz tar"

// total is what was measured for one extension.
type total struct {
	files, compared, clean int
	recall, words, found   float64
	bytes                  int64
	time, worst            time.Duration
	worstFile              string
	reasons                map[budget.Reason]int
	low                    []string
	own, other             time.Duration // CPU time, start included, of this program and of the other
	slower                 int           // files on which this one needs more
	missing, show          bool
}

func (t *total) file(path string) error {
	data, err := os.ReadFile(path)
	if err != nil {
		return fmt.Errorf("reading the corpus: %w", err)
	}
	start := time.Now()
	text, skips, err := read(filepath.Base(path), data)
	if err != nil {
		return err
	}
	took := time.Since(start)
	if t.show {
		fmt.Printf("== %s %v\n%s\n", path, skips, text)
	}
	t.files++
	t.bytes += int64(len(data))
	if t.time += took; took > t.worst {
		t.worst, t.worstFile = took, path
	}
	if len(skips) == 0 {
		t.clean++
	}
	seen := map[budget.Reason]bool{}
	for _, s := range skips {
		if !seen[s.Reason] {
			seen[s.Reason] = true
			t.reasons[s.Reason]++
		}
	}
	ref, cpu, ok := reference(path)
	if !ok {
		return nil
	}
	if cpu > 0 {
		own, err := cost(path)
		if err != nil {
			return err
		}
		t.own += own
		if t.other += cpu; own > cpu {
			t.slower++
		}
	}
	want := words(ref)
	got := words(text)
	all, found := 0, 0
	var lost []string
	for w, n := range want {
		all += n
		found += min(n, got[w])
		if n > got[w] {
			lost = append(lost, fmt.Sprintf("%s×%d", w, n-got[w]))
		}
	}
	if t.missing && len(lost) > 0 {
		slices.Sort(lost)
		fmt.Printf("%s: %s\n", path, strings.Join(lost, " "))
	}
	if all < 5 {
		return nil
	}
	r := float64(found) / float64(all)
	t.compared++
	t.recall += r
	t.words += float64(all)
	t.found += float64(found)
	if r < 0.9 {
		t.low = append(t.low, fmt.Sprintf("%.3f %s", r, path))
	}
	return nil
}

// read extracts a file as the one attachment of a message.
func read(name string, data []byte) (string, []budget.Skip, error) {
	var b bytes.Buffer
	fmt.Fprintf(&b, "Content-Type: application/octet-stream; name=%q\r\nContent-Transfer-Encoding: base64\r\n\r\n%s\r\n", name, base64.StdEncoding.EncodeToString(data))
	m, err := message.Read(context.Background(), &b, message.Envelope{}, message.Options{Limits: budget.Default()})
	if err != nil {
		return "", nil, err
	}
	defer func() { _ = m.Close() }() // a temporary file at most
	r := extract.Extract(context.Background(), m, budget.Default())
	var text strings.Builder
	for _, x := range r.Texts {
		// The name of the file is no finding; that of something in it is text.
		own := x.Where == extract.InName && !strings.Contains(x.Part, "/")
		if x.Where != extract.InHeader && !own {
			text.WriteString(x.Body)
			text.WriteByte('\n')
		}
	}
	return text.String(), r.Skipped, nil
}

// cost is the CPU time of a process that reads the file.
func cost(path string) (time.Duration, error) {
	self, err := os.Executable()
	if err != nil {
		return 0, err
	}
	cmd := exec.Command(self, "-read", path)
	if err := cmd.Run(); err != nil {
		return 0, fmt.Errorf("reading %s in a process of its own: %w", path, err)
	}
	return cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime(), nil
}

// reference is what another program reads in the file, and its CPU time where that
// can be compared.
func reference(path string) (string, time.Duration, bool) {
	if b, err := os.ReadFile(path + ".txt"); err == nil {
		return string(b), 0, true
	}
	if sniff.Extension(path) == "pdf" {
		ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
		defer cancel()
		cmd := exec.CommandContext(ctx, "pdftotext", "-enc", "UTF-8", path, "-")
		b, err := cmd.Output()
		if err != nil {
			return "", 0, false
		}
		return string(b), cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime(), true
	}
	office, err := exec.LookPath("soffice")
	if err != nil {
		return "", 0, false
	}
	dir, err := os.MkdirTemp("", "eval")
	if err != nil {
		return "", 0, false
	}
	defer func() { _ = os.RemoveAll(dir) }() // in the temporary folder of the system
	format := "txt:Text (encoded):UTF8"
	if ext := sniff.Extension(path); strings.HasPrefix(ext, "xl") || ext == "ods" {
		format = "csv:Text - txt - csv (StarCalc):9,34,76,1,,0,false,true,false,false,false,-1"
	}
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	if err := exec.CommandContext(ctx, office, "--headless", "--convert-to", format, "--outdir", dir, path).Run(); err != nil {
		return "", 0, false
	}
	var out strings.Builder
	files, err := filepath.Glob(filepath.Join(dir, "*"))
	if err != nil {
		return "", 0, false
	}
	for _, f := range files {
		b, err := os.ReadFile(f)
		if err != nil {
			return "", 0, false
		}
		out.Write(b)
		out.WriteByte('\n')
	}
	// What LibreOffice could not calculate again is its own text, not the file's.
	text := regexp.MustCompile(`#(NAME\?|REF!|VALUE!|DIV/0!|N/A|NUM!)|Err:\d+`).ReplaceAllString(out.String(), " ")
	return text, 0, out.Len() > 1
}

func words(s string) map[string]int {
	out := map[string]int{}
	for _, w := range strings.FieldsFunc(norm.NFKC.String(s), func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) }) {
		if len(w) >= 2 {
			out[w]++
		}
	}
	return out
}

func report(totals map[string]*total) {
	var exts []string
	for e := range totals {
		exts = append(exts, e)
	}
	slices.Sort(exts)
	fmt.Printf("%-6s %6s %6s %9s %7s %9s %8s %9s\n", "type", "files", "clean", "compared", "recall", "weighted", "MB/s", "worst")
	for _, e := range exts {
		t := totals[e]
		mean, weighted := "-", "-"
		if t.compared > 0 {
			mean, weighted = fmt.Sprintf("%.3f", t.recall/float64(t.compared)), fmt.Sprintf("%.3f", t.found/t.words)
		}
		fmt.Printf("%-6s %6d %6d %9d %7s %9s %8.1f %9s  %s\n", e, t.files, t.clean, t.compared, mean, weighted,
			float64(t.bytes)/1e6/max(t.time.Seconds(), 1e-9), t.worst.Round(time.Millisecond), filepath.Base(t.worstFile))
	}
	for _, e := range exts {
		t := totals[e]
		var reasons []budget.Reason
		for r := range t.reasons {
			reasons = append(reasons, r)
		}
		slices.SortFunc(reasons, func(a, b budget.Reason) int { return cmp.Or(t.reasons[b]-t.reasons[a], cmp.Compare(a, b)) })
		for _, r := range reasons {
			fmt.Printf("%-6s %6d %s\n", e, t.reasons[r], r)
		}
		if t.other > 0 {
			fmt.Printf("%-6s CPU time with start of the process: %.2f of pdftotext's, more on %d files\n", e, t.own.Seconds()/t.other.Seconds(), t.slower)
		}
		for _, l := range t.low {
			fmt.Printf("%-6s below 0.9: %s\n", e, l)
		}
	}
}
