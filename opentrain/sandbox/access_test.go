package sandbox_test

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"opentrain-mcp/opentrain/sandbox"
)

// TestAccess also checks the order of the checks: token, feature, scope, and only then the body and the job.
func TestAccess(t *testing.T) {
	a := newAPI(t, sandbox.Config{Accounts: []sandbox.Account{
		writer("full"),
		{Token: "reader", Scopes: []string{"jobs:read"}},
		{Token: "none"},
		{Token: "", Scopes: []string{"jobs:write"}},
		{Token: "off", Disabled: []string{"public_api_job_drafting", "public_api_job_publishing", "public_api_hiring"}},
	}})
	private := [][2]string{{"POST", "/job-drafts"}, {"PATCH", "/job-drafts/x"}, {"GET", "/job-drafts/capabilities"},
		{"POST", "/jobs/x/publish"}, {"PATCH", "/jobs/x"}, {"POST", "/jobs/x/close"}, {"POST", "/jobs/x/invites"}, {"GET", "/jobs/mine"}, {"GET", "/auth/me"}}
	for _, r := range private {
		for _, token := range []string{"", "wrong", "full "} {
			if token == "full " {
				a.as(token).do(r[0], r[1], nil) // whitespace around a token is ignored
				continue
			}
			equal(t, r[1], a.as(token).want(401, r[0], r[1], "not JSON")["code"], "UNAUTHORIZED")
		}
	}
	for i, r := range private[:7] {
		key := "public_api_job_publishing"
		switch {
		case i < 3:
			key = "public_api_job_drafting"
		case i == 6:
			key = "public_api_hiring"
		}
		got := a.as("off").want(403, r[0], r[1], "not JSON")
		equal(t, r[1], dig(got, "details", "featureKey"), key)
	}
	for _, r := range [][2]string{private[0], private[1], private[3], private[4], private[5]} {
		got := a.as("reader").want(403, r[0], r[1], "not JSON")
		equal(t, r[1], got["details"], object{"requiredScopes": []string{"jobs:write"}, "grantedScopes": []string{"jobs:read"}})
	}
	got := a.as("none").want(403, "GET", "/jobs/mine", nil)
	equal(t, "scopes", got["details"], object{"requiredScopes": []string{"jobs:read"}, "grantedScopes": []any{}})
	a.as("none").want(200, "GET", "/job-drafts/capabilities", nil)
	a.as("none").want(200, "GET", "/auth/me", nil)
	a.as("full").want(200, "GET", "/jobs/mine", nil) // jobs:write implies jobs:read
	equal(t, "scheme", status(t, a, "Basic full"), 401)
	equal(t, "scheme", status(t, a, "bearer full"), 200)
}

func status(t *testing.T, a api, authorization string) int {
	t.Helper()
	req, _ := http.NewRequest(http.MethodGet, "http://x/api/public/v1/auth/me", nil)
	req.Header.Set("Authorization", authorization)
	resp, err := a.box.Transport().RoundTrip(req)
	if err != nil {
		t.Fatal(err)
	}
	_ = resp.Body.Close()
	return resp.StatusCode
}

func TestRouting(t *testing.T) {
	a := newAPI(t, sandbox.Config{})
	for _, path := range []string{"/nothing", "/jobs/", "/job-drafts/x/y", "/job-drafts/", ""} {
		equal(t, path, a.want(404, "POST", path, nil)["code"], "NOT_FOUND")
	}
	for _, tc := range [][3]string{{"DELETE", "/jobs", "GET, HEAD, OPTIONS"}, {"GET", "/job-drafts", "POST"}, {"PUT", "/job-drafts/job_1", "PATCH"},
		{"GET", "/jobs/x/publish", "POST"}, {"POST", "/jobs/mine", "GET, HEAD"}, {"PATCH", "/jobs/facets", "GET, HEAD, OPTIONS"}, {"OPTIONS", "/jobs/mine", "GET, HEAD"},
		{"DELETE", "/jobs/x", "GET, HEAD, OPTIONS, PATCH"}, {"GET", "/jobs/x/invites", "POST"}, {"POST", "/job-drafts/capabilities", "GET, HEAD"}} {
		resp, got := a.do(tc[0], tc[1], nil)
		equal(t, tc[1], resp.StatusCode, 405)
		equal(t, tc[1], resp.Header.Get("Allow"), tc[2])
		equal(t, tc[1], got["code"], "BAD_REQUEST")
	}
	resp, _ := a.do("OPTIONS", "/jobs", nil)
	equal(t, "preflight", resp.StatusCode, 204)
	resp, none := a.do("HEAD", "/jobs", nil)
	equal(t, "HEAD", resp.StatusCode, 200)
	if none != nil {
		t.Error("HEAD has a body")
	}
	a.want(404, "POST", "/jobs/%2e%2e/publish", nil)
	req, _ := http.NewRequest(http.MethodGet, "http://x/elsewhere/api/public/v1/jobs", nil)
	resp, err := a.box.Transport().RoundTrip(req)
	if err != nil || resp.StatusCode != http.StatusNotFound {
		t.Errorf("outside the API: %v, %v", resp, err)
	}
}

func TestCapabilitiesAndMe(t *testing.T) {
	account := writer("one")
	account.Disabled = []string{"public_api_job_publishing", "public_api_credits"}
	a := newAPI(t, sandbox.Config{Accounts: []sandbox.Account{account}})
	got := a.want(200, "GET", "/job-drafts/capabilities", nil)
	equal(t, "capabilities", got["capabilities"], object{"draftImport": true, "draftCreate": true, "draftUpdate": true, "draftUrlRead": true,
		"publish": false, "hiring": true, "messagingWrites": true, "team": true, "paymentsWrite": true, "credits": false, "webhooks": true})
	equal(t, "enums", dig(got, "draft", "enums"), object{
		"paymentType":     []string{"PAY_PER_LABEL", "PAY_PER_HOUR", "FIXED_PRICE"},
		"experienceLevel": []string{"EXPERT", "ENTRY_LEVEL", "INTERMEDIATE", "ANY_EXPERIENCE_LEVEL"},
		"dataVolumeUnit":  []string{"HOURS_OF_RECORDING_AUDIO_VIDEO", "NUMBER_OF_FILES", "NUMBER_OF_WORDS", "UNKNOWN_NOT_SPECIFIED"},
	})
	equal(t, "enabled", got["enabled"], true)
	equal(t, "keys", len(list(dig(got, "draft", "updateKeys"))), 27)
	me := a.want(200, "GET", "/auth/me", nil)
	equal(t, "scopes", dig(me, "token", "scopes"), []string{"jobs:write"})
	equal(t, "name", dig(me, "actor", "fullName"), "Writer one")
	equal(t, "kind", dig(me, "account", "kind"), "employer_organization")
	scopes := list(dig(newAPI(t, sandbox.Config{}).want(200, "GET", "/auth/me", nil), "token", "scopes"))
	equal(t, "scopes of the demo account", len(scopes), 11)
}

func TestTransportHonoursTheContext(t *testing.T) {
	box := sandbox.New(sandbox.Config{})
	ctx, cancel := context.WithCancel(context.Background())
	body, feed := io.Pipe()
	req, _ := http.NewRequestWithContext(ctx, http.MethodPost, "http://x/api/public/v1/job-drafts", body)
	req.Header.Set("Authorization", "Bearer "+sandbox.DemoToken)
	go func() {
		feed.Write([]byte("{")) //nolint:errcheck // the reader waits for more
		cancel()
	}()
	if _, err := box.Transport().RoundTrip(req); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled under way: %v", err)
	}
	feed.CloseWithError(io.ErrUnexpectedEOF)
	again, _ := http.NewRequestWithContext(ctx, http.MethodPost, "http://x/", strings.NewReader("x"))
	if _, err := box.Transport().RoundTrip(again); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled before: %v", err)
	}
}

func TestTransportReportsABrokenBody(t *testing.T) {
	a := newAPI(t, sandbox.Config{})
	body, feed := io.Pipe()
	feed.CloseWithError(io.ErrUnexpectedEOF)
	req, _ := http.NewRequest(http.MethodPost, "http://x/api/public/v1/job-drafts", body)
	req.Header.Set("Authorization", "Bearer "+sandbox.DemoToken)
	resp, err := a.box.Transport().RoundTrip(req)
	if err != nil || resp.StatusCode != http.StatusBadRequest {
		t.Errorf("%v, %v", resp, err)
	}
	clock := func() time.Time { panic("no time") }
	calls := 0
	broken := sandbox.New(sandbox.Config{Now: func() time.Time {
		if calls++; calls > 1 {
			return clock()
		}
		return time.Now()
	}})
	req, _ = http.NewRequest(http.MethodGet, "http://x/api/public/v1/jobs", nil)
	if _, err := broken.Transport().RoundTrip(req); err == nil {
		t.Error("a panic went unreported")
	}
}

// TestOverASocket serves the sandbox like the command does.
func TestOverASocket(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Skip("no loopback: ", err)
	}
	server := &http.Server{Handler: sandbox.New(sandbox.Config{}), ReadHeaderTimeout: time.Minute}
	go server.Serve(listener) //nolint:errcheck // ends with Close
	defer server.Close()      //nolint:errcheck // the test is over
	base := "http://" + listener.Addr().String() + "/api/public/v1"
	for _, method := range []string{"GET", "HEAD", "OPTIONS"} {
		req, _ := http.NewRequest(method, base+"/jobs", nil)
		resp, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		data, err := io.ReadAll(resp.Body)
		_ = resp.Body.Close()
		if err != nil || resp.StatusCode >= 300 || (len(data) > 0) != (method == "GET") {
			t.Errorf("%s: %d, %d bytes, %v", method, resp.StatusCode, len(data), err)
		}
	}
}
