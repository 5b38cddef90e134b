package applicants

import (
	"cmp"
	"context"
	"errors"
	"strings"

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

// trainerID is the user id of an AI trainer. The address of a profile has only a slug.
func (a applicants) trainerID(ctx context.Context, given string) (string, error) {
	slug := slugIn(given)
	if slug == "" {
		return given, nil
	}
	found, err := a.API.GetFreelancer(ctx, slug)
	if err != nil {
		return "", draft.Unsent(err)
	}
	return found.ID, nil
}

// invited says who would be invited, as far as OpenTrain shows their profile. No page of the API says that everyone has one who can be
// invited, so a missing profile is only a warning.
func (a applicants) invited(ctx context.Context, id string) (who string, warnings []string, err error) {
	byID := "with the user id " + text.Visible(id)
	found, err := a.API.GetFreelancer(ctx, id)
	switch {
	case err != nil && strings.Contains(strings.TrimSpace(id), " "):
		const problem = "This is a name, and not an AI trainer's user id. The id is in a profile, a proposal or a contract."
		return "", nil, &tool.Refusal{
			Code: opentrain.CodeInvalidArgument, Lines: []string{problem + " Nothing was sent."},
			Next: tool.Next{Action: tool.Fix, By: "human", Problem: problem},
		}
	case errors.Is(err, &opentrain.Error{Code: opentrain.CodeNotFound}), errors.Is(err, &opentrain.Error{Code: opentrain.CodeInvalidArgument}):
		return byID, []string{"OpenTrain shows no profile with this user id. If the id is wrong, the invitation fails."}, nil
	case errors.Is(err, &opentrain.Error{Code: opentrain.CodeForbidden}):
		return byID, nil, nil
	case err != nil: // a name that comes and goes would void a yes
		return "", nil, draft.Unsent(err)
	}
	name := cmp.Or(found.DisplayName, text.Join(" ", found.FirstName, found.LastNameInitial))
	if name != "" {
		name = text.InQuotes(name, 80)
	}
	country := found.Country
	if country != "" {
		country = "country " + text.InQuotes(country, 60)
	}
	return text.Join(", ", name, country, byID), nil, nil
}
