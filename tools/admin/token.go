package admin

import (
	"cmp"
	"context"
	"slices"
	"strings"

	"opentrain-mcp/internal/text"
	"opentrain-mcp/internal/tool"
	"opentrain-mcp/opentrain"
	"opentrain-mcp/schema"
)

// token is what the account knows of a token. The token itself can't be read again.
type token struct {
	ID         string   `json:"tokenId"`
	Name       string   `json:"name,omitempty"`
	Preview    string   `json:"preview,omitempty"`
	Own        bool     `json:"own,omitempty"`
	Status     string   `json:"status"`
	Scopes     []string `json:"scopes"`
	CreatedAt  string   `json:"createdAt,omitempty"`
	LastUsedAt string   `json:"lastUsedAt,omitempty"`
	ExpiresAt  string   `json:"expiresAt,omitempty"`
	RevokedAt  string   `json:"revokedAt,omitempty"`
}

func (token) JSONSchema() *schema.Node {
	return tool.PlainObject("tokenId, name, preview (its start and end), own (this server uses it), status (active, expired or revoked), " +
		"scopes, createdAt, lastUsedAt, expiresAt, revokedAt.")
}

// token finds the token, and what a human should be warned about.
func (a admin) token(ctx context.Context, call tool.Call, id string) (found token, warnings []string, err error) {
	list, err := a.API.ListTokens(ctx)
	if err != nil {
		return token{}, nil, err
	}
	at := slices.IndexFunc(list.Items, func(t opentrain.APIToken) bool { return t.ID == id })
	if at < 0 {
		return token{}, nil, &opentrain.Error{Code: opentrain.CodeNotFound, NotSent: true, Message: "no token in this account has that id"}
	}
	me, err := a.API.Me(ctx)
	if err != nil {
		return token{}, nil, err
	}
	found = shown(list.Items[at], me.Token.ID)
	switch {
	case found.Own:
		warnings = append(warnings, "This server itself uses this token: revoking it ends the server's access to OpenTrain.")
	case me.Token.ID == "":
		warnings = append(warnings, "OpenTrain doesn't say which token this server uses: if it's this one, the server loses its access.")
	}
	if found.Own && call.Caller.Claims {
		warnings = append(warnings, "No human has claimed this account yet: without this token, no one can use it again.")
	}
	return found, warnings, nil
}

// keepsOwn is the refusal to end this server's access where no human is asked.
func keepsOwn(warnings []string) error {
	const remedy = "This server runs without confirmations, so it doesn't do that. " +
		"The human can, in OpenTrain's app, under Settings → API keys."
	return &tool.Refusal{
		Code: opentrain.CodeForbidden, Lines: append(warnings, "Nothing was changed. "+remedy),
		Next: tool.Next{Action: tool.Fix, By: "human", Problem: text.Join(" ", warnings[0], remedy), URL: opentrain.DefaultBaseURL},
	}
}

// rank puts the tokens that work first.
func rank(t opentrain.APIToken) int {
	if t.Status == opentrain.TokenActive {
		return 0
	}
	return 1
}

func shown(t opentrain.APIToken, own string) token {
	return token{
		ID: text.Stranger(t.ID, 100), Name: text.Stranger(t.Name, opentrain.MaxTokenName), Preview: preview(t.Preview),
		Own: own != "" && t.ID == own, Status: text.Stranger(t.Status, 40), Scopes: text.Strangers(t.Scopes, 20, 40),
		CreatedAt: text.Stranger(t.CreatedAt, 40), LastUsedAt: text.Stranger(t.LastUsedAt, 40),
		ExpiresAt: text.Stranger(t.ExpiresAt, 40), RevokedAt: text.Stranger(t.RevokedAt, 40),
	}
}

// preview is the masked form of a token. A text without a mask may be a whole token: it isn't shown.
func preview(s string) string {
	if !strings.Contains(s, "***") {
		return ""
	}
	return text.Stranger(s, 60)
}

// called names the token for people.
func (t token) called() string {
	return text.Join(" ", cmp.Or(t.Name, "API token"), "("+text.Join(", ", "id "+t.ID, t.Preview)+")")
}

func (t token) used() string {
	if t.LastUsedAt == "" {
		return "never used"
	}
	return "last used " + t.LastUsedAt
}
