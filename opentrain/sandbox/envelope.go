package sandbox

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"time"
)

// reply is a response that is not written yet.
type reply struct {
	status int
	header map[string]string
	body   any // nil for no body
}

func ok(body any) (reply, *apiError) { return reply{status: http.StatusOK, body: body}, nil }

func (rep reply) write(w http.ResponseWriter, requestID string) {
	h := w.Header()
	h.Set("X-Request-Id", requestID)
	h.Set("Cache-Control", "no-store")
	for name, value := range rep.header {
		h.Set(name, value)
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

// timestamp formats a time like the API does.
func timestamp(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05.000Z") }

// details is the details object of an error.
type details map[string]any

// apiError is an error response.
type apiError struct {
	status  int
	message string
	details details
	header  map[string]string
}

func refuse(status int, message string, d details) *apiError {
	return &apiError{status: status, message: message, details: d}
}

func badRequest(message string, d ...details) *apiError {
	return refuse(http.StatusBadRequest, message, append(d, nil)[0])
}

// reply puts an error in the envelope that all errors have (developers/api-reference/overview).
func (e *apiError) reply(requestID string) reply {
	codes := map[int]string{http.StatusUnauthorized: "UNAUTHORIZED", http.StatusForbidden: "FORBIDDEN", http.StatusNotFound: "NOT_FOUND",
		http.StatusConflict: "CONFLICT", http.StatusTooManyRequests: "RATE_LIMITED"}
	if e.details == nil {
		e.details = details{}
	}
	return reply{status: e.status, header: e.header, body: object{
		"error", e.message, "code", cmp.Or(codes[e.status], "BAD_REQUEST"), "requestId", requestID, "details", e.details}}
}

// object is a JSON object: names and values in turn, in the order of the documentation.
type object []any

// MarshalJSON implements json.Marshaler.
func (o object) MarshalJSON() ([]byte, error) {
	buf := bytes.NewBufferString("{")
	for i := 0; i < len(o); i += 2 {
		if i > 0 {
			buf.WriteByte(',')
		}
		fmt.Fprintf(buf, "%s:%s", encode(o[i]), encode(o[i+1]))
	}
	buf.WriteByte('}')
	return buf.Bytes(), nil
}

// readObject reads a request body as a JSON object. The pages do not document a size limit.
func readObject(body io.ReadCloser) (map[string]json.RawMessage, *apiError) {
	const maxBody = 1 << 20
	data, err := io.ReadAll(http.MaxBytesReader(nil, body, maxBody))
	if tooLarge := (*http.MaxBytesError)(nil); errors.As(err, &tooLarge) {
		return nil, refuse(http.StatusRequestEntityTooLarge, fmt.Sprintf("The body is larger than %d bytes.", maxBody),
			details{"maxBytes": maxBody})
	}
	if err != nil {
		return nil, badRequest("The body could not be read to its end.")
	}
	var object map[string]json.RawMessage
	err = json.Unmarshal(data, &object)
	if syntax := (*json.SyntaxError)(nil); errors.As(err, &syntax) {
		return nil, badRequest(fmt.Sprintf("The body is not valid JSON: %v (at byte %d).", syntax, syntax.Offset),
			details{"offset": syntax.Offset})
	}
	if err != nil || object == nil {
		return nil, badRequest("The body must be a JSON object.")
	}
	return object, nil
}
