package posting

import (
	"context"

	"opentrain-mcp/internal/text"
	"opentrain-mcp/internal/tool"
)

type closeJobInput struct {
	JobID string `json:"jobId" jsonschema:"minLength=1,maxLength=64" jsonschema_description:"Id of a job of the account."`
}

type closeJobOutput struct {
	JobID         string    `json:"jobId"`
	Status        string    `json:"status" jsonschema_description:"ARCHIVED when closed."`
	AlreadyClosed bool      `json:"alreadyClosed"`
	Interpreted   []string  `json:"interpreted,omitempty"`
	Next          tool.Next `json:"next" jsonschema_description:"What to do now."`
}

func (p posting) closeJob() tool.Tool {
	return tool.New(tool.Spec{
		Name: tool.CloseJob, Title: "Close a job", Kind: tool.KindClose,
		Description: "Close a job of the account on OpenTrain: it leaves the marketplace and takes no new proposals. " +
			"Use it when the human has hired enough people or cancels the job, and only after the human said so: no tool reopens a closed job. " +
			"Not for changing a job: use opentrain_update_job, or opentrain_patch_draft for a draft. " +
			"Contracts on the job go on. Closing twice does no harm.",
		Scope: "jobs:write", Feature: publishingFeature(),
		OutcomeUnknown: "It is not known whether the job was closed. " + tool.ListJobs +
			" shows its status (ARCHIVED when closed); closing again is harmless.",
	}, p.close)
}

func (p posting) close(ctx context.Context, call tool.Call, in closeJobInput) (closeJobOutput, *tool.Ask, error) {
	closing, err := p.API.CloseJob(ctx, in.JobID)
	if err != nil {
		return closeJobOutput{}, nil, err
	}
	return closeJobOutput{
		JobID: in.JobID, Status: text.Clean(closing.Status, 40), AlreadyClosed: closing.AlreadyClosed, Interpreted: call.Interpreted,
		Next: tool.Next{Action: tool.Done, Note: "Contracts on this job go on until they are ended in the app."},
	}, nil, nil
}

func (o closeJobOutput) Effect() tool.Effect { return tool.Effect{JobID: o.JobID, Outcome: o.Status} }

func (o closeJobOutput) Text() string {
	var l text.Lines
	if o.AlreadyClosed {
		l.Add("Job %s was closed before and is %s.", o.JobID, o.Status)
	} else {
		l.Add("Job %s is closed (%s): it takes no new proposals.", o.JobID, o.Status)
	}
	l.Fields("Interpreted", o.Interpreted)
	return l.With(o.Next.Text())
}
