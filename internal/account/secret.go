package account

import (
	"crypto/rand"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"opentrain-mcp/internal/credential"
)

// SecretFile is a new file for a secret, which only the person at this machine can read.
type SecretFile struct {
	Path string

	file *os.File // nil once it is complete or discarded
}

// NewSecretFile makes a file beside the one with the account's token, and reserves its space. Do it before the secret
// exists: then a secret that can't be kept is never made. name begins the file's name.
func (a *Account) NewSecretFile(name string) (*SecretFile, error) {
	dir, err := a.keep.folder()
	if err != nil {
		return nil, err
	}
	path := filepath.Join(dir, name+"-"+strings.ToLower(rand.Text()[:12])+".secret")
	cannot := func(err error) error {
		return &Problem{Unusable, "The file " + path + " can't be written: " + credential.Reason(err) + "."}
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, cannot(err)
	}
	file, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600) // fails on whatever is there, also on a link
	if err != nil {
		return nil, cannot(err)
	}
	s := &SecretFile{Path: path, file: file}
	_, err = file.Write(make([]byte, reserved))
	if err = errors.Join(err, file.Sync()); err != nil {
		s.Discard()
		return nil, cannot(err)
	}
	return s, nil
}

// Complete writes the secret, on a line of its own. After an error there is no file.
func (s *SecretFile) Complete(secret string) error {
	if s.file == nil {
		return fs.ErrClosed
	}
	data := []byte(secret + "\n")
	_, err := s.file.WriteAt(data, 0)
	if err == nil {
		err = s.file.Truncate(int64(len(data)))
	}
	if err == nil {
		err = s.file.Sync()
	}
	if err != nil {
		s.Discard()
		return &Problem{Unusable, "The file " + s.Path + " can't be written: " + credential.Reason(err) + "."}
	}
	err = s.file.Close()
	s.file = nil
	return err
}

// Discard removes the file, unless it is complete.
func (s *SecretFile) Discard() {
	if s.file == nil {
		return
	}
	s.file.Close()    //nolint:errcheck,gosec // it is removed
	os.Remove(s.Path) //nolint:errcheck,gosec // it has no secret
	s.file = nil
}
