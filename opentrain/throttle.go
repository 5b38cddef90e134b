package opentrain

import (
	"cmp"
	"errors"
	"net/http"
	"time"

	"golang.org/x/time/rate"
)

const (
	// DefaultPublicReadBudget is the default number of requests without a token per minute. The API allows 120 per IP
	// address (developers/api-reference/jobs/search). The rest is left for other programs behind the same address.
	DefaultPublicReadBudget = 110
	// DefaultMaxConcurrent is the default number of concurrent requests.
	DefaultMaxConcurrent = 128
	// maxQueueTime is the longest wait for the rate limit or for other requests to finish.
	maxQueueTime = 5 * time.Second
)

// throttle is a transport that limits the rate of requests without a token, the number of concurrent requests and the
// memory for their responses. Requests that would wait longer than maxQueueTime fail with CodeBusy. A response has no
// body: it is in the answer of the request's context.
type throttle struct {
	next    http.RoundTripper
	limiter *rate.Limiter // for requests without a token; nil means no limit
	slots   chan struct{}
	refused *refusals
	shared  Shared // has the limiter's state, nil for none
}

// newThrottle returns a throttle. 0 means the defaults; a negative budget means no rate limit.
func newThrottle(next http.RoundTripper, budget, concurrent int, shared Shared) *throttle {
	budget, concurrent = cmp.Or(budget, DefaultPublicReadBudget), cmp.Or(max(0, concurrent), DefaultMaxConcurrent)
	t := &throttle{next: next, slots: make(chan struct{}, concurrent), refused: newRefusals(shared), shared: shared}
	if budget > 0 {
		// No minute has more requests than budget and burst together: 120 by default.
		t.limiter = rate.NewLimiter(rate.Limit(float64(budget)/60), max(1, budget/11))
	}
	return t
}

// RoundTrip implements http.RoundTripper. It waits for the rate limit before it acquires a slot, so
// that waiting reads do not block other calls.
func (t *throttle) RoundTrip(r *http.Request) (*http.Response, error) {
	if err := t.waitForRate(r); err != nil {
		return nil, err
	}
	if err := acquire(r.Context(), t.slots); errors.Is(err, errQueueFull) {
		return nil, busy("too many calls to OpenTrain are in progress", maxQueueTime)
	} else if err != nil {
		return nil, notSent(r.Context())
	}
	defer func() { <-t.slots }()
	if r.Header.Get("Authorization") != "" { // checked here because other calls with the token may just have ended
		if e := t.refused.find(TokenFrom(r.Context())); e != nil {
			return nil, e
		}
	}
	start := time.Now()
	res, err := t.next.RoundTrip(r)
	traceFrom(r.Context()).sent(r, res, err, start)
	if err != nil {
		return nil, err
	}
	defer res.Body.Close()
	if res.StatusCode != http.StatusUnauthorized && r.Header.Get("Authorization") != "" {
		t.refused.accept(TokenFrom(r.Context()))
	}
	if err := answerFrom(r.Context()).receive(r, res); err != nil {
		return nil, err
	}
	res.Body, res.ContentLength = http.NoBody, 0
	return res, nil
}

// waitForRate waits until the rate limit allows a request without a token.
func (t *throttle) waitForRate(r *http.Request) error {
	if t.limiter == nil || r.Header.Get("Authorization") != "" {
		return nil
	}
	delay, cancel := t.reserve()
	if delay > maxQueueTime {
		cancel()
		return busy("this server has reached its limit of public reads per minute", delay)
	}
	select {
	case <-time.After(delay):
		return nil
	case <-r.Context().Done():
		cancel()
		return notSent(r.Context())
	}
}

// reserve counts a request without a token and returns how long it must wait. cancel gives it back, except where the
// limit is shared: there a wait beyond maxQueueTime isn't counted.
func (t *throttle) reserve() (delay time.Duration, cancel func()) {
	if t.shared != nil {
		delay, _ = t.shared.Take(sharedBudget, float64(t.limiter.Limit()), t.limiter.Burst(), maxQueueTime)
		return delay, func() {}
	}
	reservation := t.limiter.Reserve()
	return reservation.Delay(), reservation.Cancel
}

func busy(message string, retryAfter time.Duration) *Error {
	return &Error{Code: CodeBusy, Message: message, RetryAfter: retryAfter, NotSent: true}
}
