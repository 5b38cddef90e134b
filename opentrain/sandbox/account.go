package sandbox

import (
	"fmt"
	"slices"
)

// me is GET /auth/me (developers/api-reference/auth/me).
func (s *Sandbox) me(c *call) (reply, *apiError) {
	a := c.account
	user := fmt.Sprintf("user_%d", a.number)
	return ok(object{
		"actor", object{"userId", user, "email", user + "@example.com",
			"firstName", a.Name, "lastName", "", "fullName", a.Name, "userType", "EMPLOYER"},
		"token", object{"id", fmt.Sprintf("tok_%d", a.number), "label", "Sandbox token",
			"scopes", append([]string{}, a.Scopes...), "ownerOrganizationId", nil},
		"account", object{"kind", "employer_organization", "organizationId", fmt.Sprintf("org_%d", a.number),
			"ownerUserId", user, "memberRole", "OWNER"},
	})
}

// capabilities is GET /job-drafts/capabilities (developers/api-reference/job-drafts/capabilities). Unlike the page's sample,
// updateKeys is complete.
func (s *Sandbox) capabilities(c *call) (reply, *apiError) {
	on := func(feature string) bool { return !slices.Contains(c.account.Disabled, feature) }
	keys := []string{}
	for _, f := range updateFields() {
		keys = append(keys, f.key)
	}
	return ok(object{
		"featureKey", featureDrafting, "namespace", "job-drafts", "rolloutMode", "ALL", "actorIsAdmin", false,
		"capabilities", object{
			"draftImport", true, "draftCreate", true, "draftUpdate", true, "draftUrlRead", true, // otherwise there is no answer
			"publish", on(featurePublishing), "hiring", on(featureHiring), "messagingWrites", on("public_api_messaging_writes"),
			"team", on("public_api_team"), "paymentsWrite", on("public_api_payments_write"),
			"credits", on("public_api_credits"), "webhooks", on("public_api_webhooks"),
		},
		"draft", object{"importFormats", importFormats(), "updateKeys", keys, "enums", object{ // as the only page that prints them
			"paymentType", Reference.enum("paymentType"), "experienceLevel", Reference.enum("experienceLevel"),
			"dataVolumeUnit", Reference.enum("dataVolumeUnit")}},
		"authBootstrap", "token", "enabled", true,
	})
}
