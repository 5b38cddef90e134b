package web

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"net/http"
	"strconv"
	"time"

	"github.com/mark3labs/mcp-go/mcp"
)

// refusal is the reason why a request is not served, with everything that the response needs.
type refusal struct {
	status     int // of HTTP
	code       int // of JSON-RPC
	message    string
	allow      string        // the header Allow
	retryAfter time.Duration // the header Retry-After; 0 means defaultRetryAfter
}

// defaultRetryAfter is how long a client should wait if no better time is known.
const defaultRetryAfter = 5 * time.Second

// refuse returns a refusal of a request that is valid JSON.
func refuse(status int, format string, args ...any) *refusal {
	return &refusal{status: status, code: mcp.INVALID_REQUEST, message: fmt.Sprintf(format, args...)}
}

func refuseMethod(allow, message string) *refusal {
	return &refusal{status: http.StatusMethodNotAllowed, code: mcp.INVALID_REQUEST, message: message, allow: allow}
}

// Error implements error.
func (r *refusal) Error() string { return r.message }

// answerError answers with a JSON-RPC error, because some clients show its message.
func answerError(w http.ResponseWriter, err error) {
	refused, ok := errors.AsType[*refusal](err)
	if !ok {
		refused = &refusal{status: http.StatusInternalServerError, code: mcp.INTERNAL_ERROR, message: "internal server error"}
	}
	header := w.Header()
	switch refused.status {
	case http.StatusMethodNotAllowed:
		header.Set("Allow", refused.allow)
	case http.StatusUnauthorized:
		// Without resource_metadata, because this server has no OAuth to discover.
		header.Set("WWW-Authenticate", `Bearer realm="OpenTrain API token"`)
	case http.StatusServiceUnavailable, http.StatusTooManyRequests:
		seconds := math.Ceil(cmp.Or(refused.retryAfter, defaultRetryAfter).Seconds())
		header.Set("Retry-After", strconv.Itoa(max(1, int(seconds))))
	}
	header.Set("Content-Type", "application/json")
	w.WriteHeader(refused.status)
	answer := mcp.NewJSONRPCError(mcp.NewRequestId(nil), refused.code, refused.message, nil)
	json.NewEncoder(w).Encode(answer) //nolint:errcheck,gosec // the client may be gone
}
