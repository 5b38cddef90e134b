// Package draft runs the posting loop that several tools share: the report on a draft, its open questions,
// the forms that ask them, and the answers.
package draft

import (
	"context"
	"sync/atomic"
	"time"

	"github.com/jellydator/ttlcache/v3"

	"opentrain-mcp/internal/caller"
	"opentrain-mcp/internal/confirm"
	"opentrain-mcp/internal/store"
	"opentrain-mcp/internal/text"
	"opentrain-mcp/internal/tool"
	"opentrain-mcp/opentrain"
)

// Desk works on drafts and jobs for the tools of the posting loop.
type Desk struct {
	API      *opentrain.Client
	Accounts *tool.Accounts
	Confirm  *confirm.Confirmer
	Store    store.Store // what replicas share
	Now      func() time.Time

	replicated bool
	drafts     *ttlcache.Cache[string, known] // by caller and job
	fields     atomic.Pointer[accountFields]
}

const (
	knownTTL      = time.Hour // how long a draft is remembered
	maxRemembered = 8 << 20   // the most that is remembered of drafts, in bytes

	maxSharedDraft = 16 << 10 // the largest draft that replicas share, in bytes of JSON
)

// NewDesk makes a Desk. With replicated, other processes may change the same drafts: what is remembered completes the API's short
// answers only if they share the store.
func NewDesk(
	api *opentrain.Client, accounts *tool.Accounts, confirmer *confirm.Confirmer, shared store.Store, replicated bool, now func() time.Time,
) *Desk {
	return &Desk{
		API: api, Accounts: accounts, Confirm: confirmer, Store: shared, Now: now, replicated: replicated,
		drafts: ttlcache.New(
			ttlcache.WithTTL[string, known](knownTTL),
			ttlcache.WithDisableTouchOnHit[string, known](),
			ttlcache.WithMaxCost(maxRemembered, func(item ttlcache.CostItem[string, known]) uint64 {
				return uint64(len(item.Key) + item.Value.size()) //nolint:gosec // lengths are not negative
			}),
		),
	}
}

// Report reports on a draft to the caller, and remembers it. The report isn't cut yet; see Report.Short and Shorten. The caller holds
// the draft's lock, unless it is new.
func (d *Desk) Report(ctx context.Context, call tool.Call, draft *opentrain.Draft, options ReportOptions) Report {
	now, before := d.remember(call.Caller, draft, options)
	if options.again {
		options.unmapped = before.draft.UnmappedFields
	}
	if draft.Validation.PublishReady && d.Confirm.Asks(call.Caller) {
		now = d.dated(ctx, call.Caller, now)
	}
	return d.typesFor(ctx, call.Caller).report(now.draft, call.Interpreted, d.options(call, now, options))
}

// dated gives a draft the time that the list has, which is exact, unless the draft was changed since it was reported.
func (d *Desk) dated(ctx context.Context, by caller.Caller, k known) known {
	own, err := d.FindOwn(ctx, k.draft.JobID, opentrain.StatusDraft)
	if err == nil && !own.Changed.IsZero() && (k.draft.Date.IsZero() || k.view.Covers(own.Changed)) {
		k.view.Moment = confirm.Moment{Time: own.Changed}
		d.keep(by, k)
	}
	return k
}

// options adds what is known of the draft and the caller.
func (d *Desk) options(call tool.Call, k known, options ReportOptions) ReportOptions {
	options.form = call.CanAsk && d.Confirm.Asks(call.Caller) // the form asks, and the model gets no token
	if k.draft.Validation.PublishReady && !options.form {
		options.token = d.Confirm.Token(call.Caller, publishing(k.draft.JobID), k.view)
	}
	options.contradictions, options.completed = k.contradictions(), k.completed
	return options
}

// publishing is what the confirmation in a report is for.
func publishing(jobID string) confirm.Intent {
	return confirm.Intent{Tool: tool.Publish, JobID: text.Clean(jobID, maxJobID)}
}

// Change sends a change of a draft and reports on the result, as Report does.
func (d *Desk) Change(ctx context.Context, call tool.Call, jobID string, fields opentrain.Fields) (Report, error) {
	unlock, err := d.Confirm.Ledger.Lock(ctx, call.Caller, jobID)
	if err != nil {
		return Report{}, err
	}
	defer unlock()
	return d.change(ctx, call, jobID, fields, ReportOptions{Set: fields, again: true})
}

// change is Change for a caller that holds the draft's lock. The options have what the call set so far, these fields included.
func (d *Desk) change(ctx context.Context, call tool.Call, jobID string, fields opentrain.Fields, options ReportOptions) (Report, error) {
	draft, err := d.updateDraft(ctx, &call, jobID, fields)
	d.Record(call.Caller, jobID, err)
	if err != nil {
		return Report{}, err
	}
	draft.JobID = jobID // the one that was patched, whatever the answer says
	options.sent = fields
	return d.Report(ctx, call, draft, options), nil
}

// Record records how a change of a job ended: earlier confirmations and what is remembered may no longer hold.
func (d *Desk) Record(by caller.Caller, jobID string, err error) {
	d.Confirm.Ledger.Record(by, jobID, err)
	if err != nil && opentrain.MayHaveChanged(err) {
		d.Forget(by, jobID)
	}
}
