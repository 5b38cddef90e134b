package opentrain

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// Limits of webhooks (developers/api-reference/webhooks/create).
const (
	MaxWebhooks   = 10   // per account
	MaxWebhookURL = 2048 // characters
)

// Statuses of a webhook (developers/api-reference/webhooks/list).
const (
	WebhookActive   = "ACTIVE"
	WebhookDisabled = "DISABLED" // for good: delete it and make another one
)

// Headers of a delivery (developers/guides/verify-webhook-signatures).
const (
	WebhookSignatureHeader = "X-OpenTrain-Signature" // for VerifyWebhook
	WebhookEventHeader     = "X-OpenTrain-Event"     // the type of the event
	WebhookDeliveryHeader  = "X-OpenTrain-Delivery"  // an ID that is the same when the delivery is repeated
)

// WebhookTolerance is how far the time of a signature may be from now (developers/guides/verify-webhook-signatures).
const WebhookTolerance = 5 * time.Minute

// Errors of VerifyWebhook.
var (
	ErrWebhookSignature = errors.New("the webhook's signature is not valid")
	ErrWebhookTime      = errors.New("the webhook's signature is too old, or from the future")
)

// CreateWebhook subscribes an https URL (http for localhost only) to types of events from now on. No one can read its secret
// again. It needs the scope webhooks:manage, the scopes of the events, and FeatureWebhooks
// (developers/api-reference/webhooks/create).
func (c *Client) CreateWebhook(ctx context.Context, url string, eventTypes []string) (*NewWebhook, error) {
	body := struct {
		URL        string   `json:"url"`
		EventTypes []string `json:"eventTypes"`
	}{url, eventTypes}
	req := request{method: http.MethodPost, path: "/webhooks", body: body}
	return fetch(ctx, c, req, "webhook", func(w *NewWebhook) bool { return w.Webhook.ID != "" })
}

// NewWebhook is the result of CreateWebhook.
type NewWebhook struct {
	Webhook Webhook `json:"webhook"`
	Secret  Secret  `json:"secret"` // for VerifyWebhook
	Message string  `json:"message"`
	More
}

// Webhook is a subscription to events.
type Webhook struct {
	ID             string   `json:"id"`
	URL            string   `json:"url"`
	EventTypes     []string `json:"eventTypes"` // some of the Event constants
	Status         string   `json:"status"`     // WebhookActive or WebhookDisabled
	CreatedAt      string   `json:"createdAt"`  // RFC 3339
	DisabledAt     string   `json:"disabledAt"` // RFC 3339, "" while it is active
	DisabledReason string   `json:"disabledReason"`
	Deleted        bool     `json:"deleted"` // only from DeleteWebhook
	More
}

// ListWebhooks lists the webhooks of the account, newest first, in one page. It needs the scope webhooks:manage and
// FeatureWebhooks (developers/api-reference/webhooks/list).
func (c *Client) ListWebhooks(ctx context.Context) (*Page[Webhook], error) {
	return fetchPage[Webhook](ctx, c, request{path: "/webhooks", member: "webhooks"})
}

// GetWebhook returns a webhook. It needs what ListWebhooks needs (developers/api-reference/webhooks/get).
func (c *Client) GetWebhook(ctx context.Context, webhookID string) (*Webhook, error) {
	return c.webhook(ctx, request{id: webhookID})
}

// DeleteWebhook deletes a webhook. It needs what ListWebhooks needs. It fails with NOT_FOUND if there is no such webhook,
// so it is not repeated after a lost response (developers/api-reference/webhooks/delete).
func (c *Client) DeleteWebhook(ctx context.Context, webhookID string) (*Webhook, error) {
	return c.webhook(ctx, request{method: http.MethodDelete, id: webhookID})
}

func (c *Client) webhook(ctx context.Context, req request) (*Webhook, error) {
	req.path, req.member = "/webhooks/{webhookId}", "webhook"
	return fetch(ctx, c, req, "webhook", func(w *Webhook) bool { return w.ID != "" })
}

// VerifyWebhook checks that OpenTrain sent a delivery within WebhookTolerance of now. secret is the webhook's, header is
// the delivery's WebhookSignatureHeader ("t=<unix seconds>,v1=<hex HMAC-SHA256 of t.body>"), and body its bytes as they
// came. It returns nil, ErrWebhookTime or ErrWebhookSignature. An accepted body is an [Event]; a delivery may come twice
// (developers/guides/verify-webhook-signatures).
func VerifyWebhook(secret, header string, body []byte, now time.Time) error {
	parts := map[string]string{}
	for part := range strings.SplitSeq(header, ",") {
		name, value, _ := strings.Cut(strings.TrimSpace(part), "=")
		if _, twice := parts[name]; twice { // then it is unclear which one was signed
			return ErrWebhookSignature
		}
		parts[name] = value
	}
	seconds, err := strconv.ParseUint(parts["t"], 10, 63)
	signature, errHex := hex.DecodeString(parts["v1"])
	if err != nil || errHex != nil || secret == "" { // anyone can sign with an empty secret
		return ErrWebhookSignature
	}
	mac := hmac.New(sha256.New, []byte(secret))
	mac.Write([]byte(parts["t"] + "."))
	mac.Write(body)
	if !hmac.Equal(mac.Sum(nil), signature) {
		return ErrWebhookSignature
	}
	if now.Sub(time.Unix(int64(seconds), 0)).Abs() > WebhookTolerance {
		return ErrWebhookTime
	}
	return nil
}
