package edge

import (
	"time"

	"github.com/jellydator/ttlcache/v3"
	"golang.org/x/time/rate"
)

const (
	// knownCallers bounds the memory of a Limiter; whoever called longest ago is
	// forgotten first.
	knownCallers = 50_000
	// callerLasts is how long a caller is remembered after the last call, or for
	// as long as it takes a bucket to be full again.
	callerLasts = 10 * time.Minute
)

// Limiter limits how often each caller may call: a token bucket for each. The
// nil Limiter limits nothing.
type Limiter struct {
	perSecond rate.Limit
	burst     int
	callers   *ttlcache.Cache[string, *rate.Limiter]
}

// NewLimiter makes a Limiter; a rate of zero or below limits nothing.
func NewLimiter(perSecond float64, burst int) *Limiter {
	if perSecond <= 0 {
		return nil
	}
	full := time.Duration(float64(max(1, burst)) / perSecond * float64(time.Second))
	return &Limiter{
		perSecond: rate.Limit(perSecond), burst: max(1, burst),
		callers: ttlcache.New(
			ttlcache.WithTTL[string, *rate.Limiter](max(callerLasts, full)),
			ttlcache.WithCapacity[string, *rate.Limiter](knownCallers),
		),
	}
}

// Wait counts a call and returns how long the caller must wait before it can
// be made, 0 for a call that may be made now.
func (l *Limiter) Wait(caller string) time.Duration {
	if l == nil {
		return 0
	}
	item, _ := l.callers.GetOrSetFunc(caller, func() *rate.Limiter { return rate.NewLimiter(l.perSecond, l.burst) })
	turn := item.Value().Reserve()
	delay := turn.Delay()
	if delay > 0 {
		turn.Cancel() // a call that is refused costs nothing
	}
	return delay
}
