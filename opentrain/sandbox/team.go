package sandbox

import (
	"fmt"
	"net/http"
	"net/mail"
	"slices"
	"strings"
	"time"
)

// UndeliverableDomain is the end of email addresses that get no invitation: 409 invite_email_send_failed.
const UndeliverableDomain = "@undeliverable.example"

// team is the people of an account besides its owner.
type team struct {
	members []teammate
	invites []teammate
}

type teammate struct {
	id, email string
	at        time.Time
}

func (a *account) user() string { return fmt.Sprintf("user_%d", a.number) }

func (a *account) email() string { return a.user() + "@example.com" }

// showTeam shows the people of an account in the form of GET /team.
func (a *account) showTeam() object {
	members := []object{{"userId": a.user(), "role": "OWNER", "name": a.Name, "email": a.email(), "joinedAt": timestamp(a.books.tokens[0].created)}}
	for _, m := range a.books.team.members {
		members = append(members, object{"userId": m.id, "role": "MEMBER", "name": m.email, "email": m.email, "joinedAt": timestamp(m.at)})
	}
	invites := []object{}
	for _, i := range a.books.team.invites {
		invites = append(invites, object{"id": i.id, "email": i.email, "createdAt": timestamp(i.at), "expiresAt": timestamp(i.at.AddDate(0, 0, 7))})
	}
	return object{"organization": object{"id": fmt.Sprintf("org_%d", a.number), "name": a.Name, "ownerUserId": a.user(), "ownerName": a.Name},
		"members": members, "invites": invites}
}

// noTeams is the feature of Account.Disabled for an account that has no teams.
const noTeams = "teams"

func (a *account) withoutTeam() *apiError {
	if !slices.Contains(a.Disabled, noTeams) {
		return nil
	}
	return refuse(http.StatusForbidden, "Teams aren't enabled for this account.", object{"reason": "teams_not_enabled"})
}

// getTeam is GET /team (developers/api-reference/team/list).
func (s *Sandbox) getTeam(c *call) *reply {
	if failure := c.account.withoutTeam(); failure != nil {
		return failure
	}
	return ok(object{"team": c.account.showTeam()})
}

// inviteMember is POST /team/invites (developers/api-reference/team/invite).
func (s *Sandbox) inviteMember(c *call) *reply {
	a, b := c.account, c.account.books
	if failure := a.withoutTeam(); failure != nil {
		return failure
	}
	set, issues := s.read(c.body, nil, param{key: "email"})
	email := strings.ToLower(set.text("email"))
	parsed, err := mail.ParseAddress(email)
	same := func(m teammate) bool { return m.email == email }
	status := "invite_created"
	switch {
	case issues != nil:
		return invalid(issues)
	case err != nil || parsed.Address != email || len(email) > 254:
		return badRequest("This is no email address.", object{"email": set.text("email")})
	case strings.HasSuffix(email, UndeliverableDomain):
		return conflict("invite_email_send_failed", "The invitation couldn't be sent.", "email", email)
	case email == a.email() || slices.ContainsFunc(b.team.members, same):
		status = "already_member"
	case slices.ContainsFunc(b.team.invites, same):
	default:
		if failure := s.charge(b, email); failure != nil {
			return failure
		}
		s.numbered++
		made := teammate{fmt.Sprintf("invite_%d", s.numbered), email, s.cfg.Now()}
		if s.emailTaken(email) {
			status, made.id = "member_added", fmt.Sprintf("member_%d", s.numbered)
			b.team.members = append(b.team.members, made)
		} else {
			b.team.invites = append(b.team.invites, made)
		}
	}
	return ok(object{"ok": true, "status": status, "email": email, "team": a.showTeam()})
}
