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

	opentrainmcp "opentrain-mcp"
	"opentrain-mcp/opentrain/sandbox"
)

// upstream counts the calls that reach the API and remembers them.
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

// body is the body of the last call of a form "METHOD /path".
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

// answering is an API that gives one answer.
func answering(status int, body string) http.RoundTripper {
	return roundTripper(func(r *http.Request) (*http.Response, error) {
		return &http.Response{StatusCode: status, Header: http.Header{"Content-Type": {"application/json"}}, Body: io.NopCloser(strings.NewReader(body)), Request: r}, nil
	})
}

// on starts a server on an API that gives one answer.
func on(t *testing.T, status int, body string) setup {
	t.Helper()
	return startWith(t, answering(status, body), func(*opentrainmcp.Config) {})
}

// held is an API that keeps requests back until they are released, or given up.
type held struct {
	api     http.RoundTripper
	asked   chan struct{}
	release chan struct{}
}

func (h *held) RoundTrip(r *http.Request) (*http.Response, error) {
	h.asked <- struct{}{}
	select {
	case <-h.release:
		return h.api.RoundTrip(r)
	case <-r.Context().Done():
		return nil, r.Context().Err()
	}
}

func newHeld(accounts ...sandbox.Account) *held {
	return &held{sandbox.New(sandbox.Config{Accounts: accounts}).Transport(), make(chan struct{}, 100), make(chan struct{})}
}

// heldAPI is an API whose answers wait until they are released.
func heldAPI(t *testing.T) (base string, arrived <-chan struct{}, release func()) {
	t.Helper()
	arrive, held := make(chan struct{}, 10), make(chan struct{})
	api := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		arrive <- struct{}{}
		<-held
		io.WriteString(w, `{"jobs":[],"nextCursor":null}`) //nolint:errcheck // the host sees it
	}))
	t.Cleanup(api.Close)
	var released bool
	release = func() {
		if !released {
			close(held)
		}
		released = true
	}
	t.Cleanup(release)
	return api.URL, arrive, release
}

// envelope is an error answer of the API.
func envelope(status int, code, message, details string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(status)
		fmt.Fprintf(w, `{"error":%q,"code":%q,"requestId":"req-7","details":%s}`, message, code, details)
	}
}

// apiAnswer is any other answer of the API.
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

// dropped breaks the connection after the request was read.
func dropped(_ http.ResponseWriter, r *http.Request) {
	io.Copy(io.Discard, r.Body) //nolint:errcheck // it ends
	panic(http.ErrAbortHandler)
}

// The arguments that the rows call tools with.
const (
	argsJob    = `{"jobId":"job_1"}`
	argsPatch  = `{"jobId":"job_1","fields":{"headcount":3}}`
	argsInvite = `{"jobId":"job_1","freelancerId":"f_1"}`
	argsCreate = `{"description":"Label 100 photos"}`
)

// lossy is a sandbox whose calls of one kind are done and their answers lost,
// as often as faults says.
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

// sandboxWithFault puts a fault in front of a sandbox that exists.
func sandboxWithFault(box *sandbox.Sandbox, fault func(*http.Request) http.Handler) http.RoundTripper {
	return sandbox.New(sandbox.Config{Fault: func(r *http.Request) http.Handler {
		if instead := fault(r); instead != nil {
			return instead
		}
		return box
	}}).Transport()
}

// discard is a ResponseWriter that loses the answer.
type discard struct{}

func (discard) Header() http.Header { return http.Header{} }

func (discard) Write(p []byte) (int, error) { return len(p), nil }

func (discard) WriteHeader(int) {}

// paging is an API with 120 jobs, of which it gives as many as it is asked for.
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
