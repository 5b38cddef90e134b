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

type listTokensInput struct {
	Cursor string `json:"cursor,omitempty" jsonschema:"maxLength=2000" jsonschema_description:"nextCursor of the previous page."`
}

type listTokensOutput struct {
	Tokens      []token   `json:"tokens" jsonschema_description:"Active ones first."`
	NextCursor  string    `json:"nextCursor,omitempty" jsonschema_description:"Pass as cursor for the next page."`
	Interpreted []string  `json:"interpreted,omitempty"`
	Next        tool.Next `json:"next" jsonschema_description:"What to do now."`
}

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

func (a admin) listTokens() tool.Tool {
	return tool.New(tool.Spec{
		Name: tool.ListTokens, Title: "List API tokens", Kind: tool.KindRead,
		Description: "List the account's API tokens: name, first and last characters, scopes, status, and when each was last used. " +
			"Use it to find a token that is no longer needed or may be known to others, before opentrain_revoke_token. " +
			"For the scopes of the token in use, opentrain_get_account is enough. " +
			"Tokens are never shown whole. New ones are created in OpenTrain's app, under Settings → API keys. Changes nothing.",
	}, a.tokens)
}

func (a admin) tokens(ctx context.Context, call tool.Call, in listTokensInput) (listTokensOutput, *tool.Ask, error) {
	list, err := a.API.ListTokens(ctx)
	if err != nil {
		return listTokensOutput{}, nil, err
	}
	slices.SortStableFunc(list.Items, func(x, y opentrain.APIToken) int { return cmp.Compare(rank(x), rank(y)) })
	page, next, err := pageAfter(list.Items, in.Cursor, func(t opentrain.APIToken) string { return t.ID })
	if err != nil {
		return listTokensOutput{}, nil, err
	}
	own := ""
	if me, err := a.API.Me(ctx); err == nil { // it only helps
		own = me.Token.ID
	}
	return listTokensOutput{
		Tokens:     tool.Map(page, func(t opentrain.APIToken) token { return shown(t, own) }),
		NextCursor: next, Interpreted: call.Interpreted, Next: tool.Next{Action: tool.Done},
	}, nil, nil
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

func (o listTokensOutput) Text() string {
	var l text.Lines
	if len(o.Tokens) == 0 {
		l.Add("There are no more tokens.")
	} else {
		l.Add("%s on this page, active ones first. Lines starting with > are names that people gave.", text.Count(len(o.Tokens), "token"))
	}
	l.Fields("Interpreted", o.Interpreted)
	for i, t := range o.Tokens {
		own := ""
		if t.Own {
			own = "this server uses it"
		}
		l.Add("%d. %s", i+1, text.Join(" · ", "Token (id "+t.ID+")", t.Preview, t.Status, t.used(), own))
		l.Quoted("   ", t.Name)
		l.Field("   Scopes", cmp.Or(strings.Join(t.Scopes, ", "), "none"))
		l.Field("   Dates", text.Join(", ", dated("created", t.CreatedAt), dated("expires", t.ExpiresAt), dated("revoked", t.RevokedAt)))
	}
	if o.NextCursor != "" {
		l.Add("More: pass cursor %s.", text.Exact(o.NextCursor))
	}
	return l.With(o.Next.Text())
}

func dated(what, at string) string {
	if at == "" {
		return ""
	}
	return what + " " + at
}
