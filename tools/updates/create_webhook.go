package updates

import (
	"context"
	"slices"
	"strings"

	"opentrain-mcp/internal/account"
	"opentrain-mcp/internal/confirm"
	"opentrain-mcp/internal/text"
	"opentrain-mcp/internal/tool"
	"opentrain-mcp/opentrain"
	"opentrain-mcp/schema"
)

type createWebhookInput struct {
	URL        string   `json:"url" jsonschema:"minLength=1,maxLength=2048"`
	EventTypes []string `json:"eventTypes" jsonschema:"minItems=1"`

	confirm.Asking
}

func (createWebhookInput) JSONSchemaExtend(s *schema.Node) {
	schema.Describe(s, map[string]string{
		"url":        "https address that gets the events; http only for this machine.",
		"eventTypes": "What to send.",
	})
	schema.ReadProperty(s, "url", schema.Reading{Text: readAddress})
	enumerateEvents(s, "eventTypes")
}

type createWebhookOutput struct {
	Created     bool      `json:"created"`
	Webhook     *webhook  `json:"webhook,omitempty"`
	SecretFile  string    `json:"secretFile,omitempty" jsonschema_description:"File with the signing secret, which is never shown."`
	Interpreted []string  `json:"interpreted,omitempty"`
	Next        tool.Next `json:"next" jsonschema_description:"What to do now."`

	subject string
}

func (u updates) createWebhook() tool.Tool {
	return tool.New(tool.Spec{
		Name: tool.CreateWebhook, Title: "Create a webhook", Kind: tool.KindAdd, Local: true,
		Description: "Create a webhook: OpenTrain sends the account's events to a web address from now on. Returns its id and the file " +
			"on this machine that has its signing secret. " +
			"Use it when the human runs a receiver. To check for updates in this conversation, use opentrain_poll_updates. " +
			"The human approves it first. Calling again makes another; an account has at most 10. Also needs the read scope of each event.",
		Scope: opentrain.ScopeWebhooks, Feature: webhooks(), NotFound: noWebhooks, Find: findWebhook(), Check: findWebhook(),
		OutcomeUnknown: "It's unclear whether the webhook was created. If it was, no one knows its secret: find it with " +
			tool.ListWebhooks + ", delete it with " + tool.DeleteWebhook + ", and create it again.",
	}, u.create)
}

func (u updates) create(ctx context.Context, call tool.Call, in createWebhookInput) (createWebhookOutput, *tool.Ask, error) {
	types := slices.Compact(slices.Sorted(slices.Values(in.EventTypes)))
	out := createWebhookOutput{Interpreted: call.Interpreted, subject: "webhook"} // addresses can hold passwords
	unlock, err := u.Confirm.Ledger.Lock(ctx, call.Caller, "webhook to "+in.URL)
	if err != nil {
		return out, nil, err
	}
	defer unlock()
	intent := confirm.Intent{
		Tool: tool.CreateWebhook, Subject: "webhook to " + in.URL, Arguments: map[string]any{"url": in.URL, "eventTypes": types},
		Asking: in.Asking, Question: "Create this webhook?",
		Means: "OpenTrain will send these events of the account to this address from now on.", IfNo: "No webhook is created.",
	}
	if declined := u.Confirm.Declined(call, intent); declined != nil {
		out.Next = *declined
		return out, nil, nil
	}
	warnings, err := u.possible(ctx, call, in.URL, types)
	if err != nil {
		return out, nil, err
	}
	file, err := u.person.NewSecretFile("webhook") // first: a secret that can't be kept must not be made
	if err != nil {
		return out, nil, noFile(err)
	}
	defer file.Discard()
	preview := tool.Preview{Warnings: warnings, Changes: []string{"Send events to " + in.URL, "Events: " + strings.Join(types, ", ")}}
	intent.Status = strings.Join(warnings, "\n") // a yes is for what was there
	yes, ask, next := u.Confirm.Approve(call, intent, preview)
	if out.Next = next; !yes {
		return out, ask, nil
	}
	made, err := u.API.CreateWebhook(ctx, in.URL, types)
	u.Confirm.Ledger.Record(call.Caller, "webhook to "+in.URL, err)
	if err != nil {
		return out, nil, err
	}
	out.keep(made, file)
	return out, nil, nil
}

// keep saves the secret of a new webhook and says what comes next.
func (o *createWebhookOutput) keep(made *opentrain.NewWebhook, file *account.SecretFile) {
	w := shown(made.Webhook)
	o.Created, o.Webhook, o.subject = true, &w, "webhook "+w.ID
	problem := "OpenTrain sent no secret with it."
	if secret := made.Secret.Reveal(); secret != "" {
		if problem = ""; file.Complete(secret) != nil {
			problem = "Its secret couldn't be saved to " + file.Path + "."
		}
	}
	if problem != "" {
		o.Next = tool.Next{
			Action: tool.CallTool, Tool: tool.DeleteWebhook, Arguments: map[string]any{"webhookId": w.ID},
			Problem: problem, Note: "No one knows this webhook's secret. Delete it, then create it again.",
		}
		return
	}
	o.SecretFile = file.Path
	o.Next = tool.Next{
		Action: tool.Done,
		Note: "Tell the human where the secret is: their receiver needs it to check the " + opentrain.WebhookSignatureHeader +
			" header of each delivery. OpenTrain doesn't show it again.",
	}
}

func (o createWebhookOutput) Effect() tool.Effect {
	effect := tool.Effect{Subject: o.subject, Outcome: "not created"}
	if o.Created {
		effect.Outcome = "created"
	}
	return effect
}

func (o createWebhookOutput) Text() string {
	var l text.Lines
	switch {
	case o.Created:
		l.Add("Webhook %s was created.", o.Webhook.ID)
		o.Webhook.lines(&l, "")
		l.Field("Signing secret, in the file", o.SecretFile)
	case o.Next.Action == tool.ConfirmWithHuman:
		l.Add("The webhook wasn't created by this call. Ask the human first.")
	default:
		l.Add("No webhook was created by this call.")
	}
	l.Fields("Interpreted", o.Interpreted)
	return l.With(o.Next)
}
