package web

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"net/http"
	"strconv"
	"sync"
	"time"

	"opentrain-mcp/internal/jsonrpc"
)

// refusal is the reason why a request is not served, with everything that the response needs.
type refusal struct {
	status     int // of HTTP
	code       int // of JSON-RPC
	message    string
	id         json.RawMessage // of a message that can't be read, if at least its id can
	allow      string          // the header Allow
	retryAfter time.Duration   // the header Retry-After; 0 means defaultRetryAfter
}

// defaultRetryAfter is how long a client should wait if no better time is known.
const defaultRetryAfter = 5 * time.Second

// refuse returns a refusal of a request that is valid JSON.
func refuse(status int, format string, args ...any) *refusal {
	code := jsonrpc.CodeInvalidRequest
	if isBusy(status) {
		code = jsonrpc.CodeBusy
	}
	return &refusal{status: status, code: code, message: fmt.Sprintf(format, args...)}
}

// isBusy reports whether a status says that the same request can be sent again later.
func isBusy(status int) bool {
	return status == http.StatusTooManyRequests || status == http.StatusServiceUnavailable
}

func refuseMethod(allow, message string) *refusal {
	return &refusal{status: http.StatusMethodNotAllowed, code: jsonrpc.CodeInvalidRequest, message: message, allow: allow}
}

// refuseFor returns a refusal of a request that came too early.
func refuseFor(wait time.Duration, message string) *refusal {
	return &refusal{status: http.StatusTooManyRequests, code: jsonrpc.CodeBusy, message: message, retryAfter: wait}
}

func (r *refusal) Error() string { return r.message }

// answerError answers with a JSON-RPC error, because some clients show its message. The id is that of the request, nil if it
// is unknown.
func answerError(w http.ResponseWriter, err error, id json.RawMessage) {
	refused, ok := errors.AsType[*refusal](err)
	if !ok {
		refused = &refusal{status: http.StatusInternalServerError, code: jsonrpc.CodeInternalError, message: "internal server error"}
	}
	if refused.id != nil {
		id = refused.id
	}
	header := w.Header()
	switch {
	case refused.status == http.StatusMethodNotAllowed:
		header.Set("Allow", refused.allow)
	case refused.status == http.StatusUnauthorized:
		// Without resource_metadata, because this server has no OAuth to discover.
		header.Set("WWW-Authenticate", `Bearer realm="OpenTrain API token"`)
	case isBusy(refused.status):
		seconds := math.Ceil(cmp.Or(refused.retryAfter, defaultRetryAfter).Seconds())
		header.Set("Retry-After", strconv.Itoa(int(seconds)))
	}
	header.Set("Content-Type", "application/json")
	w.WriteHeader(refused.status)
	w.Write(jsonrpc.Refusal(id, refused.code, refused.message, nil)) //nolint:errcheck,gosec // the client may be gone
}

const (
	writeTimeout = 20 * time.Second       // limits one write: a WriteTimeout of the http.Server would end every stream
	drainTimeout = 500 * time.Millisecond // limits it when the server shuts down
)

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
	body   *trackedBody        // of the request
	begin  func() (end func()) // limits each write
	status int                 // 0 until the response starts
}

func (r *recorder) WriteHeader(status int) {
	if r.status == 0 {
		r.status = status
		r.Header().Set("Cache-Control", "no-store")
		if !r.body.complete && status >= http.StatusBadRequest {
			r.Header().Set("Connection", "close") // else net/http reads the rest, however slow
		}
	}
	r.ResponseWriter.WriteHeader(status)
}

func (r *recorder) Write(p []byte) (int, error) {
	if r.status == 0 {
		r.WriteHeader(http.StatusOK)
	}
	defer r.begin()()
	return r.ResponseWriter.Write(p)
}

// writeParts writes the parts of a response, after its header. They aren't copied: a response may wait long for a client that doesn't read.
func writeParts(w http.ResponseWriter, parts [][]byte) {
	if recorder, ok := w.(*recorder); ok { // one limit for all parts
		defer recorder.begin()()
		w = recorder.ResponseWriter
	}
	for _, part := range parts {
		if _, err := w.Write(part); err != nil {
			return // the client may be gone
		}
	}
}

// FlushError sends what was written. http.ResponseController calls it.
func (r *recorder) FlushError() error {
	control := http.NewResponseController(r.ResponseWriter)
	defer control.SetWriteDeadline(time.Time{}) //nolint:errcheck // the next write to a stream may be much later
	defer r.begin()()
	return control.Flush()
}

// writeLimit limits the time of writes, until its end. It must end before the handler returns: a later deadline would
// hit the connection's next response, and panic in HTTP/2.
type writeLimit struct {
	w     http.ResponseWriter
	mu    sync.Mutex
	ended bool
}

func (l *writeLimit) set(wait time.Duration) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if !l.ended {
		http.NewResponseController(l.w).SetWriteDeadline(time.Now().Add(wait)) //nolint:errcheck,gosec // some writers have no deadlines
	}
}

// end makes set do nothing. A goroutine that was started to set a deadline may be late.
func (l *writeLimit) end() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.ended = true
}

// Unwrap implements what http.ResponseController looks for.
func (r *recorder) Unwrap() http.ResponseWriter { return r.ResponseWriter }

// refuseMessage refuses a message that isn't right.
func refuseMessage(err error) error {
	if refused, ok := errors.AsType[*jsonrpc.Error](err); ok {
		return &refusal{status: http.StatusBadRequest, code: refused.Code, message: refused.Message, id: refused.ID}
	}
	return err
}
