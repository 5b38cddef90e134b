package sandbox

import (
	"html"
	"strings"
	"time"
	"unicode"
)

// publicJob is a job in its public form: display labels, not the canonical values of a draft
// (developers/api-reference/jobs/search).
type publicJob struct {
	ID               string    `json:"id"`
	Slug             string    `json:"slug"`
	Title            string    `json:"title"`
	CompanyName      string    `json:"companyName"`
	DescriptionText  string    `json:"descriptionText"`
	DescriptionHTML  string    `json:"descriptionHtml"`
	SEOTitle         *string   `json:"seoTitle"`
	Summary          *string   `json:"summary"`
	Status           string    `json:"status"`
	DatePosted       string    `json:"datePosted"`
	ValidThrough     string    `json:"validThrough"`
	UpdatedAt        string    `json:"updatedAt"`
	EmploymentTypes  []string  `json:"employmentTypes"`
	Countries        []string  `json:"countries"`
	Languages        []string  `json:"languages"`
	Category         string    `json:"category"`
	DataType         *string   `json:"dataType"`
	LabelTypes       []string  `json:"labelTypes"`
	LabelingSoftware *string   `json:"labelingSoftware"`
	ExperienceLevel  *string   `json:"experienceLevel"`
	Skills           []string  `json:"skills"`
	Pay              publicPay `json:"pay"`
	URL              string    `json:"url"`
	ApplyURL         string    `json:"applyUrl"`
}

type publicPay struct {
	PaymentType  string   `json:"paymentType"`
	Currency     string   `json:"currency"`
	HourlyRate   *float64 `json:"hourlyRate"`
	HourlyMin    *float64 `json:"hourlyMin"`
	HourlyMax    *float64 `json:"hourlyMax"`
	FixedPrice   *float64 `json:"fixedPrice"`
	PerLabelRate *float64 `json:"perLabelRate"`
}

// listingTime is how long a published job accepts applications. The page's sample has eight weeks between
// datePosted and validThrough.
const listingTime = 56 * 24 * time.Hour

// publicJob returns the public form of a job that is published now.
func (s *Sandbox) publicJob(j *job, now time.Time) publicJob {
	f := j.fields
	types := f.list("labelTypes")
	p := publicJob{
		ID: j.id, Title: f.text("jobTitle"), CompanyName: j.owner.Name, DescriptionText: f.text("jobDescription"),
		Countries: countryCodes(f.list("countries")), Languages: f.list("languages"),
		Category: category(types, f.text("dataType")), DataType: displayLabel(f.text("dataType")),
		LabelTypes: displayLabels(types), LabelingSoftware: textOrNull(f.text("labelingSoftware")),
		ExperienceLevel: displayLabel(f.text("experienceLevel")),
		Pay:             payOf(f.text("paymentType"), f.number(rateKey(f.text("paymentType")))),
	}
	s.complete(&p, now)
	return p
}

// complete sets the members that depend on other members and the time.
func (s *Sandbox) complete(p *publicJob, posted time.Time) {
	p.Slug = slug(p.Title)
	p.DescriptionHTML = "<p>" + strings.ReplaceAll(html.EscapeString(p.DescriptionText), "\n\n", "</p><p>") + "</p>"
	p.Status = statusOpen
	p.DatePosted, p.UpdatedAt = timestamp(posted), timestamp(posted)
	p.ValidThrough = timestamp(posted.Add(listingTime))
	p.EmploymentTypes = []string{"CONTRACTOR"}
	p.Countries, p.Languages = emptyNotNull(p.Countries), emptyNotNull(p.Languages)
	p.Skills = emptyNotNull(p.LabelTypes)
	p.LabelTypes = p.Skills
	p.URL = s.appURL + "/jobs/" + p.Slug + "-" + p.ID
	p.ApplyURL = s.appURL + "/api/out?job=" + p.ID + "&src=www_seo"
}

func payOf(paymentType string, rate float64) publicPay {
	pay := publicPay{PaymentType: paymentType, Currency: "USD"}
	switch {
	case rate == 0: // an edit may clear the rate of a live job
	case paymentType == payPerHour:
		pay.HourlyRate = &rate
	case paymentType == payPerLabel:
		pay.PerLabelRate = &rate
	case paymentType == fixedPrice:
		pay.FixedPrice = &rate
	}
	return pay
}

// displayLabel converts "ENTRY_LEVEL" to "Entry Level". It keeps values that are not canonical. "" becomes
// null.
func displayLabel(value string) *string {
	if value == "" {
		return nil
	}
	if strings.ToUpper(value) != value || strings.ContainsFunc(value, unicode.IsSpace) {
		return &value
	}
	words := strings.Split(strings.ToLower(value), "_")
	for i, word := range words {
		words[i] = capitalize(word)
	}
	label := strings.Join(words, " ")
	return &label
}

func displayLabels(values []string) []string {
	labels := make([]string, 0, len(values))
	for _, value := range values {
		label := labelOf(value)
		labels = append(labels, label)
	}
	return labels
}

func textOrNull(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}

// slug returns a title for use in a URL: lowercase ASCII letters, digits and hyphens.
func slug(title string) string {
	words := strings.FieldsFunc(strings.ToLower(title), func(r rune) bool {
		return r > unicode.MaxASCII || !unicode.IsLetter(r) && !unicode.IsDigit(r)
	})
	if len(words) == 0 {
		return "job"
	}
	return strings.Join(words, "-")
}
