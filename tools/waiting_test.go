package tools_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"opentrain-mcp/internal/caller"
	"opentrain-mcp/internal/tool"
	"opentrain-mcp/opentrain"
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
		unread, next := tools.answer(t, write.name, write.arguments)
		if next.Action != tool.ConfirmWithHuman {
			t.Errorf("%s when the approval can't be read: %+v", write.name, next)
		}
		wants(t, unread.Text, "Warning: Approval a1 of the same request may still be pending.")
	}
}

// TestPaymentShowsRecordedWork: before a payment the human sees what was recorded. It may grow until the yes.
func TestPaymentShowsRecordedWork(t *testing.T) {
	contract := func(budget string) reply {
		return reply{200, `{"contract":{"id":"c1","status":"active","paymentType":"PAY_PER_HOUR","budget":` + budget + `}}`}
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

// TestPendingRequestsAreListed: what waits for the human is found again without an id, also from the proposal and the contract.
func TestPendingRequestsAreListed(t *testing.T) {
	api := &hiring{replies: map[string]reply{}}
	tools := serve(t, api, setup{confirm: true})
	none, _ := tools.answer(t, tool.GetApproval, `{}`)
	wants(t, none.Text, "No request is waiting for a decision. This server knows only the requests made since it started")
	_, asked := tools.answer(t, tool.HireProposal, hireArguments)
	tools.answer(t, asked.Tool, follow(t, asked))
	listed, next := tools.answer(t, tool.GetApproval, `{}`)
	wants(t, listed.Text, "1 request waiting for a decision in OpenTrain's app.", "- Approval a1 · pending · "+pageOfApproval, "> Hire AI trainer “Maria G.”", "= $339.95 in total")
	if next.Action != tool.OpenURL || next.URL != pageOfApproval || next.Tool != tool.GetApproval || next.Arguments["approvalId"] != "a1" {
		t.Errorf("%+v", next)
	}
	pasted, _ := tools.answer(t, tool.GetApproval, `{"approvalId":"`+pageOfApproval+`"}`)
	wants(t, pasted.Text, "Approval a1 is pending.", "\nFor:\n> Hire AI trainer “Maria G.”", "\n> Description: 100 cats\n> Cost: ")
	result, _, failure := tools.run(t.Context(), t, tools.with(t, tool.GetApproval, tool.HireProposal, tool.GetProposal), tool.GetProposal, `{"proposalId":"p1"}`)
	if next := nextIn(t, result); failure != nil || next.Tool != tool.GetApproval || next.Arguments["approvalId"] != "a1" {
		t.Errorf("%+v, %v", next, failure)
	}
	// Other terms replace the request: the human sees that, and a no leaves the first one.
	other, _ := tools.answer(t, tool.HireProposal, `{"proposalId":"p1","amountUsd":100,"dueDate":"2126-07-01T00:00:00Z","name":"Small"}`)
	wants(t, other.Text, "Approval a1 of a request with other terms is pending. This request replaces it.", "If no: Approval a1, which was requested before, stays as it is.")
	if strings.Contains(other.Text, "is already pending, this one replaces it") {
		t.Errorf("a pending hire is named twice:\n%s", other.Text)
	}
	// Others see nothing of it, and once it's decided no one waits for it.
	result, _, failure = tools.run(t.Context(), t, tool.Call{Caller: caller.Caller{ID: "bob"}}, tool.GetApproval, `{}`)
	if failure != nil {
		t.Fatal(failure)
	}
	wants(t, result.Text, "No request is waiting")
	api.replies["GET /approvals/a1"] = reply{}
	if _, _, failure = tools.run(t.Context(), t, tool.Call{Caller: alice}, tool.GetApproval, `{}`); failure == nil {
		t.Error("an outage looks like an empty list")
	}
	api.replies["GET /approvals/a1"] = reply{200, approvalOf("proposal_hire", "expired", "")}
	gone, _ := tools.answer(t, tool.GetApproval, `{}`)
	wants(t, gone.Text, "No request is waiting")
	api.replies["POST /milestones/m1/fund"] = reply{202, approvalOf("milestone_fund", "pending", "")}
	api.replies["GET /contracts/c1"] = reply{200, `{"contract":{"id":"c1","status":"active","milestones":[{"id":"m1","status":"NOT_FUNDED","pendingApproval":true}]}}`}
	_, asked = tools.answer(t, tool.RequestMilestoneFunding, `{"milestoneId":"m1"}`)
	tools.answer(t, asked.Tool, follow(t, asked))
	contract, _ := tools.answer(t, tool.GetContract, `{"contractId":"c1"}`)
	wants(t, contract.Text, "approval a1 is pending", "See a pending approval with opentrain_get_approval.")
}

// TestPendingApprovalsAreNamedRight: by what is pending now, with those that were decided, and with how many weren't looked at.
func TestPendingApprovalsAreNamedRight(t *testing.T) {
	api := &hiring{replies: map[string]reply{}}
	tools := serve(t, api, setup{confirm: true})
	if _, _, failure := tools.run(t.Context(), t, tool.Call{}, tool.GetApproval, `{}`); failure == nil || failure.Code != opentrain.CodeNoToken {
		t.Errorf("without a token: %v", failure)
	}
	named := func(of string, status int, id string) reply {
		return reply{status, strings.ReplaceAll(of, `"a1"`, `"`+id+`"`)}
	}
	request := func(name, arguments string) {
		_, asked := tools.answer(t, name, arguments)
		tools.answer(t, asked.Tool, follow(t, asked))
	}
	// Funding was confirmed in the app, and no one looked; then the payment was requested.
	request(tool.RequestMilestoneFunding, `{"milestoneId":"m1"}`)
	api.replies["GET /approvals/a1"] = reply{200, approvalOf("milestone_fund", "confirmed", "")}
	funded := strings.Replace(theContract, `"status":"NOT_FUNDED"`, `"status":"ACTIVE_FUNDED"`, 1)
	api.replies["GET /contracts"] = reply{200, `{"contracts":[` + funded + `]}`}
	api.replies["POST /milestones/m1/approve"] = named(approvalOf("milestone_approve", "pending", ""), 202, "a2")
	api.replies["GET /approvals/a2"] = named(approvalOf("milestone_approve", "pending", ""), 200, "a2")
	request(tool.RequestMilestoneApproval, `{"milestoneId":"m1"}`)
	api.replies["GET /contracts/c1"] = reply{200, `{"contract":` + strings.Replace(funded, `"id":"m1",`, `"id":"m1","pendingApproval":true,`, 1) + `}`}
	contract, _ := tools.answer(t, tool.GetContract, `{"contractId":"c1"}`)
	wants(t, contract.Text, "approval a2 is pending")
	listed, _ := tools.answer(t, tool.GetApproval, `{}`)
	wants(t, listed.Text, "1 request waiting for a decision", "- Approval a2 · pending", "- Approval a1 · confirmed", "> Fund the milestone")
	for i := range 22 {
		id := fmt.Sprintf("p%d", 10+i)
		api.replies["GET /proposals/"+id] = reply{200, strings.ReplaceAll(theProposal, `"p1"`, `"`+id+`"`)}
		api.replies["POST /proposals/"+id+"/hire"] = named(approvalOf("proposal_hire", "pending", ""), 202, "b"+id)
		api.replies["GET /approvals/b"+id] = named(approvalOf("proposal_hire", "pending", ""), 200, "b"+id)
		request(tool.HireProposal, strings.ReplaceAll(hireArguments, `"p1"`, `"`+id+`"`))
	}
	listed, _ = tools.answer(t, tool.GetApproval, `{}`)
	wants(t, listed.Text, "20 requests waiting for a decision in OpenTrain's app. Not checked: 4 older requests.", "The others are waiting too.")
	// The older ones may be pending when none of the others is.
	for i := range 20 {
		id := fmt.Sprintf("bp%d", 12+i)
		api.replies["GET /approvals/"+id] = named(approvalOf("proposal_hire", "declined", ""), 200, id)
	}
	listed, _ = tools.answer(t, tool.GetApproval, `{}`)
	wants(t, listed.Text, "None of the 20 newest requests is waiting for a decision. Not checked: 4 older requests. This server knows only")
	// A pending request that can't be read may be replaced.
	api.replies["GET /approvals/bp10"] = reply{500, `{}`}
	other, _ := tools.answer(t, tool.HireProposal, `{"proposalId":"p10","amountUsd":5,"dueDate":"2126-07-01","name":"N"}`)
	wants(t, other.Text, "may still be pending. This request would replace it.")
}

// TestEveryPendingApprovalIsNamed with its milestone: by the contract, the list of contracts, and before the contract ends.
func TestEveryPendingApprovalIsNamed(t *testing.T) {
	api := &hiring{replies: map[string]reply{
		"POST /milestones/m2/approve": {202, strings.ReplaceAll(approvalOf("milestone_approve", "pending", ""), `"a1"`, `"a2"`)},
	}}
	tools := serve(t, api, setup{confirm: true})
	for name, arguments := range map[string]string{tool.RequestMilestoneFunding: `{"milestoneId":"m1"}`, tool.RequestMilestoneApproval: `{"milestoneId":"m2"}`} {
		_, asked := tools.answer(t, name, arguments)
		tools.answer(t, asked.Tool, follow(t, asked))
	}
	pending := strings.NewReplacer(`"id":"m1",`, `"id":"m1","pendingApproval":true,`, `"id":"m2",`, `"id":"m2","pendingApproval":true,`,
		`"amountUsd":120.5}]`, `"amountUsd":120.5},{"id":"m3","name":"Third","status":"NOT_FUNDED","pendingApproval":true}]`).Replace(theContract)
	api.replies["GET /contracts"] = reply{200, `{"contracts":[` + pending + `]}`}
	api.replies["GET /contracts/c1"] = reply{200, `{"contract":` + pending + `}`}
	one, _ := tools.answer(t, tool.GetContract, `{"contractId":"c1"}`)
	wants(t, one.Text, "due 2126-07-01 · approval a1 is pending\n", "$120.50 · approval a2 is pending\n", "Milestone m3 · not funded · an approval is pending\n",
		"See a pending approval with opentrain_get_approval.", "without an id in OpenTrain's app")
	wants(t, string(one.Structured), `"approvalId":"a1"`, `"approvalId":"a2"`)
	list, _ := tools.answer(t, tool.ListContracts, `{}`)
	wants(t, list.Text, "> Milestone m1 · First · $300 · not funded · approval a1 is pending")
	wants(t, string(list.Structured), `{"id":"m2","name":"Second","status":"ACTIVE_FUNDED","amountUsd":120.5,"pendingApproval":true,"approvalId":"a2"}`)
	end, _ := tools.answer(t, tool.EndContract, `{"contractId":"c1"}`)
	wants(t, end.Text, "Warning: Approval a1 is pending for the milestone “First”.", "Warning: Approval a2 is pending for the milestone “Second”.",
		"Warning: An approval is pending for the milestone “Third”.")
}

// TestARequestedEndIsShown with the contract, until it's decided.
func TestARequestedEndIsShown(t *testing.T) {
	api := &hiring{replies: map[string]reply{}}
	tools := serve(t, api, setup{confirm: true})
	_, asked := tools.answer(t, tool.EndContract, `{"contractId":"c1"}`)
	tools.answer(t, asked.Tool, follow(t, asked))
	contract, _ := tools.answer(t, tool.GetContract, `{"contractId":"c1"}`)
	wants(t, contract.Text, "Its end was requested: see approval a1 with opentrain_get_approval.")
	api.replies["GET /approvals/a1"] = reply{200, approvalOf("contract_end", "declined", "")}
	tools.answer(t, tool.GetApproval, `{"approvalId":"a1"}`)
	if contract, _ = tools.answer(t, tool.GetContract, `{"contractId":"c1"}`); strings.Contains(contract.Text, "Its end was requested") {
		t.Error(contract.Text)
	}
}
