package main

import (
	"bytes"
	"errors"
	"flag"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// TestQuick runs the whole benchmark with this server, one other, and one that stands for an earlier build.
func TestQuick(t *testing.T) {
	t.Parallel()
	earlier := server{name: "earlier"}
	if err := earlier.goBuild(t.Context(), ".", "opentrain-mcp/cmd/opentrain-mcp", t.TempDir()); err != nil {
		t.Fatal(err)
	}
	var page, log bytes.Buffer
	if err := run(t.Context(), []string{"-quick", "-only", "raw", "-before", earlier.command[0]}, &page, &log); err != nil {
		t.Fatalf("%v\n%s", err, &log)
	}
	for _, row := range []string{
		`\| opentrain-mcp \| \d+\.\d\d ms \| 1\.00 \|( \d+\.\d MB( \(\d+\.\d\))? \|){5}`,
		`\| opentrain-mcp \| \d+ \| \d+\.\d\d ms \| \d+\.\d\d ms \| \d+ µs \| \d+, \d+\.\d KB \|`,
		`\| raw \| \d\.\d\d \(\d\.\d\d to \d\.\d\d\) \|`,
		`\| opentrain-mcp / before( \| (–|\d\.\d\d \(\d\.\d\d to \d\.\d\d\))){2} \|`,
	} {
		if !regexp.MustCompile(row).Match(page.Bytes()) {
			t.Errorf("no row like %s", row)
		}
	}
	if t.Failed() {
		t.Logf("%s\n%s", &page, &log)
	}
}

func TestArguments(t *testing.T) {
	t.Parallel()
	for arguments, problem := range map[string]string{
		"-write -quick":      "at least five rounds",
		"-write -rounds 4":   "at least five rounds",
		"-write -only raw":   "all servers",
		"-write -before old": "no -before",
		"-before none":       "no such file",
		"-quick -only other": `no server "other"`,
		"-loud":              "not defined",
	} {
		err := run(t.Context(), strings.Fields(arguments), io.Discard, io.Discard)
		if err == nil || !strings.Contains(err.Error(), problem) {
			t.Errorf("%s: %v, want %s", arguments, err, problem)
		}
	}
	var help bytes.Buffer
	if err := run(t.Context(), []string{"-h"}, io.Discard, &help); !errors.Is(err, flag.ErrHelp) || !strings.Contains(help.String(), "gosdk") {
		t.Error(err, help.String())
	}
}

// TestFailingServers: a server that can't be built, doesn't start or doesn't answer is an error that names it.
func TestFailingServers(t *testing.T) {
	t.Parallel()
	b := bench{amounts: few(), work: t.TempDir(), log: io.Discard}
	broken := server{name: "broken"}
	if err := broken.goBuild(t.Context(), b.work, "./none", b.work); err == nil || !strings.Contains(err.Error(), "go build") {
		t.Error(err)
	}
	for problem, command := range map[string][]string{
		"no such file":          {filepath.Join(b.work, "none")},
		"no serverInfo":         {"/bin/sh", "-c", "read line; echo {}; read line"},
		"broken: EOF\nno token": {"/bin/sh", "-c", "read line; echo no token >&2"},
	} {
		broken.command = command
		_, err := b.coldStart(t.Context(), broken, "http://127.0.0.1:9")
		if err == nil || !strings.Contains(err.Error(), problem) {
			t.Errorf("%v, want %s", err, problem)
		}
	}
}

// TestNode: without npm, node is left out; with it, the packages' own Node runs the server, even if npm doesn't run scripts.
func TestNode(t *testing.T) {
	node := all()[slices.IndexFunc(all(), func(s server) bool { return s.name == "node" })]
	tools, path := t.TempDir(), os.Getenv("PATH")
	t.Setenv("PATH", tools)
	if note := node.leftOut(); !strings.Contains(note, "npm isn't installed") {
		t.Error(note)
	}
	for name, script := range map[string]string{
		"npm":  "mkdir -p node_modules/node/bin node_modules/sdk; printf 12345 >node_modules/sdk/index.js; printf 123 >node_modules/node/README",
		"node": `[ "$1" = installArchSpecificPackage ] && printf 1234567 >bin/node`,
	} {
		if err := os.WriteFile(filepath.Join(tools, name), []byte("#!/bin/sh\n"+script+"\n"), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	t.Setenv("PATH", tools+string(filepath.ListSeparator)+path)
	if note := node.leftOut(); note != "" {
		t.Error(note)
	}
	dir := filepath.Join(t.TempDir(), "node")
	if err := node.npmInstall(t.Context(), filepath.Join("peers", "node"), dir); err != nil {
		t.Fatal(err)
	}
	if node.size != 7+5 || node.command[1] != filepath.Join(dir, "server.mjs") {
		t.Error(node.size, node.command)
	}
}
