package acceptance_test

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/mark3labs/mcp-go/mcp"

	opentrainmcp "opentrain-mcp"
	"opentrain-mcp/internal/account"
	"opentrain-mcp/opentrain"
	"opentrain-mcp/opentrain/sandbox"
)

// TestToolSelection checks read-only mode and the lists of tools.
func TestToolSelection(t *testing.T) {
	t.Parallel()
	api, err := opentrain.New(opentrain.Config{Transport: answering(200, `{"jobs":[]}`)})
	if err != nil {
		t.Fatal(err)
	}
	all, readOnly := known(t)
	if len(readOnly) < 6 {
		t.Errorf("only %d tools are read-only", len(readOnly))
	}
	for _, test := range []struct {
		name   string
		cfg    opentrainmcp.Config
		served string
		err    string
	}{
		{"read-only", opentrainmcp.Config{ReadOnly: true}, strings.Join(readOnly, " "), ""},
		{"only one", opentrainmcp.Config{Tools: []string{"opentrain_publish"}}, "opentrain_publish", ""},
		{"all but one", opentrainmcp.Config{ExcludeTools: []string{"opentrain_publish"}},
			strings.Join(slices.DeleteFunc(slices.Clone(all), func(name string) bool { return name == "opentrain_publish" }), " "), ""},
		{"misspelled", opentrainmcp.Config{Tools: []string{"opentrain_publsh"}}, "", "did you mean opentrain_publish?"},
		{"nothing left", opentrainmcp.Config{ReadOnly: true, Tools: []string{"opentrain_publish"}}, "", "exclude every tool"},
	} {
		test.cfg.API, test.cfg.Account = api, account.InProcess(api, opentrainmcp.Token{})
		server, err := opentrainmcp.New(test.cfg)
		if test.err != "" {
			if err == nil || !strings.Contains(err.Error(), test.err) {
				t.Errorf("%s: got %v", test.name, err)
			}
			continue
		}
		if err != nil {
			t.Fatal(err)
		}
		var names []string
		for _, tool := range server.Tools() {
			names = append(names, tool.Name)
		}
		slices.Sort(names)
		if got := strings.Join(names, " "); got != test.served {
			t.Errorf("%s: serves %s", test.name, got)
		}
	}
	if _, err := opentrainmcp.New(opentrainmcp.Config{}); err == nil {
		t.Error("New accepts a Config without an API client")
	}
}

// TestCallsOfToolsThatAreNotServed: the answer says why a tool isn't served, and nothing reaches OpenTrain.
func TestCallsOfToolsThatAreNotServed(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		change func(*opentrainmcp.Config)
		tool   string
		code   opentrain.Code
		want   string
	}{
		"read-only": {func(c *opentrainmcp.Config) { c.ReadOnly = true }, "opentrain_publish", opentrain.CodeForbidden,
			"opentrain_publish is not available: this server is read-only. Nothing was sent to OpenTrain.\nTools: opentrain_list_jobs,"},
		"another toolset": {func(c *opentrainmcp.Config) { c.Toolsets = []string{"market"} }, "opentrain_publish", opentrain.CodeForbidden,
			"opentrain_publish is not available: this server doesn't serve the posting toolset."},
		"excluded": {func(c *opentrainmcp.Config) { c.ExcludeTools = []string{"opentrain_publish"} }, "opentrain_publish", opentrain.CodeForbidden,
			"opentrain_publish is not available: this server's settings exclude it."},
		"misspelled": {nil, "opentrain_publsh", opentrain.CodeInvalidArgument,
			`There is no tool "opentrain_publsh"; did you mean opentrain_publish? Nothing was sent to OpenTrain.`},
		"no name": {nil, "", opentrain.CodeInvalidArgument, `There is no tool "". Tools: opentrain_create_draft,`},
	} {
		s := startWith(t, answering(200, `{}`), test.change)
		got := call(t, s.host, test.tool, job())
		if !got.isError || got.failure.Code != test.code || !strings.HasPrefix(got.text, test.want) || len(s.api.seen()) != 0 {
			t.Errorf("%s: %s %s, calls %v", name, got.failure.Code, got.text, s.api.seen())
		}
	}
}

// TestExcludedToolHidesItsResource: excluding a tool also hides its resource and the prompt that needs it.
func TestExcludedToolHidesItsResource(t *testing.T) {
	s := startWith(t, answering(http.StatusOK, `{"id":"j"}`),
		func(cfg *opentrainmcp.Config) { cfg.ExcludeTools = []string{"opentrain_get_job"} })
	if text, err := readResource(t, s.host, "opentrain://jobs/j"); err == nil || len(s.api.seen()) != 0 {
		t.Errorf("%v: %s", err, text)
	}
	for excluded, left := range map[string]int{"opentrain_get_job": 2, "opentrain_get_draft": 1, "opentrain_create_draft": 1} {
		s := startWith(t, answering(http.StatusOK, `{}`), func(cfg *opentrainmcp.Config) { cfg.ExcludeTools = []string{excluded} })
		prompts, err := s.host.ListPrompts(t.Context(), mcp.ListPromptsRequest{})
		if err != nil || len(prompts.Prompts) != left {
			t.Errorf("without %s: %v: %+v", excluded, err, prompts)
		}
	}
}

// TestNarrowing: headers can leave out tools but cannot add any.
func TestNarrowing(t *testing.T) {
	t.Parallel()
	s := startHTTP(t, nil, func(c *opentrainmcp.HTTPConfig) { c.ExcludeTools = []string{"opentrain_close_job"} })
	list := `{"jsonrpc":"2.0","id":1,"method":"tools/list"}`
	all, readOnly := known(t)
	all = slices.DeleteFunc(all, isLocal)
	for name, test := range map[string]struct {
		headers []string
		tools   int
		status  int
	}{
		"all":            {nil, len(all) - 1, 200},
		"read only":      {[]string{"X-MCP-Readonly", "true"}, len(readOnly), 200},
		"not read only":  {[]string{"X-MCP-Readonly", "false"}, len(all) - 1, 200},
		"two":            {[]string{"X-MCP-Tools", "opentrain_search_jobs, opentrain_publish"}, 2, 200},
		"both":           {[]string{"X-MCP-Tools", "opentrain_search_jobs,opentrain_publish", "X-MCP-Readonly", "1"}, 1, 200},
		"two lists":      {[]string{"X-MCP-Tools", "opentrain_search_jobs", "X-MCP-Tools", "opentrain_search_jobs,opentrain_publish"}, 1, 200},
		"one excluded":   {[]string{"X-MCP-Tools", "opentrain_close_job"}, 0, 400},
		"over stdio":     {[]string{"X-MCP-Tools", "opentrain_register_agent"}, 0, 400},
		"no such tool":   {[]string{"X-MCP-Tools", "search"}, 0, 400},
		"no such answer": {[]string{"X-MCP-Readonly", "maybe"}, 0, 400},
		"no name":        {[]string{"X-MCP-Tools", ""}, len(all) - 1, 200},
		"one set":        {[]string{"X-MCP-Toolsets", "market"}, 4, 200},
		"two sets":       {[]string{"X-MCP-Toolsets", "market, account"}, 5, 200},
		"all sets":       {[]string{"X-MCP-Toolsets", "all"}, len(all) - 1, 200},
		"no set":         {[]string{"X-MCP-Toolsets", " "}, len(all) - 1, 200},
		"no such set":    {[]string{"X-MCP-Toolsets", "jobs"}, 0, 400},
		"set and tool":   {[]string{"X-MCP-Toolsets", "market", "X-MCP-Tools", "opentrain_get_job,opentrain_publish"}, 1, 200},
		"nothing left":   {[]string{"X-MCP-Tools", "opentrain_invite_trainer", "X-MCP-Readonly", "true"}, 0, 200},
	} {
		got := s.do("POST", "/mcp", list, test.headers...)
		if n := strings.Count(got.body, `"inputSchema"`); got.status != test.status || n != test.tools {
			t.Errorf("%s: %d, %d tools", name, got.status, n)
		}
	}
	denied := []string{"X-MCP-Readonly", "true", tokenHeader, sandbox.DemoToken}
	if got := s.call("opentrain_create_draft", map[string]any{"description": "x"}, denied...); !got.isError ||
		!strings.HasPrefix(got.text, "opentrain_create_draft is not available: the X-MCP-Readonly header makes this connection read-only.") || len(s.api.seen()) != 0 {
		t.Errorf("%+v, sent %v", got, s.api.seen())
	}
	prompts := s.do("POST", "/mcp", `{"jsonrpc":"2.0","id":1,"method":"prompts/list"}`, denied...)
	get := s.do("POST", "/mcp", `{"jsonrpc":"2.0","id":1,"method":"prompts/get","params":{"name":"post_job"}}`, denied...)
	if strings.Contains(prompts.body, "post_job") || !strings.Contains(get.body, `There is no prompt \"post_job\"`) {
		t.Errorf("%s\n%s", prompts.body, get.body)
	}
	if got := s.do("POST", "/mcp", `{"jsonrpc":"2.0","id":1,"method":"prompts/list"}`); !strings.Contains(got.body, "post_job") {
		t.Errorf("%s", got.body)
	}
	complete := `{"jsonrpc":"2.0","id":1,"method":"completion/complete","params":{"ref":{"type":"ref/prompt","name":"review_draft"},` +
		`"argument":{"name":"jobId","value":""}}}`
	if got := s.do("POST", "/mcp", complete, "X-MCP-Tools", "opentrain_search_jobs", tokenHeader, sandbox.DemoToken); got.status != 200 ||
		len(s.api.seen()) != 0 {
		t.Errorf("completion: %s, sent %v", got.body, s.api.seen())
	}
	job := s.do("POST", "/mcp", `{"jsonrpc":"2.0","id":1,"method":"resources/read","params":{"uri":"opentrain://jobs/market_041"}}`,
		"X-MCP-Tools", "opentrain_list_jobs")
	if !strings.Contains(job.body, "exclude tools") {
		t.Errorf("%s", job.body)
	}
	stream := s.open("X-MCP-Readonly", "true", tokenHeader, sandbox.DemoToken)
	stream.headers = []string{tokenHeader, sandbox.DemoToken} // a message that forgets what its stream asked for
	if got := stream.call(1, "opentrain_create_draft", map[string]any{"description": "x"}); !got.isError {
		t.Errorf("%+v", got)
	}
}

// TestNarrowingFlags: a tool that a flag leaves out is not listed and cannot be called.
func TestNarrowingFlags(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		args       []string
		gone, kept string
	}{
		"--read-only": {[]string{"--read-only"}, "opentrain_create_draft opentrain_patch_draft opentrain_publish opentrain_update_job " +
			"opentrain_close_job opentrain_invite_trainer", "opentrain_search_jobs opentrain_get_account"},
		"--tools": {[]string{"--tools", "opentrain_search_jobs,opentrain_get_job"}, "opentrain_publish opentrain_list_jobs",
			"opentrain_search_jobs opentrain_get_job"},
		"--toolsets": {[]string{"--toolsets", " market, account"}, "opentrain_publish opentrain_invite_trainer",
			"opentrain_search_jobs opentrain_get_account"},
		"--exclude-tools": {[]string{"--exclude-tools", "opentrain_publish"}, "opentrain_publish", "opentrain_create_draft"},
	} {
		p := run(t, environment(t), append([]string{"--sandbox"}, test.args...)...)
		p.send(`{"jsonrpc":"2.0","id":1,"method":"tools/list"}`)
		listed := string(p.receive().Result)
		for _, tool := range strings.Fields(test.kept) {
			if !strings.Contains(listed, `"name":"`+tool+`"`) {
				t.Errorf("%s: %s is not listed", name, tool)
			}
		}
		for _, tool := range strings.Fields(test.gone) {
			if strings.Contains(listed, `"name":"`+tool+`"`) {
				t.Errorf("%s: %s is listed", name, tool)
			}
			p.send(fmt.Sprintf(`{"jsonrpc":"2.0","id":2,"method":"tools/call","params":{"name":%q,"arguments":{"jobId":"job_1"}}}`, tool))
			m := string(p.receive().Result)
			if !strings.Contains(m, tool+" is not available: ") {
				t.Errorf("%s: %s can be called: %s", name, tool, m)
			}
			if strings.Contains(m, "https://") || strings.Contains(m, "OpenTrain's app") {
				t.Errorf("%s: %s sends the human to an app: %s", name, tool, m)
			}
		}
	}
}
