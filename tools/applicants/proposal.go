package applicants

import (
	"cmp"
	"encoding/json"

	"opentrain-mcp/internal/text"
	"opentrain-mcp/internal/tool"
	"opentrain-mcp/opentrain"
	"opentrain-mcp/schema"
)

const maxID = 100 // characters of an id that a result shows

// proposal is a proposal in a few words, with what it is compared by.
type proposal struct {
	ProposalID     string      `json:"proposalId"`
	Status         string      `json:"status,omitempty"`
	Bid            string      `json:"bid,omitempty"`
	MatchScore     json.Number `json:"matchScore,omitempty"`
	InterviewScore json.Number `json:"interviewScore,omitempty"`
	Verification   string      `json:"verification,omitempty"`
	CreatedAt      string      `json:"createdAt,omitempty"`
	UpdatedAt      string      `json:"updatedAt,omitempty"`
	Candidate      candidate   `json:"candidate"`

	amount *float64 // of the bid, nil for none
	unit   string   // of the bid
}

func (proposal) JSONSchema() *schema.Node {
	return tool.PlainObject("proposalId, status, bid, matchScore, interviewScore (both on OpenTrain's scale), verification, createdAt, " +
		"updatedAt, candidate (freelancerId, name, title, country, countryCode, talentType, reviewCount, highestEarnings).")
}

func summarize(p opentrain.Proposal) proposal {
	s := proposal{
		ProposalID: text.Stranger(p.ID, maxID), Status: text.Stranger(p.Status.Value(), 40),
		Verification: verification(p.Verification), CreatedAt: text.Stranger(p.CreatedAt, 40), UpdatedAt: text.Stranger(p.UpdatedAt, 40),
	}
	if bid := p.Bid; bid != nil {
		s.amount, s.unit = bid.AmountUSD, bid.UnitWords()
		s.Bid = bidText(*bid, s.unit)
	}
	if p.Metrics != nil {
		s.MatchScore, s.InterviewScore = score(p.Metrics.MatchScore), score(p.Metrics.InterviewScore)
	}
	if p.AIInterview != nil {
		s.InterviewScore = cmp.Or(s.InterviewScore, score(p.AIInterview.Score))
	}
	if p.Candidate != nil {
		s.Candidate = candidateOf(*p.Candidate)
	}
	return s
}

// score is a score as it came: the pages of the API disagree on the scales.
func score(came json.Number) json.Number {
	if len(came) > 20 {
		return ""
	}
	return came
}

// bidText is a bid with its unit in words: "$0.06 per label".
func bidText(bid opentrain.Bid, unit string) string {
	words := ""
	if bid.AmountUSD != nil {
		words = text.Dollars(bid.AmountUSD) + " " + cmp.Or(unit, "(no unit given)")
	}
	labelers := ""
	if bid.LabelerHourlyRateUSD != nil {
		labelers = "labelers " + text.Dollars(bid.LabelerHourlyRateUSD) + " per hour"
	}
	return text.Join(", ", words, labelers)
}

// verification is what OpenTrain checked of a person, "" if nothing is known.
func verification(checked *opentrain.Verification) string {
	if checked == nil {
		return ""
	}
	location := ""
	if status := text.Stranger(checked.Location.Status, 30); status != "" {
		location = "location " + status
		if how := text.Join(", ", text.Stranger(checked.Location.Method, 30), text.Day(checked.Location.CheckedAt)); how != "" {
			location += " (" + how + ")"
		}
	}
	return text.Join(", ", location, identity(checked.Identity.Verified))
}

// line has what OpenTrain says of a proposal. What the candidate says is quoted below it.
func (p proposal) line() string {
	country := ""
	if code := p.Candidate.CountryCode; len(code) == 2 {
		country = code
	}
	return text.Join(" · ", "Proposal "+p.ProposalID, p.Status, compared("bid", p.Bid), compared("match", p.MatchScore.String()),
		compared("interview", p.InterviewScore.String()), country, p.Verification, text.Day(p.CreatedAt))
}

// compared names a value, and says so where there is none: a list is for comparing.
func compared(name, value string) string {
	if value == "" {
		return "no " + name
	}
	return name + " " + value
}
