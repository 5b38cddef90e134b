package opentrain

import (
	"context"
	"net/http"
)

// Limits of tokens (developers/api-reference/tokens/create).
const (
	MaxTokens    = 25  // active ones per account
	MaxTokenName = 120 // characters
)

// Statuses of a token (developers/api-reference/tokens/list).
const (
	TokenActive  = "active"
	TokenExpired = "expired"
	TokenRevoked = "revoked"
)

// APIToken is what the account knows of one of its API tokens.
type APIToken struct {
	ID             string   `json:"id"`
	Name           string   `json:"name"`
	Preview        string   `json:"preview"` // the start and the end of the token
	Scopes         []string `json:"scopes"`
	Status         string   `json:"status"`         // TokenActive, TokenExpired or TokenRevoked
	OrganizationID string   `json:"organizationId"` // "" if it has none
	CreatedAt      string   `json:"createdAt"`      // RFC 3339
	LastUsedAt     string   `json:"lastUsedAt"`     // RFC 3339, "" if it was never used
	ExpiresAt      string   `json:"expiresAt"`      // RFC 3339, "" for never
	RevokedAt      string   `json:"revokedAt"`      // RFC 3339, "" if it was not revoked
	More
}

// ListTokens lists the API tokens of the account in one page, also those that don't work anymore. It needs a token with any
// scope (developers/api-reference/tokens/list).
func (c *Client) ListTokens(ctx context.Context) (*Page[APIToken], error) {
	return fetchPage[APIToken](ctx, c, request{path: "/tokens", member: "tokens"})
}

// TokenRequest describes an API token to be made. Everything is optional.
type TokenRequest struct {
	Name      string   `json:"name,omitempty"`      // at most MaxTokenName characters
	Scopes    []string `json:"scopes,omitempty"`    // some of the caller's; nil means all of them
	ExpiresAt string   `json:"expiresAt,omitempty"` // RFC 3339, in the future; "" means never
}

// CreateToken makes an API token. No one can read it again. It needs a token with any scope. It fails with BAD_REQUEST and
// details.unknownScopes, and with FORBIDDEN for a scope that the caller lacks (developers/api-reference/tokens/create).
func (c *Client) CreateToken(ctx context.Context, token TokenRequest) (*NewToken, error) {
	req := request{method: http.MethodPost, path: "/tokens", body: token}
	return fetch(ctx, c, req, "token", func(t *NewToken) bool { return t.Token.Reveal() != "" })
}

// NewToken is the result of CreateToken.
type NewToken struct {
	Token     Secret   `json:"token"`     // for WithToken
	TokenType string   `json:"tokenType"` // bearer
	Metadata  APIToken `json:"metadata"`
	More
}

// RevokeTokenByID ends an API token of the account for good, also the caller's own. It needs a token with any scope. It fails
// with NOT_FOUND and details.tokenId for an unknown one (developers/api-reference/tokens/revoke).
func (c *Client) RevokeTokenByID(ctx context.Context, tokenID string) (*APIToken, error) {
	req := request{method: http.MethodDelete, path: "/tokens/{tokenId}", id: tokenID, member: "token"}
	return fetch(ctx, c, req, "token", func(t *APIToken) bool { return t.ID != "" })
}
