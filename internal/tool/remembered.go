package tool

import (
	"context"
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
// call, because its result is for others too.
func (r *remembered[V]) get(ctx context.Context, by caller.Caller, read func(context.Context) (V, time.Duration)) V {
	if item := r.cache.Get(by.ID); item != nil {
		return item.Value()
	}
	load := ttlcache.LoaderFunc[string, V](func(known *ttlcache.Cache[string, V], id string) *ttlcache.Item[string, V] {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), SideReadTime(ctx))
		defer cancel()
		value, ttl := read(ctx)
		return known.Set(id, value, ttl)
	})
	return r.cache.Get(by.ID, ttlcache.WithLoader(ttlcache.NewSuppressedLoader(load, &r.reads))).Value()
}

func (r *remembered[V]) has(by caller.Caller) bool { return r.cache.Has(by.ID) }

func (r *remembered[V]) forget(by caller.Caller) { r.cache.Delete(by.ID) }
