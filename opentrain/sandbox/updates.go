package sandbox

import (
	"fmt"
	"net/http"
	"strconv"
	"time"
)

// event is an entry of the updates feed, as it is shown.
type event struct {
	number int
	kind   string
	shown  object
}

// eventScopes are the types of events and the scope that each needs, in the order of developers/guides/stay-in-sync.
func eventScopes() [][2]string {
	return [][2]string{{"proposal.received", "proposals:read"}, {"proposal.status_changed", "proposals:read"},
		{"message.received", "messages:read"}, {"contract.created", "payments:read"}, {"milestone.status_changed", "payments:read"},
		{"payment.pending", "payments:read"}, {"approval.confirmed", "payments:read"}, {"contract.budget_state_changed", "payments:read"}}
}

func scopeOfEvent(kind string) string {
	for _, known := range eventScopes() {
		if known[0] == kind {
			return known[1]
		}
	}
	return ""
}

// tell adds an event to the feed of an account and to its webhooks.
func (s *Sandbox) tell(b *books, at time.Time, kind, resource, jobID string, data object) {
	s.told++
	number := 1000 + s.told
	e := event{number, kind, object{"id": strconv.Itoa(number), "type": kind, "apiVersion": "v1", "createdAt": timestamp(at),
		"resourceId": resource, "jobId": jobID, "data": data}}
	b.events = append(b.events, e)
	s.dispatch(b, e)
}

// pollUpdates is GET /updates (developers/api-reference/updates/poll). A cursor is the first number that a page may have, as in the
// page's sample.
func (s *Sandbox) pollUpdates(c *call) *reply {
	required := []string{"proposals:read", "messages:read", "payments:read"}
	readable := 0
	for _, scope := range required {
		if c.account.granted(scope) {
			readable++
		}
	}
	if readable == 0 {
		return c.account.lacks(required...)
	}
	query := c.URL.Query()
	limit, first := 50, 0
	var err error
	if text := query.Get("limit"); text != "" {
		if limit, err = strconv.Atoi(text); err != nil || limit < 1 || limit > 200 {
			return badRequest("limit must be a whole number from 1 to 200.", object{"field": "limit"})
		}
	}
	cursor := query.Get("cursor")
	if cursor != "" {
		if first, err = strconv.Atoi(cursor); err != nil || first < 0 {
			return badRequest("cursor must be the number of an event.", object{"field": "cursor"})
		}
	}
	events, more := []object{}, false
	for _, e := range c.account.books.events {
		if e.number < first || !c.account.granted(scopeOfEvent(e.kind)) {
			continue
		}
		if more = len(events) == limit; more {
			break
		}
		events, cursor = append(events, e.shown), strconv.Itoa(e.number+1)
	}
	return ok(object{"events": events, "nextCursor": textOrNull(cursor), "hasMore": more})
}

// lacks refuses a token without scopes.
func (a *account) lacks(scopes ...string) *apiError {
	return refuse(http.StatusForbidden, fmt.Sprintf("The API token lacks the scope %s.", scopes[0]),
		object{"requiredScopes": scopes, "grantedScopes": append([]string{}, a.Scopes...)})
}
