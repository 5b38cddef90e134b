package confirm

import (
	"cmp"
	"slices"
	"time"

	"github.com/jellydator/ttlcache/v3"

	"opentrain-mcp/internal/caller"
	"opentrain-mcp/internal/text"
)

// Approvals has the approvals in OpenTrain's app that callers asked for, the last of each tool and subject. The API has no list of
// them. It knows nothing of those that were asked for elsewhere, or through another process.
type Approvals struct {
	now   func() time.Time
	asked *ttlcache.Cache[subjectKey, Asked]
}

// Asked is an approval that a caller asked for.
type Asked struct {
	ID    string
	JobID string   // the job that it belongs to
	About []string // what it is for, as the human saw it

	terms string
	at    time.Time
}

// newApprovals remembers approvals a little longer than they last (about 72 hours, developers/concepts/human-approvals).
func newApprovals(now func() time.Time) *Approvals {
	const most = 4 << 20 // bytes
	return &Approvals{now: now, asked: ttlcache.New(
		ttlcache.WithTTL[subjectKey, Asked](80*time.Hour), ttlcache.WithDisableTouchOnHit[subjectKey, Asked](),
		ttlcache.WithMaxCost(most, func(item ttlcache.CostItem[subjectKey, Asked]) uint64 {
			const fixed = 500                                                          // of an entry
			return fixed + uint64(len(item.Value.terms)+text.Length(item.Value.About)) //nolint:gosec // lengths are not negative
		}),
	)}
}

// Add remembers an approval that a call asked for.
func (a *Approvals) Add(by caller.Caller, intent Intent, asked Asked) {
	asked.terms, asked.at = text.JSON(intent.Arguments), a.now()
	a.asked.Set(approvalKey(by, intent.Tool, intent.subject()), asked, ttlcache.DefaultTTL)
}

// Of returns the approval that the caller last asked for with a tool about a subject. It may be decided by now.
func (a *Approvals) Of(by caller.Caller, tool, subject string) (asked Asked, found bool) {
	item := a.asked.Get(approvalKey(by, tool, subject))
	if item == nil {
		return Asked{}, false
	}
	return item.Value(), true
}

// All returns the caller's approvals, newest first.
func (a *Approvals) All(by caller.Caller) (all []Asked) {
	for key, item := range a.asked.Items() {
		if key.callerID == by.ID {
			all = append(all, item.Value())
		}
	}
	slices.SortFunc(all, func(a, b Asked) int { return cmp.Or(b.at.Compare(a.at), cmp.Compare(a.ID, b.ID)) })
	return all
}

// Forget drops an approval that was decided.
func (a *Approvals) Forget(by caller.Caller, approvalID string) {
	for key, item := range a.asked.Items() {
		if key.callerID == by.ID && item.Value().ID == approvalID {
			a.asked.Delete(key)
		}
	}
}

// For reports whether the approval was asked for with the same arguments.
func (a Asked) For(intent Intent) bool { return a.terms == text.JSON(intent.Arguments) }

func approvalKey(by caller.Caller, tool, subject string) subjectKey {
	return subjectKey{by.ID, tool + " " + subject}
}
