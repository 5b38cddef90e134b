package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"

	"opentrain-mcp/opentrain/sandbox"
)

// ours is the name of this server.
const ours = "opentrain-mcp"

// server is a program that is measured.
type server struct {
	name, about   string
	list, get     string   // its tools; get may be ""
	create, patch string   // more of them, or ""
	stdio, http   []string // arguments; the address follows those of http
	fresh         bool     // get asks the API each time

	command []string // set by build
	size    int64    // in bytes
}

// all are the servers, as the tables list them.
func all() []server {
	peer := func(name, about string) server {
		return server{name: name, about: about, list: "list_jobs", stdio: []string{"stdio"}, http: []string{"http"}}
	}
	raw := peer("raw", "mcp-go, one handler that passes on the API's bytes as text and as structured content")
	raw.get, raw.fresh = "get_job", true
	return []server{
		{
			name: ours, about: "this server, with all its tools, limits of calls off, and a log of errors only",
			list: "opentrain_list_jobs", get: "opentrain_get_job",
			create: "opentrain_create_draft", patch: "opentrain_patch_draft",
			stdio: []string{"stdio", "--log-level", "error"},
			http:  []string{"http", "--rate", "0", "--log-level", "error", "--listen"},
		},
		raw,
		peer("typed", "mcp-go with Go types for arguments and result, and schemas made from them"),
		peer("resty", "the same with resty as the HTTP client, and mcp-go's validation of arguments and results"),
		peer("gosdk", "the official SDK for Go, typed; it validates both"),
		peer("node", "the official SDK for TypeScript under Node, typed; it validates both"),
	}
}

func names() (list []string) {
	for _, s := range all()[1:] {
		list = append(list, s.name)
	}
	return list
}

// environment has none of this machine's settings for OpenTrain.
func environment(home, address string) []string {
	return []string{
		"HOME=" + home, "PATH=" + os.Getenv("PATH"),
		"OPENTRAIN_API_BASE_URL=" + address, "OT_API_TOKEN=" + sandbox.DemoToken,
	}
}

// build builds the servers, or some of them. before is an earlier build of this server, or "". notes says which one is left
// out, and why.
func (b bench) build(ctx context.Context, only, before string) (built []server, notes []string, err error) {
	wanted := append(names(), ours)
	if only != "" {
		wanted = append(strings.Split(only, ","), ours)
	}
	for _, name := range wanted {
		if !slices.ContainsFunc(all(), func(s server) bool { return s.name == name }) {
			return nil, nil, fmt.Errorf("there is no server %q", name)
		}
	}
	var earlier []server
	if before != "" {
		s := all()[0]
		s.name, s.about = "before", "an earlier build of this server"
		if err := s.use(before); err != nil {
			return nil, nil, err
		}
		earlier = append(earlier, s)
	}
	peers := filepath.Join(b.root, "internal", "bench", "peers")
	for _, s := range all() {
		if !slices.Contains(wanted, s.name) {
			continue
		}
		if note := s.leftOut(); note != "" {
			notes = append(notes, note)
			fmt.Fprintln(b.log, note)
			continue
		}
		fmt.Fprintln(b.log, "building", s.name)
		switch s.name {
		case ours:
			err = s.goBuild(ctx, b.root, "./cmd/opentrain-mcp", b.work)
		case "node":
			err = s.npmInstall(ctx, filepath.Join(peers, s.name), filepath.Join(b.work, s.name))
		default:
			err = s.goBuild(ctx, peers, "./"+s.name, b.work)
		}
		if err != nil {
			return nil, nil, err
		}
		built = append(built, s)
	}
	return append(built, earlier...), notes, nil
}

// leftOut says why a server can't be measured on this machine, or nothing.
func (s server) leftOut() string {
	if _, err := exec.LookPath("npm"); s.name == "node" && err != nil {
		return "node is left out: npm isn't installed."
	}
	return ""
}

// goBuild builds a program as releases are built.
func (s *server) goBuild(ctx context.Context, dir, pkg, work string) error {
	program := filepath.Join(work, "bin-"+s.name)
	_, err := output(ctx, dir, "env", "CGO_ENABLED=0", "go", "build", "-trimpath", "-ldflags", "-s -w", "-o", program, pkg)
	if err != nil {
		return err
	}
	return s.use(program)
}

// use makes a program the server's command.
func (s *server) use(program string) (err error) {
	if program, err = filepath.Abs(program); err != nil {
		return err
	}
	s.command = []string{program}
	s.size, err = treeSize(program)
	return err
}

// npmInstall installs the packages of the lock file, Node among them.
func (s *server) npmInstall(ctx context.Context, source, dir string) error {
	if err := os.CopyFS(dir, os.DirFS(source)); err != nil {
		return err
	}
	if _, err := output(ctx, dir, "npm", "ci", "--no-audit", "--no-fund"); err != nil {
		return err
	}
	modules := filepath.Join(dir, "node_modules")
	node := filepath.Join(modules, "node", "bin", "node")
	if _, err := os.Stat(node); err != nil { // npm's settings leave out the script that fetches it
		if _, err := output(ctx, filepath.Join(modules, "node"), "node", "installArchSpecificPackage"); err != nil {
			return err
		}
	}
	s.command = []string{node, filepath.Join(dir, "server.mjs")}
	program, err := treeSize(node)
	if err != nil {
		return err
	}
	whole, err := treeSize(modules)
	if err != nil {
		return err
	}
	packaged, err := treeSize(filepath.Join(modules, "node"))
	s.size = program + whole - packaged // Node's package has headers and npm too
	return err
}

// treeSize is the size of a file, or of all files in a folder.
func treeSize(path string) (size int64, err error) {
	err = filepath.WalkDir(path, func(_ string, entry fs.DirEntry, err error) error {
		if err != nil || !entry.Type().IsRegular() {
			return err
		}
		info, err := entry.Info()
		if err == nil {
			size += info.Size()
		}
		return err
	})
	return size, err
}

// output runs a program in a folder and returns what it prints.
func output(ctx context.Context, dir, name string, args ...string) (string, error) {
	cmd := exec.CommandContext(ctx, name, args...) //nolint:gosec // this program's own steps
	cmd.Dir = dir
	out, err := cmd.Output()
	if failed := (*exec.ExitError)(nil); errors.As(err, &failed) {
		return "", fmt.Errorf("%s %s: %w\n%s%s", name, strings.Join(args, " "), err, out, failed.Stderr)
	}
	return strings.TrimSpace(string(out)), err
}
