package tool

// The tools' names. They are here because any result can name any tool as the next step.
const (
	CreateDraft   = "opentrain_create_draft"
	GetDraft      = "opentrain_get_draft"
	PatchDraft    = "opentrain_patch_draft"
	Publish       = "opentrain_publish"
	ListJobs      = "opentrain_list_jobs"
	UpdateJob     = "opentrain_update_job"
	CloseJob      = "opentrain_close_job"
	SearchJobs    = "opentrain_search_jobs"
	GetJob        = "opentrain_get_job"
	ListFacets    = "opentrain_list_facets"
	ListChanges   = "opentrain_list_changes"
	GetAccount    = "opentrain_get_account"
	RegisterAgent = "opentrain_register_agent"
	ClaimAccount  = "opentrain_claim_account"
	ClaimStatus   = "opentrain_claim_status"
	InviteTrainer = "opentrain_invite_trainer"

	ListProposals        = "opentrain_list_proposals"
	GetProposal          = "opentrain_get_proposal"
	GetFreelancerProfile = "opentrain_get_freelancer_profile"

	ReadMessages              = "opentrain_read_messages"
	StartProposalConversation = "opentrain_start_proposal_conversation"
	SendMessage               = "opentrain_send_message"

	HireProposal             = "opentrain_hire_proposal"
	ListContracts            = "opentrain_list_contracts"
	GetContract              = "opentrain_get_contract"
	CreateMilestone          = "opentrain_create_milestone"
	RequestMilestoneFunding  = "opentrain_request_milestone_funding"
	RequestMilestoneApproval = "opentrain_request_milestone_approval"
	EndContract              = "opentrain_end_contract"
	GetApproval              = "opentrain_get_approval"

	GetCredits          = "opentrain_get_credits" //nolint:gosec // a name
	ListCreditLedger    = "opentrain_list_credit_ledger"
	CreateCreditTopUp   = "opentrain_create_credit_top_up"
	GetCreditTopUp      = "opentrain_get_credit_top_up" //nolint:gosec // a name
	ListPendingPayments = "opentrain_list_pending_payments"

	PollUpdates   = "opentrain_poll_updates"
	CreateWebhook = "opentrain_create_webhook"
	ListWebhooks  = "opentrain_list_webhooks"
	GetWebhook    = "opentrain_get_webhook"
	DeleteWebhook = "opentrain_delete_webhook"

	ListTokens       = "opentrain_list_tokens"
	RevokeToken      = "opentrain_revoke_token"
	GetTeam          = "opentrain_get_team"
	InviteTeamMember = "opentrain_invite_team_member"
)
