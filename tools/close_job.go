package tools

import (
	"context"

	"opentrain-mcp/opentrain"
)

const closeJobName = "opentrain_close_job"

// CloseJobInput are the arguments of opentrain_close_job.
type CloseJobInput struct {
	JobID string `json:"jobId" jsonschema:"minLength=1,maxLength=64" jsonschema_description:"Id of a job of the account."`
}

// CloseJobOutput is the result of opentrain_close_job.
type CloseJobOutput struct {
	JobID         string   `json:"jobId"`
	Status        string   `json:"status" jsonschema_description:"ARCHIVED when closed."`
	AlreadyClosed bool     `json:"alreadyClosed"`
	Interpreted   []string `json:"interpreted,omitempty"`
	Next          Next     `json:"next" jsonschema_description:"What to do now."`
}

func newCloseJob(kit Kit) (Tool, error) {
	return define(kit, Spec{
		Name:  closeJobName,
		Title: "Close a job",
		Kind:  KindClose,
		Description: "Close a job of the account on OpenTrain: it leaves the marketplace and takes no new proposals. " +
			"Use it when the human has hired enough people or gives the job up, and only after the human said so: no tool opens a closed job again. " +
			"Not for changing a job: use opentrain_update_job, or opentrain_patch_draft for a draft. " +
			"Contracts on the job go on. Closing twice does no harm.",
		Scope:  "jobs:write",
		Lost:   "It is not known whether the job was closed. " + listJobsName + " shows its status (ARCHIVED when closed); closing again is harmless.",
		Absent: absentJob,
		gate:   gate{"publish", opentrain.FeaturePublishing},
	}, kit.closeJob)
}

func (k Kit) closeJob(ctx context.Context, call Call, in CloseJobInput) (CloseJobOutput, *Ask, error) {
	closing, err := k.API.CloseJob(ctx, in.JobID)
	if err != nil {
		return CloseJobOutput{}, nil, err
	}
	return CloseJobOutput{
		JobID: in.JobID, Status: plain(closing.Status, 40), AlreadyClosed: closing.AlreadyClosed, Interpreted: call.Interpreted,
		Next: Next{Action: Done, Note: "Contracts on this job go on until they are ended in the app."},
	}, nil, nil
}

// Text implements output.
func (o CloseJobOutput) Text() string {
	var p page
	if o.AlreadyClosed {
		p.line("Job %s was closed before and is %s.", o.JobID, o.Status)
	} else {
		p.line("Job %s is closed (%s): it takes no new proposals.", o.JobID, o.Status)
	}
	p.sayAll("Understood", o.Interpreted)
	return p.end(o.Next)
}
