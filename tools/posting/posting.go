// Package posting has the tools that take a job from a description to the marketplace, and change it there.
package posting

import (
	"opentrain-mcp/internal/draft"
	"opentrain-mcp/internal/tool"
	"opentrain-mcp/opentrain"
)

// Toolset returns the tools in the order of the posting loop, with their prompts and the field reference.
func Toolset(desk *draft.Desk) tool.Set {
	p := posting{desk, newCreateKeys(desk.Store)}
	return tool.Set{
		Name:      "posting",
		Tools:     []tool.Tool{p.createDraft(), p.patchDraft(), p.publishJob(), p.listJobs(), p.getDraft(), p.updateJob(), p.closeJob()},
		Prompts:   []tool.Prompt{postJob(), p.reviewDraft()},
		Resources: []tool.Resource{p.fieldsResource(), p.fieldResource()},
	}
}

type posting struct {
	*draft.Desk
	keys *createKeys
}

// draftingFeature is one of the capabilities of the drafting feature.
func draftingFeature(capability string) tool.Feature {
	return tool.Feature{Capability: capability, Key: opentrain.FeatureDrafting}
}

// publishingFeature is the publishing feature.
func publishingFeature() tool.Feature {
	return tool.Feature{Capability: "publish", Key: opentrain.FeaturePublishing}
}
