package opentrain

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/json"
	"net/http"
	"time"
)

// Shared is what the clients of several processes share. Its methods don't fail: while the others can't be reached, a
// client goes on alone.
type Shared interface {
	// Now is about the time by the clock of all clients: their own clocks differ.
	Now() time.Time
	// Take counts something against a common limit. It returns how long to wait; ok is false, and nothing is counted, if
	// that is longer than maxWait.
	Take(name string, perSecond float64, burst int, maxWait time.Duration) (wait time.Duration, ok bool)
	// Get returns a value of some kind, or nil if it isn't there. Put sets it.
	Get(kind, name string) []byte
	Put(kind, name string, value []byte, lifetime time.Duration)
	// Lock gives a lock to one of all clients, until it calls unlock or the lifetime ends. The others get nil. While the store
	// can't be reached, every client gets the lock.
	Lock(kind, name string, lifetime time.Duration) (unlock func())
}

// The kinds of shared values.
const (
	sharedBudget  = "budget"
	sharedRefused = "refused"
	sharedFlight  = "flight"
	sharedRead    = "read"
)

const (
	generation     = "generation"          // the name of what changes when all shared reads are void
	generationTime = 24 * time.Hour        // longer than a read is kept
	flightTime     = 3 * time.Second       // how long the others wait for a client, which may have vanished
	flightLook     = 20 * time.Millisecond // how often they look
)

// sharedResponse is a response without its body.
type sharedResponse struct {
	Header http.Header
	At     time.Time // when it was asked for, by the clock of all clients
}

// load is a loader for all clients that share something: one of them sends the request, the others take its response, or
// send their own after some time. It returns when the request was started.
func (p *publicReads) load(ctx context.Context, url string, wait time.Duration, load loader) (any, response, time.Time, error) {
	if p.shared == nil {
		started := time.Now()
		value, res, err := load(ctx, nil)
		return value, res, started, err
	}
	name := string(p.shared.Get(sharedRead, generation)) + url
	for late := time.After(wait); ; {
		if got, started := p.take(name); got != nil {
			value, res, err := load(ctx, got)
			return value, res, started, err
		}
		if unlock := p.shared.Lock(sharedFlight, name, wait); unlock != nil {
			defer unlock()
			return p.fetch(ctx, name, load)
		}
		select {
		case <-time.After(flightLook):
		case <-late:
			return p.fetch(ctx, name, load)
		case <-ctx.Done():
			return nil, response{}, time.Time{}, transportError(ctx, ctx.Err(), false)
		}
	}
}

// fetch sends the request for the other clients too, unless one of them has just done so.
func (p *publicReads) fetch(ctx context.Context, name string, load loader) (any, response, time.Time, error) {
	got, started := p.take(name)
	if got == nil {
		started = time.Now()
	}
	value, res, err := load(ctx, got)
	if err == nil && got == nil {
		p.give(name, res, started)
	}
	return value, res, started, err
}

// take returns the response that another client has shared, or nil, and when it was asked for by this client's clock.
func (p *publicReads) take(name string) (*response, time.Time) {
	header, body, found := bytes.Cut(p.shared.Get(sharedRead, name), []byte("\n"))
	var shared sharedResponse
	if !found || json.Unmarshal(header, &shared) != nil {
		return nil, time.Time{}
	}
	age := max(0, p.shared.Now().Sub(shared.At))
	if fresh, _ := lifetime(shared.Header); fresh <= age {
		return nil, time.Time{}
	}
	return &response{status: http.StatusOK, header: shared.Header, body: body}, time.Now().Add(-age)
}

// give shares a response for as long as it is fresh.
func (p *publicReads) give(name string, res response, started time.Time) {
	fresh, _ := lifetime(res.header)
	age := time.Since(started)
	if fresh -= age; fresh <= 0 || res.status != http.StatusOK {
		return
	}
	shared := sharedResponse{Header: http.Header{}, At: p.shared.Now().Add(-age)}
	for _, key := range []string{"Cache-Control", "Expires", "Age", "Date", "Vary", "Pragma"} {
		if values := res.header.Values(key); len(values) > 0 {
			shared.Header[key] = values
		}
	}
	if header, err := json.Marshal(shared); err == nil {
		p.shared.Put(sharedRead, name, append(append(header, '\n'), res.body...), fresh)
	}
}

// invalidateShared makes the shared responses void.
func (p *publicReads) invalidateShared() {
	if p.shared != nil {
		next := make([]byte, 8)
		rand.Read(next)
		p.shared.Put(sharedRead, generation, next, generationTime)
	}
}
