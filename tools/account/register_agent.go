package account

import (
	"context"
	"errors"
	"time"

	"opentrain-mcp/internal/account"
	"opentrain-mcp/internal/confirm"
	"opentrain-mcp/internal/text"
	"opentrain-mcp/internal/tool"
	"opentrain-mcp/opentrain"
	"opentrain-mcp/schema"
)

type registerAgentInput struct {
	AgentName        string `json:"agentName,omitempty" jsonschema:"maxLength=100"`
	OrganizationName string `json:"organizationName,omitempty" jsonschema:"maxLength=100"`
	Force            bool   `json:"force,omitempty"`

	confirm.Asking
}

func (registerAgentInput) JSONSchemaExtend(s *schema.Node) {
	schema.Describe(s, map[string]string{
		"agentName":        "Your name, for the human who claims the account.",
		"organizationName": "The human's organization.",
		"force":            "Replace the token that is saved now.",
	})
}

type registerAgentOutput struct {
	Registered  bool      `json:"registered"`
	SavedTo     string    `json:"savedTo,omitempty" jsonschema_description:"Where the token is."`
	Scopes      []string  `json:"scopes,omitempty" jsonschema_description:"What the account can do until it's claimed."`
	ClaimBy     string    `json:"claimBy,omitempty" jsonschema_description:"Deadline for claiming the account."`
	Problem     string    `json:"problem,omitempty" jsonschema_description:"Why the token couldn't be saved."`
	Interpreted []string  `json:"interpreted,omitempty"`
	Next        tool.Next `json:"next" jsonschema_description:"What to do now."`
}

func (t tools) registerAgent() tool.Tool {
	return tool.New(tool.Spec{
		Name: tool.RegisterAgent, Title: "Register an account", Kind: tool.KindRegister, Local: true,
		Description: "Register a new OpenTrain account for yourself, and save its token on this machine. " +
			"Use it when a call says that there is no account. The human approves it first, in a form or in the conversation. " +
			"All servers on this machine use the account from their next call on, without a restart. It can publish 3 jobs a day right away. " +
			"To invite, message or hire, a human claims it within 24 hours, with opentrain_claim_account. You never see the token.",
		OutcomeUnknown: "It's unclear whether an account was registered; nothing was saved.",
	}, t.register)
}

func (t tools) register(ctx context.Context, call tool.Call, in registerAgentInput) (registerAgentOutput, *tool.Ask, error) {
	out := registerAgentOutput{Interpreted: call.Interpreted}
	unlock, err := t.Confirm.Ledger.Lock(ctx, call.Caller, newAccount)
	if err != nil {
		return out, nil, err
	}
	defer unlock()
	if err := t.person.MayRegister(ctx, in.Force); err != nil {
		return out, nil, t.refusal(call, tool.RegisterAgent, err)
	}
	yes, ask, next := t.Confirm.Approve(call, in.intent(), t.preview(in))
	if out.Next = next; !yes {
		return out, ask, nil
	}
	call.Step("Registering the account")
	made, err := t.person.Register(ctx, opentrain.AgentProfile{
		AgentName: text.Clean(in.AgentName, 100), OrganizationName: text.Clean(in.OrganizationName, 100),
	}, in.Force)
	if _, unsent := errors.AsType[*account.Problem](err); !unsent {
		t.Confirm.Ledger.RecordUse(call.Caller, newAccount, err)
	}
	if err != nil {
		return out, nil, t.notRegistered(call, err)
	}
	out.Registered, out.Scopes, out.ClaimBy = true, text.CleanAll(made.Scopes, 50, 60), made.ClaimBy.UTC().Format(time.RFC3339)
	out.SavedTo, out.Problem = t.kept(made.Unsaved)
	out.Next = t.Accounts.Resume(tool.ClaimNext("The account can post jobs now. If the human wants to hire, ask for their email address."))
	return out, nil, nil
}

func (o registerAgentOutput) Effect() tool.Effect {
	if !o.Registered {
		return tool.Effect{Outcome: "not registered"}
	}
	return tool.Effect{Outcome: "registered"}
}

func (o registerAgentOutput) Text() string {
	var l text.Lines
	switch {
	case o.Registered:
		l.Add("The account is registered, and this server uses it from now on.")
		l.Add("To hire, a human must claim it by %s.", o.ClaimBy)
	case o.Next.Action == tool.ConfirmWithHuman:
		l.Add("No new account yet. Ask the human first.")
	default:
		l.Add("No account was registered.")
	}
	l.Field("Token saved in", o.SavedTo)
	l.Field("Problem", o.Problem)
	l.Fields("Interpreted", o.Interpreted)
	return l.With(o.Next)
}
