package updates

import (
	"context"
	"slices"

	"opentrain-mcp/internal/text"
	"opentrain-mcp/internal/tool"
	"opentrain-mcp/opentrain"
)

type listWebhooksOutput struct {
	Webhooks    []webhook `json:"webhooks" jsonschema_description:"Newest first."`
	Cut         string    `json:"cut,omitempty" jsonschema_description:"What was left out."`
	Interpreted []string  `json:"interpreted,omitempty"`
	Next        tool.Next `json:"next" jsonschema_description:"What to do now."`
}

func (u updates) listWebhooks() tool.Tool {
	return tool.New(tool.Spec{
		Name: tool.ListWebhooks, Title: "List webhooks", Kind: tool.KindRead,
		Description: "List the account's webhooks: the addresses that OpenTrain sends events to, newest first, with their events and status. " +
			"Use it to find a webhook's id, to see why deliveries stopped, or after a create whose outcome is unclear. " +
			"For one webhook, use opentrain_get_webhook. To see the events themselves, use opentrain_poll_updates. " +
			"An account has at most 10. Secrets are never shown. Changes nothing.",
		Scope: opentrain.ScopeWebhooks, Feature: webhooks(), NotFound: noWebhooks, Find: tool.GetAccountNext("See which account it is."),
	}, u.list)
}

func (u updates) list(ctx context.Context, call tool.Call, _ struct{}) (listWebhooksOutput, *tool.Ask, error) {
	page, err := u.API.ListWebhooks(ctx)
	if err != nil {
		return listWebhooksOutput{}, nil, err
	}
	out := listWebhooksOutput{Webhooks: tool.Map(page.Items, shown), Interpreted: call.Interpreted, Next: tool.Next{Action: tool.Done}}
	if over := len(out.Webhooks) - opentrain.MaxWebhooks; over > 0 {
		out.Webhooks = out.Webhooks[:opentrain.MaxWebhooks]
		out.Cut = text.Count(over, "older webhook") + ", to keep the result short."
	}
	if slices.ContainsFunc(out.Webhooks, webhook.disabled) {
		out.Next.Note = replaceNote
	}
	return out, nil, nil
}

func (o listWebhooksOutput) Text() string {
	var l text.Lines
	switch count := text.Count(len(o.Webhooks), "webhook"); len(o.Webhooks) {
	case 0:
		l.Add("This account has no webhooks.")
	case 1:
		l.Add("%s.", count)
	default:
		l.Add("%s, newest first.", count)
	}
	l.Fields("Interpreted", o.Interpreted)
	for i, w := range o.Webhooks {
		l.Add("%d. Webhook (id %s)", i+1, w.ID)
		w.lines(&l, "   ")
	}
	l.Field("Left out", o.Cut)
	return l.With(o.Next)
}
