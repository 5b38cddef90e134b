package acceptance_test

import (
	"testing"

	"opentrain-mcp/opentrain/sandbox"
)

// TestLoopOnAnIndependentAPI: next leads from a description to a published job on an API that
// was written apart from the sandbox, and nothing is created or published twice.
func TestLoopOnAnIndependentAPI(t *testing.T) {
	for name, form := range map[string]standInForm{"guide": guideForm, "reference": referenceForm} {
		for reader, read := range map[string]func(*testing.T, answer) step{"structured": readStructured, "text": readText} {
			t.Run(name+", "+reader, func(t *testing.T) {
				api := newStandIn(nil)
				api.set(func(o *standInOptions) { o.createForm, o.patchForm, o.validationMissing = form, form, "names" })
				api.account(standInAccount{id: "employer"})
				api.token(sandbox.DemoToken, "employer")
				f := follower{t: t, setup: startWith(t, api, nil), read: read, kinds: map[string]bool{}}
				f.run("Label 500 photos of road signs")
				if got := api.job("job_1"); got.status != "OPEN" || got.owner != "employer" {
					t.Errorf("%+v", got)
				}
				created, published := api.arrived("POST /job-drafts"), api.arrived("POST /jobs/{id}/publish")
				if len(created) != 1 || len(published) != 1 {
					t.Errorf("%d creates, %d publishes", len(created), len(published))
				}
			})
		}
	}
}
