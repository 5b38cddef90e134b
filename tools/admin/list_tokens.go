package admin

import (
	"cmp"
	"context"
	"slices"
	"strings"

	"opentrain-mcp/internal/text"
	"opentrain-mcp/internal/tool"
	"opentrain-mcp/opentrain"
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

func (a admin) listTokens() tool.Tool {
	return tool.New(tool.Spec{
		Name: tool.ListTokens, Title: "List API tokens", Kind: tool.KindRead,
		Description: "List the account's API tokens: name, first and last characters, scopes, status, and when each was last used. " +
			"Use it to find a token that is no longer needed or may be known to others, before opentrain_revoke_token. " +
			"For the scopes of the token in use, opentrain_get_account is enough. " +
			"Tokens are never shown whole. New ones are created in OpenTrain's app, under Settings → API keys. Changes nothing.",
		NotFound: "OpenTrain finds no API tokens for this account.", Find: tool.GetAccountNext("See which account it is."),
	}, a.tokens)
}

func (a admin) tokens(ctx context.Context, call tool.Call, in listTokensInput) (listTokensOutput, *tool.Ask, error) {
	list, err := a.API.ListTokens(ctx)
	if err != nil {
		return listTokensOutput{}, nil, err
	}
	slices.SortStableFunc(list.Items, func(x, y opentrain.APIToken) int { return cmp.Compare(rank(x), rank(y)) })
	page, next, err := tool.PageOf(call, list.Items, func(t opentrain.APIToken) string { return t.ID }, in.Cursor, tool.DefaultPage)
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
		l.Field("   Dates", text.Join(", ", text.Labeled("created", t.CreatedAt), text.Labeled("expires", t.ExpiresAt),
			text.Labeled("revoked", t.RevokedAt)))
	}
	if o.NextCursor != "" {
		l.Add("More: pass cursor %s.", text.Exact(o.NextCursor))
	}
	return l.With(o.Next)
}
