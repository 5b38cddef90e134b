package acceptance_test

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"opentrain-mcp/opentrain/sandbox"
)

// upstream is an API that records the calls it receives.
type upstream struct {
	api http.RoundTripper

	mu    sync.Mutex
	calls []string // "METHOD /path"
	sent  []string // bodies
}

func (u *upstream) RoundTrip(r *http.Request) (*http.Response, error) {
	var body []byte
	if r.Body != nil {
		var err error
		if body, err = io.ReadAll(r.Body); err != nil {
			return nil, err
		}
		r.Body = io.NopCloser(strings.NewReader(string(body)))
	}
	u.mu.Lock()
	u.calls, u.sent = append(u.calls, r.Method+" "+r.URL.Path), append(u.sent, string(body))
	u.mu.Unlock()
	return u.api.RoundTrip(r)
}

func (u *upstream) seen() []string {
	u.mu.Lock()
	defer u.mu.Unlock()
	return append([]string(nil), u.calls...)
}

// body is the body of the last call of the form "METHOD /path".
func (u *upstream) body(call string) string {
	u.mu.Lock()
	defer u.mu.Unlock()
	for i, made := range slices.Backward(u.calls) {
		if made == call {
			return u.sent[i]
		}
	}
	return ""
}

type roundTripper func(*http.Request) (*http.Response, error)

func (f roundTripper) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

// answering is an API that gives the same answer to every call, once a tool has found its job.
func answering(status int, body string) http.RoundTripper {
	return roundTripper(func(r *http.Request) (*http.Response, error) {
		status, body := status, body
		if found, looks := ownJobs(r); looks {
			status, body = http.StatusOK, found
		}
		return &http.Response{StatusCode: status, Header: http.Header{"Content-Type": {"application/json"}},
			Body: io.NopCloser(strings.NewReader(body)), Request: r}, nil
	})
}

// ownJobs is the answer to a tool that looks for its job among the caller's: each is there, in the status that it should
// have.
func ownJobs(r *http.Request) (jobs string, looks bool) {
	status := r.URL.Query().Get("status")
	if !strings.HasSuffix(r.URL.Path, "/jobs/mine") || status == "" || r.URL.Query().Get("limit") != "100" {
		return "", false
	}
	const job = `{"id":"%s","title":"Street signs","status":"%s","jobUrl":"https://app.opentrain.ai/jobs/%[1]s","updatedAt":"2026-06-01T12:00:00Z"}`
	return `{"jobs":[` + fmt.Sprintf(job, "job_1", status) + "," + fmt.Sprintf(job, "j", status) + `]}`, true
}

// employer is an account of the sandbox.
func employer(n int) sandbox.Account {
	return sandbox.Account{
		Token: fmt.Sprintf("ot_pat_employer_%03d", n), Name: fmt.Sprintf("Employer %03d", n),
		Scopes: []string{"jobs:write", "proposals:write"}, Claimed: true,
	}
}

func employers(n int) []sandbox.Account {
	accounts := make([]sandbox.Account, 0, n)
	for i := range n {
		accounts = append(accounts, employer(i))
	}
	return accounts
}

// as are the headers of an employer.
func as(n int) []string { return []string{tokenHeader, employer(n).Token} }

// held is an API that answers only after it is released. It is used in this process
// and, as an http.Handler, by a program.
type held struct {
	api     http.RoundTripper
	asked   chan struct{} // one for each request
	release func()        // lets all requests go on
	opened  chan struct{} // closed by release
}

func newHeld(accounts ...sandbox.Account) *held {
	h := &held{
		api:   sandbox.New(sandbox.Config{Accounts: accounts}).Transport(),
		asked: make(chan struct{}, 100), opened: make(chan struct{}),
	}
	h.release = sync.OnceFunc(func() { close(h.opened) })
	return h
}

func (h *held) RoundTrip(r *http.Request) (*http.Response, error) {
	h.asked <- struct{}{}
	select {
	case <-h.opened:
		return h.api.RoundTrip(r)
	case <-r.Context().Done():
		return nil, r.Context().Err()
	}
}

// serve is the address of a held API that knows one answer: there are no jobs.
func (h *held) serve(t testing.TB) string {
	t.Helper()
	h.api = answering(http.StatusOK, `{"jobs":[],"nextCursor":null}`)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		answer, err := h.RoundTrip(r)
		if err != nil {
			return // the program gave up
		}
		io.Copy(w, answer.Body) //nolint:errcheck // the program sees it
	}))
	t.Cleanup(server.Close)
	t.Cleanup(h.release)
	return server.URL
}

// serveAnswer is the address of an API that answers every request alike once a tool has found its job, and knows no
// capabilities. With answer nil it knows nothing.
func serveAnswer(t testing.TB, answer http.HandlerFunc) string {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.HasSuffix(r.URL.Path, "/capabilities") || answer == nil {
			http.Error(w, "not here", http.StatusNotFound)
			return
		}
		if found, looks := ownJobs(r); looks {
			io.WriteString(w, found) //nolint:errcheck // the program sees it
			return
		}
		answer(w, r)
	}))
	t.Cleanup(server.Close)
	return server.URL
}

// envelope is an error response of the API.
func envelope(status int, code, message, details string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(status)
		fmt.Fprintf(w, `{"error":%q,"code":%q,"requestId":"req-7","details":%s}`, message, code, details)
	}
}

// apiAnswer is any other response of the API.
func apiAnswer(status int, contentType, body string, header ...string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", contentType)
		for i := 0; i+1 < len(header); i += 2 {
			w.Header().Set(header[i], header[i+1])
		}
		w.WriteHeader(status)
		io.WriteString(w, body) //nolint:errcheck // the client sees it
	}
}

// dropped breaks the connection after it has read the request.
func dropped(_ http.ResponseWriter, r *http.Request) {
	io.Copy(io.Discard, r.Body) //nolint:errcheck // it ends
	panic(http.ErrAbortHandler)
}

// serveSandbox is the address of a sandbox.
func serveSandbox(t testing.TB, cfg sandbox.Config) string {
	t.Helper()
	server := httptest.NewServer(sandbox.New(cfg))
	t.Cleanup(server.Close)
	return server.URL
}

// lossy is a sandbox that carries out calls of one kind and then loses the answers, as
// often as faults says.
func lossy(faults *atomic.Int64, method, end string) http.RoundTripper {
	plain := sandbox.New(sandbox.Config{})
	return sandboxWithFault(plain, func(r *http.Request) http.Handler {
		if r.Method != method || !strings.HasSuffix(r.URL.Path, end) || faults.Add(-1) < 0 {
			return nil
		}
		return http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
			plain.ServeHTTP(discard{}, r)
			panic(http.ErrAbortHandler)
		})
	})
}

// sandboxWithFault puts a fault in front of an existing sandbox.
func sandboxWithFault(box *sandbox.Sandbox, fault func(*http.Request) http.Handler) http.RoundTripper {
	return sandbox.New(sandbox.Config{Fault: func(r *http.Request) http.Handler {
		if instead := fault(r); instead != nil {
			return instead
		}
		return box
	}}).Transport()
}

// discard is a ResponseWriter that drops the response.
type discard struct{}

func (discard) Header() http.Header { return http.Header{} }

func (discard) Write(p []byte) (int, error) { return len(p), nil }

func (discard) WriteHeader(int) {}

// paging is an API with 120 jobs that returns as many as the limit asks for.
func paging(entry string) http.RoundTripper {
	return roundTripper(func(r *http.Request) (*http.Response, error) {
		var at, limit int
		fmt.Sscan(r.URL.Query().Get("cursor"), &at)   //nolint:errcheck // none is 0
		fmt.Sscan(r.URL.Query().Get("limit"), &limit) //nolint:errcheck // always given
		var jobs []string
		for i := at; i < min(at+limit, 120); i++ {
			jobs = append(jobs, fmt.Sprintf(entry, fmt.Sprintf("j%d", i)))
		}
		next := "null"
		if at+limit < 120 {
			next = fmt.Sprintf("%q", fmt.Sprint(at+limit))
		}
		return answering(http.StatusOK, `{"jobs":[`+strings.Join(jobs, ",")+`],"nextCursor":`+next+`}`).RoundTrip(r)
	})
}
