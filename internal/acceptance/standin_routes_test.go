package acceptance_test

import (
	"cmp"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"
)

// standInRoute is what a route asks of its caller, and how it answers.
type standInRoute struct {
	scope, feature string
	claim          string // what only a claimed account may do
	handle         func(*standInCall) (status int, answer any)
}

// The scopes of routes that need no certain one.
const (
	noToken  = "-"
	anyScope = ""
)

// standInCall is an authorized request.
type standInCall struct {
	*standInRequest
	*http.Request
	owner standInAccount
	now   time.Time
}

// standInRefusal is the answer to a request that is refused.
type standInRefusal struct {
	Error     string `json:"error"`
	Code      string `json:"code"`
	RequestID string `json:"requestId"`
	Details   any    `json:"details,omitempty"`
}

type jsonObject = map[string]any

func refuse(status int, message string, details any) (int, any) {
	code := map[int]string{
		400: "BAD_REQUEST", 401: "UNAUTHORIZED", 403: "FORBIDDEN", 404: "NOT_FOUND", 409: "CONFLICT", 429: "RATE_LIMITED",
	}[status]
	return status, standInRefusal{Error: message, Code: cmp.Or(code, "INTERNAL_ERROR"), Details: details}
}

func (s *standIn) routing() map[string]standInRoute {
	const drafting, publishing = "public_api_job_drafting", "public_api_job_publishing"
	return map[string]standInRoute{
		"GET /auth/me":                 {scope: anyScope, handle: s.getMe},
		"GET /job-drafts/capabilities": {scope: anyScope, handle: s.getCapabilities},
		"POST /job-drafts":             {scope: "jobs:write", feature: drafting, handle: s.postDraft},
		"PATCH /job-drafts/{id}":       {scope: "jobs:write", feature: drafting, handle: s.patchDraft},
		"POST /jobs/{id}/publish":      {scope: "jobs:write", feature: publishing, handle: s.postPublish},
		"PATCH /jobs/{id}":             {scope: "jobs:write", feature: publishing, handle: s.patchJob},
		"POST /jobs/{id}/close":        {scope: "jobs:write", feature: publishing, handle: s.postClose},
		"POST /jobs/{id}/invites": {scope: "proposals:write", feature: "public_api_hiring",
			claim: "invite AI trainers to jobs", handle: s.postInvite},
		"GET /jobs/{id}/proposals": {scope: "proposals:read", handle: s.getProposals},
		"GET /proposals/{id}":      {scope: "proposals:read", handle: noSuchThing},
		"GET /freelancers/{id}":    {scope: "proposals:read", handle: s.getFreelancer},
		"GET /jobs/mine":           {scope: "jobs:read", handle: s.getMine},
		"GET /jobs":                {scope: noToken, handle: s.getJobs},
		"GET /jobs/{id}":           {scope: noToken, handle: s.getJob},
		"GET /jobs/facets":         {scope: noToken, handle: s.getFacets},
		"GET /jobs/changes":        {scope: noToken, handle: s.getChanges},
	}
}

// handle answers a request unless a hook did. Nothing else happens meanwhile.
func (s *standIn) handle(request *standInRequest, r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	call := &standInCall{standInRequest: request, Request: r, now: s.clock()}
	var answer any
	if request.status != 0 {
		_, answer = refuse(request.status, http.StatusText(request.status), nil)
	} else {
		request.status, answer = s.authorize(call)
	}
	if refusal, refused := answer.(standInRefusal); refused {
		refusal.RequestID = fmt.Sprintf("9d1f3a8e-%04d", len(s.log))
		answer = refusal
	}
	if request.answer == "" {
		data, err := json.Marshal(answer)
		if err != nil {
			panic(err)
		}
		request.answer = string(data)
	}
	for key, value := range map[string]string{"Content-Type": "application/json", "Date": call.now.UTC().Format(http.TimeFormat)} {
		if request.answerHeader.Get(key) == "" {
			request.answerHeader.Set(key, value)
		}
	}
}

// authorize checks token, scope, claim and feature, in this order, and lets the route answer.
func (s *standIn) authorize(c *standInCall) (int, any) {
	route, found := s.routes[c.route]
	if !found {
		return refuse(404, "Not found.", nil)
	}
	if s.options.readsMove && strings.HasPrefix(c.route, "GET /jobs") {
		for _, j := range s.jobs {
			j.updated = j.updated.Add(time.Millisecond)
		}
	}
	if route.scope == noToken {
		return route.handle(c)
	}
	token, known := s.tokens[c.token]
	if !known {
		return refuse(401, "Missing or invalid API token.", nil)
	}
	c.owner = s.accounts[token.account]
	granted := slices.Contains(token.scopes, route.scope) ||
		slices.Contains(token.scopes, strings.Replace(route.scope, ":read", ":write", 1))
	if route.scope != anyScope && !granted {
		return refuse(403, "This token lacks a scope.", jsonObject{"requiredScopes": []string{route.scope}, "grantedScopes": token.scopes})
	}
	if route.claim != "" && c.owner.unclaimed {
		return refuse(403, "A human must claim this agent account before it can "+route.claim+".", jsonObject{
			"reason": "account_claim_required", "action": route.claim, "claimUrl": "https://app.opentrain.ai/claim"})
	}
	if slices.Contains(c.owner.off, route.feature) {
		return refuse(403, "This feature is not enabled for this account.", jsonObject{"featureKey": route.feature})
	}
	return route.handle(c)
}

// own is the caller's job in the path. Others do not exist to the caller.
func (s *standIn) own(c *standInCall) (job *standInJob, found bool) {
	i := slices.IndexFunc(s.jobs, func(j *standInJob) bool { return j.id == c.id && j.owner == c.owner.id })
	if i < 0 {
		return nil, false
	}
	return s.jobs[i], true
}

func noJob() (int, any) { return refuse(404, "Job not found.", nil) }

func (s *standIn) find(id string) *standInJob {
	for _, j := range s.jobs {
		if j.id == id {
			return j
		}
	}
	panic("no job " + id)
}

func (s *standIn) insert(job standInJob, now time.Time) *standInJob {
	job.serial = 1
	if last := len(s.jobs) - 1; last >= 0 {
		job.serial = s.jobs[last].serial + 1
	}
	job.id, job.status = cmp.Or(job.id, fmt.Sprintf("job_%d", job.serial)), cmp.Or(job.status, "DRAFT")
	if job.created.IsZero() {
		job.created = now
	}
	if job.updated.IsZero() {
		job.updated = job.created
	}
	job.fields, _ = standInJSON(job.fields).(jsonObject)
	if job.fields == nil {
		job.fields = jsonObject{}
	}
	if job.status == "OPEN" {
		job.event, job.eventAt = "PUBLISHED", job.updated
	}
	s.jobs = append(s.jobs, &job)
	return &job
}

// change changes a job, and sets what changes with it.
func (s *standIn) change(j *standInJob, now time.Time, change func(*standInJob)) {
	status, updated := j.status, j.updated
	change(j)
	j.fields, _ = standInJSON(j.fields).(jsonObject)
	if j.updated.Equal(updated) {
		j.updated = now
	}
	switch was, is := status == "OPEN", j.status == "OPEN"; {
	case is && !was:
		j.event, j.eventAt = "PUBLISHED", now
	case is:
		j.event, j.eventAt = "UPDATED", now
	case was:
		j.event, j.eventAt = "CLOSED", now
	}
}

// standInTime prints a time as RFC 3339 with milliseconds.
func standInTime(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05.000Z") }

// standInCursor is where a page ends. Rounds count how often an endless list started again.
type standInCursor struct {
	Round, Serial int
	Created       time.Time
}

// page cuts jobs, newest first, and says where the next page begins: nil at the end.
func (s *standIn) page(jobs []*standInJob, query url.Values) (page []*standInJob, next any, problem string) {
	limit := 25
	if text := query.Get("limit"); text != "" {
		var err error
		if limit, err = strconv.Atoi(text); err != nil || limit < 1 {
			return nil, nil, "limit must be a number from 1 to 100."
		}
		limit = min(limit, 100)
	}
	var after standInCursor
	if text := query.Get("cursor"); text != "" {
		data, err := base64.RawURLEncoding.DecodeString(text)
		if err != nil || json.Unmarshal(data, &after) != nil {
			return nil, nil, "The cursor is not valid."
		}
	}
	slices.SortFunc(jobs, func(a, b *standInJob) int {
		return cmp.Or(b.created.Compare(a.created), cmp.Compare(b.serial, a.serial))
	})
	if !after.Created.IsZero() {
		jobs = slices.DeleteFunc(jobs, func(j *standInJob) bool {
			return cmp.Or(j.created.Compare(after.Created), cmp.Compare(j.serial, after.Serial)) >= 0
		})
	}
	end := standInCursor{Round: after.Round + 1}
	if len(jobs) > limit {
		jobs = jobs[:limit]
		end = standInCursor{Round: after.Round, Serial: jobs[limit-1].serial, Created: jobs[limit-1].created}
	} else if !s.options.endless {
		return jobs, nil, ""
	}
	data, err := json.Marshal(end)
	if err != nil {
		panic(err)
	}
	return jobs, base64.RawURLEncoding.EncodeToString(data), ""
}

// some returns the jobs for which keep is true.
func (s *standIn) some(keep func(*standInJob) bool) []*standInJob {
	return slices.DeleteFunc(slices.Clone(s.jobs), func(j *standInJob) bool { return !keep(j) })
}

// standInSame reports whether two values are the same JSON.
func standInSame(a, b any) bool { return reflect.DeepEqual(standInJSON(a), standInJSON(b)) }

// standInJSON is a value as it comes out of JSON.
func standInJSON(value any) (out any) {
	data, err := json.Marshal(value)
	if err == nil {
		err = json.Unmarshal(data, &out)
	}
	if err != nil {
		panic(err)
	}
	return out
}
