package main

import (
	"archive/tar"
	"archive/zip"
	"bytes"
	"compress/gzip"
	"context"
	"encoding/json"
	"errors"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// repository copies what the command reads of this repository, with these lines in the hosting file.
func repository(t *testing.T, hosting string) string {
	t.Helper()
	root := t.TempDir()
	for _, name := range []string{
		"LICENSE", "README.md", "CHANGELOG.md", "go.mod", hostingFile, "release/mcpb/opentrain-mcp", "release/npm/opentrain-mcp.js",
	} {
		data, err := os.ReadFile(filepath.Join("../..", name))
		if err != nil {
			t.Fatal(err)
		}
		if name == hostingFile {
			data = []byte(hosting)
		}
		if err := writeFolder(root, []entry{{name, data, 0o644}}); err != nil {
			t.Fatal(err)
		}
	}
	return root
}

// machine stands in for the compiler, Git and npm, which take minutes. answers are what git prints; it fails otherwise.
func machine(answers map[string]string) runner {
	return func(_ context.Context, dir string, env []string, name string, args ...string) (string, error) {
		last := args[len(args)-1]
		switch {
		case name == "git":
			answer, found := answers[args[0]]
			if !found {
				return "", errors.New("no repository")
			}
			return answer, nil
		case name == "go":
			file := args[slices.Index(args, "-o")+1]
			said := strings.Join(env, " ") + " " + args[slices.Index(args, "-ldflags")+1]
			return "", writeFolder(filepath.Dir(file), []entry{program(filepath.Base(file), []byte(said))})
		case args[0] == "exec":
			return "", os.WriteFile(last, []byte("bundle"), 0o600)
		default:
			for _, folder := range args[slices.Index(args, ".")+1:] {
				file := filepath.Join(dir, "npm-"+filepath.Base(folder)+".tgz")
				if err := os.WriteFile(file, nil, 0o600); err != nil {
					return "", err
				}
			}
			return "", nil
		}
	}
}

// made runs the command in a repository and returns where the release is.
func made(t *testing.T, root string, answers map[string]string, args ...string) string {
	t.Helper()
	var out bytes.Buffer
	if err := run(t.Context(), args, root, machine(answers), &out); err != nil {
		t.Fatal(err)
	}
	dist := filepath.Join(root, "release", "dist")
	if !strings.Contains(out.String(), filepath.Join(dist, "server.json")+"\n") {
		t.Errorf("it doesn't say what it made: %s", &out)
	}
	return dist
}

// unpack returns the files of an archive, by their names, with x for those that can be run.
func unpack(t *testing.T, file string) map[string]string {
	t.Helper()
	files := map[string]string{}
	add := func(name string, mode os.FileMode, from io.Reader) {
		data, err := io.ReadAll(from)
		if err != nil {
			t.Fatal(err)
		}
		if mode&0o111 != 0 {
			name += " x"
		}
		files[name] = string(data)
	}
	if strings.HasSuffix(file, ".zip") {
		archive, err := zip.OpenReader(file)
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = archive.Close() }()
		for _, f := range archive.File {
			from, err := f.Open()
			if err != nil {
				t.Fatal(err)
			}
			add(f.Name, f.Mode(), from)
		}
		return files
	}
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	packed, err := gzip.NewReader(bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	for archive := tar.NewReader(packed); ; {
		header, err := archive.Next()
		if errors.Is(err, io.EOF) {
			return files
		}
		if err != nil {
			t.Fatal(err)
		}
		add(header.Name, header.FileInfo().Mode(), archive)
	}
}

func read(t *testing.T, dist, name string) object {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(dist, name))
	if err != nil {
		t.Fatal(err)
	}
	var value object
	if err := json.Unmarshal(data, &value); err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	return value
}

// at finds a value in a JSON document.
func at(value any, path ...string) any {
	for _, name := range path {
		members, isObject := value.(object)
		if m, ok := value.(map[string]any); ok {
			members, isObject = m, true
		}
		if !isObject {
			return nil
		}
		value = members[name]
	}
	return value
}

func TestReleaseOfATag(t *testing.T) {
	t.Parallel()
	root := repository(t, "")
	git := map[string]string{"describe": "v1.2.3-rc.1", "rev-parse": "abc", "log": "1700000000"}
	dist := made(t, root, git)
	first, err := os.ReadFile(filepath.Join(dist, "opentrain-mcp_1.2.3-rc.1_linux_amd64.tar.gz"))
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range targets() {
		files := unpack(t, filepath.Join(dist, archiveName("1.2.3-rc.1", want)+want.format()))
		built := files[want.file()+" x"]
		for _, part := range []string{"CGO_ENABLED=0", "GOOS=" + want.os, "GOARCH=" + want.arch, "-X main.version=1.2.3-rc.1 -X main.commit=abc"} {
			if !strings.Contains(built, part) {
				t.Errorf("%v: %s is not in %s", want, part, built)
			}
		}
		if len(files) != 4 || files["LICENSE"] == "" || files["README.md"] == "" || files["CHANGELOG.md"] == "" {
			t.Errorf("%v: %d files", want, len(files))
		}
		platform, arch := want.node()
		about := read(t, dist, "npm/"+platform+"-"+arch+"/package.json")
		if about["version"] != "1.2.3-rc.1" || about["scripts"] != nil || about["private"] != true {
			t.Errorf("%v", about)
		}
		name, _ := about["name"].(string)
		if main := read(t, dist, "npm/main/package.json"); at(main, "optionalDependencies", name) != "1.2.3-rc.1" {
			t.Errorf("the main package doesn't have %s", name)
		}
		if data, err := os.ReadFile(filepath.Join(dist, "npm", platform+"-"+arch, "bin", want.file())); err != nil || string(data) != built {
			t.Errorf("%v: %v", want, err)
		}
		if extension := unpack(t, filepath.Join(dist, platform+"."+arch+".opentrain-mcp"+want.format())); extension[want.file()+" x"] != built ||
			!strings.Contains(extension["gemini-extension.json"], `"command": "${extensionPath}${/}`+want.file()+`"`) {
			t.Errorf("%v: %q", want, extension)
		}
	}
	if at(read(t, dist, "claude-plugin/.mcp.json"), "mcpServers", "opentrain", "command") != "opentrain-mcp" {
		t.Error("without an npm scope, the plugin must start the program in the PATH")
	}
	// The same commit makes the same bytes.
	if second, err := os.ReadFile(filepath.Join(made(t, root, git), "opentrain-mcp_1.2.3-rc.1_linux_amd64.tar.gz")); err != nil || !bytes.Equal(first, second) {
		t.Errorf("another archive: %v", err)
	}
}

func TestBundle(t *testing.T) {
	t.Parallel()
	dist := made(t, repository(t, ""), nil, "-version", "v1.2.3")
	manifest := read(t, dist, "mcpb/manifest.json")
	for path, want := range map[string]any{
		"manifest_version": "0.3", "version": "1.2.3", "server type": "binary",
		"user_config api_token sensitive": true, "user_config api_token required": false, "user_config api_token default": "",
		"user_config sandbox type": "boolean", "user_config sandbox default": false, "privacy_policies": nil,
		"server mcp_config platform_overrides win32 command": "${__dirname}/server/opentrain-mcp.exe",
	} {
		if got := at(manifest, strings.Fields(path)...); got != want {
			t.Errorf("%s: %v, want %v", path, got, want)
		}
	}
	tools, _ := manifest["tools"].([]any)
	for _, tool := range tools {
		if words, _ := at(tool, "description").(string); !strings.HasSuffix(words, ".") || strings.Contains(words, ". ") {
			t.Errorf("not one sentence: %v", tool)
		}
	}
	if len(tools) < 16 {
		t.Errorf("%d tools", len(tools))
	}
	for _, name := range []string{
		"opentrain-mcp", "opentrain-mcp.exe", "opentrain-mcp-linux-amd64", "opentrain-mcp-linux-arm64", "opentrain-mcp-darwin-amd64",
		"opentrain-mcp-darwin-arm64",
	} {
		info, err := os.Stat(filepath.Join(dist, "mcpb", "server", name))
		if err != nil || info.Mode()&0o111 == 0 {
			t.Errorf("%s can't be run: %v", name, err)
		}
	}
	entry := read(t, dist, "server.json")
	packages, _ := entry["packages"].([]any)
	sums, err := os.ReadFile(filepath.Join(dist, "checksums.txt"))
	if err != nil || len(packages) != 3 {
		t.Fatal(err, packages)
	}
	if got, _ := at(packages[2], "fileSha256").(string); !strings.Contains(string(sums), got+"  opentrain-mcp_1.2.3.mcpb\n") || len(got) != 64 {
		t.Errorf("%s is not in\n%s", got, sums)
	}
}
