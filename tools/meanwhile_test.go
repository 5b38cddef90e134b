package tools_test

import (
	"net/http"
	"strings"
	"testing"

	"opentrain-mcp/internal/tool"
)

// meanwhile is an API on which something changes when a request comes.
type meanwhile struct {
	*hiring
	route   string
	changes map[string]reply
}

func (m meanwhile) RoundTrip(r *http.Request) (*http.Response, error) {
	response, err := m.hiring.RoundTrip(r)
	if r.Method+" "+strings.TrimPrefix(r.URL.Path, "/api/public/v1") == m.route {
		m.replies = m.changes
		return m.hiring.RoundTrip(r)
	}
	return response, err
}

// noReason is a conflict that doesn't say why: something may have changed.
const noReason = `{"error":"It conflicts.","code":"CONFLICT","requestId":"r1"}`

// TestWhatHappenedMeanwhile: after a conflict the failure says what is the case now, and leads there.
func TestWhatHappenedMeanwhile(t *testing.T) {
	conflict := func(reason string) reply {
		return reply{409, `{"error":"It conflicts.","code":"CONFLICT","requestId":"r1","details":{"reason":"` + reason + `"}}`}
	}
	contract := func(of string) (list, one reply) {
		return reply{200, `{"contracts":[` + of + `]}`}, reply{200, `{"contract":` + of + `}`}
	}
	funded, _ := contract(strings.Replace(theContract, "NOT_FUNDED", "ACTIVE_FUNDED", 1))
	paid, _ := contract(strings.Replace(theContract, "ACTIVE_FUNDED", "PAID", 1))
	_, ended := contract(strings.Replace(theContract, `"status":"active"`, `"status":"ended"`, 1))
	hired := reply{200, strings.Replace(theProposal, `"status":{"raw":"SHORTLISTED"}`, `"status":{"raw":"HIRED"},"contract":{"id":"c1"}`, 1)}
	for _, test := range []struct {
		name, arguments string
		changes         map[string]reply
		words           []string
	}{
		{tool.HireProposal, hireArguments, map[string]reply{"POST /proposals/p1/hire": conflict("proposal_already_hired"), "GET /proposals/p1": hired},
			[]string{"The AI trainer of this proposal is already hired. Nothing was changed.", `Call: opentrain_get_contract {"contractId":"c1"}`}},
		{tool.RequestMilestoneFunding, `{"milestoneId":"m1"}`, map[string]reply{"POST /milestones/m1/fund": conflict("milestone_not_fundable"), "GET /contracts": funded},
			[]string{"Its status is active and funded.\nYou can fund only an unfunded milestone.", `Call: opentrain_get_contract {"contractId":"c1"}`}},
		{tool.RequestMilestoneApproval, `{"milestoneId":"m2"}`, map[string]reply{"POST /milestones/m2/approve": conflict("brand_new"), "GET /contracts": paid},
			[]string{"This milestone is already paid. Nothing was changed.", `Call: opentrain_get_contract {"contractId":"c1"}`}},
		{tool.HireProposal, hireArguments, map[string]reply{"POST /proposals/p1/hire": {409, noReason}, "GET /proposals/p1": hired},
			[]string{"It conflicts. It's unclear whether anything was changed.", "Next: call_tool"}},
		{tool.RequestMilestoneFunding, `{"milestoneId":"m1"}`, map[string]reply{"POST /milestones/m1/fund": {409, noReason}, "GET /contracts": funded},
			[]string{"It conflicts. It's unclear whether anything was changed.", "Call: opentrain_list_contracts {}"}},
		{tool.RequestMilestoneApproval, `{"milestoneId":"m2"}`, map[string]reply{"POST /milestones/m2/approve": {409, noReason}, "GET /contracts": paid},
			[]string{"It conflicts. It's unclear whether anything was changed.", "Call: opentrain_list_contracts {}"}},
	} {
		route := ""
		for r := range test.changes {
			if strings.HasPrefix(r, "POST") {
				route = r
			}
		}
		api := meanwhile{&hiring{}, route, test.changes}
		_, _, failure := serve(t, api, setup{}).run(t.Context(), t, tool.Call{Caller: alice}, test.name, test.arguments)
		if failure == nil {
			t.Fatalf("%s: no failure", test.name)
		}
		wants(t, failure.Text(), test.words...)
	}
	// An end that came meanwhile is what was wanted. Without a reason, this call may have brought it.
	for words, answer := range map[string]reply{"Contract c1 has already ended.": conflict("contract_ended"), "Contract c1 has ended.": {409, noReason}} {
		api := meanwhile{&hiring{}, "POST /contracts/c1/end", map[string]reply{"POST /contracts/c1/end": answer, "GET /contracts/c1": ended}}
		got, next := serve(t, api, setup{}).answer(t, tool.EndContract, `{"contractId":"c1"}`)
		wants(t, got.Text, words)
		if next.Action != tool.Done {
			t.Errorf("%+v", next)
		}
	}
}

// TestADecisionMeanwhileIsSeen: the human confirmed the hire in the app, and no one asks again.
func TestADecisionMeanwhileIsSeen(t *testing.T) {
	confirmed := map[string]reply{
		"GET /approvals/a1": {200, approvalOf("proposal_hire", "confirmed", "")},
		"GET /proposals/p1": {200, strings.Replace(theProposal, "SHORTLISTED", "HIRED", 1)},
	}
	api := meanwhile{&hiring{}, "GET /approvals/a1", confirmed}
	tools := serve(t, api, setup{confirm: true})
	_, asked := tools.answer(t, tool.HireProposal, hireArguments)
	tools.answer(t, asked.Tool, follow(t, asked))
	_, ask, failure := tools.run(t.Context(), t, tool.Call{Caller: alice, CanAsk: true}, tool.HireProposal, hireArguments)
	if failure == nil || ask != nil {
		t.Fatalf("the human is asked: %+v", ask)
	}
	wants(t, failure.Text(), "is already hired. Nothing was changed.")
}
