package web

import (
	"crypto/rand"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"opentrain-mcp/internal/caller"
	"opentrain-mcp/internal/edge"
	"opentrain-mcp/internal/text"
	"opentrain-mcp/internal/tool"
)

// newRequest returns what is known of a request before its caller is identified.
func newRequest(r *http.Request, behindProxy bool) *caller.Request {
	request := &caller.Request{
		ID:      rand.Text()[:16],
		Address: edge.Address(r, behindProxy),
		Trace:   caller.ParseTrace(r.Header.Get("Traceparent"), r.Header.Get("Tracestate")),
	}
	if id := r.Header.Get("X-Request-Id"); behindProxy && id != "" && len(id) <= 64 && only(id, alphanumeric+"._-") {
		request.ID = id
	}
	return request
}

const alphanumeric = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"

// only reports whether a string consists of the characters alone.
func only(s, characters string) bool { return strings.Trim(s, characters) == "" }

// The headers with which a caller gives up tools.
const (
	readOnlyHeader = "X-MCP-Readonly"
	toolsHeader    = "X-MCP-Tools"
)

// readNarrowing returns what a caller gives up. Refusing unknown values means that it never gets more.
func readNarrowing(header http.Header, known []tool.Tool) (narrowing caller.Narrowing, err error) {
	for _, value := range header.Values(readOnlyHeader) {
		readOnly, err := strconv.ParseBool(strings.TrimSpace(value))
		if err != nil {
			return narrowing, refuse(http.StatusBadRequest, "%s must be true or false, not %q.", readOnlyHeader, text.Clip(value, 64))
		}
		narrowing.ReadOnly = narrowing.ReadOnly || readOnly
	}
	for _, value := range header.Values(toolsHeader) {
		names := strings.FieldsFunc(value, func(r rune) bool { return r == ',' || r == ' ' })
		if len(names) == 0 {
			return narrowing, refuse(http.StatusBadRequest, "%s names no tool. Omit the header to get all tools.", toolsHeader)
		}
		for _, name := range names {
			if !slices.ContainsFunc(known, func(t tool.Tool) bool { return t.Name == name }) {
				return narrowing, refuse(http.StatusBadRequest,
					"%s names %q, which is not a tool of this server.", toolsHeader, text.Clip(name, 64))
			}
		}
		narrowing.Tools = append(narrowing.Tools, names)
	}
	return narrowing, nil
}
