package sandbox

import (
	"bytes"
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
	"strings"
	"syscall"
	"time"
	"unicode/utf8"
)

const (
	maxWebhooks   = 10   // developers/api-reference/webhooks/create
	maxWebhookURL = 2048 // characters
	maxWaiting    = 100  // deliveries of a webhook; our assumption
)

// backoff are the times between attempts of a delivery (developers/guides/verify-webhook-signatures).
func backoff() []time.Duration {
	return []time.Duration{time.Minute, 5 * time.Minute, 30 * time.Minute, 2 * time.Hour}
}

// webhook is a subscription to events.
type webhook struct {
	record
	url      string
	types    []string
	secret   string
	disabled time.Time
	waiting  int // deliveries
}

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
	body    []byte
	attempt int // from 0
}

// dispatch starts the deliveries of an event, if the sandbox delivers: only to this machine, so that it can't be used to call
// others.
func (s *Sandbox) dispatch(b *books, e event) {
	for _, h := range b.webhooks {
		address, _ := url.Parse(h.url) // it was valid
		if !s.cfg.Deliver || !slices.Contains(h.types, e.kind) || !h.disabled.IsZero() || !isLoopback(address.Hostname()) {
			continue
		}
		if h.waiting++; h.waiting > maxWaiting {
			h.disabled = s.cfg.Now()
			continue
		}
		s.numbered++
		s.send(delivery{hook: h, id: fmt.Sprintf("delivery_%d", s.numbered), event: e, body: bytes.TrimSpace(encode(e.shown))})
	}
}

// send makes an attempt without waiting for it, and the next one later if it fails.
func (s *Sandbox) send(d delivery) {
	now := s.cfg.Now()
	if s.records[d.hook.id] == nil || !d.hook.disabled.IsZero() {
		return
	}
	s.sending.Go(func() {
		err := d.post(now)
		s.mu.Lock()
		defer s.mu.Unlock()
		if err != nil && d.attempt < len(backoff()) {
			next := d
			next.attempt++
			s.later(s.cfg.Now().Add(backoff()[d.attempt]), func(time.Time) { s.send(next) })
			return
		}
		if d.hook.waiting--; err != nil {
			d.hook.disabled = s.cfg.Now()
		}
	})
}

// Settle waits for the deliveries of webhooks that are under way.
func (s *Sandbox) Settle() { s.sending.Wait() }

// post sends an event with its signature. Everything but a 2xx within 10 seconds is a failure.
func (d delivery) post(now time.Time) error {
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, d.hook.url, bytes.NewReader(d.body))
	if err != nil {
		return err
	}
	seconds := fmt.Sprint(now.Unix())
	mac := hmac.New(sha256.New, []byte(d.hook.secret))
	mac.Write([]byte(seconds + "."))
	mac.Write(d.body)
	for name, value := range map[string]string{"Content-Type": "application/json", "User-Agent": "OpenTrain-Webhooks/1.0",
		"X-OpenTrain-Event": d.event.kind, "X-OpenTrain-Delivery": d.id,
		"X-OpenTrain-Signature": "t=" + seconds + ",v1=" + hex.EncodeToString(mac.Sum(nil))} {
		request.Header.Set(name, value)
	}
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
		return err
	}
	defer response.Body.Close() //nolint:errcheck // it isn't read
	if response.StatusCode/100 != 2 {
		return errors.New(response.Status)
	}
	return nil
}

func isLoopback(host string) bool {
	ip, err := netip.ParseAddr(host)
	return strings.EqualFold(host, "localhost") || err == nil && ip.Unmap().IsLoopback()
}
