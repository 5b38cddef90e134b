package sandbox

import (
	_ "embed"
	"encoding/json"
	"fmt"
	"math"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"
)

// applicants is the number of AI trainers that apply to a published job, one after another.
const (
	applicants = 3
	pace       = 3 * time.Second // between applications, and before an answer
)

// trainersJSON has the AI trainers and what they say. They are fictional.
//
//go:embed trainers.json
var trainersJSON []byte

type trainer struct {
	First, Initial, Home, Native string
	Bid                          float64 // times the rate of the job
	Match, Score                 int     // of 100
	Verified                     bool
	Years, Earned, Reviews       int
	Rating                       float64
	Summary                      string
}

type cast struct {
	Trainers  []trainer
	Interview [][2]string // role and text
	Replies   []string
}

var theCast = sync.OnceValue(func() (all cast) {
	if err := json.Unmarshal(trainersJSON, &all); err != nil {
		panic(err) // the file is part of the program
	}
	return all
})

// person is an AI trainer with what the sandbox says about one. Whoever applies to a job is as the job wants.
type person struct {
	trainer
	id, slug  string
	country   place
	languages []string
	level     string // of experience
	work      values // fields of the job
	hourly    any
	since     time.Time
}

// newPerson returns a trainer who fits the fields of a job.
func newPerson(t trainer, id string, j values, n int, since time.Time) *person {
	p := &person{trainer: t, id: id, slug: slug(t.First + " " + t.Initial + " " + id), languages: j.list("languages"),
		level: j.text("experienceLevel"), work: values{}, since: since}
	home := t.Home
	if countries := j.list("countries"); len(countries) > 0 {
		home = countries[n%len(countries)]
	}
	p.country, _ = namedPlace("countries", home)
	if len(p.languages) == 0 {
		p.languages = []string{t.Native}
	}
	if !slices.Contains(p.languages, "English") {
		p.languages = append(p.languages, "English")
	}
	if p.level == "" || p.level == "ANY_EXPERIENCE_LEVEL" {
		p.level = "INTERMEDIATE"
	}
	for _, key := range []string{"labelTypes", "dataType", "subjectMatter", "labelingSoftware"} {
		if j.has(key) {
			p.work[key] = j[key]
		}
	}
	return p
}

// invitable are the users with ids that tests know: see FreelancerAvailable.
func (s *Sandbox) invitable(id string) *person {
	n := slices.Index([]string{FreelancerAvailable, FreelancerUnavailable, FreelancerAlsoAvailable}, id)
	if n < 0 {
		return nil
	}
	return newPerson(theCast().Trainers[n], id, values{}, 0, s.started)
}

// freelancer is GET /freelancers/{idOrSlug} (developers/api-reference/freelancers/get).
func (s *Sandbox) freelancer(c *call) *reply {
	id := c.PathValue("idOrSlug")
	p := s.people[id]
	if p == nil {
		p = s.invitable(id)
	}
	if p == nil {
		return refuse(http.StatusNotFound, "There is no such AI trainer.", object{"idOrSlug": id})
	}
	return ok(object{"freelancer": s.profile(p)})
}

func (s *Sandbox) profile(p *person) object {
	languages, year := []object{}, p.since.Year()
	for _, name := range p.languages {
		languages = append(languages, object{"language": name,
			"proficiency": map[bool]string{true: "NATIVE", false: "FLUENT"}[name == p.Native]})
	}
	english := map[bool]string{true: "NATIVE", false: "FLUENT"}[p.Native == "English"]
	return object{"id": p.id, "profileSlug": p.slug, "profilePath": "/profile/" + p.slug, "displayName": p.name(), "firstName": p.First,
		"lastNameInitial": p.Initial, "talentType": "Individual", "title": p.title(),
		"bio":  "I label data carefully, and I ask when an instruction isn't clear.",
		"city": nil, "countryCode": p.country.code, "country": p.country.name, "profilePhotoUrl": nil, "hourlyRateUsd": p.hourly,
		"availability": "FULL_TIME", "expertiseLevel": p.level, "englishLevel": english,
		"memberSince": timestamp(p.since.AddDate(-p.Years, 0, 0)), "identityVerified": p.Verified,
		"skills": object{"subjectMatter": p.words("subjectMatter"), "tags": p.work.list("labelTypes"),
			"software": p.words("labelingSoftware"), "dataTypes": p.words("dataType"), "labelTypes": p.work.list("labelTypes")},
		"languages": languages, "agency": nil, "workExperience": []any{}, "education": []any{},
		"stats": object{"totalEarnedUsd": p.Earned, "billedHours": p.Earned / 12, "jobSuccessScore": p.Match,
			"reviewCount": p.Reviews, "averageRating": p.Rating},
		"labelExperience": []object{{"id": "experience_" + p.id, "title": capitalize(p.labor()), "description": "Similar work for other teams.",
			"fromYear": year - p.Years, "toYear": nil, "ongoing": true, "software": textOrNull(p.work.text("labelingSoftware")),
			"dataType": textOrNull(p.work.text("dataType")), "labelTypes": p.work.list("labelTypes")}},
		"reviews": []object{{"id": "review_" + p.id, "rating": p.Rating, "comment": "Good work, on time.",
			"createdAt": timestamp(p.since.AddDate(0, -2, 0))}}}
}

func (p *person) name() string { return p.First + " " + p.Initial + "." }

// title has the first kind of work in it, such as "Bounding Box Specialist".
func (p *person) title() string {
	if labels := (&job{parsed: parsed{fields: p.work}}).labels(); len(labels) > 0 {
		return labels[0] + " Specialist"
	}
	return "AI Trainer"
}

// labor is the work in a sentence.
func (p *person) labor() string {
	if labels := (&job{parsed: parsed{fields: p.work}}).labels(); len(labels) > 0 {
		return strings.ToLower(strings.Join(labels, ", "))
	}
	return "data labeling"
}

// words is a text field as a list.
func (p *person) words(key string) []string {
	if text := p.work.text(key); text != "" {
		return []string{text}
	}
	return []string{}
}

// recruit has AI trainers apply to a job that was published at a time.
func (s *Sandbox) recruit(j *job, posted time.Time) {
	for n := range applicants {
		cast := theCast().Trainers
		t, id := cast[(j.place*applicants+n)%len(cast)], fmt.Sprintf("%s_%d", j.id, n+1)
		s.later(posted.Add(time.Duration(n+1)*pace), func(at time.Time) {
			if s.records["proposal_"+id] == nil { // the job may be published again
				s.apply(j, newPerson(t, "freelancer_"+id, j.fields, n, at), "proposal_"+id, at, true)
			}
		})
	}
}

// apply makes a proposal if the job is open.
func (s *Sandbox) apply(j *job, who *person, id string, at time.Time, interviewed bool) {
	if j.status != statusOpen || s.charge(j.owner.books) != nil {
		return
	}
	unit := j.fields.text("paymentType")
	p := &proposal{record: record{id, j.owner.books, at, at}, job: j, person: who, status: unreviewed, unit: unit, interviewed: interviewed}
	if rate, paid := j.fields[rateKey(unit)].(float64); paid {
		digits := map[bool]float64{true: 1e4, false: 1e2}[unit == payPerLabel]
		p.bid = math.Round(rate*who.Bid*digits) / digits
		if p.bid == 0 {
			p.bid = rate
		}
	}
	if unit == payPerHour && who.hourly == nil {
		who.hourly = orNull(p.bid)
	}
	j.proposals = append(j.proposals, p)
	s.records[id], s.people[who.id], s.people[who.slug] = p, who, who
	s.tell(p.books, at, "proposal.received", id, j.id, object{"proposalId": id, "jobId": j.id})
}

func orNull(n float64) any {
	if n == 0 {
		return nil
	}
	return n
}
