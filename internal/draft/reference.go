package draft

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"opentrain-mcp/internal/caller"
	"opentrain-mcp/internal/text"
	"opentrain-mcp/internal/tool"
)

// FieldKeys are the keys of a draft's fields: those of the caller's account if known, else those of the API's pages.
func (d *Desk) FieldKeys(ctx context.Context, by caller.Caller) []string {
	live := d.Accounts.Capabilities(ctx, by).Draft.UpdateKeys
	if isComplete(live) {
		return text.CleanAll(live, 200, 60)
	}
	keys := append(slices.Collect(d.schema.Properties.KeysFromOldest()), untypedKeys()...)
	for _, key := range text.CleanAll(live, 200, 60) {
		if !isEllipsis(key) && !slices.Contains(keys, key) {
			keys = append(keys, key)
		}
	}
	return keys
}

// FieldsPage describes every field of a draft, as Markdown.
func (d *Desk) FieldsPage(ctx context.Context, by caller.Caller) string {
	var b strings.Builder
	b.WriteString("# Fields of a draft on OpenTrain\n\nSet them with " + tool.PatchDraft +
		". Fields without a type are not typed in OpenTrain's documentation; most are texts.\n\n")
	b.WriteString("| Field | Type | Values | Meaning |\n|---|---|---|---|\n")
	types := d.typesFor(ctx, by)
	for _, key := range d.FieldKeys(ctx, by) {
		known := types[key]
		fmt.Fprintf(&b, "| `%s` | %s | %s | %s |\n", key, known.Type, strings.Join(text.CleanAll(known.Options, 100, 100), ", "), d.meaning(key))
	}
	return b.String()
}

// FieldPage describes one field, as Markdown. It is "" when there is no such field.
func (d *Desk) FieldPage(ctx context.Context, by caller.Caller, key string) string {
	if !slices.Contains(d.FieldKeys(ctx, by), key) {
		return ""
	}
	known := d.typesFor(ctx, by)[key]
	kind, example := "", any(ellipsis)
	switch {
	case len(known.Options) > 0:
		kind = "Type: " + known.Type + ", one of " + strings.Join(text.CleanAll(known.Options, 100, 100), ", ")
		example = known.Options[0]
	case known.Type != "":
		kind = "Type: " + known.Type
	}
	switch known.Type {
	case "number":
		example = 18
	case "boolean":
		example = true
	case "array":
		example = []any{example}
	}
	call := text.JSON(map[string]any{"jobId": ellipsis, "fields": map[string]any{key: example}})
	return text.Join("\n\n", "# "+key, d.meaning(key), kind, "Set it with "+tool.PatchDraft+": "+call) + "\n"
}

// meaning is the description of a field in the published schema, "" for none.
func (d *Desk) meaning(key string) string {
	property, found := d.schema.Properties.Get(key)
	if !found {
		return ""
	}
	return property.Description
}
