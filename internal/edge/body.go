package edge

import (
	"errors"
	"io"
	"net/http"
	"os"
	"time"
)

// bodyTimeout is how long a request body may take to arrive. A server's ReadTimeout would end streams too.
const bodyTimeout = 15 * time.Second

// The errors of ReadBody. Answer with HTTP 413, 408 and 429.
var (
	ErrTooLarge = errors.New("the request body is too large")
	ErrTooSlow  = errors.New("the request body took too long to arrive")
	ErrNoRoom   = errors.New("there is no room for the request body")
)

// LimitBodyTime limits the time that a request's body may take to arrive, until ReadBody has read it. The limit
// also applies to net/http, which reads the rest of a rejected body to reuse the connection.
func LimitBodyTime(w http.ResponseWriter, r *http.Request) {
	if r.ContentLength != 0 {
		setReadDeadline(w, time.Now().Add(bodyTimeout))
	}
}

// ReadBody reads a body of at most limit bytes. It does not start if Content-Length exceeds the limit. Beyond the free
// bytes, the share grows with each byte that arrives, not by what the header announces: announcing costs a caller nothing, and must
// not take the room of others.
func ReadBody(w http.ResponseWriter, r *http.Request, limit int64, free int, share *Share) ([]byte, error) {
	if r.ContentLength > limit {
		return nil, ErrTooLarge
	}
	body, err := io.ReadAll(&sharedReader{http.MaxBytesReader(w, r.Body, limit), free, share})
	_, tooLarge := errors.AsType[*http.MaxBytesError](err)
	switch {
	case tooLarge:
		return nil, ErrTooLarge
	case errors.Is(err, os.ErrDeadlineExceeded):
		return nil, ErrTooSlow
	case err != nil:
		return nil, err
	}
	setReadDeadline(w, time.Time{})
	if err := r.Context().Err(); err != nil { // net/http reads on after the last byte: the client is gone, or met the deadline just now
		return nil, err
	}
	return body, nil
}

// sharedReader counts what it reads in a share, beyond the bytes that are free.
type sharedReader struct {
	io.Reader
	free  int
	share *Share
}

func (r *sharedReader) Read(p []byte) (int, error) {
	n, err := r.Reader.Read(p)
	free := min(n, r.free)
	r.free -= free
	if !r.share.Grow(n - free) {
		return 0, ErrNoRoom
	}
	return n, err
}

func setReadDeadline(w http.ResponseWriter, deadline time.Time) {
	//nolint:errcheck,gosec // some writers do not support deadlines
	http.NewResponseController(w).SetReadDeadline(deadline)
}
