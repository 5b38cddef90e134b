package opentrainmcp

import (
	"bytes"
	"net/http"
	"time"
)

// writeTime is how long one write to a caller may take, so that one who does not
// read is let go. A WriteTimeout of the server would end every stream instead.
const writeTime = 20 * time.Second

// recorder remembers the status of an answer and bounds the time of each write.
type recorder struct {
	http.ResponseWriter
	status int
	unread bool // the request has a body that was not read
}

// WriteHeader implements http.ResponseWriter.
func (r *recorder) WriteHeader(status int) {
	if r.status == 0 {
		r.status = status
		if r.unread && status >= http.StatusBadRequest {
			r.Header().Set("Connection", "close") // else the rest is read first, however slow
		}
	}
	r.ResponseWriter.WriteHeader(status)
}

// Write implements http.ResponseWriter.
func (r *recorder) Write(p []byte) (int, error) {
	if r.status == 0 {
		r.WriteHeader(http.StatusOK)
	}
	r.setDeadline(time.Now().Add(writeTime))
	return r.ResponseWriter.Write(p)
}

// Flush implements http.Flusher, which mcp-go asks for.
func (r *recorder) Flush() { r.flush() } //nolint:errcheck,gosec // the next write tells

func (r *recorder) flush() error {
	err := http.NewResponseController(r.ResponseWriter).Flush()
	r.setDeadline(time.Time{}) // of a stream the next write may be long after
	return err
}

func (r *recorder) setDeadline(at time.Time) {
	//nolint:errcheck,gosec // a writer without deadlines has none
	http.NewResponseController(r.ResponseWriter).SetWriteDeadline(at)
}

// Unwrap lets http.ResponseController through.
func (r *recorder) Unwrap() http.ResponseWriter { return r.ResponseWriter }

// buffer is an answer that is sent later.
type buffer struct {
	bytes.Buffer
	header http.Header
	status int
}

// Header implements http.ResponseWriter.
func (b *buffer) Header() http.Header { return b.header }

// WriteHeader implements http.ResponseWriter.
func (b *buffer) WriteHeader(status int) { b.status = status }

func (b *buffer) send(w http.ResponseWriter) {
	w.WriteHeader(max(b.status, http.StatusOK))
	b.WriteTo(w) //nolint:errcheck,gosec // whoever asked is gone
}
