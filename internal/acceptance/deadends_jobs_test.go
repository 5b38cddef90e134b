package acceptance_test

import (
	"fmt"
	"net/http"
	"strings"
	"time"

	opentrainmcp "opentrain-mcp"
	"opentrain-mcp/internal/demo"
	"opentrain-mcp/opentrain/sandbox"
)

// Parts of results that say that something was done.
const (
	isPublished = `"published":true`
	isApplied   = `"applied":true`
	isInvited   = `"invited":true`
	isClosed    = `"closed":true`
)

// beginnings are the beginnings of walks by name.
func beginnings() map[string]beginning {
	all := map[string]beginning{}
	for _, some := range []map[string]beginning{ofDrafts(), ofPublishing(), ofLiveJobs(), ofReading(), ofAccounts(), ofWhatIsServed()} {
		for name, from := range some {
			all[name] = from
		}
	}
	return all
}

func ofDrafts() map[string]beginning {
	sample := fmt.Sprintf(`{"description":%q}`, demo.SampleDescription)
	return map[string]beginning{
		"a description":        {tool: "create_draft", arguments: sample, ends: "done", reaches: isPublished},
		"a vague description":  {tool: "create_draft", arguments: `{"description":"Rate chatbot answers, flexible hours."}`, ends: "done", reaches: isPublished},
		"hardly a description": {tool: "create_draft", arguments: `{"description":"Help us."}`, ends: "done", reaches: isPublished},
		"the same again":       {tool: "create_draft", arguments: sample, before: again(sample), ends: "done", reaches: isPublished},
		"the same after it went live": {tool: "create_draft", arguments: `{"description":"x","idempotencyKey":"job_3"}`, ends: "done",
			reaches: "is live"},
		"the same after it closed":       {tool: "create_draft", arguments: `{"description":"x","idempotencyKey":"job_4"}`, ends: "done", reaches: "closed"},
		"a job object":                   {tool: "create_draft", arguments: `{"job":{"title":"Label dogs","paymentType":"PAY_PER_HOUR","rateAmount":18}}`, ends: "done", reaches: isPublished},
		"a job object that is empty":     {tool: "create_draft", arguments: `{"job":{}}`, ends: "done", reaches: isPublished},
		"an XML document":                {tool: "create_draft", arguments: `{"format":"indeed_xml","xml":"<job><title>Label dogs</title></job>"}`, ends: "done", reaches: isPublished},
		"two kinds of input":             {tool: "create_draft", arguments: `{"description":"Label dogs","job":{"title":"Label dogs"}}`, ends: "done", reaches: isPublished},
		"XML without its format":         {tool: "create_draft", arguments: `{"xml":"<job><title>Label dogs</title></job>"}`, ends: "done"},
		"a format without input":         {tool: "create_draft", arguments: `{"format":"text"}`, ends: "done", reaches: isPublished},
		"a format that isn't one":        {tool: "create_draft", arguments: `{"format":"pdf","description":"Label dogs"}`, ends: "done", reaches: isPublished},
		"no input":                       {tool: "create_draft", arguments: `{}`, ends: "done", reaches: isPublished},
		"a description that is too long": {tool: "create_draft", arguments: `{"description":"` + strings.Repeat("long ", 13_000) + `"}`, ends: "done", reaches: isPublished},
		"an argument of no tool":         {tool: "create_draft", arguments: `{"description":"Label dogs","color":"red"}`, ends: "done", reaches: isPublished},
		"an argument of another name":    {tool: "create_draft", arguments: `{"describe":"Label dogs"}`, ends: "done", reaches: isPublished},

		"all answers":             {tool: "patch_draft", arguments: patchOf("job_1", `"experienceLevel":"expert","dataVolumeUnit":"NUMBER_OF_FILES"`), ends: "done", reaches: isPublished},
		"an answer that is wrong": {tool: "patch_draft", arguments: patchOf("job_1", `"experienceLevel":"senior"`), ends: "done", reaches: isPublished},
		"five answers that are wrong": {tool: "patch_draft", arguments: patchOf("job_1",
			`"experienceLevel":"senior","headcount":"many","languages":7,"pricePerHour":"18,50","color":"red"`), ends: "done", reaches: isPublished},
		"a placeholder left in":   {tool: "patch_draft", arguments: patchOf("job_1", `"experienceLevel":"<answer>"`), ends: "done", reaches: isPublished},
		"no fields":               {tool: "patch_draft", arguments: patchOf("job_1", ``), ends: "done", reaches: isPublished},
		"fields that aren't any":  {tool: "patch_draft", arguments: `{"jobId":"job_1","fields":"more people"}`, ends: "done", reaches: isPublished},
		"a field that is cleared": {tool: "patch_draft", arguments: patchOf("job_2", `"experienceLevel":null`), ends: "done", reaches: isPublished, on: "sandbox, guide"},
		"a title that is cleared": {tool: "patch_draft", arguments: patchOf("job_2", `"jobTitle":null`), ends: "done", reaches: isPublished, on: "sandbox, guide"},
		"a price unlike the text": {tool: "patch_draft", arguments: patchOf("job_2", `"pricePerHour":25`), ends: "done", reaches: isPublished},
		"another way to pay":      {tool: "patch_draft", arguments: patchOf("job_2", `"paymentType":"FIXED_PRICE"`), ends: "done", reaches: isPublished, on: "sandbox, guide"},
		"a text that is blocked":  {tool: "patch_draft", arguments: patchOf("job_1", `"jobTitle":"Scam test phrase"`), ends: "human"},
		"long fields for a live job": {tool: "patch_draft", arguments: patchOf("job_3", `"jobDescription":"`+strings.Repeat("Label photos. ", 100)+`"`),
			ends: "done", reaches: isApplied},
		"long fields on a form host": {tool: "patch_draft", arguments: patchOf("job_1", `"jobDescription":"`+strings.Repeat("Label photos. ", 100)+`"`),
			ends: "done", reaches: isPublished},

		"a draft by its id":       {tool: "get_draft", arguments: `{"jobId":"job_1"}`, ends: "done", reaches: isPublished},
		"a draft by its page":     {tool: "get_draft", arguments: `{"jobId":"https://app.opentrain.ai/job-post?job=job_1"}`, ends: "done", reaches: isPublished},
		"a draft by its title":    {tool: "get_draft", arguments: `{"jobId":"the dashcam one"}`, ends: "done", reaches: isPublished},
		"a draft of another name": {tool: "get_draft", arguments: `{"jobId":"my cats"}`, ends: "done"},
		"a draft of no name":      {tool: "get_draft", arguments: `{"jobId":"my cats"}`, given: archiveAll, ends: "done"},
		"a draft without a title": {tool: "get_draft", arguments: `{"jobId":"job_1"}`, ends: "done", reaches: isPublished,
			on: "stand-in", given: untitle},
		"a draft on a read-only server": {tool: "get_draft", arguments: `{"jobId":"job_1"}`, config: readOnly, ends: "done"},
	}
}

func ofPublishing() map[string]beginning {
	const ready = `{"jobId":"job_2"}`
	return map[string]beginning{
		"a ready draft":       {tool: "publish", arguments: ready, ends: "done", reaches: isPublished},
		"an incomplete draft": {tool: "publish", arguments: `{"jobId":"job_1"}`, ends: "done", reaches: isPublished},
		"a blocked draft":     {tool: "publish", arguments: `{"jobId":"job_5"}`, ends: "human"},
		"a blocked draft whose human changes it": {tool: "publish", arguments: `{"jobId":"job_5"}`, ends: "done", reaches: isPublished,
			solved: func(w *world) map[string]any {
				w.send(sandbox.DemoToken, "PATCH /job-drafts/job_5", `{"jobTitle":"Label photos"}`)
				return nil
			}},
		"a made-up confirmation":         {tool: "publish", arguments: `{"jobId":"job_2","confirmationToken":"AAAA"}`, ends: "done", reaches: isPublished},
		"a confirmation of another job":  {tool: "publish", arguments: ready, before: confirmedFor("publish", `{"jobId":"job_5"}`), ends: "done", reaches: isPublished},
		"a confirmation of another call": {tool: "publish", arguments: ready, before: confirmedFor("close_job", `{"jobId":"job_3"}`), ends: "done", reaches: isPublished},
		"a confirmation from before":     {tool: "publish", arguments: ready, before: confirmedFor("publish", ready), ends: "done", reaches: isPublished},
		"a draft without confirmations":  {tool: "publish", arguments: ready, config: func(c *opentrainmcp.HTTPConfig) { c.Confirm = opentrainmcp.Off }, ends: "done", reaches: isPublished},
		"a draft without forms":          {tool: "publish", arguments: `{"jobId":"job_1"}`, config: func(c *opentrainmcp.HTTPConfig) { c.Elicitation = opentrainmcp.Off }, ends: "done", reaches: isPublished},
		"a draft on one of many replicas": {tool: "publish", arguments: `{"jobId":"job_1"}`, ends: "done", reaches: isPublished, config: func(c *opentrainmcp.HTTPConfig) {
			c.Replicated, c.StateKeys = true, [][]byte{make([]byte, 32)}
		}},
		"a draft changed in the app": {tool: "publish", arguments: ready, ends: "done", reaches: isPublished, asked: func(w *world) {
			<-time.After(time.Minute)
			w.send(sandbox.DemoToken, "PATCH /job-drafts/job_2", `{"headcount":99}`)
		}},
		"a draft made incomplete in the app": {tool: "publish", arguments: ready, ends: "done", reaches: isPublished, on: "stand-in", asked: func(w *world) {
			<-time.After(time.Minute)
			w.stand.edit("job_2", func(j *standInJob) { delete(j.fields, "experienceLevel") })
		}},
		"a draft published in the app": {tool: "publish", arguments: ready, ends: "done", reaches: "already live", asked: func(w *world) {
			w.send(sandbox.DemoToken, "POST /jobs/job_2/publish", "")
		}},
		"a draft closed in the app": {tool: "publish", arguments: ready, ends: "done", late: []string{"The job is closed"}, asked: func(w *world) {
			w.send(sandbox.DemoToken, "POST /jobs/job_2/close", "")
		}},
		"a draft deleted in the app": {tool: "publish", arguments: ready, ends: "done", late: []string{"has no job with that id"}, on: "stand-in",
			asked: func(w *world) { w.stand.remove("job_2") }},
		"a human who thinks for long": {tool: "publish", arguments: ready, ends: "done", reaches: isPublished,
			asked: func(*world) { <-time.After(time.Hour) }},
		"the limit of a day": {tool: "publish", arguments: ready, ends: "done", reaches: isPublished, on: "stand-in",
			given: func(w *world) { w.stand.account(standInAccount{id: sandbox.DemoToken, publishLimit: 2}) }},
		"a draft without a title to publish": {tool: "publish", arguments: `{"jobId":"job_2"}`, ends: "done", reaches: isPublished, on: "stand-in", given: untitle},
		"a job that waits for approval": {tool: "publish", arguments: ready, ends: "done", on: "stand-in", given: func(w *world) {
			w.stand.edit("job_2", func(j *standInJob) { j.status = "PENDING_APPROVAL" })
		}},
		"a time that moves by itself": {tool: "publish", arguments: ready, ends: "done", reaches: isPublished, on: "stand-in", given: func(w *world) {
			w.stand.set(func(o *standInOptions) { o.noopMoves, o.readsMove = true, true })
		}},
		"a block in an ordinary answer": {tool: "publish", arguments: `{"jobId":"job_5"}`, ends: "human", on: "stand-in", given: func(w *world) {
			w.stand.set(func(o *standInOptions) { o.moderationIn200 = true })
		}},
		"more jobs than are read": {onePage: true, tool: "publish", arguments: ready, ends: "done", reaches: isPublished, on: "stand-in", given: func(w *world) {
			w.stand.set(func(o *standInOptions) { o.endless = true })
		}},
		"an unknown job among more than are read": {onePage: true, tool: "publish", arguments: `{"jobId":"job_999"}`, ends: "done", on: "stand-in",
			late: []string{"has no job with that id"}, given: func(w *world) { w.stand.set(func(o *standInOptions) { o.endless = true }) }},
		"an issue that has no question": {tool: "publish", arguments: ready, ends: "human", on: "stand-in", given: func(w *world) {
			w.stand.set(func(o *standInOptions) {
				o.issues = func(map[string]any) []any { return []any{map[string]any{"message": "The job needs a review."}} }
			})
		}},
		"an issue with a field": {tool: "publish", arguments: ready, ends: "done", reaches: isPublished, on: "stand-in", given: func(w *world) {
			w.stand.set(func(o *standInOptions) {
				o.issues = func(fields map[string]any) []any {
					if fields["projectScope"] != nil {
						return nil
					}
					return []any{map[string]any{"message": "The scope is missing.", "field": "projectScope"}}
				}
			})
		}},
		"an answer that is lost": {tool: "publish", arguments: ready, ends: "done", reaches: isPublished, on: "stand-in", given: func(w *world) {
			w.stand.hook(standInHook{on: "POST /jobs/{id}/publish", nth: 2, drop: dropAfter})
		}},
	}
}

func ofLiveJobs() map[string]beginning {
	invite := func(person string) string { return fmt.Sprintf(`{"jobId":"job_3","freelancerId":%q}`, person) }
	return map[string]beginning{
		"an edit":                  {tool: "update_job", arguments: patchOf("job_3", `"headcount":5`), ends: "done", reaches: isApplied},
		"an edit of a draft":       {tool: "update_job", arguments: patchOf("job_1", `"headcount":5`), ends: "done", reaches: isPublished},
		"a long edit of a draft":   {tool: "update_job", arguments: patchOf("job_2", `"jobDescription":"`+strings.Repeat("Label photos. ", 100)+`"`), ends: "done", reaches: isPublished},
		"an edit that is blocked":  {tool: "update_job", arguments: patchOf("job_3", `"jobTitle":"Scam test phrase"`), ends: "human", reaches: isApplied},
		"a wrong edit":             {tool: "update_job", arguments: patchOf("job_3", `"experienceLevel":"senior","color":"red","headcount":5`), ends: "done", reaches: isApplied},
		"an edit of nothing":       {tool: "update_job", arguments: patchOf("job_3", ``), ends: "done", reaches: isApplied},
		"an edit, a no in the app": {tool: "update_job", arguments: patchOf("job_3", `"headcount":5`), ends: "done", late: []string{"The job is closed"}, asked: closes},
		"a blocked edit, then fixed": {tool: "update_job", arguments: patchOf("job_3", `"jobTitle":"Scam test phrase"`), ends: "done", reaches: isPublished,
			solved: func(w *world) map[string]any {
				w.send(sandbox.DemoToken, "PATCH /job-drafts/job_3", `{"jobTitle":"Label photos"}`)
				return nil
			}},
		"a live job to close":    {tool: "close_job", arguments: `{"jobId":"job_3"}`, ends: "done", reaches: isClosed},
		"a job closed before":    {tool: "close_job", arguments: `{"jobId":"job_4"}`, ends: "done", reaches: isClosed},
		"a job closed meanwhile": {tool: "close_job", arguments: `{"jobId":"job_3"}`, ends: "done", reaches: isClosed, asked: closes},
		"a job by its page":      {tool: "close_job", arguments: `{"jobId":"https://app.opentrain.ai/jobs/a-title-job_3"}`, ends: "done", reaches: isClosed},
		"no job":                 {tool: "close_job", arguments: `{}`, ends: "done"},
		"a path as a job":        {tool: "close_job", arguments: `{"jobId":"../x"}`, ends: "done"},

		"an invitation": {tool: "invite_trainer", arguments: invite(sandbox.FreelancerAvailable), ends: "done", reaches: isInvited},
		"an invitation again": {tool: "invite_trainer", arguments: invite(sandbox.FreelancerAvailable), ends: "done", reaches: `"proposalId":"proposal_job_3_freelancer_1"`, given: func(w *world) {
			w.send(sandbox.DemoToken, "POST /jobs/job_3/invites", fmt.Sprintf(`{"freelancerId":%q}`, sandbox.FreelancerAvailable))
		}},
		"an invitation to a draft":   {tool: "invite_trainer", arguments: strings.Replace(invite(sandbox.FreelancerAvailable), "job_3", "job_2", 1), ends: "done", reaches: isPublished},
		"someone who is unavailable": {tool: "invite_trainer", arguments: invite(sandbox.FreelancerUnavailable), ends: "human", late: []string{"accepting invitations"}},
		"someone who is no trainer":  {tool: "invite_trainer", arguments: invite(sandbox.NotAFreelancer), ends: "human", late: []string{"belong to an AI trainer"}},
		"someone unknown": {tool: "invite_trainer", arguments: invite("nobody"), ends: "done", reaches: isInvited, late: []string{"no such user", "No such user"},
			solved: func(*world) map[string]any {
				return map[string]any{"freelancerId": sandbox.FreelancerAvailable}
			}},
		"no one": {tool: "invite_trainer", arguments: `{"jobId":"job_3"}`, ends: "human", late: []string{"o such user"}},
	}
}

func ofReading() map[string]beginning {
	return map[string]beginning{
		"own jobs": {tool: "list_jobs", arguments: `{}`, ends: "done"},
		"no jobs at all": {tool: "list_jobs", arguments: `{}`, ends: "done", on: "stand-in", given: func(w *world) {
			for n := range 7 {
				w.stand.remove(fmt.Sprintf("job_%d", n+1))
			}
		}},
		"own drafts":                 {tool: "list_jobs", arguments: `{"status":"draft"}`, ends: "done"},
		"the only draft":             {tool: "list_jobs", arguments: `{"status":"DRAFT"}`, ends: "done", reaches: isPublished, given: func(w *world) { w.stand.remove("job_2"); w.stand.remove("job_5") }, on: "stand-in"},
		"no jobs of a status":        {tool: "list_jobs", arguments: `{"status":"ONGOING"}`, ends: "done"},
		"a status that isn't one":    {tool: "list_jobs", arguments: `{"status":"live ones"}`, ends: "done"},
		"a wrong cursor":             {tool: "list_jobs", arguments: `{"cursor":"!"}`, ends: "done"},
		"a wrong limit":              {tool: "list_jobs", arguments: `{"limit":"all of them"}`, ends: "done"},
		"pages of own jobs":          {tool: "list_jobs", arguments: `{"limit":1}`, ends: "done"},
		"a search":                   {tool: "search_jobs", arguments: `{"q":"dashcam"}`, ends: "done", reaches: "job_3"},
		"a search without a result":  {tool: "search_jobs", arguments: `{"q":"nothing matches this"}`, ends: "done"},
		"an unknown category":        {tool: "search_jobs", arguments: `{"category":"cats"}`, ends: "done"},
		"an unknown language":        {tool: "search_jobs", arguments: `{"language":"de"}`, ends: "done"},
		"an unknown way to pay":      {tool: "search_jobs", arguments: `{"payType":"in kind"}`, ends: "done"},
		"a wrong cursor of a search": {tool: "search_jobs", arguments: `{"cursor":"!"}`, ends: "done"},
		"a wrong limit of a search":  {tool: "search_jobs", arguments: `{"limit":5000}`, ends: "done"},
		"pages of a search":          {tool: "search_jobs", arguments: `{"limit":5}`, ends: "done"},
		"changes":                    {tool: "list_changes", arguments: `{"since":"1999-01-01"}`, ends: "done"},
		"pages of changes":           {tool: "list_changes", arguments: `{"since":"1999-01-01","limit":5}`, ends: "done"},
		"no changes":                 {tool: "list_changes", arguments: `{"since":"2199-01-01"}`, ends: "done"},
		"changes since when":         {tool: "list_changes", arguments: `{}`, ends: "done"},
		"changes since a word":       {tool: "list_changes", arguments: `{"since":"yesterday"}`, ends: "done"},
		"a wrong cursor of changes":  {tool: "list_changes", arguments: `{"cursor":"!"}`, ends: "done"},
		"the account":                {tool: "get_account", arguments: `{}`, ends: "done"},
		"a part of the account": {tool: "get_account", arguments: `{}`, ends: "done", given: func(w *world) {
			w.failsFor(time.Minute, "GET /capabilities", http.StatusBadGateway, "")
		}},
		"a job's page without an id": {tool: "get_job", arguments: `{"jobId":"https://app.opentrain.ai/jobs/some-title"}`, ends: "done"},
	}
}

// again makes the same call before the walk.
func again(arguments string) func(*walk) map[string]any {
	return func(k *walk) map[string]any {
		k.call("opentrain_create_draft", decode(k.t, arguments))
		return nil
	}
}

// confirmedFor asks about a job before the walk, which then has its confirmation.
func confirmedFor(tool, arguments string) func(*walk) map[string]any {
	return func(k *walk) map[string]any {
		got := k.call("opentrain_"+tool, decode(k.t, arguments))
		if confirmationIn(got) == "" {
			k.t.Fatalf("no confirmation: %s", got.text)
		}
		return map[string]any{"confirmationToken": confirmationIn(got)}
	}
}

func patchOf(id, fields string) string { return fmt.Sprintf(`{"jobId":%q,"fields":{%s}}`, id, fields) }

func closes(w *world) { w.send(sandbox.DemoToken, "POST /jobs/job_3/close", "") }

func archiveAll(w *world) {
	for _, id := range []string{"job_1", "job_2", "job_5"} {
		w.send(sandbox.DemoToken, "POST /jobs/"+id+"/close", "")
	}
}

func untitle(w *world) {
	for _, id := range []string{"job_1", "job_2"} {
		w.stand.edit(id, func(j *standInJob) { delete(j.fields, "jobTitle") })
	}
}

func readOnly(c *opentrainmcp.HTTPConfig) { c.ReadOnly = true }
