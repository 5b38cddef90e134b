package contracts

import (
	"context"
	"time"

	"github.com/jellydator/ttlcache/v3"

	"opentrain-mcp/internal/caller"
	"opentrain-mcp/internal/confirm"
	"opentrain-mcp/internal/text"
	"opentrain-mcp/internal/tool"
	"opentrain-mcp/opentrain"
)

// waiting has the ids of the approvals that callers asked for, by caller and request. The API has no list of them. A request
// whose approval is still pending leads to that approval, instead of to the human for another yes.
type waiting struct {
	ids *ttlcache.Cache[string, string]
}

// newWaiting keeps ids a little longer than an approval lasts (about 72 hours, developers/concepts/human-approvals).
func newWaiting() waiting {
	return waiting{ttlcache.New(ttlcache.WithTTL[string, string](80*time.Hour), ttlcache.WithCapacity[string, string](5000),
		ttlcache.WithDisableTouchOnHit[string, string]())}
}

func (w waiting) key(by caller.Caller, intent confirm.Intent) string {
	return caller.Hash(by.ID + " " + intent.Tool + " " + intent.Subject + " " + text.JSON(intent.Arguments))
}

// requested keeps an approval that the caller has asked for.
func (c contracts) requested(call tool.Call, intent confirm.Intent, asked opentrain.Approval) *approval {
	c.waiting.ids.Set(c.waiting.key(call.Caller, intent), asked.ID, ttlcache.DefaultTTL)
	return approvalOf(asked)
}

// pending returns the approval that the caller asked for with the same arguments, nil if none is known to be pending.
func (c contracts) pending(ctx context.Context, call tool.Call, intent confirm.Intent) *approval {
	item := c.waiting.ids.Get(c.waiting.key(call.Caller, intent))
	if item == nil {
		return nil
	}
	found, err := c.API.GetApproval(ctx, item.Value())
	if err != nil || found.Status != opentrain.ApprovalPending {
		return nil
	}
	again := approvalOf(*found)
	again.requestedBefore = true
	return again
}
