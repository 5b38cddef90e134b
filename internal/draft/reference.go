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
	keys := append(slices.Collect(Fields{}.JSONSchema().Properties.KeysFromOldest()), untypedKeys()...)
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
	b.WriteString("# Draft fields on OpenTrain\n\nSet them with " + tool.PatchDraft +
		". For fields without a type, OpenTrain documents none; most are text.\n\n")
	b.WriteString("| Field | Type | Values | Meaning |\n|---|---|---|---|\n")
	types := d.typesFor(ctx, by)
	for _, key := range d.FieldKeys(ctx, by) {
		known := types[key]
		fmt.Fprintf(&b, "| `%s` | %s | %s | %s |\n", key, known.Type, strings.Join(text.CleanAll(known.Options, 100, 100), ", "), meaning(key))
	}
	return b.String()
}

// FieldPage describes one field, as Markdown. It is "" when there is no such field.
func (d *Desk) FieldPage(ctx context.Context, by caller.Caller, key string) string {
	if !slices.Contains(d.FieldKeys(ctx, by), key) {
		return ""
	}
	known := d.typesFor(ctx, by)[key]
	kind := ""
	switch {
	case len(known.Options) > 0:
		kind = "Type: " + known.Type + ", one of " + strings.Join(text.CleanAll(known.Options, 100, 100), ", ")
	case known.Type != "":
		kind = "Type: " + known.Type
	}
	call := text.JSON(map[string]any{"jobId": ellipsis, "fields": map[string]any{key: tool.Answer}})
	return text.Join("\n\n", "# "+key, meaning(key), kind, "Set it with "+tool.PatchDraft+": "+call) + "\n"
}

// meaning is the description of a field in the published schema, "" for none.
func meaning(key string) string {
	property, found := Fields{}.JSONSchema().Properties.Get(key)
	if !found {
		return ""
	}
	return property.Description
}
