package draft

import (
	"context"
	"encoding/json"
	"errors"
	"slices"
	"time"

	"opentrain-mcp/internal/caller"
	"opentrain-mcp/internal/confirm"
	"opentrain-mcp/internal/text"
	"opentrain-mcp/internal/tool"
	"opentrain-mcp/opentrain"
)

// maxPages is how many pages of the caller's jobs are read to find one.
const maxPages = 5

// Own is one of the caller's jobs, as the list of their jobs has it.
type Own struct {
	opentrain.OwnJob           // only the id when Unknown
	Page             string    // of the draft or the job
	Unknown          bool      // the caller has more jobs than were read
	Changed          time.Time // the job's last change; zero when the list doesn't say
}

// View is the job as the list has it, for a confirmation.
func (own Own) View() confirm.View { return confirm.View{Moment: confirm.Moment{Time: own.Changed}} }

// Moved reports whether the job was changed since a human saw it: a yes from before could be used twice, at another
// replica or after a restart. A busy job's time moves by itself, so the human is asked again only once where one process
// serves: it knows its own changes.
func (d *Desk) Moved(own Own, seen confirm.View) bool {
	return (seen.Again == 0 || d.replicated) && !seen.Time.IsZero() && !own.Changed.IsZero() && !seen.Covers(own.Changed)
}

// FindOwn finds a job of the caller that should have a status, and otherwise looks through all of their jobs. It fails
// with NOT_FOUND when the caller has no such job.
func (d *Desk) FindOwn(ctx context.Context, jobID, status string) (Own, error) {
	is := func(job opentrain.OwnJob) bool { return job.ID == jobID }
	for _, wanted := range slices.Compact([]string{status, ""}) {
		found, whole, err := d.ownJobs(ctx, wanted, is)
		switch {
		case err != nil:
			return Own{}, Unsent(err)
		case len(found) > 0:
			return d.ownOf(found[0]), nil
		case !whole:
			return Own{OwnJob: opentrain.OwnJob{ID: jobID}, Unknown: true, Page: d.API.DraftURL(jobID)}, nil
		}
	}
	return Own{}, noJob(jobID)
}

func noJob(name string) error {
	return &opentrain.Error{
		Code: opentrain.CodeNotFound, NotSent: true, Message: "no job in this account has the id " + text.Clean(name, 64),
	}
}

// Unsent marks the error of a read that came before a write: the write was not sent.
func Unsent(err error) error {
	apiError, ok := errors.AsType[*opentrain.Error](err)
	if !ok {
		return err
	}
	before := *apiError
	before.NotSent = true
	return &before
}

func (d *Desk) ownOf(job opentrain.OwnJob) Own {
	own := Own{OwnJob: job, Page: text.URL(job.JobURL)}
	if job.Status == opentrain.StatusDraft {
		own.Page = d.API.DraftURL(job.ID)
	}
	if changed, err := time.Parse(time.RFC3339Nano, job.UpdatedAt); err == nil {
		own.Changed = changed.Truncate(time.Microsecond) // as a confirmation carries it
	}
	return own
}

// ownJobs reads the caller's jobs in a status up to the first that matches. whole reports whether it read them all.
func (d *Desk) ownJobs(ctx context.Context, status string, matches func(opentrain.OwnJob) bool) (
	found []opentrain.OwnJob, whole bool, err error,
) {
	query := opentrain.OwnJobQuery{Status: status, Limit: 100}
	for range maxPages {
		page, err := d.API.ListOwnJobs(ctx, query)
		if err != nil {
			return nil, false, err
		}
		if i := slices.IndexFunc(page.Jobs, matches); i >= 0 {
			return page.Jobs[i : i+1], false, nil
		}
		if query.Cursor = page.NextCursor; query.Cursor == "" {
			return nil, true, nil
		}
	}
	return nil, false, nil
}

// Require fails when the job has another status than a call needs.
func (o Own) Require(status string) error {
	if o.Unknown || o.Status == status {
		return nil
	}
	details := map[string]string{"jobId": o.ID, "status": o.Status, "requiredStatus": status}
	return &opentrain.Error{
		Code: opentrain.CodeConflict, NotSent: true, Details: json.RawMessage(text.JSON(details)),
		Message: "the job is " + text.Clean(o.Status, 40),
	}
}

// ErrChanged is the error of a write that wasn't repeated because someone else had changed the job meanwhile.
var ErrChanged = errors.New("the job has changed")

// Recheck returns a context for a write to a job. Before a repeated attempt, the job is read again into own. The write isn't sent
// again if check returns an error, which is the write's then.
func (d *Desk) Recheck(ctx context.Context, own *Own, check func(now Own) error) context.Context {
	before := *own
	return opentrain.WithRetryCheck(ctx, func(ctx context.Context) error {
		now, err := d.FindOwn(ctx, before.ID, before.Status)
		if err != nil {
			return err
		}
		*own = now
		return check(now)
	})
}

// Unchanged returns a check for Recheck: the job must have its status, and where a human said yes be as it was just now or as they
// saw it.
func (d *Desk) Unchanged(by caller.Caller, own Own, seen confirm.View) func(now Own) error {
	return func(now Own) error {
		switch {
		case !own.Unknown && (now.Unknown || now.Changed.IsZero() != own.Changed.IsZero()):
			return ErrChanged // what can't be checked any more counts as changed
		case !own.Unknown && now.Status != own.Status:
			return now.Require(own.Status)
		case !d.Confirm.Asks(by), now.Changed.Equal(own.Changed), d.Confirm.Ledger.Unchanged(by, own.ID, seen, now.Changed):
			return nil
		}
		return ErrChanged
	}
}

// Preview is what the list says of the job, for a question about it.
func (o Own) Preview() tool.Preview {
	preview := tool.Preview{JobID: text.Clean(o.ID, maxJobID), Title: text.Clean(text.Visible(o.Title), 200), URL: o.Page}
	if o.Unknown {
		preview.Notes = []string{"This account has too many jobs to check this one. OpenTrain checks it when the call is made."}
	}
	return preview
}
