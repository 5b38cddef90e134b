package tools_test

import (
	"cmp"
	"encoding/json"
	"errors"
	"io"
	"maps"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"

	"opentrain-mcp/internal/tool"
)

// reply is what an API answers a request with. The zero reply is a lost answer.
type reply struct {
	status int
	body   string
}

const (
	theProposal = `{"proposal":{"id":"p1","jobId":"j1","jobTitle":"Label cats","status":{"raw":"SHORTLISTED"},"bid":{"amountUsd":0.06,"unit":"PER_LABEL"},` +
		`"candidate":{"id":"f1","displayName":"Maria G.","country":"Spain"}}}`
	oneMilestone = `{"id":"m1","name":"First","description":"100 cats","status":"NOT_FUNDED","amountUsd":300,"milestoneNumber":1,"dueDate":"2126-07-01"}`
	theContract  = `{"id":"c1","status":"active","title":"Label cats","jobId":"j1","proposalId":"p1","paymentType":"FIXED_PRICE","rateUsd":300,` +
		`"freelancer":{"userId":"f1","displayName":"Maria G.","country":"Spain"},"jobDmConversationId":"conv1","milestones":[` + oneMilestone + `,` +
		`{"id":"m2","name":"Second","status":"ACTIVE_FUNDED","amountUsd":120.5}],"budget":{"state":"OK","fundedAmountUsd":120.5,"consumedFraction":0.25}}`
	pageOfApproval = "https://app.opentrain.ai/approvals/a1"
)

// approvalOf is an approval as the API sends it.
func approvalOf(kind, status, more string) string {
	return `{"approval":{"id":"a1","type":"` + kind + `","status":"` + status + `","approvalUrl":"` + pageOfApproval + `","expiresAt":"2126-07-01T12:00:00Z"` + more + `},"message":"m"}`
}

// hiring is an API with one proposal, one contract, credits, a token and a team. Replies by route replace its own answers.
type hiring struct {
	replies map[string]reply
	scopes  string // of the token, as a JSON list; "" for those that all its calls need
	off     string // the capability that the account lacks

	mu   sync.Mutex
	sent []string // routes of the writes, in the order in which they came
	body string   // of the last write
}

func (h *hiring) answers() map[string]string {
	return map[string]string{
		"GET /auth/me": `{"actor":{"userId":"u"},"token":{"id":"t","scopes":` +
			cmp.Or(h.scopes, `["proposals:write","payments:write","team:write","webhooks:manage","messages:write"]`) + `}}`,
		"GET /job-drafts/capabilities":  `{"capabilities":{"hiring":true,"` + cmp.Or(h.off, "publish") + `":false}}`,
		"GET /jobs/mine":                `{"jobs":[{"id":"j1","title":"Label cats","status":"OPEN"}]}`,
		"GET /proposals/p1":             theProposal,
		"POST /proposals/p1/hire":       approvalOf("proposal_hire", "pending", `,"jobId":"j1","proposalId":"p1"`),
		"GET /contracts":                `{"contracts":[` + theContract + `]}`,
		"GET /contracts/c1":             `{"contract":` + theContract + `}`,
		"POST /contracts/c1/milestones": `{"milestone":{"id":"m3","name":"Third","description":"More cats","status":"NOT_FUNDED","amountUsd":50}}`,
		"POST /contracts/c1/end":        approvalOf("contract_end", "pending", `,"contractId":"c1"`),
		"POST /milestones/m1/fund":      approvalOf("milestone_fund", "pending", `,"contractId":"c1","milestoneId":"m1"`),
		"POST /milestones/m2/approve":   approvalOf("milestone_approve", "pending", `,"contractId":"c1","milestoneId":"m2"`),
		"GET /approvals/a1":             approvalOf("proposal_hire", "pending", `,"jobId":"j1","proposalId":"p1"`),
		"GET /credits": `{"credits":{"availableCents":5000,"reservedCents":2500,"currency":"usd","recentEntries":[` +
			`{"id":"e1","type":"HOLD","amountCents":-2500,"createdAt":"2026-06-02T00:00:00Z","jobofferId":"p1","note":"first"}]}}`,
		"GET /credits/ledger": `{"entries":[{"id":"e1","type":"TOP_UP","amountCents":10000,"topUpId":"u1"},{"id":"e2","type":"CAPTURE","amountCents":-123456},` +
			`{"id":"e3","type":"NEW_KIND","amountCents":0},{"id":"e4"}],"nextCursor":"n1"}`,
		"POST /credits/top-ups":   `{"topUpId":"u1","checkoutUrl":"https://checkout.stripe.com/pay/u1","expiresAt":"2026-06-02T00:00:00Z","topUp":{"id":"u1","status":"PENDING"}}`,
		"GET /credits/top-ups/u1": `{"topUp":{"id":"u1","status":"PENDING","amountCents":10000,"expiresAt":"2026-06-02T00:00:00Z"}}`,
		"GET /payments/pending": `{"payments":[{"id":"i1","status":"PENDING_FUNDING","invoiceKind":"FUNDING","amountUsd":300,"invoiceNumber":1042,` +
			`"job":{"id":"j1","title":"Label cats"},"milestone":{"id":"m1","name":"First"}},{"id":"i2","status":"PENDING_PAYOUT"},{"id":"i3","status":"NEW"}]}`,
		"GET /tokens":        `{"tokens":[{"id":"t1","name":"Old","preview":"ot_pat_c3f9********bd21","scopes":["jobs:read"],"status":"active"}]}`,
		"DELETE /tokens/t1":  `{"token":{"id":"t1","status":"revoked"}}`,
		"GET /team":          `{"team":{"organization":{"id":"o1","name":"Acme"},"members":[],"invites":[]}}`,
		"POST /team/invites": `{"ok":true,"status":"invite_created","email":"new@example.com","team":{"members":[],"invites":[]}}`,
	}
}

func (h *hiring) RoundTrip(r *http.Request) (*http.Response, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	route := r.Method + " " + strings.TrimPrefix(r.URL.Path, "/api/public/v1")
	if r.Method != http.MethodGet {
		h.sent, h.body = append(h.sent, route), ""
	}
	if r.Body != nil {
		data, err := io.ReadAll(r.Body)
		if err != nil {
			return nil, err
		}
		h.body = string(data)
	}
	body, found := h.answers()[route]
	answer := reply{http.StatusOK, body}
	if !found {
		answer = reply{http.StatusNotFound, `{"error":"No.","code":"NOT_FOUND"}`}
	}
	if replaced, found := h.replies[route]; found {
		answer = replaced
	}
	if answer.status == 0 {
		return nil, errors.New("connection reset by peer")
	}
	return &http.Response{
		StatusCode: answer.status, Header: http.Header{}, Body: io.NopCloser(strings.NewReader(answer.body)), Request: r,
	}, nil
}

// hiringWrite is a tool that changes something about a hire or money.
type hiringWrite struct {
	name, arguments, route string
	asks                   bool // for a human's yes first
}

const hireArguments = `{"proposalId":"p1","amountUsd":300,"dueDate":"2126-07-01","name":"Batch 1","description":"100 cats"}`

func hiringWrites() []hiringWrite {
	return []hiringWrite{
		{name: tool.HireProposal, arguments: hireArguments, route: "POST /proposals/p1/hire", asks: true},
		{name: tool.CreateMilestone, arguments: `{"contractId":"c1","description":"More cats","amountUsd":50}`, route: "POST /contracts/c1/milestones", asks: true},
		{name: tool.RequestMilestoneFunding, arguments: `{"milestoneId":"m1"}`, route: "POST /milestones/m1/fund", asks: true},
		{name: tool.RequestMilestoneApproval, arguments: `{"milestoneId":"m2"}`, route: "POST /milestones/m2/approve", asks: true},
		{name: tool.EndContract, arguments: `{"contractId":"c1"}`, route: "POST /contracts/c1/end", asks: true},
		{name: tool.CreateCreditTopUp, arguments: `{"amountUsd":100}`, route: "POST /credits/top-ups"},
	}
}

// answer runs a tool and returns its result with the next step. It expects no form and no failure.
func (s served) answer(t *testing.T, name, arguments string) (tool.Result, tool.Next) {
	t.Helper()
	result, ask, failure := s.run(t.Context(), t, tool.Call{Caller: alice}, name, arguments)
	if failure != nil || ask != nil {
		t.Fatalf("%s %s: %+v, %v", name, arguments, ask, failure)
	}
	return result, nextIn(t, result)
}

func nextIn(t *testing.T, result tool.Result) tool.Next {
	t.Helper()
	var out struct{ Next tool.Next }
	if err := json.Unmarshal(result.Structured, &out); err != nil {
		t.Fatal(err)
	}
	return out.Next
}

// follow are the arguments of a step, as a model sends them.
func follow(t *testing.T, next tool.Next) string {
	t.Helper()
	arguments, err := json.Marshal(next.Arguments)
	if err != nil {
		t.Fatal(err)
	}
	return string(arguments)
}

// wants checks that a text has all the words.
func wants(t *testing.T, text string, words ...string) {
	t.Helper()
	for _, want := range words {
		if !strings.Contains(text, want) {
			t.Errorf("%q is not in\n%s", want, text)
		}
	}
}

// TestHire goes from a proposal to the approval's page and on to the contract, in the conversation. The human sees who is hired
// and the whole cost before the API is asked.
func TestHire(t *testing.T) {
	api := &hiring{}
	tools := serve(t, api, setup{confirm: true})
	asked, next := tools.answer(t, tool.HireProposal, hireArguments)
	if next.Action != tool.ConfirmWithHuman || next.Tool != tool.HireProposal || len(api.sent) != 0 {
		t.Fatalf("sent %v, next %+v", api.sent, next)
	}
	wants(t, asked.Text, "The hire wasn't requested by this call.", `Hire AI trainer “Maria G.”, country “Spain” (proposal p1), whose bid is $0.06 per label`,
		"$300.00 milestone + $30.00 marketplace fee (10%) + $9.95 contract fee = $339.95 in total", "First milestone: Batch 1, due 2126-07-01", "Label cats")
	if next.Show == nil || len(next.Show.Changes) != 4 || next.Otherwise != "No one is hired." {
		t.Errorf("shown %+v", next.Show)
	}
	got, next := tools.answer(t, next.Tool, follow(t, next))
	const body = `{"milestone":{"name":"Batch 1","description":"100 cats","amount":300,"dueDate":"2126-07-01"}}`
	if !slices.Equal(api.sent, []string{"POST /proposals/p1/hire"}) || api.body != body {
		t.Errorf("sent %v with %s", api.sent, api.body)
	}
	if next.Action != tool.OpenURL || next.URL != pageOfApproval || next.Tool != tool.GetApproval || next.Arguments["approvalId"] != "a1" {
		t.Errorf("next %+v", next)
	}
	wants(t, got.Text, "No one is hired and nothing is charged yet.", "$339.95 in total", "Approval: a1 (pending)")
	wants(t, string(got.Structured), `"cost":{"milestoneUsd":300,"marketplaceFeeUsd":30,"contractFeeUsd":9.95,"totalUsd":339.95}`)
	if got.Effect != (tool.Effect{JobID: "j1", Subject: "proposal p1", Outcome: "approval requested"}) {
		t.Errorf("effect %+v", got.Effect)
	}
	_, again := tools.answer(t, next.Tool, follow(t, next))
	if again.Action != tool.OpenURL || again.URL != pageOfApproval {
		t.Errorf("while it is pending: %+v", again)
	}
	api.replies = map[string]reply{"GET /approvals/a1": {200, approvalOf("proposal_hire", "confirmed", `,"result":{"hired":true,"contractId":"c1","freelancerUserId":"f1"}`)}}
	got, next = tools.answer(t, next.Tool, follow(t, next))
	wants(t, got.Text, "The AI trainer is hired, and the first milestone is funded.")
	if next.Tool != tool.GetContract || next.Arguments["contractId"] != "c1" {
		t.Errorf("next %+v", next)
	}
	got, next = tools.answer(t, next.Tool, follow(t, next))
	wants(t, got.Text, "Contract c1 is active.", "> Maria G. · Spain · Label cats", "- Milestone m1 · not funded · $300 · due 2126-07-01", "Conversation: conv1",
		"Budget: OK, $120.50 funded, consumed fraction 0.25", "To fund milestone m1, use "+tool.RequestMilestoneFunding)
	if next.Action != tool.Done || len(api.sent) != 1 {
		t.Errorf("sent %v, next %+v", api.sent, next)
	}
}

// TestNamesHaveTheInitial wherever people are named: first names alone don't tell two Marias apart.
func TestNamesHaveTheInitial(t *testing.T) {
	const maria = `"firstName":"Maria","lastNameInitial":"G.","country":"Spain"}`
	api := &hiring{replies: map[string]reply{
		"GET /proposals/p1":   {200, strings.Replace(theProposal, `"displayName":"Maria G.","country":"Spain"}`, maria, 1)},
		"GET /freelancers/f1": {200, `{"freelancer":{"id":"f1",` + maria + `}`},
		"GET /messages":       {200, `{"conversations":[{"id":"conv1","proposalId":"p1"}],"messages":[]}`},
	}}
	tools := serve(t, api, setup{confirm: true})
	for name, arguments := range map[string]string{
		tool.HireProposal: hireArguments, tool.GetProposal: `{"proposalId":"p1"}`, tool.GetFreelancerProfile: `{"freelancerId":"f1"}`,
		tool.InviteTrainer: `{"jobId":"j1","freelancerId":"f1"}`, tool.SendMessage: `{"conversationId":"conv1","content":"Hello"}`,
	} {
		got, _ := tools.answer(t, name, arguments)
		wants(t, got.Text, "Maria G.")
	}
}

// TestHireCosts: the cost is exact to the cent.
func TestHireCosts(t *testing.T) {
	for amount, want := range map[string]string{
		"300":      "$300.00 milestone + $30.00 marketplace fee (10%) + $9.95 contract fee = $339.95 in total",
		"0.1":      "$0.10 milestone + $0.01 marketplace fee (10%) + $9.95 contract fee = $10.06 in total",
		"33.35":    "$33.35 milestone + $3.34 marketplace fee (10%) + $9.95 contract fee = $46.64 in total",
		"1999.99":  "$1,999.99 milestone + $200.00 marketplace fee (10%) + $9.95 contract fee = $2,209.94 in total",
		`"$1,500"`: "$1,500.00 milestone + $150.00 marketplace fee (10%) + $9.95 contract fee = $1,659.95 in total",
	} {
		result, _ := serve(t, &hiring{}, setup{confirm: true}).answer(t, tool.HireProposal, `{"proposalId":"p1","amountUsd":`+amount+`,"dueDate":"2126-07-01","name":"N"}`)
		wants(t, result.Text, want)
	}
}

// TestConfirmOffKeepsTheApproval: without the first question, the app still asks.
func TestConfirmOffKeepsTheApproval(t *testing.T) {
	for _, write := range hiringWrites() {
		api := &hiring{}
		_, next := serve(t, api, setup{}).answer(t, write.name, write.arguments)
		if !slices.Equal(api.sent, []string{write.route}) {
			t.Errorf("%s: sent %v", write.name, api.sent)
		}
		if next.Action != tool.OpenURL && write.name != tool.CreateMilestone {
			t.Errorf("%s: next %+v", write.name, next)
		}
	}
}

// TestHireTermsAreChecked before anyone is asked.
func TestHireTermsAreChecked(t *testing.T) {
	api := &hiring{replies: map[string]reply{"GET /contracts/c2": {200, `{"contract":` + strings.Replace(theContract, "FIXED_PRICE", "PAY_PER_HOUR", 1) + `}`}}}
	tools := serve(t, api, setup{confirm: true})
	for _, test := range []struct{ name, arguments, want string }{
		{tool.HireProposal, `{"proposalId":"p1","amountUsd":300,"dueDate":"2126-07-01"}`, "name is required without a description"},
		{tool.HireProposal, `{"proposalId":"p1","amountUsd":300,"dueDate":"July","name":"N"}`, `dueDate: "July" is not a date such as 2026-07-01`},
		{tool.HireProposal, `{"proposalId":"p1","amountUsd":0,"dueDate":"2126-07-01","name":"N"}`, "amountUsd: 0 is too small"},
		{tool.HireProposal, `{"proposalId":"p1","amountUsd":1.005,"dueDate":"2126-07-01","name":"N"}`, "amountUsd has a fraction of a cent"},
		{tool.HireProposal, `{"proposalId":"p1","dueDate":"2126-07-01","name":"N"}`, "amountUsd is required"},
		{tool.CreateMilestone, `{"contractId":"c1","description":"D"}`, "amountUsd is required: the contract has a fixed price"},
		{tool.CreateMilestone, `{"contractId":"c1","description":"D","amountUsd":1.001}`, "amountUsd has a fraction of a cent"},
		{tool.CreateMilestone, `{"contractId":"c1","description":"D","amountUsd":1,"dueDate":"31.12.2126"}`, `dueDate: "31.12.2126" is not a date`},
		{tool.CreateMilestone, `{"contractId":"c1","description":"D","amountUsd":1,"dueDate":"2020-02-29"}`, "dueDate is in the past"},
		{tool.CreateMilestone, `{"contractId":"c2","description":"D","amountUsd":10}`, "volume is required: the contract pays per hour"},
		{tool.CreateMilestone, `{"contractId":"c2","description":"D","amountUsd":10,"volume":2}`, "amountUsd must be the contract's rate times volume, $600, or left out"},
		{tool.HireProposal, `{"proposalId":"a","amountUsd":0.001,"dueDate":"2020-01-01","name":" "}`, "- dueDate is in the past"},
		{tool.HireProposal, `{"proposalId":"a","amountUsd":0.001,"dueDate":"2020-01-01","name":" "}`, "- name is required without a description"},
		{tool.HireProposal, `{"proposalId":"a","amountUsd":0.001,"dueDate":"2020-01-01","name":" "}`, "- amountUsd has a fraction of a cent"},
		{tool.CreateCreditTopUp, `{"amountUsd":9}`, "amountUsd: 9 is too small; it must be at least 10"},
		{tool.CreateCreditTopUp, `{"amountUsd":10001}`, "amountUsd: 10001 is too large; it must be at most 10000"},
		{tool.CreateCreditTopUp, `{"amountUsd":10.123}`, "amountUsd has a fraction of a cent"},
		{tool.ListContracts, `{"cursor":"nowhere"}`, "cursor isn't valid"},
	} {
		_, ask, failure := tools.run(t.Context(), t, tool.Call{Caller: alice, CanAsk: true}, test.name, test.arguments)
		if failure == nil || ask != nil || failure.Next.Action != tool.Fix {
			t.Errorf("%s %s: %+v, %v", test.name, test.arguments, ask, failure)
			continue
		}
		wants(t, failure.Text(), test.want)
	}
	if len(api.sent) != 0 {
		t.Errorf("sent %v", api.sent)
	}
	got, _ := tools.answer(t, tool.CreateMilestone, `{"contractId":"c2","description":"D","volume":2}`)
	wants(t, got.Text, "2 hours × $300 = $600")
}

// TestNoHireIsAskedForInVain: what can't happen is refused without a question, and the step leads on.
func TestNoHireIsAskedForInVain(t *testing.T) {
	status := func(raw string) map[string]reply {
		return map[string]reply{"GET /proposals/p1": {200, strings.Replace(theProposal, "SHORTLISTED", raw, 1)}}
	}
	contract := func(old, now string) map[string]reply {
		changed := strings.Replace(theContract, old, now, 1)
		return map[string]reply{"GET /contracts": {200, `{"contracts":[` + changed + `]}`}, "GET /contracts/c1": {200, `{"contract":` + changed + `}`}}
	}
	ended := contract(`"status":"active"`, `"status":"ended"`)
	hired := map[string]reply{"GET /proposals/p1": {200, strings.Replace(theProposal, `"status":{"raw":"SHORTLISTED"}`, `"status":{"label":"hired"},"contract":{"id":"c9"}`, 1)}}
	for name, test := range map[string]struct {
		tool, arguments string
		replies         map[string]reply
		words, next     string
	}{
		"hired":                      {tool.HireProposal, hireArguments, status("HIRED"), "is already hired. Nothing was changed.", tool.ListContracts + ` {"jobId":"j1"}`},
		"hired, with the contract":   {tool.HireProposal, hireArguments, hired, "is already hired.", tool.GetContract + ` {"contractId":"c9"}`},
		"declined":                   {tool.HireProposal, hireArguments, status("DECLINED"), "was declined", tool.ListProposals + ` {"jobId":"j1"}`},
		"not a fit":                  {tool.HireProposal, hireArguments, status("NOT_A_FIT"), "they can do it in OpenTrain's app", "Open: https://app.opentrain.ai"},
		"someone else's proposal":    {tool.HireProposal, hireArguments, map[string]reply{"GET /proposals/p1": {403, `{"error":"Not yours.","code":"FORBIDDEN"}`}}, "Not yours. Nothing was changed.", tool.ListJobs},
		"no such proposal":           {tool.HireProposal, strings.Replace(hireArguments, "p1", "p2", 1), nil, "No proposal for a job in this account has this id. Nothing was changed.", tool.ListJobs},
		"no such contract":           {tool.EndContract, `{"contractId":"c2"}`, nil, "This account has no contract with that id. Nothing was changed.", tool.ListContracts},
		"no such milestone":          {tool.RequestMilestoneFunding, `{"milestoneId":"m9"}`, nil, "No contract of this account has a milestone with that id. Nothing", tool.ListContracts},
		"a milestone of one ended":   {tool.RequestMilestoneFunding, `{"milestoneId":"m1"}`, ended, "The contract has ended. Nothing was changed.", tool.GetContract + ` {"contractId":"c1"}`},
		"an approval of one ended":   {tool.RequestMilestoneApproval, `{"milestoneId":"m2"}`, ended, "The contract has ended. Nothing was changed.", tool.GetContract + ` {"contractId":"c1"}`},
		"a milestone for one ended":  {tool.CreateMilestone, `{"contractId":"c1","description":"D","amountUsd":5}`, ended, "The contract has ended. Nothing was changed.", tool.GetContract + ` {"contractId":"c1"}`},
		"funded already":             {tool.RequestMilestoneFunding, `{"milestoneId":"m2"}`, nil, "can't be funded in its current state. Nothing was changed.\nIts status is active and funded.", tool.GetContract + ` {"contractId":"c1"}`},
		"not funded yet":             {tool.RequestMilestoneApproval, `{"milestoneId":"m1"}`, nil, "isn't funded, so its work can't be approved. Nothing was changed.", tool.GetContract + ` {"contractId":"c1"}`},
		"a read that fails":          {tool.HireProposal, hireArguments, map[string]reply{"GET /proposals/p1": {500, `{"error":"Oops.","code":"INTERNAL_ERROR"}`}}, "Nothing was changed.", tool.HireProposal},
		"a list that can't be read":  {tool.RequestMilestoneFunding, `{"milestoneId":"m1"}`, map[string]reply{"GET /contracts": {500, `{"error":"Oops.","code":"INTERNAL_ERROR"}`}}, "Nothing was changed.", tool.RequestMilestoneFunding},
		"a contract that can't be":   {tool.CreateMilestone, `{"contractId":"c1","description":"D","amountUsd":5}`, map[string]reply{"GET /contracts/c1": {500, `{"error":"Oops.","code":"INTERNAL_ERROR"}`}}, "Nothing was changed.", tool.CreateMilestone},
		"another account's contract": {tool.GetContract, `{"contractId":"c3"}`, nil, "This account has no contract with that id.", tool.ListContracts},
	} {
		api := &hiring{replies: test.replies}
		tools := serve(t, api, setup{confirm: true})
		_, ask, failure := tools.run(t.Context(), t, tool.Call{Caller: alice, CanAsk: true}, test.tool, test.arguments)
		if failure == nil || ask != nil || len(api.sent) != 0 {
			t.Errorf("%s: sent %v, asks %+v", name, api.sent, ask)
			continue
		}
		wants(t, failure.Text(), test.words, test.next)
	}
	// A contract that has ended can't be ended, which is what was wanted.
	api := &hiring{replies: ended}
	got, next := serve(t, api, setup{confirm: true}).answer(t, tool.EndContract, `{"contractId":"c1"}`)
	wants(t, got.Text, "Contract c1 has already ended.")
	if next.Action != tool.Done || len(api.sent) != 0 || got.Effect.Outcome != "ended" {
		t.Errorf("%+v, %+v", next, got.Effect)
	}
}

// TestOnlyPeopleWhoCanBeHired: no one is asked to hire a person who can't be hired, however OpenTrain spells the status.
func TestOnlyPeopleWhoCanBeHired(t *testing.T) {
	for status, want := range map[string]string{
		`{"raw":null,"label":"Not a fit"}`: "isn't in the running", `{"raw":"not_a_fit"}`: "isn't in the running",
		`{"raw":"","label":"not-a-fit"}`: "isn't in the running", `{"raw":"Declined"}`: "isn't in the running",
		`{"raw":"hired"}`: "This candidate is hired.", `{"raw":null,"label":"Hired"}`: "This candidate is hired.",
	} {
		body := strings.Replace(detailed(checked), `"status":{"raw":"UNREVIEWED","label":"Unreviewed"}`, `"status":`+status, 1)
		all := serve(t, &script{answers: map[string]string{"GET /proposals/p": body}}, setup{})
		by := tool.Call{Caller: alice, Served: tool.Served{Sets: []tool.Set{{Tools: append(slices.Collect(maps.Values(all.tools)),
			tool.Tool{Spec: tool.Spec{Name: tool.HireProposal}})}}}}
		result, _, failure := all.run(t.Context(), t, by, tool.GetProposal, `{"proposalId":" p "}`)
		if failure != nil || stepIn(t, result).Action != tool.Done || !strings.Contains(result.Text, want) {
			t.Errorf("%s: %v\n%s", status, failure, result.Text)
		}
	}
}
