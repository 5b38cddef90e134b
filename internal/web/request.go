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
	request := &caller.Request{ID: rand.Text()[:16], Address: edge.Address(r, behindProxy), Trace: readTrace(r.Header)}
	if id := r.Header.Get("X-Request-Id"); behindProxy && validRequestID(id) {
		request.ID = id
	}
	return request
}

const alphanumeric = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"

func validRequestID(id string) bool {
	return id != "" && len(id) <= 64 && only(id, alphanumeric+"._-")
}

// readTrace returns the trace of a request, as W3C Trace Context defines it.
func readTrace(header http.Header) caller.Trace {
	parent, state := header.Get("Traceparent"), header.Get("Tracestate")
	if !validTraceparent(parent) {
		return caller.Trace{}
	}
	if len(state) > 512 || strings.ContainsFunc(state, func(r rune) bool { return r < ' ' || r > '~' }) {
		state = ""
	}
	return caller.Trace{Parent: parent, State: state}
}

// validTraceparent reports whether a value is a version, a trace id, a span id and flags, each in
// hexadecimal.
func validTraceparent(value string) bool {
	parts := strings.Split(value, "-")
	return len(parts) == 4 && len(parts[0]) == 2 && len(parts[1]) == 32 && len(parts[2]) == 16 && len(parts[3]) == 2 &&
		only(strings.Join(parts, ""), "0123456789abcdef")
}

// only reports whether a string consists of the characters alone.
func only(s, characters string) bool {
	return !strings.ContainsFunc(s, func(r rune) bool { return !strings.ContainsRune(characters, r) })
}

// The headers with which a caller gives up tools.
const (
	readOnlyHeader = "X-MCP-Readonly"
	toolsHeader    = "X-MCP-Tools"
)

// readNarrowing returns what a caller gives up. It refuses values that it doesn't understand: a caller who
// wants less must not get more.
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
