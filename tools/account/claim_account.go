package account

import (
	"cmp"
	"context"
	"errors"
	"strings"
	"time"

	"opentrain-mcp/internal/account"
	"opentrain-mcp/internal/text"
	"opentrain-mcp/internal/tool"
	"opentrain-mcp/opentrain"
)

type claimAccountInput struct {
	Email string `json:"email" jsonschema:"minLength=3,maxLength=254" jsonschema_description:"The human's email address, from the human."`
}

type claimAccountOutput struct {
	Email       string    `json:"email"`
	URL         string    `json:"url,omitempty" jsonschema_description:"Page where the human claims the account."`
	Code        string    `json:"code,omitempty" jsonschema_description:"Code that the human enters there."`
	EmailSent   bool      `json:"emailSent"`
	ExpiresAt   string    `json:"expiresAt" jsonschema_description:"When the link and the code expire."`
	Interpreted []string  `json:"interpreted,omitempty"`
	Next        tool.Next `json:"next" jsonschema_description:"What to do now."`
}

func (t tools) claimAccount() tool.Tool {
	return tool.New(tool.Spec{
		Name: tool.ClaimAccount, Title: "Start the claim of the account", Kind: tool.KindClaim, Local: true,
		Description: "Invite a human to claim the account from opentrain_register_agent, and return a link and a code for them. " +
			"Use it when a call needs a claimed account, such as hiring and inviting. Ask the human for the email address; " +
			"it must not have an OpenTrain account yet, and OpenTrain writes to it. " +
			"Give the human the link and the code, then call opentrain_claim_status. " +
			"Calling it again makes a new link and code; the old ones stop working.",
		OutcomeUnknown: "It's unclear whether the human was invited; calling again makes a new link and code.",
	}, t.startClaim)
}

func (t tools) startClaim(ctx context.Context, call tool.Call, in claimAccountInput) (claimAccountOutput, *tool.Ask, error) {
	email := strings.TrimSpace(in.Email)
	if !text.IsEmail(email) {
		return claimAccountOutput{}, nil, tool.Problem("email", "is not an email address")
	}
	attempt, err := t.person.StartClaim(ctx, email)
	if err != nil {
		return claimAccountOutput{}, nil, t.notStarted(call, err)
	}
	out := claimAccountOutput{
		Email: email, EmailSent: attempt.EmailSent, ExpiresAt: attempt.Expires.UTC().Format(time.RFC3339), Interpreted: call.Interpreted,
	}
	out.URL, out.Code = shown(attempt)
	out.Next = t.claiming(attempt)
	return out, nil, nil
}

// shown are an attempt's link and code, safe to show.
func shown(attempt account.Attempt) (url, code string) {
	return text.SecureURL(attempt.URL), text.Stranger(attempt.Code, 20)
}

// claiming is the step in which the human claims the account.
func (t tools) claiming(attempt account.Attempt) tool.Next {
	url, code := shown(attempt)
	then := ", signs up with exactly " + attempt.Email + ", and enters the code " + cmp.Or(code, "from the email") + "."
	lost := "OpenTrain's answer has no safe link. The human opens the one in OpenTrain's email" + then +
		" If there is no email, call " + tool.ClaimAccount + " again later."
	return tool.Next{Tool: tool.ClaimStatus, Arguments: map[string]any{}}.OnPage(url, "The human opens the page"+then, lost)
}

// notStarted adds the step that leads on to OpenTrain's refusal.
func (t tools) notStarted(call tool.Call, err error) error {
	failure, ok := errors.AsType[*opentrain.Error](err)
	if !ok {
		return t.refusal(call, tool.ClaimAccount, err)
	}
	is := func(code opentrain.Code) bool { return failure.Code == code }
	switch {
	case is(opentrain.CodeExpiredToken):
		return t.expired()
	case is(opentrain.CodeEmailTaken):
		const problem = "This email address already has an OpenTrain account."
		return &tool.Refusal{
			Code: opentrain.CodeConflict, Next: tool.ClaimNext(problem),
			Lines: []string{problem + " Nothing was changed.", "Ask the human for another one, or use that account. " + pasteToken},
		}
	case is(opentrain.CodeInvalidRequest):
		problem := "OpenTrain didn't start the claim: " + text.Sentence(failure.Message)
		refused := &tool.Refusal{Code: failure.Code, Lines: []string{problem + " Nothing was changed."}, Next: tool.ClaimNext(problem)}
		if !strings.Contains(strings.ToLower(failure.Message), "email") { // it is about the account
			refused.Next = tool.Next{Action: tool.CallTool, Tool: tool.ClaimStatus, Arguments: map[string]any{}, Note: "It may already be claimed."}
		}
		return refused
	}
	return t.notRegistered(call, err)
}

// expired refuses what needs an account that can still be claimed.
func (t tools) expired() error {
	const problem = "This account can't be claimed anymore: more than 24 hours have passed since it was registered."
	return &tool.Refusal{
		Code: opentrain.CodeConflict, Next: again(), Lines: []string{problem, "To hire, register a new account."},
	}
}

// again is the step that replaces an account which can't be claimed. The call itself asks the human.
func again() tool.Next {
	return tool.Next{
		Action: tool.CallTool, Tool: tool.RegisterAgent, Arguments: map[string]any{"force": true},
		Note: "Only if the human wants a new account. It starts without the old account's jobs.",
	}
}

func (o claimAccountOutput) Effect() tool.Effect { return tool.Effect{Outcome: "claim started"} }

func (o claimAccountOutput) Text() string {
	var l text.Lines
	switch {
	case o.URL != "":
		l.Add("The claim is started. Give the human the link and the code.")
	case o.Code != "":
		l.Add("The claim is started. Give the human the code; OpenTrain's answer has no safe link.")
	default:
		l.Add("The claim is started. OpenTrain's answer has no safe link and no code.")
	}
	l.Field("Link", o.URL)
	l.Field("Code", o.Code)
	l.Field("Valid until", o.ExpiresAt)
	if o.EmailSent {
		l.Add("OpenTrain has also sent them to %s.", o.Email)
	}
	l.Fields("Interpreted", o.Interpreted)
	return l.With(o.Next)
}
