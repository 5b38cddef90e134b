package admin

import (
	"cmp"
	"context"

	"opentrain-mcp/internal/confirm"
	"opentrain-mcp/internal/draft"
	"opentrain-mcp/internal/text"
	"opentrain-mcp/internal/tool"
	"opentrain-mcp/opentrain"
	"opentrain-mcp/schema"
)

type inviteTeamMemberInput struct {
	Email string `json:"email" jsonschema:"minLength=3,maxLength=254"`

	confirm.Asking
}

func (inviteTeamMemberInput) JSONSchemaExtend(s *schema.Node) {
	schema.Describe(s, map[string]string{
		"email": "Email address of the person, from the human.",
	})
}

type inviteTeamMemberOutput struct {
	Email       string    `json:"email"`
	Invited     bool      `json:"invited"`
	Status      string    `json:"status,omitempty" jsonschema_description:"invite_created, member_added or already_member."`
	Interpreted []string  `json:"interpreted,omitempty"`
	Next        tool.Next `json:"next" jsonschema_description:"What to do now."`
}

func (a admin) inviteTeamMember() tool.Tool {
	return tool.New(tool.Spec{
		Name: tool.InviteTeamMember, Title: "Invite a team member", Kind: tool.KindSend,
		Description: "Invite a person to the account's team by email and return the outcome: an invitation was sent, the person " +
			"was added because they have an OpenTrain account, or they were already in the team. " +
			"Use it when the human names a colleague who should work in their account. " +
			"To offer a job to an AI trainer, use opentrain_invite_trainer. To see who is in the team, use opentrain_get_team. " +
			"The human approves it first. Removing someone is only possible in OpenTrain's app.",
		Scope: opentrain.ScopeTeamWrite, Claimed: true, Feature: team(), NotFound: "OpenTrain finds no team for this account.",
		Find: seeTeam(), Check: seeTeam(),
		OutcomeUnknown: "It's unclear whether the person was invited. " + tool.GetTeam + " shows members and invitations.",
	}, a.invite)
}

func seeTeam() tool.Next {
	return tool.Next{Action: tool.CallTool, Tool: tool.GetTeam, Arguments: map[string]any{}, Note: "See who is in the team or invited."}
}

func (a admin) invite(ctx context.Context, call tool.Call, in inviteTeamMemberInput) (inviteTeamMemberOutput, *tool.Ask, error) {
	out := inviteTeamMemberOutput{Email: text.Clean(in.Email, 254), Interpreted: call.Interpreted}
	if !text.IsEmail(in.Email) {
		return out, nil, tool.Problem("email", "is not an email address, such as ada@example.com")
	}
	subject := "invitation of " + call.Caller.ID + " to " + in.Email // others may invite the same address into their teams
	unlock, err := a.Confirm.Ledger.Lock(ctx, call.Caller, subject)
	if err != nil {
		return out, nil, err
	}
	defer unlock()
	intent := confirm.Intent{
		Tool: tool.InviteTeamMember, Subject: subject, Arguments: map[string]any{"email": in.Email},
		Asking: in.Asking, Question: "Invite this person to the team?",
		Means: "OpenTrain emails the address. If it has an OpenTrain account, it's added to the team at once.", IfNo: "No one is invited.",
	}
	if declined := a.Confirm.Declined(call, intent); declined != nil {
		out.Next = *declined
		return out, nil, nil
	}
	now, err := a.API.GetTeam(ctx)
	if err != nil {
		return out, nil, draft.Unsent(err)
	}
	role, since := placeOf(now, in.Email)
	if role != "" && role != invited {
		out.Status, out.Next = opentrain.InviteAlreadyThere, tool.Next{Action: tool.Done, Note: "Nothing was changed."}
		return out, nil, nil
	}
	organization := cmp.Or(text.Stranger(now.Organization.Name, 200), text.Stranger(now.Organization.ID, 100), "the account's organization")
	preview := tool.Preview{Changes: []string{"Invite " + in.Email + " to the team of " + text.InQuotes(organization, 200)}}
	if role == invited {
		preview.Notes = []string{text.Join(" ", "This address already has a pending invitation,", text.Labeled("since", since))}
	}
	intent.Status = role + " " + since // a yes is for one email
	yes, ask, next := a.Confirm.Approve(call, intent, preview)
	if out.Next = next; !yes {
		return out, ask, nil
	}
	made, err := a.API.InviteTeamMember(ctx, in.Email)
	a.Confirm.Ledger.Record(call.Caller, subject, err)
	if err != nil {
		return out, nil, a.notEmailed(ctx, in.Email, role == invited, err)
	}
	out.Status = text.Clean(made.Status, 60)
	out.Invited = out.Status != opentrain.InviteAlreadyThere
	out.Next = tool.Next{Action: tool.Done}
	return out, nil, nil
}

func (o inviteTeamMemberOutput) Effect() tool.Effect {
	effect := tool.Effect{Subject: "team invitation", Outcome: "not invited"}
	if o.Invited {
		effect.Outcome = cmp.Or(o.Status, "invited")
	}
	return effect
}

func (o inviteTeamMemberOutput) Text() string {
	var l text.Lines
	switch {
	case o.Status == opentrain.InviteCreated:
		l.Add("OpenTrain emailed an invitation to %s. They join the team once they accept it.", o.Email)
	case o.Status == opentrain.InviteMemberAdded:
		l.Add("%s has an OpenTrain account and is in the team now.", o.Email)
	case o.Status == opentrain.InviteAlreadyThere:
		l.Add("%s is already in the team.", o.Email)
	case o.Invited:
		l.Add("%s was invited. OpenTrain says: %s.", o.Email, cmp.Or(o.Status, "nothing more"))
	case o.Next.Action == tool.ConfirmWithHuman:
		l.Add("%s wasn't invited by this call. Ask the human first.", o.Email)
	default:
		l.Add("%s was not invited by this call.", o.Email)
	}
	l.Fields("Interpreted", o.Interpreted)
	return l.With(o.Next)
}
