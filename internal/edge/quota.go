package edge

import "sync"

// Quota limits how many resources, such as sessions or streams, are open at once: a number in total, and half
// of it (but at least one) per address, so that one caller cannot use up the quota. Loopback addresses have
// no limit of their own, because many callers can share one behind a local proxy.
type Quota struct {
	limit int

	mu        sync.Mutex
	inUse     int
	byAddress map[string]int
}

// NewQuota returns a Quota of limit resources in total.
func NewQuota(limit int) *Quota { return &Quota{limit: limit, byAddress: map[string]int{}} }

// Acquire counts one more open resource for an address, as returned by [Address]. Call release when the
// resource closes; further calls have no effect. When the quota is used up, ok is false and release is nil.
func (q *Quota) Acquire(address string) (release func(), ok bool) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.inUse >= q.limit || q.byAddress[address] >= max(1, q.limit/2) && !Loopback(address) {
		return nil, false
	}
	q.inUse++
	q.byAddress[address]++
	return sync.OnceFunc(func() {
		q.mu.Lock()
		defer q.mu.Unlock()
		q.inUse--
		q.byAddress[address]--
		if q.byAddress[address] == 0 {
			delete(q.byAddress, address)
		}
	}), true
}

// InUse returns the number of open resources.
func (q *Quota) InUse() int {
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.inUse
}
