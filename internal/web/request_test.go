package web

import (
	"net/http"
	"net/http/httptest"
	"reflect"
	"strings"
	"testing"

	"opentrain-mcp/internal/caller"
)

func restrict(header string, tools []string) caller.Restriction {
	return caller.Restriction{Header: header, Tools: tools}
}

func TestReadNarrowing(t *testing.T) {
	served := newFakeServer().Served().Sets
	all := []string{"whoami", "ask", "wait"}
	reads := restrict(readOnlyHeader, []string{"whoami", "wait"})
	reads.ReadOnly = true
	for name, test := range map[string]struct {
		headers []string
		want    caller.Narrowing
		refused string
	}{
		"none":          {nil, nil, ""},
		"empty":         {[]string{readOnlyHeader, "", toolsHeader, " ,", toolsetsHeader, "  "}, nil, ""},
		"read only":     {[]string{readOnlyHeader, " true "}, caller.Narrowing{reads}, ""},
		"not read only": {[]string{readOnlyHeader, "0"}, caller.Narrowing{restrict(readOnlyHeader, all)}, ""},
		"contradiction": {[]string{readOnlyHeader, "true", readOnlyHeader, "false"}, caller.Narrowing{reads}, ""},
		"tools":         {[]string{toolsHeader, "whoami, wait"}, caller.Narrowing{restrict(toolsHeader, []string{"whoami", "wait"})}, ""},
		"two lists": {[]string{toolsHeader, "wait", toolsHeader, "whoami"},
			caller.Narrowing{restrict(toolsHeader, []string{})}, ""},
		"a list in which a tool stands twice": {[]string{toolsHeader, "wait, wait"}, caller.Narrowing{restrict(toolsHeader, []string{"wait"})}, ""},
		"a toolset":                           {[]string{toolsetsHeader, " time ,"}, caller.Narrowing{restrict(toolsetsHeader, []string{"wait"})}, ""},
		"two toolsets":                        {[]string{toolsetsHeader, "time, people"}, caller.Narrowing{restrict(toolsetsHeader, all)}, ""},
		"all toolsets":                        {[]string{toolsetsHeader, "all"}, caller.Narrowing{restrict(toolsetsHeader, all)}, ""},
		"unknown value":                       {[]string{readOnlyHeader, "maybe"}, nil, `X-MCP-Readonly: must be true or false, not "maybe".`},
		"two values":                          {[]string{readOnlyHeader, "true, false"}, nil, `X-MCP-Readonly: must be true or false, not "true false".`},
		"unknown tool":                        {[]string{toolsHeader, "whoami search"}, nil, `X-MCP-Tools: there is no tool "search". Tools: whoami, ask, wait.`},
		"unknown toolset": {[]string{toolsetsHeader, "peeple,time"}, nil,
			`X-MCP-Toolsets: there is no toolset "peeple"; did you mean people?`},
	} {
		t.Run(name, func(t *testing.T) {
			header := http.Header{}
			for i := 0; i < len(test.headers); i += 2 {
				header.Add(test.headers[i], test.headers[i+1])
			}
			got, err := readNarrowing(header, served)
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
	traced.Header.Add("Tracestate", "vendor=1")
	traced.Header.Add("Tracestate", "other=2") // a list may come in several lines
	if got := newRequest(traced, false).Trace; got.ID != parent[3:35] || got.State != "vendor=1,other=2" {
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
