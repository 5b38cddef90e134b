package acceptance_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	opentrainmcp "opentrain-mcp"
	"opentrain-mcp/opentrain"
)

// creator calls a server over HTTP, in the time of a test's bubble. The API knows two accounts: the tokens "one" and
// "two" belong to the first, "other" belongs to the second.
type creator struct {
	t      *testing.T
	api    *standIn
	server http.Handler
}

// inBubble runs a test at ten seconds to midnight, UTC.
func inBubble(t *testing.T, test func(*creator)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		pass(24*time.Hour - 10*time.Second)
		c := &creator{t: t, api: newStandIn(nil)}
		for token, account := range map[string]string{"one": "employer", "two": "employer", "other": "another"} {
			c.api.account(standInAccount{id: account})
			c.api.token(token, account)
		}
		c.restart()
		test(c)
	})
}

// pass lets the time of a test's bubble pass.
func pass(d time.Duration) { time.Sleep(d) } //nolint:forbidigo // nothing is waited for

// restart replaces the server by a new one, which remembers nothing.
func (c *creator) restart() {
	c.t.Helper()
	api, err := opentrain.New(opentrain.Config{Transport: c.api})
	if err != nil {
		c.t.Fatal(err)
	}
	handler, err := opentrainmcp.NewHTTPHandler(opentrainmcp.HTTPConfig{
		Config: opentrainmcp.Config{API: api}, AllowedHosts: []string{"example.com"},
	})
	if err != nil {
		c.t.Fatal(err)
	}
	c.server = handler
	c.t.Cleanup(func() {
		if err := handler.Shutdown(context.Background()); err != nil {
			c.t.Error(err)
		}
	})
}

// create creates a draft of some words and describes the outcome: the job, and whether it was there before.
func (c *creator) create(token, words string, more ...any) string {
	c.t.Helper()
	arguments := map[string]any{"description": words}
	for i := 0; i+1 < len(more); i += 2 {
		arguments[fmt.Sprint(more[i])] = more[i+1]
	}
	body := modernRPC("opentrain_create_draft", arguments, `{}`)
	r := httptest.NewRequestWithContext(c.t.Context(), http.MethodPost, "http://example.com/mcp", strings.NewReader(body))
	headers := modernHeaders("tools/call", "opentrain_create_draft", tokenHeader, token, "Content-Type", "application/json",
		"Accept", "application/json, text/event-stream")
	for i := 0; i+1 < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	w := httptest.NewRecorder()
	c.server.ServeHTTP(w, r)
	_, data, found := strings.Cut(w.Body.String(), "data: ")
	if !found {
		data = w.Body.String()
	}
	got := parseAnswer(c.t, data)
	if got.rpcError != nil {
		c.t.Fatal(got.rpcError.Message)
	}
	if got.isError {
		return string(got.failure.Code)
	}
	var draft struct {
		JobID          string
		AlreadyCreated bool
	}
	if err := json.Unmarshal(got.structured, &draft); err != nil {
		c.t.Error(err)
	}
	if says := strings.Contains(got.text, "This draft was created by an earlier call"); says != draft.AlreadyCreated {
		c.t.Errorf("alreadyCreated %v, but the text is %s", draft.AlreadyCreated, got.text)
	}
	if draft.AlreadyCreated {
		return draft.JobID + " again"
	}
	return draft.JobID
}

// check checks how many drafts there are.
func (c *creator) check(drafts int) {
	c.t.Helper()
	created := map[string]bool{}
	for _, r := range c.api.arrived("POST /job-drafts") {
		if r.status == http.StatusCreated {
			created[r.answer] = true
		}
	}
	if len(created) != drafts {
		c.t.Errorf("%d drafts were created", len(created))
	}
}

// TestRepeatedCreateFindsItsDraft: a create that is repeated within 24 hours finds its draft, whatever happens
// meanwhile.
func TestRepeatedCreateFindsItsDraft(t *testing.T) {
	type step struct {
		after       time.Duration
		token, want string
	}
	down := func(c *creator) func() { return c.api.fail("GET /auth/me", 0, http.StatusServiceUnavailable, "") }
	for name, test := range map[string]struct {
		steps  []step
		before map[int]func(*creator) // the step of this index
		drafts int
	}{
		"at once":                 {steps: []step{{0, "one", "job_1"}, {0, "one", "job_1 again"}}, drafts: 1},
		"over midnight":           {steps: []step{{0, "one", "job_1"}, {time.Minute, "one", "job_1 again"}}, drafts: 1},
		"within 24 hours":         {steps: []step{{0, "one", "job_1"}, {24*time.Hour - time.Second, "one", "job_1 again"}}, drafts: 1},
		"after 24 hours":          {steps: []step{{0, "one", "job_1"}, {24*time.Hour + time.Second, "one", "job_2"}}, drafts: 2},
		"24 hours since each use": {steps: []step{{0, "one", "job_1"}, {15 * time.Hour, "one", "job_1 again"}, {15 * time.Hour, "one", "job_1 again"}}, drafts: 1},
		"another token":           {steps: []step{{0, "one", "job_1"}, {0, "two", "job_1 again"}, {time.Minute, "two", "job_1 again"}}, drafts: 1},
		"another account":         {steps: []step{{0, "one", "job_1"}, {0, "other", "job_2"}, {time.Minute, "other", "job_2 again"}}, drafts: 2},
		"a restart, another token": {
			steps:  []step{{0, "one", "job_1"}, {0, "two", "job_1"}},
			before: map[int]func(*creator){1: (*creator).restart}, drafts: 1,
		},
		"account unknown at first": {
			steps: []step{{0, "one", "job_1"}, {time.Minute, "one", "job_1 again"}, {0, "two", "job_1 again"}},
			before: map[int]func(*creator){0: func(c *creator) {
				c.api.hook(standInHook{on: "GET /auth/me", before: func(r *standInRequest) {
					if time.Now().Day() == 1 {
						r.status = http.StatusServiceUnavailable
					}
				}})
			}}, drafts: 1,
		},
		"account unknown later": {
			steps:  []step{{0, "one", "job_1"}, {2 * time.Hour, "one", "job_1 again"}},
			before: map[int]func(*creator){1: func(c *creator) { down(c) }}, drafts: 1,
		},
		"account never known": {
			steps:  []step{{0, "one", "job_1"}, {time.Minute, "one", "job_1 again"}},
			before: map[int]func(*creator){0: func(c *creator) { down(c) }}, drafts: 1,
		},
		"the answer was lost": {
			steps: []step{{0, "one", "NETWORK"}, {time.Minute, "one", "job_1"}},
			before: map[int]func(*creator){0: func(c *creator) {
				for n := range 3 { // as often as the client tries
					c.api.hook(standInHook{on: "POST /job-drafts", nth: n + 1, drop: dropAfter})
				}
			}}, drafts: 1,
		},
	} {
		t.Run(name, func(t *testing.T) {
			inBubble(t, func(c *creator) {
				for i, step := range test.steps {
					if before := test.before[i]; before != nil {
						before(c)
					}
					pass(step.after)
					if got := c.create(step.token, "Label photos of cats"); got != step.want {
						t.Errorf("step %d: %s, want %s", i+1, got, step.want)
					}
				}
				c.check(test.drafts)
			})
		})
	}
}

// TestCreateUnderWayOverMidnight: a create that is repeated while the first call still waits makes no second draft.
func TestCreateUnderWayOverMidnight(t *testing.T) {
	inBubble(t, func(c *creator) {
		arrived, release := c.api.hold("POST /job-drafts", 1)
		first := make(chan string)
		go func() { first <- c.create("one", "Label photos of cats") }()
		<-arrived
		pass(15 * time.Second)
		if got := c.create("one", "Label photos of cats"); got != "job_1" {
			t.Errorf("got %s", got)
		}
		release()
		if got := <-first; got != "job_1 again" {
			t.Errorf("got %s", got)
		}
		c.check(1)
	})
}

// TestKeysOfCreates: other content gets another key, and the key of a refused create isn't kept.
func TestKeysOfCreates(t *testing.T) {
	inBubble(t, func(c *creator) {
		keys := map[string]bool{}
		last := func() string {
			all := c.api.arrived("POST /job-drafts")
			body := all[len(all)-1].body
			_, key, _ := strings.Cut(body, `"idempotencyKey":"`)
			key, _, _ = strings.Cut(key, `"`)
			keys[key] = true
			return key
		}
		remove := c.api.fail("POST /job-drafts", 0, http.StatusBadRequest, `{"error":"No.","code":"BAD_REQUEST"}`)
		c.create("one", "Label photos of cats")
		refused := last()
		remove()
		pass(time.Minute)
		if got := c.create("one", "Label photos of cats"); got != "job_1" || last() == refused {
			t.Errorf("%s with the refused key", got)
		}
		for _, other := range []string{
			c.create("one", "Label photos of dogs"), c.create("one", "Label photos of cats", "externalId", "x"),
			c.create("other", "Label photos of cats"), c.create("one", "Label photos of cats", "idempotencyKey", "mine"),
		} {
			if other == "job_1" || strings.HasSuffix(other, "again") {
				t.Errorf("got %s", other)
			}
		}
		if got := c.create("one", "Label photos of cats", "idempotencyKey", "mine"); got != "job_5 again" {
			t.Errorf("the caller's own key: %s", got)
		}
		c.check(5)
	})
}

// TestAccountIsReadOnce: the account behind a token is read once an hour, also for many calls at a time.
func TestAccountIsReadOnce(t *testing.T) {
	inBubble(t, func(c *creator) {
		c.api.hook(standInHook{on: "GET /auth/me", before: func(*standInRequest) { pass(time.Second) }})
		create := func() {
			var all sync.WaitGroup
			for n := range 20 {
				all.Go(func() { c.create("one", fmt.Sprint("Label photos of cats ", n)) })
			}
			all.Wait()
		}
		for _, reads := range []int{1, 1, 2} {
			create()
			if got := len(c.api.arrived("GET /auth/me")); got != reads {
				t.Errorf("read %d times, want %d", got, reads)
			}
			pass(40 * time.Minute)
		}
	})
}
