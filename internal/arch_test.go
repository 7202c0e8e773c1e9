package internal

import (
	"encoding/json"
	"go/ast"
	"go/parser"
	"go/token"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"labelmilter/internal/mtalab"
)

// allowed says which packages of the module a package may import (not its
// tests). A package that is not listed must not exist.
var allowed = map[string]string{
	"rules":           "",
	"cmd/labelmilter": "cli slack",

	// leaves
	"failpoint": "", "slack": "", "redact": "", "smime": "failpoint", "tip": "", "verdict": "", "budget": "", "facts": "", "strictyaml": "", "marking": "", "charset": "", "sit": "", "sit/validate": "",

	// the message and its text
	"message":                       "budget charset",
	"extract/htmltext":              "",
	"extract/sniff":                 "extract/cfb",
	"extract/xmlscan":               "charset",
	"extract/document":              "budget",
	"extract/document/documenttest": "budget extract/document",
	"extract/archive":               "budget charset extract/sniff",
	"extract/numfmt":                "",
	"extract/cfb":                   "",
	"extract/oleps":                 "budget charset extract/document",
	"extract/offcrypto":             "",
	"extract/oleobject":             "charset",
	"extract/mapi":                  "budget charset extract/document extract/rtf message",
	"extract/tnef":                  "budget charset extract/document extract/mapi",
	"extract/msg":                   "budget charset extract/cfb extract/document extract/mapi",
	"extract/rtf":                   "budget charset extract/document extract/oleobject",
	"extract/metafile":              "budget charset extract/document",
	"extract/officeart":             "extract/document",
	"extract/cms":                   "extract/document",
	"extract/doc":                   "budget charset extract/cfb extract/document extract/officeart",
	"extract/ole":                   "budget charset extract/cfb extract/doc extract/document extract/msg extract/offcrypto extract/officeart extract/oleobject extract/oleps extract/ooxml extract/ppt extract/sniff extract/xls",
	"extract/ppt":                   "budget extract/cfb extract/document extract/officeart",
	"extract/xls":                   "budget charset extract/cfb extract/document extract/numfmt extract/offcrypto extract/officeart",
	"extract/ooxml":                 "extract/document extract/numfmt extract/sniff extract/xmlscan",
	"extract/pdf":                   "budget extract/document extract/pdf/glyph extract/xmlscan",
	"extract/pdf/glyph":             "",
	"extract/pdf/glyph/gen":         "",
	"extract/odf":                   "extract/document extract/sniff extract/xmlscan",
	"extract/helper":                "extract",
	"extract/worker":                "budget extract",
	"extract":                       "budget charset message extract/archive extract/cms extract/doc extract/document extract/htmltext extract/metafile extract/odf extract/ole extract/ooxml extract/pdf extract/rtf extract/sniff extract/tnef extract/xls",
	"authres":                       "facts message",
	"bodyedit":                      "budget charset message verdict",
	"dkim":                          "message verdict",
	"dkim/dkimtest":                 "",

	// finding
	"match/fold":       "",
	"match":            "budget match/fold",
	"detect/automaton": "match/fold",
	"detect/bitmap":    "",
	"edm":              "match/fold",
	"detect":           "budget detect/automaton detect/bitmap edm extract match match/fold redact sit sit/validate",

	// deciding
	"directory":      "strictyaml",
	"directory/ldap": "directory",
	"label":          "marking",
	"override":       "budget detect extract message redact",
	"policy":         "failpoint budget detect directory extract extract/document facts label marking match message sit strictyaml verdict tip",
	"plan":           "failpoint bodyedit budget detect dkim label marking message policy rewrite verdict override smime",
	"rewrite":        "message verdict",

	// rules
	"rulepack": "bodyedit budget detect directory edm extract extract/document facts label marking match message policy sit sit/validate strictyaml verdict tip",
	"assemble": "authres budget config detect edm extract/helper label marking message pipeline plan policy rulepack rules strictyaml smime",
	"config":   "budget marking strictyaml tip",

	// judging
	"pipeline": "authres failpoint extract/document budget detect extract facts label marking message plan policy rulepack sit verdict override redact tip smime",
	"fixture":  "facts label message pipeline plan policy strictyaml verdict",
	"replay":   "authres facts fixture message pipeline strictyaml",
	"ruletest": "authres budget fixture message pipeline policy replay rulepack sit strictyaml detect edm",
	"output":   "budget detect extract fixture label pipeline policy replay verdict plan",
	"prove":    "budget facts label marking message pipeline rulepack",

	// the daemon
	"milter":            "verdict",
	"milter/miltertest": "",
	"journal":           "failpoint",
	"store":             "failpoint journal",
	"notify":            "message override pipeline plan policy store",
	"enforce":           "failpoint facts pipeline policy store verdict override message notify plan",
	"filter":            "failpoint authres budget directory enforce facts label message milter pipeline plan policy verdict override",
	"admin":             "",
	"manual":            "",
	"app":               "admin assemble budget config directory/ldap enforce extract/worker filter label message milter pipeline policy rulepack store strictyaml verdict notify",
	"cli":               "app assemble budget config extract/helper extract/worker fixture label manual message output pipeline prove replay rulepack ruletest store strictyaml verdict override detect edm redact",

	// tests, demo, measurements
	"mtalab":              "",
	"mtalab/install":      "mtalab",
	"eval":                "budget extract extract/sniff message",
	"conformance":         "",
	"integration":         "",
	"demo":                "mtalab milter/miltertest",
	"fuzzrun":             "",
	"mtabench":            "mtabench/corpus mtalab store",
	"mtabench/corpus":     "",
	"mtabench/nullmilter": "",
}

type listed struct {
	ImportPath string
	Dir        string
	Imports    []string
	GoFiles    []string
}

func packages(t *testing.T) []listed {
	t.Helper()
	cmd := exec.Command("go", "list", "-json=ImportPath,Dir,Imports,GoFiles", "labelmilter/...")
	cmd.Stderr = os.Stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("go list: %v", err)
	}
	var ps []listed
	dec := json.NewDecoder(strings.NewReader(string(out)))
	for {
		var p listed
		if err := dec.Decode(&p); err == io.EOF {
			return ps
		} else if err != nil {
			t.Fatal(err)
		}
		ps = append(ps, p)
	}
}

// short is the name of a package of the module as used in allowed.
func short(path string) string {
	return strings.TrimPrefix(strings.TrimPrefix(path, "labelmilter/"), "internal/")
}

func TestImports(t *testing.T) {
	for _, p := range packages(t) {
		name := short(p.ImportPath)
		if name == "internal" {
			continue
		}
		want, ok := allowed[name]
		if !ok {
			t.Errorf("package %s is not on the map: add it to allowed in arch_test.go and to doc.go", p.ImportPath)
			continue
		}
		may := strings.Fields(want)
		for _, imp := range p.Imports {
			if strings.HasPrefix(imp, "labelmilter/") && !slices.Contains(may, short(imp)) {
				t.Errorf("%s must not import %s", p.ImportPath, imp)
			}
		}
	}
}

func TestPackageComments(t *testing.T) {
	for _, p := range packages(t) {
		documented := false
		for _, f := range p.GoFiles {
			file, err := parser.ParseFile(token.NewFileSet(), filepath.Join(p.Dir, f), nil, parser.PackageClauseOnly|parser.ParseComments)
			if err != nil {
				t.Fatal(err)
			}
			documented = documented || file.Doc != nil && len(strings.TrimSpace(file.Doc.Text())) > 40
		}
		if !documented && len(p.GoFiles) > 0 {
			t.Errorf("package %s has no package comment", p.ImportPath)
		}
	}
}

// TestNoInit holds that no package does work on import.
func TestNoInit(t *testing.T) {
	for _, p := range packages(t) {
		for _, f := range p.GoFiles {
			file, err := parser.ParseFile(token.NewFileSet(), filepath.Join(p.Dir, f), nil, 0)
			if err != nil {
				t.Fatal(err)
			}
			for _, d := range file.Decls {
				if fn, ok := d.(*ast.FuncDecl); ok && fn.Recv == nil && fn.Name.Name == "init" {
					t.Errorf("%s/%s has an init function", p.ImportPath, f)
				}
			}
		}
	}
}

// TestMilterLibrary holds the version below which one packet ends the process.
func TestMilterLibrary(t *testing.T) {
	out, err := exec.Command("go", "list", "-m", "-f", "{{.Version}}", "github.com/emersion/go-milter").Output()
	if err != nil {
		t.Fatal(err)
	}
	v := strings.TrimSpace(string(out))
	if v < "v0.5.0" {
		t.Errorf("github.com/emersion/go-milter %s: need v0.5.0 or later", v)
	}
}

// TestReadmePackages holds that README names every package that is installed.
func TestReadmePackages(t *testing.T) {
	readme, err := os.ReadFile("../README.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range mtalab.InstallPackages() {
		if !strings.Contains(string(readme), p) {
			t.Errorf("README.md does not name the package %s", p)
		}
	}
}
