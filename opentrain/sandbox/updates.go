package sandbox

import (
	"bytes"
	"cmp"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"
	"unicode/utf8"
)

// event is an entry of the updates feed, as it is shown.
type event struct {
	number int
	kind   string
	shown  object
}

// scopeOfEvent is the scope that a type of events needs (developers/guides/stay-in-sync), "" for an unknown type.
func scopeOfEvent(kind string) string {
	return map[string]string{"proposal.received": "proposals:read", "proposal.status_changed": "proposals:read",
		"message.received": "messages:read", "contract.created": "payments:read", "milestone.status_changed": "payments:read",
		"payment.pending": "payments:read", "approval.confirmed": "payments:read", "contract.budget_state_changed": "payments:read"}[kind]
}

// tell adds an event to the feed of an account, and sends it to webhooks on this machine. Others are never called.
func (s *Sandbox) tell(b *books, at time.Time, kind, resource, jobID string, data object) {
	s.told++
	number := 1000 + s.told
	e := event{number, kind, object{"id": strconv.Itoa(number), "type": kind, "apiVersion": "v1", "createdAt": timestamp(at),
		"resourceId": resource, "jobId": jobID, "data": data}}
	b.events = append(b.events, e)
	for _, h := range b.webhooks {
		address, _ := url.Parse(h.url) // it was valid
		if s.cfg.Deliver && slices.Contains(h.types, kind) && isLoopback(address.Hostname()) && h.waiting < maxWaiting {
			h.waiting++
			s.send(&delivery{hook: h, id: s.newRecord(b, "delivery", at).id, event: e})
		}
	}
}

// pollUpdates is GET /updates (developers/api-reference/updates/poll). A cursor is the first number that a page may have, as in the
// page's sample.
func (s *Sandbox) pollUpdates(c *call) *reply {
	required := []string{"proposals:read", "messages:read", "payments:read"}
	if !slices.ContainsFunc(required, c.account.granted) {
		return c.account.lacks(required...)
	}
	cursor := c.URL.Query().Get("cursor")
	first, err := strconv.Atoi(cmp.Or(cursor, "0"))
	if err != nil || first < 0 {
		return badRequest("cursor must be the number of an event.", object{"field": "cursor"})
	}
	limit, failure := c.limit(50, 200)
	if failure != nil {
		return failure
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
	return ok(object{"events": events, "nextCursor": orNull(cursor), "hasMore": more})
}

// lacks refuses a token without scopes.
func (a *account) lacks(scopes ...string) *apiError {
	return refuse(http.StatusForbidden, fmt.Sprintf("The API token lacks the scope %s.", scopes[0]),
		object{"requiredScopes": scopes, "grantedScopes": append([]string{}, a.Scopes...)})
}

const maxWebhooks, maxWebhookURL = 10, 2048 // developers/api-reference/webhooks/create; a URL's in characters

// webhook is a subscription to events.
type webhook struct {
	record
	url      string
	types    []string
	secret   string
	disabled time.Time
	waiting  int // deliveries that have neither arrived nor failed for good
}

// maxWaiting bounds the deliveries that wait for a webhook; our assumption.
const maxWaiting = 100

func (h *webhook) show() object {
	status, reason := "ACTIVE", any(nil)
	if !h.disabled.IsZero() {
		status, reason = "DISABLED", "Disabled after repeated delivery failures"
	}
	return object{"id": h.id, "url": h.url, "eventTypes": h.types, "status": status, "createdAt": timestamp(h.created),
		"disabledAt": timeOrNull(h.disabled), "disabledReason": reason}
}

// createWebhook is POST /webhooks (developers/api-reference/webhooks/create). The pages don't say how an eleventh is refused.
func (s *Sandbox) createWebhook(c *call) *reply {
	b := c.account.books
	set, issues := s.read(c.body, nil, "url")
	address := set.text("url")
	parsed, err := url.Parse(address)
	var types []string
	switch {
	case issues != nil:
		return invalid(issues)
	case err != nil || parsed.Host == "" || parsed.Scheme != "https" && (parsed.Scheme != "http" || !isLoopback(parsed.Hostname())):
		return invalid(custom("url must be https, or http for localhost.").at("url"))
	case utf8.RuneCountInString(address) > maxWebhookURL:
		return invalid(tooLong(maxWebhookURL).at("url"))
	case json.Unmarshal(c.body["eventTypes"], &types) != nil || len(types) == 0:
		return invalid(custom("eventTypes must be a list of event types that isn't empty.").at("eventTypes"))
	case len(b.webhooks) >= maxWebhooks:
		return conflict("webhook_limit_reached", fmt.Sprintf("An account can have %d webhooks.", maxWebhooks), "limit", maxWebhooks)
	}
	slices.Sort(types)
	types = slices.Compact(types)
	for _, kind := range types {
		switch scope := scopeOfEvent(kind); {
		case scope == "":
			return invalid(custom("There is no event type %q.", kind).at("eventTypes"))
		case !c.account.granted(scope):
			return c.account.lacks(scope)
		}
	}
	h := &webhook{record: s.newRecord(b, "webhook", s.cfg.Now()), url: address, types: types, secret: newSecret("whsec_")}
	b.webhooks, s.records[h.id] = append(b.webhooks, h), h
	return &reply{status: http.StatusCreated, body: object{"webhook": h.show(), "secret": h.secret,
		"message": "Store the secret now: it isn't shown again. There is no backfill."}}
}

// listWebhooks is GET /webhooks (developers/api-reference/webhooks/list).
func (s *Sandbox) listWebhooks(c *call) *reply {
	return ok(object{"webhooks": newest(c.account.books.webhooks, (*webhook).show)})
}

// getWebhook is GET /webhooks/{webhookId} (developers/api-reference/webhooks/get).
func (s *Sandbox) getWebhook(_ *call, h *webhook) *reply { return ok(object{"webhook": h.show()}) }

// deleteWebhook is DELETE /webhooks/{webhookId} (developers/api-reference/webhooks/delete).
func (s *Sandbox) deleteWebhook(_ *call, h *webhook) *reply {
	delete(s.records, h.id)
	h.books.webhooks = slices.DeleteFunc(h.books.webhooks, func(other *webhook) bool { return other == h })
	return ok(object{"webhook": h.show(), "deleted": true})
}

// delivery is an event on its way to a webhook.
type delivery struct {
	hook    *webhook
	id      string
	event   event
	attempt int // from 0
}

// send makes an attempt without waiting for it, and the next one later if it fails.
func (s *Sandbox) send(d *delivery) {
	now := s.cfg.Now()
	if s.records[d.hook.id] == nil || !d.hook.disabled.IsZero() {
		return
	}
	s.sending.Go(func() {
		delivered := d.post(now)
		s.mu.Lock()
		defer s.mu.Unlock()
		switch waits := []time.Duration{1, 5, 30, 120}; { // minutes (developers/guides/verify-webhook-signatures)
		case delivered:
			d.hook.waiting--
		case d.attempt == len(waits):
			d.hook.disabled = s.cfg.Now()
		default:
			s.later(s.cfg.Now().Add(waits[d.attempt]*time.Minute), func(time.Time) { s.send(d) })
			d.attempt++
		}
	})
}

// Settle waits for the deliveries of webhooks that are under way.
func (s *Sandbox) Settle() { s.sending.Wait() }

// post sends an event with its signature. Everything but a 2xx within 10 seconds is a failure.
func (d *delivery) post(now time.Time) (delivered bool) {
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	body, seconds := bytes.TrimSpace(encode(d.event.shown)), fmt.Sprint(now.Unix())
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, d.hook.url, bytes.NewReader(body))
	if err != nil {
		return false
	}
	mac := hmac.New(sha256.New, []byte(d.hook.secret))
	mac.Write([]byte(seconds + "." + string(body)))
	request.Header = http.Header{"Content-Type": {"application/json"}, "User-Agent": {"OpenTrain-Webhooks/1.0"},
		"X-OpenTrain-Event": {d.event.kind}, "X-OpenTrain-Delivery": {d.id},
		"X-OpenTrain-Signature": {"t=" + seconds + ",v1=" + hex.EncodeToString(mac.Sum(nil))}}
	dialer := net.Dialer{Control: func(_, address string, _ syscall.RawConn) error {
		if host, _, err := net.SplitHostPort(address); err != nil || !isLoopback(host) {
			return errors.New("webhooks are delivered to this machine only")
		}
		return nil
	}}
	client := http.Client{Transport: &http.Transport{DialContext: dialer.DialContext, DisableKeepAlives: true},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	response, err := client.Do(request)
	if err != nil {
		return false
	}
	_ = response.Body.Close()
	return response.StatusCode/100 == 2
}

func isLoopback(host string) bool {
	ip, err := netip.ParseAddr(host)
	return strings.EqualFold(host, "localhost") || err == nil && ip.Unmap().IsLoopback()
}
