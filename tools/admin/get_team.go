package admin

import (
	"cmp"
	"context"

	"opentrain-mcp/internal/text"
	"opentrain-mcp/internal/tool"
	"opentrain-mcp/opentrain"
	"opentrain-mcp/schema"
)

type getTeamInput struct {
	Cursor string `json:"cursor,omitempty" jsonschema:"maxLength=2000" jsonschema_description:"nextCursor of the previous page."`
}

type getTeamOutput struct {
	Organization string       `json:"organization,omitempty"`
	Owner        string       `json:"owner,omitempty"`
	People       []teamPerson `json:"people" jsonschema_description:"Members, then pending invitations."`
	Members      int          `json:"members" jsonschema_description:"How many members there are in all."`
	Invited      int          `json:"invited" jsonschema_description:"How many invitations are pending."`
	NextCursor   string       `json:"nextCursor,omitempty" jsonschema_description:"Pass as cursor for the next page."`
	Interpreted  []string     `json:"interpreted,omitempty"`
	Next         tool.Next    `json:"next" jsonschema_description:"What to do now."`
}

// teamPerson is a member of the team, or someone who is invited.
type teamPerson struct {
	ID        string `json:"id"`
	Role      string `json:"role"`
	Name      string `json:"name,omitempty"`
	Email     string `json:"email,omitempty"`
	Since     string `json:"since,omitempty"`
	ExpiresAt string `json:"expiresAt,omitempty"`
}

func (teamPerson) JSONSchema() *schema.Node {
	return tool.PlainObject("id, role (OWNER, MEMBER or INVITED), name, email, since, expiresAt (of an invitation).")
}

// invited is the role of someone who hasn't accepted yet.
const invited = "INVITED"

func (a admin) getTeam() tool.Tool {
	return tool.New(tool.Spec{
		Name: tool.GetTeam, Title: "Show the team", Kind: tool.KindRead,
		Description: "Show the team of the account: the organization, its members with role and email, and the invitations that wait for an " +
			"answer. " +
			"Use it to see who works in the account, or whether an invitation is still open. " +
			"To add someone, use opentrain_invite_team_member. For this server's account and token, use opentrain_get_account. " +
			"AI trainers who work on jobs are not in the team. Changes nothing.",
		Scope: opentrain.ScopeTeamRead, Feature: team(), NotFound: "OpenTrain finds no team for this account.",
		Find: tool.GetAccountNext("See which account it is."),
	}, a.showTeam)
}

func (a admin) showTeam(ctx context.Context, call tool.Call, in getTeamInput) (getTeamOutput, *tool.Ask, error) {
	found, err := a.API.GetTeam(ctx)
	if err != nil {
		return getTeamOutput{}, nil, err
	}
	people, next, err := tool.PageOf(call, peopleOf(found), func(p teamPerson) string { return p.ID }, in.Cursor, tool.DefaultPage)
	if err != nil {
		return getTeamOutput{}, nil, err
	}
	return getTeamOutput{
		Organization: text.Stranger(found.Organization.Name, 200), Owner: text.Stranger(found.Organization.OwnerName, 200),
		People: people, Members: len(found.Members), Invited: len(found.Invites), NextCursor: next,
		Interpreted: call.Interpreted, Next: tool.Next{Action: tool.Done},
	}, nil, nil
}

func peopleOf(found *opentrain.Team) []teamPerson {
	people := tool.Map(found.Members, func(m opentrain.TeamMember) teamPerson {
		return teamPerson{
			ID: text.Stranger(m.UserID, 100), Role: text.Stranger(m.Role, 40), Name: text.Stranger(m.Name, 200),
			Email: text.Stranger(m.Email, 254), Since: text.Stranger(m.JoinedAt, 40),
		}
	})
	return append(people, tool.Map(found.Invites, func(i opentrain.TeamInvite) teamPerson {
		return teamPerson{
			ID: text.Stranger(i.ID, 100), Role: invited, Email: text.Stranger(i.Email, 254), Since: text.Stranger(i.CreatedAt, 40),
			ExpiresAt: text.Stranger(i.ExpiresAt, 40),
		}
	})...)
}

func (o getTeamOutput) Text() string {
	var l text.Lines
	l.Add("The team has %s and %s. Lines starting with > are names that people gave.",
		text.Count(o.Members, "member"), text.Count(o.Invited, "open invitation"))
	l.Quote("Organization", o.Organization)
	l.Quote("Owner", o.Owner)
	l.Fields("Interpreted", o.Interpreted)
	for i, p := range o.People {
		role := cmp.Or(tool.Label(p.Role), "Member")
		l.Add("%d. %s", i+1, text.Join(" · ", role+" (id "+p.ID+")", text.Labeled("since", p.Since), text.Labeled("expires", p.ExpiresAt)))
		l.Quoted("   ", text.Join(" · ", p.Name, p.Email))
	}
	if o.NextCursor != "" {
		l.Add("More: pass cursor %s.", text.Exact(o.NextCursor))
	}
	return l.With(o.Next)
}
