package acceptance_test

import (
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/mark3labs/mcp-go/client"
	"github.com/mark3labs/mcp-go/client/transport"
	"github.com/mark3labs/mcp-go/mcp"

	opentrainmcp "opentrain-mcp"
	"opentrain-mcp/internal/account"
	"opentrain-mcp/internal/demo"
	"opentrain-mcp/internal/tool"
	"opentrain-mcp/opentrain"
	"opentrain-mcp/opentrain/sandbox"
)

// The protocol versions that differ.
const (
	modern = mcp.LATEST_PROTOCOL_VERSION        // 2026-07-28
	legacy = mcp.LATEST_LEGACY_PROTOCOL_VERSION // 2025-11-25
	older  = "2025-06-18"
)

// setup is a server on an API, and a host that talks to it.
type setup struct {
	host  *client.Client
	hello *mcp.InitializeResult
	api   *upstream
	log   *lockedBuffer
	human *human // answers forms, if the host shows any
}

// start serves a sandbox to a host over pipes. Nothing asks for a confirmation.
func start(t testing.TB, variant sandbox.Variant) *setup {
	t.Helper()
	return startWith(t, sandbox.New(sandbox.Config{Variant: variant}).Transport(), nil)
}

// startWith serves an API to a host over pipes. Nothing asks for a confirmation, unless
// change says so.
func startWith(t testing.TB, api http.RoundTripper, change func(*opentrainmcp.Config)) *setup {
	t.Helper()
	s := newSetup(api)
	cfg := s.config(t)
	cfg.TokenHelp, cfg.Confirm = "Set a token so and so.", opentrainmcp.Off
	if change != nil {
		change(&cfg)
	}
	s.host = overPipes(t, cfg, legacy)
	s.hello = initialize(t, s.host, legacy)
	return s
}

// on is a server on an API that gives one answer.
func on(t testing.TB, status int, body string) *setup {
	t.Helper()
	return startWith(t, answering(status, body), nil)
}

func newSetup(api http.RoundTripper) *setup {
	return &setup{api: &upstream{api: api}, log: &lockedBuffer{}}
}

// config is a configuration with the defaults, the demo account and a debug log.
func (s *setup) config(t testing.TB) opentrainmcp.Config {
	t.Helper()
	api, err := opentrain.New(opentrain.Config{Transport: s.api, PublicReadBudget: -1})
	if err != nil {
		t.Fatal(err)
	}
	logger := slog.New(slog.NewJSONHandler(s.log, &slog.HandlerOptions{Level: slog.LevelDebug}))
	return opentrainmcp.Config{
		API: api, Version: "test", Token: fixed(sandbox.DemoToken), Account: account.InProcess(api, opentrainmcp.Token{}), Logger: logger,
		Timeout: patience,
	}
}

// fixed is a caller who always has the same token.
func fixed(token string) func(context.Context) opentrainmcp.Token {
	return func(context.Context) opentrainmcp.Token { return opentrainmcp.Token{Value: token, From: "the test"} }
}

// carrierOptions is a way in which forms reach a host.
type carrierOptions struct {
	http, sessions bool
	version        string
}

// carriers are the ways in which forms reach a host.
func carriers() map[string]carrierOptions {
	return map[string]carrierOptions{
		"stdio, 2025-11-25":              {version: legacy},
		"stdio, 2026-07-28":              {version: modern},
		"/mcp with sessions, 2025-11-25": {http: true, sessions: true, version: legacy},
		"/mcp with sessions, 2026-07-28": {http: true, sessions: true, version: modern},
		"/mcp, 2026-07-28":               {http: true, version: modern},
	}
}

// startAsking serves a sandbox to a host whose human answers forms. With answer nil, the
// host shows no forms. Confirmations are on.
func startAsking(
	t testing.TB, carrier string, variant sandbox.Variant, answer respond, change func(*opentrainmcp.HTTPConfig),
) *setup {
	t.Helper()
	return startAskingOn(t, carrier, sandbox.New(sandbox.Config{Variant: variant}).Transport(), answer, change)
}

// startAskingOn is startAsking with any API.
func startAskingOn(
	t testing.TB, carrier string, api http.RoundTripper, answer respond, change func(*opentrainmcp.HTTPConfig),
) *setup {
	t.Helper()
	by, known := carriers()[carrier]
	if !known {
		by.version = strings.TrimPrefix(carrier, "stdio, ")
	}
	s := newSetup(api)
	cfg := opentrainmcp.HTTPConfig{Sessions: by.sessions, Config: s.config(t)}
	if change != nil {
		change(&cfg)
	}
	var options []client.ClientOption
	if answer != nil {
		s.human = &human{t: t, answer: answer}
		options = append(options, client.WithElicitationHandler(s.human))
	}
	if by.http {
		s.host = overHTTP(t, cfg, by.version, options...)
	} else {
		s.host = overPipes(t, cfg.Config, by.version, options...)
	}
	s.hello = initialize(t, s.host, by.version)
	return s
}

// overPipes is a host of a server over pipes, as over stdio.
func overPipes(t testing.TB, cfg opentrainmcp.Config, version string, options ...client.ClientOption) *client.Client {
	t.Helper()
	server, err := opentrainmcp.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	toServer, fromClient := io.Pipe()
	toClient, fromServer := io.Pipe()
	served := make(chan error, 1)
	go func() {
		err := server.ServeStdio(context.Background(), toServer, fromServer)
		fromServer.CloseWithError(err)
		served <- err
	}()
	host := newHost(transport.NewIO(toClient, fromClient, io.NopCloser(strings.NewReader(""))), version, options...)
	t.Cleanup(func() {
		fromClient.Close() //nolint:errcheck // a pipe
		if err := <-served; err != nil {
			t.Errorf("the server ended with %v", err)
		}
		host.Close() //nolint:errcheck // the server has ended
	})
	return host
}

// overHTTP is a host of a server at /mcp, with the demo account's token.
func overHTTP(t testing.TB, cfg opentrainmcp.HTTPConfig, version string, options ...client.ClientOption) *client.Client {
	t.Helper()
	handler, err := opentrainmcp.NewHTTPHandler(cfg)
	if err != nil {
		t.Fatal(err)
	}
	headers := transport.WithHTTPHeaders(map[string]string{tokenHeader: sandbox.DemoToken})
	carried, err := transport.NewStreamableHTTP("http://127.0.0.1/mcp", headers, transport.WithHTTPBasicClient(serveInside(t, handler)))
	if err != nil {
		t.Fatal(err)
	}
	host := newHost(carried, version, options...)
	t.Cleanup(func() {
		host.Close() //nolint:errcheck // the test is over
		if err := handler.Shutdown(context.Background()); err != nil {
			t.Errorf("shutdown: %v", err)
		}
	})
	return host
}

// newHost is a client of a protocol version.
func newHost(carried transport.Interface, version string, options ...client.ClientOption) *client.Client {
	if version != modern {
		options = append(options, client.WithProtocolVersion(version))
	}
	return client.NewClient(carried, options...)
}

// initialize starts a host and checks that the server speaks its version.
func initialize(t testing.TB, host *client.Client, version string) *mcp.InitializeResult {
	t.Helper()
	if err := host.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	var hello mcp.InitializeRequest
	hello.Params.ClientInfo = mcp.Implementation{Name: "test", Version: "1"}
	result, err := host.Initialize(t.Context(), hello)
	if err != nil {
		t.Fatal(err)
	}
	if result.ProtocolVersion != version {
		t.Fatalf("the protocol is %s, want %s", result.ProtocolVersion, version)
	}
	return result
}

// call calls a tool.
func call(t testing.TB, host *client.Client, tool string, arguments any) answer {
	t.Helper()
	var request mcp.CallToolRequest
	request.Params.Name, request.Params.Arguments = tool, arguments
	result, err := host.CallTool(t.Context(), request)
	if err != nil {
		t.Fatalf("%s: %v", tool, err)
	}
	data, err := json.Marshal(result)
	if err != nil {
		t.Fatal(err)
	}
	return parseResult(t, data)
}

// ready makes a draft that is ready to publish, without forms for its questions, and returns the step that publishes it.
// Where the host shows forms, the model gets no confirmation.
func (s *setup) ready(t testing.TB) tool.Next {
	t.Helper()
	call(t, s.host, "opentrain_create_draft", map[string]any{"description": demo.SampleDescription, "askHuman": false})
	got := call(t, s.host, "opentrain_patch_draft", completing())
	next, action := got.next(t), tool.ConfirmWithHuman
	if s.human != nil {
		action = tool.CallTool
	}
	if next.Action != action || next.Tool != "opentrain_publish" || (confirmationIn(got) == "") != (s.human != nil) {
		t.Fatalf("the draft is not ready: %s", got.text)
	}
	return next
}

// live makes a job that is published, without forms.
func (s *setup) live(t testing.TB) {
	t.Helper()
	s.ready(t)
	next := call(t, s.host, "opentrain_publish", job("askHuman", false)).next(t)
	if got := call(t, s.host, next.Tool, next.Arguments); s.published() != 1 || len(s.human.seen()) != 0 {
		t.Fatalf("the job is not live: %s", got.text)
	}
}

// count counts the calls of a method to a path, or below it, that reached the API.
func (s *setup) count(method, path string) int {
	n := 0
	for _, call := range s.api.seen() {
		if strings.HasPrefix(call, method+" /api/public/v1"+path) {
			n++
		}
	}
	return n
}

// published counts the calls that published the first job.
func (s *setup) published() int { return s.count("POST", "/jobs/job_1/publish") }

// listed are the tools as a client receives them.
func listed(t testing.TB) []byte {
	t.Helper()
	result, err := start(t, sandbox.Guide).host.ListTools(t.Context(), mcp.ListToolsRequest{})
	if err != nil {
		t.Fatal(err)
	}
	data, err := json.MarshalIndent(result.Tools, "", "  ")
	if err != nil {
		t.Fatal(err)
	}
	return append(slices.Clip(data), '\n')
}

// isLocal reports whether a tool is served over stdio only.
func isLocal(name string) bool {
	return slices.Contains([]string{"opentrain_register_agent", "opentrain_claim_account", "opentrain_claim_status"}, name)
}

// known are the names of the tools in the golden file, sorted: all of them, and those that
// only read.
func known(t testing.TB) (all, readOnly []string) {
	t.Helper()
	data, err := os.ReadFile("testdata/tools.json")
	if err != nil {
		t.Fatal(err)
	}
	var tools []struct {
		Name        string
		Annotations struct{ ReadOnlyHint bool }
	}
	if err := json.Unmarshal(data, &tools); err != nil {
		t.Fatal(err)
	}
	for _, tool := range tools {
		all = append(all, tool.Name)
		if tool.Annotations.ReadOnlyHint || tool.Name == "opentrain_get_draft" { // which then writes nothing
			readOnly = append(readOnly, tool.Name)
		}
	}
	slices.Sort(all)
	slices.Sort(readOnly)
	return all, readOnly
}
