package tools_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"opentrain-mcp/internal/caller"
	"opentrain-mcp/internal/confirm"
	"opentrain-mcp/internal/draft"
	"opentrain-mcp/internal/seal"
	"opentrain-mcp/internal/store"
	"opentrain-mcp/internal/tool"
	"opentrain-mcp/opentrain"
	"opentrain-mcp/schema"
	"opentrain-mcp/tools"
)

// sensitive are the tools of the sets in which nothing may happen without a human, as far as this release has them.
func sensitive(t *testing.T, api *hiring) []tool.Tool {
	t.Helper()
	client, errClient := opentrain.New(opentrain.Config{Transport: api})
	box, errBox := seal.New()
	if errClient != nil || errBox != nil {
		t.Fatal(errClient, errBox)
	}
	memory := store.InMemory(time.Now)
	desk := draft.NewDesk(client, tool.NewAccounts(client), confirm.New(false, box, memory), memory, false, time.Now)
	var found []tool.Tool
	for _, set := range tools.Sets(desk, nil) {
		if slices.Contains([]string{"contracts", "money", "admin"}, set.Name) {
			if !set.OffByDefault {
				t.Errorf("the toolset %s is on by default", set.Name)
			}
			found = append(found, set.Tools...)
		}
	}
	return found
}

// argumentsFor are arguments for a tool, with a value for each one that it requires.
func argumentsFor(t *testing.T, made tool.Tool) map[string]any {
	t.Helper()
	values := map[string]any{
		"proposalId": "p1", "contractId": "c1", "milestoneId": "m1", "approvalId": "a1", "topUpId": "u1", "tokenId": "t1", "email": "new@example.com",
		"amountUsd": 50, "dueDate": "2126-07-01", "description": "More cats", "name": "Cats",
	}
	if made.Name == tool.RequestMilestoneApproval {
		values["milestoneId"] = "m2"
	}
	fields, err := schema.Fields(made.Schemas().Input)
	if err != nil {
		t.Fatal(err)
	}
	arguments := map[string]any{}
	for _, field := range fields {
		value, known := values[field.Name]
		if known && (field.Required || field.Name == "name" || field.Name == "amountUsd") {
			arguments[field.Name] = value
		} else if field.Required {
			t.Errorf("%s requires %s, for which this test has no value", made.Name, field.Name)
		}
	}
	return arguments
}

// TestNothingChangesWithoutAHuman: with --confirm auto, no call of a tool of these sets changes anything without a sealed yes.
// The exception makes a page on which a human pays. What a yes sends about a hire or money is only a request, whose approval
// waits in OpenTrain's app.
func TestNothingChangesWithoutAHuman(t *testing.T) {
	api := &hiring{}
	all := serve(t, api, setup{confirm: true})
	writes := map[string]string{}
	for _, made := range sensitive(t, api) {
		api.sent = nil
		arguments := argumentsFor(t, made)
		run := func(call tool.Call, more map[string]any) (next tool.Next, ask *tool.Ask) {
			t.Helper()
			with := maps.Clone(arguments)
			maps.Copy(with, more)
			data, err := json.Marshal(with)
			if err != nil {
				t.Fatal(err)
			}
			result, ask, failure := all.run(t.Context(), t, call, made.Name, string(data))
			if failure != nil {
				t.Errorf("%s %s: %s", made.Name, data, failure.Text())
			} else if ask == nil {
				next = nextIn(t, result)
			}
			return next, ask
		}
		asker := tool.Call{Caller: alice}
		next, _ := run(asker, nil)
		switch {
		case made.Kind.ReadOnly():
			if len(api.sent) > 0 {
				t.Errorf("%s reads, and sent %v", made.Name, api.sent)
			}
			continue
		case next.Action == tool.OpenURL:
			if made.Name != tool.CreateCreditTopUp || !strings.HasPrefix(next.URL, "https://checkout.stripe.com/") {
				t.Errorf("%s asked no one: %+v", made.Name, next)
			}
			continue
		case next.Action != tool.ConfirmWithHuman || next.Tool != made.Name || len(api.sent) > 0:
			t.Errorf("%s: sent %v, next %+v", made.Name, api.sent, next)
			continue
		}
		asked, err := json.Marshal(arguments)
		if err != nil {
			t.Fatal(err)
		}
		all.asksTheSame(t, next, string(asked))
		token := fmt.Sprint(next.Arguments["confirmationToken"])
		form := tool.Call{Caller: alice, CanAsk: true}
		_, ask := run(form, nil)
		if ask == nil {
			t.Errorf("%s shows no form", made.Name)
			continue
		}
		state := func(form tool.FormOutcome, state, answer string) tool.Call {
			call := tool.Call{Caller: alice, CanAsk: true, Form: form, State: json.RawMessage(state)}
			if answer != "" {
				call.Answers = map[string]json.RawMessage{"confirm": json.RawMessage(answer)}
			}
			return call
		}
		for name, attempt := range map[string]struct {
			call tool.Call
			more map[string]any
		}{
			"an invented token":      {asker, map[string]any{"confirmationToken": "yes"}},
			"a cut token":            {asker, map[string]any{"confirmationToken": token[:len(token)-1]}},
			"another caller's token": {tool.Call{Caller: caller.Caller{ID: "bob"}}, map[string]any{"confirmationToken": token}},
			"asking for no form":     {form, map[string]any{"askHuman": false}},
			"an unanswered form":     {state(tool.FormUnanswered, string(ask.State), ""), nil},
			"an answer without form": {state(tool.FormAnswered, `""`, "true"), nil},
			"a forged form":          {state(tool.FormAnswered, `"yes"`, "true"), nil},
			"an odd answer":          {state(tool.FormAnswered, string(ask.State), `"true"`), nil},
			"a bad state":            {tool.Call{Caller: alice, CanAsk: true, Form: tool.FormAnswered, BadState: true, Answers: map[string]json.RawMessage{"confirm": json.RawMessage("true")}}, nil},
		} {
			if run(attempt.call, attempt.more); len(api.sent) > 0 {
				t.Errorf("%s: %s sent %v", made.Name, name, api.sent)
				api.sent = nil
			}
		}
		next, _ = run(asker, nil)
		for range 2 { // the second time, the yes is used up
			run(asker, map[string]any{"confirmationToken": next.Arguments["confirmationToken"]})
		}
		if len(api.sent) != 1 {
			t.Errorf("%s, after a yes: sent %v", made.Name, api.sent)
			continue
		}
		writes[made.Name] = api.sent[0]
	}
	// Besides what is said yes to here, OpenTrain asks a human in its app.
	for name, route := range map[string]string{
		tool.HireProposal: "POST /proposals/p1/hire", tool.RequestMilestoneFunding: "POST /milestones/m1/fund",
		tool.RequestMilestoneApproval: "POST /milestones/m2/approve", tool.EndContract: "POST /contracts/c1/end",
		tool.CreateMilestone: "POST /contracts/c1/milestones",
	} {
		if writes[name] != route {
			t.Errorf("%s sent %q", name, writes[name])
		}
	}
}
