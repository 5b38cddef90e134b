package acceptance_test

import (
	"bufio"
	"context"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	opentrainmcp "opentrain-mcp"
	"opentrain-mcp/opentrain"
	"opentrain-mcp/opentrain/sandbox"
)

// tokenHeader carries a caller's token.
const tokenHeader = "X-OpenTrain-Token"

// endpoint is where a server is reached over HTTP.
type endpoint struct {
	t      testing.TB
	url    string // without the path
	client *http.Client
}

// reply is an HTTP response, read whole.
type reply struct {
	*http.Response
	status int
	header http.Header
	body   string
}

// request makes a request; headers are pairs of name and value.
func (e *endpoint) request(ctx context.Context, method, path, body string, headers ...string) *http.Request {
	e.t.Helper()
	r, err := http.NewRequestWithContext(ctx, method, e.url+path, strings.NewReader(body))
	if err != nil {
		e.t.Fatal(err)
	}
	if method == http.MethodPost {
		r.Header.Set("Content-Type", "application/json")
	}
	for i := 0; i+1 < len(headers); i += 2 {
		switch headers[i] {
		case "Host":
			r.Host = headers[i+1]
		case "Content-Type":
			r.Header.Set(headers[i], headers[i+1])
		default:
			r.Header.Add(headers[i], headers[i+1])
		}
	}
	return r
}

// try sends a request that may fail.
func (e *endpoint) try(method, path, body string, headers ...string) (reply, error) {
	ctx, cancel := context.WithTimeout(e.t.Context(), patience)
	defer cancel()
	response, err := e.client.Do(e.request(ctx, method, path, body, headers...))
	if err != nil {
		return reply{}, err
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	return reply{response, response.StatusCode, response.Header, string(text)}, err
}

// do sends a request.
func (e *endpoint) do(method, path, body string, headers ...string) reply {
	e.t.Helper()
	got, err := e.try(method, path, body, headers...)
	if err != nil {
		e.t.Fatal(err)
	}
	return got
}

// call calls a tool at /mcp.
func (e *endpoint) call(tool string, arguments any, headers ...string) answer {
	e.t.Helper()
	got := e.do("POST", "/mcp", rpc(1, tool, arguments), headers...)
	if got.status != http.StatusOK {
		e.t.Fatalf("%s: HTTP %d %s", tool, got.status, got.body)
	}
	return parseAnswer(e.t, got.body)
}

// modernHeaders are the headers of a client of 2026-07-28. Only some methods have a name.
func modernHeaders(method, name string, more ...string) []string {
	headers := append([]string{"Mcp-Protocol-Version", "2026-07-28", "Mcp-Method", method}, more...)
	if name != "" {
		headers = append(headers, "Mcp-Name", name)
	}
	return headers
}

// event is a server-sent event.
type event struct{ name, data string }

// events is an open stream.
type events struct {
	t        testing.TB
	server   *endpoint
	headers  []string
	response *http.Response
	received chan event // closed at the end of the stream
	message  string     // on /sse: the path for messages
	close    context.CancelFunc
}

// listen opens a stream.
func (e *endpoint) listen(path string, headers ...string) *events {
	e.t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	response, err := e.client.Do(e.request(ctx, http.MethodGet, path, "", append([]string{"Accept", "text/event-stream"}, headers...)...))
	if err != nil {
		cancel()
		e.t.Fatal(err)
	}
	e.t.Cleanup(func() { cancel(); response.Body.Close() })
	s := &events{t: e.t, server: e, headers: headers, response: response, received: make(chan event, 1000), close: cancel}
	go s.read()
	return s
}

// open opens /sse.
func (e *endpoint) open(headers ...string) *events {
	e.t.Helper()
	s := e.listen("/sse", headers...)
	if s.response.StatusCode != http.StatusOK {
		e.t.Fatalf("/sse: HTTP %d", s.response.StatusCode)
	}
	s.message = s.next("endpoint")
	return s
}

func (s *events) read() {
	defer close(s.received)
	name := ""
	for lines := bufio.NewScanner(s.response.Body); lines.Scan(); {
		if value, found := strings.CutPrefix(lines.Text(), "event:"); found {
			name = strings.TrimSpace(value)
		}
		if value, found := strings.CutPrefix(lines.Text(), "data:"); found {
			s.received <- event{name, strings.TrimSpace(value)}
		}
	}
}

// next is the data of the next event, which must have a name.
func (s *events) next(name string) string {
	s.t.Helper()
	select {
	case got, more := <-s.received:
		if !more || got.name != name {
			s.t.Fatalf("got event %+v (stream open: %v), want %q", got, more, name)
		}
		return got.data
	case <-time.After(patience):
		s.t.Fatalf("no event %q", name)
	}
	return ""
}

// wantEnd fails if anything comes before the end of the stream.
func (s *events) wantEnd() {
	s.t.Helper()
	select {
	case got, more := <-s.received:
		if more {
			s.t.Errorf("got event %+v, want the end of the stream", got)
		}
	case <-time.After(patience):
		s.t.Error("the stream is still open")
	}
}

// post sends a message of the stream.
func (s *events) post(body string) reply {
	s.t.Helper()
	return s.server.do("POST", s.message, body, s.headers...)
}

// call calls a tool and waits for the answer on the stream.
func (s *events) call(id int, tool string, arguments any) answer {
	s.t.Helper()
	if got := s.post(rpc(id, tool, arguments)); got.status != http.StatusAccepted {
		s.t.Fatalf("%s: HTTP %d %s", tool, got.status, got.body)
	}
	return parseAnswer(s.t, s.next("message"))
}

// remote is a server in this process, reached over HTTP.
type remote struct {
	*endpoint
	handler *opentrainmcp.HTTPHandler
	api     *upstream
	log     *lockedBuffer
}

// startHTTP serves a sandbox that knows the accounts, or else the demo account. Nothing
// asks for a confirmation, unless change says so.
func startHTTP(t testing.TB, accounts []sandbox.Account, change func(*opentrainmcp.HTTPConfig)) *remote {
	t.Helper()
	return startHTTPWith(t, sandbox.New(sandbox.Config{Accounts: accounts}).Transport(), change)
}

// startHTTPWith serves an API.
func startHTTPWith(t testing.TB, api http.RoundTripper, change func(*opentrainmcp.HTTPConfig)) *remote {
	t.Helper()
	return startHTTPSharing(t, api, nil, change)
}

// startHTTPSharing serves an API whose client shares something with others.
func startHTTPSharing(t testing.TB, api http.RoundTripper, shared opentrain.Shared, change func(*opentrainmcp.HTTPConfig)) *remote {
	t.Helper()
	s := &remote{api: &upstream{api: api}, log: &lockedBuffer{}}
	apiClient, err := opentrain.New(opentrain.Config{Transport: s.api, Shared: shared})
	if err != nil {
		t.Fatal(err)
	}
	cfg := opentrainmcp.HTTPConfig{Config: opentrainmcp.Config{
		API: apiClient, Version: "test", TokenHelp: "Send a token so and so.", Confirm: opentrainmcp.Off, Timeout: patience,
		Logger: slog.New(slog.NewJSONHandler(s.log, &slog.HandlerOptions{Level: slog.LevelDebug})),
	}}
	if change != nil {
		change(&cfg)
	}
	if s.handler, err = opentrainmcp.NewHTTPHandler(cfg); err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(s.handler)
	s.endpoint = &endpoint{t: t, url: server.URL, client: server.Client()}
	t.Cleanup(func() {
		if err := s.handler.Shutdown(context.Background()); err != nil {
			t.Errorf("shutdown: %v", err)
		}
		server.Close()
	})
	return s
}

// logged are the lines of the log that have a message.
func (s *remote) logged(message string) []map[string]any { return entries(s.log.String(), message) }
