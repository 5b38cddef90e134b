// Package posting has the tools that bring a job from a description to the marketplace and look after it
// there.
package posting

import (
	"opentrain-mcp/internal/draft"
	"opentrain-mcp/internal/tool"
	"opentrain-mcp/opentrain"
)

// Toolset returns the tools, in the order of the posting loop, with the prompts and the field reference that
// belong to them.
func Toolset(desk *draft.Desk) tool.Set {
	return tool.Set{
		Name: "posting",
		Tools: []tool.Tool{
			createDraft(desk), patchDraft(desk), publish(desk), listJobs(desk.API), updateJob(desk), closeJob(desk.API),
		},
		Prompts:   []tool.Prompt{postJob(), reviewDraft(desk)},
		Resources: []tool.Resource{fields(desk), field(desk)},
	}
}

// drafting is one of the capabilities that the drafting feature brings.
func drafting(capability string) tool.Feature {
	return tool.Feature{Capability: capability, Key: opentrain.FeatureDrafting}
}

func publishing() tool.Feature {
	return tool.Feature{Capability: "publish", Key: opentrain.FeaturePublishing}
}
