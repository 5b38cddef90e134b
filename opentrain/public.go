package opentrain

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"reflect"
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
	// maxKept bounds the answers that are kept, in bytes, about.
	maxKept = 32 << 20
	// keptOverhead is what an answer costs besides its body, in bytes.
	keptOverhead = 1 << 10
	// sharedRead bounds a read whose caller sets no time.
	sharedRead = 30 * time.Second
	// renewalPause is how long a renewal that failed is not tried again.
	renewalPause = 10 * time.Second
)

// publicReads answers reads that are the same for everybody: from memory for as
// long as the API allows a shared cache (RFC 9111, RFC 5861), and the same
// read of several callers by one request. Nothing that was read with a token
// comes here.
type publicReads struct {
	kept    *ttlcache.Cache[string, *keptAnswer]
	flights singleflight.Group

	mu     sync.Mutex        // held whenever something is kept or dropped
	crowds map[string]*crowd // by flight
	// era grows when something public was changed: what was asked for before is
	// not kept, and nobody joins it any more.
	era uint64
}

// keptAnswer is an answer that may be given again.
type keptAnswer struct {
	answer
	freshUntil time.Time
	staleUntil time.Time
	renewAfter time.Time // guarded by publicReads.mu
}

// crowd waits for one flight, which ends when nobody is left.
type crowd struct {
	waiting int
	ctx     context.Context
	cancel  context.CancelFunc
}

// decoded is an answer that was decoded once for all who get it.
type decoded struct {
	once  sync.Once
	value reflect.Value // of the struct
	err   error
}

// decode decodes an answer into out, a pointer to a struct. What a shared answer
// points to is the same for all who get it.
func (a answer) decode(out any) error {
	if a.shared == nil {
		return decodeLenient(a.body, out)
	}
	target := reflect.ValueOf(out).Elem()
	a.shared.once.Do(func() {
		value := reflect.New(target.Type())
		a.shared.err = decodeLenient(a.body, value.Interface())
		a.shared.value = value.Elem()
	})
	if a.shared.err == nil {
		target.Set(a.shared.value)
	}
	return a.shared.err
}

func newPublicReads() *publicReads {
	return &publicReads{crowds: map[string]*crowd{}, kept: ttlcache.New(
		ttlcache.WithMaxCost(maxKept, func(item ttlcache.CostItem[string, *keptAnswer]) uint64 {
			return uint64(len(item.Key) + 3*len(item.Value.body) + keptOverhead) // what is decoded of it is about twice as large
		}),
		ttlcache.WithDisableTouchOnHit[string, *keptAnswer](),
	)}
}

// read answers the read of a URL; fetch asks the API. The end of one caller's
// context ends the waiting of that caller alone.
func (p *publicReads) read(ctx context.Context, url string, fetch func(context.Context) (answer, error)) (answer, error) {
	trace := traceFrom(ctx)
	if item := p.kept.Get(url); item != nil && time.Now().Before(item.Value().staleUntil) {
		found := item.Value()
		if time.Now().Before(found.freshUntil) {
			trace.read(ReadHit)
			return found.answer, nil
		}
		if p.claim(found) {
			p.renew(ctx, url, found, fetch)
		}
		trace.read(ReadStale)
		return found.answer, nil
	}
	for {
		asked := false
		landed, leave := p.fly(ctx, url, func(ctx context.Context) (answer, error) {
			asked = true
			return fetch(ctx)
		})
		select {
		case landing := <-landed:
			leave()
			if fault, panicked := errors.AsType[*flightPanic](landing.Err); panicked {
				panic(fault.cause)
			}
			if !asked && errors.Is(landing.Err, &Error{Code: CodeTimeout}) && ctx.Err() == nil {
				continue // the one who asked had less time
			}
			trace.read(map[bool]ReadSource{true: ReadMiss, false: ReadJoined}[asked])
			read, _ := landing.Val.(answer)
			return read, landing.Err
		case <-ctx.Done():
			leave()
			return answer{}, transportError(ctx, ctx.Err())
		}
	}
}

// claim reports whether it is this caller's turn to renew an answer. The next
// turn comes after a pause.
func (p *publicReads) claim(found *keptAnswer) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	now := time.Now()
	if now.Before(found.renewAfter) {
		return false
	}
	found.renewAfter = now.Add(renewalPause)
	return true
}

// renew asks for an answer anew while the stale one is given out. What the API
// no longer lets be kept is dropped; when it fails the stale one stays.
func (p *publicReads) renew(ctx context.Context, url string, found *keptAnswer, fetch func(context.Context) (answer, error)) {
	landed, leave := p.fly(context.WithoutCancel(ctx), url, fetch)
	go func() {
		defer leave()
		landing := <-landed
		renewed, _ := landing.Val.(answer)
		if landing.Err != nil || renewed.status >= 500 || renewed.status == http.StatusTooManyRequests {
			return
		}
		p.mu.Lock()
		defer p.mu.Unlock()
		if item := p.kept.Get(url); item != nil && item.Value() == found {
			p.kept.Delete(url)
		}
	}()
}

// fly asks for a URL, or joins whoever asks for it now. Who asks sets the time
// that it may take; when they leave, the others still get their answer. Every
// caller must leave.
func (p *publicReads) fly(ctx context.Context, url string, fetch func(context.Context) (answer, error)) (landed <-chan singleflight.Result, leave func()) {
	p.mu.Lock()
	defer p.mu.Unlock()
	era := p.era
	name := strconv.FormatUint(era, 10) + " " + url
	waiting := p.crowds[name]
	if waiting == nil {
		waiting = &crowd{}
		waiting.ctx, waiting.cancel = context.WithCancel(context.Background())
		p.crowds[name] = waiting
	}
	waiting.waiting++
	landed = p.flights.DoChan(name, func() (_ any, err error) {
		defer func() {
			if cause := recover(); cause != nil {
				err = &flightPanic{fmt.Sprintf("%v\n%s", cause, debug.Stack())}
			}
		}()
		deadline, bounded := ctx.Deadline()
		if !bounded {
			deadline = time.Now().Add(sharedRead)
		}
		flight, cancel := context.WithDeadline(context.WithoutCancel(ctx), deadline)
		defer cancel()
		defer context.AfterFunc(waiting.ctx, cancel)() //nolint:contextcheck // the crowd's, which ends when nobody waits
		start := time.Now()
		read, err := fetch(flight)
		read.shared = &decoded{}
		if err == nil {
			p.keep(url, read, start, era)
		}
		return read, err
	})
	return landed, func() { p.leave(name, waiting) }
}

// flightPanic carries a panic to those who wait: singleflight would end the
// process with it.
type flightPanic struct{ cause string }

// Error implements error.
func (*flightPanic) Error() string { return "panic" }

// leave takes one caller out of a crowd.
func (p *publicReads) leave(name string, from *crowd) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if from.waiting--; from.waiting == 0 {
		from.cancel()
		delete(p.crowds, name)
		p.flights.Forget(name) // who comes now must not join what was given up
	}
}

// keep keeps an answer for as long as its header allows, unless something was
// changed since it was asked for.
func (p *publicReads) keep(url string, read answer, asked time.Time, era uint64) {
	if !storable(read) {
		return
	}
	fresh, stale := lifetime(read.header)
	fresh -= time.Since(asked)
	if fresh+stale <= 0 {
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.era != era {
		return
	}
	now := time.Now()
	p.kept.Set(url, &keptAnswer{answer: read, freshUntil: now.Add(fresh), staleUntil: now.Add(fresh + stale)}, fresh+stale)
}

// storable reports whether an answer is the API's own: a proxy's page, or an
// error, is not given out again.
func storable(read answer) bool {
	return read.status == http.StatusOK && isObject(read.body) || read.status == http.StatusNotFound && tellsClosed(read.body)
}

// lifetime is how long a shared cache may give out an answer, and how much
// longer while it renews it.
func lifetime(header http.Header) (fresh, stale time.Duration) {
	if header.Get("Vary") == "*" {
		return 0, 0
	}
	asked := &http.Request{Method: http.MethodGet, Header: http.Header{}}
	reasons, expires, warnings, object, err := cacheobject.UsingRequestResponseWithObject(asked, http.StatusOK, header, false)
	if err != nil || len(reasons) > 0 || len(warnings) > 0 || expires.IsZero() || object.RespDirectives.NoCachePresent {
		return 0, 0 // not allowed, not understood, or only a guess
	}
	fresh = expires.Sub(object.NowUTC)
	if age, err := strconv.Atoi(strings.TrimSpace(header.Get("Age"))); err == nil && age > 0 {
		fresh -= time.Duration(min(age, int(longestAsked.Seconds()))) * time.Second
	}
	if seconds := object.RespDirectives.StaleWhileRevalidate; seconds > 0 && !object.RespDirectives.MustRevalidate && !object.RespDirectives.ProxyRevalidate {
		stale = time.Duration(seconds) * time.Second
	}
	return min(fresh, longestAsked), min(stale, longestAsked)
}

// forget drops everything: a job appeared, changed or left, and any list may
// have it.
func (p *publicReads) forget() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.era++
	p.kept.DeleteAll()
}
