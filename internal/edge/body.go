package edge

import (
	"errors"
	"io"
	"net/http"
	"os"
	"time"
)

// bodyTime is how long a body may take to arrive. It is set for each request
// with a body: a server's ReadTimeout would end streams too.
const bodyTime = 15 * time.Second

// The refusals of ReadBody.
var (
	// ErrTooLarge: the body is larger than allowed; HTTP 413.
	ErrTooLarge = errors.New("the request body is too large")
	// ErrTooSlow: the body did not arrive in time; HTTP 408.
	ErrTooSlow = errors.New("the request body took too long to arrive")
)

// LimitBodyTime gives a request's body its time. It holds until ReadBody has
// read the body; of one that is refused unread net/http reads the rest, to keep
// the connection, and must not wait for ever.
func LimitBodyTime(w http.ResponseWriter, r *http.Request) {
	if r.ContentLength != 0 {
		setReadDeadline(w, time.Now().Add(bodyTime))
	}
}

// ReadBody reads a request's body of at most limit bytes. One that is declared
// larger is not read at all.
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

func setReadDeadline(w http.ResponseWriter, at time.Time) {
	//nolint:errcheck,gosec // a writer without deadlines has none
	http.NewResponseController(w).SetReadDeadline(at)
}
