package opentrain

import "time"

// Shared is what the clients of several processes share. Its methods don't fail: while the others can't be reached, a
// client goes on alone.
type Shared interface {
	// Take counts something against a common limit. It returns how long to wait; ok is false, and nothing is counted, if
	// that is longer than maxWait.
	Take(name string, perSecond float64, burst int, maxWait time.Duration) (wait time.Duration, ok bool)
	// Get returns a value of some kind, nil if there is none. Put sets it.
	Get(kind, name string) []byte
	Put(kind, name string, value []byte, lifetime time.Duration)
	// Lock makes one of all clients do something; nil means that another one does it. The one who does calls unlock.
	Lock(kind, name string, lifetime time.Duration) (unlock func())
}

// The kinds of shared values.
const (
	sharedBudget  = "budget"
	sharedRefused = "refused"
	sharedFlight  = "flight"
	sharedRead    = "read"
)
