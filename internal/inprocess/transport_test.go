package inprocess_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"

	"opentrain-mcp/internal/inprocess"
)

// call sends a request to a handler.
func call(t *testing.T, handler http.HandlerFunc, method, body string) (*http.Response, string, error) {
	t.Helper()
	req, _ := http.NewRequest(method, "https://anywhere.test/a?b=c", strings.NewReader(body))
	resp, err := inprocess.Transport{Handler: handler}.RoundTrip(req)
	if err != nil {
		return nil, "", err
	}
	defer resp.Body.Close()
	data, err := io.ReadAll(resp.Body)
	return resp, string(data), err
}

func TestTheHandlerSeesARequestOfAServer(t *testing.T) {
	t.Parallel()
	for method, want := range map[string]string{"POST": "POST /a?b=c hello", "HEAD": ""} {
		resp, text, err := call(t, func(w http.ResponseWriter, r *http.Request) {
			data, _ := io.ReadAll(r.Body)
			w.Header().Set("X-Test", r.RemoteAddr)
			w.WriteHeader(http.StatusCreated)
			w.WriteHeader(http.StatusTeapot)                              // too late
			io.WriteString(w, r.Method+" "+r.RequestURI+" "+string(data)) //nolint:errcheck // in memory
		}, method, "hello")
		if err != nil || resp.StatusCode != http.StatusCreated || text != want || resp.Header.Get("X-Test") == "" || resp.Header.Get("Date") == "" {
			t.Errorf("%s: %v %q %v", method, resp, text, err)
		}
	}
	resp, _, err := call(t, func(http.ResponseWriter, *http.Request) {}, "GET", "")
	if err != nil || resp.StatusCode != http.StatusOK {
		t.Errorf("a handler that does nothing: %v %v", resp, err)
	}
}

func TestAPanicIsALostConnection(t *testing.T) {
	t.Parallel()
	if _, _, err := call(t, func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }, "GET", ""); err == nil {
		t.Error("no error")
	}
}

func TestCancellation(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	release := make(chan struct{})
	defer close(release)
	transport := inprocess.Transport{Handler: http.HandlerFunc(func(http.ResponseWriter, *http.Request) {
		cancel()
		<-release
	})}
	for range 2 { // under way, and before
		req, _ := http.NewRequestWithContext(ctx, http.MethodPost, "http://x/", strings.NewReader("x"))
		if _, err := transport.RoundTrip(req); !errors.Is(err, context.Canceled) {
			t.Error(err)
		}
	}
}
