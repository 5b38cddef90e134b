package store

import (
	"bytes"
	"slices"
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
	kinds   map[string]*kind
	buckets map[string]*ttlcache.Cache[string, *rate.Limiter]
	taking  sync.Mutex // of the buckets
}

// kind holds the values of one kind.
type kind struct {
	*ttlcache.Cache[string, []byte]

	forgotten time.Time // when the newest mark was set that had to make room
}

// InMemory returns a Store that this process has for itself. A kind that is full forgets what was used least recently, and
// a moment from before a forgotten mark isn't whole.
func InMemory(now func() time.Time) Store { return newMemory(now) }

func newMemory(now func() time.Time) *memory {
	return &memory{now: now, kinds: map[string]*kind{}, buckets: map[string]*ttlcache.Cache[string, *rate.Limiter]{}}
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
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.marked(since, keys)
}

func (m *memory) marked(since Point, keys []string) (times []time.Time, whole bool) {
	times, whole = make([]time.Time, len(keys)), since.Epoch == 0
	for i, key := range keys {
		marks := m.kind(key)
		times[i], whole = read(marks.value(key)), whole && !since.Time.Before(marks.forgotten)
	}
	return times, whole
}

// Claim implements Store.
func (m *memory) Claim(since Point, key string, lifetime time.Duration, changes ...string) (claimed, known bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	times, whole := m.marked(since, append(slices.Clip(changes), key))
	if !whole || slices.ContainsFunc(times[:len(changes)], since.Time.Before) {
		return false, false
	}
	_, claimed = m.kind(key).add(key, written(m.now()), lifetime)
	return claimed, true
}

// Add implements Store.
func (m *memory) Add(key string, value []byte, lifetime time.Duration) []byte {
	m.mu.Lock()
	defer m.mu.Unlock()
	held, _ := m.kind(key).add(key, value, lifetime)
	return held
}

// Get implements Store.
func (m *memory) Get(key string) []byte {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.kind(key).value(key)
}

// Put implements Store.
func (m *memory) Put(key string, value []byte, lifetime time.Duration) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if len(value) > maxRemember { // and no older one counts
		m.kind(key).Delete(key)
		return
	}
	m.kind(key).put(key, value, lifetime)
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
func (m *memory) Delete(key string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.kind(key).Delete(key)
}

// kind returns the values of a key's kind. It needs the lock.
func (m *memory) kind(key string) *kind {
	name, _, _ := strings.Cut(key, ":")
	if m.kinds[name] == nil {
		m.kinds[name] = &kind{Cache: ttlcache.New(ttlcache.WithDisableTouchOnHit[string, []byte]())}
	}
	return m.kinds[name]
}

// value is the value of a key, nil if it has none.
func (k *kind) value(key string) []byte {
	if item := k.Get(key); item != nil {
		return item.Value()
	}
	return nil
}

// add sets the value of a key that has none, and starts the key's lifetime again.
func (k *kind) add(key string, value []byte, lifetime time.Duration) (held []byte, added bool) {
	if held = k.value(key); held != nil {
		value = held
	}
	k.put(key, value, lifetime)
	return value, held == nil
}

// put sets the value of a key. What was used least recently makes room.
func (k *kind) put(key string, value []byte, lifetime time.Duration) {
	k.DeleteExpired()
	if k.Len() >= maxOfKind && !k.Has(key) {
		k.RangeBackwards(func(oldest *ttlcache.Item[string, []byte]) bool {
			if at := read(oldest.Value()); k.forgotten.Before(at) {
				k.forgotten = at
			}
			k.Delete(oldest.Key())
			return false
		})
	}
	k.Set(key, bytes.Clone(value), lifetime)
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
	m.taking.Lock() // a bucket must see its times in order, and nothing between a reservation and its end
	defer m.taking.Unlock()
	now := m.now()
	reservation := item.Value().ReserveN(now, 1)
	wait := reservation.DelayFrom(now)
	if wait > limit.MaxWait {
		reservation.CancelAt(now)
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
