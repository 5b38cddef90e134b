package admin

import (
	"context"

	"opentrain-mcp/internal/confirm"
	"opentrain-mcp/internal/draft"
	"opentrain-mcp/internal/text"
	"opentrain-mcp/internal/tool"
	"opentrain-mcp/opentrain"
	"opentrain-mcp/schema"
)

type revokeTokenInput struct {
	TokenID string `json:"tokenId" jsonschema:"minLength=1,maxLength=100"`

	confirm.Asking
}

func (revokeTokenInput) JSONSchemaExtend(s *schema.Node) {
	schema.Describe(s, map[string]string{ //nolint:gosec // words
		"tokenId": "Id from opentrain_list_tokens, not the token itself.",
	})
}

type revokeTokenOutput struct {
	TokenID        string    `json:"tokenId"`
	Revoked        bool      `json:"revoked"`
	AlreadyRevoked bool      `json:"alreadyRevoked,omitempty"`
	Own            bool      `json:"own,omitempty" jsonschema_description:"This server itself used it."`
	Interpreted    []string  `json:"interpreted,omitempty"`
	Next           tool.Next `json:"next" jsonschema_description:"What to do now."`
}

func (a admin) revokeToken() tool.Tool {
	return tool.New(tool.Spec{
		Name: tool.RevokeToken, Title: "Revoke an API token", Kind: tool.KindEnd,
		Description: "Revoke one of the account's API tokens by its id: everything that uses it loses access at once. " +
			"Use it for a token that is no longer needed, or that others may know. Find the id with opentrain_list_tokens. " +
			"The human approves it first and sees the token's name, its first and last characters, and its last use. " +
			"It can't be undone. Revoking the token that this server uses ends the server's own access to OpenTrain.",
		NotFound: noToken, Find: findToken(), Check: findToken(),
		OutcomeUnknown: "It's unclear whether the token was revoked. " + tool.ListTokens + " shows its status.",
	}, a.revoke)
}

const noToken = "This account has no API token with that id."

func findToken() tool.Next {
	return tool.Next{Action: tool.CallTool, Tool: tool.ListTokens, Arguments: map[string]any{}, Note: "See the account's tokens."}
}

func (a admin) revoke(ctx context.Context, call tool.Call, in revokeTokenInput) (revokeTokenOutput, *tool.Ask, error) {
	out := revokeTokenOutput{TokenID: text.Clean(in.TokenID, 100), Interpreted: call.Interpreted}
	subject := "token " + in.TokenID
	unlock, err := a.Confirm.Ledger.Lock(ctx, call.Caller, subject)
	if err != nil {
		return out, nil, err
	}
	defer unlock()
	intent := confirm.Intent{
		Tool: tool.RevokeToken, Subject: subject, Arguments: map[string]any{"tokenId": in.TokenID},
		Asking: in.Asking, Question: "Revoke this API token?",
		Means: "Everything that uses it loses access at once. This can't be undone.", IfNo: "The token stays as it is.",
	}
	if declined := a.Confirm.Declined(call, intent); declined != nil {
		out.Next = *declined
		return out, nil, nil
	}
	found, warnings, err := a.token(ctx, call, in.TokenID)
	if err != nil {
		return out, nil, draft.Unsent(err)
	}
	out.Own = found.Own
	switch {
	case len(warnings) > 0 && a.Confirm.Off() && found.Status != opentrain.TokenRevoked: // no one would hear of them
		return out, nil, keepsOwn(warnings)
	case found.Status == opentrain.TokenRevoked:
		out.AlreadyRevoked, out.Next = true, tool.Next{Action: tool.Done, Note: "Nothing was changed."}
		return out, nil, nil
	}
	preview := tool.Preview{
		Changes: []string{"Revoke the API token " + text.Join(", ", found.called(), found.Status)}, Warnings: warnings,
		Notes: []string{text.Capitalize(found.used()) + "."}, // not a change: a token may be used between the question and the yes
	}
	yes, ask, next := a.Confirm.Approve(call, intent, preview)
	if out.Next = next; !yes {
		return out, ask, nil
	}
	_, err = a.API.RevokeTokenByID(ctx, in.TokenID)
	a.Confirm.Ledger.Record(call.Caller, subject, err)
	if err != nil {
		return out, nil, err
	}
	out.Revoked, out.Next = true, tool.Next{Action: tool.Done}
	if out.Own {
		out.Next = tool.Next{
			Action: tool.Fix, By: "human", Problem: "This server has lost its access to OpenTrain: give it another API token.",
			URL: opentrain.DefaultBaseURL,
		}
	}
	return out, nil, nil
}

func (o revokeTokenOutput) Effect() tool.Effect {
	effect := tool.Effect{Subject: "token " + o.TokenID, Outcome: "not revoked"}
	if o.Revoked {
		effect.Outcome = "revoked"
	}
	return effect
}

func (o revokeTokenOutput) Text() string {
	var l text.Lines
	switch {
	case o.Revoked:
		l.Add("API token %s was revoked.", o.TokenID)
	case o.AlreadyRevoked:
		l.Add("API token %s was already revoked.", o.TokenID)
	case o.Next.Action == tool.ConfirmWithHuman:
		l.Add("API token %s wasn't revoked by this call. Ask the human first.", o.TokenID)
	default:
		l.Add("API token %s was not revoked by this call.", o.TokenID)
	}
	l.Fields("Interpreted", o.Interpreted)
	return l.With(o.Next)
}
