package edge

import (
	"context"
	"sync"
	"time"
)

// Quota limits how much is in use at once, such as sessions, streams or bytes: an amount in total, and half of it
// (but at least one) per address, so that one caller cannot use up the quota. Loopback addresses have no limit of
// their own, because many callers can share one behind a local proxy.
type Quota struct {
	limit int

	mu        sync.Mutex
	freed     chan struct{} // closed when something is given back
	inUse     int
	byAddress map[string]int
}

// NewQuota returns a Quota of limit units in total.
func NewQuota(limit int) *Quota {
	return &Quota{limit: limit, freed: make(chan struct{}), byAddress: map[string]int{}}
}

// Acquire counts one more open resource for an address, as returned by [Address]. Call release when the
// resource closes; further calls have no effect. When the quota is used up, ok is false and release is nil.
func (q *Quota) Acquire(address string) (release func(), ok bool) {
	share := q.Share(address)
	if !share.Grow(1) {
		return nil, false
	}
	return share.Close, true
}

// AcquireWithin is Acquire, but it waits for room until the time is over or ctx ends.
func (q *Quota) AcquireWithin(ctx context.Context, address string, wait time.Duration) (release func(), ok bool) {
	timer := time.NewTimer(wait)
	defer timer.Stop()
	for {
		q.mu.Lock()
		freed := q.freed
		q.mu.Unlock()
		if release, ok := q.Acquire(address); ok {
			return release, true
		}
		select {
		case <-freed:
		case <-timer.C:
			return nil, false
		case <-ctx.Done():
			return nil, false
		}
	}
}

// Share returns an empty share of the quota for an address, as returned by [Address].
func (q *Quota) Share(address string) *Share { return &Share{quota: q, address: address} }

// InUse returns how much is in use.
func (q *Quota) InUse() int {
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.inUse
}

// Share is what one holder, such as a stream, uses of a Quota. Close it when the holder ends.
type Share struct {
	quota   *Quota
	address string
	held    int
	closed  bool
}

// Grow adds n units, or returns false and adds nothing if the quota has no room or the share is closed.
func (s *Share) Grow(n int) bool {
	q := s.quota
	q.mu.Lock()
	defer q.mu.Unlock()
	if s.closed || n > q.limit-q.inUse || n > max(1, q.limit/2)-q.byAddress[s.address] && !Loopback(s.address) {
		return false
	}
	s.add(n)
	return true
}

// Shrink gives back n units, or all if there are fewer.
func (s *Share) Shrink(n int) {
	s.quota.mu.Lock()
	defer s.quota.mu.Unlock()
	s.add(-min(n, s.held))
}

// Close gives back everything. Further calls have no effect.
func (s *Share) Close() {
	s.quota.mu.Lock()
	defer s.quota.mu.Unlock()
	s.closed = true
	s.add(-s.held)
}

func (s *Share) add(n int) {
	q := s.quota
	s.held += n
	q.inUse += n
	q.byAddress[s.address] += n
	if n < 0 {
		close(q.freed)
		q.freed = make(chan struct{})
	}
	if q.byAddress[s.address] == 0 {
		delete(q.byAddress, s.address)
	}
}
