package applicants

import (
	"strings"

	"opentrain-mcp/internal/text"
)

func (o getFreelancerProfileOutput) Text() string {
	var l text.Lines
	l.Add("Profile of AI trainer %s. Lines starting with > quote it.", o.FreelancerID)
	o.Stats.add(&l, identity(o.IdentityVerified), o.HourlyRate)
	l.Field("Page", o.URL)
	l.Quoted("", text.Join(" · ", o.Name, o.Title, o.Place, o.TalentType))
	level := text.Join(", ", o.ExpertiseLevel, text.Labeled("English", o.EnglishLevel), o.Availability,
		text.Labeled("member since", o.MemberSince))
	for _, quote := range []struct{ name, value string }{
		{"Level", level}, {"Languages", strings.Join(o.Languages, ", ")}, {"Subjects", strings.Join(o.Skills.SubjectMatter, ", ")},
		{"Skills", strings.Join(o.Skills.Tags, ", ")}, {"Software", strings.Join(o.Skills.Software, ", ")},
		{"Data types", strings.Join(o.Skills.DataTypes, ", ")}, {"Label types", strings.Join(o.Skills.LabelTypes, ", ")}, {"Agency", o.Agency},
	} {
		l.Quoted("", text.Labeled(quote.name+":", quote.value))
	}
	for _, list := range []struct {
		name    string
		entries []string
	}{{"Labeling project", o.Projects}, {"Work", o.Work}, {"Education", o.Education}} {
		for _, entry := range list.entries {
			l.Quoted("", text.Labeled(list.name+":", entry))
		}
	}
	for _, r := range o.Reviews {
		l.Quoted("", "Review: "+text.Join(" · ", text.Labeled("rating", r.Rating.String()), text.Day(r.CreatedAt), r.Comment))
	}
	l.Quote("Bio", o.Bio)
	l.Field("Left out", o.Cut)
	l.Fields("Interpreted", o.Interpreted)
	return l.With(o.Next)
}

// add adds the figures, with what OpenTrain checked and the rate.
func (s freelancerStats) add(l *text.Lines, identity, rate string) {
	hours, reviews := "", ""
	if s.BilledHours != nil {
		hours = text.JSON(*s.BilledHours)
	}
	if s.ReviewCount != nil {
		reviews = text.Count(*s.ReviewCount, "review")
	}
	l.Field("Identity", strings.TrimPrefix(identity, "identity "))
	l.Field("Rate", rate)
	l.Field("Earned", s.TotalEarned)
	l.Field("Hours billed", hours)
	l.Field("Job success, on OpenTrain's scale", s.JobSuccessScore.String())
	l.Field("Rating, on OpenTrain's scale", text.Join(" from ", s.AverageRating.String(), reviews))
}
