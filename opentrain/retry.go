package opentrain

import (
	"context"
	"errors"
	"math/rand/v2"
	"net/http"
	"net/http/httptrace"
	"sync/atomic"
	"time"

	"github.com/go-resty/resty/v2"
)

const (
	maxAttempts = 3                      // of one call, including the first
	baseBackoff = 500 * time.Millisecond // mean wait before the second attempt; it doubles with every attempt
	maxBackoff  = 5 * time.Second        // longest Retry-After that is waited for; a longer one goes to the caller
)

// retryPolicy decides whether one call is sent again.
type retryPolicy struct {
	// idempotent calls are safe to repeat: reads, and creates with an idempotency key. Other calls are
	// repeated only if they were not sent.
	idempotent bool
	sent       bool // an attempt may have reached the API

	connecting, connected atomic.Bool // whether the transport looked for a connection, and got one
}

// watch returns a context whose requests tell the policy about their connections. A transport that doesn't call hooks tells nothing.
func (p *retryPolicy) watch(ctx context.Context) context.Context {
	return httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{
		GetConn: func(string) { p.connecting.Store(true) },
		GotConn: func(httptrace.GotConnInfo) { p.connected.Store(true) },
	})
}

// neverSent reports whether err occurred before the request was sent: in the throttle, or without a connection.
func (p *retryPolicy) neverSent(err error) bool {
	return neverSent(err) || p.connecting.Load() && !p.connected.Load()
}

// shouldRetry is a resty.RetryConditionFunc.
func (p *retryPolicy) shouldRetry(res *resty.Response, err error) bool {
	if _, stopped := errors.AsType[*retryStopped](err); stopped {
		return false // before it was sent
	}
	unsent := err != nil && p.neverSent(err)
	p.sent = p.sent || !unsent
	if res == nil || res.Request.Attempt >= maxAttempts || !p.idempotent && !unsent {
		return false
	}
	if err == nil && !retryableStatus(res) || err != nil && isPermanent(err) {
		return false
	}
	// Retry only if the deadline leaves time for the longest possible wait.
	wait := max(baseBackoff<<res.Request.Attempt, retryAfterOf(res))
	deadline, ok := res.Request.Context().Deadline()
	return !ok || time.Until(deadline) > wait
}

// retryableStatus reports whether a response is a temporary failure.
func retryableStatus(res *resty.Response) bool {
	after := retryAfterOf(res)
	switch res.StatusCode() {
	case http.StatusBadGateway, http.StatusServiceUnavailable, http.StatusGatewayTimeout:
		return after <= maxBackoff
	case http.StatusTooManyRequests:
		return after > 0 && after <= maxBackoff
	}
	return false
}

// stopped returns the error of a retry check as that of the call: an attempt before it may have been sent.
func (p *retryPolicy) stopped(err error) error {
	failure, ok := errors.AsType[*Error](err)
	if !ok || !failure.NotSent || !p.sent {
		return err
	}
	sent := *failure
	sent.NotSent = false
	return &sent
}

type retryCheckKey struct{}

// WithRetryCheck returns a context whose calls run check before every attempt but the first. If it returns an
// error, the call is not sent again and returns that error. It is for writes that must still be wanted when they
// are repeated.
func WithRetryCheck(ctx context.Context, check func(context.Context) error) context.Context {
	return context.WithValue(ctx, retryCheckKey{}, check)
}

// retryStopped carries the error of a retry check through resty.
type retryStopped struct{ error }

// checkRetry is a resty.RequestMiddleware.
func checkRetry(_ *resty.Client, r *resty.Request) error {
	check, ok := r.Context().Value(retryCheckKey{}).(func(context.Context) error)
	if !ok || r.Attempt <= 1 {
		return nil
	}
	// The check's own requests must not check again.
	if err := check(context.WithValue(r.Context(), retryCheckKey{}, nil)); err != nil {
		return &retryStopped{err}
	}
	return nil
}

// backoff is a resty.RetryAfterFunc: Retry-After, or an exponential wait with jitter to spread many callers. Meanwhile
// others may use the memory of the response.
func backoff(_ *resty.Client, res *resty.Response) (time.Duration, error) {
	answerFrom(res.Request.Context()).release()
	mean := baseBackoff << (res.Request.Attempt - 1)
	wait := mean/2 + rand.N(mean) //nolint:gosec // not a secret
	return max(wait, retryAfterOf(res)), nil
}

// retryAfterOf returns the Retry-After of a response, 0 if none.
func retryAfterOf(res *resty.Response) time.Duration {
	return parseRetryAfter(res.Header().Get("Retry-After"), time.Now())
}
