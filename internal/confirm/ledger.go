package confirm

import (
	"sync"
	"time"

	"github.com/jellydator/ttlcache/v3"

	"opentrain-mcp/internal/caller"
	"opentrain-mcp/opentrain"
)

// Ledger records the changes of jobs, so that a yes counts only for what the human saw.
type Ledger struct {
	now func() time.Time

	mu      sync.Mutex
	pending map[pendingKey]int              // unfinished changes, by caller: a call of someone else must not block this one
	changes *ttlcache.Cache[string, change] // the last change of each job, by job
}

type pendingKey struct{ callerID, jobID string }

// change is the last change of a job.
type change struct {
	at    time.Time
	count int
}

// newLedger makes an empty Ledger. An entry outlives every confirmation from before the change.
func newLedger(now func() time.Time) *Ledger {
	return &Ledger{now: now, pending: map[pendingKey]int{}, changes: ttlcache.New(
		ttlcache.WithTTL[string, change](2*Lifetime),
		ttlcache.WithCapacity[string, change](100_000),
		ttlcache.WithDisableTouchOnHit[string, change](),
	)}
}

func (l *Ledger) last(jobID string) change {
	if item := l.changes.Get(jobID); item != nil {
		return item.Value()
	}
	return change{}
}

// Begin records a change that is about to be sent. The function that it returns records the outcome, and reports
// whether something else changed the job meanwhile: then the API's answer may be out of date.
func (l *Ledger) Begin(by caller.Caller, jobID string) (end func(error) (overtaken bool)) {
	key := pendingKey{by.ID, jobID}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.pending[key]++
	before := l.last(jobID).count
	return func(err error) bool {
		l.mu.Lock()
		defer l.mu.Unlock()
		if l.pending[key]--; l.pending[key] == 0 {
			delete(l.pending, key)
		}
		count := l.last(jobID).count
		if opentrain.MayHaveChanged(err) {
			l.changes.Set(jobID, change{at: l.now().Truncate(time.Microsecond), count: count + 1}, ttlcache.DefaultTTL)
		}
		return count != before
	}
}

// ChangedSince reports whether the job was changed since a time, or is being changed by the caller.
func (l *Ledger) ChangedSince(by caller.Caller, jobID string, at time.Time) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.pending[pendingKey{by.ID, jobID}] > 0 || at.Before(l.last(jobID).at)
}
