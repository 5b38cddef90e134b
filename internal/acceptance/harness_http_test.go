package acceptance_test

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	opentrainmcp "opentrain-mcp"
	"opentrain-mcp/opentrain"
	"opentrain-mcp/opentrain/sandbox"
)

// remote is a server over HTTP on a sandbox.
type remote struct {
	t       *testing.T
	url     string
	handler *opentrainmcp.HTTPHandler
	api     *upstream
	log     *lockedBuffer
}

// do sends one HTTP request; headers are pairs of name and value.
func (s *remote) do(method, path, body string, headers ...string) reply {
	s.t.Helper()
	r, err := http.NewRequestWithContext(s.t.Context(), method, s.url+path, strings.NewReader(body))
	if err != nil {
		s.t.Fatal(err)
	}
	if method == http.MethodPost {
		r.Header.Set("Content-Type", "application/json")
	}
	for i := 0; i+1 < len(headers); i += 2 {
		if headers[i] == "Host" {
			r.Host = headers[i+1]
			continue
		}
		r.Header.Add(headers[i], headers[i+1])
	}
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		s.t.Fatal(err)
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	if err != nil {
		s.t.Fatal(err)
	}
	return reply{answer.StatusCode, answer.Header, string(text)}
}

// call calls a tool on /mcp.
func (s *remote) call(tool string, arguments any, headers ...string) rpcAnswer {
	s.t.Helper()
	got := s.do("POST", "/mcp", rpc(1, tool, arguments), headers...)
	if got.status != http.StatusOK {
		s.t.Fatalf("%s: HTTP %d %s", tool, got.status, got.body)
	}
	return parseRPC(s.t, got.body)
}

// open opens /sse.
func (s *remote) open(headers ...string) *events {
	s.t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, s.url+"/sse", nil)
	if err != nil {
		s.t.Fatal(err)
	}
	for i := 0; i+1 < len(headers); i += 2 {
		r.Header.Add(headers[i], headers[i+1])
	}
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		s.t.Fatal(err)
	}
	s.t.Cleanup(cancel)
	e := &events{t: s.t, server: s, headers: headers, lines: bufio.NewReader(answer.Body), close: cancel, body: answer.Body}
	if answer.StatusCode != http.StatusOK {
		s.t.Fatalf("/sse: HTTP %d", answer.StatusCode)
	}
	e.message = e.next("endpoint")
	return e
}

// logged returns the lines of the JSON log with a message.
func (s *remote) logged(message string) []map[string]any {
	var found []map[string]any
	for line := range bytes.Lines([]byte(s.log.String())) {
		var entry map[string]any
		if json.Unmarshal(line, &entry) == nil && entry["msg"] == message {
			found = append(found, entry)
		}
	}
	return found
}

// startHTTP serves a sandbox that knows the accounts; nil is the demo account.
func startHTTP(t *testing.T, accounts []sandbox.Account, change func(*opentrainmcp.HTTPConfig)) *remote {
	t.Helper()
	return startHTTPWith(t, sandbox.New(sandbox.Config{Accounts: accounts}).Transport(), change)
}

func startHTTPWith(t *testing.T, api http.RoundTripper, change func(*opentrainmcp.HTTPConfig)) *remote {
	t.Helper()
	s := &remote{t: t, api: &upstream{api: api}, log: &lockedBuffer{}}
	apiClient, err := opentrain.New(opentrain.Config{Transport: s.api})
	if err != nil {
		t.Fatal(err)
	}
	cfg := opentrainmcp.HTTPConfig{Config: opentrainmcp.Config{
		API: apiClient, Version: "test", TokenHelp: "Send a token so and so.", PublishConfirm: opentrainmcp.Off,
		Logger: slog.New(slog.NewJSONHandler(s.log, &slog.HandlerOptions{Level: slog.LevelDebug})),
	}}
	if change != nil {
		change(&cfg)
	}
	if s.handler, err = opentrainmcp.NewHTTPHandler(cfg); err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(s.handler)
	s.url = server.URL
	t.Cleanup(func() {
		if err := s.handler.Shutdown(context.Background()); err != nil {
			t.Errorf("shutdown: %v", err)
		}
		server.Close()
	})
	return s
}

// employer is an account of the sandbox.
func employer(n int) sandbox.Account {
	return sandbox.Account{Token: fmt.Sprintf("ot_pat_employer_%03d", n), Name: fmt.Sprintf("Employer %03d", n), Scopes: []string{"jobs:write", "proposals:write"}, Claimed: true}
}

func employers(n int) []sandbox.Account {
	accounts := make([]sandbox.Account, 0, n)
	for i := range n {
		accounts = append(accounts, employer(i))
	}
	return accounts
}

const demoHeader = "X-OpenTrain-Token"

// reply is an HTTP answer, read whole.
type reply struct {
	status int
	header http.Header
	body   string
}

// rpc is a JSON-RPC request of a tool call.
func rpc(id int, tool string, arguments any) string {
	body, err := json.Marshal(map[string]any{"jsonrpc": "2.0", "id": id, "method": "tools/call", "params": map[string]any{"name": tool, "arguments": arguments}})
	if err != nil {
		panic(err)
	}
	return string(body)
}

const helloRPC = `{"jsonrpc":"2.0","id":0,"method":"initialize","params":{"protocolVersion":"2025-11-25","capabilities":{},"clientInfo":{"name":"test","version":"1"}}}`

// rpcAnswer is a JSON-RPC answer to a tool call.
type rpcAnswer struct {
	ID     any `json:"id"`
	Result struct {
		IsError           bool            `json:"isError"`
		StructuredContent json.RawMessage `json:"structuredContent"`
		Content           []struct {
			Text string `json:"text"`
		} `json:"content"`
		Meta struct {
			Failure struct {
				Code              string `json:"code"`
				RetryAfterSeconds int    `json:"retryAfterSeconds"`
			} `json:"opentrain/error"`
		} `json:"_meta"`
	} `json:"result"`
	Error *struct {
		Code    int    `json:"code"`
		Message string `json:"message"`
	} `json:"error"`
}

func (a rpcAnswer) text() string {
	if len(a.Result.Content) == 0 {
		return ""
	}
	return a.Result.Content[0].Text
}

func parseRPC(t *testing.T, body string) rpcAnswer {
	t.Helper()
	var a rpcAnswer
	if err := json.Unmarshal([]byte(body), &a); err != nil {
		t.Fatalf("%v in %.300s", err, body)
	}
	return a
}

// events is an open stream of a caller.
type events struct {
	t       *testing.T
	server  *remote
	headers []string
	lines   *bufio.Reader
	message string // the path for messages
	close   context.CancelFunc
	body    io.Closer
}

// read returns the data of the next event.
func (e *events) read() (name, data string, err error) {
	for {
		line, err := e.lines.ReadString('\n')
		if err != nil {
			return "", "", errStreamEnded
		}
		line = strings.TrimRight(line, "\r\n")
		switch {
		case strings.HasPrefix(line, "event:"):
			name = strings.TrimSpace(line[len("event:"):])
		case strings.HasPrefix(line, "data:"):
			return name, strings.TrimSpace(line[len("data:"):]), nil
		}
	}
}

func (e *events) next(want string) string {
	e.t.Helper()
	name, data, err := e.read()
	if err != nil || name != want {
		e.t.Fatalf("event %q (%v), want %q", name, err, want)
	}
	return data
}

func (e *events) post(body string) reply {
	e.t.Helper()
	return e.server.do("POST", e.message, body, e.headers...)
}

// call calls a tool and waits for the answer on the stream.
func (e *events) call(id int, tool string, arguments any) rpcAnswer {
	e.t.Helper()
	if got := e.post(rpc(id, tool, arguments)); got.status != http.StatusAccepted {
		e.t.Fatalf("%s: HTTP %d %s", tool, got.status, got.body)
	}
	return parseRPC(e.t, e.next("message"))
}

var errStreamEnded = errors.New("the stream ended")
