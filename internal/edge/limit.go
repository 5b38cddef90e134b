package edge

import (
	"time"

	"github.com/jellydator/ttlcache/v3"
	"golang.org/x/time/rate"
)

const (
	// maxCallers limits how many callers a Limiter remembers, at about 700 bytes each (7 MB). Beyond it, it forgets the
	// caller with the oldest last call, who then starts with a full bucket.
	maxCallers = 10_000
	minMemory  = 10 * time.Minute // of a caller, or longer if a bucket takes longer to refill
)

// Limiter limits the rate of calls with one token bucket per caller. A nil Limiter allows every call.
type Limiter struct {
	perSecond rate.Limit
	burst     int
	callers   *ttlcache.Cache[string, *rate.Limiter]
	take      Take // nil counts in this process
}

// Take counts a call for several processes, and returns 0 or how long the caller must wait.
type Take func(caller string, perSecond float64, burst int) time.Duration

// NewLimiter returns a Limiter, or nil when perSecond is zero or negative.
func NewLimiter(perSecond float64, burst int) *Limiter {
	if perSecond <= 0 {
		return nil
	}
	burst = max(1, burst)
	refill := time.Duration(float64(burst) / perSecond * float64(time.Second))
	return &Limiter{
		perSecond: rate.Limit(perSecond),
		burst:     burst,
		callers: ttlcache.New(
			ttlcache.WithTTL[string, *rate.Limiter](max(minMemory, refill)),
			ttlcache.WithCapacity[string, *rate.Limiter](maxCallers),
		),
	}
}

// Sharing makes the limiter count elsewhere, unless take is nil.
func (l *Limiter) Sharing(take Take) *Limiter {
	if l != nil {
		l.take = take
	}
	return l
}

// Take counts a call. It returns 0, or how long the caller must wait. A rejected call uses up nothing.
func (l *Limiter) Take(caller string) time.Duration {
	if l == nil {
		return 0
	}
	if l.take != nil {
		return l.take(caller, float64(l.perSecond), l.burst)
	}
	item, _ := l.callers.GetOrSetFunc(caller, func() *rate.Limiter { return rate.NewLimiter(l.perSecond, l.burst) })
	reservation := item.Value().Reserve()
	delay := reservation.Delay()
	if delay > 0 {
		reservation.Cancel()
	}
	return delay
}
