package tools_test

import (
	"slices"
	"testing"

	"opentrain-mcp/internal/caller"
	"opentrain-mcp/internal/tool"
)

// TestPendingRequestsAreNotRepeated: the same request again shows the pending approval again, without a question and without a second
// request. Once it was decided, other arguments, and another caller ask the human as before.
func TestPendingRequestsAreNotRepeated(t *testing.T) {
	for _, write := range hiringWrites() {
		if !write.asks || write.name == tool.CreateMilestone {
			continue
		}
		api := &hiring{replies: map[string]reply{}}
		tools := serve(t, api, setup{confirm: true})
		_, asked := tools.answer(t, write.name, write.arguments)
		tools.answer(t, asked.Tool, follow(t, asked))
		for name, arguments := range map[string]string{"again": write.arguments, "the same yes again": follow(t, asked)} {
			again, next := tools.answer(t, write.name, arguments)
			wants(t, again.Text, "is pending approval in OpenTrain's app", "It was requested before, so nothing was sent again.", pageOfApproval)
			if next.Action != tool.OpenURL || again.Effect.Outcome != "requested before" || !slices.Equal(api.sent, []string{write.route}) {
				t.Errorf("%s %s: %+v %+v, sent %v", write.name, name, next, again.Effect, api.sent)
			}
		}
		other, _, failure := tools.run(t.Context(), t, tool.Call{Caller: caller.Caller{ID: "bob"}}, write.name, write.arguments)
		if failure != nil || nextIn(t, other).Action != tool.ConfirmWithHuman {
			t.Errorf("%s by another caller: %s %v", write.name, other.Text, failure)
		}
		api.replies["GET /approvals/a1"] = reply{200, approvalOf("proposal_hire", "declined", "")}
		if _, next := tools.answer(t, write.name, write.arguments); next.Action != tool.ConfirmWithHuman {
			t.Errorf("%s after a no in the app: %+v", write.name, next)
		}
		api.replies["GET /approvals/a1"] = reply{} // the answer is lost
		if _, next := tools.answer(t, write.name, write.arguments); next.Action != tool.ConfirmWithHuman {
			t.Errorf("%s when the approval can't be read: %+v", write.name, next)
		}
	}
}

// TestPaymentShowsRecordedWork: before a payment the human sees what was recorded. It may grow until the yes.
func TestPaymentShowsRecordedWork(t *testing.T) {
	contract := func(budget string) reply {
		return reply{200, `{"contract":{"id":"c1","status":"active","budget":` + budget + `}}`}
	}
	for _, test := range []struct {
		answer reply
		words  string
	}{
		{contract(`{"consumed":{"seconds":43200,"hours":12,"labels":0,"tasks":3}}`), "Work recorded on the contract so far: 12 hours, 3 tasks."},
		{contract(`{"consumed":{"hours":0,"labels":0}}`), "OpenTrain has recorded no work on this contract yet."},
		{contract(`{}`), "OpenTrain didn't say how much work is recorded."},
		{contract(`null`), "OpenTrain didn't say how much work is recorded."},
		{reply{}, "OpenTrain didn't say how much work is recorded."},
	} {
		api := &hiring{replies: map[string]reply{"GET /contracts/c1": test.answer}}
		tools := serve(t, api, setup{confirm: true})
		asked, next := tools.answer(t, tool.RequestMilestoneApproval, `{"milestoneId":"m2"}`)
		wants(t, asked.Text, test.words)
		api.replies["GET /contracts/c1"] = contract(`{"consumed":{"hours":99}}`)
		if tools.answer(t, next.Tool, follow(t, next)); len(api.sent) != 1 {
			t.Errorf("sent %v", api.sent)
		}
	}
}
