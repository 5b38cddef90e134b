package applicants

import (
	"cmp"
	"context"
	"errors"

	"opentrain-mcp/internal/draft"
	"opentrain-mcp/internal/text"
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

// invited says who would be invited, as far as OpenTrain shows their profile.
func (a applicants) invited(ctx context.Context, id string) (string, error) {
	byID := "with the user id " + text.Visible(id)
	found, err := a.API.GetFreelancer(ctx, id)
	switch {
	case errors.Is(err, &opentrain.Error{Code: opentrain.CodeNotFound}), errors.Is(err, &opentrain.Error{Code: opentrain.CodeInvalidArgument}):
		return byID + ", for which OpenTrain shows no profile", nil
	case errors.Is(err, &opentrain.Error{Code: opentrain.CodeForbidden}):
		return byID, nil
	case err != nil: // a name that comes and goes would void a yes
		return "", draft.Unsent(err)
	}
	name := cmp.Or(found.DisplayName, text.Join(" ", found.FirstName, found.LastNameInitial))
	if name != "" {
		name = text.JSON(text.Stranger(text.Visible(name), 80))
	}
	return text.Join(", ", name, text.Stranger(found.Country, 60), byID), nil
}
