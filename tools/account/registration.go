package account

import (
	"errors"

	"opentrain-mcp/internal/account"
	"opentrain-mcp/internal/confirm"
	"opentrain-mcp/internal/draft"
	"opentrain-mcp/internal/text"
	"opentrain-mcp/internal/tool"
	"opentrain-mcp/opentrain"
)

// Registration returns the step that asks the human whether to register an account, nil where callers bring their own.
func Registration(desk *draft.Desk, person *account.Account) func(tool.Call) tool.Next {
	if person == nil {
		return nil
	}
	return tools{desk, person}.registrationNext
}

// registrationNext asks the human in the conversation. Where the host shows forms, the call itself asks.
func (t tools) registrationNext(call tool.Call) tool.Next {
	if call.CanAsk || t.Confirm.Off() {
		return tool.Next{Action: tool.CallTool, Tool: tool.RegisterAgent, Arguments: map[string]any{}, Note: "Set up an account."}
	}
	none := registerAgentInput{}
	asking := tool.Call{Caller: call.Caller, Served: call.Served} // a form of the running call isn't about this
	_, _, next := t.Confirm.Approve(asking, none.intent(), t.preview(none))
	return next
}

// newAccount is the subject of a registration.
const newAccount = "new account"

// intent is the intent to register an account with these arguments.
func (in registerAgentInput) intent() confirm.Intent {
	intent := confirm.Intent{
		Tool: tool.RegisterAgent, Subject: newAccount, Anonymous: true, Question: "Register a new OpenTrain account?", Asking: in.Asking,
		Means: "The agent can then post jobs for you.", IfNo: "No account is registered.", Arguments: map[string]any{},
	}
	if in.Force {
		intent.Arguments["force"] = true
	}
	for name, value := range map[string]string{"agentName": in.AgentName, "organizationName": in.OrganizationName} {
		if value != "" {
			intent.Arguments[name] = value
		}
	}
	return intent
}

// preview is what the human sees before the yes.
func (t tools) preview(in registerAgentInput) tool.Preview {
	preview := tool.Preview{Title: "A new OpenTrain account", Notes: []string{
		"It can publish 3 jobs a day. To hire, claim it within 24 hours, with an email address that has no OpenTrain account yet.",
	}}
	for _, named := range []struct{ what, name string }{{"Organization", in.OrganizationName}, {"Agent", in.AgentName}} {
		if named.name != "" {
			preview.Changes = append(preview.Changes, named.what+": "+text.InQuotes(named.name, 100))
		}
	}
	switch {
	case t.person.InSandbox():
		preview.Notes = append(preview.Notes, "This is the sandbox: nothing is real.")
		if in.Force {
			preview.Warnings = []string{staysBehind + " No tool leads back to it."}
		}
	case in.Force:
		preview.Warnings = []string{staysBehind + " Its token in " + t.person.Place() + " is replaced: to return to it, you need another " +
			"token of it, and opentrain-mcp login --token --force."}
	default:
		preview.Notes = append(preview.Notes, "Its token is saved in "+t.person.Place()+".")
	}
	return preview
}

// staysBehind is what a human loses sight of when an account is registered over another.
const staysBehind = "The jobs, contracts and credits of the account in use now stay with that account."

// notRegistered adds the step that leads on to OpenTrain's refusal.
func (t tools) notRegistered(call tool.Call, err error) error {
	if errors.Is(err, &opentrain.Error{Code: opentrain.CodeAnonymousNotEnabled}) {
		const problem = "OpenTrain doesn't let agents register at the moment."
		return &tool.Refusal{
			Code: opentrain.CodeForbidden, Lines: []string{problem, pasteToken},
			Next: tool.Next{Action: tool.Fix, By: "human", Problem: problem + " " + pasteToken, URL: opentrain.DefaultBaseURL},
		}
	}
	return t.refusal(call, tool.RegisterAgent, err)
}

// pasteToken is how a human brings a token of an existing account.
const pasteToken = "The human can copy a token from OpenTrain's app (Settings → API keys) and save it with: " +
	"opentrain-mcp login --token --force."
