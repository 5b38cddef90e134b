package contracts

import (
	"context"
	"errors"

	"opentrain-mcp/internal/confirm"
	"opentrain-mcp/internal/text"
	"opentrain-mcp/internal/tool"
	"opentrain-mcp/opentrain"
	"opentrain-mcp/schema"
)

// waiting is a request that waits for the human.
type waiting struct {
	approval
	About []string `json:"about,omitempty"`
}

func (waiting) JSONSchema() *schema.Node {
	return tool.PlainObject("id, status, url, expiresAt, about.")
}

// maxWaiting is how many approvals one call looks at, the newest first.
const maxWaiting = 10

// pending returns the approval that the caller asked for with the same arguments, if it is still pending: that page is the answer, not
// another question. replaced warns of a pending
// approval for other arguments.
func (c contracts) pending(ctx context.Context, call tool.Call, intent confirm.Intent) (same *approval, replaced []string) {
	asked, found := c.Confirm.Approvals.Of(call.Caller, intent.Tool, intent.Subject)
	if !found {
		return nil, nil
	}
	came, err := c.API.GetApproval(ctx, asked.ID)
	switch {
	case err != nil || came.Status != opentrain.ApprovalPending:
		return nil, nil
	case !asked.For(intent):
		return nil, []string{"Approval " + asked.ID + " of a request with other terms is pending. This request replaces it."}
	}
	same = approvalOf(*came)
	same.requestedBefore = true
	return same, nil
}

// requested remembers an approval that the caller has asked for.
func (c contracts) requested(call tool.Call, intent confirm.Intent, asked opentrain.Approval, about []string) *approval {
	if asked.ID != "" {
		c.Confirm.Approvals.Add(call.Caller, intent, text.Stranger(asked.ID, 100), about)
	}
	return approvalOf(asked)
}

// pendingWords says where the pending approval of a milestone is.
func (c contracts) pendingWords(call tool.Call, milestoneID string) string {
	for _, name := range []string{tool.RequestMilestoneFunding, tool.RequestMilestoneApproval} {
		if asked, found := c.Confirm.Approvals.Of(call.Caller, name, "milestone "+milestoneID); found {
			return "Approval " + asked.ID + " is pending: see it with " + tool.GetApproval + "."
		}
	}
	return "An approval is pending. The human finds it in OpenTrain's app."
}

// allPending lists the approvals that the caller asked for through this server and that no one has decided.
func (c contracts) allPending(ctx context.Context, call tool.Call) (getApprovalOutput, error) {
	out := getApprovalOutput{Interpreted: call.Interpreted, Next: tool.Next{Action: tool.Done}}
	all := c.Confirm.Approvals.All(call.Caller)
	for _, asked := range all[:min(len(all), maxWaiting)] {
		came, err := c.API.GetApproval(ctx, asked.ID)
		switch {
		case errors.Is(err, &opentrain.Error{Code: opentrain.CodeNotFound}):
		case err != nil:
			return out, err
		case came.Status == opentrain.ApprovalPending:
			out.Pending = append(out.Pending, waiting{*approvalOf(*came), asked.About})
			continue
		}
		c.Confirm.Approvals.Forget(call.Caller, asked.ID)
	}
	out.Outcome = "No request of this server waits for the human."
	if len(out.Pending) > 0 {
		out.Outcome = text.Count(len(out.Pending), "request") + " of this server for the human to decide in OpenTrain's app."
	}
	out.Outcome += " It knows only what it requested since it started; the app shows everything."
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

func (o getApprovalOutput) pendingText() string {
	var l text.Lines
	l.Add("%s", o.Outcome)
	for _, w := range o.Pending {
		l.Add("- Approval %s", text.Join(" · ", w.ID, w.URL, text.Labeled("open until", w.ExpiresAt)))
		for _, line := range w.About {
			l.Quoted("  ", line)
		}
	}
	l.Fields("Interpreted", o.Interpreted)
	return l.With(o.Next.Text())
}
