package tools

import (
	"errors"
	"sync"
	"time"

	"github.com/jellydator/ttlcache/v3"

	"opentrain-mcp/opentrain"
)

// changes knows which jobs this process changes and has changed, so that a yes
// counts for what the human saw alone.
type changes struct {
	mu sync.Mutex
	// running counts the changes under way, by caller and job: a stranger's call
	// about somebody's job is no change of it.
	running map[string]int
	// made are the last changes, by job.
	made *ttlcache.Cache[string, madeChange]
}

// madeChange is the last change of a job.
type madeChange struct {
	at    time.Time
	count int
}

func newChanges() *changes {
	return &changes{running: map[string]int{}, made: ttlcache.New(
		ttlcache.WithTTL[string, madeChange](2*confirmationLasts),
		ttlcache.WithCapacity[string, madeChange](100_000),
		ttlcache.WithDisableTouchOnHit[string, madeChange](),
	)}
}

func (c *changes) last(jobID string) madeChange {
	if item := c.made.Get(jobID); item != nil {
		return item.Value()
	}
	return madeChange{}
}

// begin notes a change that is about to be sent. The returned function notes its
// end and reports whether nothing else changed the job meanwhile: only then is
// what it tells of the job what the job is.
func (c *changes) begin(caller Caller, jobID string, now func() time.Time) (end func(error) (alone bool)) {
	key := caller.ID + " " + jobID
	c.mu.Lock()
	defer c.mu.Unlock()
	c.running[key]++
	before := c.last(jobID).count
	return func(err error) bool {
		c.mu.Lock()
		defer c.mu.Unlock()
		if c.running[key]--; c.running[key] == 0 {
			delete(c.running, key)
		}
		last := c.last(jobID)
		if refused(err) {
			return last.count == before
		}
		c.made.Set(jobID, madeChange{at: now().Truncate(time.Microsecond), count: last.count + 1}, ttlcache.DefaultTTL)
		return last.count == before
	}
}

// since reports whether the job was changed since a time, or is being changed.
func (c *changes) since(caller Caller, jobID string, at time.Time) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.running[caller.ID+" "+jobID] > 0 || at.Before(c.last(jobID).at)
}

// refused reports whether an error is a definite no, after which nothing was
// changed.
func refused(err error) bool {
	var failure *opentrain.Error
	return errors.As(err, &failure) && (failure.NotSent || failure.Status >= 400 && failure.Status < 500)
}
