package tools_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"opentrain-mcp/internal/text"
	"opentrain-mcp/internal/tool"
)

// contractPaying is a contract with another pay.
func contractPaying(paymentType, rate string) string {
	return strings.Replace(theContract, `"paymentType":"FIXED_PRICE","rateUsd":300`, `"paymentType":`+paymentType+`,"rateUsd":`+rate, 1)
}

// TestOneOfEach: what is counted is named in the singular where there is one.
func TestOneOfEach(t *testing.T) {
	var categories []string
	for i := range 51 {
		categories = append(categories, fmt.Sprintf(`{"value":"c%d","count":1}`, i))
	}
	hourly := strings.Replace(contractPaying(`"PAY_PER_HOUR"`, "18"), `"fundedAmountUsd":120.5,"consumedFraction":0.25`,
		`"fundedVolume":1,"consumedVolume":1,"remainingVolume":1.5,"consumed":{"hours":1,"labels":1,"tasks":2}`, 1)
	for name, test := range map[string]struct {
		route, reply, tool, arguments string
		want                          []string
	}{
		"facets": {"GET /jobs/facets", `{"totalJobs":1,"categories":[` + strings.Join(categories, ",") + `]}`, tool.ListFacets, `{}`,
			[]string{"1 live job on", "Left out: 1 category with fewer jobs"}},
		"a budget":     {"GET /contracts/c1", `{"contract":` + hourly + `}`, tool.GetContract, `{"contractId":"c1"}`, []string{"1 hour funded, 1 hour used, 1.5 hours left"}},
		"a volume":     {"GET /contracts/c1", `{"contract":` + hourly + `}`, tool.CreateMilestone, `{"contractId":"c1","description":"x","volume":1}`, []string{"Milestone: 1 hour × $18 = $18"}},
		"several":      {"GET /contracts/c1", `{"contract":` + hourly + `}`, tool.CreateMilestone, `{"contractId":"c1","description":"x","volume":10.004}`, []string{"10.004 hours × $18 = $180.07"}},
		"many digits":  {"GET /contracts/c1", `{"contract":` + hourly + `}`, tool.CreateMilestone, `{"contractId":"c1","description":"x","volume":1234.56789}`, []string{"1,234.56789 hours × $18"}},
		"what is done": {"GET /contracts/c1", `{"contract":` + hourly + `}`, tool.RequestMilestoneApproval, `{"milestoneId":"m2"}`, []string{"so far: 1 hour, 1 label, 2 tasks."}},
	} {
		api := &hiring{replies: map[string]reply{test.route: {http.StatusOK, test.reply}}}
		result, _ := serve(t, api, setup{confirm: true}).answer(t, test.tool, test.arguments)
		t.Run(name, func(t *testing.T) { wants(t, result.Text, test.want...) })
	}
	for noun, want := range map[string]string{"second": "Wait: 1 second\n", "": "Wait: at most 1 second\n"} {
		next := tool.Next{Action: tool.Wait, RetryAfterSeconds: int(time.Second.Seconds()), AtMost: noun == "", Tool: tool.ListJobs}
		wants(t, new(text.Lines).With(next)+"\n", want)
	}
}

// TestNoMilestoneForNothing: a volume that costs nothing is refused, and so is one without a rate, before a human is asked.
func TestNoMilestoneForNothing(t *testing.T) {
	const noRate = "The contract has no rate. Nothing was changed."
	for _, test := range []struct{ contract, price, want string }{
		{contractPaying(`"PAY_PER_HOUR"`, "18"), `"volume":0.00004`, "volume is too small: it costs less than a cent"},
		{contractPaying(`"PAY_PER_HOUR"`, "null"), `"volume":15`, noRate},
		{contractPaying("null", "null"), `"volume":15`, noRate},
		{contractPaying("null", "null"), `"amountUsd":300`, noRate},
	} {
		api := &hiring{replies: map[string]reply{"GET /contracts/c1": {http.StatusOK, `{"contract":` + test.contract + `}`}}}
		tools := serve(t, api, setup{confirm: true})
		_, ask, failure := tools.run(t.Context(), t, tool.Call{Caller: alice, CanAsk: true}, tool.CreateMilestone,
			`{"contractId":"c1","description":"x",`+test.price+`}`)
		if ask != nil || failure == nil || !strings.Contains(failure.Text(), test.want) || len(api.sent) > 0 {
			t.Errorf("%s: %v, sent %v", test.price, failure, api.sent)
		}
		if test.want != noRate {
			continue
		}
		contract, _ := tools.answer(t, tool.GetContract, `{"contractId":"c1"}`)
		wants(t, contract.Text, "no rate set", "Without a rate, no milestone can be added. The human sets one in OpenTrain's app.")
		if strings.Contains(contract.Text, tool.CreateMilestone) {
			t.Error(contract.Text)
		}
	}
}

// TestHiresWithoutABidWarn: the contract of a job that pays per hour or label gets no rate then. A fixed price needs none.
func TestHiresWithoutABidWarn(t *testing.T) {
	for bid, warns := range map[string]bool{
		`null`: true, `{"amountUsd":null,"unit":"PER_HOUR"}`: true, `{"amountUsd":null,"unit":null}`: true,
		`{"amountUsd":5,"unit":"PER_HOUR"}`: false, `{"amountUsd":null,"unit":"FIXED_PRICE"}`: false,
	} {
		proposal := strings.Replace(theProposal, `{"amountUsd":0.06,"unit":"PER_LABEL"}`, bid, 1)
		api := &hiring{replies: map[string]reply{"GET /proposals/p1": {http.StatusOK, proposal}}}
		asked, _ := serve(t, api, setup{confirm: true}).answer(t, tool.HireProposal, hireArguments)
		if strings.Contains(asked.Text, "> Warning: The proposal has no bid.") != warns {
			t.Errorf("%s: %s", bid, asked.Text)
		}
	}
}

// TestClosingNamesWhatIsPending: a hire or money that a human hasn't decided on goes on after the job is closed.
func TestClosingNamesWhatIsPending(t *testing.T) {
	for status, warning := range map[int]string{200: "is pending.", 500: "may still be pending.", 404: ""} {
		api := &hiring{off: "draftCreate", scopes: `["jobs:write","proposals:write","payments:read"]`, replies: map[string]reply{"POST /jobs/j1/close": {http.StatusOK, `{"status":"ARCHIVED"}`}}}

		tools := serve(t, api, setup{confirm: true})
		_, asked := tools.answer(t, tool.HireProposal, hireArguments)
		tools.answer(t, asked.Tool, follow(t, asked))
		if status != http.StatusOK {
			api.replies["GET /approvals/a1"] = reply{status, `{"error":"No.","code":"` + map[int]string{404: "NOT_FOUND", 500: "INTERNAL_ERROR"}[status] + `"}`}
		}
		shown, asked := tools.answer(t, tool.CloseJob, `{"jobId":"j1"}`)
		closed, _ := tools.answer(t, asked.Tool, follow(t, asked))
		for _, got := range []tool.Result{shown, closed} {
			if named := strings.Contains(got.Text, "Approval a1 (Hire AI trainer “Maria G.”"); named != (warning != "") || !strings.Contains(got.Text, warning) {
				t.Errorf("%d: %s", status, got.Text)
			}
		}
	}
}
