package acceptance_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"opentrain-mcp/opentrain/sandbox"
)

// watchedAPI is a sandbox that counts the calls it receives. It can delay its
// answers to a replica.
type watchedAPI struct {
	t       testing.TB
	sandbox *sandbox.Sandbox
	delayed chan string // the replica of each answer that waits

	mu       sync.Mutex
	barriers map[string]chan struct{}       // by replica
	seen     map[string]int                 // by method, path and body
	made     map[string]map[string]struct{} // by idempotency key: the drafts
}

// address is where one replica reaches the API.
func (w *watchedAPI) address(t *testing.T, replica string) string {
	server := httptest.NewServer(http.HandlerFunc(func(out http.ResponseWriter, r *http.Request) { w.serve(out, r, replica) }))
	t.Cleanup(func() { w.release(); server.Close() })
	return server.URL
}

func (w *watchedAPI) serve(out http.ResponseWriter, r *http.Request, replica string) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return // the replica is gone
	}
	r.Body = io.NopCloser(bytes.NewReader(body))
	answer := httptest.NewRecorder()
	w.sandbox.ServeHTTP(answer, r)
	w.note(r, body, answer.Body.Bytes())
	w.mu.Lock()
	barrier := w.barriers[replica]
	w.mu.Unlock()
	if barrier != nil {
		w.delayed <- replica
		<-barrier
	}
	for name, values := range answer.Header() {
		out.Header()[name] = values
	}
	out.WriteHeader(answer.Code)
	out.Write(answer.Body.Bytes()) //nolint:errcheck // the replica sees it
}

func (w *watchedAPI) note(r *http.Request, body, answer []byte) {
	var asked struct {
		Source struct{ IdempotencyKey string }
	}
	var answered struct{ JobID string }
	draft := r.Method == http.MethodPost && json.Unmarshal(body, &asked) == nil && json.Unmarshal(answer, &answered) == nil
	w.mu.Lock()
	defer w.mu.Unlock()
	w.seen[r.Method+" "+r.URL.Path+" "+string(body)]++
	if draft {
		if w.made[asked.Source.IdempotencyKey] == nil {
			w.made[asked.Source.IdempotencyKey] = map[string]struct{}{}
		}
		w.made[asked.Source.IdempotencyKey][answered.JobID] = struct{}{}
	}
}

// delay makes the answers to some replicas wait, from now on.
func (w *watchedAPI) delay(replicas ...string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	barrier := make(chan struct{})
	for _, replica := range replicas {
		w.barriers[replica] = barrier
	}
}

// release sends the answers that wait.
func (w *watchedAPI) release() {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, barrier := range w.barriers {
		select {
		case <-barrier:
		default:
			close(barrier)
		}
	}
	clear(w.barriers)
}

// waitDelayed waits until a number of answers are delayed, and counts them by replica.
func (w *watchedAPI) waitDelayed(calls int) map[string]int {
	w.t.Helper()
	by := map[string]int{}
	for late := time.After(patience); calls > 0; calls-- {
		select {
		case replica := <-w.delayed:
			by[replica]++
		case <-late:
			w.t.Fatalf("%d calls did not reach the API; %v did", calls, by)
		}
	}
	return by
}

// checkWrites checks that no patch arrived twice and no key created two drafts.
func (w *watchedAPI) checkWrites() {
	w.t.Helper()
	w.mu.Lock()
	defer w.mu.Unlock()
	patches := 0
	for request, times := range w.seen {
		if !strings.HasPrefix(request, http.MethodPatch) {
			continue
		}
		patches++
		if times > 1 {
			w.t.Errorf("sent %d times: %s", times, request)
		}
	}
	for key, drafts := range w.made {
		if len(drafts) != 1 {
			w.t.Errorf("key %s made %d drafts", key, len(drafts))
		}
	}
	if patches < callersAtOnce || len(w.made) < callersAtOnce {
		w.t.Errorf("only %d patches and %d drafts", patches, len(w.made))
	}
	w.t.Logf("at the API: %d different patches, %d drafts", patches, len(w.made))
}

func watchAPI(t *testing.T) *watchedAPI {
	w := &watchedAPI{
		t:       t,
		sandbox: sandbox.New(sandbox.Config{}), delayed: make(chan string, 10*callersAtOnce),
		barriers: map[string]chan struct{}{}, seen: map[string]int{}, made: map[string]map[string]struct{}{},
	}
	t.Cleanup(w.release)
	return w
}

// startCallers starts many callers at once.
func (d *deployment) startCallers() *concurrentCallers {
	c := &concurrentCallers{d: d, leaving: make(chan struct{}), made: make(chan struct{}, 100_000)}
	for number := range callersAtOnce {
		c.callers.Go(func() { c.work(number) })
	}
	return c
}

// concurrentCallers are many callers at once, each of whom makes one call after another.
type concurrentCallers struct {
	d       *deployment
	callers sync.WaitGroup
	leaving chan struct{}
	made    chan struct{} // one for each call

	mu       sync.Mutex
	calls    int
	failures []outcome
}

// work is one caller, who creates drafts with unique keys, sends patches that all
// differ, and reads now and then.
func (c *concurrentCallers) work(number int) {
	var draft string
	for n := 0; ; n++ {
		select {
		case <-c.leaving:
			return
		default:
		}
		switch name := fmt.Sprintf("%d-%d", number, n); {
		case n%10 == 0:
			arguments := map[string]any{"description": "Label 100 photos, batch " + name, "idempotencyKey": "key-" + name}
			made := c.note(c.d.attempt("opentrain_create_draft", arguments))
			if made.problem != "" { // the key makes it safe to repeat
				made = c.note(c.d.attempt("opentrain_create_draft", arguments))
			}
			draft = made.jobID
		case n == 7: // once: reads without a token have a budget
			c.note(c.d.attempt("opentrain_search_jobs", map[string]any{"q": "photos " + name}))
		case n%3 == 0:
			c.note(c.d.attempt("opentrain_list_jobs", map[string]any{"limit": 2}))
		default:
			fields := map[string]any{"labelingOverview": "Answer " + name}
			c.note(c.d.attempt("opentrain_patch_draft", map[string]any{"jobId": draft, "fields": fields}))
		}
	}
}

func (c *concurrentCallers) note(got outcome) outcome {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.calls++
	if got.problem != "" {
		c.failures = append(c.failures, got)
	}
	c.made <- struct{}{}
	return got
}

// waitFor waits until the callers have made a number of further calls.
func (c *concurrentCallers) waitFor(calls int) {
	c.d.t.Helper()
	for late := time.After(patience); calls > 0; calls-- {
		select {
		case <-c.made:
		case <-late:
			c.d.t.Fatalf("%d calls are missing", calls)
		}
	}
}

// leave lets the callers finish their calls, and returns the failures.
func (c *concurrentCallers) leave() []outcome {
	close(c.leaving)
	c.callers.Wait()
	c.d.t.Logf("%d calls, %d failed", c.calls, len(c.failures))
	return c.failures
}

// lost checks that calls failed only because their replica was killed, and none later.
func lost(t *testing.T, failures []outcome, killed time.Time) {
	t.Helper()
	for _, failure := range failures {
		if failure.status != http.StatusBadGateway && !failure.cut || failure.started.After(killed) {
			t.Errorf("%s, %v after the end of the replica: %s", failure.tool, failure.started.Sub(killed), failure.problem)
		}
	}
}
