package applicants

import (
	"context"

	"opentrain-mcp/internal/text"
	"opentrain-mcp/internal/tool"
	"opentrain-mcp/opentrain"
	"opentrain-mcp/schema"
)

type inviteTrainerInput struct {
	JobID        string `json:"jobId" jsonschema:"minLength=1,maxLength=64" jsonschema_description:"Id of an open job of the account."`
	FreelancerID string `json:"freelancerId" jsonschema:"minLength=1,maxLength=64"`
}

func (inviteTrainerInput) JSONSchemaExtend(s *schema.Node) {
	schema.Describe(s, map[string]string{"freelancerId": "The AI trainer's user id, from the human: a profile or a past contract."})
}

type inviteTrainerOutput struct {
	JobID          string    `json:"jobId"`
	FreelancerID   string    `json:"freelancerId"`
	ProposalID     string    `json:"proposalId,omitempty"`
	AlreadyInvited bool      `json:"alreadyInvited"`
	Interpreted    []string  `json:"interpreted,omitempty"`
	Next           tool.Next `json:"next" jsonschema_description:"What to do now."`
}

func (a applicants) inviteTrainer() tool.Tool {
	return tool.New(tool.Spec{
		Name: tool.InviteTrainer, Title: "Invite an AI trainer to a job", Kind: tool.KindCreate,
		Description: "Invite one AI trainer, whom the human already knows, to a published job of the account on OpenTrain. " +
			"Use it when the human names a person by user id; the invited person sees the job at once. " +
			"Not for finding people: published jobs are found by everyone. Publish a draft first, with opentrain_publish. " +
			"It creates an invited proposal, hires no one and costs nothing. Inviting twice does no harm.",
		Scope: "proposals:write", Claimed: true, Feature: tool.Feature{Capability: "hiring", Key: opentrain.FeatureHiring},
		OutcomeUnknown: "It is not known whether the person was invited. Call again with the same arguments: no one is invited twice.",
		NotFound: "The trainer's user id is in their profile or a past contract: ask the human for it. " +
			"Job ids come from " + tool.ListJobs + ".",
	}, a.invite)
}

func (a applicants) invite(ctx context.Context, call tool.Call, in inviteTrainerInput) (inviteTrainerOutput, *tool.Ask, error) {
	invitation, err := a.api.InviteTrainer(ctx, in.JobID, in.FreelancerID)
	if err != nil {
		return inviteTrainerOutput{}, nil, err
	}
	return inviteTrainerOutput{
		JobID: in.JobID, FreelancerID: in.FreelancerID, ProposalID: text.Clean(invitation.ProposalID, 100),
		AlreadyInvited: invitation.AlreadyInvited, Interpreted: call.Interpreted,
		Next: tool.Next{Action: tool.Done, Note: "The person decides whether to answer; proposals are counted in " + tool.ListJobs + "."},
	}, nil, nil
}

func (o inviteTrainerOutput) Effect() tool.Effect {
	return tool.Effect{JobID: o.JobID, Outcome: "invited"}
}

func (o inviteTrainerOutput) Text() string {
	var l text.Lines
	if o.AlreadyInvited {
		l.Add("%s was invited to job %s before.", o.FreelancerID, o.JobID)
	} else {
		l.Add("%s is invited to job %s.", o.FreelancerID, o.JobID)
	}
	l.Field("Proposal", o.ProposalID)
	l.Fields("Interpreted", o.Interpreted)
	return l.With(o.Next.Text())
}
