package edge

import (
	"container/list"
	"context"
	"sync"
	"time"
)

// Quota limits how much is in use at once, such as requests in progress or bytes: an amount in total, and half of it
// (but at least one) per address, so that one caller cannot use up the quota. Loopback addresses have no limit of
// their own, because many callers can share one behind a local proxy.
type Quota struct {
	limit int

	mu        sync.Mutex
	inUse     int
	byAddress map[string]int
	waiters   list.List // of *waiter, in the order in which they came
}

// waiter waits for one unit.
type waiter struct {
	share   *Share
	granted chan struct{} // closed when the share has it
}

// NewQuota returns a Quota of limit units in total.
func NewQuota(limit int) *Quota {
	return &Quota{limit: limit, byAddress: map[string]int{}}
}

// Acquire counts one more unit for an address, as returned by [Address]. It waits for room until the time is over or ctx
// ends. Who came first gets it first. Call release at the end; further calls have no effect. Without room, ok is false
// and release is nil.
func (q *Quota) Acquire(ctx context.Context, address string, wait time.Duration) (release func(), ok bool) {
	share := q.Share(address)
	if share.Grow(1) {
		return share.Close, true
	}
	w := &waiter{share, make(chan struct{})}
	q.mu.Lock()
	element := q.waiters.PushBack(w)
	q.grant() // something may have been given back just now
	q.mu.Unlock()
	ctx, cancel := context.WithTimeout(ctx, wait)
	defer cancel()
	select {
	case <-w.granted:
	case <-ctx.Done():
		q.mu.Lock()
		q.waiters.Remove(element) // no effect if it was granted
		q.mu.Unlock()
	}
	if !share.isHeld() {
		return nil, false
	}
	return share.Close, true
}

// grant gives what is free to those who wait.
func (q *Quota) grant() {
	var next *list.Element
	for e := q.waiters.Front(); e != nil && q.inUse < q.limit; e = next {
		next = e.Next()
		if w, _ := e.Value.(*waiter); w.share.fits(1) {
			q.waiters.Remove(e)
			w.share.add(1)
			close(w.granted)
		}
	}
}

// Share returns an empty share of the quota for an address, as returned by [Address].
func (q *Quota) Share(address string) *Share { return &Share{quota: q, address: address} }

// Share is what one holder, such as a stream, uses of a Quota. Close it when the holder ends.
type Share struct {
	quota   *Quota
	address string
	held    int
	closed  bool
}

// Grow adds n units, or returns false and adds nothing if the quota has no room or the share is closed.
func (s *Share) Grow(n int) bool {
	s.quota.mu.Lock()
	defer s.quota.mu.Unlock()
	if !s.fits(n) {
		return false
	}
	s.add(n)
	return true
}

func (s *Share) fits(n int) bool {
	q := s.quota
	return !s.closed && n <= q.limit-q.inUse && (n <= max(1, q.limit/2)-q.byAddress[s.address] || Loopback(s.address))
}

func (s *Share) isHeld() bool {
	s.quota.mu.Lock()
	defer s.quota.mu.Unlock()
	return s.held > 0
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
	if q.byAddress[s.address] == 0 {
		delete(q.byAddress, s.address)
	}
	if n < 0 {
		q.grant()
	}
}
