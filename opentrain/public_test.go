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

// market is an API whose answers count up. A hold keeps requests back until it
// is closed.
type market struct {
	header http.Header
	status int
	body   string // "" for a page of jobs
	hold   chan struct{}
	fail   bool

	mu    sync.Mutex
	calls []*http.Request
}

func (m *market) RoundTrip(r *http.Request) (*http.Response, error) {
	m.mu.Lock()
	m.calls = append(m.calls, r)
	n, hold, status, body, fail := len(m.calls), m.hold, m.status, m.body, m.fail
	m.mu.Unlock()
	if hold != nil {
		select {
		case <-hold:
		case <-r.Context().Done():
			return nil, r.Context().Err()
		}
	}
	switch {
	case fail:
		return nil, errors.New("broken")
	case r.Method != http.MethodGet:
		body = `{"jobId":"j","status":"OPEN"}`
	case body == "":
		body = fmt.Sprintf(`{"jobs":[{"id":"answer_%d"}],"nextCursor":null}`, n)
	}
	if status == 0 {
		status = http.StatusOK
	}
	return &http.Response{StatusCode: status, Header: m.header.Clone(), Body: io.NopCloser(strings.NewReader(body)), Request: r}, nil
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

// search returns the id in the answer, which says how many requests there had
// been when it was made.
func search(t *testing.T, ctx context.Context, client *opentrain.Client, text string) string { //nolint:revive // t first, as everywhere
	t.Helper()
	page, err := client.SearchJobs(ctx, opentrain.JobQuery{Text: text})
	if err != nil {
		t.Fatal(err)
	}
	return page.Jobs[0].ID
}

// TestPublicReadsAreKept: for how long an answer is given out again, by what its
// header says.
func TestPublicReadsAreKept(t *testing.T) {
	const documented = "public, s-maxage=300, stale-while-revalidate=3600"
	for name, test := range map[string]struct {
		header http.Header
		fresh  time.Duration // no request before
		stale  time.Duration // an old answer before, and a request behind it
	}{
		"as documented":          {cacheable(documented), 300 * time.Second, 3900 * time.Second},
		"partly aged":            {cacheable(documented, "Age", "100"), 200 * time.Second, 3800 * time.Second},
		"aged":                   {cacheable(documented, "Age", "300"), 0, 3600 * time.Second},
		"shared before private":  {cacheable("max-age=10, s-maxage=60"), 60 * time.Second, 60 * time.Second},
		"max-age":                {cacheable("public, max-age=60"), 60 * time.Second, 60 * time.Second},
		"expires":                {cacheable("", "Date", "Mon, 01 Jan 2001 00:00:00 GMT", "Expires", "Mon, 01 Jan 2001 00:01:00 GMT"), 60 * time.Second, 60 * time.Second},
		"no-store":               {cacheable("no-store, s-maxage=60"), 0, 0},
		"no-cache":               {cacheable("no-cache, s-maxage=60"), 0, 0},
		"private":                {cacheable("private, max-age=60"), 0, 0},
		"must revalidate":        {cacheable("s-maxage=60, stale-while-revalidate=600, must-revalidate"), 60 * time.Second, 60 * time.Second},
		"nothing said":           {cacheable(""), 0, 0},
		"only a guess":           {cacheable("", "Last-Modified", "Mon, 01 Jan 1990 00:00:00 GMT"), 0, 0},
		"varies with everything": {cacheable(documented, "Vary", "*"), 0, 0},
		"not understood":         {cacheable("s-maxage=soon"), 0, 0},
		"never the same":         {cacheable("s-maxage=0"), 0, 0},
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
				if want == "answer_1" { // the renewed one is given out now
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

// TestOnlyAnswersOfTheAPIAreKept: what a proxy says in its place, or an error,
// is not given out again, whatever its header allows.
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

// TestFailedRenewal: a stale answer is given out while the API fails, and the
// API is left alone for a while between the attempts.
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

// TestSameReadsAreJoined: one request serves all who want the same, and it goes
// on for the others when the one who began it leaves.
func TestSameReadsAreJoined(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := &market{header: http.Header{}, hold: make(chan struct{})}
		client := marketClient(t, m)
		first, leave := context.WithCancel(t.Context())
		left := make(chan error, 1)
		go func() {
			_, err := client.SearchJobs(first, opentrain.JobQuery{Text: "x"})
			left <- err
		}()
		synctest.Wait()
		answers := make(chan string, 50)
		for range 50 {
			go func() { answers <- search(t, t.Context(), client, "x") }()
		}
		synctest.Wait()
		leave()
		if err := <-left; err == nil {
			t.Error("who left got an answer")
		}
		synctest.Wait()
		close(m.hold)
		for range 50 {
			if got := <-answers; got != "answer_1" {
				t.Errorf("%s", got)
			}
		}
		if got := search(t, t.Context(), client, "x"); got != "answer_2" || m.count() != 2 {
			t.Errorf("not to be kept, but %s after %d requests", got, m.count())
		}
	})
}

// TestAbandonedReadEnds: a request that nobody waits for is cancelled, and who
// comes next does not join it.
func TestAbandonedReadEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := &market{header: cacheable("s-maxage=300"), hold: make(chan struct{})}
		client := marketClient(t, m)
		ctx, cancel := context.WithCancel(t.Context())
		ended := make(chan error, 1)
		go func() {
			_, err := client.SearchJobs(ctx, opentrain.JobQuery{})
			ended <- err
		}()
		synctest.Wait()
		cancel()
		if err := <-ended; err == nil {
			t.Error("who left got an answer")
		}
		synctest.Wait()
		if m.calls[0].Context().Err() == nil {
			t.Error("the request goes on")
		}
		close(m.hold)
		if got := search(t, t.Context(), client, ""); got != "answer_2" {
			t.Errorf("%s", got)
		}
	})
}

// TestShortTimeOfOneIsNotTheOthers: who joins a request whose beginner had
// little time left asks again.
func TestShortTimeOfOneIsNotTheOthers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := &market{header: http.Header{}, hold: make(chan struct{})}
		client := marketClient(t, m)
		short, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		go func() {
			if _, err := client.SearchJobs(short, opentrain.JobQuery{}); err == nil {
				t.Error("answered in time")
			}
		}()
		synctest.Wait()
		answers := make(chan string, 1)
		go func() { answers <- search(t, t.Context(), client, "") }()
		time.Sleep(2 * time.Second) //nolint:forbidigo // fake time
		synctest.Wait()
		close(m.hold)
		if got := <-answers; got != "answer_2" {
			t.Errorf("%s", got)
		}
	})
}

// TestWritesDropWhatTheyMakeStale: after a publish, an edit or a close nothing
// of before is given out; what was asked before and answered after is not kept.
func TestWritesDropWhatTheyMakeStale(t *testing.T) {
	for name, write := range map[string]func(context.Context, *opentrain.Client) error{
		"publish": func(ctx context.Context, c *opentrain.Client) error { _, err := c.PublishJob(ctx, "j"); return err },
		"edit": func(ctx context.Context, c *opentrain.Client) error {
			_, err := c.UpdateJob(ctx, "j", opentrain.Fields{})
			return err
		},
		"close": func(ctx context.Context, c *opentrain.Client) error { _, err := c.CloseJob(ctx, "j"); return err },
	} {
		for fault, drops := range map[string]bool{"": true, "lost answer": true, "409": true, "500": true, "400": false, "403": false} {
			t.Run(name+" "+fault, func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					m := &market{header: cacheable("s-maxage=300")}
					client := marketClient(t, m)
					ctx := opentrain.WithToken(t.Context(), secret)
					search(t, ctx, client, "x")
					m.set(func(m *market) {
						m.fail = fault == "lost answer"
						fmt.Sscanf(fault, "%d", &m.status) //nolint:errcheck // 0 when it is no number
					})
					err := write(ctx, client)
					if (err == nil) != (fault == "") {
						t.Fatal(err)
					}
					m.set(func(m *market) { m.fail, m.status = false, 0 })
					before := m.count()
					if got := search(t, ctx, client, "x"); (got != "answer_1") != drops || (m.count() > before) != drops {
						t.Errorf("%s", got)
					}
				})
			})
		}
	}
	synctest.Test(t, func(t *testing.T) {
		m := &market{header: cacheable("s-maxage=300"), hold: make(chan struct{})}
		client := marketClient(t, m)
		ctx := opentrain.WithToken(t.Context(), secret)
		early := make(chan string, 1)
		go func() { early <- search(t, ctx, client, "x") }()
		synctest.Wait()
		hold := m.hold
		m.set(func(m *market) { m.hold = nil })
		if _, err := client.PublishJob(ctx, "j"); err != nil {
			t.Fatal(err)
		}
		if got := search(t, ctx, client, "x"); got != "answer_3" {
			t.Errorf("joined what was asked before the publish: %s", got)
		}
		close(hold)
		if got := <-early; got != "answer_1" {
			t.Errorf("%s", got)
		}
		if got := search(t, ctx, client, "x"); got != "answer_3" {
			t.Errorf("an answer from before the publish is kept: %s", got)
		}
	})
}

// TestPublicReadBudget: in no minute more requests without a token than
// allowed; a short queue, then a refusal that says how long to wait.
func TestPublicReadBudget(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := &market{header: http.Header{}}
		client, err := opentrain.New(opentrain.Config{Transport: m})
		if err != nil {
			t.Fatal(err)
		}
		start := time.Now()
		var times []time.Time
		busy := 0
		for n := 0; time.Since(start) < 5*time.Minute; n++ {
			done := make(chan error, 40)
			for i := range 40 { // 40 callers with questions of their own
				go func() {
					_, err := client.SearchJobs(t.Context(), opentrain.JobQuery{Text: fmt.Sprint(n, i)})
					done <- err
				}()
			}
			for range 40 {
				err := <-done
				var e *opentrain.Error
				switch {
				case err == nil:
					times = append(times, time.Now())
				case errors.As(err, &e) && e.Code == opentrain.CodeBusy:
					busy++
					if e.RetryAfter <= 0 || e.RetryAfter > time.Minute || !e.NotSent {
						t.Fatalf("%+v", e)
					}
				default:
					t.Fatal(err)
				}
			}
		}
		if m.count() != len(times) {
			t.Errorf("%d requests, %d answers", m.count(), len(times))
		}
		most := 0
		for i, from := range times {
			n := 0
			for _, at := range times[i:] {
				if at.Sub(from) < time.Minute {
					n++
				}
			}
			most = max(most, n)
		}
		t.Logf("%d requests in five minutes, at most %d in one; %d refused", len(times), most, busy)
		if most > 120 || len(times) < 500 || busy == 0 {
			t.Error("not the budget")
		}
		// Calls with a token do not count.
		ctx := opentrain.WithToken(t.Context(), secret)
		for range 200 {
			if _, err := client.CloseJob(ctx, "j"); err != nil {
				t.Fatal(err)
			}
		}
	})
}

// TestConcurrentRequestsAreBounded: no more at once than set; a place is free
// again after an answer, an error and a panic.
func TestConcurrentRequestsAreBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := &market{header: http.Header{}, hold: make(chan struct{})}
		client, err := opentrain.New(opentrain.Config{Transport: m, MaxConcurrent: 2})
		if err != nil {
			t.Fatal(err)
		}
		ctx := opentrain.WithToken(t.Context(), secret)
		ended := make(chan error, 3)
		for range 3 {
			go func() {
				_, err := client.CloseJob(ctx, "j")
				ended <- err
			}()
		}
		synctest.Wait()
		if m.count() != 2 {
			t.Errorf("%d at once", m.count())
		}
		if e := asError(t, <-ended); e.Code != opentrain.CodeBusy || !e.NotSent || e.RetryAfter <= 0 {
			t.Errorf("%+v", e)
		}
		close(m.hold)
		for range 2 {
			if err := <-ended; err != nil {
				t.Error(err)
			}
		}
		for range 5 {
			m.set(func(m *market) { m.fail = !m.fail })
			client.CloseJob(ctx, "j") //nolint:errcheck // every other one fails
		}
	})
}

// TestTrace: what goes along with a request, and what is told of it.
func TestTrace(t *testing.T) {
	m := &market{header: cacheable("s-maxage=300")}
	client := marketClient(t, m)
	var sent []opentrain.Sent
	var reads []opentrain.ReadSource
	trace := &opentrain.Trace{
		Traceparent: "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01", Tracestate: "a=b",
		Sent: func(s opentrain.Sent) { sent = append(sent, s) },
		Read: func(r opentrain.ReadSource) { reads = append(reads, r) },
	}
	ctx := opentrain.WithTrace(opentrain.WithToken(t.Context(), secret), trace)
	search(t, ctx, client, "x")
	search(t, ctx, client, "x")
	if _, err := client.CloseJob(ctx, "j"); err != nil {
		t.Fatal(err)
	}
	if len(sent) != 2 || sent[0].Method != http.MethodGet || sent[0].Status != 200 || sent[1].Method != http.MethodPost || fmt.Sprint(reads) != "[miss hit]" {
		t.Errorf("%+v %v", sent, reads)
	}
	for _, call := range m.calls {
		if call.Header.Get("Traceparent") != trace.Traceparent || call.Header.Get("Tracestate") != "a=b" {
			t.Errorf("%v", call.Header)
		}
		if public := call.Method == http.MethodGet; public != (call.Header.Get("Authorization") == "") {
			t.Errorf("%s: %v", call.Method, call.Header)
		}
	}
}

// TestRenewals: one renewal at a time, whoever asks; what may no longer be kept
// is dropped, and each request carries the trace of who caused it.
func TestRenewals(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := &market{header: cacheable("s-maxage=10, stale-while-revalidate=600")}
		client := marketClient(t, m)
		search(t, t.Context(), client, "x")
		time.Sleep(20 * time.Second) //nolint:forbidigo // fake time
		hold := make(chan struct{})
		m.set(func(m *market) { m.hold = hold })
		before := runtime.NumGoroutine()
		for range 500 {
			search(t, t.Context(), client, "x")
		}
		if extra := runtime.NumGoroutine() - before; extra > 5 {
			t.Errorf("%d goroutines for one renewal", extra)
		}
		m.set(func(m *market) { m.hold, m.header = nil, cacheable("no-store") })
		close(hold)
		synctest.Wait()
		if got := search(t, t.Context(), client, "x"); got != "answer_3" {
			t.Errorf("what may not be kept is still given out: %s", got)
		}
	})
	synctest.Test(t, func(t *testing.T) {
		m := &market{header: http.Header{}, hold: make(chan struct{})}
		client := marketClient(t, m)
		traced := func(parent string) context.Context {
			return opentrain.WithTrace(t.Context(), &opentrain.Trace{Traceparent: parent})
		}
		answers := make(chan string, 2)
		for _, parent := range []string{"first", "second"} {
			go func() { answers <- search(t, traced(parent), client, "x") }()
			synctest.Wait()
		}
		close(m.hold)
		<-answers
		<-answers
		search(t, traced("third"), client, "x")
		if got := []string{m.calls[0].Header.Get("Traceparent"), m.calls[1].Header.Get("Traceparent")}; fmt.Sprint(got) != "[first third]" {
			t.Errorf("%v", got)
		}
	})
}

// TestNothingOldIsKeptAfterAWrite races answers against writes.
func TestNothingOldIsKeptAfterAWrite(t *testing.T) {
	for range 2000 {
		m := &market{header: cacheable("s-maxage=300")}
		client := marketClient(t, m)
		ctx := opentrain.WithToken(t.Context(), secret)
		var both sync.WaitGroup
		both.Go(func() { search(t, ctx, client, "x") })
		both.Go(func() {
			if _, err := client.CloseJob(ctx, "j"); err != nil {
				t.Error(err)
			}
		})
		both.Wait()
		asked := map[string]int{} // where in the order of requests
		for i, call := range m.calls {
			asked[call.Method] = i
		}
		before := m.count()
		search(t, ctx, client, "x")
		if asked["GET"] < asked["POST"] && m.count() == before {
			t.Fatal("an answer from before the close is kept")
		}
	}
}
