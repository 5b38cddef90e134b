package acceptance_test

import (
	"encoding/json"
	"regexp"
	"strings"
	"testing"

	"opentrain-mcp/internal/tool"
	"opentrain-mcp/opentrain/sandbox"
)

// confirmed is a call of a tool that asks a human before it acts.
type confirmed struct {
	tool      string
	arguments map[string]any // for the first job, without a confirmation
	live      bool           // the job has to be published
	request   string         // to the API, when the tool acts
	done      string         // in the result of a call that acted
	notDone   string         // in the result of a call that didn't
	question  string         // of the form
	shown     []string       // to the human, in a form or in the conversation
	otherwise string         // what a no means
}

// confirmedTools are such calls, one for each tool that asks.
func confirmedTools() []confirmed {
	return []confirmed{
		{
			tool: "opentrain_publish", arguments: job(), request: "POST /api/public/v1/jobs/job_1/publish",
			done: `"published":true`, notDone: `"published":false`, question: "Publish this job on OpenTrain?",
			shown:     []string{"Bounding Box Annotation for Dashcam Images", "about six weeks", "We need 10 experienced annotators", "https://app.opentrain.ai/job-post?job=job_1"},
			otherwise: "The job stays a draft.",
		},
		{
			tool: "opentrain_update_job", arguments: patch("pricePerHour", 25.0), live: true, request: "PATCH /api/public/v1/jobs/job_1",
			done: `"applied":true`, notDone: `"applied":false`, question: "Edit this live job on OpenTrain?",
			shown:     []string{"Bounding Box Annotation for Dashcam Images", "$18 → $25 per hour", "https://app.opentrain.ai/jobs/"},
			otherwise: "The job stays as it is.",
		},
		{
			tool: "opentrain_close_job", arguments: job(), live: true, request: "POST /api/public/v1/jobs/job_1/close",
			done: `"closed":true`, notDone: `"closed":false`, question: "Close this job on OpenTrain?",
			shown:     []string{"Bounding Box Annotation for Dashcam Images", "https://app.opentrain.ai/jobs/"},
			otherwise: "The job stays as it is.",
		},
		{
			tool: "opentrain_invite_trainer", arguments: job("freelancerId", sandbox.FreelancerAvailable), live: true,
			request: "POST /api/public/v1/jobs/job_1/invites", done: `"invited":true`, notDone: `"invited":false`,
			question:  "Invite this AI trainer to the job?",
			shown:     []string{"Bounding Box Annotation for Dashcam Images", sandbox.FreelancerAvailable, "https://app.opentrain.ai/jobs/"},
			otherwise: "No one is invited.",
		},
	}
}

// prepare makes the job of a confirmed call.
func (c confirmed) prepare(t testing.TB, s *setup) {
	t.Helper()
	if c.live {
		s.live(t)
		return
	}
	s.ready(t)
}

// with are the arguments of a call and more members, as pairs of name and value.
func (c confirmed) with(members ...any) map[string]any {
	arguments := job(members...)
	for name, value := range c.arguments {
		arguments[name] = value
	}
	return arguments
}

// acted counts the requests that carried the call out.
func (c confirmed) acted(s *setup) int {
	n := 0
	for _, request := range s.api.seen() {
		if request == c.request {
			n++
		}
	}
	return n
}

// isDone checks that a result says that the call was carried out, and that it was, once.
func (c confirmed) isDone(t testing.TB, s *setup, got answer) {
	t.Helper()
	if got.isError || !strings.Contains(string(got.structured), c.done) || c.acted(s) != 1 {
		t.Errorf("%s acted %d times: %s", c.tool, c.acted(s), got.text)
	}
}

// asks checks that a result asks in the conversation and that nothing was done. It returns the step.
func (c confirmed) asks(t testing.TB, s *setup, got answer) tool.Next {
	t.Helper()
	next := got.next(t)
	if got.isError || next.Action != tool.ConfirmWithHuman || next.Tool != c.tool || next.Show == nil || confirmationIn(got) == "" ||
		!strings.HasPrefix(next.Otherwise, c.otherwise) || !strings.Contains(string(got.structured), c.notDone) || c.acted(s) != 0 {
		t.Fatalf("%s acted %d times: %s", c.tool, c.acted(s), got.text)
	}
	return next
}

// isOver checks that a no has ended the matter: nothing was done, and the model has no confirmation.
func (c confirmed) isOver(t testing.TB, s *setup, got answer) {
	t.Helper()
	next := got.next(t)
	if got.isError || next.Action != tool.Done || next.Tool != "" || confirmationIn(got) != "" || c.acted(s) != 0 ||
		!strings.Contains(string(got.structured), c.notDone) {
		t.Errorf("%s acted %d times: %s\n%s", c.tool, c.acted(s), got.text, got.structured)
	}
	for _, part := range []string{"The human didn't approve this. " + c.otherwise, "call " + c.tool + " with askHuman: false"} {
		if !strings.Contains(next.Note, part) {
			t.Errorf("%q is not in the note %q", part, next.Note)
		}
	}
}

// change changes the job after a human was asked about it: a draft with a patch, a live job with an edit that another
// yes allows.
func (c confirmed) change(t testing.TB, s *setup) {
	t.Helper()
	if !c.live {
		call(t, s.host, "opentrain_patch_draft", job("askHuman", false, "fields", map[string]any{"headcount": 99}))
		return
	}
	edit := job("askHuman", false, "fields", map[string]any{"headcount": 99})
	next := call(t, s.host, "opentrain_update_job", edit).next(t)
	if got := call(t, s.host, next.Tool, next.Arguments); !strings.Contains(string(got.structured), `"applied":true`) {
		t.Fatalf("the job isn't changed: %s", got.text)
	}
}

// changes is how many of the requests that acted counts were made by change.
func (c confirmed) changes() int {
	if c.tool == "opentrain_update_job" {
		return 1
	}
	return 0
}

// confirmationIn is the confirmation that a result has anywhere, "" for none.
func confirmationIn(got answer) string {
	found := regexp.MustCompile(`"confirmationToken":"([^"]*)"`).FindStringSubmatch(string(got.structured) + got.text)
	if found == nil {
		return ""
	}
	return found[1]
}

func jsonOf(t testing.TB, value any) string {
	t.Helper()
	var data strings.Builder
	encoder := json.NewEncoder(&data)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(value); err != nil {
		t.Fatal(err)
	}
	return data.String()
}
