package main

import (
	"archive/tar"
	"archive/zip"
	"compress/gzip"
	"errors"
	"io"
	"os"
	"path"
	"path/filepath"
	"strings"
	"time"
)

// entry is a file in an archive or a folder.
type entry struct {
	name string // with slashes
	data []byte
	mode os.FileMode
}

// program is an entry that can be run.
func program(name string, data []byte) entry { return entry{name, data, 0o755} }

// text is an entry to read.
func text(name, data string) entry { return entry{name, []byte(data), 0o644} }

// writeFolder writes entries as files below a folder.
func writeFolder(folder string, entries []entry) error {
	for _, e := range entries {
		file := filepath.Join(folder, filepath.FromSlash(e.name))
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil { //nolint:gosec // everyone may read a release
			return err
		}
		if err := os.WriteFile(file, e.data, e.mode); err != nil {
			return err
		}
		// The umask must not decide what others get.
		if err := os.Chmod(file, e.mode); err != nil {
			return err
		}
	}
	return nil
}

// writeArchive writes entries as a zip file or a tar.gz file, as the file's name says. The same entries and time make
// the same bytes.
func writeArchive(file string, entries []entry, at time.Time) error {
	out, err := os.Create(file)
	if err != nil {
		return err
	}
	if path.Ext(file) == ".zip" {
		err = writeZip(out, entries, at)
	} else {
		err = writeTar(out, entries, at)
	}
	return errors.Join(err, out.Close())
}

func writeZip(out io.Writer, entries []entry, at time.Time) error {
	archive := zip.NewWriter(out)
	for _, e := range entries {
		header := &zip.FileHeader{Name: e.name, Method: zip.Deflate, Modified: at}
		header.SetMode(e.mode)
		file, err := archive.CreateHeader(header)
		if err != nil {
			return err
		}
		if _, err := file.Write(e.data); err != nil {
			return err
		}
	}
	return archive.Close()
}

func writeTar(out io.Writer, entries []entry, at time.Time) error {
	packed := gzip.NewWriter(out)
	archive := tar.NewWriter(packed)
	for _, e := range entries {
		header := &tar.Header{Name: e.name, Mode: int64(e.mode), Size: int64(len(e.data)), ModTime: at, Format: tar.FormatPAX}
		if err := archive.WriteHeader(header); err != nil {
			return err
		}
		if _, err := archive.Write(e.data); err != nil {
			return err
		}
	}
	return errors.Join(archive.Close(), packed.Close())
}

// read returns the files of the repository that every archive has.
func (m *maker) read(names ...string) ([]entry, error) {
	var entries []entry
	for _, name := range names {
		data, err := os.ReadFile(filepath.Join(m.root, filepath.FromSlash(name)))
		if err != nil {
			return nil, err
		}
		e := entry{path.Base(name), data, 0o644}
		if strings.HasPrefix(string(data), "#!") {
			e.mode = 0o755
		}
		entries = append(entries, e)
	}
	return entries, nil
}
