package draft

import (
	"context"
	"errors"

	"opentrain-mcp/internal/caller"
	"opentrain-mcp/opentrain"
)

// Approval reads an approval that the caller asked for. One that OpenTrain no longer knows is gone, and forgotten.
func (d *Desk) Approval(ctx context.Context, by caller.Caller, id string) (came *opentrain.Approval, gone bool, err error) {
	came, err = d.API.GetApproval(ctx, id)
	if gone = errors.Is(err, &opentrain.Error{Code: opentrain.CodeNotFound}); gone {
		d.Confirm.Approvals.Forget(by, id)
	}
	return came, gone, err
}

// StillPending warns of an approval that no human has decided on, or that may be one. what says what it is for.
func (d *Desk) StillPending(ctx context.Context, by caller.Caller, id, what string) []string {
	came, gone, err := d.Approval(ctx, by, id)
	switch {
	case gone:
		return nil
	case err != nil:
		return []string{"Approval " + id + what + " may still be pending."}
	case came.Status == opentrain.ApprovalPending:
		return []string{"Approval " + id + what + " is pending."}
	}
	return nil
}

// PendingOf warns of the approvals about a job's hires and contracts that the caller asked for, at most five.
func (d *Desk) PendingOf(ctx context.Context, by caller.Caller, jobID string) (warnings []string) {
	const most = 5
	for _, asked := range d.Confirm.Approvals.All(by) {
		if asked.JobID == jobID && len(asked.About) > 0 && len(warnings) < most {
			warnings = append(warnings, d.StillPending(ctx, by, asked.ID, " ("+asked.About[0]+")")...)
		}
	}
	return warnings
}
