package opentrain

import (
	"context"
	"errors"
	"io"
	"net/http"
	"sync"
	"time"

	"golang.org/x/time/rate"
)

const (
	// DefaultPublicReadBudget is how many requests without a token are made in
	// a minute. The API allows 120 for each address
	// (developers/api-reference/jobs/search); some are left to its neighbours.
	DefaultPublicReadBudget = 110
	// DefaultMaxConcurrent is how many requests are under way at once.
	DefaultMaxConcurrent = 128
	// longestQueue is how long a request waits for its turn.
	longestQueue = 5 * time.Second
)

// paced is a transport that keeps to the API's limit for requests without a
// token and to a number of requests at once. What would wait for long is
// refused with CodeBusy.
type paced struct {
	next  http.RoundTripper
	reads *rate.Limiter // of requests without a token; nil for no limit
	slots chan struct{}
}

// newPaced makes a paced transport; zero means the defaults. A budget below
// zero is none.
func newPaced(next http.RoundTripper, budget, concurrent int) *paced {
	if budget == 0 {
		budget = DefaultPublicReadBudget
	}
	if concurrent <= 0 {
		concurrent = DefaultMaxConcurrent
	}
	p := &paced{next: next, slots: make(chan struct{}, concurrent)}
	if budget > 0 {
		// In no minute more than budget and burst together: 120 by default.
		p.reads = rate.NewLimiter(rate.Limit(float64(budget)/60), max(1, budget/11))
	}
	return p
}

// RoundTrip implements http.RoundTripper. A request waits for its turn before
// it takes a slot, so that reads that wait keep no slot from other calls.
func (p *paced) RoundTrip(r *http.Request) (*http.Response, error) {
	if err := p.turn(r); err != nil {
		return nil, err
	}
	if err := p.slot(r.Context()); err != nil {
		return nil, err
	}
	free, kept := sync.OnceFunc(func() { <-p.slots }), false
	defer func() {
		if !kept { // after a panic too
			free()
		}
	}()
	start := time.Now()
	answer, err := p.next.RoundTrip(r)
	traceFrom(r.Context()).sent(r, answer, start)
	if err != nil {
		return nil, err
	}
	answer.Body, kept = &slotBody{ReadCloser: answer.Body, free: free}, true
	return answer, nil
}

// slot waits until fewer requests are under way than allowed.
func (p *paced) slot(ctx context.Context) error {
	if err := ctx.Err(); err != nil {
		return unsent{err}
	}
	select {
	case p.slots <- struct{}{}:
		return nil
	default:
	}
	wait := time.NewTimer(longestQueue)
	defer wait.Stop()
	select {
	case p.slots <- struct{}{}:
		return nil
	case <-wait.C:
		return busy("too many calls to OpenTrain are under way", longestQueue)
	case <-ctx.Done():
		return unsent{ctx.Err()}
	}
}

// turn waits until a request without a token may go out.
func (p *paced) turn(r *http.Request) error {
	if p.reads == nil || r.Header.Get("Authorization") != "" {
		return nil
	}
	turn := p.reads.Reserve()
	delay := turn.Delay()
	if delay > longestQueue {
		turn.Cancel()
		return busy("the reads that OpenTrain allows this server in a minute are used up", delay)
	}
	wait := time.NewTimer(delay)
	defer wait.Stop()
	select {
	case <-wait.C:
		return nil
	case <-r.Context().Done():
		turn.Cancel()
		return unsent{r.Context().Err()}
	}
}

func busy(message string, wait time.Duration) *Error {
	return &Error{Code: CodeBusy, Message: message, RetryAfter: wait, NotSent: true}
}

// isBusy returns the refusal of a paced transport, nil when err is none.
func isBusy(err error) *Error {
	var refusal *Error
	if errors.As(err, &refusal) && refusal.Code == CodeBusy {
		return refusal
	}
	return nil
}

// unsent is the end of a call's time before its request went out.
type unsent struct{ error }

func (u unsent) Unwrap() error { return u.error }

// slotBody frees a request's slot when its answer has been read.
type slotBody struct {
	io.ReadCloser
	free func()
}

// Close implements io.Closer.
func (b *slotBody) Close() error {
	defer b.free()
	return b.ReadCloser.Close()
}
