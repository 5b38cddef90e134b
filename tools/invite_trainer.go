package tools

import (
	"context"

	"opentrain-mcp/opentrain"
)

const inviteTrainerName = "opentrain_invite_trainer"

// InviteTrainerInput are the arguments of opentrain_invite_trainer.
type InviteTrainerInput struct {
	JobID        string `json:"jobId" jsonschema:"minLength=1,maxLength=64" jsonschema_description:"Id of an open job of the account."`
	FreelancerID string `json:"freelancerId" jsonschema:"minLength=1,maxLength=64" jsonschema_description:"The AI trainer's user id, from the human: a profile or a past contract."`
}

// InviteTrainerOutput is the result of opentrain_invite_trainer.
type InviteTrainerOutput struct {
	JobID          string   `json:"jobId"`
	FreelancerID   string   `json:"freelancerId"`
	ProposalID     string   `json:"proposalId,omitempty"`
	AlreadyInvited bool     `json:"alreadyInvited"`
	Interpreted    []string `json:"interpreted,omitempty"`
	Next           Next     `json:"next" jsonschema_description:"What to do now."`
}

func newInviteTrainer(kit Kit) (Tool, error) {
	return define(kit, Spec{
		Name:  inviteTrainerName,
		Title: "Invite an AI trainer to a job",
		Kind:  KindCreate,
		Description: "Invite one AI trainer, whom the human already knows, to a published job of the account on OpenTrain. " +
			"Use it when the human names a person by user id; the invited person sees the job at once. " +
			"Not for finding people: published jobs are found by everyone. Publish a draft first, with opentrain_publish. " +
			"It makes an invited proposal, hires nobody and costs nothing. Inviting twice does no harm.",
		Scope:   "proposals:write",
		Claimed: true,
		Lost:    "It is not known whether the person was invited. Call again with the same arguments: nobody is invited twice.",
		Absent:  "OpenTrain knows no such job of this account, or no such user. Job ids come from " + listJobsName + "; the user id comes from the human.",
		gate:    gate{"hiring", opentrain.FeatureHiring},
	}, kit.inviteTrainer)
}

func (k Kit) inviteTrainer(ctx context.Context, call Call, in InviteTrainerInput) (InviteTrainerOutput, *Ask, error) {
	invitation, err := k.API.InviteTrainer(ctx, in.JobID, in.FreelancerID)
	if err != nil {
		return InviteTrainerOutput{}, nil, err
	}
	return InviteTrainerOutput{
		JobID: in.JobID, FreelancerID: in.FreelancerID, ProposalID: plain(invitation.ProposalID, 100),
		AlreadyInvited: invitation.AlreadyInvited, Interpreted: call.Interpreted,
		Next: Next{Action: Done, Note: "The person decides whether to answer; proposals are counted in " + listJobsName + "."},
	}, nil, nil
}

// Text implements output.
func (o InviteTrainerOutput) Text() string {
	var p page
	if o.AlreadyInvited {
		p.line("%s was invited to job %s before.", o.FreelancerID, o.JobID)
	} else {
		p.line("%s is invited to job %s.", o.FreelancerID, o.JobID)
	}
	p.say("Proposal", o.ProposalID)
	p.sayAll("Understood", o.Interpreted)
	return p.end(o.Next)
}
