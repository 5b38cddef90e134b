package opentrain

import (
	"context"
	"math/rand/v2"
	"net/http"
	"time"

	"github.com/go-resty/resty/v2"
)

const (
	// maxAttempts is how often one call is sent at most.
	maxAttempts = 3
	// firstPause is the mean pause before the second attempt; it doubles.
	firstPause = 500 * time.Millisecond
	// longestPause is the longest Retry-After that is waited for. A longer one
	// is told to the caller.
	longestPause = 5 * time.Second
)

// attempts decides, for one call, whether a failed attempt is followed by
// another.
type attempts struct {
	// repeatable calls may reach the API twice without harm: reads, and
	// creates with an idempotency key. The others are sent again only when they
	// certainly did not arrive.
	repeatable bool
	// arrived is true once an attempt may have reached the API.
	arrived bool
}

// again is a resty.RetryConditionFunc.
func (a *attempts) again(answer *resty.Response, err error) bool {
	unsent := err != nil && neverSent(err)
	a.arrived = a.arrived || !unsent
	if answer == nil || answer.Request.Attempt >= maxAttempts || !a.repeatable && !unsent {
		return false
	}
	if err == nil && !passing(answer) || err != nil && lasting(err) {
		return false
	}
	return inTime(answer.Request.Context(), answer)
}

// passing reports whether an answer tells of a fault that may be over soon.
func passing(answer *resty.Response) bool {
	after := askedPause(answer)
	switch answer.StatusCode() {
	case http.StatusBadGateway, http.StatusServiceUnavailable, http.StatusGatewayTimeout:
		return after <= longestPause
	case http.StatusTooManyRequests:
		return after > 0 && after <= longestPause
	}
	return false
}

// inTime reports whether the call's deadline leaves time for the longest pause
// that may come before another attempt.
func inTime(ctx context.Context, answer *resty.Response) bool {
	longest := max(firstPause<<answer.Request.Attempt, askedPause(answer))
	deadline, bounded := ctx.Deadline()
	return !bounded || time.Until(deadline) > longest
}

// pause is a resty.RetryAfterFunc: what the API asks for, else a growing time
// with jitter, so that many callers do not come back at once.
func pause(_ *resty.Client, answer *resty.Response) (time.Duration, error) {
	mean := firstPause << (answer.Request.Attempt - 1)
	wait := mean/2 + rand.N(mean) //nolint:gosec // no secret
	return max(wait, askedPause(answer)), nil
}

// askedPause is what an answer's Retry-After asks for, 0 when there is none.
func askedPause(answer *resty.Response) time.Duration {
	return retryAfter(answer.Header().Get("Retry-After"), time.Now())
}
