package opentrain_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"runtime"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"opentrain-mcp/opentrain"
)

// market is an API that numbers its responses. It holds requests back until release is closed.
type market struct {
	header  http.Header
	status  int
	body    string // "" for a page of jobs
	release chan struct{}
	fail    bool
	panics  bool

	mu    sync.Mutex
	calls []*http.Request
}

func (m *market) RoundTrip(r *http.Request) (*http.Response, error) {
	m.mu.Lock()
	m.calls = append(m.calls, r)
	n, release, status, body, fail, panics := len(m.calls), m.release, m.status, m.body, m.fail, m.panics
	m.mu.Unlock()
	if release != nil {
		select {
		case <-release:
		case <-r.Context().Done():
			return nil, r.Context().Err()
		}
	}
	switch {
	case panics:
		panic("broken transport")
	case fail:
		return nil, errors.New("broken")
	case r.Method != http.MethodGet && body == "":
		body = `{"jobId":"j","status":"OPEN"}`
	case body == "":
		body = fmt.Sprintf(`{"jobs":[{"id":"answer_%d"}],"nextCursor":null}`, n)
	}
	if status == 0 {
		status = http.StatusOK
	}
	return &http.Response{
		StatusCode: status, Header: m.header.Clone(), Body: io.NopCloser(strings.NewReader(body)), Request: r,
	}, nil
}

func (m *market) count() int {
	m.mu.Lock()
	defer m.mu.Unlock()
	return len(m.calls)
}

func (m *market) set(change func(*market)) {
	m.mu.Lock()
	defer m.mu.Unlock()
	change(m)
}

func cacheable(value string, more ...string) http.Header {
	header := http.Header{"Content-Type": {"application/json"}, "Cache-Control": {value}}
	for i := 0; i+1 < len(more); i += 2 {
		header.Set(more[i], more[i+1])
	}
	return header
}

func marketClient(t *testing.T, m *market) *opentrain.Client {
	t.Helper()
	client, err := opentrain.New(opentrain.Config{Transport: m, PublicReadBudget: -1})
	if err != nil {
		t.Fatal(err)
	}
	return client
}

// search returns the job ID of the response, which contains the number of requests so far.
func search(t *testing.T, ctx context.Context, client *opentrain.Client, text string) string { //nolint:revive // t first, as everywhere
	t.Helper()
	page, err := client.SearchJobs(ctx, opentrain.JobQuery{Text: text})
	if err != nil {
		t.Fatal(err)
	}
	return page.Jobs[0].ID
}

// TestPublicReadsAreKept: how long a response is used, depending on its headers.
func TestPublicReadsAreKept(t *testing.T) {
	const documented = "public, s-maxage=300, stale-while-revalidate=3600"
	for name, test := range map[string]struct {
		header http.Header
		fresh  time.Duration // until then, no request
		stale  time.Duration // until then, the old response and a request in the background
	}{
		"as documented":           {cacheable(documented), 300 * time.Second, 3900 * time.Second},
		"partly aged":             {cacheable(documented, "Age", "100"), 200 * time.Second, 3800 * time.Second},
		"aged":                    {cacheable(documented, "Age", "300"), 0, 3600 * time.Second},
		"s-maxage before max-age": {cacheable("max-age=10, s-maxage=60"), 60 * time.Second, 60 * time.Second},
		"max-age":                 {cacheable("public, max-age=60"), 60 * time.Second, 60 * time.Second},
		"expires": {
			cacheable("", "Date", "Mon, 01 Jan 2001 00:00:00 GMT", "Expires", "Mon, 01 Jan 2001 00:01:00 GMT"),
			60 * time.Second, 60 * time.Second,
		},
		"no-store":        {cacheable("no-store, s-maxage=60"), 0, 0},
		"no-cache":        {cacheable("no-cache, s-maxage=60"), 0, 0},
		"private":         {cacheable("private, max-age=60"), 0, 0},
		"must revalidate": {cacheable("s-maxage=60, stale-while-revalidate=600, must-revalidate"), 60 * time.Second, 60 * time.Second},
		"no header":       {cacheable(""), 0, 0},
		"heuristic":       {cacheable("", "Last-Modified", "Mon, 01 Jan 1990 00:00:00 GMT"), 0, 0},
		"vary":            {cacheable(documented, "Vary", "*"), 0, 0},
		"invalid":         {cacheable("s-maxage=soon"), 0, 0},
		"zero seconds":    {cacheable("s-maxage=0"), 0, 0},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				m := &market{header: test.header}
				client := marketClient(t, m)
				search(t, t.Context(), client, "x")
				if test.fresh > 0 {
					time.Sleep(test.fresh - time.Second) //nolint:forbidigo // fake time
					if got := search(t, t.Context(), client, "x"); got != "answer_1" || m.count() != 1 {
						t.Errorf("while fresh: %s after %d requests", got, m.count())
					}
					time.Sleep(time.Second) //nolint:forbidigo // fake time
				}
				want := "answer_2"
				if test.stale > test.fresh {
					want = "answer_1"
				}
				got := search(t, t.Context(), client, "x")
				synctest.Wait()
				if got != want || m.count() != 2 {
					t.Errorf("when no longer fresh: %s after %d requests", got, m.count())
				}
				if want == "answer_1" { // the renewed one is used now
					if got := search(t, t.Context(), client, "x"); test.fresh > 0 && got != "answer_2" {
						t.Errorf("after the renewal: %s", got)
					}
					time.Sleep(test.stale + test.fresh) //nolint:forbidigo // fake time
					before := m.count()
					if got := search(t, t.Context(), client, "x"); got != fmt.Sprintf("answer_%d", before+1) {
						t.Errorf("when too old: %s after %d requests", got, before)
					}
				}
			})
		})
	}
}

// TestOnlyAnswersOfTheAPIAreKept: errors and responses that are not the API's are never cached, even if their
// headers allow it.
func TestOnlyAnswersOfTheAPIAreKept(t *testing.T) {
	for name, test := range map[string]struct {
		status int
		body   string
	}{
		"a web page":   {200, "<html>"},
		"a list":       {200, "[]"},
		"nothing":      {200, ""},
		"not found":    {404, `{"error":"no","code":"NOT_FOUND"}`},
		"limited":      {429, `{"error":"no","code":"RATE_LIMITED"}`},
		"server error": {500, `{"error":"no","code":"INTERNAL_ERROR"}`},
	} {
		m := &market{header: cacheable("public, s-maxage=300"), status: test.status, body: test.body}
		if test.body == "" {
			m.body = " "
		}
		client := marketClient(t, m)
		for range 2 {
			if _, err := client.GetJob(t.Context(), "j"); err == nil {
				t.Errorf("%s: no error", name)
			}
		}
		if m.count() != 2 {
			t.Errorf("%s: %d requests", name, m.count())
		}
	}
	closed := &market{header: cacheable("public, s-maxage=300"), status: 404, body: `{"id":"j","status":"closed"}`}
	client := marketClient(t, closed)
	for range 2 {
		if job, err := client.GetJob(t.Context(), "j"); err != nil || job.Status != opentrain.StatusClosed {
			t.Errorf("%+v %v", job, err)
		}
	}
	if closed.count() != 1 {
		t.Errorf("a closed job: %d requests", closed.count())
	}
}

// TestFailedRenewal: a stale response is used while the API fails, with a pause between the renewals.
func TestFailedRenewal(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := &market{header: cacheable("s-maxage=10, stale-while-revalidate=600")}
		client := marketClient(t, m)
		search(t, t.Context(), client, "x")
		time.Sleep(20 * time.Second) //nolint:forbidigo // fake time
		m.set(func(m *market) { m.status, m.body = 500, `{"error":"down","code":"INTERNAL_ERROR"}` })
		for range 50 {
			if got := search(t, t.Context(), client, "x"); got != "answer_1" {
				t.Errorf("%s", got)
			}
			synctest.Wait()
		}
		if n := m.count(); n != 2 {
			t.Errorf("%d requests", n)
		}
		m.set(func(m *market) { m.status, m.body = 0, "" })
		time.Sleep(11 * time.Second) //nolint:forbidigo // fake time
		search(t, t.Context(), client, "x")
		synctest.Wait()
		if got := search(t, t.Context(), client, "x"); got != "answer_3" {
			t.Errorf("after the outage: %s", got)
		}
	})
}

// TestCacheIsBounded: the cache drops the oldest responses above its size limit.
func TestCacheIsBounded(t *testing.T) {
	m := &market{header: cacheable("s-maxage=300"), body: `{"jobs":[{"id":"j","summary":"` + strings.Repeat("x", 2<<20-8<<10) + `"}]}`}
	client := marketClient(t, m)
	for _, step := range []struct {
		text     string
		requests int
	}{{"1", 1}, {"2", 2}, {"3", 3}, {"3", 3}, {"4", 4}, {"4", 4}, {"1", 4}, {"5", 5}, {"5", 5}, {"2", 6}} {
		if search(t, t.Context(), client, step.text); m.count() != step.requests {
			t.Fatalf("search %s: %d requests, want %d", step.text, m.count(), step.requests)
		}
	}
}

// TestResultsAreDecodedOnce: callers share the decoded value.
func TestResultsAreDecodedOnce(t *testing.T) {
	client := marketClient(t, &market{header: cacheable("s-maxage=300")})
	first, err := client.SearchJobs(t.Context(), opentrain.JobQuery{})
	if err != nil {
		t.Fatal(err)
	}
	second, err := client.SearchJobs(t.Context(), opentrain.JobQuery{})
	if err != nil || &first.Jobs[0] != &second.Jobs[0] {
		t.Errorf("decoded twice (%v)", err)
	}
}

// TestRenewals: there is one renewal at a time, a response that must not be cached replaces the old one, and
// each request carries the trace of its caller.
func TestRenewals(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := &market{header: cacheable("s-maxage=10, stale-while-revalidate=600")}
		client := marketClient(t, m)
		search(t, t.Context(), client, "x")
		time.Sleep(20 * time.Second) //nolint:forbidigo // fake time
		release := make(chan struct{})
		m.set(func(m *market) { m.release = release })
		before := runtime.NumGoroutine()
		for range 500 {
			search(t, t.Context(), client, "x")
		}
		if extra := runtime.NumGoroutine() - before; extra > 5 {
			t.Errorf("%d goroutines for one renewal", extra)
		}
		m.set(func(m *market) { m.release, m.header = nil, cacheable("no-store") })
		close(release)
		synctest.Wait()
		if got := search(t, t.Context(), client, "x"); got != "answer_3" {
			t.Errorf("the old response is still used: %s", got)
		}
	})
	synctest.Test(t, func(t *testing.T) {
		m := &market{header: http.Header{}, release: make(chan struct{})}
		client := marketClient(t, m)
		traced := func(parent string) context.Context {
			return opentrain.WithTrace(t.Context(), &opentrain.Trace{Traceparent: parent})
		}
		answers := make(chan string, 2)
		for _, parent := range []string{"first", "second"} {
			go func() { answers <- search(t, traced(parent), client, "x") }()
			synctest.Wait()
		}
		close(m.release)
		<-answers
		<-answers
		search(t, traced("third"), client, "x")
		if got := []string{m.calls[0].Header.Get("Traceparent"), m.calls[1].Header.Get("Traceparent")}; fmt.Sprint(got) != "[first third]" {
			t.Errorf("%v", got)
		}
	})
}
