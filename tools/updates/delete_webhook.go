package updates

import (
	"context"

	"opentrain-mcp/internal/confirm"
	"opentrain-mcp/internal/draft"
	"opentrain-mcp/internal/text"
	"opentrain-mcp/internal/tool"
	"opentrain-mcp/opentrain"
)

type deleteWebhookInput struct {
	WebhookID string `json:"webhookId" jsonschema:"minLength=1,maxLength=100" jsonschema_description:"Id from opentrain_list_webhooks."`

	confirm.Asking
}

type deleteWebhookOutput struct {
	WebhookID   string    `json:"webhookId"`
	Deleted     bool      `json:"deleted"`
	Interpreted []string  `json:"interpreted,omitempty"`
	Next        tool.Next `json:"next" jsonschema_description:"What to do now."`
}

func (u updates) deleteWebhook() tool.Tool {
	return tool.New(tool.Spec{
		Name: tool.DeleteWebhook, Title: "Delete a webhook", Kind: tool.KindEnd,
		Description: "Delete one of the account's webhooks: OpenTrain sends no more events to its address. " +
			"Use it when an address is no longer in use, when OpenTrain has disabled the webhook, or when its secret is lost or known to others: " +
			"then create another with opentrain_create_webhook, which gets a new secret. " +
			"The human approves it first. A deleted webhook can't be brought back. opentrain_poll_updates still shows the events.",
		Scope: opentrain.ScopeWebhooks, Feature: webhooks(), NotFound: noWebhook, Find: findWebhook(), Check: findWebhook(),
		OutcomeUnknown: "It's unclear whether the webhook was deleted. " + tool.ListWebhooks + " shows it.",
	}, u.delete)
}

func (u updates) delete(ctx context.Context, call tool.Call, in deleteWebhookInput) (deleteWebhookOutput, *tool.Ask, error) {
	subject := "webhook " + in.WebhookID
	unlock, err := u.Confirm.Ledger.Lock(ctx, call.Caller, subject)
	if err != nil {
		return deleteWebhookOutput{}, nil, err
	}
	defer unlock()
	out := deleteWebhookOutput{WebhookID: in.WebhookID, Interpreted: call.Interpreted}
	intent := confirm.Intent{
		Tool: tool.DeleteWebhook, Subject: subject, Arguments: map[string]any{"webhookId": in.WebhookID},
		Asking: in.Asking, Question: "Delete this webhook?",
		Means: "OpenTrain will send no more events to this address. A deleted webhook can't be brought back.", IfNo: "The webhook stays.",
	}
	if declined := u.Confirm.Declined(call, intent); declined != nil {
		out.Next = *declined
		return out, nil, nil
	}
	found, err := u.API.GetWebhook(ctx, in.WebhookID)
	if err != nil {
		return out, nil, draft.Unsent(err)
	}
	w := shown(*found)
	yes, ask, next := u.Confirm.Approve(call, intent, tool.Preview{Changes: []string{
		"Delete the webhook " + w.ID + " (" + w.state() + ") that sends to " + w.URL, "Events: " + w.events(),
	}})
	if out.Next = next; !yes {
		return out, ask, nil
	}
	_, err = u.API.DeleteWebhook(ctx, in.WebhookID)
	u.Confirm.Ledger.Record(call.Caller, subject, err)
	if err != nil {
		return out, nil, err
	}
	out.Deleted = true
	out.Next = tool.Next{Action: tool.Done, Note: "If this server saved its secret to a file, you can delete the file."}
	return out, nil, nil
}

func (o deleteWebhookOutput) Effect() tool.Effect {
	effect := tool.Effect{Subject: "webhook " + text.Clean(o.WebhookID, 100), Outcome: "not deleted"}
	if o.Deleted {
		effect.Outcome = "deleted"
	}
	return effect
}

func (o deleteWebhookOutput) Text() string {
	var l text.Lines
	switch {
	case o.Deleted:
		l.Add("Webhook %s was deleted.", o.WebhookID)
	case o.Next.Action == tool.ConfirmWithHuman:
		l.Add("Webhook %s wasn't deleted by this call. Ask the human first.", o.WebhookID)
	default:
		l.Add("Webhook %s was not deleted by this call.", o.WebhookID)
	}
	l.Fields("Interpreted", o.Interpreted)
	return l.With(o.Next)
}
