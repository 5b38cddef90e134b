package opentrain

import (
	"context"
	"encoding/json"
)

// GetFreelancer returns the public profile of an AI trainer, by user ID or by the slug of the profile. It needs the scope
// proposals:read (developers/api-reference/freelancers/get).
func (c *Client) GetFreelancer(ctx context.Context, idOrSlug string) (*Freelancer, error) {
	req := request{path: "/freelancers/{freelancerId}", id: idOrSlug, member: "freelancer"}
	return fetch(ctx, c, req, "profile", func(f *Freelancer) bool { return f.ID != "" || f.ProfileSlug != "" })
}

// Freelancer is the public profile of an AI trainer. Its texts are not trusted.
type Freelancer struct {
	ID               string          `json:"id"`
	ProfileSlug      string          `json:"profileSlug"`
	ProfilePath      string          `json:"profilePath"` // below the app's origin
	DisplayName      string          `json:"displayName"`
	FirstName        string          `json:"firstName"`
	LastNameInitial  string          `json:"lastNameInitial"`
	TalentType       string          `json:"talentType"` // such as Individual
	Title            string          `json:"title"`
	Bio              string          `json:"bio"`
	City             string          `json:"city"`
	CountryCode      string          `json:"countryCode"` // ISO 3166
	Country          string          `json:"country"`
	ProfilePhotoURL  string          `json:"profilePhotoUrl"`
	HourlyRateUSD    *float64        `json:"hourlyRateUsd"`
	Availability     string          `json:"availability"`   // such as FULL_TIME
	ExpertiseLevel   string          `json:"expertiseLevel"` // such as EXPERT
	EnglishLevel     string          `json:"englishLevel"`   // such as FLUENT
	MemberSince      string          `json:"memberSince"`
	IdentityVerified *bool           `json:"identityVerified"` // nil if unknown
	Skills           Skills          `json:"skills"`
	Languages        []Language      `json:"languages"`
	Stats            FreelancerStats `json:"stats"`
	Agency           json.RawMessage `json:"agency"` // nil if none; no page shows its form

	LabelExperience []LabelExperience `json:"labelExperience"`
	WorkExperience  []json.RawMessage `json:"workExperience"` // no page shows the form of an entry
	Education       []json.RawMessage `json:"education"`      // nor of this one
	Reviews         []Review          `json:"reviews"`
	More
}

// Name is the AI trainer's name as employers see it, such as "Maria G."; "" if OpenTrain sent none.
func (f Freelancer) Name() string { return shownName(f.DisplayName, f.FirstName, f.LastNameInitial) }

// Skills are what an AI trainer knows.
type Skills struct {
	SubjectMatter []string `json:"subjectMatter"`
	Tags          []string `json:"tags"` // such as SENTIMENT_ANALYSIS
	Software      []string `json:"software"`
	DataTypes     []string `json:"dataTypes"`
	LabelTypes    []string `json:"labelTypes"`
	More
}

// Language is a language that an AI trainer speaks.
type Language struct {
	Language    string `json:"language"`    // a name, such as Spanish
	Proficiency string `json:"proficiency"` // such as NATIVE
	More
}

// FreelancerStats are figures of an AI trainer's work on OpenTrain. Scores are as they came, "" if none: no page
// names their scales.
type FreelancerStats struct {
	TotalEarnedUSD  *float64    `json:"totalEarnedUsd"`
	BilledHours     *float64    `json:"billedHours"`
	JobSuccessScore json.Number `json:"jobSuccessScore,omitempty"`
	ReviewCount     *int        `json:"reviewCount"`
	AverageRating   json.Number `json:"averageRating,omitempty"`
	More
}

// LabelExperience is a labeling project of an AI trainer.
type LabelExperience struct {
	ID          string      `json:"id"`
	Title       string      `json:"title"`
	Description string      `json:"description"`
	FromYear    json.Number `json:"fromYear,omitempty"`
	ToYear      json.Number `json:"toYear,omitempty"`
	Ongoing     bool        `json:"ongoing"`
	Software    string      `json:"software"`
	DataType    string      `json:"dataType"`
	LabelTypes  []string    `json:"labelTypes"`
	More
}

// Review is an employer's review of an AI trainer.
type Review struct {
	ID        string      `json:"id"`
	Rating    json.Number `json:"rating,omitempty"`
	Comment   string      `json:"comment"`
	CreatedAt string      `json:"createdAt"` // RFC 3339
	More
}
