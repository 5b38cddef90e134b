package contracts

import (
	"opentrain-mcp/internal/tool"
	"opentrain-mcp/opentrain"
)

func (c contracts) requestMilestoneFunding() tool.Tool {
	request := milestoneRequest{
		tool: tool.RequestMilestoneFunding, what: "The funding", status: opentrain.MilestoneNotFunded, reason: opentrain.ReasonMilestoneNotOpen,
		doing: "Fund", question: "Request the funding of this milestone?", send: c.API.RequestMilestoneFunding,
		means: "A yes only requests it. Nothing is charged until you confirm it in OpenTrain's app, which shows the whole charge with any fees.",
	}
	return request.made(c, "Ask to fund a milestone",
		"Ask to fund a milestone that isn't funded yet, and return the page in OpenTrain's app where a human confirms it. "+
			"Use it when the AI trainer should start on the milestone. The account needs a payment method or enough credits. "+
			"The human approves the request first; nothing is charged until they confirm it in the app, within about 72 hours. "+
			"To pay for finished work, use opentrain_request_milestone_approval.")
}
