package opentrain

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
)

// Types of an event, which are also those of webhooks, and the scope that each needs (developers/guides/stay-in-sync).
const (
	EventProposalReceived       = "proposal.received"             // proposals:read
	EventProposalStatusChanged  = "proposal.status_changed"       // proposals:read
	EventMessageReceived        = "message.received"              // messages:read
	EventContractCreated        = "contract.created"              // payments:read
	EventMilestoneStatusChanged = "milestone.status_changed"      // payments:read
	EventPaymentPending         = "payment.pending"               // payments:read
	EventApprovalConfirmed      = "approval.confirmed"            // payments:read; also for declined and expired ones
	EventContractBudgetChanged  = "contract.budget_state_changed" // payments:read
)

// MaxUpdates is the maximum number of events in a result of PollUpdates (developers/api-reference/updates/poll).
const MaxUpdates = 200

// PollUpdates lists what happened to the account since a cursor, oldest first, with up to MaxUpdates events per page. Without a
// cursor it starts at the beginning. It needs one of the scopes proposals:read, messages:read and payments:read, and no
// claimed account. Events that the token may not read are left out (developers/api-reference/updates/poll).
func (c *Client) PollUpdates(ctx context.Context, query PageQuery) (*Updates, error) {
	values := newQuery(query.Limit, "cursor", query.Cursor)
	updates, err := fetch(ctx, c, request{path: "/updates", query: values}, "list of events", func(u *Updates) bool {
		return u.Events != nil
	})
	if err == nil {
		updates.NextCursor = cmp.Or(updates.NextCursor, EventID(query.Cursor)) // an empty page must not start again
	}
	return updates, err
}

// Updates is one page of events.
type Updates struct {
	Events     []Event `json:"events"`
	NextCursor EventID `json:"nextCursor"` // for the next call, also after an empty page
	HasMore    bool    `json:"hasMore"`    // there are more events now
	More
}

// Event is something that happened to an account. It has IDs only. It is also the body of a webhook delivery.
type Event struct {
	ID         EventID `json:"id"`
	Type       string  `json:"type"` // one of the Event constants
	APIVersion string  `json:"apiVersion"`
	CreatedAt  string  `json:"createdAt"` // RFC 3339
	ResourceID string  `json:"resourceId"`
	JobID      string  `json:"jobId"` // "" if it is about no job
	// Data has the IDs and statuses of the type, such as proposalId, status or conversationId.
	Data Fields `json:"data"`
	More
}

// UnmarshalJSON implements json.Unmarshaler.
func (e *Event) UnmarshalJSON(data []byte) error { return decodeLenient(data, e) }

// EventID is the ID of an event, which is also a cursor. The API's page describes a number and shows strings.
type EventID string

// UnmarshalJSON implements json.Unmarshaler. It accepts a string or a number.
func (id *EventID) UnmarshalJSON(data []byte) error {
	if !bytes.HasPrefix(data, []byte(`"`)) {
		var number json.Number
		err := json.Unmarshal(data, &number)
		*id = EventID(number)
		return err
	}
	return json.Unmarshal(data, (*string)(id))
}
