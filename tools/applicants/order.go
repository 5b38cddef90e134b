package applicants

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"slices"

	"opentrain-mcp/internal/tool"
	"opentrain-mcp/opentrain"
)

// The orders of a list.
const (
	byTime      = "newest"
	byBid       = "bid"
	byMatch     = "match"
	byInterview = "interview"
)

// maxSorted limits the proposals that are sorted here. The API sorts by time only.
const maxSorted = 500

// ranking is the proposals for a job in an order.
type ranking struct {
	all   []proposal
	order string // in words
}

// sorted returns the proposals for a job in the order that was asked for, with what has no value at the end.
func (a applicants) sorted(ctx context.Context, in listProposalsInput) (ranking, error) {
	var all []proposal
	var order string
	query := opentrain.ProposalQuery{Status: in.Status, Limit: 100}
	for len(all) < maxSorted {
		page, err := a.API.ListProposals(ctx, in.JobID, query)
		if err != nil {
			return ranking{}, err
		}
		all = append(all, tool.Map(page.Items, summarize)...)
		if query.Cursor = page.NextCursor; query.Cursor == "" || len(page.Items) == 0 {
			break
		}
	}
	var compare func(a, b proposal) int
	switch in.Sort {
	case byMatch:
		order = "highest match first"
		compare = func(a, b proposal) int { return highestFirst(a.MatchScore, b.MatchScore) }
	case byInterview:
		order = "highest interview score first"
		compare = func(a, b proposal) int { return highestFirst(a.InterviewScore, b.InterviewScore) }
	case byBid:
		order, compare = "lowest bid first", lowestBidFirst
		if severalUnits(all) {
			order += ", each unit apart"
		}
	default:
		return ranking{}, tool.Problem("sort", "isn't an order that this server has")
	}
	slices.SortStableFunc(all, compare)
	if query.Cursor != "" {
		order += fmt.Sprintf(", of the %d newest", len(all))
	}
	return ranking{all, order}, nil
}

func highestFirst(a, b json.Number) int {
	x, errX := a.Float64()
	y, errY := b.Float64()
	return cmp.Or(missingLast(errX != nil, errY != nil), cmp.Compare(y, x))
}

// lowestBidFirst keeps units apart: amounts in different ones don't compare.
func lowestBidFirst(a, b proposal) int {
	if a.amount == nil || b.amount == nil {
		return missingLast(a.amount == nil, b.amount == nil)
	}
	return cmp.Or(cmp.Compare(a.unit, b.unit), cmp.Compare(*a.amount, *b.amount))
}

func missingLast(a, b bool) int {
	switch {
	case a == b:
		return 0
	case a:
		return 1
	}
	return -1
}

func severalUnits(all []proposal) bool {
	units := map[string]bool{}
	for _, p := range all {
		if p.amount != nil {
			units[p.unit] = true
		}
	}
	return len(units) > 1
}
