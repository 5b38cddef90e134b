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
)
