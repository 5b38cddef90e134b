package tools_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"opentrain-mcp/internal/caller"
	"opentrain-mcp/internal/tool"
	"opentrain-mcp/opentrain"
)

// TestPublishedJobsLeadToProposals when there are some.
func TestPublishedJobsLeadToProposals(t *testing.T) {
	for total, want := range map[int]string{0: "Next: done", 2: `Call: opentrain_list_proposals {"jobId":"j"}`} {
		api := &script{answers: map[string]string{
			"GET /jobs/mine": fmt.Sprintf(`{"jobs":[{"id":"j","title":"T","status":"OPEN","proposalCounts":{"total":%d,"unreviewed":0}}]}`, total),
		}}
		result, failure := call(t, api, setup{}, alice, tool.Publish, `{"jobId":"j"}`)
		if failure != nil || !strings.Contains(result.Text, want) {
			t.Errorf("%d proposals: %v\n%s", total, failure, result.Text)
		}
	}
	for _, already := range []string{"false", "true"} {
		const want = "opentrain_get_proposal with this proposalId shows its status. opentrain_list_proposals shows who else applied."
		api := &script{answers: map[string]string{
			"GET /jobs/mine":       `{"jobs":[{"id":"j","title":"T","status":"` + opentrain.StatusOpen + `"}]}`,
			"POST /jobs/j/invites": `{"ok":true,"proposalId":"p","jobId":"j","freelancerId":"f","alreadyInvited":` + already + `}`,
		}}
		result, failure := call(t, api, setup{}, alice, tool.InviteTrainer, `{"jobId":"j","freelancerId":"f"}`)
		if failure != nil || !strings.Contains(result.Text, want) {
			t.Errorf("invited before %s: %v\n%s", already, failure, result.Text)
		}
	}
}

// TestAnInvitationUsesItsYes: it invites once, and leaves the yes to invite another trainer to the job as it was.
func TestAnInvitationUsesItsYes(t *testing.T) {
	api := &script{answers: map[string]string{
		"GET /jobs/mine":       `{"jobs":[{"id":"j","title":"T","status":"` + opentrain.StatusOpen + `"}]}`,
		"GET /freelancers/f":   `{"id":"f","displayName":"Ada"}`,
		"GET /freelancers/g":   `{"id":"g","displayName":"Bob"}`,
		"POST /jobs/j/invites": `{"ok":true,"proposalId":"p","jobId":"j","freelancerId":"f"}`,
	}}
	tools := serve(t, api, setup{confirm: true})
	next := func(name, arguments string) tool.Next { return tools.next(t, name, arguments) }
	var yes []string
	for _, id := range []string{"f", "g"} {
		asked, err := json.Marshal(next("invite_trainer", `{"jobId":"j","freelancerId":"`+id+`"}`).Arguments)
		if err != nil {
			t.Fatal(err)
		}
		yes = append(yes, string(asked))
	}
	for _, each := range yes {
		if got := next("invite_trainer", each); got.Action != tool.Done {
			t.Errorf("not invited: %+v", got)
		}
	}
	if got := next("invite_trainer", yes[0]); got.Tool != tool.ListProposals || !strings.Contains(got.Note, "This yes was used before") {
		t.Errorf("invited again: %+v", got)
	}
}

// TestNoOneIsInvitedInVain: the human isn't asked to invite someone who has a proposal for the job, if OpenTrain lists it.
func TestNoOneIsInvitedInVain(t *testing.T) {
	for candidate, asks := range map[string]bool{"f": false, "someone else": true} {
		api := owner{status: opentrain.StatusOpen, RoundTripper: &script{answers: map[string]string{
			"GET /jobs/j/proposals": `{"proposals":[{"id":"p1","jobId":"j","candidate":{"id":"` + candidate + `"}}]}`,
			"GET /freelancers/f":    `{"freelancer":{"id":"f","displayName":"Maria G."}}`,
		}}}
		result, failure := call(t, api, setup{confirm: true}, alice, tool.InviteTrainer, `{"jobId":"j","freelancerId":"f"}`)
		if failure != nil {
			t.Fatal(failure)
		}
		next := stepIn(t, result)
		if got := next.Action == tool.ConfirmWithHuman; got != asks || !asks && next.Arguments["proposalId"] != "p1" {
			t.Errorf("%s: %s", candidate, result.Text)
		}
		if !asks {
			wants(t, result.Text, "AI trainer f has already applied to job j, or was invited.")
		}
	}
}

// TestAnEditThatChangesNothingSaysSo before the human approves it.
func TestAnEditThatChangesNothingSaysSo(t *testing.T) {
	const already, seems = "Job j already has these values. Nothing was changed.", "Warning: The job seems to have these values already."
	const listed, older = "2026-06-01T12:00:00Z", "2026-06-01T11:59:59Z" // the job's last change, and before it
	for fields, want := range map[string]struct {
		updated string
		shows   []string
	}{
		`{"pricePerHour":25}`: {listed, []string{already}}, `{"pricePerHour":"$25.00"}`: {listed, []string{already}},
		`{"countries":["br"]}`: {listed, []string{already}}, `{"languages":["english","Portuguese"]}`: {listed, []string{already}},
		`{"labelTypes":["BOUNDING_BOX"]}`:                {listed, []string{already}},
		`{"experienceLevel":"EXPERT","pricePerHour":25}`: {listed, []string{already}},
		`{"pricePerHour":26}`:                            {listed, []string{"Price per hour: $25 → $26 per hour"}},
		`{"countries":["BR","Portugal"]}`:                {listed, []string{"Countries: BR → BR, Portugal"}},
		`{"countries":["BR"],"languages":["English"]}`:   {listed, []string{"> Languages: Portuguese, English → English\n"}},
		`{"pricePerHour":25.0}`:                          {older, []string{"Price per hour: $25 → $25", seems}},
	} {
		api := owner{status: opentrain.StatusOpen, RoundTripper: &script{answers: map[string]string{
			"GET /jobs/j": `{"id":"j","title":"Label cats","status":"live","updatedAt":"` + want.updated + `","languages":["Portuguese","English"],"countries":["BR"],` +
				`"labelTypes":["Bounding Box"],"experienceLevel":"Expert","pay":{"paymentType":"PAY_PER_HOUR","hourlyRate":25,"currency":"USD"}}`,
		}}}
		result, failure := call(t, api, setup{confirm: true}, alice, tool.UpdateJob, `{"jobId":"j","fields":`+fields+`}`)
		if failure != nil {
			t.Fatal(failure)
		}
		wants(t, result.Text, want.shows...)
		if got := stepIn(t, result).Action; (got == tool.Done) != (want.shows[0] == already) {
			t.Errorf("%s: %s", fields, result.Text)
		}
	}
}

// TestAccountsNameWhatTheTokenLacks: the scopes that no tool call should have to find out.
func TestAccountsNameWhatTheTokenLacks(t *testing.T) {
	api := &hiring{scopes: `["jobs:write","proposals:read","messages:write"]`}
	tools := serve(t, api, setup{})
	result, _, failure := tools.run(t.Context(), t, tools.with(t, tool.GetAccount, tool.ListJobs, tool.GetProposal, tool.HireProposal, tool.GetContract), tool.GetAccount, `{}`)
	if failure != nil {
		t.Fatal(failure)
	}
	wants(t, result.Text, "Missing scope: payments:read, for opentrain_get_contract\nMissing scope: proposals:write, for opentrain_hire_proposal\n")
	if strings.Contains(result.Text, "Missing scope: jobs") {
		t.Error(result.Text)
	}
}

// TestAnAddressIsNoDescription: OpenTrain gets no job whose text is a link.
func TestAnAddressIsNoDescription(t *testing.T) {
	for description, refused := range map[string]bool{
		"Post this: https://careers.example/jobs/778": true, "http://careers.example": true,
		"Label 500 photos of cats as in the guide at https://example.com/guide": false, "Transcribe the audio at https://example.org/a.zip in Spanish": false,
		"我们需要标注员对街景图片中的行人和车辆进行边界框标注，共五万张图片。指南 https://example.com/guide 谢谢": false,
	} {
		api := &script{answers: map[string]string{"POST /job-drafts/import": `{"jobId":"j","status":"DRAFT"}`}}
		arguments := fmt.Sprintf(`{"description":%q}`, description)
		_, failure := call(t, api, setup{}, alice, tool.CreateDraft, arguments)
		sent := slices.ContainsFunc(api.sent, func(s string) bool { return strings.HasPrefix(s, "POST") })
		if refused == sent || refused != (failure != nil && strings.Contains(failure.Text(), "Send the job's text instead")) {
			t.Errorf("%s: sent %v, %v", description, api.sent, failure)
		}
	}
}

// TestAnIDIsNoTitle: a job's id isn't read as words of another draft's title.
func TestAnIDIsNoTitle(t *testing.T) {
	api := &script{answers: map[string]string{}}
	jobs := `{"jobs":[{"id":"job_6","title":"See job page 778 for 7 labels","status":"DRAFT"},{"id":"job_7","title":"Cats","status":"ARCHIVED"}]}`
	for name, said := range map[string]string{"job_7": "Job job_7 is closed", "7 labels": "Job job_6 is a draft"} {
		api.answers["GET /jobs/mine"] = jobs
		result, failure := call(t, api, setup{}, alice, tool.GetDraft, `{"jobId":"`+name+`"}`)
		if failure != nil {
			t.Fatal(failure)
		}
		wants(t, result.Text, said)
	}
}

// TestUnknownPricesAreNotMissed: where the price isn't known, nothing says that it would be gone.
func TestUnknownPricesAreNotMissed(t *testing.T) {
	for _, job := range []string{"404 {}", `{"id":"j","title":"T","status":"live","pay":{"paymentType":"PAY_PER_HOUR","hourlyRate":20,"currency":"EUR"}}`} {
		api := owner{status: opentrain.StatusOpen, RoundTripper: &script{answers: map[string]string{"GET /jobs/j": job}}}
		result, failure := call(t, api, setup{confirm: true}, alice, tool.UpdateJob, `{"jobId":"j","fields":{"paymentType":"PAY_PER_HOUR"}}`)
		if failure != nil || strings.Contains(result.Text, "would have no price") {
			t.Errorf("%s: %s %v", job, result.Text, failure)
		}
	}
}

// TestAnEditThatTakesThePriceWarns before the human approves it.
func TestAnEditThatTakesThePriceWarns(t *testing.T) {
	for fields, warns := range map[string]bool{
		`{"pricePerHour":null}`: true, `{"paymentType":"FIXED_PRICE"}`: true, `{"paymentType":"FIXED_PRICE","fixedPrice":90}`: false,
		`{"pricePerHour":26}`: false, `{"headcount":3}`: false,
	} {
		api := owner{status: opentrain.StatusOpen, RoundTripper: &script{answers: map[string]string{
			"GET /jobs/j": `{"id":"j","title":"Label cats","status":"live","pay":{"paymentType":"PAY_PER_HOUR","hourlyRate":25,"currency":"USD"}}`,
		}}}
		result, failure := call(t, api, setup{confirm: true}, alice, tool.UpdateJob, `{"jobId":"j","fields":`+fields+`}`)
		if failure != nil || strings.Contains(result.Text, "Warning: The job would have no price.") != warns {
			t.Errorf("%s: %s %v", fields, result.Text, failure)
		}
	}
}

// TestProfilesCanBeInvited: the address of a profile stands for its AI trainer, and a name for no one.
func TestProfilesCanBeInvited(t *testing.T) {
	api := &script{answers: map[string]string{
		"GET /freelancers/maria-g": `{"freelancer":{"id":"f7","displayName":"Maria G."}}`, "GET /freelancers/f7": `{"freelancer":{"id":"f7","displayName":"Maria G."}}`,
	}}
	open := owner{status: opentrain.StatusOpen, RoundTripper: api}
	for _, given := range []string{"maria-g", "https://app.opentrain.ai/profile/maria-g", "https://app.opentrain.ai/profile/maria-g?" + strings.Repeat("x", 40)} {
		arguments := `{"jobId":"j","freelancerId":"` + given + `"}`
		result, failure := call(t, open, setup{confirm: true}, alice, tool.InviteTrainer, arguments)
		if failure != nil || stepIn(t, result).Arguments["freelancerId"] != "f7" {
			t.Fatalf("%s: %s %v", given, result.Text, failure)
		}
		wants(t, result.Text, "Invite the AI trainer “Maria G.”, with the user id f7", `was read as "f7"`)
		// With its id, someone who has applied is found.
		api.answers["GET /jobs/j/proposals"] = `{"proposals":[{"id":"p1","jobId":"j","candidate":{"id":"f7"}}]}`
		result, failure = call(t, open, setup{confirm: true}, alice, tool.InviteTrainer, arguments)
		if failure != nil || stepIn(t, result).Arguments["proposalId"] != "p1" {
			t.Errorf("%s: %s %v", given, result.Text, failure)
		}
		delete(api.answers, "GET /jobs/j/proposals")
		// Without questions too, OpenTrain gets the id.
		api.answers["POST /jobs/j/invites"] = `{"ok":true,"proposalId":"p","jobId":"j","freelancerId":"f7"}`
		if _, failure = call(t, open, setup{}, alice, tool.InviteTrainer, arguments); failure != nil {
			t.Error(failure)
		}
	}
	if sent := api.to("POST /jobs/j/invites"); len(sent) != 3 || slices.ContainsFunc(sent, func(s string) bool { return !strings.HasSuffix(s, `{"freelancerId":"f7"}`) }) {
		t.Errorf("sent %v", sent)
	}
	for _, id := range []string{"https://app.opentrain.ai/profile/no-one", "Maria G."} {
		if _, failure := call(t, open, setup{confirm: true}, alice, tool.InviteTrainer, `{"jobId":"j","freelancerId":"`+id+`"}`); failure == nil {
			t.Errorf("%s: the human is asked", id)
		}
	}
	result, failure := call(t, open, setup{confirm: true}, alice, tool.InviteTrainer, `{"jobId":"j","freelancerId":"nope"}`)
	if failure != nil {
		t.Fatal(failure)
	}
	wants(t, result.Text, "> Warning: OpenTrain shows no profile with this user id. If the id is wrong, the invitation fails.")
}

// TestOneKeyOneContent: OpenTrain would return the first draft for other content with the same key.
func TestOneKeyOneContent(t *testing.T) {
	api := &script{answers: map[string]string{"POST /job-drafts": `{"jobId":"j","status":"DRAFT"}`}}
	tools := serve(t, api, setup{})
	create := func(by caller.Caller, description string) *tool.Failure {
		_, _, failure := tools.run(t.Context(), t, tool.Call{Caller: by}, tool.CreateDraft, `{"description":"`+description+`","idempotencyKey":"k1"}`)
		return failure
	}
	if failure := create(alice, "Label cats."); failure != nil {
		t.Fatal(failure)
	}
	for name, test := range map[string]struct {
		by          caller.Caller
		description string
		refused     bool
	}{
		"the same": {alice, "Label cats.", false}, "other content": {alice, "Label dogs.", true}, "another caller's": {caller.Caller{ID: "bob"}, "Label dogs.", false},
	} {
		failure := create(test.by, test.description)
		if test.refused != (failure != nil && strings.Contains(failure.Text(), "stands for draft j, which was created from other content")) {
			t.Errorf("%s: %v", name, failure)
		}
	}
	if n := len(api.to("POST /job-drafts")); n != 3 {
		t.Errorf("%d drafts were asked for", n)
	}
}

// TestAKeySentWithOtherContent: a create without a key isn't refused because its derived key was sent with other content before, and
// repeats still have one key.
func TestAKeySentWithOtherContent(t *testing.T) {
	api := &script{answers: map[string]string{"POST /job-drafts": `{"jobId":"j","status":"DRAFT"}`}}
	create := func(tools served, arguments string) string {
		result, _, failure := tools.run(t.Context(), t, tool.Call{Caller: alice}, tool.CreateDraft, arguments)
		if failure != nil {
			t.Fatal(failure.Text())
		}
		var out struct{ IdempotencyKey string }
		if err := json.Unmarshal(result.Structured, &out); err != nil {
			t.Fatal(err)
		}
		return out.IdempotencyKey
	}
	derived := create(serve(t, api, setup{}), `{"description":"Label cats."}`)
	after := serve(t, api, setup{}) // a restart
	create(after, `{"description":"Label dogs.","idempotencyKey":"`+derived+`"}`)
	second := create(after, `{"description":"Label cats."}`)
	if again := create(after, `{"description":"Label cats."}`); derived == "" || second == derived || again != second {
		t.Errorf("%q, then %q, then %q", derived, second, again)
	}
}
