// Package draft runs the posting loop that several tools share: the report on a draft, its open questions,
// the forms that ask them, and the answers.
package draft

import (
	"cmp"
	"context"
	"slices"
	"time"

	"github.com/jellydator/ttlcache/v3"

	"opentrain-mcp/internal/caller"
	"opentrain-mcp/internal/confirm"
	"opentrain-mcp/internal/text"
	"opentrain-mcp/internal/tool"
	"opentrain-mcp/opentrain"
)

// Desk works on drafts for the tools of the posting loop.
type Desk struct {
	API      *opentrain.Client
	Accounts *tool.Accounts
	Confirm  *confirm.Confirmer
	Now      func() time.Time

	replicated bool
	previews   *ttlcache.Cache[string, tool.Preview] // by caller and job
}

const (
	previewTTL    = time.Hour // how long a draft is remembered for showing it again
	maxRemembered = 16 << 20  // the most that is remembered of drafts, in bytes
)

// NewDesk makes a Desk. With replicated, other processes may change the same drafts: what is remembered isn't shown.
func NewDesk(api *opentrain.Client, accounts *tool.Accounts, confirmer *confirm.Confirmer, replicated bool, now func() time.Time) *Desk {
	return &Desk{
		API: api, Accounts: accounts, Confirm: confirmer, Now: now, replicated: replicated,
		previews: ttlcache.New(
			ttlcache.WithTTL[string, tool.Preview](previewTTL),
			ttlcache.WithMaxCost(maxRemembered, func(item ttlcache.CostItem[string, tool.Preview]) uint64 {
				return uint64(len(item.Key)) + uint64(text.Length(item.Value)) //nolint:gosec // lengths are not negative
			}),
		),
	}
}

// Report makes the report on a draft for the caller.
func (d *Desk) Report(ctx context.Context, call tool.Call, draft *opentrain.Draft, options ReportOptions) Report {
	if draft.Validation.PublishReady && !options.overtaken {
		options.token = d.Confirm.Issue(call.Caller, confirm.Intent{Tool: tool.Publish, JobID: text.Clean(draft.JobID, maxJobID)})
	}
	report := d.typesFor(ctx, call.Caller).report(draft, call.Interpreted, options)
	if options.overtaken {
		d.Forget(call.Caller, report.JobID)
	} else {
		d.remember(call.Caller, report, options.Set)
	}
	return report
}

// Change sends a change of a draft and reports on the result. set is what the call set so far, these fields
// included. complete, if not nil, adds to the API's answer.
func (d *Desk) Change(
	ctx context.Context, call tool.Call, jobID string, fields, set opentrain.Fields, complete func(*opentrain.Draft),
) (Report, error) {
	end := d.Confirm.Ledger.Begin(call.Caller, jobID)
	draft, err := d.updateDraft(ctx, &call, jobID, fields)
	overtaken := end(err)
	if err != nil {
		if opentrain.MayHaveChanged(err) {
			d.Forget(call.Caller, jobID)
		}
		return Report{}, err
	}
	draft.JobID = jobID // the one that was patched, whatever the answer says
	if complete != nil {
		complete(draft)
	}
	return d.Report(ctx, call, draft, ReportOptions{Set: set, overtaken: overtaken}), nil
}

// remember keeps what a report shows of a draft, for the confirmation. What the API left out didn't change.
func (d *Desk) remember(by caller.Caller, report Report, set opentrain.Fields) {
	key, preview := previewKey(by, report.JobID), report.preview()
	if item := d.previews.Get(key); item != nil && report.NormalizedFields == nil {
		before := item.Value()
		preview.Fields = merged(before.Fields, opentrain.Fields(report.FieldsSet))
		if report.LowConfidenceFields == nil {
			preview.Guesses = withoutFields(before.Guesses, set)
		}
		preview.DraftURL = cmp.Or(preview.DraftURL, before.DraftURL)
	}
	d.previews.Set(key, preview, ttlcache.DefaultTTL)
}

// Forget drops what is remembered of a draft: it may have changed.
func (d *Desk) Forget(by caller.Caller, jobID string) { d.previews.Delete(previewKey(by, jobID)) }

func previewKey(by caller.Caller, jobID string) string { return by.ID + " " + jobID }

// Preview is what is known of a draft before it is published: what was reported of it, otherwise its title.
// Where other replicas change drafts too, only the title is sure.
func (d *Desk) Preview(ctx context.Context, by caller.Caller, jobID string) tool.Preview {
	preview := tool.Preview{JobID: jobID}
	if item := d.previews.Get(previewKey(by, jobID)); item != nil {
		if !d.replicated {
			return item.Value()
		}
		preview.DraftURL = item.Value().DraftURL
	}
	ctx, cancel := context.WithTimeout(ctx, tool.SideReadTimeout)
	defer cancel()
	if own, err := d.FindOwn(ctx, jobID); err == nil && own != nil {
		preview.Title, preview.Status = text.Clean(own.Title, 200), text.Clean(own.Status, 40)
	}
	return preview
}

// FindOwn returns one of the caller's own jobs, nil when it isn't among the newest 500.
func (d *Desk) FindOwn(ctx context.Context, jobID string) (*opentrain.OwnJob, error) {
	query := opentrain.OwnJobQuery{Limit: 100}
	for range 5 {
		page, err := d.API.ListOwnJobs(ctx, query)
		if err != nil {
			return nil, err
		}
		if i := slices.IndexFunc(page.Jobs, func(job opentrain.OwnJob) bool { return job.ID == jobID }); i >= 0 {
			return &page.Jobs[i], nil
		}
		if query.Cursor = page.NextCursor; query.Cursor == "" {
			break
		}
	}
	return nil, nil
}
