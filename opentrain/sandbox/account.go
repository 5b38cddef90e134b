package sandbox

import "fmt"

// me is GET /auth/me (developers/api-reference/auth/me).
func (s *Sandbox) me(c *call) (reply, *apiError) {
	a := c.account
	user, organization := fmt.Sprintf("user_%d", a.number), fmt.Sprintf("org_%d", a.number)
	return ok(map[string]any{
		"actor": map[string]any{
			"userId": user, "email": user + "@example.com",
			"firstName": a.Name, "lastName": "", "fullName": a.Name, "userType": "EMPLOYER",
		},
		"token": map[string]any{
			"id": fmt.Sprintf("tok_%d", a.number), "label": "Sandbox token",
			"scopes": emptyNotNull(a.Scopes), "ownerOrganizationId": nil,
		},
		"account": map[string]any{
			"kind": "employer_organization", "organizationId": organization,
			"ownerUserId": user, "memberRole": "OWNER",
		},
	})
}

// capabilities is GET /job-drafts/capabilities (developers/api-reference/job-drafts/capabilities). Unlike the
// page's sample, updateKeys is complete.
func (s *Sandbox) capabilities(c *call) (reply, *apiError) {
	features := map[string]string{
		"draftImport": featureDrafting, "draftCreate": featureDrafting,
		"draftUpdate": featureDrafting, "draftUrlRead": featureDrafting,
		"publish": featurePublishing, "hiring": featureHiring,
		"messagingWrites": "public_api_messaging_writes", "team": "public_api_team",
		"paymentsWrite": "public_api_payments_write", "credits": "public_api_credits",
		"webhooks": "public_api_webhooks",
	}
	enabled := map[string]bool{}
	for capability, feature := range features {
		enabled[capability] = c.account.enabled(feature)
	}
	fields := updateFields()
	keys := make([]string, len(fields))
	for i, f := range fields {
		keys[i] = f.key
	}
	enums := map[string][]string{}
	for _, key := range []string{"paymentType", "experienceLevel", "dataVolumeUnit"} {
		enums[key] = Reference.enum(key) // the only page that prints them
	}
	return ok(map[string]any{
		"featureKey": featureDrafting, "namespace": "job-drafts", "rolloutMode": "ALL", "actorIsAdmin": false,
		"capabilities":  enabled,
		"draft":         map[string]any{"importFormats": importFormats(), "updateKeys": keys, "enums": enums},
		"authBootstrap": "token", "enabled": true,
	})
}
