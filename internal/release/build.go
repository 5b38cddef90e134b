package main

import (
	"context"
	"crypto/sha256"
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// target is a platform as Go names it.
type target struct{ os, arch string }

// targets are the platforms of a release.
func targets() []target {
	return []target{
		{"linux", "amd64"}, {"linux", "arm64"}, {"darwin", "amd64"}, {"darwin", "arm64"}, {"windows", "amd64"}, {"windows", "arm64"},
	}
}

// file is the name of the program.
func (t target) file() string {
	if t.os == "windows" {
		return product + ".exe"
	}
	return product
}

// format is the extension of an archive.
func (t target) format() string {
	if t.os == "windows" {
		return ".zip"
	}
	return ".tar.gz"
}

// node is the platform as Node.js names it.
func (t target) node() (platform, arch string) {
	platform, arch = t.os, t.arch
	if platform == "windows" {
		platform = "win32"
	}
	if arch == "amd64" {
		arch = "x64"
	}
	return platform, arch
}

// linkerFlags put the version and the commit into the program, and leave out what only a debugger needs.
// The Dockerfile and goreleaser.yaml have the same.
func linkerFlags(version, commit string) string {
	return fmt.Sprintf("-s -w -X main.version=%s -X main.commit=%s", version, commit)
}

// build builds the program for every platform.
func (m *maker) build(ctx context.Context) error {
	root, err := filepath.Abs(m.out)
	if err != nil {
		return err
	}
	for _, t := range targets() {
		file := filepath.Join(root, "build", t.os+"_"+t.arch, t.file())
		env := []string{"CGO_ENABLED=0", "GOOS=" + t.os, "GOARCH=" + t.arch, "GOFLAGS="}
		if _, err := m.run(ctx, m.root, env, "go", "build", "-mod=readonly", "-trimpath", "-ldflags", linkerFlags(m.version, m.commit),
			"-o", file, "./cmd/opentrain-mcp"); err != nil {
			return err
		}
		if m.programs[t], err = os.ReadFile(file); err != nil {
			return err
		}
	}
	return nil
}

// archiveName is the name of the archive for a platform, without its extension. goreleaser.yaml has the same.
func archiveName(version string, t target) string {
	return fmt.Sprintf("%s_%s_%s_%s", product, version, t.os, t.arch)
}

// archives makes the archives for download.
func (m *maker) archives(context.Context) error {
	papers, err := m.read("LICENSE", "README.md", "CHANGELOG.md")
	if err != nil {
		return err
	}
	for _, t := range targets() {
		entries := append([]entry{program(t.file(), m.programs[t])}, papers...)
		if err := writeArchive(m.path(archiveName(m.version, t)+t.format()), entries, m.at); err != nil {
			return err
		}
	}
	return nil
}

// checksums lists the SHA-256 of every file, as sha256sum does.
func (m *maker) checksums(context.Context) error {
	names, err := m.files()
	if err != nil {
		return err
	}
	var list strings.Builder
	for _, name := range names {
		sum, err := m.sum(name)
		if err != nil {
			return err
		}
		fmt.Fprintf(&list, "%s  %s\n", sum, name)
	}
	return writeFolder(m.out, []entry{text("checksums.txt", list.String())})
}

// sum is the SHA-256 of a file of the release.
func (m *maker) sum(name string) (string, error) {
	data, err := os.ReadFile(m.path(name))
	return fmt.Sprintf("%x", sha256.Sum256(data)), err
}
