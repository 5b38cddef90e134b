package tools_test

import (
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"opentrain-mcp/internal/caller"
	"opentrain-mcp/internal/tool"
)

// yes is the call of a write that has a human's yes, in the conversation.
func (w hiringWrite) confirmed(t *testing.T, tools served) string {
	t.Helper()
	if !w.asks {
		return w.arguments
	}
	_, next := tools.answer(t, w.name, w.arguments)
	if next.Action != tool.ConfirmWithHuman {
		t.Fatalf("%s: next %+v", w.name, next)
	}
	return follow(t, next)
}

// TestHiringWritesThatFail: every write with every refusal that the API's pages name, after a human's yes. The words say whether
// anything was changed, nothing is done twice, and the next step leads on.
func TestHiringWritesThatFail(t *testing.T) {
	conflict := func(reason string) reply {
		return reply{409, `{"error":"It conflicts.","code":"CONFLICT","details":{"reason":"` + reason + `","billingUrl":"https://app.opentrain.ai/billing"}}`}
	}
	forbidden := func(details string) reply {
		return reply{403, `{"error":"No.","code":"FORBIDDEN","details":` + details + `}`}
	}
	const nothing, unclear = "Nothing was changed.", "It's unclear whether"
	outages := map[string]reply{"lost answer": {}, "502": {502, "<html>"}, "page": {200, "<html>"}}
	for name, test := range map[string]struct {
		reply reply
		words []string
		next  func(w hiringWrite) string // a part of the text of the step
	}{
		"payment method": {conflict("payment_method_required"), []string{"no payment method or too little credit. " + nothing},
			func(w hiringWrite) string { return "Open: https://app.opentrain.ai/billing\nCall: " + w.name + " {" }},
		"contract ended": {conflict("contract_ended"), []string{"The contract has ended. " + nothing}, stateStep},
		"not fundable":   {conflict("milestone_not_fundable"), []string{"can't be funded in its current state. " + nothing}, stateStep},
		"not funded":     {conflict("milestone_not_funded"), []string{"isn't funded, so its work can't be approved. " + nothing}, stateStep},
		"no rate": {conflict("contract_rate_missing"), []string{"The contract has no rate. " + nothing, "set one in the app"},
			func(hiringWrite) string { return "By: human\nOpen: https://app.opentrain.ai" }},
		"a new reason": {reply{409, `{"error":"It conflicts.","code":"CONFLICT","details":{"reason":"something_new"}}`},
			[]string{"It conflicts. " + nothing, "OpenTrain's reason: something_new."}, stateStep},
		"a new reason with a page": {conflict("something_new"), []string{"It conflicts. " + nothing, "OpenTrain's reason: something_new."},
			func(hiringWrite) string { return "By: human\nOpen: https://app.opentrain.ai/billing" }},
		"no reason": {reply{409, `{"error":"It conflicts.","code":"CONFLICT"}`}, []string{"It conflicts. It's unclear whether anything was changed."},
			func(hiringWrite) string { return "Call: opentrain_" }},
		"scope": {forbidden(`{"requiredScopes":["payments:write"],"grantedScopes":["jobs:read"]}`),
			[]string{"The API token from the test lacks the payments:write scope; it has jobs:read. " + nothing, "Settings → API keys"},
			func(hiringWrite) string { return "By: human\nOpen: https://app.opentrain.ai" }},
		"unclaimed": {forbidden(`{"reason":"account_claim_required","action":"hire","claimUrl":"https://app.opentrain.ai/claim"}`),
			[]string{"A human must claim this account first. " + nothing}, func(hiringWrite) string { return "By: human\nOpen: https://app.opentrain.ai/claim" }},
		"feature off": {forbidden(`{"featureKey":"public_api_hiring","mode":"ALLOWLIST"}`), []string{"The feature public_api_hiring is not enabled for this account. " + nothing},
			func(hiringWrite) string { return "By: human\nOpen: https://app.opentrain.ai" }},
		"lost answer": {outages["lost answer"], []string{unclear}, outageStep},
		"502":         {outages["502"], []string{unclear}, outageStep},
		"page":        {outages["page"], []string{unclear}, outageStep},
	} {
		for _, write := range hiringWrites() {
			synctest.Test(t, func(t *testing.T) { // retries wait
				api := &hiring{replies: map[string]reply{write.route: test.reply}}
				tools := serve(t, api, setup{confirm: true})
				arguments := write.confirmed(t, tools)
				pass(time.Second)
				_, _, failure := tools.run(t.Context(), t, tool.Call{Caller: alice}, write.name, arguments)
				if failure == nil || failure.Next == nil {
					t.Fatalf("%s, %s: %v", name, write.name, failure)
				}
				wants(t, failure.Text(), append(test.words, test.next(write))...)
				if n := len(regexp.MustCompile(`Nothing was|unclear whether`).FindAllString(failure.Text(), -1)); n != 1 {
					t.Errorf("%s, %s: said %d times what was changed:\n%s", name, write.name, n, failure.Text())
				}
				checkLeads(t, tools, name+", "+write.name, failure)
				attempts := len(api.sent)
				if repeatable := outages[name] == test.reply && strings.HasPrefix(write.route, "POST") && write.name == tool.HireProposal; attempts != 1 && !repeatable || attempts > 3 {
					t.Errorf("%s, %s: sent %v", name, write.name, api.sent)
				}
				afterFailure(t, api, tools, write, failure, arguments)
			})
		}
	}
}

// stateStep is the step that shows what a write is about.
func stateStep(w hiringWrite) string {
	switch w.name {
	case tool.HireProposal:
		return `Call: opentrain_get_proposal {"proposalId":"p1"}`
	case tool.CreateMilestone, tool.EndContract:
		return `Call: opentrain_get_contract {"contractId":"c1"}`
	case tool.CreateCreditTopUp:
		return "Call: opentrain_get_account {}"
	}
	return "Call: opentrain_list_contracts {}"
}

// outageStep is the step after a lost answer: what can be repeated is, and for the rest the contract shows what happened. A
// checkout page whose link was lost can't be paid on.
func outageStep(w hiringWrite) string {
	switch w.name {
	case tool.CreateMilestone, tool.EndContract:
		return `Call: opentrain_get_contract {"contractId":"c1"}`
	case tool.RequestMilestoneFunding, tool.RequestMilestoneApproval:
		return "Call: opentrain_list_contracts {}"
	}
	return "Call: " + w.name + " {"
}

// afterFailure follows the step after a failure, once the API works again. The same call again does nothing twice.
func afterFailure(t *testing.T, api *hiring, tools served, write hiringWrite, failure *tool.Failure, arguments string) {
	t.Helper()
	api.replies, api.sent = nil, nil
	next := *failure.Next
	if next.Action == tool.CallTool || next.Action == tool.Wait || next.Action == tool.OpenURL {
		if _, _, failed := tools.run(t.Context(), t, tool.Call{Caller: alice}, next.Tool, follow(t, next)); failed != nil {
			t.Errorf("%s: the step %+v fails: %s", write.name, next, failed.Text())
		}
	}
	uncertain := strings.Contains(failure.Text(), "unclear")
	if kind := tools.tools[write.name].Kind; uncertain && (kind == tool.KindAdd || kind == tool.KindEnd || kind == tool.KindRequest && write.name != tool.HireProposal) && write.asks {
		_, again := tools.answer(t, write.name, arguments)
		if !strings.Contains(again.Note, "used before") || len(api.sent) > 0 {
			t.Errorf("%s: an old yes counts after an unclear outcome: sent %v, next %+v", write.name, api.sent, again)
		}
	}
	if len(api.sent) > 1 {
		t.Errorf("%s: sent %v", write.name, api.sent)
	}
}

// TestHiringGates: what the token's scopes and the account's features say is explained before anyone is asked.
func TestHiringGates(t *testing.T) {
	features := map[string]string{
		tool.HireProposal: "hiring", tool.CreateCreditTopUp: "credits", tool.CreateMilestone: "paymentsWrite",
		tool.RequestMilestoneFunding: "paymentsWrite", tool.RequestMilestoneApproval: "paymentsWrite", tool.EndContract: "paymentsWrite",
	}
	const before = `["jobs:read","jobs:write","proposals:read","messages:read","payments:read","team:read"]`
	const after = `["jobs:read","jobs:write","proposals:write","messages:write","payments:read","team:write"]`
	for _, write := range hiringWrites() {
		for name, test := range map[string]struct {
			api   *hiring
			by    caller.Caller
			words []string
		}{
			"feature":              {&hiring{off: features[write.name]}, alice, []string{"is not enabled for this account. Nothing was changed."}},
			"scope":                {&hiring{scopes: `["jobs:read","team:write"]`}, alice, []string{"scope; it has jobs:read, team:write. Nothing was changed.", "Settings → API keys"}},
			"unclaimed, over HTTP": {&hiring{scopes: before}, alice, []string{"the human probably has to claim it first", "Nothing was changed."}},
			"a claim is open": {&hiring{scopes: before}, caller.Caller{ID: "alice", Claims: true, Claiming: true},
				[]string{"A human must claim this account before", "the human has a link", "Call: opentrain_claim_status"}},
			"unclaimed, over stdio": {&hiring{scopes: before}, caller.Caller{ID: "alice", Claims: true}, []string{"A human must claim this account before", "Next: ask_human"}},
		} {
			api := test.api
			tools := serve(t, api, setup{confirm: true})
			_, ask, failure := tools.run(t.Context(), t, tool.Call{Caller: test.by, CanAsk: true, Served: tools.claiming()}, write.name, write.arguments)
			if failure == nil || ask != nil || len(api.sent) != 0 {
				t.Errorf("%s, %s: asks %+v, sent %v", name, write.name, ask, api.sent)
				continue
			}
			wants(t, failure.Text(), test.words...)
		}
		// A claimed account has the scope for a hire. No claim brings payments:write, and a call says so.
		api := &hiring{scopes: after}
		tools := serve(t, api, setup{confirm: true})
		_, _, failure := tools.run(t.Context(), t, tool.Call{Caller: caller.Caller{ID: "alice", Claims: true}, Served: tools.claiming()}, write.name, write.arguments)
		if (failure == nil) != (write.name == tool.HireProposal) || failure != nil && !strings.Contains(failure.Text(), "lacks the payments:write scope") {
			t.Errorf("%s with a claimed account's scopes: %v", write.name, failure)
		}
	}
}

// claiming are the tools of a server on which an account can be claimed, with those that a claim needs.
func (s served) claiming() tool.Served {
	set := tool.Set{Name: "all"}
	for _, made := range s.tools {
		set.Tools = append(set.Tools, made)
	}
	for _, name := range []string{tool.ClaimAccount, tool.ClaimStatus} {
		if _, found := s.tools[name]; !found {
			set.Tools = append(set.Tools, tool.Tool{Spec: tool.Spec{Name: name, Kind: tool.KindClaim}})
		}
	}
	return tool.Served{Sets: []tool.Set{set}}
}

// TestUnsafeAddressesAreNotShown: people decide and pay only on pages with https.
func TestUnsafeAddressesAreNotShown(t *testing.T) {
	for _, address := range []string{"http://app.opentrain.ai/x", "javascript:alert(1)", "https://app.opentrain.ai/x y", ""} {
		for _, write := range hiringWrites() {
			api := &hiring{}
			body := strings.NewReplacer(pageOfApproval, address, "https://checkout.stripe.com/pay/u1", address).Replace(api.answers()[write.route])
			if write.name == tool.CreateMilestone || write.name == tool.CreateCreditTopUp && address == "" { // an answer without an address is none
				continue
			}
			api.replies = map[string]reply{write.route: {200, body}}
			got, next := serve(t, api, setup{}).answer(t, write.name, write.arguments)
			if next.Action != tool.OpenURL || next.URL != "https://app.opentrain.ai" || address != "" && strings.Contains(got.Text, address) || !strings.Contains(next.Note, "no safe link") {
				t.Errorf("%s, %q: %+v", write.name, address, next)
			}
		}
	}
}

// TestYesIsForWhatWasShown: after a change of the milestone's amount, a yes from before asks again.
func TestYesIsForWhatWasShown(t *testing.T) {
	for _, write := range hiringWrites() {
		if !write.asks {
			continue
		}
		api := &hiring{}
		tools := serve(t, api, setup{confirm: true})
		arguments := write.confirmed(t, tools)
		changed := strings.NewReplacer("Maria G.", "Someone Else").Replace
		api.replies = map[string]reply{
			"GET /contracts": {200, changed(api.answers()["GET /contracts"])}, "GET /contracts/c1": {200, changed(api.answers()["GET /contracts/c1"])},
			"GET /proposals/p1": {200, changed(theProposal)},
		}
		got, next := tools.answer(t, write.name, arguments)
		if next.Action != tool.ConfirmWithHuman || len(api.sent) != 0 || !strings.Contains(got.Text, "Someone Else") {
			t.Errorf("%s: sent %v, next %+v", write.name, api.sent, next)
		}
		// The yes of one caller, tool or set of terms is none for another.
		_, next = tools.answer(t, write.name, arguments)
		for _, other := range hiringWrites() {
			if other.name == write.name || !other.asks {
				continue
			}
			with := strings.TrimSuffix(other.arguments, "}") + fmt.Sprintf(`,"confirmationToken":%q}`, next.Arguments["confirmationToken"])
			if _, next := tools.answer(t, other.name, with); next.Action != tool.ConfirmWithHuman {
				t.Errorf("a yes for %s counts for %s: %+v", write.name, other.name, next)
			}
		}
		if len(api.sent) != 0 {
			t.Errorf("%s: sent %v", write.name, api.sent)
		}
	}
}

// TestQuestionsSayEachThingOnce, in the conversation.
func TestQuestionsSayEachThingOnce(t *testing.T) {
	for _, write := range hiringWrites() {
		if !write.asks {
			continue
		}
		asked, _ := serve(t, &hiring{}, setup{confirm: true}).answer(t, write.name, write.arguments)
		for _, once := range []string{"Maria G.", "in total", "Amount: ", "in OpenTrain's app", "replaces it"} {
			if n := strings.Count(asked.Text, once); n > 1 {
				t.Errorf("%s: %q is said %d times:\n%s", write.name, once, n, asked.Text)
			}
		}
		for _, none := range []string{`"trainer"`, `"cost"`, `"amountUsd":120`} {
			if strings.Contains(string(asked.Structured), none) {
				t.Errorf("%s: %s is in\n%s", write.name, none, asked.Structured)
			}
		}
	}
}

// TestHiringForms: a form asks, a no ends the matter, and a yes sends once.
func TestHiringForms(t *testing.T) {
	for _, write := range hiringWrites() {
		if !write.asks {
			continue
		}
		api := &hiring{}
		tools := serve(t, api, setup{confirm: true})
		form := tool.Call{Caller: alice, CanAsk: true}
		_, ask, failure := tools.run(t.Context(), t, form, write.name, write.arguments)
		if ask == nil || failure != nil {
			t.Fatalf("%s: %v", write.name, failure)
		}
		wants(t, ask.Message, "“Maria G.”", "Title: Label cats")
		declined := form
		declined.State, declined.Form = ask.State, tool.FormDeclined
		result, _, failure := tools.run(t.Context(), t, declined, write.name, write.arguments)
		if failure != nil || nextIn(t, result).Action != tool.Done || len(api.sent) != 0 {
			t.Errorf("%s, declined: %v, sent %v", write.name, failure, api.sent)
		}
		_, ask, _ = tools.run(t.Context(), t, form, write.name, write.arguments)
		answered := form
		answered.State, answered.Form, answered.Answers = ask.State, tool.FormAnswered, map[string]json.RawMessage{"confirm": json.RawMessage("true")}
		for range 2 { // the second time, the yes is used up
			if _, _, failure = tools.run(t.Context(), t, answered, write.name, write.arguments); failure != nil {
				t.Errorf("%s: %v", write.name, failure)
			}
		}
		if !slices.Equal(api.sent, []string{write.route}) {
			t.Errorf("%s: sent %v", write.name, api.sent)
		}
	}
}
