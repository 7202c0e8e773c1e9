package cli

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"labelmilter/internal/manual"
)

// TestEDMGuide does what the guide to exact data match tells its reader.
func TestEDMGuide(t *testing.T) {
	t.Parallel()
	guide, ok := manual.Get("exact-data-match")
	if !ok {
		t.Fatal("no guide")
	}
	dir := t.TempDir()
	files := guide.Files()
	files["customers.csv"] = "SSN,Name,Born,Street\n058-88-7331,Isaiah Langer,5/5/1960,1432 Lincoln Road\n826-69-0028,Ana Bowman,24.11.1971,8250 First Street\n"
	files["mail.eml"] = "From: a@x.example\nSubject: x\n\nSSN 826-69-0028, Bowman, Ana, born on 24 November 1971\n"
	for name, text := range files {
		p := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(p), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(p, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	in := func(name string) string { return filepath.Join(dir, name) }
	run := func(args ...string) string {
		t.Helper()
		var out, errs bytes.Buffer
		if code := Main(args, strings.NewReader(""), &out, &errs); code != exitOK {
			t.Fatalf("%v: exit code %d\n%s%s", args, code, &out, &errs)
		}
		return out.String() + errs.String()
	}
	run("edm", "key", "new", in("edm.key"))
	if got := run("edm", "build", in("customers.csv"), "--schema", in("customers/edm.yaml"), "--key", in("edm.key"), "-o", in("customers.edm")); !strings.Contains(got, "2 rows") || strings.Contains(got, "warning") {
		t.Error(got)
	}
	got := run("--rules", in("customers"), "--edm-store", "customers="+in("customers.edm"), "--edm-key", in("edm.key"), "edm", "explain", in("mail.eml"))
	for _, want := range []string{"matched: Name + Born", "Street: not near", "customer at confidence 85 holds for 1 row(s)"} {
		if !strings.Contains(got, want) {
			t.Errorf("no %q in\n%s", want, got)
		}
	}
}
