package posting

import (
	"cmp"
	"context"
	"strings"

	"opentrain-mcp/internal/confirm"
	"opentrain-mcp/internal/text"
	"opentrain-mcp/internal/tool"
	"opentrain-mcp/opentrain"
)

type closeJobInput struct {
	JobID string `json:"jobId" jsonschema:"minLength=1,maxLength=64" jsonschema_description:"Id of a job in the account."`

	confirm.Asking
}

type closeJobOutput struct {
	JobID         string    `json:"jobId"`
	Closed        bool      `json:"closed" jsonschema_description:"True when the job accepts no new proposals."`
	Status        string    `json:"status,omitempty" jsonschema_description:"ARCHIVED when closed."`
	AlreadyClosed bool      `json:"alreadyClosed,omitempty"`
	Interpreted   []string  `json:"interpreted,omitempty"`
	Next          tool.Next `json:"next" jsonschema_description:"What to do now."`

	draft bool // it was one
	alone bool // no one has ever applied or been invited, so there is no contract

	pending []string // approvals of the job
}

func (p posting) closeJob() tool.Tool {
	return tool.New(tool.Spec{
		Name: tool.CloseJob, Title: "Close a job", Kind: tool.KindClose,
		Description: "Close a job on OpenTrain and return its status. The job leaves the marketplace and accepts no new proposals. " +
			"Use it when enough people are hired or the job is canceled. The human approves it first, because no tool reopens a job. " +
			"Closing a draft discards it. To edit a job, use opentrain_update_job. Contracts on the job continue. Closing it again changes nothing.",
		Scope: "jobs:write", Feature: publishingFeature(),
		OutcomeUnknown: "It's unclear whether the job was closed. " + tool.ListJobs + " shows its status (ARCHIVED when closed).",
		Check:          tool.ListJobsNext("If the job isn't ARCHIVED, close it again."),
	}, p.close)
}

func (p posting) close(ctx context.Context, call tool.Call, in closeJobInput) (closeJobOutput, *tool.Ask, error) {
	unlock, err := p.Confirm.Ledger.Lock(ctx, call.Caller, in.JobID)
	if err != nil {
		return closeJobOutput{}, nil, err
	}
	defer unlock()
	out := closeJobOutput{JobID: in.JobID, Interpreted: call.Interpreted}
	intent := confirm.Intent{
		Tool: tool.CloseJob, JobID: in.JobID, Asking: in.Asking, Question: "Close this job on OpenTrain?",
		Means: "The job will accept no new proposals, and it can't be reopened here. Its contracts continue.", IfNo: "The job stays as it is.",
	}
	if declined := p.Confirm.Declined(call, intent); declined != nil {
		out.Next = *declined
		return out, nil, nil
	}
	own, err := p.FindOwn(ctx, in.JobID, opentrain.StatusOpen)
	out.alone = own.ProposalCounts != nil && own.ProposalCounts.Total == 0
	switch {
	case err != nil:
		return out, nil, err
	case own.Status == opentrain.StatusArchived:
		return out.closed(own.Status, true), nil, nil
	}
	out.Status, out.draft = text.Clean(own.Status, 40), own.Status == opentrain.StatusDraft
	preview := own.Preview()
	// A yes to close a draft isn't one to close the job that it became.
	status := strings.TrimPrefix(tool.StatusWords(out.Status), "a ")
	if own.Unknown {
		status = "unknown"
	}
	preview.Changes = []string{"Status: " + status + " → closed"}
	preview.Notes = append(preview.Notes, "OpenTrain doesn't show the text of a closed job. To post it again, you need its description.")
	out.pending = p.PendingOf(ctx, call.Caller, in.JobID)
	preview.Warnings = append(preview.Warnings, out.pending...)
	if len(out.pending) > 0 {
		preview.Warnings = append(preview.Warnings, "What is pending goes on after the job is closed, unless you decline it in OpenTrain's app.")
	}
	if counts := own.ProposalCounts; counts != nil && counts.Unreviewed > 0 {
		preview.Warnings = append(preview.Warnings, text.Count(counts.Unreviewed, "unreviewed proposal")+".")
	}
	switch {
	case own.Unknown:
		preview.Warnings = append(preview.Warnings, "It may be a draft. A draft is thrown away, and no tool brings it back.")
	case out.draft:
		intent.Question, intent.IfNo = "Discard this draft on OpenTrain?", "The draft stays as it is."
		intent.Means = "No tool brings it back."
	}
	yes, ask, next := p.Confirm.Approve(call, intent, preview)
	if out.Next = next; !yes {
		return out, ask, nil
	}
	call.Step("Closing the job")
	closing, err := p.API.CloseJob(p.Recheck(ctx, &own, sameStatus(own)), in.JobID)
	if err != nil && own.Status == opentrain.StatusArchived { // by the first attempt, or by someone else
		closing, err = &opentrain.Closing{Status: own.Status}, nil
	}
	p.Record(call.Caller, in.JobID, err)
	if err != nil {
		return out, nil, err
	}
	return out.closed(closing.Status, closing.AlreadyClosed), nil, nil
}

func (o closeJobOutput) closed(status string, already bool) closeJobOutput {
	o.Closed, o.Status, o.AlreadyClosed = true, text.Clean(status, 40), already
	o.Next = tool.Next{Action: tool.Done}
	if !o.draft && !o.alone {
		o.Next.Note = "Contracts on this job continue until someone ends them."
		if len(o.pending) > 0 {
			o.Next.Note = text.Join(" ", append(o.pending, "The human decides on that in OpenTrain's app.", o.Next.Note)...)
		}
	}
	return o
}

func (o closeJobOutput) Effect() tool.Effect {
	if !o.Closed {
		return tool.Effect{JobID: o.JobID, Outcome: "not closed"}
	}
	return tool.Effect{JobID: o.JobID, Outcome: cmp.Or(o.Status, "closed")}
}

func (o closeJobOutput) Text() string {
	var l text.Lines
	switch {
	case o.AlreadyClosed:
		l.Add("Job %s was already closed.", o.JobID)
	case o.Closed && o.draft:
		l.Add("Draft %s was discarded.", o.JobID)
	case o.Closed:
		l.Add("Job %s is closed and accepts no new proposals.", o.JobID)
	case o.Next.Action == tool.ConfirmWithHuman:
		l.Add("Job %s wasn't closed by this call. Ask the human first.", o.JobID)
	default:
		l.Add("Job %s was not closed.", o.JobID)
	}
	l.Fields("Interpreted", o.Interpreted)
	return l.With(o.Next)
}
