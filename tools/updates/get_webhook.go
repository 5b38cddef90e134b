package updates

import (
	"context"

	"opentrain-mcp/internal/text"
	"opentrain-mcp/internal/tool"
	"opentrain-mcp/opentrain"
)

type getWebhookInput struct {
	WebhookID string `json:"webhookId" jsonschema:"minLength=1,maxLength=100" jsonschema_description:"Id from opentrain_list_webhooks."`
}

type getWebhookOutput struct {
	Webhook     webhook   `json:"webhook"`
	Interpreted []string  `json:"interpreted,omitempty"`
	Next        tool.Next `json:"next" jsonschema_description:"What to do now."`
}

func (u updates) getWebhook() tool.Tool {
	return tool.New(tool.Spec{
		Name: tool.GetWebhook, Title: "Show a webhook", Kind: tool.KindRead,
		Description: "Show one of the account's webhooks: its address, its events, its status and, if OpenTrain has disabled it, why. " +
			"Use it to check whether a webhook still gets deliveries. " +
			"To find its id or see all of them, use opentrain_list_webhooks. To see the events themselves, use opentrain_poll_updates. " +
			"Its secret is never shown: OpenTrain sends it only once, when the webhook is created. Changes nothing.",
		Scope: opentrain.ScopeWebhooks, Feature: webhooks(), NotFound: noWebhook, Find: findWebhook(),
	}, u.get)
}

func (u updates) get(ctx context.Context, call tool.Call, in getWebhookInput) (getWebhookOutput, *tool.Ask, error) {
	found, err := u.API.GetWebhook(ctx, in.WebhookID)
	if err != nil {
		return getWebhookOutput{}, nil, err
	}
	out := getWebhookOutput{Webhook: shown(*found), Interpreted: call.Interpreted, Next: tool.Next{Action: tool.Done}}
	if out.Webhook.disabled() {
		out.Next.Note = replaceNote
	}
	return out, nil, nil
}

func (o getWebhookOutput) Text() string {
	var l text.Lines
	l.Add("Webhook (id %s)", o.Webhook.ID)
	o.Webhook.lines(&l, "")
	l.Fields("Interpreted", o.Interpreted)
	return l.With(o.Next)
}
