package opentrain

import (
	"cmp"
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"strings"
	"time"
)

// agentPath is the path of the endpoints that give agents an account. They are beside the API and speak OAuth.
const agentPath = "/api/agent"

const (
	claimGrant = "urn:opentrain:agent-auth:grant-type:claim"

	// DefaultClaimInterval is the time between two polls of a claim when the API names none
	// (developers/api-reference/agent-auth/claim).
	DefaultClaimInterval = 5 * time.Second
	// ClaimWindow is how long after its registration an account can be claimed
	// (developers/api-reference/agent-auth/register).
	ClaimWindow = 24 * time.Hour

	defaultClaimLifetime = 30 * time.Minute // as in the page's sample
	maxClaimInterval     = 5 * time.Minute  // an absurd interval doesn't stop the polling
)

// Codes of the endpoints that give agents an account (developers/api-reference/agent-auth). A limit is CodeRateLimited here
// too.
const (
	CodeAuthorizationPending Code = "authorization_pending" // no human has claimed the account yet
	CodeSlowDown             Code = "slow_down"             // polled too soon
	CodeExpiredToken         Code = "expired_token"         // the account can't be claimed anymore
	CodeInvalidGrant         Code = "invalid_grant"         // an unknown claim token, or the new API token was delivered before
	CodeInvalidRequest       Code = "invalid_request"
	CodeEmailTaken           Code = "email_already_registered" // the email has an OpenTrain account, so it can't claim another
	CodeAnonymousNotEnabled  Code = "anonymous_not_enabled"    // agents can't register at the moment
)

// AgentProfile describes a new account. Everything is optional.
type AgentProfile struct {
	AgentName        string `json:"agent_name,omitempty"` // shown to the human who claims the account
	OrganizationName string `json:"organization_name,omitempty"`
}

// Registration is a new account that no human has claimed yet.
type Registration struct {
	Token      string   `json:"access_token"`
	Scopes     []string `json:"scopes"`
	ClaimToken string   `json:"claim_token"` // for StartClaim and ClaimedToken
	ClaimBy    string   `json:"claim_token_expires_at"`
}

// RegisterAgent makes an employer account for an agent. It needs no token (developers/api-reference/agent-auth/register).
func (c *Client) RegisterAgent(ctx context.Context, profile AgentProfile) (*Registration, error) {
	body := struct {
		Type string `json:"identity_type"`
		AgentProfile
	}{"anonymous", profile}
	req := request{method: http.MethodPost, path: "/identity", agent: true, body: body}
	return fetch(ctx, c, req, "new account", func(r *Registration) bool { return r.Token != "" })
}

// ClaimAttempt is what a human needs to claim an account.
type ClaimAttempt struct {
	UserCode  string  `json:"user_code"`
	URL       string  `json:"verification_uri"`
	ExpiresIn float64 `json:"expires_in"` // seconds
	Interval  float64 `json:"interval"`   // seconds
	EmailSent bool    `json:"email_sent"`
}

// PollInterval is the shortest time between two calls of ClaimedToken.
func (a *ClaimAttempt) PollInterval() time.Duration {
	return claimTime(a.Interval, DefaultClaimInterval, maxClaimInterval)
}

// Lifetime is how long the human has for this attempt.
func (a *ClaimAttempt) Lifetime() time.Duration {
	return claimTime(a.ExpiresIn, defaultClaimLifetime, ClaimWindow)
}

// claimTime reads a time of the API, which may be missing or absurd.
func claimTime(seconds float64, standard, longest time.Duration) time.Duration {
	if seconds <= 0 {
		return standard
	}
	return time.Duration(min(seconds, longest.Seconds()) * float64(time.Second))
}

// StartClaim invites a human to claim an account. The email must not have an OpenTrain account yet. Another call starts
// again with a new code (developers/api-reference/agent-auth/claim).
func (c *Client) StartClaim(ctx context.Context, claimToken, email string) (*ClaimAttempt, error) {
	body := map[string]string{"claim_token": claimToken, "email": email}
	req := request{method: http.MethodPost, path: "/identity/claim", agent: true, body: body, secret: claimToken}
	return fetch(ctx, c, req, "claim", func(a *ClaimAttempt) bool { return a.URL != "" || a.UserCode != "" })
}

// Grant is the API token of a claimed account.
type Grant struct {
	Token  string   `json:"access_token"`
	Scopes []string `json:"scopes"`
}

// ClaimedToken asks for the API token of a claimed account. The API delivers it exactly once, and revokes the earlier
// tokens of the account when it is claimed. Before that it fails with CodeAuthorizationPending or CodeSlowDown
// (developers/api-reference/agent-auth/token).
func (c *Client) ClaimedToken(ctx context.Context, claimToken string) (*Grant, error) {
	form := url.Values{"grant_type": {claimGrant}, "claim_token": {claimToken}}
	req := request{method: http.MethodPost, path: "/oauth/token", agent: true, form: form, secret: claimToken}
	return fetch(ctx, c, req, "token", func(g *Grant) bool { return g.Token != "" })
}

// RevokeToken ends an API token. An unknown token is no error (developers/api-reference/agent-auth/revoke).
func (c *Client) RevokeToken(ctx context.Context, token string) error {
	req := request{method: http.MethodPost, path: "/oauth/revoke", agent: true, form: url.Values{"token": {token}}, secret: token}
	_, err := fetch[struct{}](ctx, c, req, "", nil)
	return err
}

// agentError returns the Error for a response in the form of OAuth. Any other is not the API's.
func agentError(res response) *Error {
	e := unexpected(res, nil)
	e.RetryAfter = parseRetryAfter(res.header.Get("Retry-After"), time.Now())
	var envelope struct {
		Error       string `json:"error"`
		Description string `json:"error_description"`
	}
	code := Code("")
	if json.Unmarshal(res.body, &envelope) == nil {
		code = Code(printable(envelope.Error))
	}
	switch {
	case res.status == http.StatusTooManyRequests:
		e.Code = CodeRateLimited
	case res.status >= http.StatusInternalServerError && code != "":
		e.Code = CodeInternal
	case code != "":
		e.Code = claimCode(code, envelope.Description)
	}
	if code != "" {
		e.Message = clip(string(hideTokens([]byte(cmp.Or(envelope.Description, strings.ReplaceAll(string(code), "_", " "))))))
	}
	return e
}

// claimCode is the code of an error. Only the description says why a request is invalid, as a name or in words
// (developers/api-reference/agent-auth/claim).
func claimCode(code Code, description string) Code {
	said := strings.ToLower(description)
	switch {
	case code != CodeInvalidRequest:
		return code
	case strings.Contains(said, "email") && strings.Contains(said, "already"):
		return CodeEmailTaken
	case strings.Contains(said, "window"):
		return CodeExpiredToken
	}
	return code
}
