package edge

import (
	"errors"
	"io"
	"net/http"
	"os"
	"time"
)

// bodyTime is how long a body may take to arrive. It is set for each read of a
// body: a server's ReadTimeout would end streams too.
const bodyTime = 15 * time.Second

// The refusals of ReadBody.
var (
	// ErrTooLarge: the body is larger than allowed; HTTP 413.
	ErrTooLarge = errors.New("the request body is too large")
	// ErrTooSlow: the body did not arrive in time; HTTP 408.
	ErrTooSlow = errors.New("the request body took too long to arrive")
)

// ReadBody reads a request's body of at most limit bytes. One that is declared
// larger is not read at all.
func ReadBody(w http.ResponseWriter, r *http.Request, limit int64) ([]byte, error) {
	if r.ContentLength > limit {
		w.Header().Set("Connection", "close") // the rest would be read to keep it
		return nil, ErrTooLarge
	}
	deadlines := http.NewResponseController(w)
	if deadlines.SetReadDeadline(time.Now().Add(bodyTime)) == nil {
		defer deadlines.SetReadDeadline(time.Time{}) //nolint:errcheck // it was set a moment ago
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, limit))
	var large *http.MaxBytesError
	switch {
	case errors.As(err, &large):
		return nil, ErrTooLarge
	case errors.Is(err, os.ErrDeadlineExceeded):
		w.Header().Set("Connection", "close")
		return nil, ErrTooSlow
	}
	return body, err
}
