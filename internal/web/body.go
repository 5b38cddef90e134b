package web

import (
	"errors"
	"mime"
	"net/http"
	"strings"

	"opentrain-mcp/internal/edge"
)

const (
	maxBody   = 1 << 20 // limits the body of a request, in bytes
	maxBodies = 4 << 20 // limits the bodies of all requests in progress: decoded, they take several times as much
	freeBody  = 8 << 10 // of each body, what never counts: large bodies can't lock out small ones
)

// receiveBody reads the body of a POST. It counts in the share, until the request is served.
func receiveBody(w http.ResponseWriter, r *http.Request, share *edge.Share) ([]byte, error) {
	// A web page can send this type only after a preflight request, which CORS decides.
	types := r.Header.Values("Content-Type")
	if kind, _, err := mime.ParseMediaType(strings.Join(types, ",")); err != nil || kind != "application/json" || len(types) > 1 {
		return nil, refuse(http.StatusUnsupportedMediaType, "Send JSON, with Content-Type: application/json.")
	}
	if coding := r.Header.Get("Content-Encoding"); coding != "" && !strings.EqualFold(coding, "identity") {
		return nil, refuse(http.StatusUnsupportedMediaType, "Send the request without compression: this server reads no Content-Encoding.")
	}
	body, err := edge.ReadBody(w, r, maxBody, freeBody, share)
	switch {
	case errors.Is(err, edge.ErrTooLarge):
		return nil, refuse(http.StatusRequestEntityTooLarge, "The request is larger than %d MiB.", maxBody>>20)
	case errors.Is(err, edge.ErrTooSlow):
		return nil, refuse(http.StatusRequestTimeout, "The request took too long to arrive.")
	case errors.Is(err, edge.ErrNoRoom):
		// Not 503: a proxy would count this server as down for everyone.
		return nil, refuse(http.StatusTooManyRequests, "This server has no room for more messages right now. Try again later.")
	case err != nil:
		return nil, refuse(http.StatusBadRequest, "The request body is incomplete.")
	}
	return body, nil
}
