package opentrain

import (
	"context"
	"net/http"
)

// Statuses of a team invitation (developers/api-reference/team/invite).
const (
	InviteCreated      = "invite_created" // an email was sent
	InviteMemberAdded  = "member_added"   // the email has an account, which is in the team now
	InviteAlreadyThere = "already_member" // nothing changed
)

// Team is the people who share an account.
type Team struct {
	Organization Organization `json:"organization"`
	Members      []TeamMember `json:"members"`
	Invites      []TeamInvite `json:"invites"` // not accepted yet
	More
}

// Organization is the employer that a team works for.
type Organization struct {
	ID          string `json:"id"`
	Name        string `json:"name"`
	OwnerUserID string `json:"ownerUserId"`
	OwnerName   string `json:"ownerName"`
	More
}

// TeamMember is a member of a team.
type TeamMember struct {
	UserID   string `json:"userId"`
	Role     string `json:"role"` // OWNER or MEMBER
	Name     string `json:"name"`
	Email    string `json:"email"`
	JoinedAt string `json:"joinedAt"` // RFC 3339
	More
}

// TeamInvite is an invitation to a team.
type TeamInvite struct {
	ID        string `json:"id"`
	Email     string `json:"email"`
	CreatedAt string `json:"createdAt"` // RFC 3339
	ExpiresAt string `json:"expiresAt"` // RFC 3339
	More
}

// GetTeam returns the team of the account. It needs the scope team:read and FeatureTeam, and no claimed account. It fails with
// FORBIDDEN and details.reason teams_not_enabled (developers/api-reference/team/list).
func (c *Client) GetTeam(ctx context.Context) (*Team, error) {
	return fetch(ctx, c, request{path: "/team", member: "team"}, "team", func(t *Team) bool {
		return t.Organization.ID != "" || t.Members != nil
	})
}

// InviteTeamMember invites a human into the team by email. It needs the scope team:write, FeatureTeam and a claimed account.
// It fails with BAD_REQUEST and details.issues or details.email, and with CONFLICT and details.reason
// invite_email_send_failed. Then the page doesn't say whether there is an invitation: see GetTeam
// (developers/api-reference/team/invite).
func (c *Client) InviteTeamMember(ctx context.Context, email string) (*TeamInvitation, error) {
	req := request{method: http.MethodPost, path: "/team/invites", body: map[string]string{"email": email}}
	return fetch(ctx, c, req, "invitation", func(i *TeamInvitation) bool { return i.Status != "" })
}

// TeamInvitation is the result of InviteTeamMember.
type TeamInvitation struct {
	Status string `json:"status"` // one of the Invite constants
	Email  string `json:"email"`
	Team   *Team  `json:"team"` // as it is now
	More
}
