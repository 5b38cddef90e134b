package acceptance_test

import (
	"context"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"

	opentrainmcp "opentrain-mcp"
	"opentrain-mcp/opentrain"
	"opentrain-mcp/opentrain/sandbox"
)

// TestTokens lists what a caller may send as a token.
func TestTokens(t *testing.T) {
	t.Parallel()
	s := startHTTP(t, []sandbox.Account{employer(1), employer(2)}, nil)
	one, two := employer(1).Token, employer(2).Token
	for name, test := range map[string]struct {
		headers []string
		status  int
		says    string // of a refusal, or of get_account's answer
	}{
		"own header":           {[]string{"X-OpenTrain-Token", one}, 200, "Employer 001"},
		"own scheme":           {[]string{"Authorization", "OpenTrain-Token " + one}, 200, "Employer 001"},
		"bearer":               {[]string{"Authorization", "Bearer " + one}, 200, "Employer 001"},
		"scheme in other case": {[]string{"Authorization", "bearer " + one}, 200, "Employer 001"},
		"the same twice":       {[]string{"X-OpenTrain-Token", one, "Authorization", "Bearer " + one}, 200, "Employer 001"},
		"two tokens":           {[]string{"X-OpenTrain-Token", one, "Authorization", "Bearer " + two}, 400, "two different tokens"},
		"two of one header":    {[]string{"X-OpenTrain-Token", one, "X-OpenTrain-Token", two}, 400, "two different tokens"},
		"two schemes": {[]string{"Authorization", "OpenTrain-Token " + one, "Authorization", "Bearer " + two}, 400,
			"two different tokens"},
		"empty":                        {[]string{"X-OpenTrain-Token", ""}, 401, "is empty"},
		"no token after Bearer":        {[]string{"Authorization", "Bearer"}, 401, "is empty"},
		"a space":                      {[]string{"X-OpenTrain-Token", "ot_pat_a b"}, 401, "has a space"},
		"too long":                     {[]string{"X-OpenTrain-Token", "ot_pat_" + strings.Repeat("x", 600)}, 401, "longer than 512"},
		"a variable":                   {[]string{"Authorization", "Bearer ${OT_TOKEN}"}, 401, "a variable name"},
		"a bearer for another service": {[]string{"Authorization", "Bearer eyJhbGciOi.x.y"}, 401, "was not forwarded"},
		"a token as scheme":            {[]string{"X-OpenTrain-Token", one, "Authorization", two}, 401, "unknown scheme"},
		"another scheme":               {[]string{"Authorization", "Basic dXNlcjpwYXNz"}, 401, "unknown scheme"},
		"unknown token":                {[]string{"X-OpenTrain-Token", "ot_pat_stranger"}, 200, "rejected the API token"},
		"anonymous":                    {nil, 200, "Send a token so and so."},
	} {
		t.Run(name, func(t *testing.T) {
			before := len(s.api.seen())
			got := s.do("POST", "/mcp", rpc(1, "opentrain_get_account", map[string]any{}), test.headers...)
			if got.status != test.status || !strings.Contains(got.body, test.says) {
				t.Errorf("%d %s", got.status, got.body)
			}
			if wants := got.header.Get("WWW-Authenticate"); (wants != "") != (test.status == 401) || strings.Contains(wants, "resource_metadata") {
				t.Errorf("WWW-Authenticate: %q", wants)
			}
			if test.status != 200 && len(s.api.seen()) != before {
				t.Error("a request reached the API")
			}
			for _, secret := range []string{one, two, "eyJhbGciOi", "dXNlcjpwYXNz"} {
				if strings.Contains(got.body, secret) || strings.Contains(s.log.String(), secret) {
					t.Errorf("%s is shown", secret)
				}
			}
		})
	}
	if got := s.do("POST", "/mcp?token="+one+"&access_token="+one,
		rpc(1, "opentrain_get_account", map[string]any{})); !strings.Contains(got.body, "NO_TOKEN") {
		t.Errorf("a token in the query was accepted: %s", got.body)
	}
	for _, path := range []string{"/.well-known/oauth-protected-resource", "/.well-known/oauth-protected-resource/mcp",
		"/.well-known/oauth-authorization-server", "/register"} {
		if got := s.do("GET", path, ""); got.status != http.StatusNotFound {
			t.Errorf("%s: %d", path, got.status)
		}
	}
}

func TestAnonymousCallers(t *testing.T) {
	t.Parallel()
	s := startHTTP(t, nil, nil)
	if got := s.call("opentrain_search_jobs", map[string]any{"limit": 1}); got.isError {
		t.Error(got.text)
	}
	if got := s.call("opentrain_create_draft", map[string]any{"description": "x"}); got.failure.Code != "NO_TOKEN" {
		t.Errorf("%+v", got)
	}
	strict := startHTTP(t, nil, func(c *opentrainmcp.HTTPConfig) { c.RequireToken = true })
	for _, request := range [][2]string{{"POST", "/mcp"}, {"GET", "/sse"}, {"POST", "/message?sessionId=x"}} {
		if got := strict.do(request[0], request[1], hello); got.status != http.StatusUnauthorized || got.header.Get("WWW-Authenticate") == "" {
			t.Errorf("%v: %d", request, got.status)
		}
	}
	if got := strict.call("opentrain_search_jobs", map[string]any{"limit": 1}, tokenHeader, sandbox.DemoToken); got.isError {
		t.Error(got.text)
	}
	if got := strict.do("GET", "/healthz", ""); got.status != http.StatusOK {
		t.Errorf("/healthz needs a token: %d", got.status)
	}
}

// TestSharedAccount: callers authenticate with the operator's secret, which is not sent
// to the API.
func TestSharedAccount(t *testing.T) {
	t.Parallel()
	const secret = "operators-secret-1234"
	s := startHTTP(t, nil, func(c *opentrainmcp.HTTPConfig) {
		c.Auth, c.ServerToken, c.Token = opentrainmcp.AuthShared, secret, fixed(sandbox.DemoToken)
	})
	if got := s.call("opentrain_get_account", map[string]any{}, "Authorization", "Bearer "+secret); got.isError ||
		!strings.Contains(got.text, "Sandbox Demo") {
		t.Errorf("%+v", got)
	}
	for name, test := range map[string]struct {
		status  int
		headers []string
	}{
		"none":             {401, nil},
		"wrong":            {401, []string{"Authorization", "Bearer " + secret + "x"}},
		"an OpenTrain one": {401, []string{"Authorization", "Bearer " + sandbox.DemoToken}},
		"a second account": {400, []string{"Authorization", "Bearer " + secret, "X-OpenTrain-Token", sandbox.DemoToken}},
		"in another form":  {400, []string{"X-OpenTrain-Token", secret}},
	} {
		got := s.do("POST", "/mcp", rpc(1, "opentrain_search_jobs", map[string]any{}), test.headers...)
		if got.status != test.status || strings.Contains(got.body, secret) {
			t.Errorf("%s: %d %s", name, got.status, got.body)
		}
	}
	if strings.Contains(s.log.String(), secret) {
		t.Error("the secret is in the log")
	}
	apiClient, err := opentrain.New(opentrain.Config{})
	if err != nil {
		t.Fatal(err)
	}
	for _, broken := range []opentrainmcp.HTTPConfig{
		{Auth: opentrainmcp.AuthShared, Config: opentrainmcp.Config{API: apiClient, Token: fixed("x")}},
		{Auth: opentrainmcp.AuthShared, ServerToken: secret, Config: opentrainmcp.Config{API: apiClient}},
		{Auth: "open", Config: opentrainmcp.Config{API: apiClient}},
		{ReplicaID: "a.b", Config: opentrainmcp.Config{API: apiClient}},
		{AllowedHosts: []string{"*"}, Config: opentrainmcp.Config{API: apiClient}},
		{AllowedOrigins: []string{"app.example.com"}, Config: opentrainmcp.Config{API: apiClient}},
		{AllowedOrigins: []string{"https://*.example.com"}, Config: opentrainmcp.Config{API: apiClient}},
	} {
		if _, err := opentrainmcp.NewHTTPHandler(broken); err == nil {
			t.Errorf("%+v is accepted", broken)
		}
	}
}

// TestOperatorsTokenStaysHome: the server's own token is never used for a caller.
func TestOperatorsTokenStaysHome(t *testing.T) {
	t.Parallel()
	s := startHTTP(t, nil, func(c *opentrainmcp.HTTPConfig) { c.Token = fixed(sandbox.DemoToken) })
	if got := s.call("opentrain_get_account", map[string]any{}); got.failure.Code != "NO_TOKEN" || len(s.api.seen()) != 0 {
		t.Errorf("%+v, sent %v", got, s.api.seen())
	}
}

// TestSharedAccountsTokenMayChange: with a shared account, sessions and streams belong
// to whoever has the secret, even after the account's token changes.
func TestSharedAccountsTokenMayChange(t *testing.T) {
	t.Parallel()
	var token atomic.Value
	token.Store(employer(1).Token)
	s := startHTTP(t, employers(3), func(c *opentrainmcp.HTTPConfig) {
		c.Auth, c.ServerToken, c.Sessions = opentrainmcp.AuthShared, "the-operators-secret", true
		c.Token = func(context.Context) opentrainmcp.Token {
			value, _ := token.Load().(string)
			return opentrainmcp.Token{Value: value}
		}
	})
	secret := []string{"Authorization", "Bearer the-operators-secret"}
	stream := s.open(secret...)
	id := s.do("POST", "/mcp", hello, secret...).header.Get("Mcp-Session-Id")
	token.Store(employer(2).Token)
	if got := stream.call(1, "opentrain_get_account", map[string]any{}); !strings.Contains(got.text, "Employer 002") {
		t.Errorf("%+v", got)
	}
	if got := s.do("POST", "/mcp", rpc(1, "opentrain_get_account", map[string]any{}),
		append(secret, "Mcp-Session-Id", id)...); !strings.Contains(got.body, "Employer 002") {
		t.Errorf("%s", got.body)
	}
}
