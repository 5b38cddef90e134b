package account

import (
	"bytes"
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"time"

	"github.com/gofrs/flock"

	"opentrain-mcp/internal/caller"
	"opentrain-mcp/internal/credential"
	"opentrain-mcp/internal/links"
	"opentrain-mcp/internal/text"
	"opentrain-mcp/opentrain"
)

const (
	lockRetry   = 25 * time.Millisecond
	reserved    = 4 << 10 // bytes of a new file that are written before there is something to save
	renameTries = 20      // on Windows, where a file that someone reads can't be replaced
)

// file keeps the token in the shared file.
type file struct {
	source  credential.Source
	baseURL string
}

func (f file) place() string {
	place, _ := f.source.Shared()
	return place.String()
}

func (f file) folder() (string, error) {
	place, fault := f.source.Shared()
	if fault.Text != "" {
		return "", &Problem{Unusable, fault.Error()}
	}
	return filepath.Dir(place.File), nil
}

func (f file) elsewhere() string { return f.source.Elsewhere().String() }

// token never sends a token to another address than the one that it was saved with.
func (f file) token() caller.Token {
	found := f.source.Find()
	token := caller.Token{Value: found.Token, From: found.From.String(), Problem: found.Problem.Error()}
	if !f.source.Elsewhere().IsZero() {
		return token
	}
	if found.Token != "" && found.BaseURL != "" && !opentrain.SameBaseURL(found.BaseURL, f.baseURL) {
		return caller.Token{From: token.From, Problem: "The API token from " + token.From + " is for a different baseUrl (" +
			text.Clean(opentrain.ShownBaseURL(found.BaseURL), 200) + ") than this server uses (" + f.baseURL +
			"); correct it and restart the server."}
	}
	_, fault := f.source.Shared()
	token.Registers = found.From.IsZero() && fault.Text == ""
	token.Claims = found.Token != "" && found.ClaimToken != ""
	return token
}

func (f file) kept() credential.Shared {
	if f.elsewhere() != "" {
		return credential.Shared{}
	}
	place, _ := f.source.Shared()
	content, err := credential.ReadShared(place.File)
	if err != nil {
		return credential.Shared{}
	}
	return content
}

// lockedFile is the shared file while this process alone may change it.
type lockedFile struct {
	lock    *flock.Flock
	path    string // without symbolic links
	content credential.Shared
	next    *os.File // becomes the file when it is saved
}

func (f file) open(ctx context.Context) (entry, error) {
	place, fault := f.source.Shared()
	if fault.Text != "" {
		return nil, &Problem{Unusable, fault.Error()}
	}
	given := place.File
	cannot := func(err error) error {
		return &Problem{Unusable, "The file " + given + " can't be written: " + credential.Reason(err) + "."}
	}
	path, err := links.Follow(given)
	if err == nil {
		err = os.MkdirAll(filepath.Dir(path), 0o700)
	}
	if err != nil {
		return nil, cannot(err)
	}
	l := &lockedFile{lock: flock.New(path + ".lock"), path: path}
	switch _, err := l.lock.TryLockContext(ctx, lockRetry); {
	case err != nil && ctx.Err() != nil:
		return nil, &Problem{Busy, "Another program is changing the file " + given + "."}
	case err != nil:
		return nil, cannot(err)
	}
	if err := l.prepare(); err != nil {
		l.close()
		return nil, cannot(err)
	}
	if l.content, err = credential.ReadShared(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
		l.close()
		return nil, &Problem{Unusable, err.Error()}
	}
	return l, nil
}

// prepare creates the file that is to replace the old one, and reserves its space. One that is complete is of a process
// that ended before it could replace the file: it may hold the only copy of a token.
func (l *lockedFile) prepare() error {
	path := l.path + ".new"
	old, err := os.Stat(l.path)
	if err == nil && old.Mode().Perm()&0o200 == 0 {
		return &fs.PathError{Op: "open", Path: l.path, Err: errors.New("it is read-only")}
	}
	if left, errLeft := os.Lstat(path); errLeft == nil && left.Mode().IsRegular() && (err != nil || left.ModTime().After(old.ModTime())) {
		if content, err := credential.ReadShared(path); err == nil && content.Token != "" {
			if err := rename(path, l.path); err != nil {
				return err
			}
		}
	}
	if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	next, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	l.next = next
	_, err = next.Write(bytes.Repeat([]byte(" "), reserved)) // JSON with spaces after it is complete
	return errors.Join(err, next.Sync())
}

func (l *lockedFile) saved() credential.Shared { return l.content }

func (l *lockedFile) save(content credential.Shared) error {
	if content.Token == "" && content.ClaimToken == "" && content.BaseURL == "" && len(content.Others) == 0 {
		return os.Remove(l.path)
	}
	if l.next == nil { // it was saved before
		if err := l.prepare(); err != nil {
			return err
		}
	}
	data := content.JSON()
	_, err := l.next.WriteAt(data, 0)
	if err == nil {
		err = l.next.Truncate(int64(len(data)))
	}
	if err == nil {
		err = l.next.Sync()
	}
	err = errors.Join(err, l.next.Close())
	name := l.next.Name()
	l.next = nil
	if err == nil {
		err = rename(name, l.path)
	}
	if err != nil {
		os.Remove(name) //nolint:errcheck,gosec // the error is known
		return err
	}
	l.content = content
	if dir, err := os.Open(filepath.Dir(l.path)); err == nil { // so that the new name outlives a power cut
		defer dir.Close() //nolint:errcheck // it was only synced
		dir.Sync()        //nolint:errcheck,gosec // not every system can
	}
	return nil
}

func (l *lockedFile) close() {
	defer l.lock.Close() //nolint:errcheck // it ends with the process at the latest
	if l.next != nil {
		defer os.Remove(l.next.Name()) //nolint:errcheck // otherwise the next process does it
		defer l.next.Close()           //nolint:errcheck // it is removed
	}
}

// rename replaces a file, even if someone reads it.
func rename(from, to string) (err error) {
	for range renameTries {
		if err = os.Rename(from, to); err == nil || runtime.GOOS != "windows" {
			break
		}
		<-time.After(lockRetry)
	}
	return err
}
