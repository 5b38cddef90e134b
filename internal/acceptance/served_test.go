package acceptance_test

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	opentrainmcp "opentrain-mcp"
	"opentrain-mcp/internal/demo"
	"opentrain-mcp/internal/tool"
	"opentrain-mcp/opentrain/sandbox"
)

// speaker sends one JSON-RPC request to a server and returns the answer.
type speaker func(request string) string

// speakers are the transports, each with the headers of its requests if it has any.
func speakers() map[string]func(testing.TB, http.RoundTripper, opentrainmcp.Config, []string) speaker {
	remotely := func(t testing.TB, api http.RoundTripper, cfg opentrainmcp.Config) *remote {
		return startHTTPWith(t, api, func(c *opentrainmcp.HTTPConfig) {
			c.ReadOnly, c.Toolsets, c.Tools, c.ExcludeTools = cfg.ReadOnly, cfg.Toolsets, cfg.Tools, cfg.ExcludeTools
			c.Confirm, c.CallsPerSecond = opentrainmcp.Auto, opentrainmcp.NoLimit
		})
	}
	return map[string]func(testing.TB, http.RoundTripper, opentrainmcp.Config, []string) speaker{
		"stdio": func(t testing.TB, api http.RoundTripper, cfg opentrainmcp.Config, _ []string) speaker {
			s := newSetup(api).config(t)
			cfg.API, cfg.Token, cfg.Account, cfg.Logger, cfg.TokenHelp = s.API, s.Token, s.Account, s.Logger, "Set a token so and so."
			server, err := opentrainmcp.New(cfg)
			if err != nil {
				t.Fatal(err)
			}
			toServer, fromHost := io.Pipe()
			toHost, fromServer := io.Pipe()
			go server.ServeStdio(t.Context(), toServer, fromServer) //nolint:errcheck // it ends with the pipe
			t.Cleanup(func() { fromHost.Close() })                  //nolint:errcheck // a pipe
			lines := bufio.NewReader(toHost)
			return func(request string) string {
				if _, err := io.WriteString(fromHost, request+"\n"); err != nil {
					t.Fatal(err)
				}
				line, err := lines.ReadString('\n')
				if err != nil {
					t.Fatal(err)
				}
				return line
			}
		},
		"/mcp": func(t testing.TB, api http.RoundTripper, cfg opentrainmcp.Config, headers []string) speaker {
			s := remotely(t, api, cfg)
			return func(request string) string { return s.do("POST", "/mcp", request, headers...).body }
		},
		"/sse": func(t testing.TB, api http.RoundTripper, cfg opentrainmcp.Config, headers []string) speaker {
			stream := remotely(t, api, cfg).open(headers...)
			return func(request string) string {
				if got := stream.post(request); got.status != http.StatusAccepted {
					t.Fatalf("HTTP %d %s", got.status, got.body)
				}
				return stream.next("message")
			}
		},
	}
}

// narrowed are the ways in which less than everything is served.
func narrowed(all []string) map[string]struct {
	cfg     opentrainmcp.Config
	headers []string
} {
	type ways = map[string]struct {
		cfg     opentrainmcp.Config
		headers []string
	}
	found := ways{"everything": {}, "read-only": {cfg: opentrainmcp.Config{ReadOnly: true}}}
	add := func(name string, cfg opentrainmcp.Config, headers ...string) {
		found[name] = struct {
			cfg     opentrainmcp.Config
			headers []string
		}{cfg, headers}
	}
	for _, set := range []string{"posting", "market", "account", "applicants"} {
		add("toolset "+set, opentrainmcp.Config{Toolsets: []string{set}})
		add("X-MCP-Toolsets "+set, opentrainmcp.Config{}, "X-MCP-Toolsets", set)
	}
	add("toolset messages", opentrainmcp.Config{Toolsets: []string{"messages"}})
	add("toolset posting, read-only", opentrainmcp.Config{Toolsets: []string{"posting"}, ReadOnly: true})
	add("X-MCP-Readonly", opentrainmcp.Config{}, "X-MCP-Readonly", "true")
	add("X-MCP-Readonly, posting", opentrainmcp.Config{Toolsets: []string{"posting"}}, "X-MCP-Readonly", "true")
	add("X-MCP-Toolsets, read-only", opentrainmcp.Config{ReadOnly: true}, "X-MCP-Toolsets", "posting,account")
	add("nothing", opentrainmcp.Config{}, "X-MCP-Readonly", "true", "X-MCP-Tools", "opentrain_invite_trainer")
	for _, name := range all {
		add("only "+name, opentrainmcp.Config{Tools: []string{name}})
		add("without "+name, opentrainmcp.Config{ExcludeTools: []string{name}})
		add("X-MCP-Tools "+name, opentrainmcp.Config{}, "X-MCP-Tools", name)
	}
	return found
}

// jobsInEachStatus is a sandbox of the demo account with an incomplete draft job_1, a ready draft job_2, an open job_3 and
// a closed job_4.
func jobsInEachStatus(t *testing.T) http.RoundTripper {
	t.Helper()
	api := sandbox.New(sandbox.Config{}).Transport()
	s := startWith(t, api, nil)
	for n := range 4 {
		id := fmt.Sprintf("job_%d", n+1)
		call(t, s.host, "opentrain_create_draft", map[string]any{"description": demo.SampleDescription, "idempotencyKey": id})
		complete := completing()
		complete["jobId"] = id
		for _, step := range []string{"opentrain_patch_draft", "opentrain_publish", "opentrain_close_job"}[:n] {
			arguments := map[string]any{"jobId": id}
			if step == "opentrain_patch_draft" {
				arguments = complete
			}
			if got := call(t, s.host, step, arguments); got.isError {
				t.Fatal(got.text)
			}
		}
	}
	return api
}

// refusing are APIs that answer every call alike.
func refusing() []http.RoundTripper {
	return []http.RoundTripper{
		answering(200, `{"jobs":[],"changes":[]}`),
		answering(200, `{"status":"up"}`),
		answering(200, `{"id":"job_1","status":"closed"}`),
		answering(401, `{"error":"Invalid token.","code":"UNAUTHORIZED"}`),
		answering(403, `{"error":"Off.","code":"FORBIDDEN","details":{"featureKey":"job_publishing_api"}}`),
		answering(403, `{"error":"Blocked.","code":"FORBIDDEN","details":{"reason":"moderation_blocked","reasons":["Scam"]}}`),
		answering(404, `{"error":"No.","code":"NOT_FOUND"}`),
		answering(409, `{"error":"No.","code":"CONFLICT"}`),
		answering(409, `{"error":"No.","code":"CONFLICT","details":{"reason":"job_not_published"}}`),
		answering(409, `{"error":"No.","code":"CONFLICT","details":{"status":"DRAFT"}}`),
		answering(409, `{"error":"No.","code":"CONFLICT","details":{"status":"OPEN"}}`),
		answering(409, `{"error":"No.","code":"CONFLICT","details":{"status":"ARCHIVED"}}`),
		answering(429, `{"error":"Limit.","code":"RATE_LIMITED","details":{"limit":3,"windowHours":24}}`),
		answering(500, `{"error":"Oops.","code":"INTERNAL_ERROR"}`),
	}
}

// TestWordsNameOnlyWhatIsServed: whatever is left out, by a setting or a header, on every transport: no introduction,
// definition, prompt, resource, result or failure names a tool that isn't served.
func TestWordsNameOnlyWhatIsServed(t *testing.T) {
	t.Parallel()
	all, _ := known(t)
	for name, way := range narrowed(all) {
		for transport, speak := range speakers() {
			if len(way.headers) > 0 && transport == "stdio" || len(way.headers) == 0 && transport == "/sse" {
				continue
			}
			named := append(slices.Clone(way.headers), way.cfg.Tools...)
			if transport != "stdio" && slices.ContainsFunc(named, isLocal) { // nothing is left
				continue
			}
			if os.Getenv(slowTests) != "1" && (transport == "/mcp") != (len(name)%2 == 0) { // one of the two that are left
				continue
			}
			t.Run(name+" over "+transport, func(t *testing.T) {
				t.Parallel()
				headers := append(slices.Clone(way.headers), tokenHeader, sandbox.DemoToken)
				r := reader{t: t, speak: speak(t, jobsInEachStatus(t), way.cfg, headers), known: all}
				r.readOffers()
				r.callEverything()
				if transport != "stdio" {
					return
				}
				for _, api := range refusing() {
					r.speak = speak(t, api, way.cfg, nil)
					r.callOnce()
				}
			})
		}
	}
}

// reader reads what a server says and checks the names in it.
type reader struct {
	t      *testing.T
	speak  speaker
	known  []string
	served []string
}

// ask sends a request, checks the names in its answer, and returns its result.
func (r *reader) ask(method string, params any) json.RawMessage {
	r.t.Helper()
	body, err := json.Marshal(map[string]any{"jsonrpc": "2.0", "id": 1, "method": method, "params": params})
	if err != nil {
		r.t.Fatal(err)
	}
	answer := r.speak(string(body))
	for _, name := range regexp.MustCompile(`opentrain_[a-z_]+`).FindAllString(answer, -1) {
		if slices.Contains(r.known, name) && !slices.Contains(r.served, name) {
			r.t.Errorf("%s %.200s names %s: %s", method, body, name, answer)
		}
	}
	return parseMessage(r.t, answer).Result
}

// readOffers reads all that hosts read before the first call.
func (r *reader) readOffers() {
	r.t.Helper()
	// The names of the tools come first: they are what is served.
	var tools struct{ Tools []struct{ Name string } }
	if err := json.Unmarshal(parseMessage(r.t, r.speak(`{"jsonrpc":"2.0","id":1,"method":"tools/list"}`)).Result, &tools); err != nil {
		r.t.Fatal(err)
	}
	for _, served := range tools.Tools {
		r.served = append(r.served, served.Name)
	}
	r.ask("tools/list", nil)
	r.ask("initialize", map[string]any{"protocolVersion": legacy, "capabilities": map[string]any{}, "clientInfo": map[string]any{"name": "x", "version": "1"}})
	r.ask("server/discover", json.RawMessage(`{`+modernMeta+`}`))
	var prompts struct{ Prompts []struct{ Name string } }
	if err := json.Unmarshal(r.ask("prompts/list", nil), &prompts); err != nil {
		r.t.Fatal(err)
	}
	for _, prompt := range prompts.Prompts {
		for _, id := range []string{"job_1", "job_3", "job_404"} {
			r.ask("prompts/get", map[string]any{"name": prompt.Name, "arguments": map[string]string{"jobId": id, "description": "Label."}})
		}
	}
	for _, method := range []string{"resources/list", "resources/templates/list"} {
		r.ask(method, nil)
	}
	for _, uri := range []string{"opentrain://fields", "opentrain://fields/headcount", "opentrain://fields/x", "opentrain://jobs/job_3", "opentrain://jobs/x"} {
		r.ask("resources/read", map[string]any{"uri": uri})
	}
}

// callOnce calls every tool that is served.
func (r *reader) callOnce() {
	r.t.Helper()
	for _, name := range r.served {
		r.call(name, valid()[strings.TrimPrefix(name, "opentrain_")])
	}
}

// callEverything calls every tool that is served, for jobs in each status, and does what a human confirms.
func (r *reader) callEverything() {
	r.t.Helper()
	for _, name := range r.served {
		arguments := valid()[strings.TrimPrefix(name, "opentrain_")]
		r.call(name, arguments)
		r.call(name, map[string]any{"jobId": "..", "fields": 7, "limit": "many"})
		for _, id := range []string{"job_404", "job_4", "job_3", "job_2", "job_1"} {
			if _, about := arguments["jobId"]; !about {
				break
			}
			arguments["jobId"] = id
			next := r.call(name, arguments)
			if next.Action == tool.ConfirmWithHuman && next.Tool == name {
				r.call(name, next.Arguments)
			}
		}
	}
}

func (r *reader) call(name string, arguments map[string]any) tool.Next {
	r.t.Helper()
	got := parseResult(r.t, r.ask("tools/call", map[string]any{"name": name, "arguments": arguments}))
	next := tool.Next{}
	switch {
	case !got.isError:
		next = got.next(r.t)
	case got.failure.Next != nil:
		next = *got.failure.Next
	}
	if next.Tool != "" && !slices.Contains(r.served, next.Tool) || next.Action == tool.Fix && next.Problem == "" {
		r.t.Errorf("%s %v leads nowhere: %s", name, arguments, got.text)
	}
	return next
}

// TestInstructionsSayWhatIsServed: a server on which nothing can be changed says so.
func TestInstructionsSayWhatIsServed(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		change       func(*opentrainmcp.Config)
		says, silent []string
	}{
		"everything": {nil, []string{"opentrain_create_draft", "confirm_with_human", "only after the human approves", "opentrain_get_draft"}, []string{"read-only"}},
		"read-only": {func(c *opentrainmcp.Config) { c.ReadOnly = true },
			[]string{"This server is read-only", "opentrain_search_jobs", "call_tool", "ask_human"}, []string{"To post a job", "confirm_with_human"}},
		"market": {func(c *opentrainmcp.Config) { c.Toolsets = []string{"market"} },
			[]string{"opentrain_search_jobs searches everyone's live jobs", "read-only"}, []string{"the account's own jobs"}},
		"without publish": {func(c *opentrainmcp.Config) { c.ExcludeTools = []string{"opentrain_publish"} },
			[]string{"To post a job, call opentrain_create_draft"}, []string{"makes a finished draft public"}},
	} {
		got := startWith(t, answering(200, `{}`), test.change).hello.Instructions
		for _, words := range test.says {
			if !strings.Contains(got, words) {
				t.Errorf("%s: %q is missing in\n%s", name, words, got)
			}
		}
		for _, words := range test.silent {
			if strings.Contains(got, words) {
				t.Errorf("%s: says %q in\n%s", name, words, got)
			}
		}
	}
}

// TestStepsWithoutTheirTool: where the tool of a step isn't served, a human takes the step, and nothing that the human
// has to know is lost.
func TestStepsWithoutTheirTool(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		without   string
		tool      string
		arguments map[string]any
		action    tool.Action
		want      []string
	}{
		"a question": {"opentrain_patch_draft", "opentrain_create_draft",
			map[string]any{"description": demo.SampleDescription, "idempotencyKey": "job_1"}, tool.Fix,
			[]string{"Question: ", "Options: ", "this server's settings exclude it. The human can do it in OpenTrain's app.", "By: human",
				"Draft page: "}},
		"a confirmation": {"opentrain_publish", "opentrain_patch_draft", map[string]any{"jobId": "job_2", "fields": map[string]any{"headcount": 3}},
			tool.Fix, []string{"Show:\n> ", "this server's settings exclude it", "By: human"}},
		"a look at what is done": {"opentrain_get_job", "opentrain_update_job", map[string]any{"jobId": "job_3", "fields": map[string]any{"headcount": 3}},
			tool.Done, []string{"Job job_3 was changed", "Note: Check how the job is listed.", "Open: https://app.opentrain.ai"}},
		"no jobs": {"opentrain_create_draft", "opentrain_list_jobs", map[string]any{"status": "COMPLETED"},
			tool.Done, []string{"This account has no jobs with status COMPLETED.\n"}},
	} {
		s := startWith(t, jobsInEachStatus(t), func(c *opentrainmcp.Config) { c.ExcludeTools = []string{test.without} })
		got := call(t, s.host, test.tool, test.arguments)
		if got.isError || got.next(t).Action != test.action {
			t.Errorf("%s: %s", name, got.text)
		}
		for _, words := range test.want {
			if !strings.Contains(got.text+"\n", words) {
				t.Errorf("%s: %q is missing in\n%s", name, words, got.text)
			}
		}
	}
}
