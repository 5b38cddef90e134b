package applicants

import (
	"cmp"
	"encoding/json"
	"slices"
)

// The orders of a list.
const (
	byBid       = "bid"
	byMatch     = "match"
	byInterview = "interview"
)

// sort puts the page in the order that was asked for, with what has no value at the end. The API sorts by time only.
func (o *listProposalsOutput) sort(by string) {
	var compare func(a, b proposal) int
	switch by {
	case byMatch:
		o.Order = "highest match first"
		compare = func(a, b proposal) int { return highestFirst(a.MatchScore, b.MatchScore) }
	case byInterview:
		o.Order = "highest interview score first"
		compare = func(a, b proposal) int { return highestFirst(a.InterviewScore, b.InterviewScore) }
	case byBid:
		o.Order = "lowest bid first"
		if o.severalUnits() {
			o.Order += ", each unit apart"
		}
		compare = lowestBidFirst
	default:
		o.Order = "newest first"
		return
	}
	slices.SortStableFunc(o.Proposals, compare)
	if o.later || o.NextCursor != "" || o.Cut != "" {
		o.Order += ", on this page only"
	}
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

func (o *listProposalsOutput) severalUnits() bool {
	units := map[string]bool{}
	for _, p := range o.Proposals {
		if p.amount != nil {
			units[p.unit] = true
		}
	}
	return len(units) > 1
}
