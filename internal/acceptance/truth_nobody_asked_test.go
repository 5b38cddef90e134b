package acceptance_test

import (
	"maps"
	"slices"
	"strings"
	"testing"

	"opentrain-mcp/internal/tool"
)

// confirmedCalls are the arguments of the tools that ask for a yes, without the job.
func confirmedCalls() map[string]map[string]any {
	return map[string]map[string]any{
		tool.Publish: {}, tool.CloseJob: {}, tool.InviteTrainer: {"freelancerId": "user_9"},
		tool.UpdateJob: {"fields": map[string]any{"pricePerHour": 25}},
	}
}

// everyJob has a job of each kind: in each status, and not the caller's.
func everyJob(api *standIn) map[string]string {
	jobs := map[string]string{
		"absent": "job_404", "foreign draft": made(api, "bob", "DRAFT", signs()), "foreign live": made(api, "bob", "OPEN", signs()),
		"incomplete": made(api, "alice", "DRAFT", map[string]any{"jobTitle": "Cats", "pricePerHour": 18}),
		"DRAFT":      made(api, "alice", "DRAFT", signs()),
	}
	for _, status := range []string{"OPEN", "ARCHIVED", "ONGOING", "COMPLETED", "PENDING_APPROVAL"} {
		jobs[status] = made(api, "alice", status, signs())
	}
	return jobs
}

// TestNobodyIsAskedAboutWhatCannotHappen: a yes is asked for only where a call can work. Everything else is said at
// once, changes nothing, and leads somewhere.
func TestNobodyIsAskedAboutWhatCannotHappen(t *testing.T) {
	t.Parallel()
	possible := map[string][]string{
		tool.Publish: {"DRAFT"}, tool.UpdateJob: {"OPEN"}, tool.InviteTrainer: {"OPEN"},
		tool.CloseJob: {"incomplete", "DRAFT", "OPEN", "ONGOING", "COMPLETED", "PENDING_APPROVAL"},
	}
	for name, answerForm := range answerForms() {
		for _, listing := range []string{"names", "entries", "none"} {
			for client, asks := range map[string]respond{"no forms": nil, "forms": answers("cancel", nil)} {
				t.Run(name+", "+listing+", "+client, func(t *testing.T) {
					api := newDuo(answerForm)
					api.set(func(o *standInOptions) { o.validationMissing = listing })
					jobs := everyJob(api)
					s := &formHost{endpoint: inside(t, api, nil), answer: asks}
					for toolName, arguments := range confirmedCalls() {
						for kind, id := range jobs {
							arguments := maps.Clone(arguments)
							arguments["jobId"] = id
							forms, writes := len(s.forms), len(api.writes())
							got := s.call(toolName, arguments)
							asked := len(s.forms) > forms
							if confirmed := tokenIn(t, got) != ""; slices.Contains(possible[toolName], kind) {
								// The form was canceled: the conversation goes on, with a confirmation.
								if asked != (asks != nil) || !confirmed || got.next(t).Action != tool.ConfirmWithHuman {
									t.Errorf("%s of a job that is %s: form %v, %s", toolName, kind, asked, got.text)
								}
							} else if asked || confirmed || !leadsOn(t, s, got) {
								t.Errorf("%s of a job that is %s: form %v, %s", toolName, kind, asked, got.text)
							}
							if now := api.writes(); len(now) != writes {
								t.Errorf("%s of a job that is %s: %v", toolName, kind, now[writes:])
							}
						}
					}
				})
			}
		}
	}
}

// leadsOn reports whether the step after a result can be taken: it is the end, is for a human, or is a read that works.
func leadsOn(t *testing.T, host *formHost, got answer) bool {
	t.Helper()
	switch next := nextOf(t, got); next.Action {
	case tool.Done:
		return true
	case tool.AskHuman:
		return next.Question != "" && next.Tool == tool.PatchDraft
	case tool.Fix:
		return next.Problem != "" && next.URL != ""
	case tool.CallTool:
		return next.Tool == tool.PatchDraft || !host.call(next.Tool, next.Arguments).isError
	default:
		return false
	}
}

// TestRefusalsSayWhatIsTheCase: each refusal before the question says why, in words that fit the job.
func TestRefusalsSayWhatIsTheCase(t *testing.T) {
	t.Parallel()
	for name, answerForm := range answerForms() {
		api := newDuo(answerForm)
		api.set(func(o *standInOptions) { o.validationMissing = "entries" })
		jobs := everyJob(api)
		host := &formHost{endpoint: inside(t, api, nil)}
		for _, test := range []struct {
			tool, kind, code, text string
			action                 tool.Action
			next                   string
		}{
			{tool.Publish, "absent", "NOT_FOUND", "no job with that id", tool.CallTool, tool.ListJobs},
			{tool.Publish, "foreign draft", "NOT_FOUND", "no job with that id", tool.CallTool, tool.ListJobs},
			{tool.UpdateJob, "foreign live", "NOT_FOUND", "no job with that id", tool.CallTool, tool.ListJobs},
			{tool.CloseJob, "foreign live", "NOT_FOUND", "no job with that id", tool.CallTool, tool.ListJobs},
			{tool.InviteTrainer, "foreign live", "NOT_FOUND", "no job with that id", tool.CallTool, tool.ListJobs},
			{tool.Publish, "OPEN", "", "already live.\nJob page: https://app.opentrain.ai/jobs/", tool.Done, ""},
			{tool.Publish, "ARCHIVED", "CONFLICT", "The job is closed.", tool.Done, ""},
			{tool.InviteTrainer, "ARCHIVED", "CONFLICT", "The job is closed.", tool.Done, ""},
			{tool.Publish, "incomplete", "", "be published yet", tool.AskHuman, tool.PatchDraft},
			{tool.UpdateJob, "DRAFT", "CONFLICT", "The job is a draft.", tool.CallTool, tool.PatchDraft},
			{tool.UpdateJob, "incomplete", "CONFLICT", "The job is a draft.", tool.CallTool, tool.PatchDraft},
			{tool.InviteTrainer, "DRAFT", "CONFLICT", "The job is a draft.", tool.CallTool, tool.Publish},
			{tool.CloseJob, "ARCHIVED", "", "already closed", tool.Done, ""},
		} {
			arguments := confirmedCalls()[test.tool]
			arguments["jobId"] = jobs[test.kind]
			got := host.call(test.tool, arguments)
			next := nextOf(t, got)
			if string(got.failure.Code) != test.code || !strings.Contains(got.text, test.text) || next.Action != test.action || next.Tool != test.next {
				t.Errorf("%s, %s of a job that is %s: %s", name, test.tool, test.kind, got.text)
			}
			if test.kind == "incomplete" && test.tool == tool.Publish && next.Field != "experienceLevel" {
				t.Errorf("%s asks for %s", name, next.Field)
			}
			if test.kind == "OPEN" && !strings.Contains(string(got.structured), `"published":true,"status":"OPEN","alreadyPublished":true`) {
				t.Errorf("%s", got.structured)
			}
			if strings.Contains(got.text, "/jobs/"+jobs[test.kind]+"/publish") || strings.Contains(got.text, "PATCH ") {
				t.Errorf("%s shows a route of the API: %s", name, got.text)
			}
		}
		if writes := api.writes(); len(writes) > 0 {
			t.Errorf("%v", writes)
		}
	}
}
