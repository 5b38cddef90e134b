package hosts

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// Env is the machine and the user that a host runs for.
type Env struct {
	GOOS     string              // as runtime.GOOS
	Program  string              // the path of this program
	Home     string              // the user's home folder
	Dir      string              // the folder of the project
	Getenv   func(string) string // like os.Getenv
	LookPath func(string) bool   // says whether a program is in the PATH
}

// File returns the host's file. found says that it's there, or that there are other signs of the host on this machine.
// It returns "" for a host without settings of that scope.
func (h Host) File(env Env, scope Scope) (file string, found bool) {
	if scope == Project {
		file = h.projectFile(env)
		return file, file != "" && exists(file)
	}
	file, standard := h.userFile(env)
	folder := filepath.Dir(file)
	found = exists(file) || folder != filepath.Clean(env.Home) && exists(folder) || !standard ||
		slices.ContainsFunc(h.Signs, func(sign string) bool { return exists(env.expand(sign)) })
	return file, found || slices.ContainsFunc(h.Commands, env.LookPath)
}

// projectFile is the first file that is there, or else the first one.
func (h Host) projectFile(env Env) string {
	first := ""
	for _, name := range h.Project {
		file := filepath.Join(env.Dir, filepath.FromSlash(name))
		if exists(file) {
			return file
		}
		if first == "" {
			first = file
		}
	}
	return first
}

// userFile is the file in the first folder that is there. A host that has never run gets its standard file.
func (h Host) userFile(env Env) (file string, standard bool) {
	templates := h.Files
	switch {
	case env.GOOS == "windows" && h.Windows != nil:
		templates = h.Windows
	case env.GOOS == "darwin" && h.Darwin != nil:
		templates = h.Darwin
	}
	first, here := "", ""
	for _, template := range templates {
		template, optional := strings.CutPrefix(template, "?")
		path := env.expand(template)
		if path == "" {
			continue
		}
		if first == "" && !optional {
			first = path
		}
		switch folder := filepath.Dir(path); {
		case here == "" && exists(folder), here != "" && folder == filepath.Dir(here) && !exists(here) && exists(path):
			here = path
		}
	}
	if here == "" {
		return first, true
	}
	return here, here == first
}

// expand fills in a template: ~ is the home folder, ${NAME:-OTHER} the folder in a variable or else OTHER, <FILE> the folder that a
// file names, and * what is there. It returns "" if it can't. A relative folder in a variable doesn't count.
func (e Env) expand(template string) string {
	path := template
	if inner, rest, found := strings.Cut(strings.TrimPrefix(path, "${"), "}"); found && strings.HasPrefix(path, "${") {
		name, standard, _ := strings.Cut(inner, ":-")
		value := strings.TrimSpace(e.Getenv(name))
		if below, inHome := strings.CutPrefix(value, "~/"); inHome {
			value = filepath.Join(e.Home, below)
		}
		if filepath.IsAbs(value) { // any other is relative to this folder, not to the host's
			standard = value
		}
		if standard == "" {
			return ""
		}
		path = standard + rest
	}
	if inner, rest, found := strings.Cut(strings.TrimPrefix(path, "<"), ">"); found && strings.HasPrefix(path, "<") {
		f, err := readFile(e.expand(inner))
		folder := strings.TrimSpace(string(f.data))
		if err != nil || folder == "" {
			return ""
		}
		path = folder + rest
	}
	if rest, found := strings.CutPrefix(path, "~"); found {
		path = e.Home + rest
	}
	path = filepath.Clean(filepath.FromSlash(path))
	if !strings.Contains(template, "*") {
		return path
	}
	// The newest folder that matches; the file in it may be missing.
	matches, err := filepath.Glob(filepath.Dir(path))
	if err != nil || len(matches) == 0 {
		return ""
	}
	newest := slices.MaxFunc(matches, func(a, b string) int { return changed(a).Compare(changed(b)) })
	return filepath.Join(newest, filepath.Base(path))
}

// exists says whether something is at a path. A link to nothing counts.
func exists(path string) bool {
	_, err := os.Lstat(path)
	return err == nil
}

// changed is when a file changed last.
func changed(path string) time.Time {
	info, err := os.Stat(path)
	if err != nil {
		return time.Time{}
	}
	return info.ModTime()
}
