// Package account has the tools about the OpenTrain account that the server acts for.
package account

import (
	"errors"

	"opentrain-mcp/internal/account"
	"opentrain-mcp/internal/draft"
	"opentrain-mcp/internal/tool"
	"opentrain-mcp/opentrain"
)

// Toolset returns the tools. person is the account of the person at this machine, nil where callers bring their own.
func Toolset(desk *draft.Desk, person *account.Account) tool.Set {
	t := tools{desk, person}
	return tool.Set{Name: "account", Tools: []tool.Tool{t.getAccount(), t.registerAgent(), t.claimAccount(), t.claimStatus()}}
}

type tools struct {
	*draft.Desk
	person *account.Account
}

// refusal puts a problem that a tool has with the account into words, with the step that leads on. Any other error stays as it is.
func (t tools) refusal(call tool.Call, name string, err error) error {
	problem, ok := errors.AsType[*account.Problem](err)
	if !ok {
		return err
	}
	refused := &tool.Refusal{
		Code: opentrain.CodeForbidden, Lines: []string{problem.Text + " Nothing was changed."},
		Next: tool.Next{Action: tool.Fix, By: "human", Problem: problem.Text},
	}
	switch problem.Reason {
	case account.SetElsewhere:
		refused.Lines = append(refused.Lines, "It stays in use as long as it is set there, so this tool can't replace it. "+
			"To use another account, the human removes it from the host's configuration and restarts the server.")
	case account.NoClaim:
		refused.Code = opentrain.CodeConflict
		refused.Next = t.Accounts.Resume(tool.GetAccountNext("See which account it is."))
	case account.AlreadySaved:
		refused.Code = opentrain.CodeConflict
		uses := "This server uses it."
		if now := t.person.Token(); now.Value == "" { // the call may have begun without a token that is there now
			uses = "This server can't use it. " + now.Problem
		} else {
			refused.Next = t.Accounts.Resume(tool.GetAccountNext("See which account it is."))
		}
		refused.Lines = append(refused.Lines, uses,
			"To replace it with a new account's, ask the human, then call "+tool.RegisterAgent+" with force: true.")
	case account.NotRegistered:
		refused.Next = t.registrationNext(call)
	case account.Busy:
		refused.Code = opentrain.CodeBusy
		refused.Next = tool.Next{Action: tool.Wait, RetryAfterSeconds: 5, Tool: name}
	default: // the human reads what to do about the file
	}
	return refused
}

// kept names where the token is, for people.
func (t tools) kept(unsaved string) (savedTo, problem string) {
	if unsaved != "" {
		return "", unsaved + " This server keeps the token until it ends."
	}
	return t.person.Place(), ""
}
