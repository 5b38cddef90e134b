package tools_test

import (
	"cmp"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"slices"
	"strings"
	"testing"

	"opentrain-mcp/internal/text"
	"opentrain-mcp/internal/tool"
)

// script answers requests by method and path, with 404 for others, and keeps what was sent. An answer may begin with
// another status than 200.
type script struct {
	answers map[string]string
	lost    string   // the route whose answer is lost
	sent    []string // method, path, query and body
}

func (s *script) RoundTrip(r *http.Request) (*http.Response, error) {
	route := r.Method + " " + strings.TrimPrefix(r.URL.Path, "/api/public/v1")
	sent := route + strings.TrimSuffix("?"+r.URL.RawQuery, "?")
	if r.Body != nil {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			return nil, err
		}
		sent = strings.TrimSpace(sent + " " + string(body))
	}
	s.sent = append(s.sent, sent)
	if route == s.lost {
		return nil, io.ErrUnexpectedEOF
	}
	status, body := 0, s.answers[route]
	if _, err := fmt.Sscanf(body, "%d ", &status); err == nil {
		body = body[4:]
	}
	if body == "" {
		status, body = http.StatusNotFound, `{"error":"No.","code":"NOT_FOUND"}`
	}
	return &http.Response{
		StatusCode: cmp.Or(status, http.StatusOK), Header: http.Header{}, Body: io.NopCloser(strings.NewReader(body)), Request: r,
	}, nil
}

// to are the requests of a route so far.
func (s *script) to(route string) (sent []string) {
	for _, request := range s.sent {
		if request == route || strings.HasPrefix(request, route+" ") || strings.HasPrefix(request, route+"?") {
			sent = append(sent, request)
		}
	}
	return sent
}

// stepIn is the step in a result.
func stepIn(t *testing.T, result tool.Result) tool.Next {
	t.Helper()
	var out struct{ Next tool.Next }
	if err := json.Unmarshal(result.Structured, &out); err != nil {
		t.Fatal(err)
	}
	return out.Next
}

// stepOf is the step of a failure, as a result would have it.
func stepOf(t *testing.T, failure *tool.Failure) (next tool.Next) {
	t.Helper()
	if err := json.Unmarshal([]byte(text.JSON(failure.Next)), &next); err != nil {
		t.Fatal(err)
	}
	return next
}

// with is a call of alice's on a server with these tools only.
func (s served) with(t *testing.T, names ...string) tool.Call {
	t.Helper()
	served, err := tool.Selection{Tools: names}.Of([]tool.Set{{Name: "all", Tools: slices.Collect(maps.Values(s.tools))}})
	if err != nil {
		t.Fatal(err)
	}
	return tool.Call{Caller: alice, Served: served}
}
