package tool

import (
	"context"
	"fmt"
	"runtime/debug"
	"time"

	"github.com/jellydator/ttlcache/v3"
	"golang.org/x/sync/singleflight"

	"opentrain-mcp/internal/caller"
)

// remembered is what was read about callers. Calls that need the same at the same time share a read.
type remembered[V any] struct {
	cache *ttlcache.Cache[string, V] // by caller
	reads singleflight.Group
}

func newRemembered[V any](ttl time.Duration) *remembered[V] {
	return &remembered[V]{cache: ttlcache.New(ttlcache.WithTTL[string, V](ttl),
		ttlcache.WithCapacity[string, V](maxAccounts), ttlcache.WithDisableTouchOnHit[string, V]())}
}

// get returns what is remembered about a caller, or reads it. The read returns for how long it holds. It doesn't end with the
// call, because its result is for others too: each waits as long as it can, and then goes on as if the read had failed.
func (r *remembered[V]) get(ctx context.Context, by caller.Caller, read func(context.Context) (V, time.Duration)) V {
	if item := r.cache.Get(by.ID); item != nil {
		return item.Value()
	}
	done := r.reads.DoChan(by.ID, func() (any, error) { return r.load(context.WithoutCancel(ctx), by, read) })
	patience, cancel := context.WithTimeout(ctx, SideReadTime(ctx))
	defer cancel()
	select {
	case result := <-done:
		if result.Err != nil {
			panic(result.Err)
		}
		return result.Val.(V) //nolint:errcheck,forcetypeassert // of load
	case <-patience.Done(): // also when the call is canceled
		value, _ := read(patience) // fails with the reason: nothing is sent anymore
		return value
	}
}

// load reads and remembers, also that the API was silent for the whole time: the next calls don't wait for it again. A panic belongs to
// a call that waits: in a goroutine of its own, it would end the program.
func (r *remembered[V]) load(ctx context.Context, by caller.Caller, read func(context.Context) (V, time.Duration)) (value V, err error) {
	defer func() {
		if cause := recover(); cause != nil {
			err = fmt.Errorf("%v\n%s", cause, debug.Stack())
		}
	}()
	if item := r.cache.Get(by.ID); item != nil { // another read has just ended
		return item.Value(), nil
	}
	ctx, cancel := context.WithTimeout(ctx, sideReadTimeout)
	defer cancel()
	value, ttl := read(ctx)
	r.cache.Set(by.ID, value, ttl)
	return value, nil
}

func (r *remembered[V]) has(by caller.Caller) bool { return r.cache.Has(by.ID) }

func (r *remembered[V]) forget(by caller.Caller) { r.cache.Delete(by.ID) }
