package main

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync/atomic"

	"opentrain-mcp/opentrain/sandbox"
)

const apiPath = "/api/public/v1"

const (
	publicJob = "market_001" // anyone can read it
	draftJob  = "job_11"     // the draft of the description

	// The demo's. One question stays open after the patch, so no answer holds a confirmation, which would differ each time.
	description = "We need 10 experienced annotators for bounding boxes on 50,000 dashcam images. Pay is $18/hour. English required. " +
		"Work runs about six weeks."
)

// api is OpenTrain's API with answers of fixed bytes: those of the sandbox for an account with ten jobs.
type api struct {
	*httptest.Server
	asked     atomic.Int64 // requests so far
	listBytes int          // the length of the list of jobs
}

func newAPI() (*api, error) {
	source := sandbox.New(sandbox.Config{})
	var failed error
	send := func(method, path, body string) *httptest.ResponseRecorder {
		request := httptest.NewRequest(method, apiPath+path, strings.NewReader(body))
		request.Header.Set("Authorization", "Bearer "+sandbox.DemoToken)
		request.Header.Set("Content-Type", "application/json")
		answer := httptest.NewRecorder()
		source.ServeHTTP(answer, request)
		if answer.Code >= http.StatusMultipleChoices {
			failed = fmt.Errorf("the sandbox answers %s %s with %d: %s", method, path, answer.Code, answer.Body)
		}
		return answer
	}
	for i := range 10 {
		description := fmt.Sprintf("Draw bounding boxes on %d,000 dashcam images at $18 an hour.", i+1)
		send(http.MethodPost, "/job-drafts", fmt.Sprintf(`{"rawJobDescription":%q}`, description))
	}
	fixed := map[string]*httptest.ResponseRecorder{}
	for _, r := range []struct{ method, path, body string }{
		{http.MethodGet, "/jobs/mine", ""},
		{http.MethodGet, "/auth/me", ""},
		{http.MethodGet, "/jobs/" + publicJob, ""},
		{http.MethodGet, "/job-drafts/capabilities", ""},
		{http.MethodPost, "/job-drafts", fmt.Sprintf(`{"rawJobDescription":%q}`, description)},
		{http.MethodPatch, "/job-drafts/" + draftJob, `{"experienceLevel":"EXPERT","headcount":4}`},
	} {
		fixed[r.method+apiPath+r.path] = send(r.method, r.path, r.body)
	}
	a := &api{listBytes: fixed[http.MethodGet+apiPath+"/jobs/mine"].Body.Len()}
	a.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		a.asked.Add(1)
		answer, known := fixed[r.Method+r.URL.Path]
		if !known {
			http.NotFound(w, r)
			return
		}
		for _, name := range []string{"Content-Type", "Cache-Control"} {
			w.Header().Set(name, answer.Header().Get(name))
		}
		w.Header().Set("Content-Length", strconv.Itoa(answer.Body.Len()))
		w.Write(answer.Body.Bytes()) //nolint:errcheck,gosec // the callers see it
	}))
	return a, failed
}
