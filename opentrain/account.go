package opentrain

import (
	"context"
	"encoding/json"
)

// Me returns the user and the account that the token belongs to. It needs a token with any scope
// (developers/api-reference/auth/me).
func (c *Client) Me(ctx context.Context) (*Identity, error) {
	return fetch(ctx, c, request{path: "/auth/me"}, "account", func(i *Identity) bool {
		return i.Actor.UserID != "" || i.Account.OrganizationID != "" || i.Token.ID != ""
	})
}

// Identity is a user, the token of the call, and the account of the token.
type Identity struct {
	Actor struct {
		UserID   string `json:"userId"`
		Email    string `json:"email"`
		FullName string `json:"fullName"`
		UserType string `json:"userType"` // EMPLOYER
	} `json:"actor"`
	Token struct {
		ID     string   `json:"id"`
		Label  string   `json:"label"`
		Scopes []string `json:"scopes"`
	} `json:"token"`
	Account struct {
		Kind           string `json:"kind"` // employer_organization
		OrganizationID string `json:"organizationId"`
		MemberRole     string `json:"memberRole"` // OWNER
	} `json:"account"`
}

// Features that an account needs for the calls of this package. An error for a missing feature names it in
// details.featureKey (developers/concepts/scopes-and-capabilities).
const (
	FeatureDrafting   = "public_api_job_drafting"
	FeaturePublishing = "public_api_job_publishing"
	FeatureHiring     = "public_api_hiring"
	FeatureMessaging  = "public_api_messaging_writes"
	FeatureTeam       = "public_api_team"
	FeaturePayments   = "public_api_payments_write"
	FeatureCredits    = "public_api_credits"
	FeatureWebhooks   = "public_api_webhooks"
)

// Scopes of a token. One that ends in :write includes the one that ends in :read
// (developers/concepts/scopes-and-capabilities).
const (
	ScopeJobsRead       = "jobs:read"
	ScopeJobsWrite      = "jobs:write"
	ScopeProposalsRead  = "proposals:read"
	ScopeProposalsWrite = "proposals:write"
	ScopeMessagesRead   = "messages:read"
	ScopeMessagesWrite  = "messages:write"
	ScopePaymentsRead   = "payments:read"
	ScopePaymentsWrite  = "payments:write" // no token that an agent registers has it
	ScopeTeamRead       = "team:read"
	ScopeTeamWrite      = "team:write"
	ScopeWebhooks       = "webhooks:manage" // nor this one
)

// Capabilities returns what the account may do, which fields a draft has and which values they accept. It
// needs a token with any scope. It fails with FORBIDDEN if the account lacks FeatureDrafting
// (developers/api-reference/job-drafts/capabilities).
func (c *Client) Capabilities(ctx context.Context) (*Capabilities, error) {
	return fetch(ctx, c, request{path: "/job-drafts/capabilities"}, "capabilities", func(c *Capabilities) bool {
		return c.Features != nil || c.Draft.UpdateKeys != nil || c.Draft.Enums != nil
	})
}

// Capabilities is the result of [Client.Capabilities].
type Capabilities struct {
	RolloutMode string `json:"rolloutMode"` // ALL or ALLOWLIST
	// Features says whether the account has a capability, by name (draftCreate, draftUpdate, draftImport,
	// publish, hiring, …). A missing name is unknown.
	Features Flags     `json:"capabilities"`
	Draft    DraftForm `json:"draft"`
}

// Flags are booleans by name.
type Flags map[string]bool

// UnmarshalJSON implements json.Unmarshaler. It skips members that are not booleans.
func (f *Flags) UnmarshalJSON(data []byte) error {
	var members map[string]json.RawMessage
	if err := json.Unmarshal(data, &members); err != nil || members == nil {
		return err
	}
	*f = Flags{}
	for name, member := range members {
		if text := string(member); text == "true" || text == "false" {
			(*f)[name] = text == "true"
		}
	}
	return nil
}

// DraftForm lists the fields of a draft and their values.
type DraftForm struct {
	ImportFormats []string `json:"importFormats"` // values of DraftSource.Format
	UpdateKeys    []string `json:"updateKeys"`    // keys of Fields
	// Enums lists the values that an update key accepts, by key. A key without an entry is not an enum.
	Enums map[string][]string `json:"enums"`
}
