// Package links finds out where symbolic links lead to, as the system does: people keep their settings elsewhere.
package links

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
)

// most is how many names and links are followed in a path whose end isn't there.
const most = 255

// Follow is the file that a path leads to, which may not be there yet. A path whose end is no link stays as it is.
func Follow(path string) (string, error) {
	if _, err := os.Readlink(path); err != nil {
		return path, nil //nolint:nilerr // no link, or it can't be read, which opening it says
	}
	return Resolve(path)
}

// Resolve is a path without links. Its end may not be there yet.
func Resolve(path string) (string, error) {
	rest := ""
	for range most {
		real, err := filepath.EvalSymlinks(path)
		if err == nil || !errors.Is(err, fs.ErrNotExist) {
			return filepath.Join(real, rest), err
		}
		// Nothing is cleaned here: ".." after a link leads out of the folder that the link leads to.
		folder, name := filepath.Split(path)
		if link, isLink := os.Readlink(path); isLink == nil {
			if path = link; !filepath.IsAbs(link) {
				path = folder + link
			}
			continue
		}
		if name == ".." {
			return "", err // out of a folder that isn't there
		}
		path, rest = parent(folder), filepath.Join(name, rest)
	}
	return "", &fs.PathError{Op: "readlink", Path: path, Err: errors.New("too many links")}
}

// parent is a folder without the separator at its end, unless it is a root.
func parent(folder string) string {
	if folder == "" {
		return "."
	}
	if short := folder[:len(folder)-1]; short != filepath.VolumeName(folder) {
		return short
	}
	return folder
}
