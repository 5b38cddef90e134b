package applicants

import (
	"cmp"
	"context"
	"errors"
	"strings"

	"opentrain-mcp/internal/caller"
	"opentrain-mcp/internal/draft"
	"opentrain-mcp/internal/text"
	"opentrain-mcp/internal/tool"
	"opentrain-mcp/opentrain"
)

// proposalOf returns the id of the AI trainer's proposal for the job, from an application or an invitation, "" if none is found: the
// invitation itself says for sure.
func (a applicants) proposalOf(ctx context.Context, jobID, freelancerID string) string {
	page, err := a.API.ListProposals(ctx, jobID, opentrain.ProposalQuery{Limit: 100})
	if err != nil {
		return ""
	}
	for _, p := range page.Items {
		if p.Candidate != nil && p.Candidate.ID == freelancerID {
			return text.Clean(p.ID, 100)
		}
	}
	return ""
}

// whoseID says where a user id comes from.
const whoseID = "Ask the human for the URL of the trainer's profile. The user id of someone who applied to a job is in " +
	tool.ListProposals + "."

// invitee is who would be invited.
type invitee struct {
	id       string // of the user
	words    string // for a question
	warnings []string
}

// invited finds who would be invited, as far as OpenTrain shows their profile: callers name people by a profile's slug or address too,
// and an invitation takes only the user id. No page of the API says that everyone has a profile who can be invited, so a missing one is
// only a warning, unless its address was given.
func (a applicants) invited(ctx context.Context, by caller.Caller, given string) (invitee, error) {
	slug := slugIn(given)
	id := cmp.Or(slug, strings.TrimSpace(given))
	byID := "with the user id " + text.Visible(id)
	found, err := a.API.GetFreelancer(ctx, id)
	switch {
	case err != nil && slug != "":
		return invitee{}, draft.Unsent(err)
	case err != nil && strings.Contains(id, " "):
		const problem = "This is a name, and not an AI trainer's user id. The id is in a profile, a proposal or a contract."
		return invitee{}, &tool.Refusal{
			Code: opentrain.CodeInvalidArgument, Lines: []string{problem + " Nothing was sent."},
			Next: tool.Next{Action: tool.Fix, By: "human", Problem: problem},
		}
	case errors.Is(err, &opentrain.Error{Code: opentrain.CodeForbidden}), err != nil && !a.Confirm.Asks(by):
		return invitee{id, byID, nil}, nil
	case errors.Is(err, &opentrain.Error{Code: opentrain.CodeNotFound}), errors.Is(err, &opentrain.Error{Code: opentrain.CodeInvalidArgument}):
		warning := "OpenTrain shows no profile with this user id. If the id is wrong, the invitation fails."
		return invitee{id, byID, []string{warning}}, nil
	case err != nil: // a name that comes and goes would void a yes
		return invitee{}, draft.Unsent(err)
	}
	id = cmp.Or(found.ID, id)
	name := found.Name()
	if name != "" {
		name = text.InQuotes(name, maxName)
	}
	country := found.Country
	if country != "" {
		country = "country " + text.InQuotes(country, 60)
	}
	return invitee{id, text.Join(", ", name, country, "with the user id "+text.Visible(id)), nil}, nil
}
