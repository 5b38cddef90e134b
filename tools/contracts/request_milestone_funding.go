package contracts

import (
	"context"

	"opentrain-mcp/internal/tool"
	"opentrain-mcp/opentrain"
)

func (c contracts) requestMilestoneFunding() tool.Tool {
	request := milestoneRequest{
		tool: tool.RequestMilestoneFunding, what: "The funding", status: opentrain.MilestoneNotFunded, reason: opentrain.ReasonMilestoneNotOpen,
		doing: "Fund", question: "Request the funding of this milestone?", send: c.API.RequestMilestoneFunding,
		note: "A human confirms it in OpenTrain's app, which shows the whole charge with any fees. Nothing is charged before.",
	}
	return tool.New(tool.Spec{
		Name: request.tool, Title: "Ask to fund a milestone", Kind: tool.KindRequest,
		Description: "Ask to fund a milestone that isn't funded yet, and return the page in OpenTrain's app where a human confirms it. " +
			"Use it when the AI trainer is to start on the milestone. The account needs a payment method or enough credits. " +
			"The human approves the request first; nothing is charged until they confirm it in the app, within about 72 hours. " +
			"To pay for finished work, use opentrain_request_milestone_approval.",
		Scope: opentrain.ScopePaymentsWrite, Claimed: true, Feature: paymentsFeature(),
		OutcomeUnknown: "It's unclear whether the approval was requested. " + tool.ListContracts + " shows whether one is pending.",
		NotFound:       "No contract of this account has a milestone with that id.", Find: findContracts(), Check: pendingIn(),
	}, func(ctx context.Context, call tool.Call, in milestoneRequestInput) (milestoneRequestOutput, *tool.Ask, error) {
		return request.run(ctx, c, call, in)
	})
}
