package opentrain_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strconv"
	"strings"
	"testing"
	"time"

	"opentrain-mcp/opentrain"
)

func TestMayHaveChanged(t *testing.T) {
	for name, test := range map[string]struct {
		err  error
		want bool
	}{
		"success":             {nil, true},
		"not sent":            {&opentrain.Error{Code: opentrain.CodeNetwork, NotSent: true}, false},
		"invalid argument":    {&opentrain.Error{Code: opentrain.CodeInvalidArgument, NotSent: true}, false},
		"no response":         {&opentrain.Error{Code: opentrain.CodeNetwork}, true},
		"timeout":             {&opentrain.Error{Code: opentrain.CodeTimeout}, true},
		"200 that is invalid": {&opentrain.Error{Code: opentrain.CodeBadResponse, Status: 200}, true},
		"302":                 {&opentrain.Error{Code: opentrain.CodeBadResponse, Status: 302}, true},
		"400":                 {&opentrain.Error{Code: opentrain.CodeBadRequest, Status: 400}, false},
		"403":                 {&opentrain.Error{Code: opentrain.CodeForbidden, Status: 403}, false},
		"404":                 {&opentrain.Error{Code: opentrain.CodeNotFound, Status: 404}, false},
		"404 of a proxy":      {&opentrain.Error{Code: opentrain.CodeBadResponse, Status: 404}, true},
		"409":                 {&opentrain.Error{Code: opentrain.CodeConflict, Status: 409}, true},
		"429":                 {&opentrain.Error{Code: opentrain.CodeRateLimited, Status: 429}, false},
		"499":                 {&opentrain.Error{Status: 499}, false},
		"500":                 {&opentrain.Error{Code: opentrain.CodeInternal, Status: 500}, true},
		"504":                 {&opentrain.Error{Code: opentrain.CodeBadResponse, Status: 504}, true},
		"wrapped refusal":     {fmt.Errorf("publish: %w", &opentrain.Error{Status: 400}), false},
		"another error":       {errors.New("x"), true},
		"canceled":            {context.Canceled, true},
	} {
		if got := opentrain.MayHaveChanged(test.err); got != test.want {
			t.Errorf("%s: %v, want %v", name, got, test.want)
		}
	}
}

func TestAnswersThatAreErrors(t *testing.T) {
	const (
		page   = "the response is a web page instead of OpenTrain's JSON (HTTP %d); it may be from a proxy"
		noJSON = "the response is not OpenTrain's JSON (HTTP %d)"
		empty  = "the response is empty (HTTP %d)"
	)
	html := http.Header{"Content-Type": {"text/html"}}
	for name, test := range map[string]struct {
		stub stub
		want opentrain.Error
	}{
		"envelope": {
			stub{status: 403, body: `{"error":"No.","code":"FORBIDDEN","requestId":"r1","details":{"reason":"x"}}`},
			opentrain.Error{Code: opentrain.CodeForbidden, Message: "No.", RequestID: "r1", Details: json.RawMessage(`{"reason":"x"}`)},
		},
		"no code": {
			stub{status: 404, body: `{"error":"gone"}`},
			opentrain.Error{Code: opentrain.CodeNotFound, Message: "gone"},
		},
		"no code, server error": {
			stub{status: 503, body: `{"error":"busy"}`},
			opentrain.Error{Code: opentrain.CodeInternal, Message: "busy"},
		},
		"unknown code": {
			stub{status: 418, body: `{"error":"tea","code":"TEAPOT"}`},
			opentrain.Error{Code: "TEAPOT", Message: "tea"},
		},
		"details of another type": {
			stub{status: 400, body: `{"error":"x","code":"BAD_REQUEST","details":"text"}`},
			opentrain.Error{Code: opentrain.CodeBadRequest, Message: "x"},
		},
		"request ID in the header": {
			stub{status: 409, header: http.Header{"X-Request-Id": {"h1"}}, body: `{"error":"x","code":"CONFLICT"}`},
			opentrain.Error{Code: opentrain.CodeConflict, Message: "x", RequestID: "h1"},
		},
		"retry after": {
			stub{status: 429, header: http.Header{"Retry-After": {"7"}}, body: `{"error":"slow","code":"RATE_LIMITED"}`},
			opentrain.Error{Code: opentrain.CodeRateLimited, Message: "slow", RetryAfter: 7 * time.Second},
		},
		"retry after a past date": {
			stub{
				status: 429, header: http.Header{"Retry-After": {"Mon, 02 Jan 2006 15:04:05 GMT"}},
				body: `{"error":"slow","code":"RATE_LIMITED"}`,
			},
			opentrain.Error{Code: opentrain.CodeRateLimited, Message: "slow"},
		},
		"web page": {
			stub{status: 502, header: html, body: `<html>Bad gateway`},
			opentrain.Error{Code: opentrain.CodeBadResponse, Message: page},
		},
		"web page for a limit": {
			stub{status: 429, header: http.Header{"Content-Type": {"text/html"}, "Retry-After": {"9"}}, body: `<html>Slow down`},
			opentrain.Error{Code: opentrain.CodeRateLimited, RetryAfter: 9 * time.Second, Message: page},
		},
		"text for a bad token": {
			stub{status: 401, body: `Unauthorized`},
			opentrain.Error{Code: opentrain.CodeUnauthorized, Message: noJSON},
		},
		"empty": {stub{status: 500}, opentrain.Error{Code: opentrain.CodeBadResponse, Message: empty}},
		"redirect": {
			stub{status: 302, header: http.Header{"Location": {"http://evil.example/"}}},
			opentrain.Error{
				Code: opentrain.CodeBadResponse, Message: "the response is a redirect (HTTP %d), which is not followed",
			},
		},
		"web page with status 200": {
			stub{status: 200, header: html, body: `<html>Log in`},
			opentrain.Error{Code: opentrain.CodeBadResponse, Message: page},
		},
		"empty with status 200": {stub{status: 200}, opentrain.Error{Code: opentrain.CodeBadResponse, Message: empty}},
		"broken JSON": {
			stub{status: 200, body: `{"jobId":`},
			opentrain.Error{Code: opentrain.CodeBadResponse, Message: noJSON},
		},
		"no job ID": {
			stub{status: 200, body: `{"status":"DRAFT"}`},
			opentrain.Error{Code: opentrain.CodeBadResponse, Message: "the response has no job id"},
		},
		"too large": {
			stub{status: 200, body: `{"jobId":"` + strings.Repeat("x", 9<<20) + `"}`},
			opentrain.Error{Code: opentrain.CodeBadResponse, Message: "the response is too large: larger than 8 MiB"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			client, ctx := serve(t, &test.stub)
			_, err := client.CreateDraft(ctx, opentrain.DraftSource{Text: "x"})
			got := asError(t, err)
			want := test.want
			want.Status, want.Message = test.stub.status, strings.ReplaceAll(want.Message, "%d", strconv.Itoa(test.stub.status))
			if got.Status != want.Status || got.Code != want.Code || got.Message != want.Message || got.RequestID != want.RequestID ||
				string(got.Details) != string(want.Details) || got.RetryAfter != want.RetryAfter {
				t.Errorf("got  %#v\nwant %#v", *got, want)
			}
			if test.stub.calls != 1 {
				t.Errorf("%d calls were made", test.stub.calls)
			}
		})
	}
}

// TestOutageIsNoEmptyList: a response that is not the API's is an error, not an empty list.
func TestOutageIsNoEmptyList(t *testing.T) {
	for _, body := range []string{`{}`, `{"jobs":null}`, `{"jobs":"none"}`, `{"message":"ok"}`, `[]`, `null`} {
		client, ctx := serve(t, &stub{body: body})
		_, search := client.SearchJobs(ctx, opentrain.JobQuery{})
		_, mine := client.ListOwnJobs(ctx, opentrain.OwnJobQuery{})
		_, get := client.GetJob(ctx, "j")
		_, facets := client.Facets(ctx)
		_, changes := client.ListChanges(ctx, time.Time{})
		_, me := client.Me(ctx)
		_, capabilities := client.Capabilities(ctx)
		_, edit := client.UpdateJob(ctx, "j", nil)
		_, closing := client.CloseJob(ctx, "j")
		_, invite := client.InviteTrainer(ctx, "j", "f")
		for _, err := range []error{search, mine, get, facets, changes, me, capabilities, edit, closing, invite} {
			if e := asError(t, err); e.Code != opentrain.CodeBadResponse {
				t.Errorf("%s: %v", body, err)
			}
		}
	}
}

// overdue is a context whose deadline passes when a test says so.
type overdue struct {
	context.Context

	passed chan struct{}
}

func (o overdue) Done() <-chan struct{} { return o.passed }

func (o overdue) Err() error {
	select {
	case <-o.passed:
		return context.DeadlineExceeded
	default:
		return nil
	}
}

func TestFailuresWithoutAnAnswer(t *testing.T) {
	refused := httptest.NewServer(http.NotFoundHandler())
	refused.Close()
	broken := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }))
	defer broken.Close()
	arrived := make(chan struct{}, 1)
	silent := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		arrived <- struct{}{}
		<-r.Context().Done()
	}))
	defer silent.Close()

	call := func(ctx context.Context, base string) *opentrain.Error {
		t.Helper()
		client, err := opentrain.New(opentrain.Config{BaseURL: base})
		if err != nil {
			t.Fatal(err)
		}
		_, err = client.PublishJob(opentrain.WithToken(ctx, secret), "job_1")
		return asError(t, err)
	}
	if e := call(t.Context(), refused.URL); e.Code != opentrain.CodeNetwork || !e.NotSent {
		t.Errorf("refused: %+v", e)
	}
	if e := call(t.Context(), broken.URL); e.Code != opentrain.CodeNetwork || e.NotSent {
		t.Errorf("broken: %+v", e)
	}
	late := overdue{t.Context(), make(chan struct{})}
	go func() { <-arrived; close(late.passed) }()
	if e := call(late, silent.URL); e.Code != opentrain.CodeTimeout || e.NotSent {
		t.Errorf("silent: %+v", e)
	}
	cancelled, stop := context.WithCancel(t.Context())
	go func() { <-arrived; stop() }()
	if e := call(cancelled, silent.URL); e.Code != opentrain.CodeNetwork || !errors.Is(e, context.Canceled) {
		t.Errorf("cancelled: %+v", e)
	}
}

// accepting is the address of a host that accepts connections and says nothing.
func accepting(t *testing.T) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { listener.Close() }) //nolint:errcheck // a test ends
	return listener.Addr().String()
}

// ending is the address of a host that ends every connection as soon as it has read something.
func ending(t *testing.T) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { listener.Close() }) //nolint:errcheck // a test ends
	go func() {
		for {
			connection, err := listener.Accept()
			if err != nil {
				return
			}
			connection.Read(make([]byte, 1)) //nolint:errcheck // it ends either way
			connection.Close()               //nolint:errcheck // it ends either way
		}
	}()
	return listener.Addr().String()
}

// TestFaults: why no connection came about, and whether a retry is worth it.
func TestFaults(t *testing.T) {
	plain := httptest.NewServer(http.NotFoundHandler())
	t.Cleanup(plain.Close)
	untrusted := httptest.NewUnstartedServer(http.NotFoundHandler())
	untrusted.Config.ErrorLog = log.New(io.Discard, "", 0)
	untrusted.StartTLS()
	t.Cleanup(untrusted.Close)
	closed := httptest.NewServer(http.NotFoundHandler())
	closed.Close()
	through := func(proxy string) *http.Transport {
		address, err := url.Parse(proxy)
		if err != nil {
			t.Fatal(err)
		}
		return &http.Transport{Proxy: http.ProxyURL(address)}
	}
	lookup := func(err *net.DNSError) *http.Transport {
		return &http.Transport{DialContext: func(context.Context, string, string) (net.Conn, error) {
			return nil, &net.OpError{Op: "dial", Net: "tcp", Err: err}
		}}
	}
	for name, test := range map[string]struct {
		base      string
		transport *http.Transport
		code      opentrain.Code
		fault     opentrain.Fault
		message   string
	}{
		"no such name": {
			"https://nowhere.example", lookup(&net.DNSError{IsNotFound: true}),
			opentrain.CodeNetwork, opentrain.FaultHost, "the host name doesn't exist",
		},
		"name server down": {
			"https://nowhere.example", lookup(&net.DNSError{IsTemporary: true}), opentrain.CodeNetwork, "", "OpenTrain couldn't be reached",
		},
		"name server slow": {
			"https://nowhere.example", lookup(&net.DNSError{IsTimeout: true}), opentrain.CodeTimeout, "", "OpenTrain didn't respond in time",
		},
		"refused": {closed.URL, &http.Transport{}, opentrain.CodeNetwork, opentrain.FaultRefused, "the host refused the connection"},
		"certificate": {
			untrusted.URL, &http.Transport{}, opentrain.CodeNetwork, opentrain.FaultTLS, "the host's certificate is not trusted",
		},
		"no TLS": {
			strings.Replace(plain.URL, "http:", "https:", 1), &http.Transport{},
			opentrain.CodeNetwork, opentrain.FaultTLS, "the host doesn't speak TLS",
		},
		"slow TLS": {
			"https://" + accepting(t), &http.Transport{TLSHandshakeTimeout: 10 * time.Millisecond},
			opentrain.CodeTimeout, "", "OpenTrain didn't respond in time",
		},
		"ended TLS": {
			"https://" + ending(t), &http.Transport{}, opentrain.CodeNetwork, "", "OpenTrain couldn't be reached",
		},
		"proxy": {
			"https://nowhere.example", through(closed.URL), opentrain.CodeNetwork, opentrain.FaultProxy, "the proxy couldn't be reached",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel() // it may be tried again after a pause
			client, err := opentrain.New(opentrain.Config{BaseURL: test.base, Transport: test.transport})
			if err != nil {
				t.Fatal(err)
			}
			_, err = client.PublishJob(opentrain.WithToken(t.Context(), secret), "job_1")
			e := asError(t, err)
			if e.Code != test.code || e.Fault != test.fault || e.Message != test.message || !e.NotSent || opentrain.MayHaveChanged(err) {
				t.Errorf("%+v", e)
			}
		})
	}
}

// TestAddresses: a client names its host and the page of a draft, whatever form the base URL has.
func TestAddresses(t *testing.T) {
	for base, want := range map[string]string{
		"":                                     "app.opentrain.ai https://app.opentrain.ai/job-post?job=a%26b",
		"https://x.example/":                   "x.example https://x.example/job-post?job=a%26b",
		"http://127.0.0.1:80/in/api/public/v1": "127.0.0.1:80 http://127.0.0.1:80/in/job-post?job=a%26b",
	} {
		client, err := opentrain.New(opentrain.Config{BaseURL: base})
		if err != nil {
			t.Fatal(err)
		}
		if got := client.Host() + " " + client.DraftURL("a&b"); got != want {
			t.Errorf("%q: %s, want %s", base, got, want)
		}
	}
}

func TestErrorsMatchByCode(t *testing.T) {
	client, ctx := serve(t, &stub{status: 404, body: `{"error":"x","code":"NOT_FOUND"}`})
	_, err := client.PublishJob(ctx, "job_1")
	if !errors.Is(err, &opentrain.Error{Code: opentrain.CodeNotFound}) || errors.Is(err, &opentrain.Error{Code: opentrain.CodeConflict}) {
		t.Error(err)
	}
	if got := err.Error(); got != "opentrain: NOT_FOUND (HTTP 404): x" {
		t.Error(got)
	}
}
