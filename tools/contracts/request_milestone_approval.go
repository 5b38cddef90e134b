package contracts

import (
	"opentrain-mcp/internal/tool"
	"opentrain-mcp/opentrain"
)

func (c contracts) requestMilestoneApproval() tool.Tool {
	request := milestoneRequest{
		tool: tool.RequestMilestoneApproval, what: "The payment", status: opentrain.MilestoneFunded, reason: opentrain.ReasonMilestoneNotFunded,
		doing: "Accept the work and pay the AI trainer for", question: "Request the payment of this milestone?",
		send: c.API.RequestMilestoneApproval, pays: true,
		means: "A yes only requests it. Confirming it in OpenTrain's app releases the milestone's money to the AI trainer.",
	}
	return request.made(c, "Ask to approve a milestone",
		"Ask to accept the work of a funded milestone and pay the AI trainer for it. It returns the page in OpenTrain's app where "+
			"a human confirms the payment. Use it once the human says that the work is done. "+
			"The human approves the request first; nothing is paid until they confirm it in the app, within about 72 hours. "+
			"To fund a milestone before the work, use opentrain_request_milestone_funding.")
}
