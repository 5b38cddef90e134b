package updates

import (
	"cmp"
	"strings"

	"opentrain-mcp/internal/text"
	"opentrain-mcp/internal/tool"
	"opentrain-mcp/opentrain"
	"opentrain-mcp/schema"
)

// webhook is a subscription of an address to events. No one can read its secret again.
type webhook struct {
	ID             string   `json:"webhookId"`
	URL            string   `json:"url"`
	EventTypes     []string `json:"eventTypes"`
	Status         string   `json:"status"`
	CreatedAt      string   `json:"createdAt,omitempty"`
	DisabledAt     string   `json:"disabledAt,omitempty"`
	DisabledReason string   `json:"disabledReason,omitempty"`
}

func (webhook) JSONSchema() *schema.Node {
	return tool.PlainObject("webhookId, url, eventTypes, status (ACTIVE or DISABLED), createdAt, disabledAt, disabledReason.")
}

func shown(w opentrain.Webhook) webhook {
	return webhook{
		ID: text.Stranger(w.ID, 100), URL: text.Stranger(w.URL, 600), EventTypes: text.Strangers(w.EventTypes, 20, 60),
		Status: text.Stranger(w.Status, 40), CreatedAt: text.Stranger(w.CreatedAt, 40), DisabledAt: text.Stranger(w.DisabledAt, 40),
		DisabledReason: text.Stranger(w.DisabledReason, 200),
	}
}

func (w webhook) disabled() bool { return w.Status == opentrain.WebhookDisabled }

// state is the status within a sentence.
func (w webhook) state() string {
	return strings.ToLower(cmp.Or(tool.Label(w.Status), "status unknown"))
}

func (w webhook) events() string { return cmp.Or(strings.Join(w.EventTypes, ", "), "no events") }

// lines describe the webhook under a heading of its own.
func (w webhook) lines(l *text.Lines, indent string) {
	l.Field(indent+"Address", w.URL)
	l.Field(indent+"Events", w.events())
	l.Field(indent+"Status", cmp.Or(tool.Label(w.Status), "unknown"))
	l.Field(indent+"Created", w.CreatedAt)
	l.Field(indent+"Disabled", text.Join(" · ", w.DisabledAt, w.DisabledReason))
}

// replaceNote says how to go on from a webhook that OpenTrain has disabled.
const replaceNote = "A disabled webhook can't be enabled again. To go on, delete it with " + tool.DeleteWebhook +
	" and create another with " + tool.CreateWebhook + "."

// findWebhook is the step that finds a webhook's id, or out whether there is one.
func findWebhook() tool.Next {
	return tool.Next{Action: tool.CallTool, Tool: tool.ListWebhooks, Arguments: map[string]any{}, Note: "See the account's webhooks."}
}

const (
	noWebhook  = "This account has no webhook with that id."
	noWebhooks = "OpenTrain finds no webhooks for this account."
)
