package confirm

import (
	"context"
	"sync"
	"time"

	"github.com/jellydator/ttlcache/v3"

	"opentrain-mcp/internal/caller"
	"opentrain-mcp/internal/store"
	"opentrain-mcp/opentrain"
)

// Ledger records the changes of jobs, so that a yes counts only for what the human saw. The changes of one job by one
// caller wait for each other. What it records is in the store, for all replicas.
type Ledger struct {
	store store.Store

	mu    sync.Mutex
	locks map[subjectKey]*lock
	saves *ttlcache.Cache[subjectKey, save] // saves of ours that changed nothing
}

// subjectKey is a caller and what a change is about: a job by its id, or another subject.
type subjectKey struct{ callerID, subject string }

// lock is a mutex that a caller can stop waiting for.
type lock struct {
	held  chan struct{}
	users int
	spent string // the key of the yes that the call with the lock used, until it has changed something
}

// lifetime is how long records are kept: they outlive every confirmation from before them.
const lifetime = 2 * Lifetime

// The keys of the records. A change is known by the job. One that may have taken effect is known by caller and job: a
// stranger's call can't change someone's job, so its lost answer must neither void a yes nor push a change out.
func changeKey(subject string) string { return store.Key("changed", subject) }

func unknownKey(by caller.Caller, subject string) string { return store.Key("unknown", by.ID, subject) }

func declinedKey(by caller.Caller, tool, subject string) string {
	return store.Key("declined", by.ID, tool, subject)
}

func spentKey(by caller.Caller, token string) string { return store.Key("spent", by.ID, token) }

// lockRetry is when a call that couldn't get the lock may try again: most calls take less.
const lockRetry = 2 * time.Second

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

func newLedger(shared store.Store) *Ledger {
	return &Ledger{store: shared, locks: map[subjectKey]*lock{}, saves: ttlcache.New(ttlcache.WithTTL[subjectKey, save](lifetime),
		ttlcache.WithCapacity[subjectKey, save](15_000), ttlcache.WithDisableTouchOnHit[subjectKey, save]())}
}

// Lock waits until no other call of the caller works on the job, or on another subject. It fails with BUSY when ctx ends first.
func (l *Ledger) Lock(ctx context.Context, by caller.Caller, subject string) (unlock func(), err error) {
	key := subjectKey{by.ID, subject}
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
	unlock = func() {
		l.forgive(entry)
		<-entry.held
		leave()
	}
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
			Code: opentrain.CodeBusy, Message: "another call is still working on it", RetryAfter: lockRetry, NotSent: true,
		}
	}
}

// Record records how a change of a job ended.
func (l *Ledger) Record(by caller.Caller, subject string, err error) {
	switch {
	case err == nil:
		l.store.Mark(changeKey(subject), lifetime)
	case opentrain.MayHaveChanged(err):
		l.store.Mark(unknownKey(by, subject), lifetime)
	}
	l.RecordUse(by, subject, err)
}

// RecordUse records how a call ended that changes nothing of the job, such as an invitation: its yes is used up.
func (l *Ledger) RecordUse(by caller.Caller, subject string, err error) {
	if !opentrain.MayHaveChanged(err) {
		return
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if entry := l.locks[subjectKey{by.ID, subject}]; entry != nil {
		entry.spent = ""
	}
}

// spend uses up a yes for the call that has the lock. It returns why that yes doesn't count, "" if it does. Until the call
// has changed something, the yes comes back when the lock is given up.
func (l *Ledger) spend(by caller.Caller, subject, token string, asked store.Point) (why string) {
	key := spentKey(by, token)
	switch claimed, known := l.store.Claim(asked, key, lifetime, changeKey(subject), unknownKey(by, subject)); {
	case !known:
		return notKnown
	case !claimed:
		return usedBefore
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.locks[subjectKey{by.ID, subject}].spent = key
	return ""
}

// forgive gives the yes back that a call used without changing anything.
func (l *Ledger) forgive(entry *lock) {
	l.mu.Lock()
	key := entry.spent
	entry.spent = ""
	l.mu.Unlock()
	if key != "" {
		l.store.Delete(key)
	}
}

// decline records that a human said no: the form that was declined can't be answered again.
func (l *Ledger) decline(by caller.Caller, tool, subject string) {
	l.store.Mark(declinedKey(by, tool, subject), lifetime)
}

// Now is the moment that a question is asked at.
func (l *Ledger) Now() store.Point { return l.store.Moment() }

// ChangedSince reports whether the job was changed since a moment, or whether that is no longer known.
func (l *Ledger) ChangedSince(by caller.Caller, subject string, asked store.Point) bool {
	times, whole := l.store.Marked(asked, changeKey(subject), unknownKey(by, subject))
	return asked.Time.Before(times[0]) || asked.Time.Before(times[1]) || !whole
}

// RecordSave records a save that changed nothing: the job's time before it, and the job as it is after it.
func (l *Ledger) RecordSave(by caller.Caller, subject string, before time.Time, after View) {
	saved := save{before, after}
	if item := l.saves.Get(subjectKey{by.ID, subject}); item != nil {
		if last := item.Value(); last.after.Covers(before) && last.after.Content == after.Content {
			saved.before = last.before // both saves in a row changed nothing
		}
	}
	l.saves.Set(subjectKey{by.ID, subject}, saved, ttlcache.DefaultTTL)
}

// Unchanged reports whether a job is as it was seen, when the API says that it was last changed at a time. Saves that
// changed nothing may have moved that time.
func (l *Ledger) Unchanged(by caller.Caller, subject string, seen View, changed time.Time) bool {
	if seen.Covers(changed) {
		return true
	}
	item := l.saves.Get(subjectKey{by.ID, subject})
	if item == nil || !seen.Covers(item.Value().before) || !item.Value().after.Covers(changed) {
		return false
	}
	// Someone else may have changed the job just before the save.
	return item.Value().after.Content == seen.Content || !item.Value().after.Whole || !seen.Whole
}
