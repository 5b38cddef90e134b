package edge

import "time"

// Limiter counts a call of a caller. It returns 0, or how long the caller must wait: then nothing is counted. A nil Limiter allows
// every call.
type Limiter func(caller string) (wait time.Duration)

// Take counts a call.
func (l Limiter) Take(caller string) (wait time.Duration) {
	if l == nil {
		return 0
	}
	return l(caller)
}
