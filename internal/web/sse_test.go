package web

import (
	"context"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"opentrain-mcp/internal/caller"
	"opentrain-mcp/internal/edge"
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
	if who.Transport != caller.SSE || len(who.Narrowing) != 2 || who.Token.Value != one {
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
	for base, want := range map[string]string{"/opentrain": "/opentrain", "/opentrain/": "/opentrain", "/": ""} {
		s := start(t, func(c *Config) { c.BasePath = base })
		if _, path := s.openStream(); !strings.HasPrefix(path, want+"/message?sessionId=") {
			t.Errorf("%s: %s", base, path)
		}
	}
}

// TestPendingCalls: only calls count, and each until its answer, whatever their ids are.
func TestPendingCalls(t *testing.T) {
	s := start(t, nil)
	stream, path := s.openStream()
	for _, other := range []string{`{"jsonrpc":"2.0","method":"notifications/initialized"}`, answer} {
		for range maxPending + 1 {
			if got := s.do("POST", path, other); got.status != http.StatusAccepted {
				t.Fatalf("%s: %d %s", other, got.status, got.body)
			}
		}
	}
	ids := []any{"a\u2028\"<", 1.5, json.Number("1e21"), json.Number("9007199254740993"), json.Number("1e999"), "null", -1, 7, 7}
	for i := len(ids); i < maxPending; i++ {
		ids = append(ids, 100+i)
	}
	for _, id := range ids {
		if got := s.do("POST", path, call(id, "wait")); got.status != http.StatusAccepted {
			t.Fatalf("%v: %d %s", id, got.status, got.body)
		}
	}
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
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	if err := s.handler.Shutdown(ctx); err != nil {
		t.Errorf("calls are still pending: %v", err)
	}
}

// TestEventsHaveOneFraming: some clients look for one kind of line end only.
func TestEventsHaveOneFraming(t *testing.T) {
	s := newHandler(t, func(c *Config) { c.AllowedHosts = []string{"example.com"} })
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	stream := httptest.NewRecorder()
	s.handler.ServeHTTP(stream, httptest.NewRequest(http.MethodGet, "/sse", nil).WithContext(ctx))
	got := stream.Body.String()
	if !strings.HasPrefix(got, "event: endpoint\ndata: /message?sessionId=") || !strings.HasSuffix(got, "\n\n") || strings.Contains(got, "\r") {
		t.Errorf("%q", got)
	}
}

// TestStreamWithoutAReaderEnds: what waits for a stream is bounded, per stream and in all, and given back at its end.
func TestStreamWithoutAReaderEnds(t *testing.T) {
	for name, test := range map[string]struct{ all, message, most int }{
		"one stream":     {maxUnsent, maxQueue / 8, 8},
		"all streams":    {maxQueue / 2, ownQueue, maxQueue/2/ownQueue + 1},
		"one message":    {maxUnsent, maxQueue + 1, 1},
		"no room at all": {0, ownQueue / 2, 2},
		"large, no room": {0, maxQueue, 1},
	} {
		t.Run(name, func(t *testing.T) {
			quota := edge.NewQuota(test.all)
			s := &stream{share: quota.Share("127.0.0.1"), wake: make(chan struct{}, 1)}
			s.ctx, s.end = context.WithCancel(t.Context())
			sent := 0
			for ; s.ctx.Err() == nil; sent++ {
				s.send(make([]byte, test.message))
			}
			if sent-1 != test.most || used(quota, test.all) != max(0, test.most*test.message-ownQueue) && used(quota, test.all) != 0 {
				t.Errorf("%d messages, %d bytes", sent-1, used(quota, test.all))
			}
			s.close()
			if used(quota, test.all) != 0 {
				t.Errorf("%d bytes are left", used(quota, test.all))
			}
		})
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
		if s.handler.streamPlaces.Held() != 0 {
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
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	if err := s.handler.wait(ctx); err != nil {
		t.Error(err)
	}
	if got := s.do("POST", path, ping); got.status != http.StatusNotFound {
		t.Errorf("%d", got.status)
	}
}
