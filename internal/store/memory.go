package store

import (
	"bytes"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/jellydator/ttlcache/v3"
	"golang.org/x/time/rate"
)

const (
	maxOfKind   = 15_000           // values of each kind in memory; the oldest is forgotten first
	maxBuckets  = 10_000           // of each kind of limit, about 700 bytes each; the one that was used least recently is forgotten first
	maxRemember = 256              // bytes of a value
	minBucket   = 10 * time.Minute // how long a bucket is kept, or longer if it takes longer to fill
)

// memory is a Store in this process.
type memory struct {
	now func() time.Time

	mu      sync.Mutex
	values  map[string]*ttlcache.Cache[string, []byte] // by kind
	buckets map[string]*ttlcache.Cache[string, *rate.Limiter]
}

// InMemory returns a Store that this process has for itself. It loses nothing while the process lives.
func InMemory(now func() time.Time) Store { return newMemory(now) }

func newMemory(now func() time.Time) *memory {
	return &memory{
		now: now, values: map[string]*ttlcache.Cache[string, []byte]{}, buckets: map[string]*ttlcache.Cache[string, *rate.Limiter]{},
	}
}

// Shared implements Store.
func (m *memory) Shared() bool { return false }

// Now implements Store.
func (m *memory) Now() time.Time { return m.now() }

// Moment implements Store.
func (m *memory) Moment() Point { return Point{Time: m.now()} }

// Mark implements Store.
func (m *memory) Mark(key string, lifetime time.Duration) { m.Put(key, written(m.now()), lifetime) }

// Marked implements Store. A moment of another epoch belongs to a store that this process doesn't have.
func (m *memory) Marked(since Point, keys ...string) (times []time.Time, whole bool) {
	times = make([]time.Time, len(keys))
	for i, key := range keys {
		times[i] = read(m.Get(key))
	}
	return times, since.Epoch == 0
}

// Claim implements Store.
func (m *memory) Claim(since Point, key string, lifetime time.Duration, changes ...string) (claimed, known bool) {
	if since.Epoch != 0 {
		return false, false
	}
	for _, change := range changes {
		if since.Time.Before(read(m.Get(change))) {
			return false, false
		}
	}
	_, claimed = m.add(key, written(m.now()), lifetime)
	return claimed, true
}

// Add implements Store.
func (m *memory) Add(key string, value []byte, lifetime time.Duration) []byte {
	held, _ := m.add(key, value, lifetime)
	return held
}

func (m *memory) add(key string, value []byte, lifetime time.Duration) (held []byte, added bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	values := m.kindLocked(key)
	item := values.Get(key)
	if added = item == nil; !added {
		value = item.Value()
	}
	values.Set(key, bytes.Clone(value), lifetime)
	return value, added
}

// Get implements Store.
func (m *memory) Get(key string) []byte {
	if item := m.kind(key).Get(key); item != nil {
		return item.Value()
	}
	return nil
}

// Put implements Store.
func (m *memory) Put(key string, value []byte, lifetime time.Duration) {
	if len(value) > maxRemember { // and no older one counts
		m.Delete(key)
		return
	}
	m.kind(key).Set(key, bytes.Clone(value), lifetime)
}

// written is a time as a value, to the microsecond.
func written(at time.Time) []byte { return strconv.AppendInt(nil, at.UnixMicro(), 10) }

// read is the time that a value stands for, zero for none.
func read(value []byte) time.Time {
	micros, err := strconv.ParseInt(string(value), 10, 64)
	if err != nil {
		return time.Time{}
	}
	return time.UnixMicro(micros)
}

// Delete implements Store.
func (m *memory) Delete(key string) { m.kind(key).Delete(key) }

func (m *memory) kind(key string) *ttlcache.Cache[string, []byte] {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.kindLocked(key)
}

func (m *memory) kindLocked(key string) *ttlcache.Cache[string, []byte] {
	kind, _, _ := strings.Cut(key, ":")
	if m.values[kind] == nil {
		m.values[kind] = ttlcache.New(ttlcache.WithCapacity[string, []byte](maxOfKind), ttlcache.WithDisableTouchOnHit[string, []byte]())
	}
	return m.values[kind]
}

// Take implements Store.
func (m *memory) Take(key string, limit Limit) (time.Duration, bool) {
	if limit.PerSecond <= 0 {
		return 0, true
	}
	item, _ := m.bucketsOf(key).GetOrSetFunc(key, func() *rate.Limiter {
		bucket := rate.NewLimiter(rate.Limit(limit.PerSecond), max(1, limit.Burst))
		if limit.Strict {
			for range bucket.Burst() + limit.debt {
				bucket.Reserve()
			}
		}
		return bucket
	}, ttlcache.WithTTL[string, *rate.Limiter](max(minBucket, time.Duration(float64(limit.Burst)/limit.PerSecond*float64(time.Second)))))
	reservation := item.Value().Reserve()
	wait := reservation.Delay()
	if wait > limit.MaxWait {
		reservation.Cancel()
		return wait, false
	}
	return wait, true
}

func (m *memory) bucketsOf(key string) *ttlcache.Cache[string, *rate.Limiter] {
	m.mu.Lock()
	defer m.mu.Unlock()
	kind, _, _ := strings.Cut(key, ":")
	if m.buckets[kind] == nil {
		m.buckets[kind] = ttlcache.New(ttlcache.WithCapacity[string, *rate.Limiter](maxBuckets))
	}
	return m.buckets[kind]
}
