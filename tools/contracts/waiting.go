package contracts

import (
	"context"
	"fmt"

	"opentrain-mcp/internal/confirm"
	"opentrain-mcp/internal/text"
	"opentrain-mcp/internal/tool"
	"opentrain-mcp/opentrain"
	"opentrain-mcp/schema"
)

// request is what was requested of the human, and what became of it.
type request struct {
	approval
	About []string `json:"about,omitempty"`
}

func (request) JSONSchema() *schema.Node {
	return tool.PlainObject("id, status, url, expiresAt, about.")
}

// maxListed is how many requests one call looks at, the newest first.
const maxListed = 20

// pending returns the approval that the caller asked for with the same arguments, if it is still pending: that page is the answer,
// not another question. The warnings are of an approval that may be pending, and of one for other arguments that is.
func (c contracts) pending(ctx context.Context, call tool.Call, intent confirm.Intent) (same *approval, warnings []string) {
	asked, found := c.Confirm.Approvals.Of(call.Caller, intent.Tool, intent.Subject)
	if !found {
		return nil, nil
	}
	came, gone, err := c.Approval(ctx, call.Caller, asked.ID)
	switch other := !asked.For(intent); {
	case gone, err == nil && came.Status != opentrain.ApprovalPending:
		return nil, nil
	case err != nil && other:
		return nil, []string{"Approval " + asked.ID + " of a request with other terms may still be pending. This request would replace it."}
	case err != nil:
		return nil, []string{"Approval " + asked.ID + " of the same request may still be pending."}
	case other:
		return nil, []string{"Approval " + asked.ID + " of a request with other terms is pending. This request replaces it."}
	}
	same = approvalOf(*came)
	same.requestedBefore = true
	return same, nil
}

// requested remembers an approval that the caller has asked for.
func (c contracts) requested(call tool.Call, intent confirm.Intent, asked opentrain.Approval, shown tool.Preview) *approval {
	if asked.ID != "" {
		id := text.Stranger(asked.ID, 100)
		c.Confirm.Approvals.Add(call.Caller, intent, confirm.Asked{ID: id, JobID: shown.JobID, About: shown.Changes})
	}
	return approvalOf(asked)
}

// endRequested warns that the end of a contract was requested, and may come.
func (c contracts) endRequested(ctx context.Context, call tool.Call, contractID string) []string {
	asked, found := c.Confirm.Approvals.Of(call.Caller, tool.EndContract, "contract "+contractID)
	if !found {
		return nil
	}
	return c.StillPending(ctx, call.Caller, asked.ID, " to end this contract")
}

// requests lists the approvals that the caller asked for through this server.
func (c contracts) requests(ctx context.Context, call tool.Call) (getApprovalOutput, error) {
	out := getApprovalOutput{Interpreted: call.Interpreted, Next: tool.Next{Action: tool.Done}}
	if call.Caller.ID == "" {
		return out, &opentrain.Error{Code: opentrain.CodeNoToken, Message: "this call needs an OpenTrain API token", NotSent: true}
	}
	all, waiting := c.Confirm.Approvals.All(call.Caller), []*approval{}
	for _, asked := range all[:min(len(all), maxListed)] {
		came, gone, err := c.Approval(ctx, call.Caller, asked.ID)
		switch {
		case gone:
			continue
		case err != nil:
			return out, err
		case came.Status == opentrain.ApprovalPending:
			waiting = append(waiting, approvalOf(*came))
		}
		out.Requests = append(out.Requests, request{*approvalOf(*came), asked.About})
	}
	more := len(all) - maxListed
	switch {
	case len(waiting) > 0:
		out.Outcome = text.Count(len(waiting), "request") + " waiting for a decision in OpenTrain's app."
		out.Next = waiting[0].next()
	case more > 0:
		out.Outcome = fmt.Sprintf("None of the %d newest requests is waiting for a decision.", maxListed)
	default:
		out.Outcome = "No request is waiting for a decision."
	}
	if len(waiting) > 1 {
		out.Next.Note += " The others are waiting too."
	}
	if more > 0 {
		out.Outcome += " Not checked: " + text.Count(more, "older request") + "."
	}
	out.Outcome += " This server knows only the requests made since it started; the app shows everything."
	return out, nil
}

// about is what the human was shown when an approval was requested, nil if that isn't known anymore.
func (c contracts) about(call tool.Call, approvalID string) []string {
	for _, asked := range c.Confirm.Approvals.All(call.Caller) {
		if asked.ID == approvalID {
			return asked.About
		}
	}
	return nil
}

func (o getApprovalOutput) listText() string {
	var l text.Lines
	l.Add("%s", o.Outcome)
	for _, r := range o.Requests {
		until := ""
		if r.Status == opentrain.ApprovalPending {
			until = text.Labeled("open until", r.ExpiresAt)
		}
		l.Add("- Approval %s", text.Join(" · ", r.ID, r.Status, r.URL, until))
		for _, line := range r.About {
			l.Quoted("  ", line)
		}
	}
	l.Fields("Interpreted", o.Interpreted)
	return l.With(o.Next)
}
