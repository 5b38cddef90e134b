package opentrain

import (
	"context"
	"encoding/json"
	"net/http"
)

// Me tells whose token it is. It needs a token of any scope
// (developers/api-reference/auth/me).
func (c *Client) Me(ctx context.Context) (*Identity, error) {
	var identity Identity
	if err := c.call(ctx, request{method: http.MethodGet, path: "/auth/me"}, &identity); err != nil {
		return nil, err
	}
	if identity.Actor.UserID == "" && identity.Account.OrganizationID == "" && identity.Token.ID == "" {
		return nil, errNot("an account")
	}
	return &identity, nil
}

// Identity is a user, the token that was used, and the account it belongs to.
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
	Extra Extra `json:"-"`
}

// The features that gate the calls of this package; a refusal for one names it
// in details.featureKey (developers/concepts/scopes-and-capabilities).
const (
	FeatureDrafting   = "public_api_job_drafting"
	FeaturePublishing = "public_api_job_publishing"
	FeatureHiring     = "public_api_hiring"
)

// Capabilities tells what the account may do, which fields a draft has and
// which values they take. It needs a token of any scope. Without the feature
// FeatureDrafting it is FORBIDDEN (developers/api-reference/job-drafts/capabilities).
func (c *Client) Capabilities(ctx context.Context) (*Capabilities, error) {
	var capabilities Capabilities
	if err := c.call(ctx, request{method: http.MethodGet, path: "/job-drafts/capabilities"}, &capabilities); err != nil {
		return nil, err
	}
	if capabilities.Features == nil && capabilities.Draft.UpdateKeys == nil && capabilities.Draft.Enums == nil {
		return nil, errNot("capabilities")
	}
	return &capabilities, nil
}

// Capabilities is the answer to Capabilities.
type Capabilities struct {
	RolloutMode string `json:"rolloutMode"` // ALL or ALLOWLIST
	// Features tell, by capability (draftCreate, draftUpdate, draftImport,
	// publish, hiring, …), whether the account has it. One that is absent is
	// not known.
	Features Flags     `json:"capabilities"`
	Draft    DraftForm `json:"draft"`
	Extra    Extra     `json:"-"`
}

// Flags are booleans by name. What came as anything else is not known, and absent.
type Flags map[string]bool

// UnmarshalJSON implements json.Unmarshaler.
func (f *Flags) UnmarshalJSON(data []byte) error {
	var members map[string]json.RawMessage
	if err := json.Unmarshal(data, &members); err != nil || members == nil {
		return err
	}
	*f = Flags{}
	for name, member := range members {
		var flag *bool
		if json.Unmarshal(member, &flag) == nil && flag != nil {
			(*f)[name] = *flag
		}
	}
	return nil
}

// DraftForm is what drafts are made of.
type DraftForm struct {
	ImportFormats []string `json:"importFormats"` // the values of DraftSource.Format
	UpdateKeys    []string `json:"updateKeys"`    // the keys of Fields
	// Enums are the values that an update key takes, by key; a key without an
	// entry takes others.
	Enums map[string][]string `json:"enums"`
}
