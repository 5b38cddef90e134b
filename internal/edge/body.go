package edge

import (
	"errors"
	"io"
	"net/http"
	"os"
	"time"
)

// bodyTimeout is how long a request body may take to arrive. It applies to bodies only: a server's
// ReadTimeout would end streams too.
const bodyTimeout = 15 * time.Second

// The errors of ReadBody.
var (
	// ErrTooLarge means that the body exceeds the limit. Answer with HTTP 413.
	ErrTooLarge = errors.New("the request body is too large")
	// ErrTooSlow means that the body did not arrive in time. Answer with HTTP 408.
	ErrTooSlow = errors.New("the request body took too long to arrive")
)

// LimitBodyTime limits the time that a request's body may take to arrive. The limit ends when ReadBody has
// read the body. Until then it also applies to net/http, which reads the rest of a rejected body to reuse the
// connection.
func LimitBodyTime(w http.ResponseWriter, r *http.Request) {
	if r.ContentLength != 0 {
		setReadDeadline(w, time.Now().Add(bodyTimeout))
	}
}

// ReadBody reads a request's body of at most limit bytes. It does not start to read a body whose
// Content-Length exceeds the limit.
func ReadBody(w http.ResponseWriter, r *http.Request, limit int64) ([]byte, error) {
	if r.ContentLength > limit {
		return nil, ErrTooLarge
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, limit))
	var large *http.MaxBytesError
	switch {
	case errors.As(err, &large):
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
