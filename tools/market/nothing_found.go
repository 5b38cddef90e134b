package market

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"opentrain-mcp/internal/text"
	"opentrain-mcp/internal/tool"
	"opentrain-mcp/opentrain"
)

// nothingFound is the step after a search without a result. It names the filters whose values no open job has.
func (m market) nothingFound(ctx context.Context, in searchJobsInput) tool.Next {
	if unknown := m.unknownFilters(ctx, in); unknown != "" {
		note := unknown + " See which values jobs have."
		return tool.Next{Action: tool.CallTool, Tool: tool.ListFacets, Arguments: map[string]any{}, Note: note}
	}
	const note = "Try fewer words or filters. A job published within the last five minutes may not show yet."
	return tool.Next{Action: tool.Done, Note: note}
}

// unknownFilters says which filters have a value that no open job has; "" for none, or when the facets can't be read.
func (m market) unknownFilters(ctx context.Context, in searchJobsInput) string {
	if in.Category+in.Language+in.Country == "" {
		return ""
	}
	ctx, cancel := context.WithTimeout(ctx, tool.SideReadTime(ctx))
	defer cancel()
	facets, err := m.api.Facets(ctx)
	if err != nil {
		return ""
	}
	var unknown []string
	for _, filter := range []struct {
		name, value string
		facets      []opentrain.Facet
	}{{"category", in.Category, facets.Categories}, {"language", in.Language, facets.Languages}, {"country", in.Country, facets.Countries}} {
		known := slices.ContainsFunc(filter.facets, func(f opentrain.Facet) bool { return strings.EqualFold(f.Value, filter.value) })
		if filter.value != "" && !known {
			unknown = append(unknown, fmt.Sprintf("No live job has the %s %s.", filter.name, text.JSON(text.Clean(filter.value, 200))))
		}
	}
	return strings.Join(unknown, " ")
}
