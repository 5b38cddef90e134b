package web

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"opentrain-mcp/internal/caller"
)

func TestStreamsBelongToTheirOpener(t *testing.T) {
	s := start(t, func(c *Config) { c.ReplicaID = "b" })
	mine, path := s.openStream(tokenHeader, one, readOnlyHeader, "true")
	_, anonymous := s.openStream()
	if !strings.HasPrefix(path, "/message?sessionId=b.") {
		t.Errorf("%s", path)
	}
	for name, test := range map[string]struct {
		path    string
		headers []string
		status  int
	}{
		"another token":   {path, []string{tokenHeader, two}, 403},
		"no token":        {path, nil, 403},
		"anonymous":       {anonymous, []string{tokenHeader, two}, 403},
		"no session":      {"/message", []string{tokenHeader, one}, 404},
		"made up":         {"/message?sessionId=b.AAAA", []string{tokenHeader, one}, 404},
		"own, other form": {path, []string{"Authorization", "Bearer " + one, toolsHeader, "whoami"}, 202},
	} {
		if got := s.do("POST", test.path, call(1, "whoami"), test.headers...); got.status != test.status {
			t.Errorf("%s: %d %s", name, got.status, got.body)
		}
	}
	who := whoami(t, mine.mustNext())
	if who.Transport != caller.SSE || !who.Stream || len(who.Narrowing) != 2 || who.Token.Value != one {
		t.Errorf("%+v", who)
	}
	for _, wrong := range [][2]string{{"POST", "/sse"}, {"GET", path}} {
		if got := s.do(wrong[0], wrong[1], ping, tokenHeader, one); got.status != http.StatusMethodNotAllowed || got.header.Get("Allow") == "" {
			t.Errorf("%v: %d", wrong, got.status)
		}
	}
	off := start(t, func(c *Config) { c.NoSSE = true })
	if off.do("GET", "/sse", "").status != 404 || off.do("POST", "/message?sessionId=x", "{}").status != 404 {
		t.Error("SSE is not switched off")
	}
}

func TestStreamNamesTheBasePath(t *testing.T) {
	s := start(t, func(c *Config) { c.BasePath = "/opentrain" })
	if _, path := s.openStream(); !strings.HasPrefix(path, "/opentrain/message?sessionId=") {
		t.Error(path)
	}
}

// TestPendingCalls: only calls count, and each until its answer.
func TestPendingCalls(t *testing.T) {
	s := start(t, nil)
	stream, path := s.openStream()
	for _, other := range []string{
		`{"jsonrpc":"2.0","method":"notifications/initialized"}`, `{"jsonrpc":"2.0","id":null,"method":"ping"}`, answer,
	} {
		for range maxPending + 1 {
			if got := s.do("POST", path, other); got.status != http.StatusAccepted {
				t.Fatalf("%s: %d %s", other, got.status, got.body)
			}
		}
	}
	for range maxPending + 1 {
		s.do("POST", path, call(json.Number("1e999"), "wait")) // mcp-go can't read it, and answers without an id
		if got := stream.mustNext(); !strings.Contains(got, `"id":null`) {
			t.Fatal(got)
		}
	}
	ids := []any{"a\u2028\"<", 1.5, 1e21, json.Number("9007199254740993"), "null", -1, 7, 7}
	for i := len(ids); i < maxPending; i++ {
		ids = append(ids, 100+i)
	}
	for _, id := range ids {
		if got := s.do("POST", path, call(id, "wait")); got.status != http.StatusAccepted {
			t.Fatalf("%v: %d %s", id, got.status, got.body)
		}
	}
	// mcp-go answers this notification with an error. It frees nothing.
	s.do("POST", path, `{"jsonrpc":"2.0","method":"notifications/initialized","params":7}`)
	if got := s.do("POST", path, ping); got.status != http.StatusTooManyRequests {
		t.Errorf("%d", got.status)
	}
	close(s.fake.release)
	answered := 0
	for answered < len(ids) {
		if data := stream.mustNext(); strings.Contains(data, "released") {
			answered++
		}
	}
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
	defer cancel()
	if err := s.handler.Shutdown(ctx); err != nil {
		t.Errorf("calls are still pending: %v", err)
	}
}

// TestAnswersAreFoundInEveryFraming: a stream counts answers by their id, however
// mcp-go writes its events.
func TestAnswersAreFoundInEveryFraming(t *testing.T) {
	const result = `"result":{"text":"a\n\ndata: {\"id\":2}"}}`
	for name, writes := range map[string][]string{
		"as mcp-go does":    {"event: message\ndata: {\"id\":1," + result + "\n\n"},
		"CRLF":              {"event: message\r\ndata: {\"id\":1," + result + "\r\n\r\n"},
		"no space":          {"data:{\"id\":1," + result + "\n\n"},
		"data first":        {"data: {\"id\":1," + result + "\nevent: message\nid: 7\n\n"},
		"several lines":     {"event: message\ndata: {\ndata: \"id\": 1,\ndata:" + result + "\n\n"},
		"several writes":    {"event: mess", "age\nda", "ta: {\"id\"", ":1," + result + "\n", "\n"},
		"several events":    {"data: {\"method\":\"x\"}\n\n: comment\n\ndata: {\"id\":1," + result + "\n\n"},
		"id last":           {"data: {\"result\":{\"id\":2},\"id\":1}\n\n"},
		"id in other words": {"data: {\"id\":1.0," + result + "\n\n"},
	} {
		t.Run(name, func(t *testing.T) {
			s := newStream(t.Context(), httptest.NewRecorder(), httptest.NewRequest(http.MethodGet, "/sse", nil))
			defer s.close()
			for _, id := range []string{"1", "2"} {
				if err := s.expect(id); err != nil {
					t.Fatal(err)
				}
			}
			for i, write := range writes {
				if len(s.pending) != 2 {
					t.Errorf("pending %v before write %d", s.pending, i)
				}
				fmt.Fprint(s, write)
				s.Flush()
			}
			if fmt.Sprint(s.pending) != "[2]" {
				t.Errorf("pending: %v", s.pending)
			}
		})
	}
	for _, other := range []string{
		"event: endpoint\ndata: /message?sessionId=1\r\n\r\n", `data: {"id":1,"method":"ping"}` + "\n\n", `data: {"id":3,"result":{}}` + "\n\n",
		`data: {"id":"1","result":{}}` + "\n\n", `data: {"id":null,"error":{}}` + "\n\n", "data: [1]\n\n", "id: 1\n\n", ": 1\n\n",
	} {
		s := newStream(t.Context(), httptest.NewRecorder(), httptest.NewRequest(http.MethodGet, "/sse", nil))
		if err := s.expect("1"); err != nil {
			t.Fatal(err)
		}
		fmt.Fprint(s, other)
		s.Flush()
		if len(s.pending) != 1 {
			t.Errorf("%q counts as an answer", other)
		}
		s.close()
	}
}

// TestCallsWithTheSameIDAreCountedApart: each answer frees one of them, so that a shutdown waits for all.
func TestCallsWithTheSameIDAreCountedApart(t *testing.T) {
	s := newStream(t.Context(), httptest.NewRecorder(), httptest.NewRequest(http.MethodGet, "/sse", nil))
	defer s.close()
	for range 2 {
		if err := s.expect("1"); err != nil {
			t.Fatal(err)
		}
	}
	for left := 1; left >= 0; left-- {
		fmt.Fprint(s, "event: message\ndata: {\"id\":1,\"result\":{}}\n\n")
		s.Flush()
		if len(s.pending) != left {
			t.Errorf("%d calls are pending, want %d", len(s.pending), left)
		}
	}
}

func TestStreamIsKeptAlive(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newHandler(t, func(c *Config) { c.AllowedHosts = []string{"example.com"} })
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		stream := httptest.NewRecorder()
		s.handler.ServeHTTP(stream, httptest.NewRequest(http.MethodGet, "/sse", nil).WithContext(ctx))
		if n := strings.Count(stream.Body.String(), ": keep-alive\n\n"); n != 2 {
			t.Errorf("%d heartbeats in a minute", n)
		}
		if s.handler.streamQuota.InUse() != 0 {
			t.Error("the stream still counts as open")
		}
		s.handler.streams.Range(func(id, _ any) bool {
			t.Errorf("stream %v is still open", id)
			return true
		})
		if err := s.handler.Shutdown(t.Context()); err != nil {
			t.Error(err)
		}
	})
}

// TestCallEndsWithItsStream: its answer would have no reader.
func TestCallEndsWithItsStream(t *testing.T) {
	s := start(t, nil)
	stream, path := s.openStream()
	s.do("POST", path, call(1, "wait"))
	<-s.fake.started
	stream.body.Close()
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
	defer cancel()
	if err := s.handler.wait(ctx); err != nil {
		t.Error(err)
	}
	if got := s.do("POST", path, ping); got.status != http.StatusNotFound {
		t.Errorf("%d", got.status)
	}
}
