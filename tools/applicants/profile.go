package applicants

import (
	"cmp"
	"encoding/json"
	"strings"

	"opentrain-mcp/internal/text"
	"opentrain-mcp/internal/tool"
	"opentrain-mcp/opentrain"
	"opentrain-mcp/schema"
)

// The bounds of a profile: entries of a list, and characters of a text.
const (
	maxEntries = 12
	maxSkills  = 30
	maxEntry   = 500
	maxBio     = 3000
)

type skills struct {
	SubjectMatter []string `json:"subjectMatter,omitempty"`
	Tags          []string `json:"tags,omitempty"`
	Software      []string `json:"software,omitempty"`
	DataTypes     []string `json:"dataTypes,omitempty"`
	LabelTypes    []string `json:"labelTypes,omitempty"`
}

func (skills) JSONSchema() *schema.Node {
	return tool.PlainObject("subjectMatter, tags, software, dataTypes, labelTypes.")
}

// freelancerStats are figures as they came: no page names the scales of the scores.
type freelancerStats struct {
	TotalEarned     string      `json:"totalEarned,omitempty"`
	BilledHours     *float64    `json:"billedHours,omitempty"`
	JobSuccessScore json.Number `json:"jobSuccessScore,omitempty"`
	AverageRating   json.Number `json:"averageRating,omitempty"`
	ReviewCount     *int        `json:"reviewCount,omitempty"`
}

func (freelancerStats) JSONSchema() *schema.Node {
	return tool.PlainObject("totalEarned, billedHours, jobSuccessScore, averageRating (on OpenTrain's scales), reviewCount.")
}

type profileReview struct {
	Rating    json.Number `json:"rating,omitempty"`
	Comment   string      `json:"comment,omitempty"`
	CreatedAt string      `json:"createdAt,omitempty"`
}

func (profileReview) JSONSchema() *schema.Node {
	return tool.PlainObject("rating (on OpenTrain's scale), comment, createdAt.")
}

func profileOf(f opentrain.Freelancer) getFreelancerProfileOutput {
	out := getFreelancerProfileOutput{
		FreelancerID: text.Stranger(cmp.Or(f.ID, f.ProfileSlug), maxID), Name: text.Stranger(f.Name(), maxName),
		Title: text.Stranger(f.Title, 200), Bio: text.StrangerParagraphs(f.Bio, maxBio),
		Place:      text.Join(", ", text.Stranger(f.City, 60), text.Stranger(cmp.Or(f.Country, f.CountryCode), 60)),
		TalentType: text.Stranger(f.TalentType, 30), Availability: text.Stranger(f.Availability, 30),
		ExpertiseLevel: text.Stranger(f.ExpertiseLevel, 30), EnglishLevel: text.Stranger(f.EnglishLevel, 30),
		MemberSince: text.Stranger(f.MemberSince, 40), IdentityVerified: f.IdentityVerified,
		Skills: skills{
			text.Strangers(f.Skills.SubjectMatter, maxSkills, 60), text.Strangers(f.Skills.Tags, maxSkills, 60),
			text.Strangers(f.Skills.Software, maxSkills, 60), text.Strangers(f.Skills.DataTypes, maxSkills, 60),
			text.Strangers(f.Skills.LabelTypes, maxSkills, 60),
		},
		Stats: freelancerStats{
			text.Dollars(f.Stats.TotalEarnedUSD), f.Stats.BilledHours, score(f.Stats.JobSuccessScore), score(f.Stats.AverageRating),
			f.Stats.ReviewCount,
		},
		Agency: rawText(f.Agency),
		Languages: first(f.Languages, func(l opentrain.Language) string {
			return text.Join(" ", text.Stranger(l.Language, 40), parenthesized(text.Stranger(l.Proficiency, 30)))
		}),
		Projects: first(f.LabelExperience, projectText), Work: first(f.WorkExperience, rawText), Education: first(f.Education, rawText),
		Reviews: first(f.Reviews, func(r opentrain.Review) profileReview {
			return profileReview{score(r.Rating), text.Stranger(r.Comment, maxEntry), text.Stranger(r.CreatedAt, 40)}
		}),
	}
	if f.HourlyRateUSD != nil {
		out.HourlyRate = text.Dollars(f.HourlyRateUSD) + " per hour"
	}
	if max(len(f.Languages), len(f.LabelExperience), len(f.WorkExperience), len(f.Education), len(f.Reviews)) > maxEntries {
		out.Cut = "Each list has its first 12 entries at most. The rest is on the profile's page."
	}
	return out
}

// first converts the first entries of a list.
func first[From, To any](list []From, convert func(From) To) []To {
	return tool.Map(list[:min(len(list), maxEntries)], convert)
}

func parenthesized(s string) string {
	if s == "" {
		return ""
	}
	return "(" + s + ")"
}

// projectText is a labeling project in one line.
func projectText(e opentrain.LabelExperience) string {
	until := e.ToYear.String()
	if e.Ongoing {
		until = "now"
	}
	return text.Stranger(text.Join(" · ", e.Title, text.Join("–", e.FromYear.String(), until), e.Software, e.DataType,
		strings.Join(e.LabelTypes, ", "), e.Description), maxEntry)
}

// rawText is a value whose form no page shows, "" for none.
func rawText(value json.RawMessage) string {
	if len(value) == 0 || string(value) == "null" {
		return ""
	}
	return text.Stranger(string(value), maxEntry)
}
