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

// The errors of ReadBody. Answer with HTTP 413 and 408.
var (
	ErrTooLarge = errors.New("the request body is too large")
	ErrTooSlow  = errors.New("the request body took too long to arrive")
)

// LimitBodyTime limits the time that a request's body may take to arrive, until ReadBody has read it. The limit
// also applies to net/http, which reads the rest of a rejected body to reuse the connection.
func LimitBodyTime(w http.ResponseWriter, r *http.Request) {
	if r.ContentLength != 0 {
		setReadDeadline(w, time.Now().Add(bodyTimeout))
	}
}

// ReadBody reads a body of at most limit bytes. It does not start if Content-Length exceeds the limit.
func ReadBody(w http.ResponseWriter, r *http.Request, limit int64) ([]byte, error) {
	if r.ContentLength > limit {
		return nil, ErrTooLarge
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, limit))
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
	return body, nil
}

func setReadDeadline(w http.ResponseWriter, deadline time.Time) {
	//nolint:errcheck,gosec // some writers do not support deadlines
	http.NewResponseController(w).SetReadDeadline(deadline)
}
