package applicants

import (
	"fmt"

	"opentrain-mcp/internal/text"
	"opentrain-mcp/internal/tool"
	"opentrain-mcp/opentrain"
)

const maxName = 80 // characters of a person's name

// candidate is the person who made a proposal. Most of it is that person's own words.
type candidate struct {
	FreelancerID    string `json:"freelancerId,omitempty"`
	Name            string `json:"name,omitempty"`
	Title           string `json:"title,omitempty"`
	Country         string `json:"country,omitempty"`
	CountryCode     string `json:"countryCode,omitempty"`
	TalentType      string `json:"talentType,omitempty"`
	ReviewCount     *int   `json:"reviewCount,omitempty"`
	HighestEarnings string `json:"highestEarnings,omitempty"`
}

func candidateOf(who opentrain.Candidate) candidate {
	return candidate{
		FreelancerID: text.Stranger(who.ID, maxID), Name: text.Stranger(who.Name(), maxName),
		Title: text.Stranger(who.ProfileTitle, 120), Country: text.Stranger(who.Country, 60), CountryCode: text.Stranger(who.CountryCode, 10),
		TalentType: text.Stranger(who.TalentType, 30), ReviewCount: who.ReviewCount, HighestEarnings: text.Dollars(who.HighestEarningsUSD),
	}
}

func identity(verified *bool) string {
	switch {
	case verified == nil:
		return ""
	case *verified:
		return "identity verified"
	}
	return "identity not verified"
}

func (c candidate) reference() string {
	if c.FreelancerID == "" {
		return ""
	}
	return "freelancerId " + c.FreelancerID
}

// line is what the candidate says, or others say of them.
func (c candidate) line() string {
	reviews, earnings := "", ""
	if c.ReviewCount != nil {
		reviews = text.Count(*c.ReviewCount, "review")
	}
	if c.HighestEarnings != "" {
		earnings = "highest earnings " + c.HighestEarnings
	}
	return text.Join(" · ", c.Name, c.Title, c.Country, c.TalentType, reviews, earnings)
}

// seeProfile names the call that shows a profile.
func seeProfile(freelancerID string) string {
	if freelancerID == "" {
		return ""
	}
	return fmt.Sprintf("%s with freelancerId %s shows the whole profile.", tool.GetFreelancerProfile, freelancerID)
}
