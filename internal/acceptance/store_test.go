package acceptance_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"log/slog"
	"maps"
	"net/http"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	opentrainmcp "opentrain-mcp"
	"opentrain-mcp/internal/demo"
	"opentrain-mcp/internal/redistest"
	"opentrain-mcp/internal/seal"
	"opentrain-mcp/internal/store"
	"opentrain-mcp/internal/tool"
	"opentrain-mcp/opentrain/sandbox"
)

// TestSpellingsOfOneAPIShare: replicas whose base URLs lead to the same API have one store.
func TestSpellingsOfOneAPIShare(t *testing.T) {
	t.Parallel()
	server := redistest.Start(t)
	open := func(baseURL string) *opentrainmcp.RedisStore {
		s, err := opentrainmcp.OpenStore(opentrainmcp.StoreConfig{
			URL: server.URL(), BaseURL: baseURL, StateKeys: [][]byte{bytes.Repeat([]byte{7}, 32)}, Logger: slog.New(slog.DiscardHandler),
		})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { s.Close() }) //nolint:errcheck // the test is over
		return s
	}
	first := open("")
	first.Put("value:x", []byte("x"), time.Minute)
	for baseURL, shares := range map[string]bool{
		"https://APP.opentrain.ai": true, "https://app.opentrain.ai:443/": true, "https://app.opentrain.ai/api/public/v1": true,
		"https://other.opentrain.ai": false,
	} {
		other := open(baseURL)
		held := other.Get("value:x")
		for late := time.Now().Add(patience); shares && held == nil && time.Now().Before(late); held = other.Get("value:x") {
			first.Put("value:x", []byte("x"), time.Minute) // a slow machine may do without Redis for a while
		}
		if (held != nil) != shares {
			t.Errorf("%s: %q", baseURL, held)
		}
	}
	if _, err := opentrainmcp.OpenStore(opentrainmcp.StoreConfig{URL: server.URL(), BaseURL: "x", StateKeys: [][]byte{make([]byte, 32)}}); err == nil {
		t.Error("a base URL that isn't one is accepted")
	}
}

// sharing are replicas with one store.
type sharing struct {
	t        *testing.T
	redis    *redistest.Server
	replicas []*remote
	stores   []*opentrainmcp.RedisStore
}

// share starts three replicas and a Redis for them.
func share(t *testing.T, api http.RoundTripper, change func(*opentrainmcp.HTTPConfig)) *sharing {
	t.Helper()
	s := &sharing{t: t, redis: redistest.Start(t)}
	keys := [][]byte{bytes.Repeat([]byte{7}, 32)}
	box, err := seal.New(keys...)
	if err != nil {
		t.Fatal(err)
	}
	for range 3 {
		// As OpenStore does it, with a long time-out: the machine may be busy.
		shared, err := store.Open(store.Config{URL: s.redis.URL(), Box: box, Timeout: patience, Logger: slog.New(slog.DiscardHandler)})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { shared.Close() }) //nolint:errcheck // the test is over
		s.stores = append(s.stores, shared)
		s.replicas = append(s.replicas, startHTTPSharing(t, api, shared.ForClient(), func(c *opentrainmcp.HTTPConfig) {
			c.Confirm, c.StateKeys, c.Replicated, c.Store = opentrainmcp.Auto, keys, true, shared
			if change != nil {
				change(c)
			}
		}))
	}
	return s
}

// connected waits until all replicas have Redis, or have noticed that it's gone.
func (s *sharing) connected(want bool) {
	s.t.Helper()
	started := time.Now()
	eventually(s.t, "all replicas notice", func() bool {
		return !slices.ContainsFunc(s.stores, func(shared *opentrainmcp.RedisStore) bool { return shared.Connected() != want })
	})
	if took := time.Since(started); took > 30*time.Second {
		s.t.Errorf("connected %v after %v", want, took)
	}
}

// sent is how often the replicas sent a request in all.
func (s *sharing) sent(request string) (times int) {
	for _, each := range s.replicas {
		for _, made := range each.api.seen() {
			if made == request {
				times++
			}
		}
	}
	return times
}

// TestSharedConfirmations: a change through one replica voids a confirmation at the others, and so do a yes that was used
// and a no.
func TestSharedConfirmations(t *testing.T) {
	t.Parallel()
	// The API's own clock stands still, so that only the store tells the replicas of a change.
	still := time.Now()
	s := share(t, sandbox.New(sandbox.Config{Now: func() time.Time { return still }}).Transport(), nil)
	token := []string{tokenHeader, sandbox.DemoToken}
	first, second, third := s.replicas[0], s.replicas[1], s.replicas[2]
	first.call("opentrain_create_draft", map[string]any{"description": demo.SampleDescription}, token...)
	before := first.call("opentrain_patch_draft", completing(), token...).next(t)
	second.call("opentrain_patch_draft", patch("pricePerHour", 30), token...)
	for name, at := range map[string]*remote{"first": first, "third": third} {
		got := at.call(before.Tool, before.Arguments, token...)
		if next := got.next(t); next.Action != tool.ConfirmWithHuman || !strings.Contains(next.Note, "has changed since the human saw it") {
			t.Errorf("%s: %s", name, got.text)
		}
	}
	now := third.call("opentrain_publish", job(), token...).next(t)
	if got := second.call(now.Tool, now.Arguments, token...); !strings.Contains(got.text, "is live") {
		t.Fatal(got.text)
	}
	edit := func(price int) tool.Next {
		return first.call("opentrain_update_job", patch("pricePerHour", price), token...).next(t)
	}
	again := edit(33)
	if got := third.call(again.Tool, again.Arguments, token...); !strings.Contains(got.text, "was changed") {
		t.Fatal(got.text)
	}
	got := first.call(again.Tool, again.Arguments, token...)
	if !strings.Contains(got.text, "already has these values. Nothing was changed.") {
		t.Errorf("used at another replica: %s", got.text)
	}
}

// TestSharedDrafts: OpenTrain answers a patch in its short form, and the replica that sent it knows the rest from another one.
func TestSharedDrafts(t *testing.T) {
	t.Parallel()
	box := sandbox.New(sandbox.Config{}).Transport()
	const short = `{"jobId":"job_1","status":"DRAFT","validation":{"publishReady":false,"missingFieldCount":1,"missingFields":["dataVolumeUnit"]}}`
	s := share(t, roundTripper(func(r *http.Request) (*http.Response, error) {
		if r.Method == http.MethodPatch {
			return answering(http.StatusOK, short).RoundTrip(r)
		}
		return box.RoundTrip(r)
	}), nil)
	token := []string{tokenHeader, sandbox.DemoToken}
	s.replicas[0].call("opentrain_create_draft", map[string]any{"description": demo.SampleDescription}, token...)
	for _, each := range s.replicas[1:] {
		got := each.call("opentrain_patch_draft", patch("experienceLevel", "EXPERT"), token...)
		if next := got.next(t); next.Question != "What unit is the data volume in?" || !strings.Contains(string(got.structured), `"pricePerHour":18`) {
			t.Errorf("%s", got.text)
		}
	}
}

// TestOneYesAtOnce: the same yes comes to three replicas in the same moment, and OpenTrain sees one write.
func TestOneYesAtOnce(t *testing.T) {
	t.Parallel()
	clock := &standInClock{now: time.Now()}
	transport := sandbox.New(sandbox.Config{Now: clock.read, DecideAfter: 1}).Transport()
	unasked := startHTTPWith(t, transport, func(c *opentrainmcp.HTTPConfig) { c.Toolsets = []string{"all"} })
	ids := hired(t, unasked.endpoint, clock)
	held := &meeting{next: transport, path: "/api/public/v1/messages", open: make(chan struct{})}
	s := share(t, held, func(c *opentrainmcp.HTTPConfig) { c.Toolsets = []string{"all"} })
	arguments := map[string]any{"conversationId": ids["conversation"], "content": "When can you start?"}
	next := s.replicas[0].call(tool.SendMessage, arguments, tokenHeader, sandbox.DemoToken).next(t)
	maps.Copy(arguments, next.Arguments)
	var calls sync.WaitGroup
	answers := make(chan answer, 3)
	for _, each := range s.replicas {
		calls.Go(func() { answers <- each.call(tool.SendMessage, arguments, tokenHeader, sandbox.DemoToken) })
	}
	// The one that writes is held until the others are answered: they look before they ask again.
	var looks int
	for range 2 {
		if got := <-answers; got.next(t).Action == tool.CallTool {
			looks++
		}
	}
	close(held.open)
	calls.Wait()
	if got := <-answers; got.isError || looks != 2 || s.sent("POST /api/public/v1/messages") != 1 {
		t.Errorf("%d look, sent %d times: %s", looks, s.sent("POST /api/public/v1/messages"), got.text)
	}
}

// meeting holds the POSTs to a path until it opens.
type meeting struct {
	next http.RoundTripper
	path string
	open chan struct{}
}

func (m *meeting) RoundTrip(r *http.Request) (*http.Response, error) {
	if r.Method == http.MethodPost && r.URL.Path == m.path {
		<-m.open
	}
	return m.next.RoundTrip(r)
}

// TestStoreLost: Redis is killed and started again. No call fails, and no yes from before counts.
func TestStoreLost(t *testing.T) {
	t.Parallel()
	s := share(t, sandbox.New(sandbox.Config{}).Transport(), nil)
	token := []string{tokenHeader, sandbox.DemoToken}
	say := func(at int, name string, arguments map[string]any) answer {
		t.Helper()
		got := s.replicas[at].call(name, arguments, token...)
		if got.isError {
			t.Errorf("%s at %d: %s", name, at, got.text)
		}
		return got
	}
	say(0, "opentrain_create_draft", map[string]any{"description": demo.SampleDescription})
	before := say(1, "opentrain_patch_draft", completing()).next(t)
	s.redis.Kill()
	unknown := func(at int, asked tool.Next) tool.Next {
		t.Helper()
		got := say(at, asked.Tool, asked.Arguments)
		next := got.next(t)
		if next.Action != tool.ConfirmWithHuman {
			t.Errorf("a yes from before counts: %s", got.text)
		}
		return next
	}
	unknown(2, before)
	s.connected(false)
	alone := unknown(1, before)
	s.redis.Restart()
	s.connected(true)
	unknown(0, before)
	unknown(1, alone)
	say(2, "opentrain_patch_draft", patch("pricePerHour", 30))
	s.redis.Kill()
	s.connected(false)
	alone = say(1, "opentrain_publish", job()).next(t)
	if got := say(1, alone.Tool, alone.Arguments); !strings.Contains(got.text, "is live") {
		t.Errorf("no yes counts without Redis: %s", got.text)
	}
}

// TestSharedKeys: the same description at every replica is one draft, even where one doesn't learn whose token it is and
// so would make another key.
func TestSharedKeys(t *testing.T) {
	t.Parallel()
	var down atomic.Bool
	box := sandbox.New(sandbox.Config{}).Transport()
	s := share(t, roundTripper(func(r *http.Request) (*http.Response, error) {
		if down.Load() && strings.HasSuffix(r.URL.Path, "/auth/me") {
			return nil, errors.New("down")
		}
		return box.RoundTrip(r)
	}), nil)
	keys := map[string]bool{}
	for i, each := range s.replicas {
		got := each.call("opentrain_create_draft", map[string]any{"description": demo.SampleDescription}, tokenHeader, sandbox.DemoToken)
		var draft struct {
			JobID, IdempotencyKey string
			AlreadyCreated        bool
		}
		if err := json.Unmarshal(got.structured, &draft); err != nil || draft.JobID != "job_1" || draft.AlreadyCreated != (i > 0) {
			t.Errorf("replica %d: %s", i, got.text)
		}
		keys[draft.IdempotencyKey] = true
		down.Store(true)
	}
	if len(keys) != 1 {
		t.Errorf("%d keys", len(keys))
	}
}
