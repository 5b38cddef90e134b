package draft

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"opentrain-mcp/internal/caller"
	"opentrain-mcp/internal/text"
	"opentrain-mcp/internal/tool"
	"opentrain-mcp/opentrain"
)

// maxChange is the longest value of a change that a human is shown, in characters. A form shows it whole or not at all.
const maxChange = 5000

// Changes shows an edit of a live job, old and new value of each field. resolve is the call that resolves its warnings,
// nil without any. The caller holds the job's lock.
func (d *Desk) Changes(
	ctx context.Context, by caller.Caller, own Own, fields opentrain.Fields,
) (preview tool.Preview, resolve *tool.Change) {
	preview = own.Preview()
	before, certain := d.current(ctx, by, own, &preview)
	current := before.draft.NormalizedFields
	all := slices.Sorted(maps.Keys(fields))
	changed := slices.DeleteFunc(slices.Clone(all), func(key string) bool { return same(key, current[key], fields[key]) })
	switch {
	case len(changed) == 0:
		changed = all
		preview.Warnings = append(preview.Warnings, "The job already has these values.")
	case !certain:
		changed = all
	}
	for _, key := range changed {
		old := "unknown"
		if value, isKnown := current[key]; isKnown {
			old = text.Clip(text.Clean(tool.WithoutUnit(key, value), maxChange), 200)
		}
		now := wholeChange(key, fields[key])
		preview.Changes = append(preview.Changes, text.Clean(text.Visible(tool.FieldLabel(key)), 100)+": "+old+" → "+now)
	}
	after := known{source: before.source, draft: &opentrain.Draft{NormalizedFields: merged(current, fields)}}
	after.outdated = outdated(before, after, fields)
	found := after.contradictions()
	if rate := unpaid(current, after.draft.NormalizedFields, fields); rate != "" {
		preview.Warnings = append(preview.Warnings, "The job would have no price. Its payment type is “"+
			tool.Label(textOf(after.draft.NormalizedFields["paymentType"]))+"”, and “"+tool.FieldLabel(rate)+"” would not be set.")
		found.patch[rate] = tool.Answer
	}
	for _, warning := range found.warnings { // nothing is changed yet
		preview.Warnings = append(preview.Warnings, strings.Replace(warning, " is now ", " would be ", 1))
	}
	if len(found.patch) > 0 {
		maps.Copy(found.patch, asArguments(fields, found.patch))
		resolve = &tool.Change{Tool: tool.UpdateJob, Arguments: map[string]any{"jobId": own.ID, "fields": found.patch}}
	}
	return preview, resolve
}

// same reports whether a field has a value already. The public list writes enum values in other letters than the API reads.
func same(key string, current, value json.RawMessage) bool {
	switch key {
	case "paymentType", "experienceLevel", "dataType", "labelTypes", "languages", "countries":
		return len(current) > 0 && strings.EqualFold(tool.Readable(key, current), tool.Readable(key, value))
	}
	return text.Canonical(current) == text.Canonical(value)
}

// unpaid is the rate that an edit leaves without a value, "" for none: the job had a price, of its own payment type or of another.
func unpaid(before, after, edited opentrain.Fields) string {
	own, was := ownRate(after), ownRate(before)
	_, isPaid := edited["paymentType"]
	_, isPriced := edited[own]
	if own == "" || !isPaid && !isPriced || numberOf(after[own]) != "" || numberOf(before[was]) == "" {
		return ""
	}
	return own
}

// wholeChange is the new value of a field. One that is too long says so.
func wholeChange(key string, value json.RawMessage) string {
	words := tool.Readable(key, value)
	if length := utf8.RuneCountInString(words); length > maxChange {
		return fmt.Sprintf("%s (%d characters in all; only the first %d are shown)", text.Clean(words, maxChange), length, maxChange)
	}
	return text.Clean(words, maxChange)
}

// asArguments are the fields that others don't set.
func asArguments(fields opentrain.Fields, others map[string]any) map[string]any {
	arguments := map[string]any{}
	for key, value := range fields {
		if _, found := others[key]; !found {
			arguments[key] = value
		}
	}
	return arguments
}

// current is what the job's fields are now: as they were last reported, if nothing has changed since, otherwise as the
// job is listed. A change by others right after a call of this server may have gone unnoticed; then they aren't certain.
func (d *Desk) current(ctx context.Context, by caller.Caller, own Own, preview *tool.Preview) (now known, certain bool) {
	if k, found := d.remembered(by, own.ID); found && !own.Changed.IsZero() && k.view.Covers(own.Changed) {
		return k, !k.view.Rough
	}
	listed := opentrain.Fields{}
	now = known{draft: &opentrain.Draft{NormalizedFields: listed}}
	ctx, cancel := context.WithTimeout(ctx, tool.SideReadTime(ctx))
	defer cancel()
	job, err := d.API.GetJobUncached(ctx, own.ID)
	if err != nil || job.Status == opentrain.StatusClosed {
		preview.Notes = append(preview.Notes, "The current values can't be read. Look at the job's page.")
		return now, false
	}
	preview.Notes = append(preview.Notes, "Current values as listed at "+d.Now().UTC().Format(time.RFC3339)+".")
	preview.URL = text.URL(job.URL)
	add := func(key string, value any) {
		if raw := text.JSON(value); raw != `""` && raw != "null" {
			listed[key] = json.RawMessage(raw)
		}
	}
	add("jobTitle", job.Title)
	add("jobDescription", job.DescriptionText)
	add("dataType", job.DataType)
	add("labelTypes", job.LabelTypes)
	add("labelingSoftware", job.LabelingSoftware)
	add("experienceLevel", job.ExperienceLevel)
	add("languages", job.Languages)
	add("countries", job.Countries)
	add("paymentType", job.Pay.PaymentType)
	if job.Pay.Currency == "" || job.Pay.Currency == "USD" {
		add("pricePerHour", job.Pay.HourlyRate)
		add("pricePerLabel", job.Pay.PerLabelRate)
		add("fixedPrice", job.Pay.FixedPrice)
	}
	return now, true
}
