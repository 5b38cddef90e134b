package posting

import (
	"context"
	"fmt"
	"slices"

	"opentrain-mcp/internal/caller"
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
				return "", fmt.Errorf("there is no field %q; %s lists them", key, fieldsURI)
			}
			return page, nil
		},
		Complete: func(ctx context.Context, by caller.Caller, typed string) ([]string, error) {
			return slices.DeleteFunc(p.FieldKeys(ctx, by), func(key string) bool { return !containsFold(key, typed) }), nil
		},
	}
}
