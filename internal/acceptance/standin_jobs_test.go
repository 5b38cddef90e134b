package acceptance_test

import (
	"cmp"
	"encoding/json"
	"maps"
	"slices"
	"strings"
	"time"
)

var standInStatuses = strings.Fields("DRAFT OPEN ONGOING COMPLETED ARCHIVED PENDING_APPROVAL")

func (s *standIn) getMe(c *standInCall) (int, any) {
	id := c.owner.id
	return 200, jsonObject{
		"actor": jsonObject{"userId": "user_" + id, "email": id + "@example.com", "firstName": "Ada", "lastName": "Lane",
			"fullName": "Ada Lane", "userType": "EMPLOYER"},
		"token": jsonObject{"id": "token_" + id, "label": "test", "scopes": s.tokens[c.token].scopes, "ownerOrganizationId": nil},
		"account": jsonObject{"kind": "employer_organization", "organizationId": "org_" + id, "ownerUserId": "user_" + id,
			"memberRole": "OWNER"},
	}
}

func (s *standIn) getCapabilities(c *standInCall) (int, any) {
	on := func(feature string) bool { return !slices.Contains(c.owner.off, "public_api_"+feature) }
	const key = "public_api_job_drafting"
	if !on("job_drafting") {
		return refuse(403, "Job drafting is not enabled for this account.", jsonObject{"featureKey": key, "mode": "ALLOWLIST"})
	}
	return 200, jsonObject{
		"featureKey": key, "namespace": "job-drafts", "rolloutMode": "ALL", "actorIsAdmin": false,
		"capabilities": jsonObject{"draftImport": true, "draftCreate": true, "draftUpdate": true, "draftUrlRead": true,
			"publish": on("job_publishing"), "hiring": on("hiring"), "messagingWrites": on("messaging_writes"), "team": on("team"),
			"paymentsWrite": on("payments_write"), "credits": on("credits"), "webhooks": on("webhooks")},
		"draft": jsonObject{"importFormats": standInFormats, "updateKeys": slices.Concat(standInKeys, s.options.extraKeys),
			"enums": standInEnums},
		"authBootstrap": "token", "enabled": true,
	}
}

// blocked are the reasons why a job may not be public.
func (s *standIn) blocked(j *standInJob) []string {
	if s.options.moderate == nil {
		return nil
	}
	return s.options.moderate(j.fields)
}

func (s *standIn) postPublish(c *standInCall) (int, any) {
	j, found := s.own(c)
	if !found {
		return noJob()
	}
	answer := jsonObject{"ok": true, "jobId": j.id, "status": "OPEN", "alreadyPublished": j.status == "OPEN",
		"jobUrl": standInURL(j), "publishAttemptId": nil, "warnings": []string{},
		"sideEffects": jsonObject{"dispatched": false, "status": "skipped"}}
	switch j.status {
	case "OPEN":
		return 200, answer
	case "DRAFT":
	default:
		return refuse(409, "Only a draft can be published.", jsonObject{"jobId": j.id, "status": j.status, "requiredStatus": "DRAFT"})
	}
	if validation := s.validation(j, s.options.patchForm); validation["publishReady"] != true {
		return refuse(400, "The draft is not ready to publish.", jsonObject{"validation": validation})
	}
	limit := cmp.Or(c.owner.publishLimit, 20)
	if c.owner.unclaimed && c.owner.publishLimit == 0 {
		limit = 3
	}
	recent := slices.DeleteFunc(s.publish[j.owner], func(at time.Time) bool { return c.now.Sub(at) >= 24*time.Hour })
	if s.publish[j.owner] = recent; len(recent) >= limit {
		return refuse(429, "The daily publish limit is reached.", jsonObject{"limit": limit, "windowHours": 24})
	}
	if reasons := s.blocked(j); len(reasons) > 0 {
		if s.options.moderationIn200 {
			return 200, jsonObject{"ok": false, "jobId": j.id, "status": j.status, "alreadyPublished": false,
				"moderation": jsonObject{"decision": "BLOCK", "reasons": reasons}}
		}
		return refuse(403, "Moderation blocked this job.", jsonObject{"reason": "moderation_blocked", "reasons": reasons})
	}
	s.publish[j.owner] = append(recent, c.now)
	s.change(j, c.now, func(j *standInJob) { j.status = "OPEN" })
	answer["publishAttemptId"] = "attempt_" + j.id
	answer["sideEffects"] = jsonObject{"dispatched": true, "status": "queued"}
	return 200, answer
}

func (s *standIn) patchJob(c *standInCall) (int, any) {
	fields, issues := s.readFields(c.body)
	if issues != nil {
		return refuse(400, "Invalid request body.", jsonObject{"issues": issues})
	}
	j, found := s.own(c)
	if !found {
		return noJob()
	}
	if j.status != "OPEN" {
		message := "Only an open job can be edited."
		if j.status == "DRAFT" {
			message += " Use PATCH /job-drafts/" + j.id + " for a draft."
		}
		return refuse(409, message, jsonObject{"jobId": j.id, "status": j.status, "requiredStatus": "OPEN"})
	}
	s.write(j, c, fields)
	if reasons := s.blocked(j); len(reasons) > 0 {
		s.change(j, c.now, func(j *standInJob) { j.status = "DRAFT" })
		if s.options.moderationIn200 {
			return 200, jsonObject{"ok": true, "jobId": j.id, "status": "DRAFT", "moderation": jsonObject{"decision": "BLOCK", "reasons": reasons}}
		}
		return refuse(409, "Moderation rejected the edit. The job is a draft again.",
			jsonObject{"jobId": j.id, "reason": "moderation_blocked", "reasons": reasons, "status": "DRAFT"})
	}
	return 200, jsonObject{"ok": true, "jobId": j.id, "status": "OPEN", "moderation": jsonObject{"decision": "ALLOW", "reasons": []string{}}}
}

func (s *standIn) postClose(c *standInCall) (int, any) {
	j, found := s.own(c)
	if !found {
		return noJob()
	}
	already := j.status == "ARCHIVED"
	if !already {
		s.change(j, c.now, func(j *standInJob) { j.status = "ARCHIVED" })
	}
	return 200, jsonObject{"ok": true, "jobId": j.id, "status": "ARCHIVED", "alreadyClosed": already}
}

// getFreelancer has a profile, with nothing but its id, of everyone who can be invited.
func (s *standIn) getFreelancer(c *standInCall) (int, any) {
	if _, known := s.options.people[c.id]; s.options.people != nil && !known {
		return noSuchThing(c)
	}
	return 200, jsonObject{"freelancer": jsonObject{"id": c.id}}
}

func (s *standIn) postInvite(c *standInCall) (int, any) {
	var body jsonObject
	if json.Unmarshal([]byte(c.body), &body) != nil || standInText(body["freelancerId"]) == "" {
		return refuse(400, "Invalid request body.", jsonObject{"issues": []any{jsonObject{"code": "invalid_type", "expected": "string",
			"received": "undefined", "path": []string{"freelancerId"}, "message": "Required"}}})
	}
	j, found := s.own(c)
	if !found {
		return noJob()
	}
	if j.status != "OPEN" {
		return refuse(409, "The job is not published.", jsonObject{"reason": "job_not_published"})
	}
	person := standInText(body["freelancerId"])
	if reason, known := s.options.people[person]; s.options.people != nil && !known {
		return refuse(404, "No such user.", nil)
	} else if reason != "" {
		return refuse(409, "This user cannot be invited.", jsonObject{"reason": reason})
	}
	already, status := slices.Contains(j.invited, person), 200
	if !already {
		j.invited, status = append(j.invited, person), 201
	}
	return status, jsonObject{"ok": true, "proposalId": "proposal_" + j.id + "_" + person, "jobId": j.id, "freelancerId": person,
		"alreadyInvited": already}
}

func (s *standIn) getMine(c *standInCall) (int, any) {
	query := c.URL.Query()
	status := query.Get("status")
	if query.Has("status") && !slices.Contains(standInStatuses, status) {
		return refuse(400, "Invalid status.", jsonObject{"supportedStatuses": standInStatuses})
	}
	page, next, problem := s.page(s.some(func(j *standInJob) bool {
		return j.owner == c.owner.id && (status == "" || j.status == status)
	}), query)
	if problem != "" {
		return refuse(400, problem, nil)
	}
	jobs := []any{}
	for _, j := range page {
		jobs = append(jobs, jsonObject{"id": j.id, "title": j.fields["jobTitle"], "status": j.status,
			"published": j.status == "OPEN", "acceptingApplicants": j.status == "OPEN",
			"createdAt": standInTime(j.created), "updatedAt": standInTime(j.updated), "jobUrl": standInURL(j),
			"proposalCounts": jsonObject{"total": len(j.invited), "unreviewed": 0}})
	}
	return 200, jsonObject{"jobs": jobs, "nextCursor": next}
}

func standInURL(j *standInJob) string { return "https://app.opentrain.ai/jobs/" + j.id }

func (s *standIn) getJob(c *standInCall) (int, any) {
	if len([]rune(c.id)) > 64 {
		return refuse(400, "Invalid job ID.", nil)
	}
	for _, j := range s.jobs {
		if j.id == c.id && j.status == "OPEN" {
			return 200, standInPublic(j)
		} else if j.id == c.id {
			return 404, jsonObject{"id": j.id, "status": "closed"}
		}
	}
	return noJob()
}

// standInPublic is a job as the marketplace shows it, with labels in place of canonical values.
func standInPublic(j *standInJob) jsonObject {
	label := func(key string) any {
		text, _ := j.fields[key].(string)
		if text == "" {
			return nil
		}
		words := strings.Fields(strings.ToLower(strings.ReplaceAll(text, "_", " ")))
		for i, word := range words {
			words[i] = strings.ToUpper(word[:1]) + word[1:]
		}
		return strings.Join(words, " ")
	}
	list := func(key string) any {
		if j.fields[key] == nil {
			return []any{}
		}
		return j.fields[key]
	}
	title := standInText(j.fields["jobTitle"])
	slug := strings.Join(strings.Fields(strings.ToLower(title)), "-")
	text := standInText(j.fields["jobDescription"])
	return jsonObject{"id": j.id, "slug": slug, "title": title, "companyName": "Acme AI", "descriptionText": text,
		"descriptionHtml": "<p>" + text + "</p>", "seoTitle": nil, "summary": nil, "status": j.status,
		"datePosted": standInTime(j.created), "validThrough": standInTime(j.created.AddDate(0, 0, 56)), "updatedAt": standInTime(j.updated),
		"employmentTypes": []string{"CONTRACTOR"}, "countries": list("countries"), "languages": list("languages"),
		"category": label("subjectMatter"), "dataType": label("dataType"), "labelTypes": list("labelTypes"),
		"labelingSoftware": j.fields["labelingSoftware"], "experienceLevel": label("experienceLevel"), "skills": list("labelTypes"),
		"pay": jsonObject{"paymentType": j.fields["paymentType"], "currency": "USD", "hourlyRate": j.fields["pricePerHour"], "hourlyMin": nil,
			"hourlyMax": nil, "fixedPrice": j.fields["fixedPrice"], "perLabelRate": j.fields["pricePerLabel"]},
		"url": "https://app.opentrain.ai/jobs/" + slug + "-" + j.id, "applyUrl": "https://app.opentrain.ai/api/out?job=" + j.id + "&src=www_seo"}
}

func (s *standIn) getJobs(c *standInCall) (int, any) {
	query := c.URL.Query()
	pay, words := query.Get("payType"), strings.ToLower(query.Get("q"))
	if pay != "" && standInRates[pay] == "" {
		return refuse(400, "Invalid payType.", nil)
	}
	page, next, problem := s.page(s.some(func(j *standInJob) bool {
		text := strings.ToLower(standInText(j.fields["jobTitle"]) + " " + standInText(j.fields["jobDescription"]))
		return j.status == "OPEN" && strings.Contains(text, words) && (pay == "" || j.fields["paymentType"] == pay)
	}), query)
	if problem != "" {
		return refuse(400, problem, nil)
	}
	jobs := []any{}
	for _, j := range page {
		jobs = append(jobs, standInPublic(j))
	}
	return 200, jsonObject{"jobs": jobs, "nextCursor": next, "generatedAt": standInTime(c.now)}
}

func (s *standIn) getFacets(c *standInCall) (int, any) {
	open := s.some(func(j *standInJob) bool { return j.status == "OPEN" })
	pays := map[string]int{}
	for _, j := range open {
		pays[standInText(j.fields["paymentType"])]++
	}
	payTypes := []any{}
	for _, pay := range slices.SortedFunc(maps.Keys(pays), func(a, b string) int { return cmp.Or(pays[b]-pays[a], cmp.Compare(a, b)) }) {
		payTypes = append(payTypes, jsonObject{"value": pay, "count": pays[pay]})
	}
	return 200, jsonObject{"totalJobs": len(open), "categories": []any{}, "languages": []any{}, "countries": []any{},
		"payTypes": payTypes, "generatedAt": standInTime(c.now)}
}

func (s *standIn) getChanges(c *standInCall) (int, any) {
	since, err := time.Parse(time.RFC3339, c.URL.Query().Get("since"))
	if err != nil {
		return refuse(400, "since must be an ISO 8601 time.", nil)
	}
	changes := []any{}
	for _, j := range s.some(func(j *standInJob) bool { return j.event != "" && !j.eventAt.Before(since) }) {
		changes = append(changes, jsonObject{"jobId": j.id, "eventType": j.event, "occurredAt": standInTime(j.eventAt)})
	}
	return 200, jsonObject{"since": standInTime(since), "until": standInTime(c.now), "changes": changes, "generatedAt": standInTime(c.now)}
}

// getProposals lists the proposals for a job: no one applies here.
func (s *standIn) getProposals(c *standInCall) (int, any) {
	if _, found := s.own(c); !found {
		return noJob()
	}
	return 200, jsonObject{"proposals": []any{}, "nextCursor": nil}
}

func noSuchThing(*standInCall) (int, any) { return refuse(404, "Not found.", nil) }
