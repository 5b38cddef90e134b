package web

import (
	"net/http"
	"net/http/httptest"
	"reflect"
	"strings"
	"testing"

	"opentrain-mcp/internal/caller"
)

func TestReadNarrowing(t *testing.T) {
	known := newFakeServer().Tools()
	for name, test := range map[string]struct {
		headers []string
		want    caller.Narrowing
		refused string
	}{
		"none":          {nil, caller.Narrowing{}, ""},
		"read only":     {[]string{readOnlyHeader, " true "}, caller.Narrowing{ReadOnly: true}, ""},
		"not read only": {[]string{readOnlyHeader, "0"}, caller.Narrowing{}, ""},
		"contradiction": {[]string{readOnlyHeader, "true", readOnlyHeader, "false"}, caller.Narrowing{ReadOnly: true}, ""},
		"tools":         {[]string{toolsHeader, "whoami, wait"}, caller.Narrowing{Tools: [][]string{{"whoami", "wait"}}}, ""},
		"two lists":     {[]string{toolsHeader, "wait", toolsHeader, "whoami"}, caller.Narrowing{Tools: [][]string{{"wait"}, {"whoami"}}}, ""},
		"unknown value": {[]string{readOnlyHeader, "maybe"}, caller.Narrowing{}, `X-MCP-Readonly must be true or false, not "maybe".`},
		"no name":       {[]string{toolsHeader, " ,"}, caller.Narrowing{}, "X-MCP-Tools names no tool. Omit the header to get all tools."},
		"unknown tool": {[]string{toolsHeader, "whoami search"}, caller.Narrowing{},
			`X-MCP-Tools names "search", which is not a tool of this server.`},
	} {
		t.Run(name, func(t *testing.T) {
			header := http.Header{}
			for i := 0; i < len(test.headers); i += 2 {
				header.Add(test.headers[i], test.headers[i+1])
			}
			got, err := readNarrowing(header, known)
			refused := ""
			if err != nil {
				refused = err.Error()
			}
			if refused != test.refused || err == nil && !reflect.DeepEqual(got, test.want) {
				t.Errorf("%+v, %v", got, err)
			}
		})
	}
}

func TestNewRequest(t *testing.T) {
	const parent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
	traced := httptest.NewRequest(http.MethodPost, "/mcp", nil)
	traced.Header.Set("Traceparent", parent)
	traced.Header.Set("Tracestate", "vendor=1")
	if got := newRequest(traced, false).Trace; got != (caller.Trace{Parent: parent, State: "vendor=1"}) {
		t.Errorf("%+v", got)
	}
	for id, used := range map[string]bool{"abc-123.X_9": true, "two words": false, strings.Repeat("x", 65): false, "": false, "é": false} {
		r := httptest.NewRequest(http.MethodPost, "/mcp", nil)
		r.Header.Set("X-Request-Id", id)
		if got := newRequest(r, false).ID; got == id || len(got) != 16 {
			t.Errorf("%q became %q", id, got)
		}
		if got := newRequest(r, true).ID; (got == id) != used {
			t.Errorf("behind a proxy %q became %q", id, got)
		}
	}
}
