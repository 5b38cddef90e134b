package credential

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"runtime"
)

// Limits for ReadFile, in bytes.
const (
	MaxSecret      = 64 << 10
	MaxCertificate = 1 << 20
)

// ReadFile reads a text file that an operator has named, of at most limit bytes. It skips a byte order mark, as
// Windows writes it. It refuses what isn't a regular file: opening a pipe may wait forever, and a pipe has its
// content only once.
func ReadFile(path string, limit int64) ([]byte, error) {
	info, err := os.Stat(path)
	switch {
	case err != nil:
		return nil, err
	case info.IsDir():
		return nil, problem(path, "it is a folder")
	case !info.Mode().IsRegular():
		return nil, problem(path, "it is a pipe or a device; name a regular file")
	}
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer file.Close() //nolint:errcheck // it was only read
	data, err := io.ReadAll(io.LimitReader(file, limit+1))
	switch {
	case err != nil:
		return nil, err
	case int64(len(data)) > limit:
		return nil, problem(path, fmt.Sprintf("it is larger than %d KiB", limit>>10))
	case utf16(data):
		return nil, problem(path, "it is UTF-16; save it as UTF-8")
	}
	return bytes.TrimPrefix(data, []byte("\ufeff")), nil
}

func problem(path, what string) error {
	return &fs.PathError{Op: "read", Path: path, Err: errors.New(what)}
}

// utf16 recognizes UTF-16 by its byte order mark, or by the zero in its first ASCII character.
func utf16(data []byte) bool {
	return bytes.HasPrefix(data, []byte{0xff, 0xfe}) || bytes.HasPrefix(data, []byte{0xfe, 0xff}) ||
		len(data) > 1 && (data[0] == 0) != (data[1] == 0)
}

// Exposed warns about a file with a secret that every user of the machine can read or change. It returns a
// sentence, "" for no warning. On Windows, the mode of a file doesn't say who can read it.
func Exposed(path string) string {
	info, err := os.Stat(path)
	if err != nil || runtime.GOOS == "windows" || !info.Mode().IsRegular() || info.Mode().Perm()&0o006 == 0 {
		return ""
	}
	return fmt.Sprintf("Other users of this machine can read or change %s, which has a secret; run chmod 600 on it.", path)
}
