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

	"github.com/google/uuid"
)

// reply is a response that is not written yet.
type reply struct {
	status  int
	header  map[string]string
	body    any    // of a success; nil for none
	message string // of an error
	details details
}

// apiError is a reply that refuses a request.
type apiError = reply

// details is the details object of an error.
type details map[string]any

func ok(body any) *reply { return &reply{status: http.StatusOK, body: body} }

func refuse(status int, message string, d details) *apiError {
	return &reply{status: status, message: message, details: d}
}

func badRequest(message string, d ...details) *apiError {
	return refuse(http.StatusBadRequest, message, append(d, nil)[0])
}

func (rep *reply) write(w http.ResponseWriter) {
	requestID := uuid.NewString()
	h := w.Header()
	h.Set("X-Request-Id", requestID)
	h.Set("Cache-Control", "no-store")
	for name, value := range rep.header {
		h.Set(name, value)
	}
	if rep.message != "" { // all errors have the same envelope (developers/api-reference/overview)
		codes := map[int]string{http.StatusUnauthorized: "UNAUTHORIZED", http.StatusForbidden: "FORBIDDEN",
			http.StatusNotFound: "NOT_FOUND", http.StatusConflict: "CONFLICT", http.StatusTooManyRequests: "RATE_LIMITED"}
		if rep.details == nil {
			rep.details = details{}
		}
		rep.body = object{"error", rep.message, "code", cmp.Or(codes[rep.status], "BAD_REQUEST"), "requestId", requestID,
			"details", rep.details}
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
	enc.Encode(v) //nolint:errcheck,gosec // never fails: the values come from JSON
	return buf.Bytes()
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

// timestamp formats a time like the API does.
func timestamp(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05.000Z") }

// readObject reads a request body as a JSON object. The pages do not document a size limit.
func readObject(body io.ReadCloser) (object map[string]json.RawMessage, failure *apiError) {
	const maxBody = 1 << 20
	data, err := io.ReadAll(http.MaxBytesReader(nil, body, maxBody))
	if err == nil {
		err = json.Unmarshal(data, &object)
	}
	syntax, isSyntax := errors.AsType[*json.SyntaxError](err)
	_, isType := errors.AsType[*json.UnmarshalTypeError](err)
	_, isTooLarge := errors.AsType[*http.MaxBytesError](err)
	switch {
	case isTooLarge:
		return nil, refuse(http.StatusRequestEntityTooLarge, fmt.Sprintf("The body is larger than %d bytes.", maxBody),
			details{"maxBytes": maxBody})
	case isSyntax:
		return nil, badRequest(fmt.Sprintf("The body is not valid JSON: %v (at byte %d).", syntax, syntax.Offset),
			details{"offset": syntax.Offset})
	case isType || err == nil && object == nil:
		return nil, badRequest("The body must be a JSON object.")
	case err != nil:
		return nil, badRequest("The body could not be read to its end.")
	}
	return object, nil
}
