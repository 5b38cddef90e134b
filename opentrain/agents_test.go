package opentrain_test

import (
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"opentrain-mcp/opentrain"
	"opentrain-mcp/opentrain/sandbox"
)

// agentAPI is a client of an API, and the requests that reach it.
func agentAPI(t *testing.T, answer http.RoundTripper) (*opentrain.Client, *[]string) {
	t.Helper()
	var seen []string
	api, err := opentrain.New(opentrain.Config{BaseURL: "https://api.test/base", Transport: transportFunc(func(r *http.Request) (*http.Response, error) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			return nil, err
		}
		r.Body = io.NopCloser(strings.NewReader(string(body)))
		seen = append(seen, r.Method+" "+r.URL.Path+" "+r.Header.Get("Content-Type")+" "+string(body)+r.Header.Get("Authorization"))
		return answer.RoundTrip(r)
	})})
	if err != nil {
		t.Fatal(err)
	}
	return api, &seen
}

type transportFunc func(*http.Request) (*http.Response, error)

func (f transportFunc) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

// TestAgentEndpoints: the requests have the form that the pages show, and carry no token.
func TestAgentEndpoints(t *testing.T) {
	box := sandbox.New(sandbox.Config{ClaimAfter: 1}).Transport()
	api, seen := agentAPI(t, transportFunc(func(r *http.Request) (*http.Response, error) {
		r.URL.Path = strings.TrimPrefix(r.URL.Path, "/base")
		return box.RoundTrip(r)
	}))
	ctx := opentrain.WithToken(t.Context(), "ot_pat_mine")
	made, err := api.RegisterAgent(ctx, opentrain.AgentProfile{AgentName: "Ada", OrganizationName: "A & B"})
	if err != nil || len(made.Scopes) != 6 || made.ClaimBy == "" {
		t.Fatal(made, err)
	}
	attempt, err := api.StartClaim(ctx, made.ClaimToken, "ada@example.org")
	if err != nil || attempt.PollInterval() != opentrain.DefaultClaimInterval || attempt.Lifetime() != 30*time.Minute {
		t.Fatal(attempt, err)
	}
	grant, err := api.ClaimedToken(ctx, made.ClaimToken)
	if err != nil || len(grant.Scopes) != 9 {
		t.Fatal(grant, err)
	}
	if err := api.RevokeToken(ctx, grant.Token); err != nil {
		t.Fatal(err)
	}
	want := []string{
		`POST /base/api/agent/identity application/json {"identity_type":"anonymous","agent_name":"Ada","organization_name":"A & B"}`,
		`POST /base/api/agent/identity/claim application/json {"claim_token":"` + made.ClaimToken + `","email":"ada@example.org"}`,
		`POST /base/api/agent/oauth/token application/x-www-form-urlencoded claim_token=` + made.ClaimToken +
			`&grant_type=urn%3Aopentrain%3Aagent-auth%3Agrant-type%3Aclaim`,
		`POST /base/api/agent/oauth/revoke application/x-www-form-urlencoded token=` + grant.Token,
	}
	if strings.Join(*seen, "\n") != strings.Join(want, "\n") {
		t.Errorf("sent\n%s\nwant\n%s", strings.Join(*seen, "\n"), strings.Join(want, "\n"))
	}
}

// TestAgentErrors: they have the form of OAuth, or of none. No secret is in them, and nothing is sent twice.
func TestAgentErrors(t *testing.T) {
	for _, test := range []struct {
		status  int
		body    string
		code    opentrain.Code
		message string
	}{
		{400, `{"error":"authorization_pending","error_description":"Not yet."}`, opentrain.CodeAuthorizationPending, "Not yet."},
		{400, `{"error":"slow_down"}`, opentrain.CodeSlowDown, "slow down"},
		{400, `{"error":"invalid_grant","error_description":"No ot_clm_secret_1, ot_pat_other_2."}`, opentrain.CodeInvalidGrant, "No [token], [token]."},
		{400, `{"error":"invalid_request","error_description":"email_already_registered"}`, opentrain.CodeEmailTaken, "email_already_registered"},
		{400, `{"error":"invalid_request","error_description":"This Email already has an account."}`, opentrain.CodeEmailTaken, ""},
		{400, `{"error":"email_already_registered"}`, opentrain.CodeEmailTaken, "email already registered"},
		{400, `{"error":"invalid_request","error_description":"The account was claimed already."}`, opentrain.CodeInvalidRequest, ""},
		{400, `{"error":"invalid_request","error_description":"The claim window has closed."}`, opentrain.CodeExpiredToken, ""},
		{403, `{"error":"anonymous_not_enabled"}`, opentrain.CodeAnonymousNotEnabled, "anonymous not enabled"},
		{429, `{"error":"rate_limit_exceeded"}`, opentrain.CodeRateLimited, "rate limit exceeded"},
		{429, `<html>`, opentrain.CodeRateLimited, ""},
		{500, `{"error":"server_error"}`, opentrain.CodeInternal, "server error"},
		{502, `<html>ot_clm_secret_1</html>`, opentrain.CodeBadResponse, ""},
		{503, ``, opentrain.CodeBadResponse, ""},
		{200, `{}`, opentrain.CodeBadResponse, "the response has no token"},
		{302, ``, opentrain.CodeBadResponse, ""},
	} {
		api, seen := agentAPI(t, transportFunc(func(r *http.Request) (*http.Response, error) {
			return &http.Response{StatusCode: test.status, Header: http.Header{"Retry-After": {"1"}}, Request: r,
				Body: io.NopCloser(strings.NewReader(test.body))}, nil
		}))
		_, err := api.ClaimedToken(t.Context(), "ot_clm_secret_1")
		failure, ok := errors.AsType[*opentrain.Error](err)
		if !ok || failure.Code != test.code || test.message != "" && failure.Message != test.message || len(*seen) != 1 ||
			strings.Contains(err.Error(), "secret") {
			t.Errorf("%d %s: %v, %d requests", test.status, test.body, err, len(*seen))
		}
	}
}

func TestClaimTimesAreBounded(t *testing.T) {
	for _, test := range []struct {
		attempt            opentrain.ClaimAttempt
		interval, lifetime time.Duration
	}{
		{opentrain.ClaimAttempt{}, 5 * time.Second, 30 * time.Minute},
		{opentrain.ClaimAttempt{Interval: -1, ExpiresIn: -1}, 5 * time.Second, 30 * time.Minute},
		{opentrain.ClaimAttempt{Interval: 1.5, ExpiresIn: 60}, 1500 * time.Millisecond, time.Minute},
		{opentrain.ClaimAttempt{Interval: 1e300, ExpiresIn: 1e300}, 5 * time.Minute, 24 * time.Hour},
	} {
		if interval, lifetime := test.attempt.PollInterval(), test.attempt.Lifetime(); interval != test.interval || lifetime != test.lifetime {
			t.Errorf("%+v: %v, %v", test.attempt, interval, lifetime)
		}
	}
}

func TestSameBaseURL(t *testing.T) {
	for _, test := range []struct {
		a, b string
		same bool
	}{
		{"https://app.opentrain.ai", "HTTPS://App.OpenTrain.ai:443/api/public/v1/", true},
		{"http://127.0.0.1:80", "http://127.0.0.1", true},
		{"http://127.0.0.1:8090", "http://127.0.0.1:8091", false},
		{"https://a.example", "https://a.example/x", false},
		{"https://a.example", "http://a.example", false},
		{"nonsense", "nonsense", false},
	} {
		if got := opentrain.SameBaseURL(test.a, test.b); got != test.same {
			t.Errorf("%s and %s: %v", test.a, test.b, got)
		}
	}
}
