// Command release makes what a release consists of, as far as this machine can: archives, npm packages, an MCPB bundle,
// extensions for hosts, and the entry for the MCP registry. release/README.md says how to use it.
package main

import (
	"cmp"
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"time"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	err := run(ctx, os.Args[1:], ".", command, os.Stdout)
	stop()
	switch {
	case errors.Is(err, flag.ErrHelp):
	case err != nil:
		fmt.Fprintln(os.Stderr, "release:", err)
		os.Exit(1)
	}
}

// runner starts a program in a folder, with more variables, and returns what it prints on standard output.
type runner func(ctx context.Context, dir string, env []string, name string, args ...string) (string, error)

// command is the runner for a real machine.
func command(ctx context.Context, dir string, env []string, name string, args ...string) (string, error) {
	cmd := exec.CommandContext(ctx, name, args...) //nolint:gosec // this program's own steps
	cmd.Dir, cmd.Env = dir, append(os.Environ(), env...)
	var problems strings.Builder
	cmd.Stderr = &problems
	out, err := cmd.Output()
	switch {
	case errors.Is(err, exec.ErrNotFound):
		return "", fmt.Errorf("%s is needed and isn't installed", name)
	case err != nil:
		return "", fmt.Errorf("%s %s: %w\n%s%s", name, strings.Join(args, " "), err, out, problems.String())
	}
	return strings.TrimSpace(string(out)), nil
}

// maker makes a release.
type maker struct {
	root     string // of the repository
	out      string // the folder for everything
	version  string // without a v
	commit   string
	at       time.Time // of the commit; files in archives have this time
	hosting  hosting
	run      runner
	programs map[target][]byte
}

// noRelease is the version of a commit that has no tag.
const noRelease = "0.0.0-dev"

// run is the command with its arguments, in the repository at root.
func run(ctx context.Context, args []string, root string, runs runner, out io.Writer) error {
	flags := flag.NewFlagSet("release", flag.ContinueOnError)
	flags.SetOutput(out)
	version := flags.String("version", "", "version, such as 1.2.3 (default: the tag of this commit, such as v1.2.3, or "+noRelease+")")
	publish := flags.Bool("publish", false, "refuse if "+hostingFile+" isn't filled in, or if the version is no release")
	check := flags.Bool("check", false, "make nothing: with -publish, only say whether a release can be published")
	env := flags.Bool("env", false, "make nothing: print the values of "+hostingFile+" for a shell")
	if err := flags.Parse(args); err != nil {
		return err
	}
	m, err := newMaker(ctx, root, *version, runs)
	if err != nil {
		return err
	}
	if *publish {
		module, err := modulePath(root)
		if err != nil {
			return err
		}
		if err := m.hosting.ready(module); err != nil {
			return err
		}
		if m.version == noRelease {
			return errors.New("nothing can be published yet: this commit has no tag such as v1.2.3")
		}
	}
	switch {
	case *env:
		fmt.Fprint(out, m.environment())
		return nil
	case *check:
		return nil
	}
	return m.make(ctx, out)
}

func newMaker(ctx context.Context, root, version string, runs runner) (*maker, error) {
	values, err := readHosting(root)
	if err != nil {
		return nil, err
	}
	// Outside of a Git repository, nothing of this is known.
	git := func(args ...string) string {
		text, err := runs(ctx, root, nil, "git", args...)
		if err != nil {
			return ""
		}
		return text
	}
	tag := git("describe", "--tags", "--exact-match", "--match", "v[0-9]*")
	version = cmp.Or(strings.TrimPrefix(version, "v"), strings.TrimPrefix(tag, "v"), noRelease)
	if !regexp.MustCompile(`^\d+\.\d+\.\d+(-[0-9A-Za-z.-]+)?$`).MatchString(version) {
		return nil, fmt.Errorf("%s is not a version such as 1.2.3", version)
	}
	seconds, err := strconv.ParseInt(git("log", "-1", "--format=%ct"), 10, 64)
	if err != nil {
		seconds = time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC).Unix()
	}
	return &maker{
		root: root, out: filepath.Join(root, "release", "dist"), version: version,
		commit: cmp.Or(git("rev-parse", "HEAD"), "unknown"), at: time.Unix(seconds, 0).UTC(),
		hosting: values, run: runs, programs: map[target][]byte{},
	}, nil
}

// make makes everything.
func (m *maker) make(ctx context.Context, out io.Writer) error {
	if err := os.RemoveAll(m.out); err != nil {
		return err
	}
	for _, step := range []func(context.Context) error{
		m.build, m.archives, m.geminiExtension, m.claudePlugin, m.npmPackages, m.bundle, m.registryEntry, m.checksums,
	} {
		if err := step(ctx); err != nil {
			return err
		}
	}
	files, err := m.files()
	for _, file := range files {
		fmt.Fprintln(out, filepath.Join(m.out, file))
	}
	return err
}

// files are the names of the files that a release consists of.
func (m *maker) files() ([]string, error) {
	entries, err := os.ReadDir(m.out)
	var names []string
	for _, e := range entries {
		if !e.IsDir() {
			names = append(names, e.Name())
		}
	}
	return names, err
}

// path is the path of a file or folder of the release.
func (m *maker) path(name string) string { return filepath.Join(m.out, name) }
