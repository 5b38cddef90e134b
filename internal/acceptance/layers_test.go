package acceptance_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

const module = "opentrain-mcp"

// layers lists the packages from top to bottom and what each imports of this module. A
// package may only import packages below it in the list, so every arrow points down. All
// toolsets share the row "tools/*".
func layers() []struct {
	pkg     string
	imports string
} {
	return []struct{ pkg, imports string }{
		{"cmd/opentrain-mcp", ". internal/demo internal/doctor internal/hosts internal/tool internal/account internal/text internal/credential internal/edge internal/logsink " +
			"internal/screen internal/seal opentrain opentrain/sandbox schema"},
		{"internal/demo", ". internal/screen internal/tool internal/text schema opentrain opentrain/sandbox"},
		{"internal/doctor", "internal/hosts internal/screen internal/text internal/credential schema opentrain"},
		{"internal/screen", "internal/text"},
		{"internal/hosts", "internal/links internal/text schema"},
		{"internal/release", ". internal/account opentrain"},
		{"internal/bench", "opentrain/sandbox"},
		{".", "internal/web internal/stdio internal/adapter tools internal/draft internal/confirm internal/tool internal/account " +
			"internal/caller internal/credential internal/metrics internal/seal internal/setting internal/store opentrain"},
		{"internal/web", "internal/adapter internal/tool internal/text internal/jsonrpc internal/caller internal/credential internal/edge internal/metrics " +
			"internal/setting"},
		{"internal/stdio", "internal/adapter internal/jsonrpc internal/caller"},
		{"internal/adapter", "internal/tool internal/jsonrpc internal/metrics internal/text internal/caller internal/edge internal/seal schema opentrain"},
		{"tools", "tools/* internal/draft internal/tool internal/account"},
		{"tools/*", "internal/draft internal/confirm internal/tool internal/account internal/text internal/caller internal/store schema opentrain"},
		{"internal/draft", "internal/confirm internal/tool internal/text internal/caller internal/store schema opentrain"},
		{"internal/confirm", "internal/tool internal/text internal/caller internal/seal internal/store opentrain"},
		{"internal/tool", "internal/text internal/caller schema opentrain"},
		{"internal/account", "internal/text internal/caller internal/credential internal/links opentrain"},
		{"internal/metrics", "opentrain"},
		{"internal/jsonrpc", ""},
		{"internal/text", ""},
		{"internal/caller", ""},
		{"internal/credential", ""},
		{"internal/links", ""},
		{"internal/edge", ""},
		{"internal/setting", ""},
		{"internal/logsink", ""},
		{"internal/store", "internal/seal"},
		{"internal/seal", ""},
		{"schema", ""},
		{"opentrain", ""},
		{"opentrain/sandbox", "internal/inprocess"},
		{"internal/inprocess", ""},
		{"internal/redistest", ""}, // only for tests
		{"internal/pipetest", ""},  // only for tests
	}
}

// libraries says which packages may import a library. The longest prefix counts, so a
// package of mcp-go that isn't named here may be imported nowhere.
func libraries() map[string][]string {
	return map[string][]string{
		"github.com/mark3labs/mcp-go":        {},
		"github.com/mark3labs/mcp-go/server": {"internal/adapter"},
		"github.com/mark3labs/mcp-go/mcp":    {"internal/adapter", "internal/stdio", "internal/web", "internal/demo", "internal/doctor"},
		"github.com/mark3labs/mcp-go/client": {"internal/demo", "internal/doctor"},
		"github.com/go-resty/resty":          {"opentrain"},
		"github.com/invopop/jsonschema":      {"schema"},
		"github.com/VictoriaMetrics/metrics": {"internal/metrics"},
		"github.com/spf13/cobra":             {"cmd/opentrain-mcp"},
		"github.com/spf13/pflag":             {"cmd/opentrain-mcp"},
		"github.com/gofrs/flock":             {"internal/account", "internal/hosts"},
		"github.com/gomodule/redigo":         {"internal/store", "internal/redistest"},
		"github.com/clipperhouse":            {"internal/screen"},
		"github.com/tailscale/hujson":        {"internal/hosts"},
		"github.com/pelletier/go-toml":       {"internal/hosts"},
		"go.yaml.in/yaml":                    {"internal/hosts"},
		"github.com/aymanbagabas/go-udiff":   {"internal/hosts"},
		"github.com/chromedp":                {}, // only tests
		"github.com/Shopify/toxiproxy":       {}, // only tests
		"github.com/prometheus":              {}, // only tests
		"github.com/rs/zerolog":              {}, // which toxiproxy logs with
		"github.com/go-json-experiment":      {"opentrain", "schema", "internal/jsonrpc", "internal/text"},
		"maragu.dev/gomponents":              {"internal/web", "opentrain/sandbox"},
		"text/template":                      {"internal/bench"}, // with templates, the linker keeps every exported method of the program
		"html/template":                      {},
	}
}

// row is the name of a package's row in layers.
func row(pkg string) string {
	if strings.HasPrefix(pkg, "tools/") {
		return "tools/*"
	}
	return pkg
}

// importers are the packages that may import a path, if it belongs to a library. Only
// whole elements of the path count: mcp-go/mcp doesn't stand for mcp-go/mcptest.
func importers(path string) (allowed []string, isLibrary bool) {
	longest := ""
	for prefix, pkgs := range libraries() {
		rest, found := strings.CutPrefix(path, prefix)
		if !found {
			continue
		}
		isLibrary = true
		if (rest == "" || rest[0] == '/') && len(prefix) > len(longest) {
			longest, allowed = prefix, pkgs
		}
	}
	return allowed, isLibrary
}

// TestLayersImportDownward checks the imports of every package, as go list reports
// them, against layers. An arrow that no package uses doesn't belong in the table.
func TestLayersImportDownward(t *testing.T) {
	t.Parallel()
	rows, names := layers(), []string{}
	for _, r := range rows {
		names = append(names, r.pkg)
	}
	used := map[string]bool{} // "row imported row", and rows alone
	for pkg, imports := range packages(t) {
		used[row(pkg)] = true
		at := slices.Index(names, row(pkg))
		if at < 0 {
			t.Errorf("%s has no row in layers", pkg)
			continue
		}
		for _, imported := range imports {
			if own, isOwn := ownPackage(imported); isOwn {
				used[row(pkg)+" "+row(own)] = true
				if !slices.Contains(strings.Fields(rows[at].imports), row(own)) {
					t.Errorf("%s imports %s", pkg, own)
				}
			}
			if allowed, isLibrary := importers(imported); isLibrary && !slices.Contains(allowed, pkg) {
				t.Errorf("%s imports %s", pkg, imported)
			}
		}
	}
	for i, r := range rows {
		if !used[r.pkg] {
			t.Errorf("layers has a row for %s, which doesn't exist", r.pkg)
		}
		for imported := range strings.FieldsSeq(r.imports) {
			if slices.Index(names, imported) <= i {
				t.Errorf("layers has an upward arrow from %s to %s", r.pkg, imported)
			}
			if !used[r.pkg+" "+imported] {
				t.Errorf("layers lets %s import %s, which it doesn't", r.pkg, imported)
			}
		}
	}
}

// TestLayersKnowLibraries: the longest prefix of a path decides.
func TestLayersKnowLibraries(t *testing.T) {
	t.Parallel()
	for path, want := range map[string]string{
		"github.com/mark3labs/mcp-go/client/transport": "[internal/demo internal/doctor] true",
		"github.com/mark3labs/mcp-go/util":             "[] true",
		"github.com/mark3labs/mcp-go/mcptest":          "[] true",
		"github.com/mark3labs/mcp-go":                  "[] true",
		"github.com/spf13/cobra-cli":                   "[] true",
		"github.com/go-resty/resty/v2":                 "[opentrain] true",
		"strings":                                      "[] false",
	} {
		allowed, isLibrary := importers(path)
		if got := fmt.Sprint(allowed, isLibrary); got != want {
			t.Errorf("%s: %s, want %s", path, got, want)
		}
	}
}

// packages are the packages of this module and their imports, without tests.
func packages(t *testing.T) map[string][]string {
	t.Helper()
	list := exec.Command("go", "list", "-json=ImportPath,Imports,GoFiles", "./...")
	list.Dir = "../.."
	out, err := list.Output()
	if err != nil {
		t.Fatal(err)
	}
	all := map[string][]string{}
	for decoder := json.NewDecoder(bytes.NewReader(out)); ; {
		var p struct {
			ImportPath       string
			Imports, GoFiles []string
		}
		if err := decoder.Decode(&p); errors.Is(err, io.EOF) {
			return all
		} else if err != nil {
			t.Fatal(err)
		}
		if own, _ := ownPackage(p.ImportPath); len(p.GoFiles) > 0 {
			all[own] = p.Imports
		}
	}
}

func ownPackage(path string) (own string, isOwn bool) {
	if path == module {
		return ".", true
	}
	return strings.CutPrefix(path, module+"/")
}

// longToolFiles are the files of tools that may have more than 150 lines, and why.
func longToolFiles() map[string]string {
	return map[string]string{
		"tools/posting/create_draft.go": "five document formats, and the account behind the key",
		"tools/posting/publish.go":      "two ways in which the API refuses, and the check afterwards",
		"tools/posting/update_job.go":   "two ways in which the API reports a blocked edit",
	}
}

// TestLayersKeepFilesSmall: the top has two Go files, no file, test files included, has
// more than 400 lines, and a tool's file has more than 150 only for a reason. A reason
// that no file needs doesn't belong in the list.
func TestLayersKeepFilesSmall(t *testing.T) {
	t.Parallel()
	reasons, needed := longToolFiles(), map[string]bool{}
	for file, source := range sources(t) {
		lines := strings.Count(source, "\n")
		dir, name := filepath.Split(file)
		if dir == "" && name != "server.go" && name != "server_test.go" {
			t.Errorf("%s: only server.go and server_test.go belong at the top", file)
		}
		if lines > 400 {
			t.Errorf("%s has %d lines", file, lines)
		}
		if lines > 150 && strings.HasPrefix(file, "tools/") && strings.Count(file, "/") == 2 {
			needed[file] = true
			if reasons[file] == "" {
				t.Errorf("%s has %d lines; a tool's file has at most 150, or a reason here", file, lines)
			}
		}
	}
	for file, reason := range reasons {
		if reason == "" || !needed[file] {
			t.Errorf("%s (%q) doesn't belong in longToolFiles: the file is gone or short, or the reason is empty", file, reason)
		}
	}
}

// TestLayersKeepLinesReadable: no line of the product is longer than 140 characters.
func TestLayersKeepLinesReadable(t *testing.T) {
	t.Parallel()
	for file, source := range sources(t) {
		if strings.HasSuffix(file, "_test.go") || strings.HasPrefix(file, "opentrain/sandbox/") {
			continue
		}
		number := 0
		for line := range strings.Lines(source) {
			if number++; len([]rune(strings.TrimRight(line, "\n"))) > 140 {
				t.Errorf("%s:%d is longer than 140 characters", file, number)
			}
		}
	}
}

// sources are the Go files of the project, by their path.
func sources(t *testing.T) map[string]string {
	t.Helper()
	root, all := os.DirFS("../.."), map[string]string{}
	err := fs.WalkDir(root, ".", func(path string, entry fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case entry.IsDir() && path != "." && strings.HasPrefix(entry.Name(), "."):
			return fs.SkipDir
		case !strings.HasSuffix(path, ".go"):
			return nil
		}
		source, err := fs.ReadFile(root, path)
		all[path] = string(source)
		return err
	})
	if err != nil || all["server.go"] == "" {
		t.Fatal(len(all), err)
	}
	return all
}
