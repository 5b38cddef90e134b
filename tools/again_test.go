package tools_test

import (
	"strings"
	"testing"

	"opentrain-mcp/internal/tool"
)

// TestWhatIsThereAlreadyIsWarnedOf: before a yes to a call that makes something new each time, the human sees that the same is there.
func TestWhatIsThereAlreadyIsWarnedOf(t *testing.T) {
	sent := correspondence()
	sent.answers["GET /messages"] = strings.TrimSuffix(conversations, `,"nextCursor":"n"}`) + "," + strings.TrimPrefix(thread, "{")
	const milestone = "The contract already has this milestone: m1, “First”, $300, not funded. A yes adds another one."
	for name, test := range map[string]struct {
		tools           served
		tool, arguments string
		warning         string // "" for none
	}{
		"the same milestone": {serve(t, &hiring{}, setup{confirm: true}), tool.CreateMilestone, `{"contractId":"c1","description":"100 cats","amountUsd":300}`, milestone},
		"with its name":      {serve(t, &hiring{}, setup{confirm: true}), tool.CreateMilestone, `{"contractId":"c1","name":"First","description":"100 cats","amountUsd":300}`, milestone},
		"another name":       {serve(t, &hiring{}, setup{confirm: true}), tool.CreateMilestone, `{"contractId":"c1","name":"Third","description":"100 cats","amountUsd":300}`, ""},
		"another amount":     {serve(t, &hiring{}, setup{confirm: true}), tool.CreateMilestone, `{"contractId":"c1","description":"100 cats","amountUsd":301}`, ""},
		"another text":       {serve(t, &hiring{}, setup{confirm: true}), tool.CreateMilestone, `{"contractId":"c1","description":"100 dogs","amountUsd":300}`, ""},
		"the same message": {serve(t, sent, setup{confirm: true}), tool.SendMessage, sending("v", "Hello\nMaria", ""),
			"You already sent this message at 2026-06-01T10:00:00Z. A yes sends it again."},
		"the other side's": {serve(t, sent, setup{confirm: true}), tool.SendMessage, sending("v", "When do I start?", ""), ""},
		"another message":  {serve(t, sent, setup{confirm: true}), tool.SendMessage, sending("v", "Hello", ""), ""},
		"the same webhook": {serve(t, &office{}, setup{confirm: true, config: t.TempDir()}), tool.CreateWebhook, `{"url":"https://example.com/hook","eventTypes":["payment.pending"]}`,
			"There is already a webhook with this address: w1 (active), for message.received. A yes creates another one."},
		"a list in one text": {serve(t, &office{}, setup{confirm: true, config: t.TempDir()}), tool.CreateWebhook, `{"url":"https://example.com/hook","eventTypes":"proposal.received; message.received"}`,
			"There is already a webhook with this address: w1 (active), for message.received. A yes creates another one."},
		"another webhook": {serve(t, &office{}, setup{confirm: true, config: t.TempDir()}), tool.CreateWebhook, `{"url":"https://example.com/other","eventTypes":["payment.pending"]}`, ""},
	} {
		asked, next := test.tools.answer(t, test.tool, test.arguments)
		if next.Action != tool.ConfirmWithHuman || strings.Contains(asked.Text, "Warning:") != (test.warning != "") {
			t.Errorf("%s: %s", name, asked.Text)
		}
		if test.warning != "" {
			wants(t, asked.Text, "> Warning: "+test.warning)
		}
	}
}

// TestAPendingEndIsWarnedOf before more work is added to the contract, or money.
func TestAPendingEndIsWarnedOf(t *testing.T) {
	for status, warning := range map[int]string{200: "Approval a1 to end this contract is pending.", 500: "Approval a1 to end this contract may still be pending."} {
		for _, write := range hiringWrites()[1:4] {
			api := &hiring{replies: map[string]reply{}}
			tools := serve(t, api, setup{confirm: true})
			_, asked := tools.answer(t, tool.EndContract, `{"contractId":"c1"}`)
			tools.answer(t, asked.Tool, follow(t, asked))
			api.replies["GET /approvals/a1"] = reply{status, approvalOf("contract_end", "pending", "")}
			again, _ := tools.answer(t, write.name, write.arguments)
			wants(t, again.Text, "> Warning: "+warning)
			api.replies["GET /approvals/a1"] = reply{200, approvalOf("contract_end", "declined", "")}
			if again, _ = tools.answer(t, write.name, write.arguments); strings.Contains(again.Text, "Warning:") {
				t.Errorf("%s after a no:\n%s", write.name, again.Text)
			}
		}
	}
}

// TestAnApprovalThatIsGoneIsForgotten: OpenTrain no longer knows it, so no one is warned of it or sent to it.
func TestAnApprovalThatIsGoneIsForgotten(t *testing.T) {
	const missing = `{"error":"No approval.","code":"NOT_FOUND"}`
	requested := func(name, arguments string) served {
		api := &hiring{replies: map[string]reply{}}
		tools := serve(t, api, setup{confirm: true})
		_, asked := tools.answer(t, name, arguments)
		tools.answer(t, asked.Tool, follow(t, asked))
		api.replies["GET /approvals/a1"] = reply{404, missing}
		return tools
	}
	for _, write := range hiringWrites()[1:4] {
		tools := requested(tool.EndContract, `{"contractId":"c1"}`)
		again, _ := tools.answer(t, write.name, write.arguments)
		contract, _ := tools.answer(t, tool.GetContract, `{"contractId":"c1"}`)
		for _, got := range []string{again.Text, contract.Text} {
			if strings.Contains(got, "pproval a1") {
				t.Errorf("%s:\n%s", write.name, got)
			}
		}
	}
	tools := requested(tool.HireProposal, hireArguments)
	other, _ := tools.answer(t, tool.HireProposal, strings.Replace(hireArguments, "300", "100", 1))
	if strings.Contains(other.Text, "pproval a1") {
		t.Error(other.Text)
	}
	wants(t, other.Text, "If no: No one is hired.")
	tools = requested(tool.EndContract, `{"contractId":"c1"}`)
	if _, _, failure := tools.run(t.Context(), t, tool.Call{Caller: alice}, tool.GetApproval, `{"approvalId":"a1"}`); failure == nil {
		t.Error("an approval that is gone is shown")
	}
	if contract, _ := tools.answer(t, tool.GetContract, `{"contractId":"c1"}`); strings.Contains(contract.Text, "pproval a1") {
		t.Errorf("after a look at it:\n%s", contract.Text)
	}
}

// TestAYesIsForWhatWasThere: a webhook that came since is shown before another one is created.
func TestAYesIsForWhatWasThere(t *testing.T) {
	api := &office{webhooks: `{"webhooks":[]}`}
	tools := serve(t, api, setup{confirm: true, config: t.TempDir()})
	_, asked := tools.answer(t, tool.CreateWebhook, `{"url":"https://example.com/hook","eventTypes":["payment.pending"]}`)
	api.webhooks = ""
	again, next := tools.answer(t, asked.Tool, follow(t, asked))
	if next.Action != tool.ConfirmWithHuman || len(api.writes) > 0 {
		t.Errorf("%+v, sent %v", next, api.writes)
	}
	wants(t, again.Text, "Something has changed since the human saw it.", "There is already a webhook with this address: w1")
}
