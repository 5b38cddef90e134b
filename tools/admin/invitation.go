package admin

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"strings"

	"opentrain-mcp/internal/text"
	"opentrain-mcp/internal/tool"
	"opentrain-mcp/opentrain"
)

// placeOf returns the role that an address has in the team, and since when; "" if it is not there.
func placeOf(now *opentrain.Team, email string) (role, since string) {
	people := peopleOf(now)
	at := slices.IndexFunc(people, func(p teamPerson) bool { return strings.EqualFold(p.Email, email) })
	if at < 0 {
		return "", ""
	}
	return cmp.Or(people[at].Role, "MEMBER"), people[at].Since
}

// notEmailed finds out what an invitation whose email failed has changed: OpenTrain's answer doesn't say. Any other error
// stays as it is.
func (a admin) notEmailed(ctx context.Context, email string, before bool, err error) error {
	var details struct {
		Reason string `json:"reason"`
	}
	apiError, ok := errors.AsType[*opentrain.Error](err)
	if !ok || apiError.Code != opentrain.CodeConflict {
		return err
	}
	if apiError.DecodeDetails(&details); details.Reason != opentrain.ReasonEmailFailed {
		return err
	}
	refused := &tool.Refusal{Code: apiError.Code, Cause: err, Next: tool.Next{
		Action: tool.Fix, By: "human", Problem: "OpenTrain couldn't send the email. Check the address, or try again later.",
	}}
	said := ""
	switch now, err := a.API.GetTeam(ctx); {
	case err != nil:
		said, refused.Next = "It's unclear whether there is an invitation now.", seeTeam()
	case before:
		said = "The earlier invitation is still there. No new email was sent."
		if role, _ := placeOf(now, email); role != invited {
			said, refused.Next = "The earlier invitation is no longer open.", seeTeam()
		}
	default:
		said = "There is no invitation: nothing was changed."
		if role, _ := placeOf(now, email); role != "" {
			said = "The team lists an invitation anyway, but no email was sent."
		}
	}
	refused.Lines = []string{"OpenTrain couldn't send the email to " + text.Clean(email, 254) + ". " + said}
	return refused
}
