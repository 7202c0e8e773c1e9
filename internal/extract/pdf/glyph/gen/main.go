// Command gen writes the tables of package glyph out of Adobe's files:
//
//	go run ./internal/extract/pdf/glyph/gen GLYPHLIST CMAPS
//
// GLYPHLIST is glyphlist.txt of agl-aglfn (Apache-2.0; Debian: texlive-base),
// CMAPS the folder of cmap-resources (BSD-3-Clause; Debian: poppler-data,
// /usr/share/poppler/cMap).
package main

import (
	"bytes"
	"compress/flate"
	"encoding/binary"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

const out = "internal/extract/pdf/glyph"

func main() {
	if len(os.Args) != 3 {
		fmt.Fprintln(os.Stderr, "usage: gen GLYPHLIST CMAPS")
		os.Exit(2)
	}
	if err := names(os.Args[1]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	for file, cmap := range map[string]string{
		"japan1": "Adobe-Japan1/UniJIS-UTF32-H", "gb1": "Adobe-GB1/UniGB-UTF32-H", "cns1": "Adobe-CNS1/UniCNS-UTF32-H",
		"korea1": "Adobe-Korea1/UniKS-UTF32-H", "kr": "Adobe-KR/UniAKR-UTF32-H",
	} {
		if err := collection(filepath.Join(os.Args[2], cmap), file+".bin"); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
	}
}

// names sorts the list by name, for a binary search.
func names(path string) error {
	b, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	var lines []string
	for _, l := range strings.Split(string(b), "\n") {
		if l = strings.TrimSpace(l); l != "" && l[0] != '#' {
			lines = append(lines, l)
		}
	}
	slices.SortFunc(lines, func(a, b string) int {
		x, _, _ := strings.Cut(a, ";")
		y, _, _ := strings.Cut(b, ";")
		return strings.Compare(x, y)
	})
	return os.WriteFile(filepath.Join(out, "names.txt"), []byte(strings.Join(lines, "\n")+"\n"), 0o644)
}

// collection turns a map of characters to CIDs about: for every CID in order the
// difference of its character to that of the CID before, as signed varints,
// deflated.
func collection(path, file string) error {
	b, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	of := map[int]rune{}
	set := func(cid int, r rune) {
		old, have := of[cid]
		if !have || worth(r) > worth(old) || worth(r) == worth(old) && r < old {
			of[cid] = r
		}
	}
	section := regexp.MustCompile(`(?s)begincid(char|range)(.*?)endcid`)
	for _, s := range section.FindAllStringSubmatch(string(b), -1) {
		for _, l := range strings.Split(s[2], "\n") {
			f := strings.Fields(strings.NewReplacer("<", "", ">", "").Replace(l))
			if len(f) < 2 {
				continue
			}
			low, err := strconv.ParseInt(f[0], 16, 32)
			if err != nil {
				return err
			}
			high := low
			if s[1] == "range" {
				if high, err = strconv.ParseInt(f[1], 16, 32); err != nil {
					return err
				}
			}
			cid, err := strconv.Atoi(f[len(f)-1])
			if err != nil {
				return err
			}
			for r := low; r <= high; r++ {
				set(cid+int(r-low), rune(r))
			}
		}
	}
	last := 0
	for cid := range of {
		last = max(last, cid)
	}
	var raw []byte
	was := rune(0)
	for cid := range last + 1 {
		raw = binary.AppendVarint(raw, int64(of[cid]-was))
		was = of[cid]
	}
	var z bytes.Buffer
	w, err := flate.NewWriter(&z, flate.BestCompression)
	if err != nil {
		return err
	}
	if _, err := w.Write(raw); err != nil {
		return err
	}
	if err := w.Close(); err != nil {
		return err
	}
	fmt.Println(file, last+1, z.Len())
	return os.WriteFile(filepath.Join(out, file), z.Bytes(), 0o644)
}

// worth prefers characters of text over radicals and compatibility forms.
func worth(r rune) int {
	switch {
	case r >= 0x2e80 && r <= 0x2fdf, r >= 0xf900 && r <= 0xfaff, r >= 0x2f800, r >= 0xe000 && r <= 0xf8ff:
		return 0
	}
	return 1
}
