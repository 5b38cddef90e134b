package posting

import (
	"context"
	"slices"

	"opentrain-mcp/internal/caller"
	"opentrain-mcp/internal/text"
	"opentrain-mcp/internal/tool"
)

const fieldsURI = "opentrain://fields"

func (p posting) fieldsResource() tool.Resource {
	return tool.Resource{
		URI: fieldsURI, Title: "Draft fields", MIMEType: "text/markdown",
		Description: "Every field of a job draft on OpenTrain: its key, type and values.",
		Needs:       []string{tool.PatchDraft},
		Read: func(ctx context.Context, by caller.Caller, _ string) (string, error) {
			return p.FieldsPage(ctx, by), nil
		},
	}
}

func (p posting) fieldResource() tool.Resource {
	return tool.Resource{
		URI: fieldsURI + "/{key}", Title: "Draft field", MIMEType: "text/markdown",
		Description: "One field of a job draft on OpenTrain, by its key.",
		Needs:       []string{tool.PatchDraft},
		Read: func(ctx context.Context, by caller.Caller, key string) (string, error) {
			page := p.FieldPage(ctx, by, key)
			if page == "" {
				return "", tool.NotFoundError("There is no field " + text.JSON(text.Clean(key, 60)) + ". " + fieldsURI + " lists them.")
			}
			return page, nil
		},
		Complete: func(ctx context.Context, by caller.Caller, typed string) ([]string, error) {
			return slices.DeleteFunc(p.FieldKeys(ctx, by), func(key string) bool { return !containsFold(key, typed) }), nil
		},
	}
}
