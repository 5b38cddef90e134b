package web

import (
	"bytes"
	"errors"
	"io"
	"net/http"
	"time"
)

// writeTimeout limits the time of one write: a WriteTimeout of the http.Server would end every stream.
const writeTimeout = 20 * time.Second

// trackedBody is a request body that knows whether it was read completely.
type trackedBody struct {
	io.ReadCloser
	complete bool
}

func (b *trackedBody) Read(p []byte) (int, error) {
	n, err := b.ReadCloser.Read(p)
	b.complete = b.complete || errors.Is(err, io.EOF)
	return n, err
}

// recorder remembers the status of a response, adds headers to it, and limits the time of each write.
type recorder struct {
	http.ResponseWriter
	body   *trackedBody // of the request; nil if it doesn't matter
	start  func()       // called before the response starts; may be nil
	status int          // 0 until the response starts
}

func (r *recorder) WriteHeader(status int) {
	if r.status == 0 {
		r.status = status
		if r.start != nil {
			r.start()
		}
		r.Header().Set("Cache-Control", "no-store") // mcp-go sets no-cache, which allows storing
		if r.body != nil && !r.body.complete && status >= http.StatusBadRequest {
			r.Header().Set("Connection", "close") // else net/http reads the rest, however slow
		}
	}
	r.ResponseWriter.WriteHeader(status)
}

func (r *recorder) Write(p []byte) (int, error) {
	if r.status == 0 {
		r.WriteHeader(http.StatusOK)
	}
	r.setDeadline(time.Now().Add(writeTimeout))
	return r.ResponseWriter.Write(p)
}

// Flush implements http.Flusher, which mcp-go needs.
func (r *recorder) Flush() { r.flush() } //nolint:errcheck,gosec // the next write returns the error

func (r *recorder) flush() error {
	err := http.NewResponseController(r.ResponseWriter).Flush()
	r.setDeadline(time.Time{}) // the next write to a stream may be much later
	return err
}

func (r *recorder) setDeadline(deadline time.Time) {
	//nolint:errcheck,gosec // some writers do not support deadlines
	http.NewResponseController(r.ResponseWriter).SetWriteDeadline(deadline)
}

// Unwrap implements what http.ResponseController looks for.
func (r *recorder) Unwrap() http.ResponseWriter { return r.ResponseWriter }

// buffer is a response that is sent later. It shares the header of the real one.
type buffer struct {
	bytes.Buffer
	header http.Header
	status int
}

func (b *buffer) Header() http.Header { return b.header }

func (b *buffer) WriteHeader(status int) { b.status = status }

func (b *buffer) send(w http.ResponseWriter) {
	w.WriteHeader(max(b.status, http.StatusOK))
	b.WriteTo(w) //nolint:errcheck,gosec // the client may be gone
}
