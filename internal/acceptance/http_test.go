package acceptance_test

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/mark3labs/mcp-go/client"
	"github.com/mark3labs/mcp-go/client/transport"

	opentrainmcp "opentrain-mcp"
	"opentrain-mcp/opentrain"
	"opentrain-mcp/opentrain/sandbox"
)

const demoHeader = "X-OpenTrain-Token"

// TestHTTPLoop drives the loop to a published job over each transport.
func TestHTTPLoop(t *testing.T) {
	for name, sessions := range map[string]bool{"streamable": false, "streamable with sessions": true, "sse": false} {
		t.Run(name, func(t *testing.T) {
			s := startHTTP(t, nil, func(c *opentrainmcp.HTTPConfig) { c.Sessions = sessions })
			headers := map[string]string{demoHeader: sandbox.DemoToken}
			var host *client.Client
			var err error
			if name == "sse" {
				host, err = client.NewSSEMCPClient(s.url+"/sse", transport.WithHeaders(headers))
			} else {
				host, err = client.NewStreamableHttpClient(s.url+"/mcp", transport.WithHTTPHeaders(headers))
			}
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { host.Close() }) //nolint:errcheck // it is over
			initialize(t, host)
			drive(t, host)
		})
	}
}

// drive follows next from a description to a published job.
func drive(t *testing.T, host *client.Client) {
	t.Helper()
	tool, arguments := "opentrain_create_draft", map[string]any{"description": "10 annotators, bounding boxes on 50,000 dashcam images, $18/hour, English"}
	for range 10 {
		got := call(t, host, tool, arguments)
		if got.isError {
			t.Fatal(got.text)
		}
		next := got.next(t)
		if tool == "opentrain_search_jobs" && strings.Contains(got.text, "job_1") {
			return
		}
		tool, arguments = next.Tool, next.Arguments
		if fields, ok := arguments["fields"].(map[string]any); ok {
			for key := range fields {
				fields[key] = next.Options[0]
			}
		}
	}
	t.Fatal("no end")
}

// TestModernClient: a client of 2026-07-28 has no sessions, whatever the server
// keeps for others.
func TestModernClient(t *testing.T) {
	for _, sessions := range []bool{false, true} {
		s := startHTTP(t, nil, func(c *opentrainmcp.HTTPConfig) { c.Sessions = sessions })
		meta := `"_meta":{"io.modelcontextprotocol/protocolVersion":"2026-07-28","io.modelcontextprotocol/clientInfo":{"name":"t","version":"1"},"io.modelcontextprotocol/clientCapabilities":{}}`
		got := s.do("POST", "/mcp", `{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"opentrain_search_jobs","arguments":{"limit":1},`+meta+`}}`,
			"Mcp-Protocol-Version", "2026-07-28", "Mcp-Method", "tools/call", "Mcp-Name", "opentrain_search_jobs", "Accept", "application/json, text/event-stream")
		if answer := parseRPC(t, got.body); got.status != http.StatusOK || !strings.Contains(answer.text(), "1 open job") {
			t.Errorf("sessions %v: %d %s", sessions, got.status, got.body)
		}
		if got.header.Get("Mcp-Session-Id") != "" {
			t.Error("a session for a modern client")
		}
		if got := s.do("POST", "/mcp", `{"jsonrpc":"2.0","id":1,"method":"server/discover","params":{`+meta+`}}`,
			"Mcp-Protocol-Version", "2026-07-28", "Mcp-Method", "server/discover"); got.status != http.StatusOK || !strings.Contains(got.body, "2026-07-28") {
			t.Errorf("discover: %d %s", got.status, got.body)
		}
	}
}

// TestTokens is the table of what a caller may send.
func TestTokens(t *testing.T) {
	s := startHTTP(t, []sandbox.Account{employer(1), employer(2)}, nil)
	one, two := employer(1).Token, employer(2).Token
	for name, test := range map[string]struct {
		headers []string
		status  int
		says    string // of a refusal, or of get_account's answer
	}{
		"own header":             {[]string{"X-OpenTrain-Token", one}, 200, "Employer 001"},
		"own scheme":             {[]string{"Authorization", "OpenTrain-Token " + one}, 200, "Employer 001"},
		"bearer":                 {[]string{"Authorization", "Bearer " + one}, 200, "Employer 001"},
		"scheme in other case":   {[]string{"Authorization", "bearer " + one}, 200, "Employer 001"},
		"the same twice":         {[]string{"X-OpenTrain-Token", one, "Authorization", "Bearer " + one}, 200, "Employer 001"},
		"two tokens":             {[]string{"X-OpenTrain-Token", one, "Authorization", "Bearer " + two}, 400, "Two different tokens"},
		"two of one header":      {[]string{"X-OpenTrain-Token", one, "X-OpenTrain-Token", two}, 400, "Two different tokens"},
		"two schemes":            {[]string{"Authorization", "OpenTrain-Token " + one, "Authorization", "Bearer " + two}, 400, "Two different tokens"},
		"empty":                  {[]string{"X-OpenTrain-Token", ""}, 401, "is empty"},
		"no token after Bearer":  {[]string{"Authorization", "Bearer"}, 401, "is empty"},
		"a space":                {[]string{"X-OpenTrain-Token", "ot_pat_a b"}, 401, "has a space"},
		"too long":               {[]string{"X-OpenTrain-Token", "ot_pat_" + strings.Repeat("x", 600)}, 401, "longer than 512"},
		"a variable":             {[]string{"Authorization", "Bearer ${OT_TOKEN}"}, 401, "variable's name"},
		"somebody else's bearer": {[]string{"Authorization", "Bearer eyJhbGciOi.x.y"}, 401, "was not sent on"},
		"a token as scheme":      {[]string{"X-OpenTrain-Token", one, "Authorization", two}, 401, "unknown scheme"},
		"another scheme":         {[]string{"Authorization", "Basic dXNlcjpwYXNz"}, 401, "unknown scheme"},
		"unknown token":          {[]string{"X-OpenTrain-Token", "ot_pat_stranger"}, 200, "did not accept the API token"},
		"anonymous":              {nil, 200, "Send a token so and so."},
	} {
		t.Run(name, func(t *testing.T) {
			before := len(s.api.seen())
			got := s.do("POST", "/mcp", rpc(1, "opentrain_get_account", map[string]any{}), test.headers...)
			if got.status != test.status || !strings.Contains(got.body, test.says) {
				t.Errorf("%d %s", got.status, got.body)
			}
			if wants := got.header.Get("WWW-Authenticate"); (wants != "") != (test.status == 401) || strings.Contains(wants, "resource_metadata") {
				t.Errorf("WWW-Authenticate: %q", wants)
			}
			if test.status != 200 && len(s.api.seen()) != before {
				t.Error("something went out")
			}
			for _, secret := range []string{one, two, "eyJhbGciOi", "dXNlcjpwYXNz"} {
				if strings.Contains(got.body, secret) || strings.Contains(s.log.String(), secret) {
					t.Errorf("%s is shown", secret)
				}
			}
		})
	}
	if got := s.do("POST", "/mcp?token="+one+"&access_token="+one, rpc(1, "opentrain_get_account", map[string]any{})); !strings.Contains(got.body, "NO_TOKEN") {
		t.Errorf("a token in the address was taken: %s", got.body)
	}
	for _, path := range []string{"/.well-known/oauth-protected-resource", "/.well-known/oauth-protected-resource/mcp", "/.well-known/oauth-authorization-server", "/register"} {
		if got := s.do("GET", path, ""); got.status != http.StatusNotFound {
			t.Errorf("%s: %d", path, got.status)
		}
	}
}

func TestAnonymousCallers(t *testing.T) {
	s := startHTTP(t, nil, nil)
	if got := s.call("opentrain_search_jobs", map[string]any{"limit": 1}); got.Result.IsError {
		t.Error(got.text())
	}
	if got := s.call("opentrain_create_draft", map[string]any{"description": "x"}); got.Result.Meta.Failure.Code != "NO_TOKEN" {
		t.Errorf("%+v", got)
	}
	strict := startHTTP(t, nil, func(c *opentrainmcp.HTTPConfig) { c.RequireToken = true })
	for _, request := range [][2]string{{"POST", "/mcp"}, {"GET", "/sse"}, {"POST", "/message?sessionId=x"}} {
		if got := strict.do(request[0], request[1], helloRPC); got.status != http.StatusUnauthorized || got.header.Get("WWW-Authenticate") == "" {
			t.Errorf("%v: %d", request, got.status)
		}
	}
	if got := strict.call("opentrain_search_jobs", map[string]any{"limit": 1}, demoHeader, sandbox.DemoToken); got.Result.IsError {
		t.Error(got.text())
	}
	if got := strict.do("GET", "/healthz", ""); got.status != http.StatusOK {
		t.Errorf("health wants a token: %d", got.status)
	}
}

// TestSharedAccount: callers show the operator's secret, which goes no further.
func TestSharedAccount(t *testing.T) {
	const secret = "operators-secret-1234"
	s := startHTTP(t, nil, func(c *opentrainmcp.HTTPConfig) {
		c.Auth, c.ServerToken, c.Token = opentrainmcp.AuthShared, secret, fixed(sandbox.DemoToken)
	})
	if got := s.call("opentrain_get_account", map[string]any{}, "Authorization", "Bearer "+secret); got.Result.IsError || !strings.Contains(got.text(), "Sandbox Demo") {
		t.Errorf("%+v", got)
	}
	for name, test := range map[string]struct {
		status  int
		headers []string
	}{
		"none":             {401, nil},
		"wrong":            {401, []string{"Authorization", "Bearer " + secret + "x"}},
		"an OpenTrain one": {401, []string{"Authorization", "Bearer " + sandbox.DemoToken}},
		"a second account": {400, []string{"Authorization", "Bearer " + secret, "X-OpenTrain-Token", sandbox.DemoToken}},
		"in another form":  {400, []string{"X-OpenTrain-Token", secret}},
	} {
		got := s.do("POST", "/mcp", rpc(1, "opentrain_search_jobs", map[string]any{}), test.headers...)
		if got.status != test.status || strings.Contains(got.body, secret) {
			t.Errorf("%s: %d %s", name, got.status, got.body)
		}
	}
	if strings.Contains(s.log.String(), secret) {
		t.Error("the secret is in the log")
	}
	apiClient, err := opentrain.New(opentrain.Config{})
	if err != nil {
		t.Fatal(err)
	}
	for _, broken := range []opentrainmcp.HTTPConfig{
		{Auth: opentrainmcp.AuthShared, Config: opentrainmcp.Config{API: apiClient, Token: fixed("x")}},
		{Auth: opentrainmcp.AuthShared, ServerToken: secret, Config: opentrainmcp.Config{API: apiClient}},
		{Auth: "open", Config: opentrainmcp.Config{API: apiClient}},
		{ReplicaID: "a.b", Config: opentrainmcp.Config{API: apiClient}},
		{AllowedHosts: []string{"*"}, Config: opentrainmcp.Config{API: apiClient}},
		{AllowedOrigins: []string{"app.example.com"}, Config: opentrainmcp.Config{API: apiClient}},
		{AllowedOrigins: []string{"https://*.example.com"}, Config: opentrainmcp.Config{API: apiClient}},
	} {
		if _, err := opentrainmcp.NewHTTPHandler(broken); err == nil {
			t.Errorf("%+v is taken", broken)
		}
	}
}

// TestOperatorsTokenStaysHome: the server's own token serves no caller.
func TestOperatorsTokenStaysHome(t *testing.T) {
	s := startHTTP(t, nil, func(c *opentrainmcp.HTTPConfig) { c.Token = fixed(sandbox.DemoToken) })
	if got := s.call("opentrain_get_account", map[string]any{}); got.Result.Meta.Failure.Code != "NO_TOKEN" || len(s.api.seen()) != 0 {
		t.Errorf("%+v, sent %v", got, s.api.seen())
	}
}

// TestNarrowing: a caller may leave tools out, never bring some back.
func TestNarrowing(t *testing.T) {
	s := startHTTP(t, nil, func(c *opentrainmcp.HTTPConfig) { c.ExcludeTools = []string{"opentrain_close_job"} })
	list := `{"jsonrpc":"2.0","id":1,"method":"tools/list"}`
	for name, test := range map[string]struct {
		headers []string
		tools   int
		status  int
	}{
		"all":            {nil, 11, 200},
		"read only":      {[]string{"X-MCP-Readonly", "true"}, 6, 200},
		"not read only":  {[]string{"X-MCP-Readonly", "false"}, 11, 200},
		"two":            {[]string{"X-MCP-Tools", "opentrain_search_jobs, opentrain_publish"}, 2, 200},
		"both":           {[]string{"X-MCP-Tools", "opentrain_search_jobs,opentrain_publish", "X-MCP-Readonly", "1"}, 1, 200},
		"two lists":      {[]string{"X-MCP-Tools", "opentrain_search_jobs", "X-MCP-Tools", "opentrain_search_jobs,opentrain_publish"}, 1, 200},
		"one excluded":   {[]string{"X-MCP-Tools", "opentrain_close_job"}, 0, 400},
		"no such tool":   {[]string{"X-MCP-Tools", "search"}, 0, 400},
		"no such answer": {[]string{"X-MCP-Readonly", "maybe"}, 0, 400},
		"no name":        {[]string{"X-MCP-Tools", ""}, 0, 400},
	} {
		got := s.do("POST", "/mcp", list, test.headers...)
		if n := strings.Count(got.body, `"inputSchema"`); got.status != test.status || n != test.tools {
			t.Errorf("%s: %d, %d tools", name, got.status, n)
		}
	}
	denied := []string{"X-MCP-Readonly", "true", demoHeader, sandbox.DemoToken}
	if got := s.call("opentrain_create_draft", map[string]any{"description": "x"}, denied...); got.Error == nil || len(s.api.seen()) != 0 {
		t.Errorf("%+v, sent %v", got, s.api.seen())
	}
	prompts := s.do("POST", "/mcp", `{"jsonrpc":"2.0","id":1,"method":"prompts/list"}`, denied...)
	get := s.do("POST", "/mcp", `{"jsonrpc":"2.0","id":1,"method":"prompts/get","params":{"name":"post_job"}}`, denied...)
	if strings.Contains(prompts.body, "post_job") || !strings.Contains(get.body, "prompt not found") {
		t.Errorf("%s\n%s", prompts.body, get.body)
	}
	if all := s.do("POST", "/mcp", `{"jsonrpc":"2.0","id":1,"method":"prompts/list"}`); !strings.Contains(all.body, "post_job") {
		t.Errorf("%s", all.body)
	}
	complete := `{"jsonrpc":"2.0","id":1,"method":"completion/complete","params":{"ref":{"type":"ref/prompt","name":"review_draft"},"argument":{"name":"jobId","value":""}}}`
	if got := s.do("POST", "/mcp", complete, "X-MCP-Tools", "opentrain_search_jobs", demoHeader, sandbox.DemoToken); got.status != 200 || len(s.api.seen()) != 0 {
		t.Errorf("completion: %s, sent %v", got.body, s.api.seen())
	}
	job := s.do("POST", "/mcp", `{"jsonrpc":"2.0","id":1,"method":"resources/read","params":{"uri":"opentrain://jobs/market_041"}}`, "X-MCP-Tools", "opentrain_list_jobs")
	if !strings.Contains(job.body, "leave out tools") {
		t.Errorf("%s", job.body)
	}
	stream := s.open("X-MCP-Readonly", "true", demoHeader, sandbox.DemoToken)
	stream.headers = []string{demoHeader, sandbox.DemoToken} // a message that forgets what its stream asked for
	if got := stream.call(1, "opentrain_create_draft", map[string]any{"description": "x"}); got.Error == nil {
		t.Errorf("%+v", got)
	}
}

// TestCallerLimit: who calls too often is told how long to wait; others go on.
func TestCallerLimit(t *testing.T) {
	s := startHTTP(t, []sandbox.Account{employer(1), employer(2)}, func(c *opentrainmcp.HTTPConfig) { c.CallsPerSecond, c.Burst = 0.1, 3 })
	first, second := []string{demoHeader, employer(1).Token}, []string{demoHeader, employer(2).Token}
	for range 3 {
		if got := s.call("opentrain_list_jobs", map[string]any{}, first...); got.Result.IsError {
			t.Fatal(got.text())
		}
	}
	sent := len(s.api.seen())
	got := s.call("opentrain_list_jobs", map[string]any{}, first...)
	if f := got.Result.Meta.Failure; f.Code != "BUSY" || f.RetryAfterSeconds < 1 || f.RetryAfterSeconds > 10 || !strings.Contains(got.text(), fmt.Sprintf("Call again in %d seconds.", f.RetryAfterSeconds)) {
		t.Errorf("%+v", got)
	}
	read := s.do("POST", "/mcp", `{"jsonrpc":"2.0","id":1,"method":"resources/read","params":{"uri":"opentrain://fields"}}`, first...)
	if read.status != http.StatusTooManyRequests || read.header.Get("Retry-After") == "" || !strings.Contains(read.body, "more often") {
		t.Errorf("%d %s", read.status, read.body)
	}
	if len(s.api.seen()) != sent {
		t.Error("a refused call went out")
	}
	for name, headers := range map[string][]string{"another token": second, "nobody": nil} {
		if got := s.call("opentrain_search_jobs", map[string]any{}, headers...); got.Result.IsError {
			t.Errorf("%s: %s", name, got.text())
		}
	}
}

// TestSessions: a session belongs to the caller who began it.
func TestSessions(t *testing.T) {
	s := startHTTP(t, []sandbox.Account{employer(1), employer(2)}, func(c *opentrainmcp.HTTPConfig) {
		c.Sessions, c.MaxSessions, c.ReplicaID = true, 2, "r1"
	})
	mine, theirs := []string{demoHeader, employer(1).Token}, []string{demoHeader, employer(2).Token}
	began := s.do("POST", "/mcp", helloRPC, mine...)
	id := began.header.Get("Mcp-Session-Id")
	if began.status != 200 || !strings.HasPrefix(id, "r1.") || len(id) < 25 {
		t.Fatalf("%d, session %q", began.status, id)
	}
	ask := `{"jsonrpc":"2.0","id":2,"method":"tools/list"}`
	with := func(headers []string, id string) []string {
		return append(append([]string{}, headers...), "Mcp-Session-Id", id, "Accept", "application/json, text/event-stream")
	}
	for name, test := range map[string]struct {
		method  string
		headers []string
		status  int
	}{
		"own":               {"POST", with(mine, id), 200},
		"foreign":           {"POST", with(theirs, id), 404},
		"foreign, no one":   {"POST", with(nil, id), 404},
		"foreign stream":    {"GET", with(theirs, id), 404},
		"foreign end":       {"DELETE", with(theirs, id), 404},
		"made up":           {"POST", with(mine, "r1.AAAAAAAAAAAAAAAAAAAAAAAAAA"), 404},
		"made up stream":    {"GET", with(mine, "mcp-session-1"), 404},
		"without":           {"POST", mine, 400},
		"stream without":    {"GET", mine, 400},
		"modern, no stream": {"GET", append(with(mine, id), "Mcp-Protocol-Version", "2026-07-28"), 405},
	} {
		if got := s.do(test.method, "/mcp", ask, test.headers...); got.status != test.status {
			t.Errorf("%s: %d %s", name, got.status, got.body)
		}
	}
	s.do("POST", "/mcp", helloRPC, mine...)
	if got := s.do("POST", "/mcp", helloRPC, mine...); got.status != http.StatusTooManyRequests || got.header.Get("Retry-After") == "" {
		t.Errorf("beyond the cap: %d", got.status)
	}
	if got := s.do("DELETE", "/mcp", "", with(mine, id)...); got.status != 200 {
		t.Errorf("end: %d", got.status)
	}
	if got := s.do("POST", "/mcp", ask, with(mine, id)...); got.status != 404 {
		t.Errorf("after the end: %d", got.status)
	}
	if got := s.do("POST", "/mcp", helloRPC, mine...); got.status != 200 {
		t.Errorf("a place is free again: %d", got.status)
	}
}

// TestIdleSessionsEnd: what is not used is given up.
func TestIdleSessionsEnd(t *testing.T) {
	s := startHTTP(t, nil, func(c *opentrainmcp.HTTPConfig) { c.Sessions, c.SessionIdle, c.ElicitationTimeout = true, 50*time.Millisecond, 10*time.Millisecond })
	id := s.do("POST", "/mcp", helloRPC).header.Get("Mcp-Session-Id")
	gone := func() bool {
		return strings.Contains(s.do("GET", "/metrics", "").body, "opentrain_mcp_sessions 0")
	}
	for deadline := time.Now().Add(20 * time.Second); !gone(); {
		if time.Now().After(deadline) {
			t.Fatal("the session is still there")
		}
	}
	if got := s.do("POST", "/mcp", `{"jsonrpc":"2.0","id":2,"method":"tools/list"}`, "Mcp-Session-Id", id); got.status != 404 {
		t.Errorf("%d", got.status)
	}
}

// TestStateless: without sessions there is no stream that could show one caller
// another's notifications.
func TestStateless(t *testing.T) {
	s := startHTTP(t, nil, nil)
	if got := s.do("POST", "/mcp", helloRPC); got.status != 200 || got.header.Get("Mcp-Session-Id") != "" {
		t.Errorf("%d %v", got.status, got.header)
	}
	for _, method := range []string{"GET", "DELETE", "PUT"} {
		if got := s.do(method, "/mcp", "", "Mcp-Session-Id", "x"); got.status != http.StatusMethodNotAllowed || got.header.Get("Allow") != "POST" {
			t.Errorf("%s: %d", method, got.status)
		}
	}
}

// TestLostCallerCancels: a call ends when the one who waits for it goes.
func TestLostCallerCancels(t *testing.T) {
	for _, route := range []string{"/mcp", "/sse"} {
		t.Run(route, func(t *testing.T) {
			asked, ended := make(chan struct{}), make(chan struct{})
			s := startHTTPWith(t, roundTripper(func(r *http.Request) (*http.Response, error) {
				close(asked)
				<-r.Context().Done()
				close(ended)
				return nil, r.Context().Err()
			}), nil)
			if route == "/mcp" {
				ctx, cancel := context.WithCancel(t.Context())
				go func() { <-asked; cancel() }()
				r, err := http.NewRequestWithContext(ctx, http.MethodPost, s.url+"/mcp", strings.NewReader(rpc(1, "opentrain_list_jobs", map[string]any{})))
				if err != nil {
					t.Fatal(err)
				}
				r.Header.Set("Content-Type", "application/json")
				r.Header.Set(demoHeader, sandbox.DemoToken)
				if answer, err := http.DefaultClient.Do(r); err == nil {
					answer.Body.Close()
					t.Error("answered")
				}
			} else {
				stream := s.open(demoHeader, sandbox.DemoToken)
				stream.post(rpc(1, "opentrain_list_jobs", map[string]any{}))
				<-asked
				stream.close()
			}
			<-ended
		})
	}
}

// TestSSEBelongsToItsOpener: a message counts only with the token of its stream.
func TestSSEBelongsToItsOpener(t *testing.T) {
	s := startHTTP(t, []sandbox.Account{employer(1), employer(2)}, func(c *opentrainmcp.HTTPConfig) { c.ReplicaID, c.MaxStreams = "b", 2 })
	mine := s.open(demoHeader, employer(1).Token)
	if !strings.HasPrefix(mine.message, "/message?sessionId=b.") {
		t.Errorf("%s", mine.message)
	}
	nobody := s.open()
	ask := rpc(1, "opentrain_get_account", map[string]any{})
	for name, test := range map[string]struct {
		path    string
		headers []string
		status  int
	}{
		"another token":       {mine.message, []string{demoHeader, employer(2).Token}, 403},
		"no token":            {mine.message, nil, 403},
		"a token to no one's": {nobody.message, []string{demoHeader, employer(2).Token}, 403},
		"no session":          {"/message", []string{demoHeader, employer(1).Token}, 404},
		"made up":             {"/message?sessionId=b.AAAA", []string{demoHeader, employer(1).Token}, 404},
		"own, other form":     {mine.message, []string{"Authorization", "Bearer " + employer(1).Token}, 202},
	} {
		if got := s.do("POST", test.path, ask, test.headers...); got.status != test.status {
			t.Errorf("%s: %d %s", name, got.status, got.body)
		}
	}
	if got := parseRPC(t, mine.next("message")); !strings.Contains(got.text(), "Employer 001") {
		t.Errorf("%s", got.text())
	}
	if got := s.do("GET", "/sse", ""); got.status != http.StatusServiceUnavailable {
		t.Errorf("beyond the cap: %d", got.status)
	}
	if got := s.do("POST", "/sse", helloRPC); got.status != http.StatusMethodNotAllowed {
		t.Errorf("POST /sse: %d", got.status) // newer clients try this first, and then GET
	}
	if off := startHTTP(t, nil, func(c *opentrainmcp.HTTPConfig) { c.NoSSE = true }); off.do("GET", "/sse", "").status != 404 || off.do("POST", "/message?sessionId=x", "{}").status != 404 {
		t.Error("--no-sse leaves something")
	}
}

// TestShutdownAnswersFirst: streams without calls end at once; calls in flight
// are answered, on every transport; nothing new is let in.
func TestShutdownAnswersFirst(t *testing.T) {
	asked, release := make(chan struct{}, 2), make(chan struct{})
	box := sandbox.New(sandbox.Config{}).Transport()
	s := startHTTPWith(t, roundTripper(func(r *http.Request) (*http.Response, error) {
		asked <- struct{}{}
		<-release
		return box.RoundTrip(r)
	}), nil)
	token := []string{demoHeader, sandbox.DemoToken}
	idle, busy := s.open(token...), s.open(token...)
	busy.post(rpc(7, "opentrain_list_jobs", map[string]any{}))
	direct := make(chan rpcAnswer, 1)
	go func() { direct <- s.call("opentrain_list_jobs", map[string]any{}, token...) }()
	<-asked
	<-asked
	ended := make(chan error, 1)
	go func() { ended <- s.handler.Shutdown(context.Background()) }()
	if _, _, err := idle.read(); err == nil {
		t.Error("an idle stream goes on")
	}
	if got := s.do("GET", "/readyz", ""); got.status != http.StatusServiceUnavailable {
		t.Errorf("ready: %d", got.status)
	}
	if got := s.do("GET", "/sse", "", token...); got.status != http.StatusServiceUnavailable {
		t.Errorf("a new stream: %d", got.status)
	}
	select {
	case err := <-ended:
		t.Fatalf("it ended with calls in flight: %v", err)
	default:
	}
	close(release)
	if got := parseRPC(t, busy.next("message")); fmt.Sprint(got.ID) != "7" || got.Result.IsError {
		t.Errorf("%+v", got)
	}
	if got := <-direct; got.Result.IsError {
		t.Error(got.text())
	}
	if _, _, err := busy.read(); err == nil {
		t.Error("the stream goes on")
	}
	if err := <-ended; err != nil {
		t.Error(err)
	}
}

// TestSubscriptionsAreAcknowledged: a modern client that subscribes to nothing
// that is served is told so, every time, and the stream ends.
func TestSubscriptionsAreAcknowledged(t *testing.T) {
	s := startHTTP(t, nil, nil)
	meta := `"_meta":{"io.modelcontextprotocol/protocolVersion":"2026-07-28","io.modelcontextprotocol/clientInfo":{"name":"t","version":"1"},"io.modelcontextprotocol/clientCapabilities":{}}`
	for range 200 {
		got := s.do("POST", "/mcp", `{"jsonrpc":"2.0","id":1,"method":"subscriptions/listen","params":{"notifications":{"toolsListChanged":true},`+meta+`}}`,
			"Mcp-Protocol-Version", "2026-07-28", "Mcp-Method", "subscriptions/listen", "Accept", "application/json, text/event-stream")
		if got.status != http.StatusOK || !strings.Contains(got.body, "notifications/subscriptions/acknowledged") || !strings.Contains(got.body, `"result"`) {
			t.Fatalf("%d %s", got.status, got.body)
		}
	}
}

// TestTurnAway: once a handler turns calls away, 503 means that nothing was
// done; what is under way goes on. A proxy in front relies on both.
func TestTurnAway(t *testing.T) {
	api := newHeld()
	s := startHTTPWith(t, api, nil)
	token := []string{demoHeader, sandbox.DemoToken}
	stream := s.open(token...)
	answer := make(chan rpcAnswer, 1)
	go func() { answer <- s.call("opentrain_list_jobs", map[string]any{}, token...) }()
	<-api.asked
	s.handler.TurnAway()
	before := len(s.api.seen())
	for _, route := range [][2]string{{"POST", "/mcp"}, {"GET", "/sse"}, {"GET", "/readyz"}} {
		if got := s.do(route[0], route[1], rpc(1, "opentrain_close_job", map[string]any{"jobId": "j"}), token...); got.status != http.StatusServiceUnavailable {
			t.Errorf("%v: %d", route, got.status)
		}
	}
	if len(s.api.seen()) != before {
		t.Error("a call that was turned away went out")
	}
	close(api.release)
	if got := <-answer; got.Result.IsError {
		t.Error(got.text())
	}
	if got := stream.call(1, "opentrain_list_jobs", map[string]any{}); got.Result.IsError {
		t.Error(got.text())
	}
}
