package sandbox

import (
	"cmp"
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

const applicants = 3 // for each published job

// trainersJSON has the AI trainers and what they say. They are fictional.
//
//go:embed trainers.json
var trainersJSON []byte

type trainer struct {
	First, Initial, Home, Native, Summary string
	Bid, Rating                           float64 // Bid is times the rate of the job
	Match, Score                          int     // of 100
	Years, Earned, Reviews                int
	Verified                              bool
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

// person is an AI trainer. Whoever applies to a job is as the job wants.
type person struct {
	trainer
	id, slug, name, title, work string
	country                     place
	languages                   []string
	level                       string // of experience
	job                         values // fields of the job
	hourly                      any
	since                       time.Time
}

// newPerson returns a trainer who fits the fields of a job.
func newPerson(t trainer, id string, j values, n int, since time.Time) *person {
	name := t.First + " " + t.Initial
	p := &person{trainer: t, id: id, slug: slug(name + " " + id), name: name + ".", title: "AI Trainer", work: "data labeling",
		languages: j.list("languages"), level: j.text("experienceLevel"), job: values{}, since: since}
	for _, key := range []string{"labelTypes", "dataType", "subjectMatter", "labelingSoftware"} { // other fields may be long
		p.job[key] = j[key]
	}
	countries := append(j.list("countries"), t.Home)
	p.country, _ = namedPlace("countries", countries[n%max(len(countries)-1, 1)])
	if len(p.languages) == 0 {
		p.languages = []string{t.Native}
	}
	if !slices.Contains(p.languages, "English") {
		p.languages = append(p.languages, "English")
	}
	if p.level == "" || p.level == "ANY_EXPERIENCE_LEVEL" {
		p.level = "INTERMEDIATE"
	}
	if labels := (&job{parsed: parsed{fields: j}}).labels(); len(labels) > 0 {
		p.title, p.work = labels[0]+" Specialist", strings.ToLower(strings.Join(labels, ", "))
	}
	return p
}

// freelancer is GET /freelancers/{idOrSlug} (developers/api-reference/freelancers/get).
func (s *Sandbox) freelancer(c *call) *reply {
	p := s.people[c.PathValue("idOrSlug")]
	if p == nil {
		return refuse(http.StatusNotFound, "There is no such AI trainer.", object{"idOrSlug": c.PathValue("idOrSlug")})
	}
	languages, year := []object{}, p.since.Year()
	level := func(language string) string {
		return map[bool]string{true: "NATIVE", false: "FLUENT"}[language == p.Native]
	}
	for _, name := range p.languages {
		languages = append(languages, object{"language": name, "proficiency": level(name)})
	}
	words := func(key string) []string {
		return strings.FieldsFunc(p.job.text(key), func(r rune) bool { return r == '\n' })
	}
	labels := p.job.list("labelTypes")
	return ok(object{"freelancer": object{"id": p.id, "profileSlug": p.slug, "profilePath": "/profile/" + p.slug, "displayName": p.name,
		"firstName": p.First, "lastNameInitial": p.Initial, "talentType": "Individual", "title": p.title, "city": nil,
		"bio":         "I label data carefully, and I ask when an instruction isn't clear.",
		"countryCode": p.country.code, "country": p.country.name, "profilePhotoUrl": nil, "hourlyRateUsd": p.hourly,
		"availability": "FULL_TIME", "expertiseLevel": p.level, "englishLevel": level("English"), "identityVerified": p.Verified,
		"memberSince": timestamp(p.since.AddDate(-p.Years, 0, 0)), "languages": languages, "agency": nil, "workExperience": []any{},
		"skills": object{"subjectMatter": words("subjectMatter"), "tags": labels, "software": words("labelingSoftware"),
			"dataTypes": words("dataType"), "labelTypes": labels}, "education": []any{},
		"stats": object{"totalEarnedUsd": p.Earned, "billedHours": p.Earned / 12, "jobSuccessScore": p.Match, "reviewCount": p.Reviews,
			"averageRating": p.Rating},
		"labelExperience": []object{{"id": "experience_" + p.id, "title": capitalize(p.work), "description": "Similar work for other teams.",
			"fromYear": year - p.Years, "toYear": nil, "ongoing": true, "software": orNull(p.job.text("labelingSoftware")),
			"dataType": orNull(p.job.text("dataType")), "labelTypes": labels}},
		"reviews": []object{{"id": "review_" + p.id, "rating": p.Rating, "comment": "Good work, on time.",
			"createdAt": timestamp(p.since.AddDate(0, -2, 0))}}}})
}

// recruit has AI trainers apply to a job that was published at a time.
func (s *Sandbox) recruit(j *job, posted time.Time) {
	for n := range applicants {
		all, id := theCast().Trainers, fmt.Sprintf("%s_%d", j.id, n+1)
		s.later(posted.Add(time.Duration(n+1)*s.cfg.Pace), func(at time.Time) {
			if j.fields.text("experienceLevel") == "EXPERT" {
				all = slices.DeleteFunc(slices.Clone(all), func(t trainer) bool { return t.Years < 4 })
			}
			who := newPerson(all[(j.place*applicants+n)%len(all)], "freelancer_"+id, j.fields, n, at)
			if j.status != statusOpen || s.records["proposal_"+id] != nil { // the job may be published again
				return
			}
			s.within(j.owner.books, len(fmt.Sprint(who.job)), func() *reply {
				p := s.propose(j, who, "proposal_"+id, at)
				p.interviewed = true
				s.apply(p, at)
				return nil
			})
		})
	}
}

// propose makes the proposal of someone who is invited to a job, and hasn't applied yet.
func (s *Sandbox) propose(j *job, who *person, id string, at time.Time) *proposal {
	s.numbered++
	p := &proposal{record: record{id, j.owner.books, at, at}, job: j, person: who, status: invited, unit: j.fields.text("paymentType")}
	j.proposals = append(j.proposals, p)
	s.records[id], s.people[who.id], s.people[who.slug] = p, who, who
	return p
}

// apply has the person of a proposal apply, if the job is open. A bid is never above the rate of the job.
func (s *Sandbox) apply(p *proposal, at time.Time) {
	j, who := p.job, p.person
	if j.status != statusOpen || p.contract != nil {
		return
	}
	p.status, p.updated, p.unit = unreviewed, at, j.fields.text("paymentType")
	if rate := j.fields.number(rateKey(p.unit)); rate > 0 {
		digits := map[bool]float64{true: 1e4, false: 1e2}[p.unit == payPerLabel]
		p.bid = min(cmp.Or(math.Round(rate*who.Bid*digits)/digits, rate), rate)
	}
	if p.unit == payPerHour && who.hourly == nil { // an invited one may have a rate from another job
		who.hourly = orNull(p.bid)
	}
	s.tell(p.books, at, "proposal.received", p.id, j.id, object{"proposalId": p.id, "jobId": j.id})
}
