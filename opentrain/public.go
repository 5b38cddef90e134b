package opentrain

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"runtime/debug"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/jellydator/ttlcache/v3"
	"github.com/pquerna/cachecontrol/cacheobject"
	"golang.org/x/sync/singleflight"
)

const (
	maxCacheSize      = 8 << 20          // bytes, approximately
	maxCached         = 2 << 20          // bytes of one entry
	entryOverhead     = 1 << 10          // bytes of an entry without its response
	sharedReadTimeout = 30 * time.Second // for a request that callers share, unless its first caller waits longer
	renewalPause      = 10 * time.Second // minimum time between two renewals of an entry
)

// publicReads caches and coalesces reads that do not depend on the caller. It is a shared cache as in RFC
// 9111, with stale-while-revalidate as in RFC 5861.
type publicReads struct {
	shared Shared // nil for none
	cache  *ttlcache.Cache[string, *entry]

	mu sync.Mutex // held for every change of the cache
	// flights coalesces concurrent requests for one URL. invalidate replaces it: new callers do not join
	// earlier requests, and the results of those are not cached.
	flights *singleflight.Group
}

// entry is a cached result. Callers share the value and must not modify it.
type entry struct {
	value      any
	size       uint64 // in bytes
	freshUntil time.Time
	staleUntil time.Time
	renewAfter time.Time // guarded by publicReads.mu
}

// loader sends a public read and decodes the response, or the one that another client has shared. It returns the response
// together with an error status or an error of decoding.
type loader func(ctx context.Context, got *response) (any, response, error)

func newPublicReads(shared Shared) *publicReads {
	size := func(item ttlcache.CostItem[string, *entry]) uint64 { return item.Value.size }
	return &publicReads{
		shared:  shared,
		cache:   ttlcache.New(ttlcache.WithMaxCost(maxCacheSize, size), ttlcache.WithDisableTouchOnHit[string, *entry]()),
		flights: new(singleflight.Group),
	}
}

// read returns the result for a URL from the cache, from a request that another caller has started, or from
// load. The end of ctx ends only the wait: the request continues for other callers and for the cache.
func (p *publicReads) read(ctx context.Context, url string, load loader) (any, error) {
	trace := traceFrom(ctx)
	if item := p.cache.Get(url); item != nil {
		cached, now := item.Value(), time.Now()
		if now.Before(cached.freshUntil) {
			trace.read(ReadHit)
			return cached.value, nil
		}
		if now.Before(cached.staleUntil) {
			if p.claimRenewal(cached, now) {
				p.start(ctx, url, load)
			}
			trace.read(ReadStale)
			return cached.value, nil
		}
	}
	if ctx.Err() != nil {
		return nil, notSent(ctx)
	}
	source := ReadJoined
	result := p.start(ctx, url, func(ctx context.Context, got *response) (any, response, error) {
		source = ReadMiss
		if got != nil {
			source = ReadShared
		}
		return load(ctx, got)
	})
	select {
	case done := <-result:
		if failure, ok := errors.AsType[panicError](done.Err); ok {
			panic(failure.Error())
		}
		trace.read(source)
		return done.Val, done.Err
	case <-ctx.Done():
		return nil, transportError(ctx, ctx.Err(), false)
	}
}

// claimRenewal reports whether the caller should renew a stale entry. Other callers are refused until
// renewalPause has passed.
func (p *publicReads) claimRenewal(stale *entry, now time.Time) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if now.Before(stale.renewAfter) {
		return false
	}
	stale.renewAfter = now.Add(renewalPause)
	return true
}

// start sends the request for a URL, or joins the one in progress, and caches the result. It needs only
// the trace of ctx.
func (p *publicReads) start(ctx context.Context, url string, load loader) <-chan singleflight.Result {
	p.mu.Lock()
	flights := p.flights
	p.mu.Unlock()
	joinable := sharedReadTimeout
	if deadline, ok := ctx.Deadline(); ok {
		joinable = time.Until(deadline)
	}
	limit := max(sharedReadTimeout, joinable)
	ctx = WithTrace(context.Background(), traceFrom(ctx)) //nolint:contextcheck // else it keeps alive what the caller sent
	return flights.DoChan(url, func() (value any, err error) {
		// singleflight would end the process with the panic.
		defer func() {
			if cause := recover(); cause != nil {
				err = panicError(fmt.Sprintf("%v\n%s", cause, debug.Stack()))
			}
		}()
		// Another caller's request may have ended since this caller looked.
		if item := p.cache.Get(url); item != nil && time.Now().Before(item.Value().freshUntil) {
			return item.Value().value, nil
		}
		ctx, cancel := context.WithTimeout(ctx, limit)
		defer cancel()
		// A request that outlasts its first caller may never end, so it's not for those who come later.
		defer time.AfterFunc(joinable, func() { flights.Forget(url) }).Stop()
		value, res, started, err := p.load(ctx, url, min(flightTime, joinable), load)
		p.mu.Lock()
		defer p.mu.Unlock()
		if p.flights == flights {
			p.store(url, value, res, err, started)
		}
		return value, err
	})
}

// panicError carries a panic from a shared request to its callers.
type panicError string

// Error implements error.
func (e panicError) Error() string { return string(e) }

// store caches a result for as long as its headers allow, and otherwise removes the previous one. A temporary
// failure keeps the previous result. p.mu is held.
func (p *publicReads) store(url string, value any, res response, err error, started time.Time) {
	if err != nil && (res.status == 0 || res.status >= 500 || res.status == http.StatusTooManyRequests) {
		return
	}
	fresh, stale := lifetime(res.header)
	fresh -= time.Since(started)
	size := len(url) + res.size + entryOverhead
	if err != nil || fresh+stale <= 0 || size > maxCached {
		p.cache.Delete(url)
		return
	}
	freshUntil := time.Now().Add(fresh)
	p.cache.Set(url, &entry{
		value: value, size: uint64(size), //nolint:gosec // not negative
		freshUntil: freshUntil, staleUntil: freshUntil.Add(stale),
	}, fresh+stale)
}

// invalidate empties the cache after a change to a job, because any list may contain it.
func (p *publicReads) invalidate() {
	p.invalidateShared()
	p.mu.Lock()
	defer p.mu.Unlock()
	p.flights = new(singleflight.Group)
	p.cache.DeleteAll()
}

// lifetime returns how long a shared cache may use a response, and for how much longer while it renews it.
func lifetime(header http.Header) (fresh, stale time.Duration) {
	if header.Get("Vary") == "*" {
		return 0, 0
	}
	r := &http.Request{Method: http.MethodGet, Header: http.Header{}}
	reasons, expires, warnings, object, err := cacheobject.UsingRequestResponseWithObject(r, http.StatusOK, header, false)
	if err != nil || len(reasons) > 0 || len(warnings) > 0 || expires.IsZero() || object.RespDirectives.NoCachePresent {
		return 0, 0 // forbidden, invalid, or only a heuristic
	}
	fresh = expires.Sub(object.NowUTC)
	if age, err := strconv.Atoi(strings.TrimSpace(header.Get("Age"))); err == nil && age > 0 {
		fresh -= headerSeconds(age)
	}
	directives := object.RespDirectives
	if seconds := directives.StaleWhileRevalidate; seconds > 0 && !directives.MustRevalidate && !directives.ProxyRevalidate {
		stale = headerSeconds(int(seconds))
	}
	return min(fresh, maxHeaderTime), stale
}
