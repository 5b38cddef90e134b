package sandbox

import (
	"bytes"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
)

// maxBody is the size limit of a request body in bytes. The pages do not document one.
const maxBody = 1 << 20

// reply is a response that is not written yet.
type reply struct {
	status int
	header map[string]string
	body   any // nil for no body
}

func ok(body any) (reply, *apiError) {
	return reply{status: http.StatusOK, body: body}, nil
}

func (rep reply) write(w http.ResponseWriter, requestID string) {
	h := w.Header()
	h.Set("X-Request-Id", requestID)
	for name, value := range rep.header {
		h.Set(name, value)
	}
	if h.Get("Cache-Control") == "" {
		h.Set("Cache-Control", "no-store")
	}
	if rep.body == nil {
		w.WriteHeader(rep.status)
		return
	}
	data := encode(rep.body)
	h.Set("Content-Type", "application/json; charset=utf-8")
	h.Set("Content-Length", strconv.Itoa(len(data)))
	w.WriteHeader(rep.status)
	w.Write(data) //nolint:errcheck,gosec // the caller is gone
}

// encode marshals without escaping <, > and &, so that texts stay readable.
func encode(v any) []byte {
	var buf bytes.Buffer
	enc := json.NewEncoder(&buf)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		return []byte(`{"error":"The answer could not be encoded.","code":"INTERNAL_ERROR"}`)
	}
	return buf.Bytes()
}

// details is the details object of an error.
type details map[string]any

// apiError is an error response. All of them have the same envelope (developers/api-reference/overview).
type apiError struct {
	status  int
	code    string
	message string
	details details
	header  map[string]string
}

func (e *apiError) reply(requestID string) reply {
	if e.details == nil {
		e.details = details{}
	}
	return reply{status: e.status, header: e.header, body: struct {
		Error     string  `json:"error"`
		Code      string  `json:"code"`
		RequestID string  `json:"requestId"`
		Details   details `json:"details"`
	}{e.message, e.code, requestID, e.details}}
}

func badRequest(message string) *apiError {
	return &apiError{status: http.StatusBadRequest, code: "BAD_REQUEST", message: message}
}

func forbidden(message string, d details) *apiError {
	return &apiError{status: http.StatusForbidden, code: "FORBIDDEN", message: message, details: d}
}

func notFound(message string) *apiError {
	return &apiError{status: http.StatusNotFound, code: "NOT_FOUND", message: message}
}

func conflict(message string, d details) *apiError {
	return &apiError{status: http.StatusConflict, code: "CONFLICT", message: message, details: d}
}

// object reads the request body as a JSON object.
func (c *call) object() (map[string]json.RawMessage, *apiError) {
	if c.request.Body == nil {
		return nil, badRequest("The body is empty: a JSON object is expected.")
	}
	data, err := io.ReadAll(http.MaxBytesReader(nil, c.request.Body, maxBody))
	if tooLarge := (*http.MaxBytesError)(nil); errors.As(err, &tooLarge) {
		failure := badRequest(fmt.Sprintf("The body is larger than %d bytes.", maxBody))
		failure.status = http.StatusRequestEntityTooLarge
		failure.details = details{"maxBytes": maxBody}
		return nil, failure
	}
	if err != nil {
		return nil, badRequest("The body could not be read to its end.")
	}
	var object map[string]json.RawMessage
	err = json.Unmarshal(data, &object)
	if syntax := (*json.SyntaxError)(nil); errors.As(err, &syntax) {
		failure := badRequest(fmt.Sprintf("The body is not valid JSON: %v (at byte %d).", syntax, syntax.Offset))
		failure.details = details{"offset": syntax.Offset}
		return nil, failure
	}
	if err != nil || object == nil {
		return nil, badRequest("The body must be a JSON object.")
	}
	return object, nil
}

// newRequestID returns a random UUID.
func newRequestID() string {
	var b [16]byte
	rand.Read(b[:]) // never fails
	b[6], b[8] = b[6]&0x0f|0x40, b[8]&0x3f|0x80
	return fmt.Sprintf("%x-%x-%x-%x-%x", b[:4], b[4:6], b[6:8], b[8:10], b[10:])
}

// emptyNotNull makes a nil list marshal as [].
func emptyNotNull[T any](list []T) []T {
	if list == nil {
		return []T{}
	}
	return list
}
