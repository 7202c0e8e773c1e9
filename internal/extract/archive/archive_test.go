package archive

import (
	"archive/tar"
	"archive/zip"
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/klauspost/compress/zstd"
	"github.com/ulikunitz/xz"

	"labelmilter/internal/extract/sniff"
)

// contents unpacks everything, as "name=content" or "name!error".
func contents(t testing.TB, data []byte, name string) ([]string, error) {
	t.Helper()
	var out []string
	visit := func(m Member) error {
		n := strings.Join(m.Names, "|")
		r, err := m.Open()
		var b []byte
		if err == nil {
			b, err = io.ReadAll(io.LimitReader(r, 1<<20))
		}
		if err != nil {
			out = append(out, fmt.Sprintf("%s!%s", n, Reason(err)))
			return nil
		}
		out = append(out, n+"="+string(b))
		return nil
	}
	switch k := sniff.Of(data); k {
	case sniff.Zip:
		z := OpenZip(data)
		for _, m := range z.Members {
			if m.Dir {
				continue
			}
			if err := visit(m.Member); err != nil {
				return out, err
			}
		}
		return out, nil
	case sniff.SevenZip:
		return out, SevenZip(data, func(m Member) error { err := visit(m); return err })
	case sniff.RAR:
		err := RAR(data, visit)
		return out, err
	case sniff.ISO:
		err := ISO(data, visit)
		return out, err
	case sniff.Tar:
		err := Tar(data, visit)
		return out, err
	default:
		err := Stream(k, data, name, visit)
		return out, err
	}
}

const (
	line   = "first 4111111111111111\n"
	first  = line + line + line + line + line + line + line + line + line + line
	second = "zweite ü 4242424242424242\n"
)

// Archives made by 7-Zip in every method.
func TestMethods(t *testing.T) {
	t.Parallel()
	both := []string{"a.txt=" + first, "ordner/b ü.txt=" + second}
	for _, c := range []struct {
		file string
		want []string
		fail string
	}{
		{"Copy.7z", both, ""}, {"LZMA.7z", both, ""}, {"LZMA2.7z", both, ""}, {"PPMd.7z", both, ""}, {"BZip2.7z", both, ""},
		{"Deflate.7z", both, ""}, {"Copy.zip", both, ""}, {"Deflate.zip", both, ""}, {"BZip2.zip", both, ""}, {"LZMA.zip", both, ""},
		{"Deflate64.zip", []string{"a.txt!unsupported-method", both[1]}, ""},
		{"PPMd.zip", []string{"a.txt!unsupported-method", "ordner/b ü.txt!unsupported-method"}, ""},
		{"zipcrypto.zip", []string{"a.txt!encrypted", "ordner/b ü.txt!encrypted"}, ""},
		{"aes.zip", []string{"a.txt!encrypted", "ordner/b ü.txt!encrypted"}, ""},
		{"encrypted.7z", []string{"a.txt!encrypted", "ordner/b ü.txt!encrypted"}, ""},
		{"encrypted-header.7z", nil, "encrypted"},
		{"plain.tar", both, ""},
		{"a.txt.bz2", both[:1], ""}, {"a.txt.xz", both[:1], ""}, {"a.txt.gz", []string{"a.txt=" + first}, ""},
	} {
		data, err := os.ReadFile(filepath.Join("testdata", c.file))
		if err != nil {
			t.Fatal(err)
		}
		got, err := contents(t, data, c.file)
		fail := ""
		if err != nil {
			fail = string(Reason(err))
		}
		slices.Sort(got)
		if d := cmp.Diff(c.want, got); d != "" || fail != c.fail {
			t.Errorf("%s: error %q (%v): %s", c.file, fail, err, d)
		}
	}
}

func TestStreams(t *testing.T) {
	t.Parallel()
	var zs, x bytes.Buffer
	zw, err := zstd.NewWriter(&zs)
	if err != nil {
		t.Fatal(err)
	}
	xw, err := xz.NewWriter(&x)
	if err != nil {
		t.Fatal(err)
	}
	for _, w := range []io.WriteCloser{zw, xw} {
		if _, err := io.WriteString(w, first); err != nil {
			t.Fatal(err)
		}
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
	}
	for name, data := range map[string][]byte{"a.txt.zst": zs.Bytes(), "a.txt.xz": x.Bytes()} {
		got, err := contents(t, data, name)
		if err != nil || !slices.Equal(got, []string{"a.txt=" + first}) {
			t.Errorf("%s: %v %v", name, got, err)
		}
		got, err = contents(t, data[:len(data)-6], name)
		if err != nil || len(got) != 1 || !strings.HasSuffix(got[0], "!corrupt") {
			t.Errorf("%s, cut: %v %v", name, got, err)
		}
	}
}

// rar5 is an archive of RAR 5.0 with one stored file.
func rar5(name, content string, flags byte) []byte {
	vint := func(n int) []byte { return binary.AppendUvarint(nil, uint64(n)) }
	block := func(body []byte) []byte {
		head := append(vint(len(body)), body...)
		return append(binary.LittleEndian.AppendUint32(nil, crc32.ChecksumIEEE(head)), head...)
	}
	file := []byte{2, 2}
	file = append(file, vint(len(content))...)
	file = append(file, 4)
	file = append(file, vint(len(content))...)
	file = append(file, 0x20)
	file = binary.LittleEndian.AppendUint32(file, crc32.ChecksumIEEE([]byte(content)))
	file = append(file, 0, 1)
	file = append(file, vint(len(name))...)
	file = append(file, name...)
	out := []byte("Rar!\x1a\x07\x01\x00")
	out = append(out, block([]byte{1, 0, flags})...)
	out = append(out, block(file)...)
	out = append(out, content...)
	return append(out, block([]byte{5, 0, 0})...)
}

func TestRAR(t *testing.T) {
	t.Parallel()
	got, err := contents(t, rar5("a.txt", first, 0), "")
	if err != nil || !slices.Equal(got, []string{"a.txt=" + first}) {
		t.Errorf("got %v %v", got, err)
	}
	if got, err = contents(t, rar5("a.txt", first, 0)[:40], ""); err == nil && len(got) > 0 && !strings.Contains(got[0], "!corrupt") {
		t.Errorf("cut: got %v %v", got, err)
	}
}

func pack(t testing.TB, edit func(*zip.Writer)) []byte {
	t.Helper()
	var b bytes.Buffer
	w := zip.NewWriter(&b)
	edit(w)
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func put(t testing.TB, w *zip.Writer, h zip.FileHeader, content string) {
	t.Helper()
	f, err := w.CreateHeader(&h)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := io.WriteString(f, content); err != nil {
		t.Fatal(err)
	}
}

// Archives that programs read in different ways.
func TestZipAnomalies(t *testing.T) {
	t.Parallel()
	one := pack(t, func(w *zip.Writer) { put(t, w, zip.FileHeader{Name: "a.txt", Method: zip.Deflate}, first) })
	two := pack(t, func(w *zip.Writer) {
		put(t, w, zip.FileHeader{Name: "a.txt", Method: zip.Deflate}, first)
		put(t, w, zip.FileHeader{Name: "b.txt", Method: zip.Deflate}, second)
	})
	// The directory of one archive behind the members of another: b.txt is
	// hidden.
	split := bytes.Index(two, []byte("PK\x01\x02"))
	hidden := slices.Clone(two[:split])
	dir := slices.Clone(one[bytes.Index(one, []byte("PK\x01\x02")):])
	end := bytes.Index(dir, []byte("PK\x05\x06"))
	binary.LittleEndian.PutUint32(dir[end+16:], uint32(split))
	hidden = append(hidden, dir...)
	lied := slices.Clone(one)
	lied[6] |= 1 // claims encryption in the local header only
	fake := slices.Clone(lied)
	fake[bytes.Index(fake, []byte("PK\x01\x02"))+8] |= 1
	bad := slices.Clone(one)
	binary.LittleEndian.PutUint32(bad[bytes.Index(bad, []byte("PK\x01\x02"))+16:], 1)
	a, b := "a.txt="+first, "b.txt="+second
	for _, c := range []struct {
		name      string
		data      []byte
		want      []string
		anomalies []string
	}{
		{"plain", two, []string{a, b}, nil},
		{"long extra field", pack(t, func(w *zip.Writer) {
			put(t, w, zip.FileHeader{Name: "a.txt", Extra: append([]byte{0x20, 0xa2, 0x88, 0x13}, make([]byte, 5000)...)}, first)
		}), []string{a}, nil},
		{"junk in front", append([]byte("#!/bin/sh\nexit\n"), two...), []string{a, b}, nil},
		{"junk behind", append(slices.Clone(two), make([]byte, 100_000)...), []string{a, b}, []string{"no directory"}},
		{"no directory", two[:split], []string{a, b}, []string{"no directory"}},
		{"hidden member", hidden, []string{a, b}, []string{"member without entry"}},
		{"local header differs", lied, []string{a}, []string{"local header differs"}},
		{"false flag of encryption", fake, []string{a}, nil},
		{"wrong checksum", bad, []string{"a.txt!corrupt"}, nil},
		{"duplicate", pack(t, func(w *zip.Writer) {
			put(t, w, zip.FileHeader{Name: "a.txt"}, first)
			put(t, w, zip.FileHeader{Name: "a.txt"}, second)
		}), []string{a, "a.txt=" + second}, []string{"duplicate name"}},
		{"cp437 name", pack(t, func(w *zip.Writer) { put(t, w, zip.FileHeader{Name: "\x81.txt", NonUTF8: true}, "x") }), nil, nil},
	} {
		z := OpenZip(c.data)
		var got []string
		for _, m := range z.Members {
			r, err := m.Open()
			var b []byte
			if err == nil {
				b, err = io.ReadAll(r)
			}
			if err != nil {
				got = append(got, m.Name+"!"+string(Reason(err)))
				continue
			}
			got = append(got, m.Name+"="+string(b))
			if c.name == "cp437 name" && !slices.Contains(m.Names, "ü.txt") {
				t.Errorf("names %q", m.Names)
			}
		}
		if c.want == nil {
			continue
		}
		if d := cmp.Diff(c.want, got); d != "" {
			t.Errorf("%s: %s", c.name, d)
		}
		if d := cmp.Diff(c.anomalies, z.Anomalies); d != "" {
			t.Errorf("%s: anomalies: %s", c.name, d)
		}
	}
}

// Many entries over one packed run.
func TestOverlap(t *testing.T) {
	t.Parallel()
	one := pack(t, func(w *zip.Writer) {
		put(t, w, zip.FileHeader{Name: "a.txt", Method: zip.Deflate}, strings.Repeat("0", 1<<20))
	})
	at := bytes.Index(one, []byte("PK\x01\x02"))
	end := bytes.Index(one, []byte("PK\x05\x06"))
	entry := one[at:end]
	data := slices.Clone(one[:at])
	for range 1000 {
		data = append(data, entry...)
	}
	tail := slices.Clone(one[end:])
	binary.LittleEndian.PutUint16(tail[8:], 1000)
	binary.LittleEndian.PutUint16(tail[10:], 1000)
	binary.LittleEndian.PutUint32(tail[12:], uint32(1000*len(entry)))
	z := OpenZip(append(data, tail...))
	if len(z.Members) != 1 || !slices.Contains(z.Anomalies, "overlap") {
		t.Errorf("%d members, %v", len(z.Members), z.Anomalies)
	}
}

// iso is an image with a directory "d" and a file in it; joliet adds a second
// tree with long names.
func iso(joliet bool, content string) []byte {
	img := make([]byte, 24*isoSector)
	rec := func(at int, name string, sector, size int, flags byte) int {
		r := img[at:]
		n := 33 + len(name) + (1 - len(name)%2)
		r[0], r[25], r[32] = byte(n), flags, byte(len(name))
		binary.LittleEndian.PutUint32(r[2:], uint32(sector))
		binary.LittleEndian.PutUint32(r[10:], uint32(size))
		copy(r[33:], name)
		return at + n
	}
	wide := func(s string) string {
		out := ""
		for _, c := range s {
			out += string([]byte{byte(c >> 8), byte(c)})
		}
		return out
	}
	tree := func(root, sub int, dir, file string) {
		at := rec(root*isoSector, "\x00", root, isoSector, 2)
		at = rec(at, "\x01", root, isoSector, 2)
		rec(at, dir, sub, isoSector, 2)
		at = rec(sub*isoSector, "\x00", sub, isoSector, 2)
		at = rec(at, "\x01", root, isoSector, 2)
		rec(at, file, 23, len(content), 0)
	}
	copy(img[16*isoSector:], "\x01CD001\x01")
	rec(16*isoSector+156, "\x00", 19, isoSector, 2)
	tree(19, 20, "D", "A.TXT;1")
	end := 17
	if joliet {
		copy(img[17*isoSector:], "\x02CD001\x01")
		copy(img[17*isoSector+88:], "%/E")
		rec(17*isoSector+156, "\x00", 21, isoSector, 2)
		tree(21, 22, wide("d"), wide("a long name ü.txt;1"))
		end = 18
	}
	copy(img[end*isoSector:], "\xffCD001\x01")
	copy(img[23*isoSector:], content)
	return img
}

func TestISO(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		data []byte
		want []string
		fail bool
	}{
		{iso(false, first), []string{"D/A.TXT=" + first}, false},
		{iso(true, first), []string{"d/a long name ü.txt=" + first}, false},
		{iso(false, first)[:23*isoSector+10], []string{"D/A.TXT!corrupt"}, false},
		{iso(false, first)[:20*isoSector], nil, true},
	} {
		got, err := contents(t, c.data, "")
		if d := cmp.Diff(c.want, got); d != "" || (err != nil) != c.fail {
			t.Errorf("%v: %s", err, d)
		}
	}
}

func FuzzISO(f *testing.F) {
	f.Add(iso(true, first)[16*isoSector:])
	f.Add(iso(false, first)[16*isoSector:])
	fuzz(f, func(b []byte, v Visit) error { return ISO(append(make([]byte, 16*isoSector), b...), v) })
}

func TestTarClaims(t *testing.T) {
	t.Parallel()
	var b bytes.Buffer
	w := tar.NewWriter(&b)
	if err := w.WriteHeader(&tar.Header{Name: "big", Size: 1 << 40, Mode: 0o600}); err != nil {
		t.Fatal(err)
	}
	if _, err := io.WriteString(w, first); err != nil {
		t.Fatal(err)
	}
	var got []byte
	err := Tar(b.Bytes(), func(m Member) error {
		r, err := m.Open()
		if err != nil {
			return err
		}
		got, err = io.ReadAll(r)
		if !errors.Is(err, ErrCorrupt) {
			t.Errorf("error %v", err)
		}
		return nil
	})
	if string(got) != first || err == nil {
		t.Errorf("got %q, %v", got, err)
	}
}
