package confirm

import (
	"context"
	"sync"
	"time"

	"github.com/jellydator/ttlcache/v3"

	"opentrain-mcp/internal/caller"
	"opentrain-mcp/opentrain"
)

// Ledger records the changes of jobs, so that a yes counts only for what the human saw. The changes of one job by one
// caller wait for each other.
type Ledger struct {
	now func() time.Time

	mu    sync.Mutex
	locks map[jobKey]*lock
	// changes has the last change of each job, by job. unknown has those that may have taken effect, by caller and job: a
	// stranger's call can't change someone's job, so its lost answer must neither void a yes nor push a change out.
	changes, unknown *ttlcache.Cache[jobKey, time.Time]
	declined         *ttlcache.Cache[jobKey, time.Time] // by caller, tool and job
	saves            *ttlcache.Cache[jobKey, save]      // saves of ours that changed nothing
	used             *ttlcache.Cache[jobKey, time.Time] // by caller and the hash of a confirmation
}

type jobKey struct{ callerID, jobID string }

// lock is a mutex that a caller can stop waiting for.
type lock struct {
	held  chan struct{}
	users int
}

// save is one or more saves that changed nothing: the job's time before them, and after them.
type save struct {
	before time.Time
	after  View
}

// Moment is a time by the API's clock.
type Moment struct {
	Time  time.Time
	Rough bool // from a Date header, which has whole seconds
}

// dateSlack is how far a Date header and a job's own time may be apart.
const dateSlack = 2 * time.Second

// Covers reports whether a change at a time was made before the moment.
func (m Moment) Covers(change time.Time) bool {
	if m.Rough {
		return !change.After(m.Time.Add(dateSlack))
	}
	return !change.After(m.Time)
}

func newLedger(now func() time.Time) *Ledger {
	return &Ledger{
		now: now, locks: map[jobKey]*lock{},
		changes: newCache[time.Time](), unknown: newCache[time.Time](), declined: newCache[time.Time](), used: newCache[time.Time](),
		saves: newCache[save](),
	}
}

// newCache makes a cache whose entries outlive every confirmation from before them.
func newCache[V any]() *ttlcache.Cache[jobKey, V] {
	return ttlcache.New(ttlcache.WithTTL[jobKey, V](2*Lifetime), ttlcache.WithCapacity[jobKey, V](15_000),
		ttlcache.WithDisableTouchOnHit[jobKey, V]())
}

// Lock waits until no other call of the caller works on the job, or on another subject. It fails with BUSY when ctx ends first.
func (l *Ledger) Lock(ctx context.Context, by caller.Caller, jobID string) (unlock func(), err error) {
	key := jobKey{by.ID, jobID}
	l.mu.Lock()
	entry := l.locks[key]
	if entry == nil {
		entry = &lock{held: make(chan struct{}, 1)}
		l.locks[key] = entry
	}
	entry.users++
	l.mu.Unlock()
	leave := func() {
		l.mu.Lock()
		defer l.mu.Unlock()
		if entry.users--; entry.users == 0 {
			delete(l.locks, key)
		}
	}
	unlock = func() { <-entry.held; leave() }
	select {
	case entry.held <- struct{}{}: // even when ctx has ended: the lock isn't what the call fails for
		return unlock, nil
	default:
	}
	select {
	case entry.held <- struct{}{}:
		return unlock, nil
	case <-ctx.Done():
		leave()
		return nil, &opentrain.Error{
			Code: opentrain.CodeBusy, Message: "another call is still working on it", RetryAfter: dateSlack, NotSent: true,
		}
	}
}

// Record records how a change of a job ended.
func (l *Ledger) Record(by caller.Caller, jobID string, err error) {
	switch {
	case err == nil:
		l.set(l.changes, jobKey{jobID: jobID})
	case opentrain.MayHaveChanged(err):
		l.set(l.unknown, jobKey{by.ID, jobID})
	}
}

// decline records that a human said no: the form that was declined can't be answered again.
func (l *Ledger) decline(by caller.Caller, tool, jobID string) {
	l.set(l.declined, jobKey{by.ID, tool + " " + jobID})
}

func (l *Ledger) declinedSince(by caller.Caller, tool, jobID string, at time.Time) bool {
	item := l.declined.Get(jobKey{by.ID, tool + " " + jobID})
	return item != nil && !at.After(item.Value())
}

func (l *Ledger) set(times *ttlcache.Cache[jobKey, time.Time], key jobKey) {
	times.Set(key, l.now().Truncate(time.Microsecond), ttlcache.DefaultTTL)
}

// ChangedSince reports whether the job was changed through this process since a time.
func (l *Ledger) ChangedSince(by caller.Caller, jobID string, at time.Time) bool {
	changed, unknown := l.changes.Get(jobKey{jobID: jobID}), l.unknown.Get(jobKey{by.ID, jobID})
	return changed != nil && at.Before(changed.Value()) || unknown != nil && at.Before(unknown.Value())
}

// RecordSave records a save that changed nothing: the job's time before it, and the job as it is after it.
func (l *Ledger) RecordSave(by caller.Caller, jobID string, before time.Time, after View) {
	saved := save{before, after}
	if item := l.saves.Get(jobKey{by.ID, jobID}); item != nil {
		if last := item.Value(); last.after.Covers(before) && last.after.Content == after.Content {
			saved.before = last.before // both saves in a row changed nothing
		}
	}
	l.saves.Set(jobKey{by.ID, jobID}, saved, ttlcache.DefaultTTL)
}

// Unchanged reports whether a job is as it was seen, when the API says that it was last changed at a time. Saves that
// changed nothing may have moved that time.
func (l *Ledger) Unchanged(by caller.Caller, jobID string, seen View, changed time.Time) bool {
	if seen.Covers(changed) {
		return true
	}
	item := l.saves.Get(jobKey{by.ID, jobID})
	if item == nil || !seen.Covers(item.Value().before) || !item.Value().after.Covers(changed) {
		return false
	}
	// Someone else may have changed the job just before the save.
	return item.Value().after.Content == seen.Content || !item.Value().after.Whole || !seen.Whole
}
