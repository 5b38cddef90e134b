package hosts

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"github.com/gofrs/flock"

	"opentrain-mcp/internal/links"
)

// maxFile is the largest file that is read, in bytes. Claude Code's can have many megabytes.
const maxFile = 64 << 20

const (
	patience  = 10 * time.Second // for another process
	lockRetry = 20 * time.Millisecond
	tries     = 5 // of a change to a file that others change
)

// file is a host's file before a change.
type file struct {
	path   string // as the host knows it
	target string // where links lead to
	data   []byte
	mode   fs.FileMode
	exists bool
}

// readFile reads a host's file. A file that isn't there is empty.
func readFile(path string) (file, error) {
	f := file{path: path, target: path, mode: 0o600}
	target, err := links.Follow(path)
	if err != nil {
		return f, &Problem{File: path, What: "can't be found: " + reason(err)}
	}
	f.target = target
	info, err := os.Stat(target)
	if err == nil {
		f.data, err = load(target, info)
	}
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return f, nil
	case errors.Is(err, errNoFile), errors.Is(err, errTooLarge):
		return f, &Problem{File: path, What: err.Error()}
	case err != nil:
		return f, &Problem{File: path, What: "can't be read: " + reason(err)}
	}
	f.exists, f.mode = true, info.Mode().Perm()
	if bytes.HasPrefix(f.data, []byte{0xff, 0xfe}) || bytes.HasPrefix(f.data, []byte{0xfe, 0xff}) || bytes.IndexByte(f.data, 0) >= 0 {
		return f, &Problem{File: path, What: "is not UTF-8. Save it as UTF-8, then run this again"}
	}
	return f, nil
}

var (
	errNoFile   = errors.New("is not a file")
	errTooLarge = errors.New("is too large for a settings file")
)

// load reads a regular file that isn't too large. Opening a pipe may wait forever, and a device may have no end.
func load(path string, info fs.FileInfo) ([]byte, error) {
	switch {
	case !info.Mode().IsRegular():
		return nil, errNoFile
	case info.Size() > maxFile:
		return nil, errTooLarge
	}
	opened, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer opened.Close() //nolint:errcheck // it was only read
	data, err := io.ReadAll(io.LimitReader(opened, maxFile+1))
	if len(data) > maxFile { // it has grown, or its size is unknown
		return nil, errTooLarge
	}
	return data, err
}

// loadBackup reads the backup of a file. A link isn't one: this program makes none.
func loadBackup(path string) ([]byte, error) {
	info, err := os.Lstat(backup(path))
	if err != nil {
		return nil, err
	}
	return load(backup(path), info)
}

// staysIn fails if links lead out of a folder, to the file or to its backup.
func (f file) staysIn(folder string) error {
	root, err := links.Resolve(folder)
	for _, path := range []string{filepath.Dir(f.path), f.target} {
		real := ""
		if err == nil {
			real, err = links.Resolve(path)
		}
		if err != nil {
			return &Problem{File: f.path, What: "can't be found: " + reason(err)}
		}
		if inside, err := filepath.Rel(root, real); err != nil || !filepath.IsLocal(inside) {
			return &Problem{File: f.path, What: "leads out of the project, to " + real + ". Nothing was changed. Replace the link with a file"}
		}
	}
	return nil
}

// readOnly says that the file isn't meant to change. Root could, and so could a rename.
func (f file) readOnly() bool { return f.exists && f.mode&0o200 == 0 }

// replaceWithBackup copies the file first.
func (f file) replaceWithBackup(data []byte) (string, error) {
	if !f.exists {
		return "", f.replace(data)
	}
	path := backup(f.path)
	if err := write(path, f.data, f.mode, func() error { return nil }); err != nil {
		return "", err
	}
	return path, f.replace(data)
}

// lock keeps other processes of this program from changing files in the same folder, and makes the folder if it isn't there. A
// lock on the folder leaves no file behind. Where a folder can't be locked, as on Windows, the check before a rename has to do.
func (f file) lock() (unlock func(), err error) {
	searchable := f.mode | f.mode&0o444>>2 // whoever can read the file can enter its folder
	if err := os.MkdirAll(filepath.Dir(f.target), searchable); err != nil {
		return nil, &Problem{File: f.path, What: "can't be written, since its folder can't be made: " + reason(err)}
	}
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	folder := flock.New(filepath.Dir(f.target), flock.SetFlag(os.O_RDONLY))
	if _, err := folder.TryLockContext(ctx, lockRetry); err != nil && ctx.Err() != nil {
		return nil, &Problem{File: f.path, What: "is being changed by another process of this program. Run this again later"}
	}
	return func() { folder.Close() }, nil //nolint:errcheck,gosec // it ends with the process at the latest
}

// replace writes the file, unless it has changed since it was read. A link to it stays a link.
func (f file) replace(data []byte) error { return write(f.target, data, f.mode, f.unchanged) }

// remove removes the file, unless it has changed since it was read.
func (f file) remove() error {
	if err := f.unchanged(); err != nil {
		return err
	}
	if err := os.Remove(f.target); err != nil {
		return cantWrite(f.path, err)
	}
	return nil
}

// unchanged fails if the file has changed since it was read.
func (f file) unchanged() error {
	now, err := readFile(f.path)
	if err != nil {
		return err
	}
	if now.exists != f.exists || !bytes.Equal(now.data, f.data) {
		return &Problem{File: f.path, What: "keeps changing while this runs. Close the host, then run this again", changed: true}
	}
	return nil
}

// write replaces a file in one step, so that no one reads half of it. At the last moment, it asks whether it still may.
func write(path string, data []byte, mode fs.FileMode, may func() error) (err error) {
	temporary, err := os.CreateTemp(filepath.Dir(path), "."+filepath.Base(path)+".*")
	if err != nil {
		return cantWrite(path, err)
	}
	defer func() {
		if err != nil {
			temporary.Close()           //nolint:errcheck,gosec // it has failed already
			os.Remove(temporary.Name()) //nolint:errcheck,gosec // the same
			err = cantWrite(path, err)
		}
	}()
	if err := keepOwner(temporary, path); err != nil {
		return err
	}
	if _, err := temporary.Write(data); err != nil {
		return err
	}
	if err := temporary.Chmod(mode); err != nil {
		return err
	}
	if err := temporary.Sync(); err != nil {
		return err
	}
	if err := temporary.Close(); err != nil {
		return err
	}
	if err := may(); err != nil {
		return err
	}
	return os.Rename(temporary.Name(), path)
}

func cantWrite(path string, err error) error {
	if _, explained := errors.AsType[*Problem](err); explained {
		return err
	}
	return &Problem{File: path, What: fmt.Sprintf("can't be written: %s. Check who owns the file and its folder", reason(err))}
}

// reason is the text of a file's error without the path.
func reason(err error) string {
	if path, is := errors.AsType[*fs.PathError](err); is {
		return path.Err.Error()
	}
	if link, is := errors.AsType[*os.LinkError](err); is {
		return link.Err.Error()
	}
	return err.Error()
}
