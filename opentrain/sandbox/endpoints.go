package sandbox

import "net/http"

// teamFeature is the feature of a team. An account can also have no teams at all: see Account.Disabled.
const teamFeature = "public_api_team"

// laterRoutes are the endpoints for what follows a published job: people, contracts and money, updates, and the account.
func laterRoutes() []route {
	const (
		hiring, messaging, payments = "public_api_hiring", "public_api_messaging_writes", "public_api_payments_write"
		credits, hooks, teams       = "public_api_credits", "public_api_webhooks", teamFeature
		readPeople, pay             = "proposals:read", "payments:write"
		readMoney, manage           = "payments:read", "webhooks:manage"
	)
	return []route{
		{method: "GET", path: "/jobs/{id}/proposals", scope: readPeople, foreign: http.StatusForbidden, handle: (*Sandbox).listProposals},
		{method: "GET", path: "/proposals/{proposalId}", scope: readPeople, handle: on("proposalId", (*Sandbox).getProposal)},
		{method: "GET", path: "/proposals/{proposalId}/interview", scope: readPeople, handle: on("proposalId", (*Sandbox).interview)},
		{method: "POST", path: "/proposals/{proposalId}/hire", feature: hiring, scope: "proposals:write", claim: "hire AI trainers", body: true,
			handle: on("proposalId", (*Sandbox).hire)},
		{method: "POST", path: "/proposals/{proposalId}/conversation", feature: messaging, scope: "messages:write",
			claim: "start conversations", handle: on("proposalId", (*Sandbox).converse)},
		{method: "GET", path: "/freelancers/{idOrSlug}", scope: readPeople, handle: (*Sandbox).freelancer},
		{method: "GET", path: "/messages", scope: "messages:read", handle: (*Sandbox).listMessages},
		{method: "POST", path: "/messages", feature: messaging, scope: "messages:write", claim: "send messages", body: true,
			handle: (*Sandbox).sendMessage},

		{method: "GET", path: "/contracts", scope: readMoney, handle: (*Sandbox).listContracts},
		{method: "GET", path: "/contracts/{contractId}", scope: readMoney, handle: on("contractId", (*Sandbox).getContract)},
		{method: "POST", path: "/contracts/{contractId}/milestones", feature: payments, scope: pay, claim: "create milestones", body: true,
			handle: on("contractId", (*Sandbox).createMilestone)},
		{method: "POST", path: "/contracts/{contractId}/end", feature: payments, scope: pay, claim: "end contracts",
			handle: on("contractId", (*Sandbox).endContract)},
		{method: "POST", path: "/milestones/{milestoneId}/fund", feature: payments, scope: pay, claim: "fund milestones",
			handle: on("milestoneId", (*Sandbox).fundMilestone)},
		{method: "POST", path: "/milestones/{milestoneId}/approve", feature: payments, scope: pay, claim: "approve milestones",
			handle: on("milestoneId", (*Sandbox).approveMilestone)},
		{method: "GET", path: "/approvals/{approvalId}", scope: readMoney, handle: on("approvalId", (*Sandbox).getApproval)},
		{method: "GET", path: "/credits", feature: credits, scope: readMoney, handle: (*Sandbox).getCredits},
		{method: "GET", path: "/credits/ledger", feature: credits, scope: readMoney, handle: (*Sandbox).listLedger},
		{method: "POST", path: "/credits/top-ups", feature: credits, scope: pay, claim: "create credit top-ups", body: true,
			handle: (*Sandbox).createTopUp},
		{method: "GET", path: "/credits/top-ups/{topUpId}", feature: credits, scope: readMoney, handle: on("topUpId", (*Sandbox).getTopUp)},
		{method: "GET", path: "/payments/pending", scope: readMoney, handle: (*Sandbox).pendingPayments},

		{method: "GET", path: "/updates", handle: (*Sandbox).pollUpdates},
		{method: "GET", path: "/webhooks", feature: hooks, scope: manage, handle: (*Sandbox).listWebhooks},
		{method: "POST", path: "/webhooks", feature: hooks, scope: manage, body: true, handle: (*Sandbox).createWebhook},
		{method: "GET", path: "/webhooks/{webhookId}", feature: hooks, scope: manage, handle: on("webhookId", (*Sandbox).getWebhook)},
		{method: "DELETE", path: "/webhooks/{webhookId}", feature: hooks, scope: manage, handle: on("webhookId", (*Sandbox).deleteWebhook)},
		{method: "GET", path: "/tokens", handle: (*Sandbox).listTokens},
		{method: "POST", path: "/tokens", body: true, handle: (*Sandbox).createToken},
		{method: "DELETE", path: "/tokens/{tokenId}", handle: on("tokenId", (*Sandbox).revokeToken)},
		{method: "GET", path: "/team", feature: teams, scope: "team:read", handle: (*Sandbox).getTeam},
		{method: "POST", path: "/team/invites", feature: teams, scope: "team:write", claim: "invite team members", body: true,
			handle: (*Sandbox).inviteMember},
	}
}
