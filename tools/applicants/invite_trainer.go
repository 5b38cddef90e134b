package applicants

import (
	"context"
	"fmt"

	"opentrain-mcp/internal/confirm"
	"opentrain-mcp/internal/draft"
	"opentrain-mcp/internal/text"
	"opentrain-mcp/internal/tool"
	"opentrain-mcp/opentrain"
	"opentrain-mcp/schema"
)

type inviteTrainerInput struct {
	JobID        string `json:"jobId" jsonschema:"minLength=1,maxLength=64" jsonschema_description:"Id of a live job in the account."`
	FreelancerID string `json:"freelancerId" jsonschema:"minLength=1,maxLength=200"`

	confirm.Asking
}

func (inviteTrainerInput) JSONSchemaExtend(s *schema.Node) {
	schema.Describe(s, map[string]string{
		"freelancerId": "The AI trainer's user id, or the slug or URL of the profile.",
	})
}

type inviteTrainerOutput struct {
	JobID          string    `json:"jobId"`
	FreelancerID   string    `json:"freelancerId"`
	ProposalID     string    `json:"proposalId,omitempty"`
	Invited        bool      `json:"invited"`
	AlreadyInvited bool      `json:"alreadyInvited,omitempty"`
	Interpreted    []string  `json:"interpreted,omitempty"`
	Next           tool.Next `json:"next" jsonschema_description:"What to do now."`
}

func (a applicants) inviteTrainer() tool.Tool {
	return tool.New(tool.Spec{
		Name: tool.InviteTrainer, Title: "Invite an AI trainer", Kind: tool.KindInvite,
		Description: "Invite one AI trainer to a live job on OpenTrain and return the invitation. " +
			"Use it when the human wants someone from opentrain_get_freelancer_profile or an earlier contract. " +
			"The human approves it first, and the trainer sees the job right away. Inviting hires no one and costs nothing. " +
			"Inviting again changes nothing. No tool searches for AI trainers. To publish a draft first, use opentrain_publish.",
		Scope: "proposals:write", Claimed: true, Feature: tool.Feature{Capability: "hiring", Key: opentrain.FeatureHiring},
		Instead: map[string]tool.Next{opentrain.StatusDraft: {
			Action: tool.CallTool, Tool: tool.Publish, Arguments: map[string]any{"jobId": nil}, Note: "Publish it first.",
		}},
		OutcomeUnknown: "It's unclear whether the AI trainer was invited. No one is invited twice.",
		Check: tool.Next{
			Action: tool.CallTool, Tool: tool.ListProposals, Arguments: map[string]any{"jobId": nil},
			Note: "If the AI trainer isn't among them, invite them again.",
		},
		NotFound: whoseID + " Job ids come from " + tool.ListJobs + ".",
	}, a.invite)
}

func (a applicants) invite(ctx context.Context, call tool.Call, in inviteTrainerInput) (inviteTrainerOutput, *tool.Ask, error) {
	unlock, err := a.Confirm.Ledger.Lock(ctx, call.Caller, in.JobID)
	if err != nil {
		return inviteTrainerOutput{}, nil, err
	}
	defer unlock()
	out := inviteTrainerOutput{JobID: in.JobID, FreelancerID: in.FreelancerID, Interpreted: call.Interpreted}
	intent := confirm.Intent{
		Tool: tool.InviteTrainer, JobID: in.JobID, Arguments: map[string]any{"freelancerId": in.FreelancerID},
		Asking: in.Asking, Question: "Invite this AI trainer to the job?",
		Means: "The trainer will see the job and the invitation right away. Inviting hires no one and costs nothing.", IfNo: "No one is invited.",
	}
	if declined := a.Confirm.Declined(call, intent); declined != nil {
		out.Next = *declined
		return out, nil, nil
	}
	own, err := a.FindOwn(ctx, in.JobID, opentrain.StatusOpen)
	if err == nil {
		err = own.Require(opentrain.StatusOpen)
	}
	if err != nil {
		return out, nil, err
	}
	who, err := a.invited(ctx, call.Caller, in.FreelancerID)
	if err != nil {
		return out, nil, err
	}
	if who.id != in.FreelancerID {
		given, id := text.Clean(in.FreelancerID, 200), text.Clean(who.id, maxID)
		out.Interpreted = append(out.Interpreted, fmt.Sprintf("freelancerId: %q was read as %q", given, id))
	}
	out.FreelancerID, intent.Arguments = who.id, map[string]any{"freelancerId": who.id}
	preview := own.Preview()
	preview.Changes, preview.Warnings = []string{"Invite the AI trainer " + who.words}, who.warnings
	if a.Confirm.Asks(call.Caller) {
		if out.ProposalID = a.proposalOf(ctx, in.JobID, who.id); out.ProposalID != "" {
			out.Next = tool.Next{Action: tool.CallTool, Tool: tool.GetProposal, Arguments: map[string]any{"proposalId": out.ProposalID}}
			return out, nil, nil
		}
	}
	yes, ask, next := a.Confirm.Approve(call, intent, preview)
	if out.Next = next; !yes {
		return out, ask, nil
	}
	invitation, err := a.API.InviteTrainer(a.Recheck(ctx, &own, live), in.JobID, who.id)
	a.Confirm.Ledger.RecordUse(call.Caller, in.JobID, err)
	if err != nil {
		return out, nil, err
	}
	out.Invited, out.ProposalID, out.AlreadyInvited = true, text.Clean(invitation.ProposalID, 100), invitation.AlreadyInvited
	out.Next = tool.Next{Action: tool.Done,
		Note: "The trainer decides whether to respond. " + tool.GetProposal + " with this proposalId shows its status. " +
			tool.ListProposals + " shows who else applied.",
	}
	return out, nil, nil
}

// live checks the job before a repeated attempt.
func live(now draft.Own) error { return now.Require(opentrain.StatusOpen) }

func (o inviteTrainerOutput) Effect() tool.Effect {
	if !o.Invited {
		return tool.Effect{JobID: o.JobID, Outcome: "not invited"}
	}
	return tool.Effect{JobID: o.JobID, Outcome: "invited"}
}

func (o inviteTrainerOutput) Text() string {
	var l text.Lines
	switch {
	case !o.Invited && o.ProposalID != "":
		l.Add("AI trainer %s has already applied to job %s, or was invited.", o.FreelancerID, o.JobID)
	case o.AlreadyInvited:
		l.Add("AI trainer %s was already invited to job %s, or has applied.", o.FreelancerID, o.JobID)
	case o.Invited:
		l.Add("AI trainer %s was invited to job %s.", o.FreelancerID, o.JobID)
	case o.Next.Action == tool.ConfirmWithHuman:
		l.Add("AI trainer %s wasn't invited by this call. Ask the human first.", o.FreelancerID)
	default:
		l.Add("AI trainer %s was not invited.", o.FreelancerID)
	}
	l.Field("Proposal", o.ProposalID)
	l.Fields("Interpreted", o.Interpreted)
	return l.With(o.Next)
}
