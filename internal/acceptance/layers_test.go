package acceptance_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

const module = "opentrain-mcp"

// layers lists the packages from top to bottom and what each may import of this module.
// A package may only import packages below it in the list, so every arrow points down.
// All toolsets share the row "tools/*".
func layers() []struct {
	pkg     string
	imports string
} {
	return []struct{ pkg, imports string }{
		{"cmd/opentrain-mcp", ". internal/demo internal/tool internal/credential internal/edge internal/seal opentrain opentrain/sandbox schema"},
		{"internal/demo", ". internal/tool internal/text schema opentrain opentrain/sandbox"},
		{".", "internal/web internal/stdio internal/adapter tools internal/draft internal/confirm internal/tool " +
			"internal/caller internal/edge internal/metrics internal/seal schema opentrain"},
		{"internal/web", "internal/tool internal/text internal/caller internal/credential internal/edge internal/metrics opentrain"},
		{"internal/stdio", "internal/adapter internal/caller"},
		{"internal/adapter", "internal/tool internal/metrics internal/text internal/caller internal/edge internal/seal schema opentrain"},
		{"tools", "tools/* internal/draft internal/tool"},
		{"tools/*", "internal/draft internal/confirm internal/tool internal/text internal/caller schema opentrain"},
		{"internal/draft", "internal/confirm internal/tool internal/text internal/caller schema opentrain"},
		{"internal/confirm", "internal/tool internal/text internal/caller internal/seal opentrain"},
		{"internal/tool", "internal/text internal/caller schema opentrain"},
		{"internal/metrics", "opentrain"},
		{"internal/text", ""},
		{"internal/caller", ""},
		{"internal/credential", ""},
		{"internal/edge", ""},
		{"internal/seal", ""},
		{"schema", ""},
		{"opentrain", ""},
		{"opentrain/sandbox", ""},
	}
}

// libraries says which packages may import a library. Every library is known in as few
// places as possible.
func libraries() map[string][]string {
	return map[string][]string{
		"github.com/mark3labs/mcp-go/server": {"internal/adapter", "internal/stdio", "internal/web"},
		"github.com/mark3labs/mcp-go/mcp":    {"internal/adapter", "internal/stdio", "internal/web", "internal/demo"},
		"github.com/mark3labs/mcp-go/client": {"internal/demo"},
		"github.com/go-resty/resty":          {"opentrain"},
		"github.com/invopop/jsonschema":      {"schema"},
		"github.com/prometheus":              {"internal/metrics"},
		"github.com/alecthomas/kong":         {"cmd/opentrain-mcp"},
	}
}

// row is the name of a package's row in layers.
func row(pkg string) string {
	if strings.HasPrefix(pkg, "tools/") {
		return "tools/*"
	}
	return pkg
}

// TestLayersImportDownward checks the imports of every package, as go list reports
// them, against layers.
func TestLayersImportDownward(t *testing.T) {
	t.Parallel()
	rows, names := layers(), []string{}
	for _, r := range rows {
		names = append(names, r.pkg)
	}
	for i, r := range rows {
		for imported := range strings.FieldsSeq(r.imports) {
			if slices.Index(names, imported) <= i {
				t.Errorf("layers has an upward arrow from %s to %s", r.pkg, imported)
			}
		}
	}
	for pkg, imports := range packages(t) {
		at := slices.Index(names, row(pkg))
		if at < 0 {
			t.Errorf("%s has no row in layers", pkg)
			continue
		}
		for _, imported := range imports {
			if own, isOwn := ownPackage(imported); isOwn && !slices.Contains(strings.Fields(rows[at].imports), row(own)) {
				t.Errorf("%s imports %s", pkg, own)
			}
			for library, places := range libraries() {
				if strings.HasPrefix(imported, library) && !slices.Contains(places, pkg) {
					t.Errorf("%s imports %s", pkg, imported)
				}
			}
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

// TestLayersKeepFilesSmall: the top has two Go files, no file, test files included, has
// more than 400 lines, and a tool's file has more than 150 only for a reason.
func TestLayersKeepFilesSmall(t *testing.T) {
	t.Parallel()
	reasons := map[string]string{
		"tools/posting/create_draft.go":      "five document formats and the derived idempotency key",
		"tools/posting/publish.go":           "two ways in which the API refuses, and the check afterwards",
		"tools/market/search_jobs.go":        "summaries that fit, and pay in words",
		"tools/market/list_changes.go":       "a cursor of its own, which the API lacks",
		"tools/posting/update_job.go":        "the live edit that the content check may undo",
		"tools/posting/list_jobs.go":         "",
		"tools/account/get_account.go":       "",
		"tools/market/list_facets.go":        "",
		"tools/market/get_job.go":            "the job as a tool's result and as a resource",
		"tools/posting/close_job.go":         "",
		"tools/posting/patch_draft.go":       "",
		"tools/applicants/invite_trainer.go": "",
	}
	files, err := exec.Command("git", "-C", "../..", "ls-files", "*.go").Output()
	if err != nil {
		t.Skip("not a git checkout")
	}
	for file := range strings.FieldsSeq(string(files)) {
		source, err := os.ReadFile(filepath.Join("../..", file))
		if err != nil {
			continue // deleted, and not committed yet
		}
		lines := bytes.Count(source, []byte("\n"))
		dir, name := filepath.Split(file)
		switch {
		case dir == "" && name != "server.go" && name != "server_test.go":
			t.Errorf("%s: only server.go and server_test.go belong at the top", file)
		case lines > 400:
			t.Errorf("%s has %d lines", file, lines)
		case lines > 150 && strings.HasPrefix(file, "tools/") && strings.Count(file, "/") == 2 && reasons[file] == "":
			t.Errorf("%s has %d lines; a tool's file has at most 150, or a reason here", file, lines)
		}
	}
}

// TestLayersKeepLinesReadable: no line of the product is longer than 140 characters,
// except for struct tags, which can't be broken.
func TestLayersKeepLinesReadable(t *testing.T) {
	t.Parallel()
	files, err := exec.Command("git", "-C", "../..", "ls-files", "*.go").Output()
	if err != nil {
		t.Skip("not a git checkout")
	}
	for file := range strings.FieldsSeq(string(files)) {
		source, err := os.ReadFile(filepath.Join("../..", file))
		if err != nil || strings.HasSuffix(file, "_test.go") || strings.HasPrefix(file, "opentrain/sandbox/") {
			continue
		}
		number := 0
		for line := range strings.Lines(string(source)) {
			if number++; len([]rune(strings.TrimRight(line, "\n"))) > 140 {
				t.Errorf("%s:%d is longer than 140 characters", file, number)
			}
		}
	}
}
